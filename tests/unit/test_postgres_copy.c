#include "tests/unit/unit.h"

#include "db/postgres_copy.h"

#include <math.h>

static const enum value_kind KINDS[] = { VALUE_TEXT, VALUE_INT, VALUE_REAL };

static void
writes_values_as_the_server_reads_them(void **state UNUSED)
{
	static const struct {
		const char *what;
		struct value v;
		struct str expected;
	} cases[] = {
		{ "null", { .kind = VALUE_NULL }, STR_INIT("\\N") },
		{ "least", { .kind = VALUE_INT, .i = INT64_MIN },
		    STR_INIT("-9223372036854775808") },
		{ "tenth", { .kind = VALUE_REAL, .r = 0.1 }, STR_INIT("0.10000000000000001") },
		{ "empty", { .kind = VALUE_TEXT, .s = STR_INIT("") }, STR_INIT("") },
		{ "plain", { .kind = VALUE_TEXT, .s = STR_INIT("Zo\xc3\xab") },
		    STR_INIT("Zo\xc3\xab") },
		{ "escapes", { .kind = VALUE_TEXT, .s = STR_INIT("\\a\tb\nc\rd\be\ff\v") },
		    STR_INIT("\\\\a\\tb\\nc\\rd\\be\\ff\\v") },
		{ "what looks like null", { .kind = VALUE_TEXT, .s = STR_INIT("\\N") },
		    STR_INIT("\\\\N") },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(buf_free) struct buf b = BUF_INIT(1024);
		struct err err;

		CHECK_CASE(cases[i].what, postgres_copy_put(&b, cases[i].v, &err));
		CHECK_CASE(cases[i].what, str_eq(buf_str(&b), cases[i].expected));
	}
}

static void
refuses_texts_that_the_server_cannot_store(void **state UNUSED)
{
	static const struct str cases[] = { STR_INIT("a\0b"), STR_INIT("\xff"),
		STR_INIT("\xed\xa0\x80") };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(buf_free) struct buf b = BUF_INIT(1024);
		struct err err;

		CHECK(!postgres_copy_put(&b, value_text(cases[i]), &err));
		CHECK(err.kind == ERR_DATA);
	}
}

static void
takes_lines_apart(void **state UNUSED)
{
	static const struct {
		const char *line;
		struct value text;
		int64_t i;
		double r;
	} cases[] = {
		{ "a\t1\t1.5\n", { .kind = VALUE_TEXT, .s = STR_INIT("a") }, 1, 1.5 },
		{ "a\t1\t1.5", { .kind = VALUE_TEXT, .s = STR_INIT("a") }, 1, 1.5 },
		{ "\t-2\t1e300\n", { .kind = VALUE_TEXT, .s = STR_INIT("") }, -2, 1e300 },
		{ "\\N\t0\t0\n", { .kind = VALUE_NULL }, 0, 0 },
		{ "\\\\N\\t\\n\\r\\b\\f\\v\\\\\t0\t0\n",
		    { .kind = VALUE_TEXT, .s = STR_INIT("\\N\t\n\r\b\f\v\\") }, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct value row[ARRAY_LEN(KINDS)];
		char line[64];

		snprintf(line, sizeof(line), "%s", cases[i].line);
		CHECK_CASE(cases[i].line,
		    postgres_copy_parse(line, strlen(line), KINDS, ARRAY_LEN(KINDS), row));
		CHECK_CASE(cases[i].line, row[0].kind == cases[i].text.kind);
		CHECK_CASE(cases[i].line, str_eq(value_str(row[0]), value_str(cases[i].text)));
		CHECK_CASE(cases[i].line, row[1].kind == VALUE_INT && row[1].i == cases[i].i);
		CHECK_CASE(
		    cases[i].line, row[2].kind == VALUE_REAL && fabs(row[2].r - cases[i].r) <= 0);
	}
}

static void
refuses_lines_of_another_shape(void **state UNUSED)
{
	static const char *const cases[] = { "", "\n", "a\n", "a\t1\n", "a\t1\t2\t3\n", "a\tx\t2\n",
		"a\t1\tx\n", "a\t\t2\n", "a\t1.5\t2\n", "\\Na\t1\t2\n", "a\t1\tnan\n",
		"a\t9223372036854775808\t0\n" };

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct value row[ARRAY_LEN(KINDS)];
		char line[64];

		snprintf(line, sizeof(line), "%s", cases[i]);
		CHECK_CASE(cases[i],
		    !postgres_copy_parse(line, strlen(line), KINDS, ARRAY_LEN(KINDS), row));
	}
}

UNIT_TESTS(writes_values_as_the_server_reads_them, refuses_texts_that_the_server_cannot_store,
    takes_lines_apart, refuses_lines_of_another_shape)
