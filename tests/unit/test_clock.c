#include "tests/unit/unit.h"

#include "base/clock.h"

static void
parses_the_forms_that_clients_send(void **state UNUSED)
{
	static const struct {
		struct str text;
		const char *normal; /* NULL: refused */
	} cases[] = {
		{ STR_INIT("2024-01-31"), "2024-01-31 00:00:00" },
		{ STR_INIT("2024-01-31 09:05:03.123456"), "2024-01-31 09:05:03.123456" },
		{ STR_INIT("2024-01-31T09:05"), "2024-01-31 09:05:00" },
		{ STR_INIT("2024-01-31 09:05:03.5"), "2024-01-31 09:05:03.500000" },
		{ STR_INIT(" 2024-5-6 "), "2024-05-06 00:00:00" },
		{ STR_INIT("20240506"), "2024-05-06 00:00:00" },
		{ STR_INIT("05-06-2024"), "2024-06-05 00:00:00" },
		{ STR_INIT("2024-02-29"), "2024-02-29 00:00:00" },
		{ STR_INIT("2023-02-29"), NULL },
		{ STR_INIT("2024-13-01"), NULL },
		{ STR_INIT("2024-01-31 24:00"), NULL },
		{ STR_INIT("2024-01-31T09:05:03Z"), NULL },
		{ STR_INIT("2024/01/31"), NULL },
		{ STR_INIT(""), NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char text[CLOCK_TEXT_SIZE];
		struct clock_civil c;
		const bool ok = clock_parse(cases[i].text, &c);

		CHECK_CASE(cases[i].text.ptr, ok == (cases[i].normal != NULL));
		CHECK_CASE(cases[i].text.ptr,
		    !ok || str_eq(clock_format(c, text), str_from(cases[i].normal)));
	}
}

static void
counts_days_both_ways(void **state UNUSED)
{
	CHECK(clock_days_from_civil(1970, 1, 1) == 0 && clock_days_from_civil(2000, 3, 1) == 11017);
	for (int64_t days = -800000; days < 800000; days += 997) {
		const struct clock_civil c = clock_civil_from_days(days);

		CHECK(clock_days_from_civil(c.year, c.month, c.day) == days);
	}
	CHECK(clock_weekday(0) == 3 && clock_weekday(-1) == 2); /* Thursday, Wednesday */
}

static void
writes_the_site_time_and_the_date_of_http(void **state UNUSED)
{
	char text[CLOCK_TEXT_SIZE];
	const int64_t us = INT64_C(784111777000005); /* the example of RFC 9110 5.6.7, and 5 us */

	CHECK_STR(clock_http_date(us, text), "Sun, 06 Nov 1994 08:49:37 GMT");
	CHECK(!clock_set_zone("../etc/passwd") && !clock_set_zone("No/Where"));
	CHECK(clock_set_zone("Europe/Berlin"));
	CHECK_STR(clock_stamp(us, text), "1994-11-06 09:49:37.000005");
	CHECK(clock_from_local(clock_to_local(us)) == us);
	CHECK(clock_set_zone("UTC"));
	CHECK_STR(clock_stamp(us, text), "1994-11-06 08:49:37.000005");
	CHECK_STR(clock_stamp(-1, text), "1969-12-31 23:59:59.999999");
	CHECK(clock_now_us() > us && clock_mono_ms() >= 0 &&
	    clock_boot_ms() >= clock_mono_ms() - 1000);
}

/* 2024 in Berlin: 02:30 is skipped on March 31, and comes twice on October 27. */
static void
takes_the_earlier_of_two_instants(void **state UNUSED)
{
	const int64_t autumn = INT64_C(1729989000) * CLOCK_US_PER_S; /* 00:30 UTC, 02:30 CEST */
	const int64_t spring = INT64_C(1711848600) * CLOCK_US_PER_S; /* 01:30 UTC, 03:30 CEST */
	struct clock_civil c = { .year = 2024, .month = 10, .day = 27, .hour = 2, .minute = 30 };

	CHECK(clock_set_zone("Europe/Berlin"));
	CHECK(clock_from_local(c) == autumn);
	/* Whatever was asked before. */
	for (int month = 1; month <= 12; month++) {
		const struct clock_civil other = { .year = 2024, .month = month, .day = 1 };

		CHECK(clock_from_local(clock_to_local(clock_from_local(other))) ==
		    clock_from_local(other));
		CHECK(clock_from_local(c) == autumn);
	}
	c.month = 3;
	c.day = 31;
	CHECK(clock_from_local(c) == spring);
	/* Half an hour, in the south. */
	CHECK(clock_set_zone("Australia/Lord_Howe"));
	for (int64_t us = autumn; us < autumn + 366 * 24 * 3600 * CLOCK_US_PER_S;
	     us += 7919 * CLOCK_US_PER_S) {
		const int64_t back = clock_from_local(clock_to_local(us));

		CHECK(back == us || back == us - 1800 * CLOCK_US_PER_S);
	}
	CHECK(clock_set_zone("UTC"));
}

static void
knows_zones_from_other_files(void **state UNUSED)
{
	CHECK(!clock_set_zone("") && !clock_set_zone("/etc/passwd"));
	CHECK(!clock_set_zone("Europe") && !clock_set_zone("zone.tab"));
	CHECK(clock_set_zone("Asia/Kolkata"));
	CHECK_STR(clock_zone(), "Asia/Kolkata");
	CHECK(clock_set_zone("UTC"));
}

UNIT_TESTS(parses_the_forms_that_clients_send, counts_days_both_ways,
    writes_the_site_time_and_the_date_of_http, takes_the_earlier_of_two_instants,
    knows_zones_from_other_files)
