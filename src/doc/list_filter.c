#include "doc/list_filter.h"

#include "base/clock.h"
#include "doc/list_parse.h"
#include "json/json_in.h"

static const struct {
	struct str text;
	enum list_operator operator;
} OPERATORS[] = {
	{ STR_INIT("="), LIST_EQUAL },
	{ STR_INIT("!="), LIST_NOT_EQUAL },
	{ STR_INIT("<>"), LIST_NOT_EQUAL },
	{ STR_INIT(">"), LIST_GREATER },
	{ STR_INIT(">="), LIST_GREATER_EQUAL },
	{ STR_INIT("<"), LIST_LESS },
	{ STR_INIT("<="), LIST_LESS_EQUAL },
	{ STR_INIT("like"), LIST_LIKE },
	{ STR_INIT("not like"), LIST_NOT_LIKE },
	{ STR_INIT("in"), LIST_IN },
	{ STR_INIT("not in"), LIST_NOT_IN },
	{ STR_INIT("is"), LIST_IS_SET },
	{ STR_INIT("between"), LIST_BETWEEN },
};

static bool
find_operator(const json_t *given, enum list_operator *out, struct err *err)
{
	const struct str text = str_trim(json_text(given));

	for (size_t i = 0; i < ARRAY_LEN(OPERATORS); i++) {
		if (str_ieq(OPERATORS[i].text, text)) {
			*out = OPERATORS[i].operator;
			return true;
		}
	}
	return err_set(err, ERR_VALIDATION,
	    "Operator must be one of =, !=, >, <, >=, <=, like, not like, in, not in, is, between");
}

static bool
cast_number(const struct field *field, const json_t *given, struct value *out, struct err *err)
{
	struct value v = value_null();
	double r = 0;

	if (!json_to_value(given, &v))
		return err_set(err, ERR_VALIDATION, "A list or an object is no value for %.*s",
		    STR_FMT(field->name));
	if (v.kind == VALUE_TEXT && !str_to_double(str_trim(v.s), &r))
		r = 0;
	if (v.kind == VALUE_TEXT)
		v = value_real(r);
	if (v.kind == VALUE_NULL)
		v = value_int(0);
	*out = v;
	return true;
}

/* "2024-01-31" for a Date; midnight is added to it for a Datetime, the day's end for its upper
 * bound. */
static bool
cast_date(struct call *call, const struct field *field, enum list_operator operator, struct value v,
    struct value *out, struct err *err)
{
	char text[CLOCK_TEXT_SIZE];
	struct clock_civil c;
	struct str s = value_str(v);
	const bool patterned = operator== LIST_LIKE || operator== LIST_NOT_LIKE;

	if (patterned || field->type == FIELD_TIME) {
		*out = v;
		return true;
	}
	if (v.kind == VALUE_NULL || s.len == 0) {
		if (field->type != FIELD_DATE) {
			*out = value_null();
			return true;
		}
		s = clock_format_date(clock_to_local(call->now_us), text);
	}
	if (!clock_parse(s, &c)) {
		if (operator== LIST_IN || operator== LIST_NOT_IN) {
			*out = v;
			return true;
		}
		err_set(err, ERR_VALIDATION, "<strong>%.*s</strong> is not a valid date string.",
		    STR_FMT(str_sub(s, 0, 100)));
		return err_title(err, "Invalid Date");
	}
	s = field->type == FIELD_DATE ? clock_format_date(c, text) : clock_format(c, text);
	if (!arena_str(call->arena, s, &s, err))
		return false;
	*out = value_text(s);
	return true;
}

/* What a column of that type is compared with. ERR_VALIDATION for what is no date. */
static bool
cast(struct call *call, const struct field *field, enum list_operator operator,
    const json_t * given, struct value *out, struct err *err)
{
	struct value v;

	switch (field_type_column(field->type)) {
	case DB_TYPE_INT:
	case DB_TYPE_REAL:
	case DB_TYPE_REAL_NULL:
		if (operator!= LIST_LIKE && operator!= LIST_NOT_LIKE)
			return cast_number(field, given, out, err);
		break;
	default:
		break;
	}
	if (!json_to_value(given, &v))
		return err_set(err, ERR_VALIDATION, "A list or an object is no value for %.*s",
		    STR_FMT(field->name));
	if (v.kind == VALUE_INT || v.kind == VALUE_REAL) {
		struct str s;
		const bool ok = v.kind == VALUE_INT
		    ? arena_printf(call->arena, &s, err, "%lld", (long long)v.i)
		    : arena_printf(call->arena, &s, err, "%.15g", v.r);

		if (!ok)
			return false;
		v = value_text(s);
	}
	switch (field_type_column(field->type)) {
	case DB_TYPE_DATE:
	case DB_TYPE_DATETIME:
	case DB_TYPE_TIME:
		return cast_date(call, field, operator, v, out, err);
	default:
		*out = v;
		return true;
	}
}

/* One value of IN and NOT IN; null and "" are remembered apart. */
static bool
add_member(struct call *call, struct list_filter *f, const json_t *given, struct err *err)
{
	struct value v;

	if (json_is_null(given) || (json_is_string(given) && json_string_length(given) == 0)) {
		f->with_empty = true;
		return true;
	}
	if (!cast(call, f->field, f->operator, given, &v, err))
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
		else
			f->values[f->len++] = value_text(item);
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
parse_bounds(struct call *call, struct list_filter *f, const json_t *given, struct err *err)
{
	f->values = ARENA_NEW_ARRAY(call->arena, struct value, 2);
	if (f->values == NULL)
		return err_memory(err);
	if (!json_is_array(given) || json_array_size(given) != 2)
		return err_set(err, ERR_VALIDATION, "between wants a list of two values for %.*s",
		    STR_FMT(f->field->name));
	for (size_t i = 0; i < 2; i++) {
		if (!cast(
			call, f->field, f->operator, json_array_get(given, i), &f->values[i], err))
			return false;
	}
	f->len = 2;
	const struct str until = value_str(f->values[1]);

	/* A date as the upper bound of a Datetime means the end of that day. */
	if (f->field->type == FIELD_DATETIME &&
	    json_string_length(json_array_get(given, 1)) <= 10 && until.len >= 10) {
		struct str whole;

		if (!arena_printf(call->arena, &whole, err, "%.*s 23:59:59.999999",
			STR_FMT(str_sub(until, 0, 10))))
			return false;
		f->values[1] = value_text(whole);
	}
	return true;
}

static bool
parse_is(struct list_filter *f, const json_t *given, struct err *err)
{
	const struct str word = json_text(given);

	if (!str_eq(word, STR("set")) && !str_eq(word, STR("not set")))
		return err_set(err, ERR_VALIDATION, "is wants \"set\" or \"not set\" for %.*s",
		    STR_FMT(f->field->name));
	f->operator= str_eq(word, STR("set")) ? LIST_IS_SET : LIST_IS_NOT_SET;
	return true;
}

static bool
parse_value(struct call *call, struct list_filter *f, const json_t *given, struct err *err)
{
	switch (f->operator) {
	case LIST_IN:
	case LIST_NOT_IN:
		return parse_members(call, f, given, err);
	case LIST_BETWEEN:
		return parse_bounds(call, f, given, err);
	case LIST_IS_SET:
	case LIST_IS_NOT_SET:
		return parse_is(f, given, err);
	case LIST_EQUAL:
	case LIST_NOT_EQUAL:
	case LIST_GREATER:
	case LIST_GREATER_EQUAL:
	case LIST_LESS:
	case LIST_LESS_EQUAL:
	case LIST_LIKE:
	case LIST_NOT_LIKE:
		break;
	}
	f->values = ARENA_NEW(call->arena, struct value);
	if (f->values == NULL)
		return err_memory(err);
	f->len = 1;
	return cast(call, f->field, f->operator, given, &f->values[0], err);
}

/* The DocType that a filter of four parts names: the list's own or one of its child tables. */
static bool
filter_doctype(struct call *call, const struct list_query *q, struct str name,
    const struct doctype **out, struct err *err)
{
	if (str_ieq(name, q->doctype->name)) {
		*out = q->doctype;
		return true;
	}
	const struct doctype *dt = metas_find(call->metas, name);

	if (dt == NULL)
		return err_set(err, ERR_DOES_NOT_EXIST, "DocType %.*s not found",
		    STR_FMT(str_sub(name, 0, 140)));
	for (size_t i = 0; i < q->doctype->tables_len; i++) {
		const struct field *table = q->doctype->tables[i];

		if (str_eq(table->options, dt->name) && (q->levels & BIT(table->permlevel)) != 0) {
			*out = dt;
			return true;
		}
	}
	return err_set(
	    err, ERR_DATA, "Field not permitted in query: %.*s", STR_FMT(str_sub(name, 0, 140)));
}

/* One filter from its parts: DocType (null: the list's), field, operator (NULL: =), value. */
static bool
add_filter(struct call *call, struct list_query *q, struct list_filter *f, struct str doctype,
    const json_t *const part[3], struct err *err)
{
	*f = (struct list_filter){ .doctype = q->doctype, .operator= LIST_EQUAL };
	if (!str_is_null(doctype) && !filter_doctype(call, q, doctype, &f->doctype, err))
		return false;
	if (!list_field(q, f->doctype, json_text(part[0]), &f->field, err))
		return false;
	if (part[1] != NULL && !find_operator(part[1], &f->operator, err))
		return false;
	return parse_value(call, f, part[2], err);
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
	json_t *object = (json_t *)(uintptr_t)given; /* jansson's iterator; nothing is changed */
	size_t n = 0;

	for (void *at = json_object_iter(object); at != NULL;
	     at = json_object_iter_next(object, at)) {
		const json_t *value = json_object_iter_value(at);
		const json_t *operator= NULL;
		const struct str name = { json_object_iter_key(at), json_object_iter_key_len(at) };

		if (json_is_array(value) && json_array_size(value) == 2) {
			operator= json_array_get(value, 0);
			value = json_array_get(value, 1);
		}
		struct list_filter *f = &to[n++];

		*f = (struct list_filter){ .doctype = q->doctype, .operator= LIST_EQUAL };
		if (!list_field(q, q->doctype, name, &f->field, err) ||
		    (operator!= NULL && !find_operator(operator, & f->operator, err)) ||
		    !parse_value(call, f, value, err))
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

	*to = ARENA_NEW_ARRAY(call->arena, struct list_filter, n + 1);
	if (*to == NULL)
		return err_memory(err);
	*len = n;
	if (json_is_object(given))
		return add_object(call, q, *to, given, err);
	if (flat)
		return add_tuple(call, q, &(*to)[0], given, err);
	for (size_t i = 0; i < n; i++) {
		if (!add_tuple(call, q, &(*to)[i], json_array_get(given, i), err))
			return false;
	}
	return true;
}
