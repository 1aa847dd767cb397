#include "tests/unit/unit.h"

#include "doc/cast.h"
#include "json/json_in.h"

struct one {
	enum field_type type;
	const char *given;  /* JSON, with ' for " */
	const char *stored; /* as text; "null"; "!" if it is refused */
	bool unique;
};

static void
show(struct arena *a, struct value v, char *text, size_t size)
{
	struct err err;
	struct str s;

	CHECK(cast_to_text(a, v, &s, &err));
	snprintf(text, size, "%.*s", STR_FMT(v.kind == VALUE_NULL ? STR("null") : s));
}

static void
check(const struct one *c)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(1024 * 1024);
	const struct field field = {
		.name = STR("f"), .label = STR("F"), .type = c->type, .unique = c->unique
	};
	struct err err = { 0 };
	struct value v;
	const json_t *tree;
	char text[256];
	bool truth;

	snprintf(text, sizeof(text), "%s", c->given);
	for (char *p = text; *p != '\0'; p++)
		*p = *p == '\'' ? '"' : *p;
	struct str json;
	CHECK(arena_str(a, str_from(text), &json, &err));
	CHECK(json_parse(a, json, &tree, &err));
	if (!cast_json(a, &field, tree, &v, &truth, &err) || !cast_stored(a, &field, v, &v, &err)) {
		CHECK_CASE(c->given, err.kind == ERR_VALIDATION);
		snprintf(text, sizeof(text), "!");
	} else {
		show(a, v, text, sizeof(text));
	}
	if (strcmp(text, c->stored) != 0)
		fail_msg("%s as %.*s is stored as %s, not %s", c->given,
		    STR_FMT(field_type_name(c->type)), text, c->stored);
}

static void
values_are_stored_in_one_form(void **state)
{
	static const struct one cases[] = {
		{ FIELD_DATA, "'x'", "x", false },
		{ FIELD_DATA, "12", "12", false },
		{ FIELD_DATA, "1.5", "1.5", false },
		{ FIELD_DATA, "true", "1", false },
		{ FIELD_DATA, "null", "null", false },
		{ FIELD_DATA, "''", "", false },
		{ FIELD_DATA, "''", "null", true },
		{ FIELD_DATA, "[1]", "!", false },
		{ FIELD_INT, "'1,000'", "0", false },
		{ FIELD_INT, "' 12 '", "12", false },
		{ FIELD_INT, "'12.9'", "12", false },
		{ FIELD_INT, "-3.9", "-3", false },
		{ FIELD_INT, "null", "0", false },
		{ FIELD_CHECK, "'1'", "1", false },
		{ FIELD_CHECK, "7", "1", false },
		{ FIELD_CHECK, "'on'", "0", false },
		{ FIELD_FLOAT, "'1,234.5'", "1234.5", false },
		{ FIELD_FLOAT, "0.1234567891234", "0.123456789", false },
		{ FIELD_FLOAT, "'nan'", "0.0", false },
		{ FIELD_FLOAT, "'1e300'", "!", false },
		{ FIELD_FLOAT, "1e12", "!", false },
		{ FIELD_DURATION, "'90'", "90.0", false },
		{ FIELD_DURATION, "null", "null", false },
		{ FIELD_DURATION, "'x'", "!", false },
		{ FIELD_DATE, "'2024-5-6'", "2024-05-06", false },
		{ FIELD_DATE, "'20240506'", "2024-05-06", false },
		{ FIELD_DATE, "'2024-05-06 10:00:00'", "2024-05-06", false },
		{ FIELD_DATE, "'06-05-2024'", "!", false },
		{ FIELD_DATE, "'0000-00-00'", "null", false },
		{ FIELD_DATE, "' '", "null", false },
		{ FIELD_DATE, "20240506", "2024-05-06", false },
		{ FIELD_DATETIME, "'2024-05-06T7:08'", "2024-05-06 07:08:00", false },
		{ FIELD_DATETIME, "'2024-05-06 07:08:09.5'", "2024-05-06 07:08:09.500000", false },
		{ FIELD_DATETIME, "'2024-05-06 07:08:09Z'", "!", false },
		{ FIELD_TIME, "'9:5:3'", "09:05:03", false },
		{ FIELD_TIME, "'23:59:59.50'", "23:59:59.5", false },
		{ FIELD_TIME, "'-100:00'", "-100:00:00", false },
		{ FIELD_TIME, "'24:61'", "!", false },
		{ FIELD_TIME, "'noon'", "!", false },
		{ FIELD_JSON, "{'a':[1,null]}", "{\"a\":[1,null]}", false },
		{ FIELD_JSON, "[1]", "!", false },
	};

	(void)state;
	json_init();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check(&cases[i]);
}

static void
a_time_is_shown_without_a_leading_zero(void **state)
{
	const struct field time = { .type = FIELD_TIME }, data = { .type = FIELD_DATA };

	(void)state;
	CHECK_STR(value_str(cast_shown(&time, value_text(STR("09:05:03")))), "9:05:03");
	CHECK_STR(value_str(cast_shown(&time, value_text(STR("00:05:03")))), "0:05:03");
	CHECK_STR(value_str(cast_shown(&time, value_text(STR("23:05:03")))), "23:05:03");
	CHECK_STR(value_str(cast_shown(&data, value_text(STR("09:05:03")))), "09:05:03");
}

static void
asterisks_are_a_mask(void **state)
{
	(void)state;
	CHECK(cast_is_mask(STR("***")));
	CHECK(!cast_is_mask(STR("")));
	CHECK(!cast_is_mask(STR("**a")));
}

UNIT_TESTS(
    values_are_stored_in_one_form, a_time_is_shown_without_a_leading_zero, asterisks_are_a_mask)
