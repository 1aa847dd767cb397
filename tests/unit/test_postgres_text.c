#include "tests/unit/unit.h"

#include "db/postgres_text.h"

static void
check(const char *sql, const char *expected)
{
	CLEANUP(buf_free) struct buf out = BUF_INIT(64 * 1024);

	postgres_text(str_from(sql), &out);
	if (!str_eq(buf_str(&out), str_from(expected)))
		fail_msg("%s\n became %.*s\n and not %s", sql, STR_FMT(buf_str(&out)), expected);
}

static void
writes_names_and_parameters_as_the_server_reads_them(void **state UNUSED)
{
	static const char *const cases[][2] = {
		{ "SELECT `name` FROM `tabToDo` WHERE `idx` = ?1",
		    "SELECT \"name\" FROM \"tabToDo\" WHERE \"idx\" = $1" },
		{ "SELECT user, s.user FROM session s WHERE user = ?12",
		    "SELECT \"user\", s.\"user\" FROM session s WHERE \"user\" = $12" },
		{ "INSERT INTO t (`a``b`, `c\"d`) VALUES ('it''s ?1 `x`', ?1)",
		    "INSERT INTO t (\"a`b\", \"c\"\"d\") VALUES ('it''s ?1 `x`', $1)" },
		{ "SELECT \"tabUser\".name, 1.5 FROM \"tabUser\"",
		    "SELECT \"tabUser\".name, 1.5 FROM \"tabUser\"" },
		{ "SELECT avg(CAST(x AS REAL))", "SELECT avg(CAST(x AS DOUBLE PRECISION))" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check(cases[i][0], cases[i][1]);
}

static void
folds_both_sides_where_case_does_not_count(void **state UNUSED)
{
	static const char *const cases[][2] = {
		{ "`name` COLLATE NOCASE = ?1", "lower(\"name\") = lower($1 COLLATE \"C\")" },
		{ "r.`name` COLLATE NOCASE <> h.`role` AND b = ?2",
		    "lower(r.\"name\") <> lower(h.\"role\") AND b = $2" },
		{ "x COLLATE NOCASE = 'All'", "lower(x) = lower('All' COLLATE \"C\")" },
		{ "COALESCE(`x`, '') COLLATE NOCASE >= ?1",
		    "lower(COALESCE(\"x\", '')) >= lower($1 COLLATE \"C\")" },
		{ "x COLLATE NOCASE IN (?1, 'b')",
		    "lower(x) IN (lower($1 COLLATE \"C\"), lower('b' COLLATE \"C\"))" },
		{ "x COLLATE NOCASE NOT IN (?1) OR y IN (?2)",
		    "lower(x) NOT IN (lower($1 COLLATE \"C\")) OR y IN ($2)" },
		{ "x COLLATE NOCASE IN (SELECT `parent` COLLATE NOCASE FROM t WHERE a = ?1)",
		    "lower(x) IN (SELECT lower(\"parent\") FROM t WHERE a = $1)" },
		{ "x COLLATE NOCASE BETWEEN ?1 AND ?2 AND y = ?3",
		    "lower(x) BETWEEN lower($1 COLLATE \"C\") AND lower($2 COLLATE \"C\") AND y = "
		    "$3" },
		{ "?1 COLLATE NOCASE = `x`", "lower($1 COLLATE \"C\") = lower(\"x\")" },
		{ "count(DISTINCT `x` COLLATE NOCASE)", "count(DISTINCT lower(\"x\"))" },
		{ "ON CONFLICT (user COLLATE NOCASE) DO NOTHING",
		    "ON CONFLICT (lower(\"user\")) DO NOTHING" },
		{ "(a COLLATE NOCASE = ?1 OR b IS NULL)",
		    "(lower(a) = lower($1 COLLATE \"C\") OR b IS NULL)" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check(cases[i][0], cases[i][1]);
}

static void
knows_patterns_and_the_place_of_null(void **state UNUSED)
{
	static const char *const cases[][2] = {
		{ "(`x` LIKE ?1)", "(lower(\"x\") LIKE lower($1 COLLATE \"C\") ESCAPE '')" },
		{ "`x` NOT LIKE ?1 OR `x` IS NULL",
		    "lower(\"x\") NOT LIKE lower($1 COLLATE \"C\") ESCAPE '' OR \"x\" IS NULL" },
		{ "x COLLATE NOCASE LIKE ?1", "lower(x) LIKE lower($1 COLLATE \"C\") ESCAPE ''" },
		{ "ORDER BY `x` COLLATE NOCASE ASC, `n` DESC",
		    "ORDER BY lower(\"x\") ASC NULLS FIRST, \"n\" DESC NULLS LAST" },
		{ "CREATE INDEX `i` ON `t` (`x` COLLATE NOCASE ASC, `name` COLLATE NOCASE ASC)",
		    "CREATE INDEX \"i\" ON \"t\" (lower(\"x\") ASC NULLS FIRST, "
		    "lower(\"name\") ASC NULLS FIRST)" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		check(cases[i][0], cases[i][1]);
}

static void
survives_what_is_no_statement(void **state UNUSED)
{
	static const char *const texts[] = { "'", "`", "\"", "?", "(", ")", "))(", "COLLATE NOCASE",
		"x COLLATE", "LIKE", "IN (", "`a``", "NOT COLLATE NOCASE LIKE" };

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		CLEANUP(buf_free) struct buf out = BUF_INIT(1024);

		postgres_text(str_from(texts[i]), &out);
		CHECK_CASE(texts[i], buf_ok(&out));
	}
	for (size_t depth = 60; depth < 70; depth++) {
		CLEANUP(buf_free) struct buf in = BUF_INIT(1024);
		CLEANUP(buf_free) struct buf out = BUF_INIT(1024);

		for (size_t i = 0; i < depth; i++)
			buf_put_char(&in, '(');
		buf_lit(&in, "x");
		for (size_t i = 0; i < depth; i++)
			buf_put_char(&in, ')');
		postgres_text(buf_str(&in), &out);
		CHECK(str_eq(buf_str(&in), buf_str(&out)));
	}
}

static void
gives_long_names_a_short_form_of_their_own(void **state UNUSED)
{
	static const char *const names[] = {
		"tabAn exceedingly long name of a DocType that goes on and on and on 1",
		"tabAn exceedingly long name of a DocType that goes on and on and on 2",
		"tab0123456789012345678901234567890123456789012\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
		"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9",
	};
	char text[ARRAY_LEN(names)][POSTGRES_TEXT_NAME_MAX];
	char exact[POSTGRES_TEXT_NAME_MAX + 1];
	struct str made[ARRAY_LEN(names)];

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		made[i] = postgres_text_name(str_from(names[i]), text[i]);
		CHECK_CASE(names[i], made[i].len <= POSTGRES_TEXT_NAME_MAX && str_is_utf8(made[i]));
	}
	CHECK(!str_eq(made[0], made[1]));
	memset(exact, 'x', sizeof(exact));
	CHECK(postgres_text_name((struct str){ exact, 63 }, text[0]).len == 63);
	CHECK(!str_starts(
	    postgres_text_name((struct str){ exact, 64 }, text[0]), (struct str){ exact, 47 }));
}

UNIT_TESTS(writes_names_and_parameters_as_the_server_reads_them,
    folds_both_sides_where_case_does_not_count, knows_patterns_and_the_place_of_null,
    survives_what_is_no_statement, gives_long_names_a_short_form_of_their_own)
