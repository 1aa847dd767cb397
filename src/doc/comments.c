#include "doc/comments.h"

enum { TYPES_MAX = 3 };

static const struct str SQL =
    STR_INIT("SELECT `name`, `creation`, `content`, `owner`, `comment_type` FROM `tabComment`"
	     " WHERE `reference_doctype` = ?1 AND `reference_name` COLLATE NOCASE = ?2"
	     " AND `comment_type` IN (?3, ?4, ?5)"
	     " ORDER BY `creation` DESC, `name` DESC LIMIT 500");

static const char *const COLUMNS[] = { "name", "creation", "content", "owner", "comment_type" };

/* A group with fewer types names its last one again. */
static const struct str TYPES[][TYPES_MAX] = {
	[COMMENTS_SAID] = { STR_INIT("Comment"), STR_INIT("Comment"), STR_INIT("Comment") },
	[COMMENTS_ASSIGNED] = { STR_INIT("Assigned"), STR_INIT("Assignment Completed"),
	    STR_INIT("Assignment Completed") },
	[COMMENTS_ATTACHED] = { STR_INIT("Attachment"), STR_INIT("Attachment Removed"),
	    STR_INIT("Attachment Removed") },
	[COMMENTS_INFO] = { STR_INIT("Info"), STR_INIT("Edit"), STR_INIT("Label") },
	[COMMENTS_LIKES] = { STR_INIT("Like"), STR_INIT("Like"), STR_INIT("Like") },
	[COMMENTS_WORKFLOW] = { STR_INIT("Workflow"), STR_INIT("Workflow"), STR_INIT("Workflow") },
};

bool
comments_write(struct call *call, const struct doc *d, enum comment_group group,
    struct json_out *out, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct str *types = TYPES[group];
	const struct value params[] = { value_text(d->doctype->name), d->values[DOC_NAME],
		value_text(types[0]), value_text(types[1]), value_text(types[2]) };
	enum db_step step;

	json_open_array(out);
	if (!db_query(call->db, SQL, params, ARRAY_LEN(params), &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		json_open_object(out);
		for (size_t i = 0; i < ARRAY_LEN(COLUMNS); i++)
			json_put_value(out, COLUMNS[i], db_column(rows, i));
		json_close_object(out);
	}
	json_close_array(out);
	return step == DB_DONE;
}
