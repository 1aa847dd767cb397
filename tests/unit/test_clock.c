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

UNIT_TESTS(parses_the_forms_that_clients_send, counts_days_both_ways,
    writes_the_site_time_and_the_date_of_http)
