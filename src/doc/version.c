#include "doc/version.h"

#include "doc/cast.h"
#include "doc/log_row.h"

#include <stdio.h>

enum { DATA_MAX = 16 * 1024 * 1024, PLACES = 3 };

/* Two states of a document, or of a row, and where the difference goes. */
struct diff {
	struct call *call;
	const struct doc *d, *old;
	struct json_out *out;
	size_t len; /* of what was written */
};

/* ---- values as people read them */

/* 1234.5 is "1,234.500", 1234.0 is "1,234". */
static bool
grouped(struct call *call, double r, int places, struct str *out, struct err *err)
{
	char digits[64], text[96];
	const double size = r < 0 ? -r : r;
	const bool whole = size < 1e15 && !((double)(int64_t)size < size);
	const int len = snprintf(digits, sizeof(digits), "%.*f", whole ? 0 : places, size);
	size_t n = 0, dot = 0;

	if (len < 0 || (size_t)len >= sizeof(digits))
		return arena_printf(call->arena, out, err, "%g", r);
	while (dot < (size_t)len && digits[dot] != '.')
		dot++;
	if (r < 0)
		text[n++] = '-';
	for (size_t i = 0; i < (size_t)len; i++) {
		if (i > 0 && i < dot && (dot - i) % 3 == 0)
			text[n++] = ',';
		text[n++] = digits[i];
	}
	return arena_str(call->arena, (struct str){ text, n }, out, err);
}

static bool
shown(struct call *call, const struct field *f, struct value v, struct value *out, struct err *err)
{
	const double r = v.kind == VALUE_REAL ? v.r : 0;
	const bool is_zero = !(r < 0 || r > 0);
	struct str text;

	*out = v;
	if (is_zero)
		return true;
	if (f->type == FIELD_PERCENT) {
		if (!arena_printf(call->arena, &text, err, "%.15g%%", cast_round(r)))
			return false;
	} else if (f->type == FIELD_FLOAT || f->type == FIELD_CURRENCY) {
		const int usual = f->type == FIELD_CURRENCY ? PLACES - 1 : PLACES;

		if (!grouped(call, r, f->precision > 0 ? f->precision : usual, &text, err))
			return false;
	} else {
		return true;
	}
	*out = value_text(text);
	return true;
}

/* ---- fields */

static void
put_change(struct diff *x, struct str field, struct value before, struct value now)
{
	json_open_array(x->out);
	json_add_str(x->out, field);
	json_add_value(x->out, before);
	json_add_value(x->out, now);
	json_close_array(x->out);
	x->len++;
}

static bool
diff_field(struct diff *x, const struct field *f, struct err *err)
{
	struct arena *a = x->call->arena;
	struct value before, now;

	/* Two spellings of one value are no change, nothing and nothing neither. */
	if (!cast_stored(a, f, x->old->values[f->column], &before, err) ||
	    !cast_stored(a, f, x->d->values[f->column], &now, err))
		return false;
	if (cast_equal(before, now) || (cast_is_empty(before) && cast_is_empty(now)))
		return true;
	if (!shown(x->call, f, before, &before, err) || !shown(x->call, f, now, &now, err))
		return false;
	put_change(x, f->name, before, now);
	return true;
}

static bool
diff_fields(struct diff *x, struct err *err)
{
	const struct doctype *dt = x->d->doctype;

	for (size_t i = dt->first_value; i < dt->columns_len; i++) {
		if (dt->columns[i]->type != FIELD_PASSWORD && !diff_field(x, dt->columns[i], err))
			return false;
	}
	return true;
}

static void
diff_docstatus(struct diff *x)
{
	const int64_t before = docstatus_of(x->old), now = docstatus_of(x->d);

	if (before != now)
		put_change(x, STR("docstatus"), value_int(before), value_int(now));
}

/* ---- rows */

/* The rows of some that others do not have, whole. */
static bool
diff_rows(struct diff *x, const struct doc *some, const struct doc *others, struct err *err)
{
	const struct doctype *dt = some->doctype;

	for (size_t i = 0; i < dt->tables_len; i++) {
		for (size_t j = 0; j < some->tables[i].len; j++) {
			const struct doc *row = some->tables[i].items[j];

			if (doc_rows_find(&others->tables[i], doc_name(row)) != NULL)
				continue;
			json_open_array(x->out);
			json_add_str(x->out, dt->tables[i]->name);
			if (!doc_write_kept(row, x->out, err))
				return false;
			json_close_array(x->out);
			x->len++;
		}
	}
	return true;
}

static bool
diff_row(struct diff *x, struct str table, size_t place, const struct doc *row,
    const struct doc *before, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(DATA_MAX);
	struct json_out o = JSON_OUT(&b);
	struct diff of_row = { x->call, row, before, &o, 0 };

	json_open_array(&o);
	if (!diff_fields(&of_row, err))
		return false;
	json_close_array(&o);
	if (of_row.len == 0)
		return true;
	json_open_array(x->out);
	json_add_str(x->out, table);
	json_add_int(x->out, (int64_t)place);
	json_add_str(x->out, doc_name(row));
	json_add_raw(x->out, buf_str(&b));
	json_close_array(x->out);
	x->len++;
	return buf_ok(&b) || err_memory(err);
}

static bool
diff_same_rows(struct diff *x, struct err *err)
{
	const struct doctype *dt = x->d->doctype;

	for (size_t i = 0; i < dt->tables_len; i++) {
		for (size_t j = 0; j < x->d->tables[i].len; j++) {
			const struct doc *row = x->d->tables[i].items[j];
			const struct doc *before = doc_rows_find(&x->old->tables[i], doc_name(row));

			if (before != NULL &&
			    !diff_row(x, dt->tables[i]->name, j, row, before, err))
				return false;
		}
	}
	return true;
}

/* ---- all of it */

static void
begin(struct diff *x, const char *key)
{
	json_key(x->out, str_from(key));
	json_open_array(x->out);
}

static bool
write_diff(struct diff *x, struct err *err)
{
	json_open_object(x->out);
	begin(x, "changed");
	if (!diff_fields(x, err))
		return false;
	diff_docstatus(x);
	json_close_array(x->out);
	begin(x, "added");
	if (!diff_rows(x, x->d, x->old, err))
		return false;
	json_close_array(x->out);
	begin(x, "removed");
	if (!diff_rows(x, x->old, x->d, err))
		return false;
	json_close_array(x->out);
	begin(x, "row_changed");
	if (!diff_same_rows(x, err))
		return false;
	json_close_array(x->out);
	json_put_null(x->out, "data_import");
	json_put_null(x->out, "updater_reference");
	json_close_object(x->out);
	return buf_ok(x->out->buf) || err_memory(err);
}

bool
version_keep(struct call *call, struct life *life, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(DATA_MAX);
	struct json_out o = JSON_OUT(&b);
	struct diff x = { call, life->d, life->old, &o, 0 };
	struct doc *row;

	if (!life->d->doctype->track_changes || life->d->doctype->istable)
		return true;
	if (!write_diff(&x, err))
		return false;
	if (x.len == 0)
		return true;
	if (!log_row_new(call, STR("Version"), &row, err))
		return false;
	(void)doc_set(row, STR("ref_doctype"), value_text(life->d->doctype->name));
	(void)doc_set(row, STR("docname"), life->d->values[DOC_NAME]);
	(void)doc_set(row, STR("data"), value_text(buf_str(&b)));
	return log_row_write(call, row, err);
}
