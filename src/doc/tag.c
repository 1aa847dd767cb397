#include "doc/tag.h"

#include "doc/life.h"
#include "doc/log_row.h"
#include "doc/mark.h"
#include "doc/naming.h"
#include "doc/store.h"
#include "json/json_in.h"

enum { BODY_MAX = 4096, TAGS_MAX = 1024 * 1024 };

static const struct str TAG = STR_INIT("Tag");

static const struct str FIND_SQL =
    STR_INIT("SELECT 1 FROM `tabTag Link` WHERE `document_type` = ?1"
	     " AND `document_name` COLLATE NOCASE = ?2 AND `tag` COLLATE NOCASE = ?3 LIMIT 1");
static const struct str REMOVE_SQL =
    STR_INIT("DELETE FROM `tabTag Link` WHERE `document_type` = ?1"
	     " AND `document_name` COLLATE NOCASE = ?2 AND `tag` COLLATE NOCASE = ?3");
static const struct str LIST_SQL =
    STR_INIT("SELECT `tag` FROM `tabTag Link` WHERE `document_type` = ?1"
	     " AND `document_name` COLLATE NOCASE = ?2 ORDER BY `creation` DESC, `name` DESC");

/* A document that the server writes; body names it where its DocType asks for a name. */
static bool
insert(struct call *call, struct doc *d, const json_t *body, struct err *err)
{
	struct life life = { .d = d, .body = body, .without_rights = true };

	return life_insert(call, &life, err);
}

static bool
make_tag(struct call *call, struct str tag, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(BODY_MAX);
	struct json_out o = JSON_OUT(&b);
	const json_t *body;
	struct doc *d;

	json_open_object(&o);
	json_put_str(&o, "name", tag);
	json_close_object(&o);
	return json_parse_buf(call->arena, &b, &body, err) && log_row_new(call, TAG, &d, err) &&
	    insert(call, d, body, err);
}

/* The tag in its stored spelling. */
static bool
find_tag(struct call *call, struct str *tag, struct err *err)
{
	const struct doctype *dt;
	struct str stored;
	bool found;

	if (str_find(*tag, ',') >= 0)
		return err_set(err, ERR_VALIDATION, "A tag cannot hold a comma");
	if (!doc_type(call, TAG, &dt, err) || !naming_check(dt, tag, err) ||
	    !store_find(call, dt, *tag, &stored, &found, err))
		return false;
	if (!found)
		return make_tag(call, *tag, err);
	*tag = stored;
	return true;
}

static bool
link(struct call *call, const struct doc *of, struct str tag, struct err *err)
{
	const struct str title = value_str(doc_get(of, of->doctype->title_field));
	struct doc *d;

	if (!log_row_new(call, STR("Tag Link"), &d, err))
		return false;
	(void)doc_set(d, STR("document_type"), value_text(of->doctype->name));
	(void)doc_set(d, STR("document_name"), of->values[DOC_NAME]);
	(void)doc_set(d, STR("tag"), value_text(tag));
	(void)doc_set(d, STR("title"),
	    value_text(title.len > 0 && title.len <= NAMING_MAX ? title : doc_name(of)));
	return insert(call, d, NULL, err);
}

bool
tag_add(struct call *call, const struct doc *d, struct str tag, struct err *err)
{
	struct value one;
	bool found;

	if (!find_tag(call, &tag, err))
		return false;
	const struct value place[] = { value_text(d->doctype->name), d->values[DOC_NAME],
		value_text(tag) };

	if (!db_query_row(
		call->db, call->arena, FIND_SQL, place, ARRAY_LEN(place), &one, 1, &found, err))
		return false;
	return found ||
	    (link(call, d, tag, err) &&
		mark_refresh(call, d->doctype->name, doc_name(d), MARK_TAGS, err));
}

bool
tag_remove(struct call *call, const struct doc *d, struct str tag, struct err *err)
{
	const struct value place[] = { value_text(d->doctype->name), d->values[DOC_NAME],
		value_text(str_trim(tag)) };

	return db_exec(call->db, REMOVE_SQL, place, ARRAY_LEN(place), NULL, err) &&
	    mark_refresh(call, d->doctype->name, doc_name(d), MARK_TAGS, err);
}

bool
tag_write(struct call *call, const struct doc *d, struct json_out *out, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	CLEANUP(buf_free) struct buf tags = BUF_INIT(TAGS_MAX);
	const struct value params[] = { value_text(d->doctype->name), d->values[DOC_NAME] };
	enum db_step step;

	if (!db_query(call->db, LIST_SQL, params, ARRAY_LEN(params), &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		if (tags.len > 0)
			buf_put_char(&tags, ',');
		buf_put(&tags, value_str(db_column(rows, 0)));
	}
	if (step != DB_DONE)
		return false;
	if (!buf_ok(&tags))
		return err_memory(err);
	json_add_str(out, tags.len > 0 ? buf_str(&tags) : STR(""));
	return true;
}
