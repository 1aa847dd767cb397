#include "tests/unit/unit.h"

#include "base/str.h"

static void
reads_whole_integers_only(void **state UNUSED)
{
	static const struct {
		struct str text;
		bool ok;
		int64_t n;
	} cases[] = {
		{ STR_INIT("0"), true, 0 },
		{ STR_INIT("-7"), true, -7 },
		{ STR_INIT("+7"), true, 7 },
		{ STR_INIT("9223372036854775807"), true, INT64_MAX },
		{ STR_INIT("-9223372036854775808"), true, INT64_MIN },
		{ STR_INIT("9223372036854775808"), false, 0 },
		{ STR_INIT("-9223372036854775809"), false, 0 },
		{ STR_INIT(""), false, 0 },
		{ STR_INIT("-"), false, 0 },
		{ STR_INIT(" 1"), false, 0 },
		{ STR_INIT("1x"), false, 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t n = 0;

		CHECK_CASE(cases[i].text.ptr, str_to_int64(cases[i].text, &n) == cases[i].ok);
		CHECK_CASE(cases[i].text.ptr, n == cases[i].n);
	}
}

static void
reads_finite_decimals_only(void **state UNUSED)
{
	double d = 0;

	CHECK(str_to_double(STR("-1.5e3"), &d) && d == -1500);
	CHECK(!str_to_double(STR("nan"), &d) && !str_to_double(STR("inf"), &d));
	CHECK(!str_to_double(STR("0x10"), &d) && !str_to_double(STR("1e999"), &d));
	CHECK(!str_to_double(STR(""), &d) && !str_to_double(STR("1 "), &d));
}

static void
tells_utf8_from_other_bytes(void **state UNUSED)
{
	static const struct {
		struct str text;
		bool ok;
	} cases[] = {
		{ STR_INIT(""), true },
		{ STR_INIT("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), true },
		{ STR_INIT("\xc0\xaf"), false },         /* overlong */
		{ STR_INIT("\xe0\x80\xaf"), false },     /* overlong */
		{ STR_INIT("\xed\xa0\x80"), false },     /* a surrogate */
		{ STR_INIT("\xf4\x90\x80\x80"), false }, /* beyond U+10FFFF */
		{ STR_INIT("\xc3"), false },
		{ STR_INIT("\x80"), false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		CHECK_CASE(cases[i].text.ptr, str_is_utf8(cases[i].text) == cases[i].ok);
	CHECK(str_utf8_len(cases[1].text) == 4);
}

static void
cuts_trims_and_finds(void **state UNUSED)
{
	struct str a, b;

	b = STR(",a, b,,c\n");
	CHECK(str_part(&b, STR(",\n"), &a) && str_eq(a, STR("a")));
	CHECK(str_part(&b, STR(",\n"), &a) && str_eq(a, STR(" b")));
	CHECK(str_part(&b, STR(",\n"), &a) && str_eq(a, STR("c")));
	CHECK(!str_part(&b, STR(",\n"), &a) && a.len == 0 && b.len == 0);
	b = STR_NULL;
	CHECK(!str_part(&b, STR(","), &a));
	CHECK(str_cut(STR("key:sec:ret"), ':', &a, &b));
	CHECK_STR(a, "key");
	CHECK_STR(b, "sec:ret");
	CHECK(!str_cut(STR("none"), ':', &a, &b));
	CHECK_STR(a, "none");
	CHECK(b.len == 0);
	CHECK_STR(str_trim(STR(" \t a b\r\n")), "a b");
	CHECK_STR(str_sub(STR("abc"), 1, 9), "bc");
	CHECK(str_sub(STR("abc"), 7, 1).len == 0);
	CHECK(str_find_str(STR("abcabc"), STR("ca")) == 2 && str_find(STR("abc"), 'x') == -1);
	CHECK(str_starts(STR("abc"), STR("ab")) && str_ends(STR("abc"), STR("bc")));
	CHECK(str_istarts(STR("ABC"), STR("ab")) && !str_starts(STR("a"), STR("ab")));
	CHECK(str_is_null(str_from(NULL)) && !str_is_null(STR("")));
}

static void
compares_with_and_without_case(void **state UNUSED)
{
	CHECK(
	    str_ieq(STR("System MANAGER"), STR("system manager")) && !str_ieq(STR("a"), STR("b")));
	CHECK(str_cmp(STR("a"), STR("ab")) < 0 && str_cmp(STR("b"), STR("ab")) > 0);
	CHECK(str_icmp(STR("A"), STR("a")) == 0 && str_cmp(STR("A"), STR("a")) != 0);
	CHECK(str_hash(STR("a"), 1) != str_hash(STR("a"), 2));
	CHECK(str_hash(STR("12345678a"), 1) != str_hash(STR("12345678b"), 1));
	CHECK(str_ihash(STR("Ab"), 1) == str_ihash(STR("aB"), 1));
}

static void
knows_hex_digits(void **state UNUSED)
{
	static const char DIGITS[] = "0123456789abcdefABCDEF";

	for (int c = 0; c < 256; c++) {
		const char *at = c == 0 ? NULL : strchr(DIGITS, c);
		const ptrdiff_t n = at == NULL ? -1 : at - DIGITS;

		CHECK(char_hex((char)c) == (n < 16 ? n : n - 6));
	}
}

UNIT_TESTS(reads_whole_integers_only, reads_finite_decimals_only, tells_utf8_from_other_bytes,
    cuts_trims_and_finds, compares_with_and_without_case, knows_hex_digits)
