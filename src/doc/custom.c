#include "doc/custom.h"

#include "doc/cast.h"
#include "doc/doctype_rows.h"
#include "doc/store.h"

static const struct str FIELDS_SQL =
    STR_INIT("SELECT `name` FROM `tabCustom Field` WHERE `dt` COLLATE NOCASE = ?1"
	     " AND `name` <> ?2 ORDER BY `idx`, `creation`, `name`");
static const struct str SETTERS_SQL =
    STR_INIT("SELECT `name` FROM `tabProperty Setter` WHERE `doc_type` COLLATE NOCASE = ?1"
	     " AND `name` <> ?2 ORDER BY `creation`, `name`");

enum { NAMES_STEP = 32 };

struct names {
	struct str *items;
	size_t len, size;
};

static bool
add_name(struct call *call, struct names *names, struct str name, struct err *err)
{
	if (names->len == names->size) {
		const size_t size = NAMES_STEP + 2 * names->size;
		struct str *items = ARENA_NEW_ARRAY(call->arena, struct str, size);

		if (items == NULL)
			return err_memory(err);
		if (names->len > 0)
			memcpy(items, names->items, names->len * sizeof(*items));
		names->items = items;
		names->size = size;
	}
	return arena_str(call->arena, name, &names->items[names->len++], err);
}

static bool
read_names(struct call *call, struct str sql, struct str doctype, struct str except,
    struct names *out, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct value params[] = { value_text(doctype),
		value_text(except.len > 0 ? except : STR("")) };
	enum db_step step;

	*out = (struct names){ 0 };
	if (!db_query(call->db, sql, params, ARRAY_LEN(params), &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		if (!add_name(call, out, value_str(db_column(rows, 0)), err))
			return false;
	}
	return step == DB_DONE;
}

static void
move_behind(struct doc *d, struct doc *row, struct str after)
{
	struct doc_rows *rows = doctype_rows_of(d, "fields");
	size_t to = rows->len - 1;

	for (size_t i = 0; i + 1 < rows->len; i++) {
		if (str_eq(doctype_rows_text(rows->items[i], "fieldname"), after))
			to = i + 1;
	}
	memmove(
	    rows->items + to + 1, rows->items + to, (rows->len - 1 - to) * sizeof(struct doc *));
	rows->items[to] = row;
	for (size_t i = 0; i < rows->len; i++)
		rows->items[i]->values[DOC_IDX] = value_int((int64_t)i + 1);
}

bool
custom_add(
    struct call *call, struct doc *d, const struct doc *custom, struct doc **row, struct err *err)
{
	if (!doctype_rows_append(call, d, "fields", row, err))
		return false;
	(*row)->is_unsaved_row = false;
	for (size_t i = (*row)->doctype->first_value; i < (*row)->doctype->columns_len; i++) {
		const struct field *from =
		    doctype_field(custom->doctype, (*row)->doctype->columns[i]->name);

		if (from != NULL && from->column >= 0)
			(*row)->values[i] = custom->values[from->column];
	}
	(*row)->values[DOC_NAME] = custom->values[DOC_NAME];
	move_behind(d, *row, doctype_rows_text(custom, "insert_after"));
	return true;
}

bool
custom_set(
    struct call *call, struct doc *at, struct str property, struct str value, struct err *err)
{
	const struct field *f = doctype_field(at->doctype, property);
	struct value v;

	if (f == NULL || f->column < 0)
		return true; /* forms may know it, the stored DocType does not */
	v = value.len == 0 ? value_null() : cast_text(f, value);
	if (v.kind == VALUE_NULL && field_type_column(f->type) == DB_TYPE_INT)
		v = value_int(0);
	if (v.kind == VALUE_TEXT && !arena_str(call->arena, v.s, &v.s, err))
		return false;
	return doc_set(at, property, v);
}

static bool
apply_setter(struct call *call, struct doc *d, const struct doc *setter, struct err *err)
{
	struct doc *at = d;

	if (!str_eq(doctype_rows_text(setter, "doctype_or_field"), STR("DocType")))
		at = doctype_rows_field(d, doctype_rows_text(setter, "field_name"));
	return at == NULL ||
	    custom_set(call, at, doctype_rows_text(setter, "property"),
		doctype_rows_text(setter, "value"), err);
}

static bool
load(struct call *call, const char *doctype, struct str name, struct doc **out, struct err *err)
{
	const struct doctype *dt;
	bool found;

	if (!doc_type(call, str_from(doctype), &dt, err) ||
	    !store_load_row(call, dt, name, out, &found, err))
		return false;
	return found || err_set(err, ERR_INTERNAL, "A row of %s is gone", doctype);
}

bool
custom_apply(struct call *call, struct doc *d, struct str except, struct err *err)
{
	struct names names;
	struct doc *one, *row;

	if (!read_names(call, FIELDS_SQL, doc_name(d), except, &names, err))
		return false;
	for (size_t i = 0; i < names.len; i++) {
		if (!load(call, "Custom Field", names.items[i], &one, err))
			return false;
		if (doctype_rows_field(d, doctype_rows_text(one, "fieldname")) == NULL &&
		    !custom_add(call, d, one, &row, err))
			return false;
	}
	if (!read_names(call, SETTERS_SQL, doc_name(d), except, &names, err))
		return false;
	for (size_t i = 0; i < names.len; i++) {
		if (!load(call, "Property Setter", names.items[i], &one, err) ||
		    !apply_setter(call, d, one, err))
			return false;
	}
	return true;
}
