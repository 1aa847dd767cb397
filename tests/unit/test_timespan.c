#include "tests/unit/unit.h"

#include "base/clock.h"
#include "doc/timespan.h"

enum { MONDAY = 0, SUNDAY = 6 };

static int64_t
day(const char *text)
{
	struct clock_civil c;

	CHECK(clock_parse(str_from(text), &c));
	return clock_days_from_civil(c.year, c.month, c.day);
}

/* 2024-02-29 was a Thursday. */
static void
a_word_means_days_from_first_to_last(void **state UNUSED)
{
	/* clang-format off */
	static const struct {
		const char *word, *today;
		int week_start;
		const char *from, *to;
	} cases[] = {
		{ "today", "2024-02-29", SUNDAY, "2024-02-29", "2024-02-29" },
		{ "yesterday", "2024-03-01", SUNDAY, "2024-02-29", "2024-02-29" },
		{ "tomorrow", "2024-02-29", SUNDAY, "2024-03-01", "2024-03-01" },
		{ "last 7 days", "2024-03-05", SUNDAY, "2024-02-27", "2024-03-05" },
		{ "next 30 days", "2024-02-29", SUNDAY, "2024-02-29", "2024-03-30" },
		{ "this week", "2024-02-29", SUNDAY, "2024-02-25", "2024-03-02" },
		{ "this week", "2024-02-29", MONDAY, "2024-02-26", "2024-03-03" },
		{ "this week", "2024-02-25", SUNDAY, "2024-02-25", "2024-03-02" },
		{ "this week", "2024-02-25", MONDAY, "2024-02-19", "2024-02-25" },
		{ "last week", "2024-02-29", SUNDAY, "2024-02-18", "2024-02-24" },
		{ "next week", "2024-02-29", MONDAY, "2024-03-04", "2024-03-10" },
		{ "this month", "2024-02-29", SUNDAY, "2024-02-01", "2024-02-29" },
		{ "last month", "2024-01-31", SUNDAY, "2023-12-01", "2023-12-31" },
		{ "next month", "2024-12-01", SUNDAY, "2025-01-01", "2025-01-31" },
		{ "this quarter", "2024-05-31", SUNDAY, "2024-04-01", "2024-06-30" },
		{ "last quarter", "2024-02-29", SUNDAY, "2023-10-01", "2023-12-31" },
		{ "next quarter", "2024-11-11", SUNDAY, "2025-01-01", "2025-03-31" },
		{ "last 6 months", "2024-02-29", SUNDAY, "2023-07-01", "2023-12-31" },
		{ "next 6 months", "2024-02-29", SUNDAY, "2024-04-01", "2024-09-30" },
		{ "this year", "2024-02-29", SUNDAY, "2024-01-01", "2024-12-31" },
		{ "last year", "2024-02-29", SUNDAY, "2023-01-01", "2023-12-31" },
		{ "next year", "2024-02-29", SUNDAY, "2025-01-01", "2025-12-31" },
	};
	/* clang-format on */

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct timespan span;

		CHECK(timespan_find(
		    str_from(cases[i].word), day(cases[i].today), cases[i].week_start, &span));
		CHECK(span.from == day(cases[i].from));
		CHECK(span.to == day(cases[i].to));
	}
}

static void
a_length_of_time_counts_back_or_ahead(void **state UNUSED)
{
	const int64_t today = day("2024-02-29");
	struct timespan span;

	CHECK(timespan_step(STR("3 months"), false, today, SUNDAY, &span));
	CHECK(span.from == day("2023-10-01"));
	CHECK(timespan_step(STR("3 months"), true, today, SUNDAY, &span));
	CHECK(span.from == day("2024-04-01"));
	CHECK(!timespan_step(STR("2 months"), true, today, SUNDAY, &span));
}

static void
other_words_mean_nothing(void **state UNUSED)
{
	static const char *const WORDS[] = { "", "Today", "last 8 days", "last", "week" };
	struct timespan span;

	for (size_t i = 0; i < ARRAY_LEN(WORDS); i++)
		CHECK(!timespan_find(str_from(WORDS[i]), 0, SUNDAY, &span));
}

static void
weekdays_have_english_names(void **state UNUSED)
{
	CHECK(timespan_weekday(STR("Monday")) == MONDAY);
	CHECK(timespan_weekday(STR("Saturday")) == 5);
	CHECK(timespan_weekday(STR("")) == SUNDAY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_word_means_days_from_first_to_last),
		cmocka_unit_test(a_length_of_time_counts_back_or_ahead),
		cmocka_unit_test(other_words_mean_nothing),
		cmocka_unit_test(weekdays_have_english_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
