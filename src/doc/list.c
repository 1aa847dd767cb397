#include "doc/list.h"

#include "doc/cast.h"
#include "doc/list_cursor.h"
#include "doc/list_parse.h"
#include "doc/list_sql.h"
#include "json/json_in.h"

enum { SHORT_LENGTH = 200 };

/* Opens the statement of a list; *b holds its parameters and must outlive it. */
static bool
open_rows(struct call *call, const struct list_query *q, bool count, struct sqlb *b,
    struct db_rows **rows, struct err *err)
{
	list_sql(call, q, count, b);
	return sqlb_query(call->db, b, rows, err);
}

/* As documents show it; numbers of a real column are such, also where the database stored an
 * integer. */
static struct value
as_written(const struct list_column *c, struct value v)
{
	const int column = field_type_column(c->field->type);
	const bool real = c->function == LIST_SUM || c->function == LIST_AVG ||
	    (c->function != LIST_COUNT && (column == DB_TYPE_REAL || column == DB_TYPE_REAL_NULL));

	if (real && v.kind == VALUE_INT)
		return value_real((double)v.i);
	if (v.kind == VALUE_REAL)
		return value_real(cast_round(v.r));
	return c->function == LIST_COUNT ? v : cast_shown(c->field, v);
}

static void
write_row(const struct list_query *q, struct db_rows *rows, bool as_array, struct json_out *out)
{
	if (as_array)
		json_open_array(out);
	else
		json_open_object(out);
	for (size_t i = 0; i < q->columns_len; i++) {
		if (!as_array)
			json_key(out, q->columns[i].key);
		json_add_value(out, as_written(&q->columns[i], db_column(rows, i)));
	}
	if (as_array)
		json_close_array(out);
	else
		json_close_object(out);
}

/* Rows that are documents, each once, can be gone on with from one of them. */
static bool
has_cursors(const struct list_query *q)
{
	bool keyed = q->groups_len == 0 && !q->distinct && q->joins_len == 0 && q->columns_len > 0;

	for (size_t i = 0; i < q->columns_len; i++)
		keyed = keyed && q->columns[i].function == LIST_PLAIN;
	return keyed;
}

static bool
open_page(struct call *call, const struct list_args *args, struct list_query *q, struct err *err)
{
	q->keyed = has_cursors(q);
	if (args->cursor.len == 0)
		return true;
	if (!q->keyed)
		return err_set(err, ERR_DATA,
		    "This list has no cursors: page it with limit_start, or leave out groups, "
		    "aggregates and columns of tables");
	return list_cursor_parse(call, q, args->cursor, err);
}

/* The cursor behind the row that was just written. */
static bool
close_page(struct call *call, const struct list_query *q, const struct db_rows *rows,
    struct list_page *page, struct err *err)
{
	struct value *values = ARENA_NEW_ARRAY(call->arena, struct value, q->orders_len);

	if (values == NULL)
		return err_memory(err);
	for (size_t i = 0; i < q->orders_len; i++)
		values[i] = db_column(rows, q->columns_len + i);
	return list_cursor_make(call, q, values, &page->next, err);
}

/* The rows of a list; page NULL: nobody asks what follows. */
static bool
write_rows(struct call *call, const struct list_query *q, bool as_arrays, struct json_out *out,
    struct list_page *page, struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b = { 0 };
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	struct list_query one_more = *q;
	enum db_step step;
	int64_t n = 0;

	sqlb_init(&b, call->arena);
	if (page != NULL && q->length > 0)
		one_more.length++;
	if (!open_rows(call, &one_more, false, &b, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		if (page != NULL && q->length > 0 && n == q->length) {
			page->more = true;
			return true;
		}
		write_row(q, rows, as_arrays, out);
		if (!buf_ok(out->buf))
			return err_set(err, ERR_TOO_LARGE,
			    "The list is larger than an answer may be; page with "
			    "limit_page_length");
		if (!call_spill(call, out, err))
			return false;
		if (++n == q->length && page != NULL && q->keyed &&
		    !close_page(call, q, rows, page, err))
			return false;
	}
	return step == DB_DONE;
}

bool
list_write_page(struct call *call, const struct list_args *args, struct json_out *out,
    struct list_page *page, struct err *err)
{
	struct list_query q;

	*page = (struct list_page){ 0 };
	if (!list_parse(call, args, &q, err) || !open_page(call, args, &q, err))
		return false;
	json_open_array(out);
	if (q.columns_len > 0 && !write_rows(call, &q, args->as_arrays, out, page, err))
		return false;
	json_close_array(out);
	if (!page->more)
		page->next = STR_NULL;
	return true;
}

bool
list_write(struct call *call, const struct list_args *args, struct json_out *out, struct err *err)
{
	struct list_query q;

	if (!list_parse(call, args, &q, err))
		return false;
	json_open_array(out);
	if (q.columns_len > 0 && !write_rows(call, &q, args->as_arrays, out, NULL, err))
		return false;
	json_close_array(out);
	return true;
}

bool
list_write_keys(
    struct call *call, const struct list_args *args, struct json_out *out, struct err *err)
{
	struct list_query q;

	if (!list_parse(call, args, &q, err))
		return false;
	json_open_array(out);
	for (size_t i = 0; i < q.columns_len; i++)
		json_add_str(out, q.columns[i].key);
	json_close_array(out);
	return true;
}

bool
list_count(struct call *call, const struct list_args *args, int64_t *out, struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b = { 0 };
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	struct list_query q;

	sqlb_init(&b, call->arena);
	if (!list_parse(call, args, &q, err) || !open_rows(call, &q, true, &b, &rows, err))
		return false;
	switch (db_next(rows, err)) {
	case DB_ROW:
		*out = db_column(rows, 0).i;
		return true;
	case DB_DONE:
		*out = 0;
		return true;
	case DB_FAILED:
		break;
	}
	return false;
}

bool
list_first(struct call *call, const struct list_args *args, struct str *name, struct err *err)
{
	CLEANUP(sqlb_free) struct sqlb b = { 0 };
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	struct list_args one = *args;
	struct list_query q;

	sqlb_init(&b, call->arena);
	one.fields = NULL;
	one.start = 0;
	one.length = 1;
	if (!list_parse(call, &one, &q, err) || !open_rows(call, &q, false, &b, &rows, err))
		return false;
	switch (db_next(rows, err)) {
	case DB_ROW: {
		const struct value v = db_column(rows, 0);

		if (v.kind == VALUE_INT)
			return arena_printf(call->arena, name, err, "%lld", (long long)v.i);
		return arena_str(call->arena, value_str(v), name, err);
	}
	case DB_DONE:
		*name = STR_NULL;
		return true;
	case DB_FAILED:
		break;
	}
	return false;
}

/* Does the JSON, or JSON text, hold an operator that no index serves? Looked at as text: cheap, and
 * erring is harmless. */
static bool
has_slow_operator(const json_t *filters)
{
	const struct str text = json_text(filters);

	if (json_is_string(filters))
		return str_find_str(text, STR("like")) >= 0 || str_find_str(text, STR("LIKE")) >= 0;
	for (size_t i = 0; i < json_array_size(filters); i++) {
		const json_t *f = json_array_get(filters, i);

		for (size_t k = 0; k < json_array_size(f); k++) {
			if (str_ieq(json_text(json_array_get(f, k)), STR("like")) ||
			    str_ieq(json_text(json_array_get(f, k)), STR("not like")))
				return true;
		}
	}
	return false;
}

bool
list_is_short(const struct list_args *args)
{
	return args->length > 0 && args->length <= SHORT_LENGTH && args->or_filters == NULL &&
	    args->group_by.len == 0 && !args->distinct && !has_slow_operator(args->filters);
}

/* What is beyond all rows may stay there. */
static int64_t
whole(double d)
{
	return (int64_t)MAX(-1e15, MIN(d, 1e15));
}

bool
list_parse_limit(const json_t *v, int64_t *out, struct err *err)
{
	const struct str text = str_trim(json_text(v));
	double d = 0;
	int64_t n = 0;

	if (json_is_integer(v))
		n = json_integer_value(v);
	else if (json_is_real(v))
		n = whole(json_real_value(v));
	else if (json_is_true(v))
		n = 1;
	else if (text.len > 0 && str_to_double(text, &d))
		n = whole(d);
	else if (text.len > 0 || json_is_array(v) || json_is_object(v))
		return err_set(err, ERR_VALIDATION, "A limit must be a number");
	if (n < 0)
		return err_set(err, ERR_VALIDATION, "A limit cannot be negative");
	*out = n;
	return true;
}
