#include "tests/unit/unit.h"

#include "http/etag.h"

static void
is_the_first_half_of_the_digest_in_quotes(void **state UNUSED)
{
	char text[HTTP_ETAG_LEN];
	struct digest d;

	digest_sha256(STR("abc"), &d);
	CHECK(str_eq(http_etag(&d, text), STR("\"ba7816bf8f01cfea414140de5dae2223\"")));
}

static void
finds_a_tag_in_a_field(void **state UNUSED)
{
	static const struct {
		const char *field;
		bool weak, strong;
	} cases[] = {
		{ "\"a\"", true, true },
		{ "\"a-gzip\"", true, true },
		{ "*", true, true },
		{ " * ", true, true },
		{ "\"b\", \"a\"", true, true },
		{ "W/\"a\"", true, false },
		{ "W/\"a-gzip\" , \"b\"", true, false },
		{ "a", false, false },
		{ "\"ab\"", false, false },
		{ "\"-gzip\"", false, false },
		{ "\"b\", \"c\"", false, false },
		{ "", false, false },
		{ ",,", false, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct str field = str_from(cases[i].field);

		CHECK_CASE(
		    cases[i].field, http_etag_among(field, STR("\"a\""), true) == cases[i].weak);
		CHECK_CASE(
		    cases[i].field, http_etag_among(field, STR("\"a\""), false) == cases[i].strong);
	}
}

UNIT_TESTS(is_the_first_half_of_the_digest_in_quotes, finds_a_tag_in_a_field)
