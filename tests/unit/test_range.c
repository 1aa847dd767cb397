#include "tests/unit/unit.h"

#include "http/range.h"

static void
judges_ranges_of_ten_bytes(void **state UNUSED)
{
	static const struct {
		const char *field;
		enum http_range is;
		int64_t at, len;
	} cases[] = {
		{ "bytes=0-0", HTTP_RANGE_PART, 0, 1 },
		{ "bytes=0-9", HTTP_RANGE_PART, 0, 10 },
		{ "bytes=3-", HTTP_RANGE_PART, 3, 7 },
		{ "bytes=9-", HTTP_RANGE_PART, 9, 1 },
		{ "bytes=8-99", HTTP_RANGE_PART, 8, 2 },
		{ "bytes=2-18446744073709551616", HTTP_RANGE_PART, 2, 8 },
		{ "bytes=-3", HTTP_RANGE_PART, 7, 3 },
		{ "bytes=-99", HTTP_RANGE_PART, 0, 10 },
		{ "Bytes = 1-2", HTTP_RANGE_PART, 1, 2 },
		{ "bytes=10-", HTTP_RANGE_OUTSIDE, 0, 0 },
		{ "bytes=99999999999999999999-", HTTP_RANGE_OUTSIDE, 0, 0 },
		{ "bytes=-0", HTTP_RANGE_OUTSIDE, 0, 0 },
		{ "bytes=5-2", HTTP_RANGE_WHOLE, 0, 0 },
		{ "bytes=0-3,2-5", HTTP_RANGE_WHOLE, 0, 0 },
		{ "bytes=0-1,99-", HTTP_RANGE_WHOLE, 0, 0 },
		{ "bytes=", HTTP_RANGE_WHOLE, 0, 0 },
		{ "bytes=-", HTTP_RANGE_WHOLE, 0, 0 },
		{ "bytes=--1", HTTP_RANGE_WHOLE, 0, 0 },
		{ "bytes=+1-2", HTTP_RANGE_WHOLE, 0, 0 },
		{ "bytes=1-x", HTTP_RANGE_WHOLE, 0, 0 },
		{ "lines=1-2", HTTP_RANGE_WHOLE, 0, 0 },
		{ "1-2", HTTP_RANGE_WHOLE, 0, 0 },
		{ "", HTTP_RANGE_WHOLE, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t at = 0, len = 0;

		CHECK_CASE(cases[i].field,
		    http_range_of(str_from(cases[i].field), 10, &at, &len) == cases[i].is);
		CHECK_CASE(cases[i].field, at == cases[i].at && len == cases[i].len);
	}
}

static void
finds_nothing_in_no_bytes(void **state UNUSED)
{
	int64_t at, len;

	CHECK(http_range_of(STR("bytes=0-"), 0, &at, &len) == HTTP_RANGE_OUTSIDE);
	CHECK(http_range_of(STR("bytes=-1"), 0, &at, &len) == HTTP_RANGE_OUTSIDE);
	CHECK(http_range_of(STR_NULL, 0, &at, &len) == HTTP_RANGE_WHOLE);
}

UNIT_TESTS(judges_ranges_of_ten_bytes, finds_nothing_in_no_bytes)
