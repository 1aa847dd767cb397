#include "doc/levels.h"

#include "auth/who.h"
#include "doc/defaults.h"
#include "doc/doc_body.h"
#include "doc/perm.h"

/* The DocType whose permission rows count. */
static const struct doctype *
judge_of(const struct call *call, const struct doc *d)
{
	const struct doctype *parent = NULL;

	if (d->doctype->istable)
		parent = metas_find(call->metas, value_str(d->values[DOC_PARENTTYPE]));
	return parent != NULL ? parent : d->doctype;
}

uint32_t
levels_readable(const struct call *call, const struct doc *d)
{
	return perm_levels(call, judge_of(call, d), RIGHT_READ);
}

struct value
levels_empty(const struct field *f)
{
	switch (field_type_column(f->type)) {
	case DB_TYPE_INT:
		return value_int(0);
	case DB_TYPE_REAL:
		return value_real(0);
	default:
		return value_null();
	}
}

/* parent: of a row; NULL: d is none. */
static bool
reset_values(struct call *call, struct doc *d, const struct doc *old, const struct doc *parent,
    uint32_t levels, struct err *err)
{
	const struct doctype *dt = d->doctype;

	for (size_t i = dt->first_value; i < dt->columns_len; i++) {
		const struct field *f = dt->columns[i];

		if (perm_has_level(levels, f->permlevel))
			continue;
		if (old != NULL)
			d->values[i] = old->values[i];
		else if (!defaults_of(call, dt, parent, f, &d->values[i], err))
			return false;
		if (d->given != NULL)
			d->given[i] = d->truth[i] = false;
	}
	defaults_zero(d);
	return true;
}

static const struct doc *
row_named(const struct doc_rows *rows, const struct doc *row)
{
	return rows == NULL || row->is_new ? NULL : doc_rows_find(rows, doc_name(row));
}

bool
levels_restore(
    struct call *call, struct doc *d, const struct doc *old, size_t table, struct err *err)
{
	struct doc_rows *rows = &d->tables[table];
	const size_t len = old == NULL ? 0 : old->tables[table].len;

	*rows = (struct doc_rows){ 0 };
	rows->items = ARENA_NEW_ARRAY(call->arena, struct doc *, len + 1);
	if (rows->items == NULL)
		return err_memory(err);
	for (size_t i = 0; i < len; i++) {
		if (!doc_body_copy(call, old->tables[table].items[i], &rows->items[i], err))
			return false;
		rows->items[i]->values[DOC_MODIFIED] = d->values[DOC_MODIFIED];
		rows->items[i]->values[DOC_MODIFIED_BY] = d->values[DOC_MODIFIED_BY];
		rows->items[i]->values[DOC_DOCSTATUS] = d->values[DOC_DOCSTATUS];
	}
	rows->len = len;
	return true;
}

bool
levels_reset(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	const struct doctype *dt = d->doctype;
	const uint32_t levels = perm_levels(call, judge_of(call, d), RIGHT_WRITE);

	if (call->who->is_administrator)
		return true;
	if (!reset_values(call, d, old, NULL, levels, err))
		return false;
	for (size_t i = 0; i < dt->tables_len; i++) {
		const struct doc_rows *stored = old == NULL ? NULL : &old->tables[i];
		struct doc_rows *rows = &d->tables[i];

		if (!perm_has_level(levels, dt->tables[i]->permlevel) &&
		    !levels_restore(call, d, old, i, err))
			return false;
		for (size_t j = 0; j < rows->len; j++) {
			if (!reset_values(call, rows->items[j], row_named(stored, rows->items[j]),
				d, levels, err))
				return false;
		}
	}
	return true;
}

static void
hide_values(struct doc *d, uint32_t levels)
{
	const struct doctype *dt = d->doctype;

	for (size_t i = dt->first_value; i < dt->columns_len; i++) {
		if (!perm_has_level(levels, dt->columns[i]->permlevel))
			d->values[i] = levels_empty(dt->columns[i]);
	}
}

void
levels_hide(const struct call *call, struct doc *d)
{
	const struct doctype *dt = d->doctype;
	const uint32_t levels = levels_readable(call, d);

	hide_values(d, levels);
	for (size_t i = 0; i < dt->tables_len; i++) {
		if (!perm_has_level(levels, dt->tables[i]->permlevel))
			d->tables[i] = (struct doc_rows){ 0 };
		for (size_t j = 0; j < d->tables[i].len; j++)
			hide_values(d->tables[i].items[j], levels);
	}
}
