#include "doc/doctype_rows.h"

#include "doc/cast.h"
#include "doc/defaults.h"
#include "doc/doc_body.h"
#include "doc/naming.h"

struct str
doctype_rows_text(const struct doc *d, const char *field)
{
	return value_str(doc_get(d, str_from(field)));
}

int64_t
doctype_rows_int(const struct doc *d, const char *field)
{
	const struct value v = doc_get(d, str_from(field));

	return v.kind == VALUE_INT ? v.i : 0;
}

bool
doctype_rows_flag(const struct doc *d, const char *field)
{
	return doctype_rows_int(d, field) != 0;
}

void
doctype_rows_set_text(struct doc *d, const char *field, struct str text)
{
	(void)doc_set(d, str_from(field), value_text(text));
}

void
doctype_rows_set_int(struct doc *d, const char *field, int64_t n)
{
	(void)doc_set(d, str_from(field), value_int(n));
}

static const struct field *
table_of(const struct doc *d, const char *field)
{
	const struct field *f = doctype_field(d->doctype, str_from(field));

	assert(f != NULL && f->table >= 0); /* doctype.tsv is ours */
	return f;
}

struct doc_rows *
doctype_rows_of(const struct doc *d, const char *field)
{
	return &d->tables[table_of(d, field)->table];
}

struct doc *
doctype_rows_field(const struct doc *d, struct str fieldname)
{
	const struct doc_rows *rows = doctype_rows_of(d, "fields");

	for (size_t i = 0; fieldname.len > 0 && i < rows->len; i++) {
		if (str_eq(doctype_rows_text(rows->items[i], "fieldname"), fieldname))
			return rows->items[i];
	}
	return NULL;
}

enum field_type
doctype_rows_type(const struct doc *row)
{
	enum field_type type = FIELD_DATA;

	field_type_find(doctype_rows_text(row, "fieldtype"), &type);
	return type;
}

static bool
settle_one(struct call *call, struct doc *d, struct err *err)
{
	const struct doctype *dt = d->doctype;

	for (size_t i = dt->first_value; i < dt->columns_len; i++) {
		const int column = field_type_column(dt->columns[i]->type);
		struct value *v = &d->values[i];
		struct str text;

		if ((column != DB_TYPE_NAME && column != DB_TYPE_TEXT) ||
		    (v->kind != VALUE_INT && v->kind != VALUE_REAL))
			continue;
		if (!cast_to_text(call->arena, *v, &text, err))
			return false;
		*v = value_text(text);
	}
	return true;
}

bool
doctype_rows_settle(struct call *call, struct doc *d, struct err *err)
{
	if (!settle_one(call, d, err))
		return false;
	for (size_t i = 0; i < d->doctype->tables_len; i++) {
		for (size_t j = 0; j < d->tables[i].len; j++) {
			if (!settle_one(call, d->tables[i].items[j], err))
				return false;
		}
	}
	return true;
}

bool
doctype_rows_append(
    struct call *call, struct doc *d, const char *field, struct doc **out, struct err *err)
{
	const struct field *table = table_of(d, field);
	struct doc *row;
	struct str name;

	if (!doc_body_append(call, d, table, &row, err) || !defaults_fill(call, row, err) ||
	    !naming_random(call->arena, &name, err))
		return false;
	row->values[DOC_CREATION] = row->values[DOC_MODIFIED] = d->values[DOC_MODIFIED];
	row->values[DOC_OWNER] = row->values[DOC_MODIFIED_BY] = d->values[DOC_MODIFIED_BY];
	row->values[DOC_DOCSTATUS] = d->values[DOC_DOCSTATUS];
	row->values[DOC_NAME] = value_text(name);
	row->values[DOC_IDX] = value_int((int64_t)d->tables[table->table].len);
	row->values[DOC_PARENT] = d->values[DOC_NAME];
	row->values[DOC_PARENTFIELD] = value_text(table->name);
	row->values[DOC_PARENTTYPE] = value_text(d->doctype->name);
	row->is_new = row->is_unsaved_row = true;
	*out = row;
	return true;
}
