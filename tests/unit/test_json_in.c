#include "tests/unit/unit.h"

#include "json/json_in.h"

static void
refuses_what_is_no_json(void **state UNUSED)
{
	static const struct {
		const char *what;
		struct str text;
		bool fits;
	} cases[] = {
		{ "an object", STR_INIT("{\"a\": [1, 2.5, \"x\", null, true]}"), true },
		{ "a lone scalar", STR_INIT("5"), true },
		{ "escaped text", STR_INIT("\"\\ud83d\\ude00 \\u00e9\""), true },
		{ "a NUL inside a value", STR_INIT("\"a\\u0000b\""), false },
		{ "a NUL inside a key", STR_INIT("{\"a\\u0000b\": 1}"), false },
		{ "nothing", STR_INIT(""), false },
		{ "only blanks", STR_INIT("  "), false },
		{ "a BOM", STR_INIT("\xef\xbb\xbf{}"), false },
		{ "invalid UTF-8", STR_INIT("\"\xff\""), false },
		{ "a lone surrogate", STR_INIT("\"\\ud800\""), false },
		{ "the same key twice", STR_INIT("{\"a\": 1, \"a\": 2}"), false },
		{ "two values", STR_INIT("{} {}"), false },
		{ "NaN", STR_INIT("NaN"), false },
		{ "a comment", STR_INIT("{} // x"), false },
		{ "single quotes", STR_INIT("{'a': 1}"), false },
	};

	json_init();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);
		const json_t *v = NULL;
		struct err err;
		const bool ok = json_parse(a, cases[i].text, &v, &err);

		CHECK_CASE(cases[i].what, ok == cases[i].fits);
		CHECK_CASE(cases[i].what, ok || err.kind == ERR_JSON);
	}
}

static void
refuses_numbers_that_nothing_can_hold(void **state UNUSED)
{
	static const struct str CASES[] = { STR_INIT("9223372036854775808"),
		STR_INIT("-9223372036854775809"), STR_INIT("1e999"), STR_INIT("[1, -1e999]") };
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);
	const json_t *v;
	struct err err;

	json_init();
	for (size_t i = 0; i < ARRAY_LEN(CASES); i++)
		CHECK_CASE(
		    CASES[i].ptr, !json_parse(a, CASES[i], &v, &err) && err.kind == ERR_LENGTH);
}

static void
refuses_deep_nesting_only_outside_strings(void **state UNUSED)
{
	char text[2 * JSON_MAX_DEPTH + 3];
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);
	const json_t *v;
	struct err err;

	memset(text, '[', JSON_MAX_DEPTH);
	memset(text + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
	CHECK(json_parse(a, (struct str){ text, 2 * JSON_MAX_DEPTH }, &v, &err));
	memset(text, '[', JSON_MAX_DEPTH + 1);
	memset(text + JSON_MAX_DEPTH + 1, ']', JSON_MAX_DEPTH + 1);
	CHECK(!json_parse(a, (struct str){ text, 2 * JSON_MAX_DEPTH + 2 }, &v, &err));
	text[0] = '"';
	memset(text + 1, '[', JSON_MAX_DEPTH + 1);
	text[JSON_MAX_DEPTH + 2] = '"';
	CHECK(json_parse(a, (struct str){ text, JSON_MAX_DEPTH + 3 }, &v, &err));
}

static void
refuses_a_tree_that_does_not_fit_its_arena(void **state UNUSED)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(512);
	const json_t *v;
	struct err err;

	CHECK(!json_parse(
	    a, STR("[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24]"), &v, &err));
	CHECK(err.kind == ERR_TOO_LARGE);
}

static void
reads_members_and_scalars(void **state UNUSED)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);
	const json_t *v;
	struct err err;
	struct value x;

	CHECK(json_parse(
	    a, STR("{\"n\": -7, \"t\": true, \"s\": \"x\\u00e9y\", \"l\": []}"), &v, &err));
	CHECK(json_to_value(json_get(v, STR("n")), &x) && x.kind == VALUE_INT && x.i == -7);
	CHECK(json_to_value(json_get(v, STR("t")), &x) && x.kind == VALUE_INT && x.i == 1);
	CHECK(json_text(json_get(v, STR("s"))).len == 4);
	CHECK(!json_to_value(json_get(v, STR("l")), &x));
	CHECK(json_get(v, STR("none")) == NULL && json_get(NULL, STR("n")) == NULL);
	CHECK(!json_to_value(NULL, &x));
}

static void
walks_the_members_of_an_object_in_their_order(void **state UNUSED)
{
	static const char *const KEYS[] = { "z", "", "a" };
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);
	CLEANUP(buf_free) struct buf b = BUF_INIT(64);
	const json_t *tree;
	struct err err;
	size_t n = 0;

	buf_lit(&b, "{\"z\":0,\"\":1,\"a\":2}");
	CHECK(json_parse_buf(a, &b, &tree, &err));
	for (struct json_member m = json_first(tree); m.value != NULL; m = json_next(m)) {
		CHECK(n < ARRAY_LEN(KEYS) && json_integer_value(m.value) == (json_int_t)n);
		CHECK_STR(m.key, n < ARRAY_LEN(KEYS) ? KEYS[n] : "one more");
		n++;
	}
	CHECK(n == ARRAY_LEN(KEYS));
	CHECK(json_first(NULL).value == NULL);
	CHECK(json_parse(a, STR("[1]"), &tree, &err) && json_first(tree).value == NULL);
	CHECK(json_parse(a, STR("{}"), &tree, &err) && json_first(tree).value == NULL);
	while (buf_ok(&b))
		buf_put_char(&b, ' ');
	CHECK(!json_parse_buf(a, &b, &tree, &err) && err.kind == ERR_TOO_LARGE);
}

UNIT_TESTS(refuses_what_is_no_json, refuses_numbers_that_nothing_can_hold,
    refuses_deep_nesting_only_outside_strings, refuses_a_tree_that_does_not_fit_its_arena,
    reads_members_and_scalars, walks_the_members_of_an_object_in_their_order)
