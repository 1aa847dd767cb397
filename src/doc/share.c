#include "doc/share.h"

#include "auth/who.h"
#include "doc/perm.h"

static const struct str DOCSHARE = STR_INIT("DocShare");

/* The column that shares a right; null: no share gives it. E-mail and print follow read. */
static struct str
column_of(enum right right)
{
	switch (right) {
	case RIGHT_READ:
	case RIGHT_PRINT:
	case RIGHT_EMAIL:
		return STR("read");
	case RIGHT_WRITE:
		return STR("write");
	case RIGHT_SUBMIT:
		return STR("submit");
	case RIGHT_SHARE:
		return STR("share");
	default:
		return STR_NULL;
	}
}

bool
share_is_possible(const struct doctype *dt, enum right right)
{
	return !str_is_null(column_of(right)) && !dt->istable && !str_eq(dt->name, STR("User"));
}

/* " FROM `tabDocShare` WHERE ..." up to the document's name. */
static void
put_mine(struct call *call, struct sqlb *b, const struct doctype *dt, enum right right)
{
	sqlb_lit(b, " FROM `tabDocShare` WHERE `share_doctype` = ");
	sqlb_value(b, value_text(dt->name));
	sqlb_lit(b, " AND (`user` COLLATE NOCASE = ");
	sqlb_value(b, value_text(call->who->name));
	sqlb_text(b, call->who->is_guest ? STR(")") : STR(" OR `everyone` = 1)"));
	sqlb_lit(b, " AND ");
	sqlb_ident(b, column_of(right));
	sqlb_lit(b, " = 1");
}

bool
share_grants(struct call *call, const struct doctype *dt, struct str name, enum right right,
    bool *out, struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b = { 0 };
	const struct doctype *shares = metas_find(call->metas, DOCSHARE);
	struct value one;

	*out = false;
	if (shares == NULL || !shares->in_use || !share_is_possible(dt, right) ||
	    !perm_key_allows(call, dt, right))
		return true;
	sqlb_init(&b, call->arena);
	sqlb_lit(&b, "SELECT 1");
	put_mine(call, &b, dt, right);
	if (!str_is_null(name)) {
		sqlb_lit(&b, " AND `share_name` COLLATE NOCASE = ");
		sqlb_value(&b, value_text(name));
	}
	sqlb_lit(&b, " LIMIT 1");
	return sqlb_query_row(call->db, &b, &one, 1, out, err);
}

void
share_put_among(struct call *call, struct sqlb *b, const struct doctype *dt)
{
	sqlb_lit(b, " IN (SELECT `share_name`");
	put_mine(call, b, dt, RIGHT_READ);
	sqlb_lit(b, ")");
}

/* ---- who has it */

static const struct str USERS_SQL =
    STR_INIT("SELECT `name`, `user`, `read`, `write`, `submit`, `share`, `everyone`, `owner`,"
	     " `creation` FROM `tabDocShare` WHERE `share_doctype` = ?1"
	     " AND `share_name` COLLATE NOCASE = ?2 ORDER BY `creation`, `name`");

static const char *const USERS[] = { "name", "user", "read", "write", "submit", "share", "everyone",
	"owner", "creation" };

bool
share_write_users(struct call *call, const struct doc *d, struct json_out *out, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct value params[] = { value_text(d->doctype->name), d->values[DOC_NAME] };
	enum db_step step;

	if (!db_query(call->db, USERS_SQL, params, ARRAY_LEN(params), &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		json_open_object(out);
		for (size_t i = 0; i < ARRAY_LEN(USERS); i++)
			json_put_value(out, USERS[i], db_column(rows, i));
		json_close_object(out);
	}
	return step == DB_DONE;
}
