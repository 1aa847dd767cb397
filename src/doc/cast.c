#include "doc/cast.h"

#include "base/clock.h"
#include "json/json_in.h"

#include <math.h>
#include <stdio.h>

/* decimal(21,9): what a Float may hold before its point. */
static const double REAL_LIMIT = 1e12;
static const double INT_LIMIT = 9e18;

bool
cast_is_empty(struct value v)
{
	return v.kind == VALUE_NULL || (v.kind == VALUE_TEXT && v.s.len == 0);
}

bool
cast_equal(struct value a, struct value b)
{
	if (a.kind != b.kind)
		return false;
	switch (a.kind) {
	case VALUE_NULL:
		return true;
	case VALUE_INT:
		return a.i == b.i;
	case VALUE_REAL:
		return !(a.r < b.r) && !(a.r > b.r);
	case VALUE_TEXT:
		return str_eq(a.s, b.s);
	}
	return false;
}

bool
cast_is_mask(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] != '*')
			return false;
	}
	return text.len > 0;
}

double
cast_round(double r)
{
	return fabs(r) < 1e6 ? round(r * 1e9) / 1e9 : r;
}

bool
cast_to_text(struct arena *a, struct value v, struct str *out, struct err *err)
{
	switch (v.kind) {
	case VALUE_NULL:
		*out = STR("");
		return true;
	case VALUE_INT:
		return arena_printf(a, out, err, "%lld", (long long)v.i);
	case VALUE_REAL:
		if (v.r == floor(v.r) && fabs(v.r) < 1e15)
			return arena_printf(a, out, err, "%.1f", v.r);
		return arena_printf(a, out, err, "%.15g", v.r);
	case VALUE_TEXT:
		*out = v.s;
		return true;
	}
	return false;
}

static bool
number_of(struct value v, double *out)
{
	*out = 0;
	switch (v.kind) {
	case VALUE_NULL:
		return true;
	case VALUE_INT:
		*out = (double)v.i;
		return true;
	case VALUE_REAL:
		*out = v.r;
		return true;
	case VALUE_TEXT:
		return str_to_double(str_trim(v.s), out);
	}
	return false;
}

static int64_t
int_of(struct value v)
{
	int64_t n;
	double r;

	if (v.kind == VALUE_INT)
		return v.i;
	if (v.kind == VALUE_TEXT && str_to_int64(str_trim(v.s), &n))
		return n;
	if (!number_of(v, &r) || !(r > -INT_LIMIT && r < INT_LIMIT))
		return 0;
	return (int64_t)r;
}

bool
cast_is_whole(const json_t *given)
{
	double r;

	if (json_is_string(given))
		return str_trim(json_text(given)).len == 0 ||
		    (str_to_double(str_trim(json_text(given)), &r) && trunc(r) == r);
	return !json_is_real(given) || trunc(json_real_value(given)) == json_real_value(given);
}

/* A text number without its commas; what is no number is 0. */
static double
real_of(struct value v)
{
	char digits[64];
	size_t len = 0;
	double r = 0;

	if (v.kind != VALUE_TEXT)
		return number_of(v, &r) ? r : 0;
	for (size_t i = 0; i < v.s.len; i++) {
		if (v.s.ptr[i] == ',')
			continue;
		if (len == sizeof(digits))
			return 0;
		digits[len++] = v.s.ptr[i];
	}
	return str_to_double(str_trim((struct str){ digits, len }), &r) ? r : 0;
}

static bool
is_real_column(enum field_type type)
{
	return field_type_column(type) == DB_TYPE_REAL && type != FIELD_RATING;
}

/* The lenient numbers of a field's type; other values are handed through. */
static struct value
cast_number(const struct field *field, struct value v)
{
	if (v.kind == VALUE_NULL)
		return v;
	if (field->type == FIELD_CHECK)
		return value_int(int_of(v) != 0);
	if (field_type_column(field->type) == DB_TYPE_INT)
		return value_int(int_of(v));
	if (is_real_column(field->type) || (field->type == FIELD_RATING && v.kind == VALUE_TEXT))
		return value_real(real_of(v));
	return v;
}

static bool
is_date(enum field_type type)
{
	return type == FIELD_DATE || type == FIELD_DATETIME || type == FIELD_TIME;
}

struct value
cast_text(const struct field *field, struct str text)
{
	if (is_date(field->type) && text.len == 0)
		return value_null();
	if (field->type == FIELD_DURATION) {
		double r;

		return str_to_double(str_trim(text), &r) ? value_real(r) : value_null();
	}
	return cast_number(field, value_text(text));
}

static bool
refuse_shape(const struct field *field, const json_t *given, struct err *err)
{
	return err_set(err, ERR_VALIDATION, "Value for %.*s cannot be %s", STR_FMT(field->label),
	    json_is_array(given) ? "a list" : "an object");
}

static bool
object_text(struct arena *a, const json_t *given, struct value *out, struct err *err)
{
	const size_t size = json_dumpb(given, NULL, 0, JSON_COMPACT);
	char *text = arena_alloc(a, size + 1);

	if (text == NULL)
		return err_memory(err);
	if (json_dumpb(given, text, size, JSON_COMPACT) != size)
		return err_set(err, ERR_VALIDATION, "An object could not be written as JSON");
	*out = value_text((struct str){ text, size });
	return true;
}

static struct value
scalar_of(const json_t *given)
{
	switch (json_typeof(given)) {
	case JSON_STRING:
		return value_text(
		    (struct str){ json_string_value(given), json_string_length(given) });
	case JSON_INTEGER:
		return value_int(json_integer_value(given));
	case JSON_REAL:
		return value_real(json_real_value(given));
	case JSON_TRUE:
		return value_int(1);
	case JSON_FALSE:
		return value_int(0);
	case JSON_NULL:
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	}
	return value_null();
}

static bool
is_digits(struct str s)
{
	s = str_trim(s);
	if (s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+'))
		s = str_sub(s, 1, s.len);
	for (size_t i = 0; i < s.len; i++) {
		if (!char_is_digit(s.ptr[i]))
			return false;
	}
	return s.len > 0;
}

/* A number that no column of the field's type holds; what is no number at all is another thing. */
static bool
is_beyond(const struct field *field, struct value v)
{
	const int column = field_type_column(field->type);
	double r = 0;

	if (column != DB_TYPE_INT && column != DB_TYPE_REAL)
		return false;
	if (!number_of(v, &r))
		return is_digits(v.s);
	return column == DB_TYPE_INT && v.kind != VALUE_INT && !(r > -INT_LIMIT && r < INT_LIMIT);
}

static bool
refuse_large(const struct field *field, struct err *err)
{
	return err_set(
	    err, ERR_VALIDATION, "Value for %.*s is too large a number", STR_FMT(field->label));
}

bool
cast_json(struct arena *a, const struct field *field, const json_t *given, struct value *out,
    bool *truth, struct err *err)
{
	double r;

	*truth = false;
	if (json_is_object(given) && field->type == FIELD_JSON)
		return object_text(a, given, out, err);
	if (json_is_object(given) || json_is_array(given))
		return refuse_shape(field, given, err);
	if (is_beyond(field, scalar_of(given)))
		return refuse_large(field, err);
	struct value v = cast_number(field, scalar_of(given));
	if (is_date(field->type) && v.kind == VALUE_TEXT && str_trim(v.s).len == 0)
		v = value_null();
	if (v.kind == VALUE_REAL ||
	    (v.kind == VALUE_INT && field_type_column(field->type) == DB_TYPE_REAL)) {
		if (!number_of(v, &r) || !(r > -REAL_LIMIT && r < REAL_LIMIT))
			return refuse_large(field, err);
	}
	*truth = json_is_boolean(given) && field->type != FIELD_CHECK &&
	    field_type_column(field->type) != DB_TYPE_REAL;
	*out = v;
	return true;
}

/* Hours (perhaps more than 24, perhaps negative), minutes, seconds, fraction of a Time. */
struct span {
	bool negative;
	int64_t hours;
	int minutes, seconds, us;
};

static bool
two_digits(struct str s, int *out)
{
	int64_t n;

	if (s.len == 0 || s.len > 2 || !char_is_digit(s.ptr[0]) || !str_to_int64(s, &n) || n > 59)
		return false;
	*out = (int)n;
	return true;
}

static bool
span_parse(struct str s, struct span *out)
{
	struct span t = { 0 };
	struct str hours, minutes, seconds, fraction;

	s = str_trim(s);
	if (s.len > 0 && s.ptr[0] == '-') {
		t.negative = true;
		s = str_sub(s, 1, s.len);
	}
	if (!str_cut(s, ':', &hours, &minutes))
		return false;
	str_cut(minutes, ':', &minutes, &seconds);
	str_cut(seconds, '.', &seconds, &fraction);
	if (hours.len == 0 || hours.len > 3 || !char_is_digit(hours.ptr[0]) ||
	    !str_to_int64(hours, &t.hours) || t.hours > 838 || !two_digits(minutes, &t.minutes))
		return false;
	if (seconds.len > 0 && !two_digits(seconds, &t.seconds))
		return false;
	for (size_t i = 0; i < 6; i++) {
		if (i < fraction.len && !char_is_digit(fraction.ptr[i]))
			return false;
		t.us = t.us * 10 + (i < fraction.len ? fraction.ptr[i] - '0' : 0);
	}
	*out = t;
	return true;
}

/* The fraction as ".5": without trailing zeros, nothing for 0. */
static void
fraction_text(int us, char *text, size_t size)
{
	if (us == 0) {
		text[0] = '\0';
		return;
	}
	snprintf(text, size, ".%06d", us);
	for (size_t at = 6; text[at] == '0'; at--)
		text[at] = '\0';
}

enum { MOMENT_SIZE = 48 };

/* Both write the stored text, NUL-terminated; false: s is none. */
static bool
stored_time(struct str s, char *text)
{
	char fraction[16];
	struct span t;
	struct clock_civil c;

	if (!span_parse(s, &t)) {
		if (!clock_parse(s, &c))
			return false;
		t = (struct span){ false, c.hour, c.minute, c.second, c.us };
	}
	fraction_text(t.us, fraction, sizeof(fraction));
	snprintf(text, MOMENT_SIZE, "%s%02lld:%02d:%02d%s", t.negative ? "-" : "",
	    (long long)t.hours, t.minutes, t.seconds, fraction);
	return true;
}

static bool
stored_date(enum field_type type, struct str s, char *text)
{
	char moment[CLOCK_TEXT_SIZE];
	struct clock_civil c;

	s = str_trim(s);
	text[0] = '\0';
	if (str_starts(s, STR("0000-00-00")))
		return true;
	/* Day first is for filters only. */
	if (s.len < 5 || !char_is_digit(s.ptr[2]) || !clock_parse(s, &c))
		return false;
	s = type == FIELD_DATE ? clock_format_date(c, moment) : clock_format(c, moment);
	snprintf(text, MOMENT_SIZE, "%.*s", STR_FMT(s));
	return true;
}

static bool
stored_moment(
    struct arena *a, const struct field *field, struct value v, struct value *out, struct err *err)
{
	char moment[MOMENT_SIZE];
	struct str text;

	if (!cast_to_text(a, v, &text, err))
		return false;
	*out = value_null();
	if (text.len == 0)
		return true;
	if (!(field->type == FIELD_TIME ? stored_time(text, moment)
					: stored_date(field->type, text, moment)))
		return err_set(err, ERR_VALIDATION, "%.*s: '%.*s' is not a valid %.*s",
		    STR_FMT(field->label), STR_FMT(str_sub(text, 0, 60)),
		    STR_FMT(field_type_name(field->type)));
	if (moment[0] == '\0')
		return true;
	if (!arena_str(a, str_from(moment), &text, err))
		return false;
	*out = value_text(text);
	return true;
}

static bool
stored_duration(const struct field *field, struct value v, struct value *out, struct err *err)
{
	double r;

	if (cast_is_empty(v)) {
		*out = value_null();
		return true;
	}
	if (!number_of(v, &r) || !(r > -REAL_LIMIT && r < REAL_LIMIT))
		return err_set(err, ERR_VALIDATION, "%.*s: '%.*s' is not a valid Duration",
		    STR_FMT(field->label), STR_FMT(str_sub(value_str(v), 0, 60)));
	*out = value_real(cast_round(r));
	return true;
}

bool
cast_stored(
    struct arena *a, const struct field *field, struct value v, struct value *out, struct err *err)
{
	struct str text;

	switch (field_type_column(field->type)) {
	case DB_TYPE_INT:
		*out = value_int(int_of(v));
		return true;
	case DB_TYPE_REAL:
		*out = value_real(cast_round(real_of(v)));
		return true;
	case DB_TYPE_REAL_NULL:
		return stored_duration(field, v, out, err);
	case DB_TYPE_DATE:
	case DB_TYPE_DATETIME:
	case DB_TYPE_TIME:
		return stored_moment(a, field, v, out, err);
	default:
		break;
	}
	if (v.kind == VALUE_NULL || (field->unique && cast_is_empty(v))) {
		*out = field->not_nullable
		    ? value_text(str_is_null(field->fallback) ? STR("") : field->fallback)
		    : value_null();
		return true;
	}
	if (!cast_to_text(a, v, &text, err))
		return false;
	/* Text compares without the blanks at its end: what must be unique has none. */
	while (field->unique && text.len > 0 && text.ptr[text.len - 1] == ' ')
		text.len--;
	*out = value_text(text);
	return true;
}

struct value
cast_shown(const struct field *field, struct value v)
{
	if (field->type != FIELD_TIME || v.kind != VALUE_TEXT || v.s.len < 2 || v.s.ptr[0] != '0' ||
	    !char_is_digit(v.s.ptr[1]))
		return v;
	return value_text(str_sub(v.s, 1, v.s.len));
}
