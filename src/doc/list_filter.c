#include "doc/list_filter.h"

#include "base/clock.h"
#include "doc/list_join.h"
#include "doc/list_parse.h"
#include "doc/list_value.h"
#include "doc/single.h"
#include "doc/timespan.h"
#include "json/json_in.h"

typedef bool
parse_fn(struct call *call, struct list_filter *f, const json_t *given, struct err *err);

/* One value of IN and NOT IN; null and "" are remembered apart. */
static bool
add_member(struct call *call, struct list_filter *f, const json_t *given, struct err *err)
{
	struct value v;

	if (json_is_null(given) || (json_is_string(given) && json_string_length(given) == 0)) {
		f->with_empty = true;
		return true;
	}
	if (!list_value(call, f->field, f->op, given, &v, err))
		return false;
	f->values[f->len++] = v;
	return true;
}

/* "a, b, c" of IN and NOT IN: items are trimmed. */
static bool
split_members(struct call *call, struct list_filter *f, struct str text, struct err *err)
{
	size_t n = 1;

	for (size_t i = 0; i < text.len; i++)
		n += text.ptr[i] == ',';
	f->values = ARENA_NEW_ARRAY(call->arena, struct value, n);
	if (f->values == NULL)
		return err_memory(err);
	for (bool more = true; more;) {
		struct str item;

		more = str_cut(text, ',', &item, &text);
		item = str_trim(item);
		if (item.len == 0)
			f->with_empty = true;
		else if (!list_value_of(
			     call, f->field, f->op, value_text(item), &f->values[f->len++], err))
			return false;
	}
	return true;
}

static bool
parse_members(struct call *call, struct list_filter *f, const json_t *given, struct err *err)
{
	if (json_is_string(given))
		return split_members(call, f, json_text(given), err);
	if (json_is_null(given)) {
		f->with_empty = true;
		return true;
	}
	if (!json_is_array(given)) {
		f->values = ARENA_NEW(call->arena, struct value);
		return f->values == NULL ? err_memory(err) : add_member(call, f, given, err);
	}
	f->values = ARENA_NEW_ARRAY(call->arena, struct value, json_array_size(given) + 1);
	if (f->values == NULL)
		return err_memory(err);
	for (size_t i = 0; i < json_array_size(given); i++) {
		if (!add_member(call, f, json_array_get(given, i), err))
			return false;
	}
	return true;
}

static bool
make_values(struct call *call, struct list_filter *f, size_t len, struct err *err)
{
	f->values = ARENA_NEW_ARRAY(call->arena, struct value, len);
	f->len = len;
	return f->values != NULL || err_memory(err);
}

static bool
parse_bounds(struct call *call, struct list_filter *f, const json_t *given, struct err *err)
{
	return make_values(call, f, 2, err) &&
	    list_value_bounds(call, f->field, given, f->values, err);
}

/* A span of days counted from this one, in the site's time and with its first day of the week. */
static bool
parse_days(
    struct call *call, struct list_filter *f, struct str word, const char *of, struct err *err)
{
	const struct clock_civil c = clock_to_local(call->now_us);
	const int64_t today = clock_days_from_civil(c.year, c.month, c.day);
	struct timespan span;
	struct str first;

	if (!single_text(call, STR("System Settings"), STR("first_day_of_the_week"), &first, err))
		return false;
	const int start = timespan_weekday(first);

	if (!(of == NULL ? timespan_find(word, today, start, &span)
			 : timespan_step(word, *of == 'n', today, start, &span)))
		return err_set(err, ERR_VALIDATION, "\"%.*s\" is no %s",
		    STR_FMT(str_sub(word, 0, 100)), of == NULL ? "timespan" : "length of time");
	return make_values(call, f, 2, err) &&
	    list_value_days(call, f->field, span.from, span.to, f->values, err);
}

static bool
parse_timespan(struct call *call, struct list_filter *f, const json_t *given, struct err *err)
{
	return parse_days(call, f, json_text(given), NULL, err);
}

static bool
parse_previous(struct call *call, struct list_filter *f, const json_t *given, struct err *err)
{
	return parse_days(call, f, json_text(given), "previous", err);
}

static bool
parse_next(struct call *call, struct list_filter *f, const json_t *given, struct err *err)
{
	return parse_days(call, f, json_text(given), "next", err);
}

static bool
parse_is(struct call *call, struct list_filter *f, const json_t *given, struct err *err)
{
	const struct str word = json_text(given);

	(void)call;
	if (!str_eq(word, STR("set")) && !str_eq(word, STR("not set")))
		return err_set(err, ERR_VALIDATION, "is wants \"set\" or \"not set\" for %.*s",
		    STR_FMT(f->field->name));
	f->op = str_eq(word, STR("set")) ? LIST_IS_SET : LIST_IS_NOT_SET;
	return true;
}

static bool
parse_scalar(struct call *call, struct list_filter *f, const json_t *given, struct err *err)
{
	return make_values(call, f, 1, err) &&
	    list_value(call, f->field, f->op, given, &f->values[0], err);
}

/* What clients write, and how the value beside it is read. The first one stands where none is. */
static const struct comparison {
	struct str text;
	enum list_op op;
	parse_fn *parse;
} COMPARISONS[] = {
	{ STR_INIT("="), LIST_EQUAL, parse_scalar },
	{ STR_INIT("!="), LIST_NOT_EQUAL, parse_scalar },
	{ STR_INIT("<>"), LIST_NOT_EQUAL, parse_scalar },
	{ STR_INIT(">"), LIST_GREATER, parse_scalar },
	{ STR_INIT(">="), LIST_GREATER_EQUAL, parse_scalar },
	{ STR_INIT("<"), LIST_LESS, parse_scalar },
	{ STR_INIT("<="), LIST_LESS_EQUAL, parse_scalar },
	{ STR_INIT("like"), LIST_LIKE, parse_scalar },
	{ STR_INIT("not like"), LIST_NOT_LIKE, parse_scalar },
	{ STR_INIT("in"), LIST_IN, parse_members },
	{ STR_INIT("not in"), LIST_NOT_IN, parse_members },
	{ STR_INIT("is"), LIST_IS_SET, parse_is },
	{ STR_INIT("between"), LIST_BETWEEN, parse_bounds },
	{ STR_INIT("timespan"), LIST_BETWEEN, parse_timespan },
	{ STR_INIT("previous"), LIST_BETWEEN, parse_previous },
	{ STR_INIT("next"), LIST_BETWEEN, parse_next },
};

/* NULL: there is no such operator. */
static const struct comparison *
find_comparison(const json_t *given)
{
	const struct str text = str_trim(json_text(given));

	for (size_t i = 0; i < ARRAY_LEN(COMPARISONS); i++) {
		if (given == NULL || str_ieq(COMPARISONS[i].text, text))
			return &COMPARISONS[i];
	}
	return NULL;
}

/* The value of a filter whose field is known; word: the operator, NULL for none. */
static bool
parse_value(struct call *call, struct list_filter *f, const json_t *word, const json_t *given,
    struct err *err)
{
	const struct comparison *c = find_comparison(word);

	if (c == NULL)
		return err_set(err, ERR_VALIDATION,
		    "Operator must be one of =, !=, >, <, >=, <=, like, not like, in, not in, is, "
		    "between, timespan, previous, next");
	f->op = c->op;
	return c->parse(call, f, given, err);
}

/* The DocType that a filter of four parts names: the list's own or one of its child tables. */
static bool
filter_doctype(struct call *call, struct list_query *q, struct str name, const struct doctype **out,
    struct err *err)
{
	if (str_ieq(name, q->doctype->name)) {
		*out = q->doctype;
		return true;
	}
	const struct doctype *dt = metas_find(call->metas, name);

	if (dt == NULL)
		return err_set(err, ERR_DOES_NOT_EXIST, "DocType %.*s not found",
		    STR_FMT(str_sub(name, 0, 140)));
	*out = dt;
	return list_join_child(call, q, dt, NULL, err);
}

/* One filter from its parts: DocType (null: the list's), field, operator (NULL: =), value. */
static bool
add_filter(struct call *call, struct list_query *q, struct list_filter *f, struct str doctype,
    const json_t *const part[3], struct err *err)
{
	*f = (struct list_filter){ .doctype = q->doctype };
	if (!str_is_null(doctype) && !filter_doctype(call, q, doctype, &f->doctype, err))
		return false;
	return list_field(q, f->doctype, json_text(part[0]), &f->field, err) &&
	    parse_value(call, f, part[1], part[2], err);
}

static bool
add_tuple(struct call *call, struct list_query *q, struct list_filter *f, const json_t *tuple,
    struct err *err)
{
	const size_t n = json_array_size(tuple);
	const json_t *part[5] = { NULL };

	if (!json_is_array(tuple) || n < 2 || n > 5)
		return err_set(err, ERR_DATA, "A filter is a list of field, operator and value");
	for (size_t i = 0; i < n; i++)
		part[i] = json_array_get(tuple, i);
	if (n == 2)
		return add_filter(
		    call, q, f, STR_NULL, (const json_t *[]){ part[0], NULL, part[1] }, err);
	if (n == 3)
		return add_filter(call, q, f, STR_NULL, part, err);
	return add_filter(call, q, f, json_text(part[0]), part + 1, err);
}

static bool
add_object(struct call *call, struct list_query *q, struct list_filter *to, const json_t *given,
    struct err *err)
{
	size_t n = 0;

	for (struct json_member m = json_first(given); m.value != NULL; m = json_next(m)) {
		const json_t *value = m.value;
		const json_t *word = NULL;

		if (json_is_array(value) && json_array_size(value) == 2) {
			word = json_array_get(value, 0);
			value = json_array_get(value, 1);
		}
		struct list_filter *f = &to[n++];

		*f = (struct list_filter){ .doctype = q->doctype };
		if (!list_field(q, q->doctype, m.key, &f->field, err) ||
		    !parse_value(call, f, word, value, err))
			return false;
	}
	return true;
}

/* Is it one filter given flat, ["status", "=", "Open"], instead of a list of filters? */
static bool
is_flat(const json_t *given)
{
	return json_array_size(given) >= 3 && json_is_string(json_array_get(given, 0)) &&
	    json_is_string(json_array_get(given, 1));
}

/* *to grows by n filters; *more is the first of them. */
static bool
make_room(struct call *call, struct list_filter **to, size_t *len, size_t n,
    struct list_filter **more, struct err *err)
{
	struct list_filter *all = ARENA_NEW_ARRAY(call->arena, struct list_filter, *len + n + 1);

	if (all == NULL)
		return err_memory(err);
	if (*len > 0)
		memcpy(all, *to, *len * sizeof(*all));
	*more = all + *len;
	*to = all;
	*len += n;
	return true;
}

bool
list_filter_parse(
    struct call *call, const json_t *given, bool any, struct list_query *q, struct err *err)
{
	struct list_filter **to = any ? &q->or_filters : &q->filters;
	size_t *len = any ? &q->or_filters_len : &q->filters_len;

	if (json_is_string(given)) {
		if (str_trim(json_text(given)).len == 0)
			return true;
		if (!json_parse(call->arena, json_text(given), &given, err))
			return false;
	}
	if (given == NULL || json_is_null(given) || json_is_false(given))
		return true;
	if (!json_is_object(given) && !json_is_array(given))
		return err_set(err, ERR_DATA, "Filters are a JSON object or a list of filters");
	const bool flat = json_is_array(given) && is_flat(given);
	const size_t n = json_is_object(given) ? json_object_size(given)
	    : flat                             ? 1
					       : json_array_size(given);

	struct list_filter *more = NULL;

	if (!make_room(call, to, len, n, &more, err))
		return false;
	if (json_is_object(given))
		return add_object(call, q, more, given, err);
	if (flat)
		return add_tuple(call, q, more, given, err);
	for (size_t i = 0; i < n; i++) {
		if (!add_tuple(call, q, &more[i], json_array_get(given, i), err))
			return false;
	}
	return true;
}
