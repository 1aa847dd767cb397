#include "doc/store.h"

#include "doc/cast.h"
#include "doc/column.h"
#include "doc/doc_body.h"
#include "doc/single.h"
#include "db/sqlb.h"

/* Text compares without the blanks at its end (spec/documents.md 1.3). */
static struct str
without_end(struct str s)
{
	while (s.len > 0 && s.ptr[s.len - 1] == ' ')
		s.len--;
	return s;
}

static bool
copy_column(struct arena *a, struct value v, struct value *out, struct err *err)
{
	struct str s;

	*out = v;
	if (v.kind != VALUE_TEXT)
		return true;
	if (!arena_str(a, v.s, &s, err))
		return false;
	out->s = s;
	return true;
}

/* A column's value as documents hold it: names are text, numbers of number columns never null. */
static bool
read_column(
    struct arena *a, const struct field *f, struct value v, struct value *out, struct err *err)
{
	struct str s;

	if (f->column == DOC_NAME && v.kind == VALUE_INT) {
		if (!cast_to_text(a, v, &s, err))
			return false;
		*out = value_text(s);
		return true;
	}
	if (v.kind == VALUE_NULL && field_type_column(f->type) == DB_TYPE_INT)
		v = value_int(0);
	if (v.kind == VALUE_INT &&
	    (field_type_column(f->type) == DB_TYPE_REAL ||
		field_type_column(f->type) == DB_TYPE_REAL_NULL))
		v = value_real((double)v.i);
	return copy_column(a, cast_shown(f, v), out, err);
}

static bool
read_row(struct call *call, const struct doctype *dt, const struct db_rows *rows, struct doc **out,
    struct err *err)
{
	struct doc *d = ARENA_NEW(call->arena, struct doc);
	struct value *values = ARENA_NEW_ARRAY(call->arena, struct value, dt->columns_len);
	struct doc_rows *tables = ARENA_NEW_ARRAY(call->arena, struct doc_rows, dt->tables_len + 1);

	if (d == NULL || values == NULL || tables == NULL)
		return err_memory(err);
	*d = (struct doc){ .doctype = dt, .values = values, .tables = tables };
	for (size_t i = 0; i < dt->columns_len; i++) {
		if (!read_column(call->arena, dt->columns[i], db_column(rows, i), &values[i], err))
			return false;
	}
	for (size_t i = 0; dt->marks_len > 0 && i < MARK_SHOWN; i++) {
		const struct str mark = value_str(db_column(rows, dt->columns_len + i));

		if (!arena_str(call->arena, mark, &d->marks[i], err))
			return false;
	}
	*out = d;
	return true;
}

bool
store_load_row(struct call *call, const struct doctype *dt, struct str name, struct doc **out,
    bool *found, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct value params[] = { column_name(dt, without_end(name)) };
	const struct str is_name = column_is_name(dt), lock = db_row_lock(call->db);
	const struct str parts[] = { dt->select_all, STR(" WHERE "), is_name, STR("?1"), lock };
	struct str sql;

	*found = dt->issingle;
	if (dt->issingle)
		return single_load(call, dt, out, err);
	if (str_is_null(name))
		return true;
	if (!arena_join(call->arena, parts, ARRAY_LEN(parts), &sql, err))
		return false;
	if (!db_query(call->db, sql, params, 1, &rows, err))
		return false;
	switch (db_next(rows, err)) {
	case DB_ROW:
		*found = true;
		return read_row(call, dt, rows, out, err);
	case DB_DONE:
		return true;
	case DB_FAILED:
		break;
	}
	return false;
}

/* Room for one more row; the arrays that were too small stay in the arena. */
static bool
grow_rows(struct call *call, struct doc_rows *rows, size_t *size, struct err *err)
{
	if (rows->len < *size)
		return true;
	const size_t more = *size == 0 ? 8 : *size * 2;
	struct doc **items = ARENA_NEW_ARRAY(call->arena, struct doc *, more);

	if (items == NULL)
		return err_memory(err);
	if (rows->len > 0)
		memcpy(items, rows->items, rows->len * sizeof(struct doc *));
	rows->items = items;
	*size = more;
	return true;
}

static bool
load_table(struct call *call, struct doc *d, const struct field *table, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct doctype *dt = metas_find(call->metas, table->options);
	struct doc_rows *to = &d->tables[table->table];
	const struct value params[] = { d->values[DOC_NAME], value_text(d->doctype->name),
		value_text(table->name) };
	struct str sql;
	size_t size = 0;

	if (dt == NULL || !dt->istable)
		return true;
	if (!arena_printf(call->arena, &sql, err,
		"%.*s WHERE `parent` COLLATE NOCASE = ?1 AND `parenttype` = ?2 AND `parentfield` = "
		"?3"
		" ORDER BY `idx`, `name`",
		STR_FMT(dt->select_all)) ||
	    !db_query(call->db, sql, params, ARRAY_LEN(params), &rows, err))
		return false;
	for (;;) {
		const enum db_step step = db_next(rows, err);

		if (step != DB_ROW)
			return step == DB_DONE;
		if (!grow_rows(call, to, &size, err) ||
		    !read_row(call, dt, rows, &to->items[to->len], err))
			return false;
		to->len++;
		/* A row that was made alone has no place yet: it shows the one it will get. */
		struct value *idx = &to->items[to->len - 1]->values[DOC_IDX];
		if (idx->kind == VALUE_INT && idx->i == 0)
			*idx = value_int((int64_t)to->len);
	}
}

bool
store_load(struct call *call, const struct doctype *dt, struct str name, struct doc **out,
    bool *found, struct err *err)
{
	struct doc *d = NULL;

	if (!store_load_row(call, dt, name, &d, found, err))
		return false;
	if (!*found)
		return true;
	for (size_t i = 0; i < dt->tables_len; i++) {
		if (!load_table(call, d, dt->tables[i], err))
			return false;
	}
	*out = d;
	return true;
}

bool
store_find(struct call *call, const struct doctype *dt, struct str name, struct str *stored,
    bool *found, struct err *err)
{
	const struct value params[] = { column_name(dt, without_end(name)) };
	const struct str is_name = column_is_name(dt);
	struct value row[1];
	struct str sql;

	*found = false;
	if (!arena_printf(call->arena, &sql, err, "SELECT `name` FROM `tab%.*s` WHERE %.*s?1",
		STR_FMT(dt->name), STR_FMT(is_name)) ||
	    !db_query_row(call->db, call->arena, sql, params, 1, row, 1, found, err))
		return false;
	return !*found || cast_to_text(call->arena, row[0], stored, err);
}

static bool
stored_value(struct call *call, const struct doc *d, size_t at, struct value *out, struct err *err)
{
	const struct field *f = d->doctype->columns[at];

	if (f->is_standard && at != DOC_DOCSTATUS && at != DOC_IDX) {
		*out = d->values[at];
		return true;
	}
	return cast_stored(call->arena, f, d->values[at], out, err);
}

static bool
refuse_duplicate(struct call *call, const struct doc *d, struct err *err)
{
	struct str text;

	if (!arena_printf(call->arena, &text, err, "%.*s <strong>%.*s</strong> already exists",
		STR_FMT(d->doctype->name), STR_FMT(doc_name(d))) ||
	    !call_message(call, "Duplicate Name", "red", false, text, err))
		return false;
	return err_set_silent(err, ERR_DUPLICATE, "('%.*s', '%.*s')", STR_FMT(d->doctype->name),
	    STR_FMT(doc_name(d)));
}

static bool
refuse_unique(struct call *call, const struct doc *d, struct str column, struct err *err)
{
	const struct field *f = doctype_field(d->doctype, column);
	const struct str label = f == NULL || f->label.len == 0 ? column : f->label;
	struct str text;

	if (!arena_printf(call->arena, &text, err, "%.*s must be unique", STR_FMT(label)) ||
	    !call_message(call, NULL, NULL, false, text, err))
		return false;
	return err_set_silent(
	    err, ERR_UNIQUE, "('%.*s', '%.*s')", STR_FMT(d->doctype->name), STR_FMT(doc_name(d)));
}

/* What a refused write means to a client. A row that lacks both name and field is a duplicate. */
static bool
refuse_conflict(struct call *call, const struct doc *d, struct err *err)
{
	struct str column = db_conflict(call->db);
	struct err other = { 0 };
	struct str stored;
	bool found = false;

	if (err->kind == ERR_DUPLICATE)
		return refuse_duplicate(call, d, err);
	if (err->kind != ERR_UNIQUE)
		return false;
	if (!arena_str(call->arena, column, &column, err))
		return false;
	if (d->is_new && store_find(call, d->doctype, doc_name(d), &stored, &found, &other) &&
	    found)
		return refuse_duplicate(call, d, err);
	return refuse_unique(call, d, column, err);
}

static bool
insert_row(struct call *call, const struct doc *d, struct err *err)
{
	const struct doctype *dt = d->doctype;
	CLEANUP(sqlb_free) struct sqlb b = { 0 };

	sqlb_init(&b, call->arena);
	sqlb_lit(&b, "INSERT INTO ");
	sqlb_table(&b, dt->name);
	for (size_t i = 0; i < dt->columns_len; i++) {
		if (i == 0)
			sqlb_lit(&b, " (");
		else
			sqlb_lit(&b, ", ");
		sqlb_ident(&b, dt->columns[i]->name);
	}
	sqlb_lit(&b, ") VALUES (");
	for (size_t i = 0; i < dt->columns_len; i++) {
		struct value v;

		if (!stored_value(call, d, i, &v, err))
			return false;
		if (i > 0)
			sqlb_lit(&b, ", ");
		sqlb_value(&b, v);
	}
	sqlb_lit(&b, ")");
	return sqlb_exec(call->db, &b, err) || refuse_conflict(call, d, err);
}

/* numbered: idx is written even if it seems to stand: a row that was made alone shows one before it
 * has it. */
static bool
update_row(
    struct call *call, const struct doc *d, const struct doc *old, bool numbered, struct err *err)
{
	const struct doctype *dt = d->doctype;
	CLEANUP(sqlb_free) struct sqlb b = { 0 };
	size_t changed = 0;

	sqlb_init(&b, call->arena);
	sqlb_lit(&b, "UPDATE ");
	sqlb_table(&b, dt->name);
	for (size_t i = DOC_NAME + 1; i < dt->columns_len; i++) {
		struct value v, before;

		if (!stored_value(call, d, i, &v, err) || !stored_value(call, old, i, &before, err))
			return false;
		if (cast_equal(v, before) && !(numbered && i == DOC_IDX))
			continue;
		if (changed++ == 0)
			sqlb_lit(&b, " SET ");
		else
			sqlb_lit(&b, ", ");
		sqlb_ident(&b, dt->columns[i]->name);
		sqlb_lit(&b, " = ");
		sqlb_value(&b, v);
	}
	sqlb_lit(&b, " WHERE `name` = ");
	sqlb_value(&b, old->values[DOC_NAME]);
	if (changed == 0)
		return true;
	return sqlb_exec(call->db, &b, err) || refuse_conflict(call, d, err);
}

static bool
delete_row(struct call *call, const struct doctype *dt, struct value name, struct err *err)
{
	struct str sql;

	return arena_printf(call->arena, &sql, err, "DELETE FROM `tab%.*s` WHERE `name` = ?1",
		   STR_FMT(dt->name)) &&
	    db_exec(call->db, sql, &name, 1, NULL, err);
}

static const struct doc *
find_row(const struct doc_rows *rows, const struct doc *row)
{
	for (size_t i = 0; rows != NULL && i < rows->len; i++) {
		if (str_eq(doc_name(rows->items[i]), doc_name(row)))
			return rows->items[i];
	}
	return NULL;
}

/* Rows that are no longer there go first, so that a unique value of theirs is free. */
static bool
write_table(
    struct call *call, const struct doc_rows *rows, const struct doc_rows *old, struct err *err)
{
	for (size_t i = 0; old != NULL && i < old->len; i++) {
		const struct doc *row = old->items[i];

		if (find_row(rows, row) == NULL &&
		    !delete_row(call, row->doctype, row->values[DOC_NAME], err))
			return false;
	}
	for (size_t i = 0; i < rows->len; i++) {
		const struct doc *row = rows->items[i];
		const struct doc *before = row->is_new ? NULL : find_row(old, row);
		const bool ok = before == NULL ? insert_row(call, row, err)
					       : update_row(call, row, before, true, err);

		if (!ok)
			return false;
	}
	return true;
}

static bool
write_tables(struct call *call, const struct doc *d, const struct doc *old, struct err *err)
{
	for (size_t i = 0; i < d->doctype->tables_len; i++) {
		if (!write_table(call, &d->tables[i], old == NULL ? NULL : &old->tables[i], err))
			return false;
	}
	return true;
}

bool
store_insert(struct call *call, struct doc *d, struct err *err)
{
	const bool ok = d->doctype->issingle ? single_save(call, d, err) : insert_row(call, d, err);

	return ok && write_tables(call, d, NULL, err);
}

bool
store_update(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	const bool ok =
	    d->doctype->issingle ? single_save(call, d, err) : update_row(call, d, old, false, err);

	return ok && write_tables(call, d, old, err);
}

static bool
delete_table(struct call *call, const struct doc *d, const struct field *table, struct err *err)
{
	const struct doctype *dt = metas_find(call->metas, table->options);
	const struct value params[] = { d->values[DOC_NAME], value_text(d->doctype->name) };
	struct str sql;

	if (dt == NULL || !dt->istable)
		return true;
	return arena_printf(call->arena, &sql, err,
		   "DELETE FROM `tab%.*s` WHERE `parent` COLLATE NOCASE = ?1 AND `parenttype` = ?2",
		   STR_FMT(dt->name)) &&
	    db_exec(call->db, sql, params, ARRAY_LEN(params), NULL, err);
}

bool
store_delete(struct call *call, const struct doc *d, struct err *err)
{
	const struct doctype *dt = d->doctype;

	for (size_t i = 0; i < dt->tables_len; i++) {
		if (!delete_table(call, d, dt->tables[i], err))
			return false;
	}
	if (dt->issingle)
		return single_clear(call, dt, err);
	return delete_row(call, dt, d->values[DOC_NAME], err);
}
