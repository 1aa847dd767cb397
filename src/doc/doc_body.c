#include "doc/doc_body.h"

#include "doc/cast.h"
#include "doc/controller.h"
#include "json/json_in.h"

bool
doc_body_new(struct call *call, const struct doctype *dt, struct doc **out, struct err *err)
{
	struct doc *d = ARENA_NEW(call->arena, struct doc);
	struct value *values = ARENA_NEW_ARRAY(call->arena, struct value, dt->columns_len);
	struct doc_rows *tables = ARENA_NEW_ARRAY(call->arena, struct doc_rows, dt->tables_len + 1);
	bool *marks = ARENA_NEW_ARRAY(call->arena, bool, 3 * dt->columns_len);

	if (d == NULL || values == NULL || tables == NULL || marks == NULL)
		return err_memory(err);
	*d = (struct doc){ .doctype = dt, .values = values, .tables = tables };
	d->given = marks;
	d->truth = marks + dt->columns_len;
	d->emptied = d->truth + dt->columns_len;
	*out = d;
	return true;
}

static bool
copy_rows(struct call *call, const struct doc_rows *from, struct doc_rows *to, struct err *err)
{
	to->items = ARENA_NEW_ARRAY(call->arena, struct doc *, from->len + 1);
	if (to->items == NULL)
		return err_memory(err);
	for (size_t i = 0; i < from->len; i++) {
		if (!doc_body_copy(call, from->items[i], &to->items[i], err))
			return false;
	}
	to->len = from->len;
	return true;
}

bool
doc_body_copy(struct call *call, const struct doc *from, struct doc **out, struct err *err)
{
	const struct doctype *dt = from->doctype;
	struct doc *d;

	if (!doc_body_new(call, dt, &d, err))
		return false;
	memcpy(d->values, from->values, dt->columns_len * sizeof(*d->values));
	for (size_t i = 0; i < dt->tables_len; i++) {
		if (!copy_rows(call, &from->tables[i], &d->tables[i], err))
			return false;
	}
	d->is_new = from->is_new;
	*out = d;
	return true;
}

bool
doc_body_append(
    struct call *call, struct doc *d, const struct field *table, struct doc **out, struct err *err)
{
	const struct doctype *dt = metas_find(call->metas, table->options);
	struct doc_rows *rows = &d->tables[table->table];
	struct doc *row;

	if (dt == NULL)
		return err_set(
		    err, ERR_VALIDATION, "DocType %.*s not found", STR_FMT(table->options));
	if (!doc_body_new(call, dt, &row, err))
		return false;
	struct doc **items = ARENA_NEW_ARRAY(call->arena, struct doc *, rows->len + 1);
	if (items == NULL)
		return err_memory(err);
	if (rows->len > 0)
		memcpy(items, rows->items, rows->len * sizeof(struct doc *));
	items[rows->len] = row;
	row->is_new = true;
	rows->items = items;
	rows->len++;
	*out = row;
	return true;
}

static bool
is_inexact(const struct doc *d, const struct field *field, const json_t *given)
{
	const struct controller *c = d->doctype->controller;

	return c != NULL && c->exact && field_type_column(field->type) == DB_TYPE_INT &&
	    !cast_is_whole(given);
}

static bool
read_value(struct call *call, struct doc *d, const struct field *field, const json_t *given,
    struct err *err)
{
	const size_t at = (size_t)field->column;

	if (is_inexact(d, field, given))
		return err_set(
		    err, ERR_VALIDATION, "%.*s must be a whole number", STR_FMT(field->label));
	if (!cast_json(call->arena, field, given, &d->values[at], &d->truth[at], err))
		return false;
	d->given[at] = true;
	d->emptied[at] = d->values[at].kind == VALUE_NULL && !json_is_null(given);
	/* "1" as a docstatus works, and is echoed as text. */
	if (at == DOC_DOCSTATUS && json_is_string(given))
		d->values[at] = value_text(json_text(given));
	return true;
}

static struct doc *
find_row(const struct doc_rows *rows, struct str name)
{
	for (size_t i = 0; rows != NULL && name.len > 0 && i < rows->len; i++) {
		if (str_ieq(doc_name(rows->items[i]), name))
			return rows->items[i];
	}
	return NULL;
}

bool
doc_body_name(struct call *call, const json_t *body, struct str *out, struct err *err)
{
	const json_t *name = json_get(body, STR("name"));

	if (json_is_integer(name))
		return arena_printf(
		    call->arena, out, err, "%" JSON_INTEGER_FORMAT, json_integer_value(name));
	*out = json_text(name);
	return true;
}

/* A row that is one of old's keeps its name, owner and creation; every other one is new. */
static bool
read_row(struct call *call, const struct doctype *dt, const struct doc_rows *old,
    const json_t *given, struct doc **out, struct err *err)
{
	struct doc *row;
	struct str name;

	if (!doc_body_name(call, given, &name, err))
		return false;
	const struct doc *stored = find_row(old, str_trim(name));

	if (!json_is_object(given) && !json_is_null(given))
		return err_set(
		    err, ERR_VALIDATION, "A row of %.*s must be an object", STR_FMT(dt->name));
	if (!doc_body_new(call, dt, &row, err) || !doc_body_read(call, row, NULL, given, err))
		return false;
	row->is_new = stored == NULL;
	row->is_unsaved_row = stored == NULL;
	if (stored != NULL) {
		row->values[DOC_NAME] = stored->values[DOC_NAME];
		row->values[DOC_OWNER] = stored->values[DOC_OWNER];
		row->values[DOC_CREATION] = stored->values[DOC_CREATION];
	}
	*out = row;
	return true;
}

static bool
is_nothing(const json_t *given)
{
	return json_is_null(given) || json_is_false(given) ||
	    (json_is_integer(given) && json_integer_value(given) == 0) ||
	    (json_is_string(given) && json_string_length(given) == 0);
}

/* Two entries with one stored row's name: the second is new. */
static bool
is_listed(const struct doc_rows *rows, size_t len, const struct doc *row)
{
	for (size_t i = 0; i < len; i++) {
		if (!rows->items[i]->is_new && str_ieq(doc_name(rows->items[i]), doc_name(row)))
			return true;
	}
	return false;
}

static bool
read_table(struct call *call, struct doc *d, const struct field *field, const struct doc *old,
    const json_t *given, struct err *err)
{
	const struct doctype *dt = metas_find(call->metas, field->options);
	const struct doc_rows *stored = old == NULL ? NULL : &old->tables[field->table];
	struct doc_rows *rows = &d->tables[field->table];

	*rows = (struct doc_rows){ .given = true };
	if (is_nothing(given))
		return true;
	if (!json_is_array(given))
		return err_set(err, ERR_VALIDATION, "Value for %.*s must be a list of rows",
		    STR_FMT(field->label));
	if (dt == NULL)
		return err_set(
		    err, ERR_VALIDATION, "DocType %.*s not found", STR_FMT(field->options));
	const size_t len = json_array_size(given);
	rows->items = ARENA_NEW_ARRAY(call->arena, struct doc *, len + 1);
	if (rows->items == NULL)
		return err_memory(err);
	for (size_t i = 0; i < len; i++) {
		struct doc *row = NULL;

		if (!read_row(call, dt, stored, json_array_get(given, i), &row, err))
			return false;
		if (!row->is_new && is_listed(rows, i, row)) {
			row->is_new = row->is_unsaved_row = true;
			row->values[DOC_NAME] = value_null();
		}
		rows->items[i] = row;
		rows->len = i + 1;
	}
	return true;
}

bool
doc_body_read(
    struct call *call, struct doc *d, const struct doc *old, const json_t *body, struct err *err)
{
	const struct doctype *dt = d->doctype;

	for (size_t i = 0; i < dt->columns_len; i++) {
		const struct field *field = dt->columns[i];
		const json_t *given = json_get(body, field->name);

		if (given != NULL && !read_value(call, d, field, given, err))
			return false;
	}
	for (size_t i = 0; i < dt->tables_len; i++) {
		const struct field *field = dt->tables[i];
		const json_t *given = json_get(body, field->name);

		if (given != NULL && !read_table(call, d, field, old, given, err))
			return false;
	}
	return true;
}
