#include "doc/links_move.h"

#include "db/sqlb.h"
#include "doc/column.h"

/* A name that gives way to another one. */
struct move {
	const struct doctype *dt;
	struct str from, to;
};

static const struct str SINGLE_SQL =
    STR_INIT("UPDATE `single` SET `value` = ?1 WHERE `doctype` = ?2 AND `field` = ?3 AND `value` "
	     "COLLATE NOCASE = ?4");
static const struct str SINGLE_TYPE_SQL =
    STR_INIT("SELECT 1 FROM `single` WHERE `doctype` = ?1 AND `field` = ?2 AND `value` = ?3");
static const struct str SINGLE_USER_SQL =
    STR_INIT("UPDATE `single` SET `value` = ?1 WHERE `field` IN ('owner', 'modified_by') AND "
	     "`value` COLLATE NOCASE = ?2");

/* Sets one column of a table where it holds the old name; the statement may go on. */
static void
begin(struct sqlb *b, struct call *call, const struct doctype *holder, struct str column,
    const struct move *m)
{
	sqlb_init(b, call->arena);
	sqlb_lit(b, "UPDATE ");
	sqlb_table(b, holder->name);
	sqlb_lit(b, " SET ");
	sqlb_ident(b, column);
	sqlb_lit(b, " = ");
	sqlb_value(b, value_text(m->to));
	sqlb_lit(b, " WHERE ");
	sqlb_ident(b, column);
	sqlb_lit(b, " COLLATE NOCASE = ");
	sqlb_value(b, value_text(m->from));
}

/* Does the single's field type say that its Dynamic Link points to the DocType? */
static bool
points_there(struct call *call, const struct doctype *single, struct str type, const struct move *m,
    bool *out, struct err *err)
{
	const struct value params[] = { value_text(single->name), value_text(type),
		value_text(m->dt->name) };
	struct value row[1];

	return db_query_row(
	    call->db, call->arena, SINGLE_TYPE_SQL, params, ARRAY_LEN(params), row, 1, out, err);
}

static bool
move_single(struct call *call, const struct doctype *single, const struct field *f,
    const struct move *m, struct err *err)
{
	const struct value params[] = { value_text(m->to), value_text(single->name),
		value_text(f->name), value_text(m->from) };
	bool there = true;

	if (f->type == FIELD_DYNAMIC_LINK &&
	    !points_there(call, single, f->options, m, &there, err))
		return false;
	return !there || db_exec(call->db, SINGLE_SQL, params, ARRAY_LEN(params), NULL, err);
}

static bool
move_field(struct call *call, const struct doctype *holder, const struct field *f,
    const struct move *m, struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b = { 0 };

	if (f->column < 0)
		return true;
	if (holder->issingle)
		return move_single(call, holder, f, m, err);
	begin(&b, call, holder, f->name, m);
	if (f->type == FIELD_DYNAMIC_LINK) {
		sqlb_lit(&b, " AND ");
		sqlb_ident(&b, f->options);
		sqlb_lit(&b, " = ");
		sqlb_value(&b, value_text(m->dt->name));
	}
	return sqlb_exec(call->db, &b, err);
}

/* A Dynamic Link whose DocType stands in a column beside it. */
static bool
is_dynamic(const struct doctype *dt, const struct field *f)
{
	const struct field *type =
	    f->type == FIELD_DYNAMIC_LINK ? doctype_field(dt, f->options) : NULL;

	return type != NULL && type->column >= 0;
}

static bool
move_dynamic(struct call *call, const struct move *m, struct err *err)
{
	const struct doctype *dt;
	size_t at = 0;

	while ((dt = metas_next(call->metas, &at)) != NULL) {
		for (size_t i = dt->first_value; i < dt->columns_len; i++) {
			if (is_dynamic(dt, dt->columns[i]) &&
			    !move_field(call, dt, dt->columns[i], m, err))
				return false;
		}
	}
	return true;
}

/* Those that name their document in a plain text. */
static bool
move_plain(struct call *call, const struct move *m, struct err *err)
{
	static const struct {
		struct str doctype, sql;
	} PLAIN[] = {
		{ STR_INIT("Version"),
		    STR_INIT("UPDATE `tabVersion` SET `docname` = ?1 WHERE `ref_doctype` = ?2 AND "
			     "`docname` COLLATE NOCASE = ?3") },
		{ STR_INIT("File"),
		    STR_INIT("UPDATE `tabFile` SET `attached_to_name` = ?1 WHERE "
			     "`attached_to_doctype` COLLATE NOCASE = ?2 AND "
			     "`attached_to_name` COLLATE NOCASE = ?3") },
	};
	const struct value params[] = { value_text(m->to), value_text(m->dt->name),
		value_text(m->from) };

	for (size_t i = 0; i < ARRAY_LEN(PLAIN); i++) {
		if (metas_find(call->metas, PLAIN[i].doctype) != NULL &&
		    !db_exec(call->db, PLAIN[i].sql, params, ARRAY_LEN(params), NULL, err))
			return false;
	}
	return true;
}

bool
links_move(
    struct call *call, const struct doctype *dt, struct str from, struct str to, struct err *err)
{
	const struct move m = { dt, from, to };
	const struct meta_link *links;
	size_t len;

	if (!metas_links_to(call->metas, call->arena, dt->name, &links, &len, err))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (links[i].field->type == FIELD_LINK &&
		    !move_field(call, links[i].doctype, links[i].field, &m, err))
			return false;
	}
	return move_dynamic(call, &m, err) && move_plain(call, &m, err);
}

bool
links_move_rows(
    struct call *call, const struct doctype *dt, struct str from, struct str to, struct err *err)
{
	const struct move m = { dt, from, to };

	for (size_t i = 0; i < dt->tables_len; i++) {
		CLEANUP(sqlb_free) struct sqlb b = { 0 };
		const struct doctype *child = metas_find(call->metas, dt->tables[i]->options);

		if (child == NULL || !child->istable)
			continue;
		begin(&b, call, child, STR("parent"), &m);
		sqlb_lit(&b, " AND `parenttype` = ");
		sqlb_value(&b, value_text(dt->name));
		if (!sqlb_exec(call->db, &b, err))
			return false;
	}
	return true;
}

bool
links_move_user(struct call *call, struct str from, struct str to, struct err *err)
{
	static const struct str COLUMNS[] = { STR_INIT("owner"), STR_INIT("modified_by") };
	const struct move m = { .from = from, .to = to };
	const struct value params[] = { value_text(to), value_text(from) };
	const struct doctype *dt;
	size_t at = 0;

	while ((dt = metas_next(call->metas, &at)) != NULL) {
		for (size_t i = 0; i < ARRAY_LEN(COLUMNS) && !dt->issingle; i++) {
			CLEANUP(sqlb_free) struct sqlb b = { 0 };

			begin(&b, call, dt, COLUMNS[i], &m);
			if (!sqlb_exec(call->db, &b, err))
				return false;
		}
	}
	return db_exec(call->db, SINGLE_USER_SQL, params, ARRAY_LEN(params), NULL, err);
}
