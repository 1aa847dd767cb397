#include "tests/unit/unit.h"

#include "http/text.h"

static void
decodes_percent_and_refuses_what_is_no_text(void **state UNUSED)
{
	static const struct {
		struct str in;
		bool plus;
		const char *out; /* NULL: refused */
	} cases[] = {
		{ STR_INIT("plain"), true, "plain" },
		{ STR_INIT("a+b"), true, "a b" },
		{ STR_INIT("a+b"), false, "a+b" },
		{ STR_INIT("%2F%c3%A9"), false, "/\xc3\xa9" },
		{ STR_INIT("%"), false, NULL },
		{ STR_INIT("%2"), false, NULL },
		{ STR_INIT("%zz"), false, NULL },
		{ STR_INIT("%00"), false, NULL },
		{ STR_INIT("%ff"), false, NULL },
		{ STR_INIT("\xff"), false, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(arena_freep) struct arena *a = arena_new(4096);
		struct str out = STR_NULL;
		struct err err;
		const bool ok = http_percent_decode(a, cases[i].in, cases[i].plus, &out, &err);

		CHECK_CASE(cases[i].in.ptr, ok == (cases[i].out != NULL));
		CHECK_CASE(cases[i].in.ptr, !ok || str_eq(out, str_from(cases[i].out)));
	}
}

static void
encodes_all_but_what_is_kept(void **state UNUSED)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(4096);
	struct str out;
	struct err err;

	CHECK(http_percent_encode(a, STR("a b,c%\xc3\xa9~"), STR(","), &out, &err));
	CHECK_STR(out, "a%20b,c%25%C3%A9~");
}

static void
reads_forms_in_order(void **state UNUSED)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);
	struct http_pairs pairs;
	struct err err;

	CHECK(http_parse_form(a, STR("a=1&b=x+y&&a=2&c"), &pairs, &err));
	CHECK(pairs.len == 4);
	CHECK_STR(pairs.items[1].value, "x y");
	CHECK_STR(pairs.items[2].name, "a");
	CHECK(pairs.items[3].value.len == 0);
	CHECK(http_parse_form(a, STR(""), &pairs, &err) && pairs.len == 0);
	CHECK(!http_parse_form(a, STR("a=%"), &pairs, &err));
}

static void
bounds_arguments(void **state UNUSED)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(1024 * 1024);
	char text[1001];
	struct http_pairs pairs;
	struct err err;

	memset(text, '&', sizeof(text));
	CHECK(http_parse_form(a, (struct str){ text, 999 }, &pairs, &err) && pairs.len == 0);
	CHECK(!http_parse_form(a, (struct str){ text, 1000 }, &pairs, &err));
	CHECK(err.kind == ERR_TOO_LARGE);
}

static void
cuts_urls_where_their_authority_begins_and_ends(void **state UNUSED)
{
	static const struct {
		struct str url;
		const char *scheme, *authority, *rest; /* scheme NULL: none */
	} cases[] = {
		{ STR_INIT("https://example.com:8000/a?b"), "https", "example.com:8000", "/a?b" },
		{ STR_INIT("http://example.com"), "http", "example.com", "" },
		{ STR_INIT("http://example.com?b=/c"), "http", "example.com", "?b=/c" },
		{ STR_INIT("http:///a"), "http", "", "/a" },
		{ STR_INIT("://"), "", "", "" },
		{ STR_INIT("http:/a"), NULL, NULL, NULL },
		{ STR_INIT("/a"), NULL, NULL, NULL },
		{ STR_INIT(""), NULL, NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str scheme, authority, rest;
		const bool ok = http_cut_url(cases[i].url, &scheme, &authority, &rest);

		CHECK_CASE(cases[i].url.ptr, ok == (cases[i].scheme != NULL));
		if (!ok)
			continue;
		CHECK_STR(scheme, cases[i].scheme);
		CHECK_STR(authority, cases[i].authority);
		CHECK_STR(rest, cases[i].rest);
	}
}

static void
finds_cookies_types_and_codings(void **state UNUSED)
{
	CHECK_STR(http_cookie(STR("a=1; sid=x=y; sid=z"), STR("sid")), "x=y");
	CHECK(str_is_null(http_cookie(STR("xsid=1"), STR("sid"))));
	CHECK_STR(http_media_type(STR("application/json ; charset=utf-8")), "application/json");
	CHECK(http_accepts_gzip(STR("br, gzip;q=0.5")) && http_accepts_gzip(STR("GZIP")));
	CHECK(!http_accepts_gzip(STR("gzip;q=0")) && !http_accepts_gzip(STR("gzip; q=0.000, br")));
	CHECK(!http_accepts_gzip(STR("")));
}

UNIT_TESTS(decodes_percent_and_refuses_what_is_no_text, encodes_all_but_what_is_kept,
    reads_forms_in_order, bounds_arguments, finds_cookies_types_and_codings,
    cuts_urls_where_their_authority_begins_and_ends)
