#include "tests/unit/db_literal.h"
#include "tests/unit/scratch.h"

#include "db/sqlb.h"

static void
quotes_identifiers(void **state UNUSED)
{
	static const struct {
		struct str name;
		const char *ident, *table;
	} cases[] = {
		{ STR_INIT("title"), "`title`", "`tabtitle`" },
		{ STR_INIT("Has Role"), "`Has Role`", "`tabHas Role`" },
		{ STR_INIT("a`b"), "`a``b`", "`taba``b`" },
		{ STR_INIT("`"), "````", "`tab```" },
		{ STR_INIT("a`; DROP TABLE x; --"), "`a``; DROP TABLE x; --`",
		    "`taba``; DROP TABLE x; --`" },
		{ STR_INIT("a\"b'c"), "`a\"b'c`", "`taba\"b'c`" },
	};
	CLEANUP(arena_freep) struct arena *a = arena_new(1024 * 1024);
	struct err err;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(sqlb_free) struct sqlb b;

		sqlb_init(&b, a);
		sqlb_ident(&b, cases[i].name);
		CHECK_STR(buf_str(&b.text), cases[i].ident);
		buf_clear(&b.text);
		sqlb_table(&b, cases[i].name);
		CHECK_STR(buf_str(&b.text), cases[i].table);
		sqlb_lit(&b, ".");
		sqlb_ident(&b, cases[i].name);
		const struct str column = buf_str(&b.text);
		CLEANUP(sqlb_free) struct sqlb other;

		sqlb_init(&other, a);
		sqlb_column(&other, cases[i].name, cases[i].name);
		CHECK(str_eq(buf_str(&other.text), column));
		CHECK(sqlb_ok(&b, &err) && sqlb_ok(&other, &err));
	}
}

static void
refuses_names_that_are_none(void **state UNUSED)
{
	static const struct str names[] = { STR_INIT(""), STR_INIT("a\0b"), { NULL, 0 } };
	CLEANUP(arena_freep) struct arena *a = arena_new(1024);

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		CLEANUP(sqlb_free) struct sqlb b;
		struct err err;

		sqlb_init(&b, a);
		sqlb_ident(&b, names[i]);
		CHECK(!sqlb_ok(&b, &err) && err.kind == ERR_TOO_LARGE);
	}
}

static void
numbers_and_binds_parameters(void **state UNUSED)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(1024 * 1024);
	CLEANUP(sqlb_free) struct sqlb b;
	struct scratch s;
	struct value row[3];
	bool found;

	sqlb_init(&b, a);
	sqlb_lit(&b, "SELECT ");
	sqlb_value(&b, value_text(STR("x' OR 1=1 --")));
	sqlb_lit(&b, ", ");
	sqlb_int(&b, -5);
	sqlb_lit(&b, ", ");
	sqlb_value(&b, value_null());
	CHECK_STR(buf_str(&b.text), "SELECT ?1, ?2, ?3");
	scratch_dir(&s);
	scratch_open(&s);
	CHECK_OK(&s, sqlb_ok(&b, &s.err));
	CHECK_OK(&s,
	    db_query_row(s.c, a, buf_str(&b.text), b.params, b.params_len, row, 3, &found, &s.err));
	CHECK(found && row[1].i == -5 && row[2].kind == VALUE_NULL);
	CHECK_STR(row[0].s, "x' OR 1=1 --");
	scratch_close(&s);
	scratch_remove(&s);
}

static void
writes_literals_as_they_are_meant(void **state UNUSED)
{
	static const struct {
		struct value value;
		const char *text; /* NULL: refused */
	} cases[] = {
		{ { .kind = VALUE_TEXT, .s = STR_INIT("it's") }, "'it''s'" },
		{ { .kind = VALUE_TEXT, .s = STR_INIT("a\\'b") }, "'a\\''b'" },
		{ { .kind = VALUE_TEXT, .s = STR_INIT("a\0b") }, NULL },
		{ { .kind = VALUE_NULL }, "NULL" },
		{ { .kind = VALUE_INT, .i = -5 }, "-5" },
		{ { .kind = VALUE_REAL, .r = 0.5 }, "0.5" },
		{ { .kind = VALUE_REAL, .r = NAN }, NULL },
		{ { .kind = VALUE_REAL, .r = -INFINITY }, NULL },
	};
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);
	struct scratch s;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(sqlb_free) struct sqlb b;

		sqlb_init(&b, a);
		sqlb_literal(&b, cases[i].value);
		CHECK(sqlb_ok(&b, &s.err) == (cases[i].text != NULL));
		if (cases[i].text != NULL)
			CHECK_STR(buf_str(&b.text), cases[i].text);
	}
	scratch_dir(&s);
	scratch_open(&s);
	db_literals_check(s.c);
	scratch_close(&s);
	scratch_remove(&s);
}

static void
takes_so_many_parameters_and_no_more(void **state UNUSED)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(16 * 1024 * 1024);
	CLEANUP(sqlb_free) struct sqlb b;
	struct scratch s;
	struct err err;

	sqlb_init(&b, a);
	sqlb_lit(&b, "SELECT 1 WHERE 1 IN (");
	for (int i = 0; i < SQLB_MAX_PARAMS; i++) {
		if (i > 0)
			sqlb_lit(&b, ", ");
		sqlb_int(&b, i);
	}
	sqlb_lit(&b, ")");
	scratch_dir(&s);
	scratch_open(&s);
	CHECK_OK(&s, sqlb_ok(&b, &s.err));
	CHECK_OK(&s, db_exec(s.c, buf_str(&b.text), b.params, b.params_len, NULL, &s.err));
	sqlb_int(&b, 1);
	CHECK(!sqlb_ok(&b, &err) && err.kind == ERR_TOO_LARGE);
	scratch_close(&s);
	scratch_remove(&s);
}

static void
stops_at_its_limits(void **state UNUSED)
{
	CLEANUP(arena_freep) struct arena *small = arena_new(256);
	CLEANUP(sqlb_free) struct sqlb b, text;
	struct err err;

	sqlb_init(&b, small);
	for (int i = 0; i < 100; i++)
		sqlb_int(&b, i);
	CHECK(!sqlb_ok(&b, &err));
	sqlb_init(&text, small);
	for (int i = 0; i < SQLB_MAX_TEXT / 8 + 1; i++)
		sqlb_lit(&text, "12345678");
	CHECK(!sqlb_ok(&text, &err));
}

static void
fails_with_what_went_wrong_in_a_part(void **state UNUSED)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);
	CLEANUP(sqlb_free) struct sqlb b;
	struct err why, err;

	sqlb_init(&b, a);
	sqlb_lit(&b, "SELECT 1 WHERE ");
	err_set(&why, ERR_OVER_BUDGET, "%s", "too much for now");
	sqlb_fail(&b, &why);
	why = (struct err){ 0 };
	sqlb_lit(&b, "1 = 1");
	CHECK(!sqlb_ok(&b, &err) && err.kind == ERR_OVER_BUDGET);
	CHECK_STR(str_from(err.msg), "too much for now");
}

UNIT_TESTS(quotes_identifiers, writes_literals_as_they_are_meant, refuses_names_that_are_none,
    numbers_and_binds_parameters, takes_so_many_parameters_and_no_more, stops_at_its_limits,
    fails_with_what_went_wrong_in_a_part)
