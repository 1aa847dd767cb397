#include "doc/life_rows.h"

#include "auth/who.h"
#include "base/clock.h"
#include "doc/defaults.h"
#include "doc/naming.h"

#include <stdlib.h>

bool
life_rows_each(struct call *call, struct life *life, life_row_fn *fn, struct err *err)
{
	struct doc *d = life->d;

	for (size_t i = 0; i < d->doctype->tables_len; i++) {
		for (size_t j = 0; j < d->tables[i].len; j++) {
			if (!fn(call, life, d->tables[i].items[j], err))
				return false;
		}
	}
	return true;
}

/* A new row has defaults; one that replaces a stored row has only what was sent. */
static bool
fill_row(struct call *call, struct life *life, struct doc *row, struct err *err)
{
	if (row->is_new)
		return defaults_fill_row(call, life->d, row, err);
	defaults_zero(row);
	return true;
}

static bool
has_number(const struct doc *row)
{
	return row->values[DOC_IDX].kind == VALUE_INT && row->values[DOC_IDX].i > 0;
}

static int
by_number(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static bool
repeats(struct call *call, const struct doc_rows *rows, bool *out, struct err *err)
{
	int64_t *numbers = ARENA_NEW_ARRAY(call->arena, int64_t, rows->len + 1);

	if (numbers == NULL)
		return err_memory(err);
	for (size_t i = 0; i < rows->len; i++)
		numbers[i] = rows->items[i]->values[DOC_IDX].i;
	qsort(numbers, rows->len, sizeof(*numbers), by_number);
	*out = false;
	for (size_t i = 1; i < rows->len; i++)
		*out = *out || numbers[i] == numbers[i - 1];
	return true;
}

/* Given numbers stay, unless one repeats: then all rows are numbered by position. */
static bool
number_rows(struct call *call, struct doc_rows *rows, struct err *err)
{
	bool again = false;

	for (size_t i = 0; i < rows->len; i++) {
		if (!has_number(rows->items[i]))
			rows->items[i]->values[DOC_IDX] = value_int((int64_t)i + 1);
	}
	if (!repeats(call, rows, &again, err))
		return false;
	for (size_t i = 0; again && i < rows->len; i++)
		rows->items[i]->values[DOC_IDX] = value_int((int64_t)i + 1);
	return true;
}

bool
life_rows_fill(struct call *call, struct life *life, struct err *err)
{
	for (size_t i = 0; i < life->d->doctype->tables_len; i++) {
		if (!number_rows(call, &life->d->tables[i], err))
			return false;
	}
	return life_rows_each(call, life, fill_row, err);
}

/* A row may bring its maker and its birth along, if they are such. */
static void
stamp_new_row(struct call *call, struct doc *row, struct value now)
{
	const struct str owner = value_str(row->values[DOC_OWNER]);
	struct clock_civil c;

	if (owner.len == 0 || owner.len > NAMING_MAX)
		row->values[DOC_OWNER] = value_text(call->who->name);
	if (!clock_parse(value_str(row->values[DOC_CREATION]), &c))
		row->values[DOC_CREATION] = now;
}

static bool
stamp_row(struct call *call, struct life *life, struct doc *row, struct err *err)
{
	const struct doc *d = life->d;

	(void)err;
	if (row->is_new)
		stamp_new_row(call, row, d->values[DOC_MODIFIED]);
	row->values[DOC_MODIFIED] = d->values[DOC_MODIFIED];
	row->values[DOC_MODIFIED_BY] = d->values[DOC_MODIFIED_BY];
	row->values[DOC_DOCSTATUS] = value_int(docstatus_of(d));
	return true;
}

bool
life_rows_stamp(struct call *call, struct life *life, struct err *err)
{
	return life_rows_each(call, life, stamp_row, err);
}

static bool
name_row(struct call *call, struct life *life, struct doc *row, struct err *err)
{
	const struct doc *d = life->d;
	struct str name;

	row->values[DOC_PARENT] = d->values[DOC_NAME];
	row->values[DOC_PARENTTYPE] = value_text(d->doctype->name);
	if (!row->is_new)
		return true;
	if (!naming_name(call, row, NULL, &name, err))
		return false;
	row->values[DOC_NAME] = value_text(name);
	return true;
}

bool
life_rows_name(struct call *call, struct life *life, struct err *err)
{
	struct doc *d = life->d;

	for (size_t i = 0; i < d->doctype->tables_len; i++) {
		for (size_t j = 0; j < d->tables[i].len; j++)
			d->tables[i].items[j]->values[DOC_PARENTFIELD] =
			    value_text(d->doctype->tables[i]->name);
	}
	return life_rows_each(call, life, name_row, err);
}
