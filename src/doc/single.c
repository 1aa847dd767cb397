#include "doc/single.h"

#include "auth/who.h"
#include "doc/cast.h"
#include "doc/doc_body.h"
#include "db/db.h"

static const struct str LOAD_SQL =
    STR_INIT("SELECT `field`, `value` FROM `single` WHERE `doctype` = ?1");
/* Rows are replaced when it is saved, so the DocType's own stands for all of them. */
static const struct str LOCK_SQL = STR_INIT("SELECT `name` FROM `tabDocType` WHERE `name` = ?1");
static const struct str TEXT_SQL =
    STR_INIT("SELECT `value` FROM `single` WHERE `doctype` = ?1 AND `field` = ?2");
static const struct str CLEAR_SQL = STR_INIT("DELETE FROM `single` WHERE `doctype` = ?1");
static const struct str SAVE_SQL =
    STR_INIT("INSERT INTO `single` (`doctype`, `field`, `value`) VALUES (?1, ?2, ?3)");

bool
single_text(
    struct call *call, struct str doctype, struct str field, struct str *out, struct err *err)
{
	const struct value params[] = { value_text(doctype), value_text(field) };
	struct value row[1] = { value_null() };
	bool found;

	if (!db_query_row(call->db, call->arena, TEXT_SQL, params, 2, row, 1, &found, err))
		return false;
	*out = found ? value_str(row[0]) : STR_NULL;
	return true;
}

bool
single_is_stored(
    struct call *call, struct str doctype, struct str field, bool *stored, struct err *err)
{
	const struct value params[] = { value_text(doctype), value_text(field) };
	struct value row;

	return db_query_row(call->db, call->arena, TEXT_SQL, params, 2, &row, 1, stored, err);
}

/* What a field shows before anything is stored: its default, else nothing (numbers 0). */
static struct value
unset_value(const struct field *f)
{
	struct value v = f->fallback.len > 0 ? cast_text(f, f->fallback) : value_null();

	if (v.kind == VALUE_NULL && field_type_column(f->type) == DB_TYPE_INT)
		v = value_int(0);
	if (v.kind == VALUE_NULL && field_type_column(f->type) == DB_TYPE_REAL)
		v = value_real(0);
	return v;
}

static bool
take_text(struct call *call, struct doc *d, struct str name, struct str text, struct err *err)
{
	const struct field *f = doctype_field(d->doctype, name);
	struct str copy;

	if (f == NULL || f->column < 0)
		return true;
	if (!arena_str(call->arena, text, &copy, err))
		return false;
	/* idx stays the text that it is stored as; docstatus is a number everywhere. */
	if (f->column == DOC_IDX || str_is_null(copy))
		d->values[f->column] = value_text(copy);
	else
		d->values[f->column] = cast_shown(f, cast_text(f, copy));
	return true;
}

/* Where others may write at the same time: they wait until this transaction has ended. */
static bool
lock_single(struct call *call, const struct doctype *dt, struct err *err)
{
	const struct value params[] = { value_text(dt->name) };
	const struct str parts[] = { LOCK_SQL, db_row_lock(call->db) };
	struct value row[1];
	struct str sql;
	bool found;

	if (parts[1].len == 0)
		return true;
	return arena_join(call->arena, parts, ARRAY_LEN(parts), &sql, err) &&
	    db_query_row(call->db, call->arena, sql, params, 1, row, 1, &found, err);
}

bool
single_load(struct call *call, const struct doctype *dt, struct doc **out, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct value params[] = { value_text(dt->name) };
	struct doc *d;

	if (!lock_single(call, dt, err) || !doc_body_new(call, dt, &d, err))
		return false;
	for (size_t i = 0; i < dt->columns_len; i++)
		d->values[i] = unset_value(dt->columns[i]);
	if (!db_query(call->db, LOAD_SQL, params, 1, &rows, err))
		return false;
	for (;;) {
		const enum db_step step = db_next(rows, err);

		if (step == DB_FAILED)
			return false;
		if (step == DB_DONE)
			break;
		if (!take_text(
			call, d, value_str(db_column(rows, 0)), value_str(db_column(rows, 1)), err))
			return false;
	}
	d->values[DOC_NAME] = value_text(dt->name);
	d->values[DOC_OWNER] = value_text(call->who->name);
	d->values[DOC_CREATION] = value_null();
	*out = d;
	return true;
}

bool
single_clear(struct call *call, const struct doctype *dt, struct err *err)
{
	const struct value params[] = { value_text(dt->name) };

	return db_exec(call->db, CLEAR_SQL, params, 1, NULL, err);
}

static bool
save_value(struct call *call, const struct doc *d, size_t at, struct err *err)
{
	const struct field *f = d->doctype->columns[at];
	struct value v = d->values[at];
	struct str text;

	if (at == DOC_NAME || at == DOC_OWNER || at == DOC_CREATION)
		return true;
	if (!f->is_standard && !cast_stored(call->arena, f, v, &v, err))
		return false;
	if (!cast_to_text(call->arena, v, &text, err))
		return false;
	const struct value params[] = { value_text(d->doctype->name), value_text(f->name),
		v.kind == VALUE_NULL ? v : value_text(text) };
	return db_exec(call->db, SAVE_SQL, params, ARRAY_LEN(params), NULL, err);
}

bool
single_save(struct call *call, struct doc *d, struct err *err)
{
	if (!single_clear(call, d->doctype, err))
		return false;
	d->values[DOC_IDX] = value_text(STR("0"));
	for (size_t i = 0; i < d->doctype->columns_len; i++) {
		if (!save_value(call, d, i, err))
			return false;
	}
	return true;
}
