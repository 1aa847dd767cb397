#include "tests/unit/unit.h"

#include "json/json_in.h"
#include "json/json_out.h"

static void
writes_reals_as_python_does(void **state UNUSED)
{
	static const struct {
		double r;
		const char *text;
	} cases[] = {
		{ 0, "0.0" },
		{ 10, "10.0" },
		{ -2, "-2.0" },
		{ 0.1, "0.1" },
		{ 1.5, "1.5" },
		{ 0.3, "0.3" },
		{ 0.1 + 0.2, "0.30000000000000004" },
		{ 1e-7, "1e-07" },
		{ 0.0001, "0.0001" },
		{ 0.00001, "1e-05" },
		{ 1.000000001, "1.000000001" },
		{ 123456.789, "123456.789" },
		{ 1e15, "1000000000000000.0" },
		{ 1e16, "1e+16" },
		{ 1.5e300, "1.5e+300" },
		{ 999999999.25, "999999999.25" },
		{ -0.5, "-0.5" },
		{ 0.000123456789, "0.000123456789" },
		{ 0.001, "0.001" },
		{ 7.000000001, "7.000000001" },
		{ 1013.25, "1013.25" },
		{ 123456.000000001, "123456.000000001" },
		{ 999999.999999999, "999999.999999999" },
		{ 999999.9999999999, "999999.9999999999" },
		{ -19.900000000000002, "-19.900000000000002" },
		{ 1234567890.1, "1234567890.1" },
		{ 0.1234567890123456, "0.1234567890123456" },
		{ 1000000000000000.1, "1000000000000000.1" },
		{ 9007199254740994, "9007199254740994.0" },
		{ 10000000000000002, "1.0000000000000002e+16" },
		{ 1.2345678901234567e-5, "1.2345678901234568e-05" },
		{ 5e-324, "5e-324" },
		{ 2.2250738585072014e-308, "2.2250738585072014e-308" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(buf_free) struct buf b = BUF_INIT(1024);
		struct json_out o = JSON_OUT(&b);

		json_add_real(&o, cases[i].r);
		CHECK_STR(buf_str(&b), cases[i].text);
	}
}

static void
escapes_what_json_and_ascii_want(void **state UNUSED)
{
	static const struct {
		struct str raw;
		const char *text;
	} cases[] = {
		{ STR_INIT(""), "\"\"" },
		{ STR_INIT("plain"), "\"plain\"" },
		{ STR_INIT("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"" },
		{ STR_INIT("\n\r\t\b\f\x01\x7f"), "\"\\n\\r\\t\\b\\f\\u0001\\u007f\"" },
		{ STR_INIT("\xc3\xa9"), "\"\\u00e9\"" },
		{ STR_INIT("\xe2\x82\xac"), "\"\\u20ac\"" },
		{ STR_INIT("\xf0\x9f\x98\x80"), "\"\\ud83d\\ude00\"" },
		{ STR_INIT("a\xff"), "\"a\\ufffd\"" },
		{ STR_INIT("\xed\xa0\x80"), "\"\\ufffd\\ufffd\\ufffd\"" },
		{ STR_INIT("a\0b"), "\"a\\u0000b\"" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(buf_free) struct buf b = BUF_INIT(1024);
		struct json_out o = JSON_OUT(&b);

		json_add_str(&o, cases[i].raw);
		CHECK_STR(buf_str(&b), cases[i].text);
	}
}

static void
sets_commas_where_they_belong(void **state UNUSED)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(1024);
	struct json_out o = JSON_OUT(&b);
	const struct str items[] = { STR("{\"message\": \"x\"}"), STR("y") };

	json_open_object(&o);
	json_put_int(&o, "a", -1);
	json_key(&o, STR("b"));
	json_open_array(&o);
	json_add_null(&o);
	json_add_bool(&o, true);
	json_open_object(&o);
	json_close_object(&o);
	json_add_raw(&o, STR("[]"));
	json_close_array(&o);
	json_put_str(&o, "c", STR_NULL);
	json_key(&o, STR("m"));
	json_add_packed(&o, items, 2);
	json_close_object(&o);
	CHECK_STR(buf_str(&b),
	    "{\"a\":-1,\"b\":[null,true,{},[]],\"c\":null,"
	    "\"m\":\"[\\\"{\\\\\\\"message\\\\\\\": \\\\\\\"x\\\\\\\"}\\\", \\\"y\\\"]\"}");
}

static void
writes_a_tree_as_it_was_read(void **state UNUSED)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);
	CLEANUP(buf_free) struct buf b = BUF_INIT(1024);
	struct json_out o = JSON_OUT(&b);
	const char *text = "{\"z\": [1, 2.5, \"x\"], \"a\": {\"b\": null, \"c\": false}}";
	const json_t *v;
	struct err err;

	json_init();
	o.spaced = true;
	CHECK(json_parse(a, str_from(text), &v, &err));
	json_add_tree(&o, v);
	CHECK_STR(buf_str(&b), text);
}

static void
keeps_an_overrun(void **state UNUSED)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(8);
	struct json_out o = JSON_OUT(&b);

	json_add_str(&o, STR("longer than eight"));
	CHECK(!buf_ok(&b));
}

static void
finds_a_byte_to_escape_wherever_it_stands(void **state UNUSED)
{
	char text[24];

	for (size_t len = 1; len <= sizeof(text); len++) {
		for (unsigned n = 0; n < 256 * len; n++) {
			CLEANUP(buf_free) struct buf b = BUF_INIT(1024);
			struct json_out o = JSON_OUT(&b);
			const unsigned c = n % 256;
			const bool plain = c >= ' ' && c < 0x7f && c != '"' && c != '\\';

			memset(text, n % 2 == 0 ? ' ' : '~', len);
			text[n / 256] = (char)c;
			json_add_str(&o, (struct str){ text, len });
			CHECK((b.len == len + 2) == plain);
			CHECK(!plain || memcmp(b.ptr + 1, text, len) == 0);
		}
	}
}

UNIT_TESTS(writes_reals_as_python_does, finds_a_byte_to_escape_wherever_it_stands,
    escapes_what_json_and_ascii_want, sets_commas_where_they_belong, writes_a_tree_as_it_was_read,
    keeps_an_overrun)
