#include "doc/list_value.h"

#include "base/clock.h"
#include "doc/cast.h"
#include "json/json_in.h"

static const char DAY_END[] = "23:59:59.999999";

static bool
is_pattern(enum list_op op)
{
	return op == LIST_LIKE || op == LIST_NOT_LIKE;
}

static bool
is_moment(const struct field *field)
{
	const int column = field_type_column(field->type);

	return column == DB_TYPE_DATE || column == DB_TYPE_DATETIME;
}

/* What is no number is 0, null too. */
static struct value
number_of(struct value v)
{
	double r = 0;

	switch (v.kind) {
	case VALUE_NULL:
		return value_int(0);
	case VALUE_TEXT:
		return value_real(str_to_double(str_trim(v.s), &r) ? r : 0);
	case VALUE_INT:
	case VALUE_REAL:
		break;
	}
	return v;
}

static bool
refuse_moment(struct str text, const char *what, struct err *err)
{
	err_set(err, ERR_VALIDATION, "<strong>%.*s</strong> is not a valid %s string.",
	    STR_FMT(str_sub(text, 0, 100)), what);
	return err_title(err, *what == 'd' ? "Invalid Date" : "Invalid Time");
}

static bool
today(struct call *call, struct value *out, struct err *err)
{
	char text[CLOCK_TEXT_SIZE];
	struct str s = clock_format_date(clock_to_local(call->now_us), text);

	if (!arena_str(call->arena, s, &s, err))
		return false;
	*out = value_text(s);
	return true;
}

/* "2024-01-31" for a Date; for a Datetime midnight is added to it. */
static bool
date_of(struct call *call, const struct field *field, struct str text, struct value *out,
    struct err *err)
{
	char moment[CLOCK_TEXT_SIZE];
	struct clock_civil c;

	if (!clock_parse(text, &c))
		return refuse_moment(text, "date", err);
	text = field->type == FIELD_DATE ? clock_format_date(c, moment) : clock_format(c, moment);
	if (!arena_str(call->arena, text, &text, err))
		return false;
	*out = value_text(text);
	return true;
}

static bool
moment_of(struct call *call, const struct field *field, struct value v, struct value *out,
    struct err *err)
{
	if (cast_is_empty(v)) {
		*out = value_null();
		return field->type != FIELD_DATE || today(call, out, err);
	}
	if (field->type != FIELD_TIME)
		return date_of(call, field, v.s, out, err);
	return cast_stored(call->arena, field, v, out, err) || refuse_moment(v.s, "time", err);
}

bool
list_value_of(struct call *call, const struct field *field, enum list_op op, struct value v,
    struct value *out, struct err *err)
{
	const int column = field_type_column(field->type);
	const bool number =
	    column == DB_TYPE_INT || column == DB_TYPE_REAL || column == DB_TYPE_REAL_NULL;
	struct str text;

	if (number && !is_pattern(op)) {
		*out = number_of(v);
		return true;
	}
	if (v.kind != VALUE_NULL) {
		if (!cast_to_text(call->arena, v, &text, err))
			return false;
		v = value_text(text);
	}
	*out = v;
	if (is_pattern(op) || !(is_moment(field) || column == DB_TYPE_TIME) ||
	    moment_of(call, field, v, out, err))
		return true;
	*out = v;
	return op == LIST_IN || op == LIST_NOT_IN;
}

bool
list_value(struct call *call, const struct field *field, enum list_op op, const json_t *given,
    struct value *out, struct err *err)
{
	struct value v;

	if (!json_to_value(given, &v))
		return err_set(err, ERR_VALIDATION, "A list or an object is no value for %.*s",
		    STR_FMT(field->name));
	return list_value_of(call, field, op, v, out, err);
}

/* The whole of the day that an upper bound names without an hour. */
static bool
end_day(struct call *call, struct value *until, struct err *err)
{
	struct str text;

	if (!arena_printf(call->arena, &text, err, "%.*s %s",
		STR_FMT(str_sub(value_str(*until), 0, 10)), DAY_END))
		return false;
	*until = value_text(text);
	return true;
}

static bool
bound(struct call *call, const struct field *field, const json_t *given, bool upper,
    struct value *out, struct err *err)
{
	const bool empty = given == NULL || json_is_null(given) ||
	    (json_is_string(given) && json_string_length(given) == 0);
	struct value v;

	if (!empty || !is_moment(field)) {
		if (!list_value(call, field, LIST_BETWEEN, given, out, err))
			return false;
	} else if (!today(call, &v, err) ||
	    !list_value_of(call, field, LIST_BETWEEN, v, out, err)) {
		return false;
	}
	return !upper || field->type != FIELD_DATETIME ||
	    (!empty && json_string_length(given) > 10) || end_day(call, out, err);
}

bool
list_value_bounds(struct call *call, const struct field *field, const json_t *given,
    struct value *out, struct err *err)
{
	const size_t len = json_array_size(given);

	if (!json_is_array(given) || len > 2 || (len < 2 && !is_moment(field)))
		return err_set(err, ERR_VALIDATION, "between wants a list of two values for %.*s",
		    STR_FMT(field->name));
	return bound(call, field, json_array_get(given, 0), false, &out[0], err) &&
	    bound(call, field, json_array_get(given, 1), true, &out[1], err);
}

static bool
day_text(struct call *call, int64_t day, struct value *out, struct err *err)
{
	char text[CLOCK_TEXT_SIZE];
	struct str s = clock_format_date(clock_civil_from_days(day), text);

	if (!arena_str(call->arena, s, &s, err))
		return false;
	*out = value_text(s);
	return true;
}

bool
list_value_days(struct call *call, const struct field *field, int64_t from, int64_t to,
    struct value *out, struct err *err)
{
	if (!is_moment(field))
		return err_set(err, ERR_VALIDATION, "A span of days wants a date: %.*s is none",
		    STR_FMT(field->name));
	return day_text(call, from, &out[0], err) && day_text(call, to, &out[1], err) &&
	    list_value_of(call, field, LIST_BETWEEN, out[0], &out[0], err) &&
	    (field->type == FIELD_DATE || end_day(call, &out[1], err));
}
