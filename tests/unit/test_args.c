#include "tests/unit/unit.h"

#include "api/args.h"
#include "api/method.h"
#include "json/json_in.h"

#include <stdio.h>

/* A call with a query and a body, and the head that its content type needs. */
struct request {
	struct call call;
	struct http_head head;
	char text[512];
};

static const struct http_limits LIMITS = { 8192, 16384, 100 };

static void
begin(struct request *r, struct arena *a, const char *type, const char *query, const char *body)
{
	struct err err;

	arena_reset(a);
	memset(r, 0, sizeof(*r));
	snprintf(r->text, sizeof(r->text), "POST / HTTP/1.1\r\nHost: x\r\nContent-Type: %s\r\n\r\n",
	    type);
	CHECK(http_parse_head(str_from(r->text), &LIMITS, &r->head, &err) == HTTP_COMPLETE);
	r->call.arena = a;
	r->call.head = str_from(r->text);
	r->call.fields = &r->head;
	r->call.query = str_from(query);
	r->call.body = str_from(body);
	r->call.body_len = (int64_t)r->call.body.len;
	r->call.body_fd = -1;
}

/* The tree as text with sorted keys; the caller frees. */
static bool
is_json(const json_t *v, const char *text)
{
	char *got =
	    v == NULL ? NULL : json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT | JSON_SORT_KEYS);
	const bool same = got == NULL ? text == NULL : text != NULL && strcmp(got, text) == 0;

	if (!same)
		fprintf(stderr, "got %s\nnot %s\n", got, text);
	free(got);
	return same;
}

#define JSON "application/json"
#define FORM "application/x-www-form-urlencoded"

static void
merges_query_form_and_body(void **state)
{
	/* clang-format off */
	static const struct {
		const char *what, *type, *query, *body, *all;
	} cases[] = {
		{ "nothing", "text/plain", "", "", NULL },
		{ "a query", "text/plain", "a=1&b=x+y%2Bz", "", "{\"a\":\"1\",\"b\":\"x y+z\"}" },
		{ "the first of a name", "text/plain", "a=1&a=2", "", "{\"a\":\"1\"}" },
		{ "a form over a query", FORM, "a=1&b=2", "b=3", "{\"a\":\"1\",\"b\":\"3\"}" },
		{ "JSON", JSON, "", "{\"a\":1}", "{\"a\":1}" },
		{ "JSON of another type", "application/vnd.x+json; charset=utf-8", "", "{\"a\":1}", "{\"a\":1}" },
		{ "a query under JSON", JSON, "a=1&b=2", "{\"a\":{\"c\":[1.5,null]}}", "{\"a\":{\"c\":[1.5,null]},\"b\":\"2\"}" },
		{ "an array", JSON, "", "[1,2]", "{\"data\":[1,2]}" },
		{ "an empty body", JSON, "a=1", "", "{\"a\":\"1\"}" },
		{ "the cache buster", "text/plain", "_=17&a=1&sid=x", "", "{\"a\":\"1\"}" },
		{ "text that is no form", "text/plain", "a=1", "b=2", "{\"a\":\"1\"}" },
	};
	/* clang-format on */
	CLEANUP(arena_freep) struct arena *a = arena_new(1 << 20);
	struct request r;
	struct err err;

	(void)state;
	json_init();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		begin(&r, a, cases[i].type, cases[i].query, cases[i].body);
		CHECK_CASE(cases[i].what, args_parse(&r.call, &err));
		CHECK_CASE(cases[i].what, is_json(args_object(r.call.args), cases[i].all));
	}
}

static void
refuses_what_is_no_json(void **state)
{
	static const struct {
		const char *what, *type, *body;
		enum err_kind kind;
	} cases[] = {
		{ "cut short", JSON, "{\"a\":", ERR_JSON },
		{ "a number", JSON, "5", ERR_VALIDATION },
		{ "text", JSON, "\"x\"", ERR_VALIDATION },
		{ "the same key twice", JSON, "{\"a\":1,\"a\":2}", ERR_JSON },
		{ "a byte order mark", JSON, "\xef\xbb\xbf{}", ERR_JSON },
		{ "invalid UTF-8", JSON, "{\"a\":\"\xff\"}", ERR_JSON },
		{ "a form with a broken escape", FORM, "a=%zz", ERR_BAD_REQUEST },
	};
	CLEANUP(arena_freep) struct arena *a = arena_new(1 << 20);
	struct request r;
	struct err err;

	(void)state;
	json_init();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		begin(&r, a, cases[i].type, "", cases[i].body);
		CHECK_CASE(cases[i].what, !args_parse(&r.call, &err));
		CHECK_CASE(cases[i].what, err.kind == cases[i].kind);
	}
}

static void
takes_documents_from_every_form_of_body(void **state)
{
	/* clang-format off */
	static const struct {
		const char *what, *type, *query, *body;
		bool v2;
		const char *document; /* NULL: refused */
	} cases[] = {
		{ "JSON", JSON, "", "{\"t\":1}", false, "{\"t\":1}" },
		{ "JSON without its query", JSON, "q=1", "{\"t\":1}", false, "{\"t\":1}" },
		{ "data alone", JSON, "", "{\"data\":{\"t\":1}}", false, "{\"t\":1}" },
		{ "data alone, as text", JSON, "", "{\"data\":\"{\\\"t\\\":1}\"}", false, "{\"t\":1}" },
		{ "data among others", JSON, "", "{\"data\":{\"t\":1},\"u\":2}", false, "{\"data\":{\"t\":1},\"u\":2}" },
		{ "data that is a field", JSON, "", "{\"data\":\"x\"}", false, "{\"data\":\"x\"}" },
		{ "data in v2", JSON, "", "{\"data\":{\"t\":1}}", true, "{\"data\":{\"t\":1}}" },
		{ "a form", FORM, "", "t=1&u=", false, "{\"t\":\"1\",\"u\":\"\"}" },
		{ "a form without its query", FORM, "q=1", "t=1", false, "{\"t\":\"1\"}" },
		{ "a form's data", FORM, "", "data=%7B%22t%22%3A1%7D&u=2", false, "{\"t\":1}" },
		{ "a form's data that is no object", FORM, "", "data=x", false, NULL },
		{ "JSON that says it is a form", FORM, "", "{\"t\":\"50% off\"}", false, "{\"t\":\"50% off\"}" },
		{ "JSON that says it is text", "text/plain", "", "{\"t\":1}", false, "{\"t\":1}" },
		{ "a query", "text/plain", "t=1", "", false, "{\"t\":\"1\"}" },
		{ "nothing", "text/plain", "", "", false, "{}" },
		{ "a list", JSON, "", "[{\"t\":1}]", false, NULL },
	};
	/* clang-format on */
	CLEANUP(arena_freep) struct arena *a = arena_new(1 << 20);
	struct request r;
	struct err err;

	(void)state;
	json_init();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const json_t *document = NULL;

		begin(&r, a, cases[i].type, cases[i].query, cases[i].body);
		r.call.v2 = cases[i].v2;
		CHECK_CASE(cases[i].what, args_parse(&r.call, &err));
		const bool ok = args_document(&r.call, &document, &err);

		CHECK_CASE(cases[i].what, ok == (cases[i].document != NULL));
		if (ok)
			CHECK_CASE(cases[i].what, is_json(document, cases[i].document));
	}
}

static void
reads_multipart_fields(void **state)
{
	static const char BODY[] = "--b\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\n"
				   "by multipart\r\n--b--\r\n";
	CLEANUP(arena_freep) struct arena *a = arena_new(1 << 20);
	const json_t *document = NULL;
	struct request r;
	struct err err;

	(void)state;
	json_init();
	begin(&r, a, "multipart/form-data; boundary=b", "", BODY);
	CHECK(args_parse(&r.call, &err));
	CHECK(args_document(&r.call, &document, &err));
	CHECK(is_json(document, "{\"title\":\"by multipart\"}"));
	CHECK(args_parts(r.call.args)->len == 1);
}

static void
tells_what_is_missing_or_of_a_wrong_type(void **state)
{
	static const struct method METHOD = { .name = STR_INIT("frappe.client.get_value") };
	static const struct {
		const char *body;
		enum err_kind kind;
		const char *text;
	} cases[] = {
		{ "{}", ERR_TYPE, "get_value() missing 1 required positional argument: 'user'" },
		{ "{\"user\":5}", ERR_FRAPPE_TYPE,
		    "Argument 'user' in 'frappe.client.get_value' should be of type 'str' but got "
		    "'int' instead." },
		{ "{\"user\":null}", ERR_FRAPPE_TYPE,
		    "Argument 'user' in 'frappe.client.get_value' should be of type 'str' but got "
		    "'NoneType' instead." },
		{ "{\"user\":[\"x\"]}", ERR_FRAPPE_TYPE,
		    "Argument 'user' in 'frappe.client.get_value' should be of type 'str' but got "
		    "'list' instead." },
	};
	CLEANUP(arena_freep) struct arena *a = arena_new(1 << 20);
	struct request r;
	struct str user;
	struct err err;

	(void)state;
	json_init();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		begin(&r, a, JSON, "", cases[i].body);
		CHECK_CASE(cases[i].body, args_parse(&r.call, &err));
		args_plan(&r.call)->method = &METHOD;
		CHECK_CASE(cases[i].body, !args_str(&r.call, "user", &user, &err));
		CHECK_CASE(cases[i].body, err.kind == cases[i].kind && err.silent);
		CHECK_STR(str_from(err.msg), cases[i].text);
	}
	begin(&r, a, JSON, "", "{\"user\":null}");
	CHECK(args_parse(&r.call, &err) && args_str_or_null(&r.call, "user", &user, &err));
	CHECK(str_is_null(user));
}

static void
knows_which_words_are_false(void **state)
{
	static const struct {
		const char *value;
		bool is, word; /* word: the strict form takes it */
	} cases[] = {
		{ "\"false\"", false, true },
		{ "\"False\"", false, true },
		{ "\"0\"", false, true },
		{ "\"\"", false, true },
		{ "\"null\"", false, true },
		{ "0", false, true },
		{ "false", false, true },
		{ "null", false, true },
		{ "\"true\"", true, true },
		{ "\"1\"", true, true },
		{ "1", true, true },
		{ "2.5", true, true },
		{ "\"maybe\"", true, false },
		{ "[]", true, false },
	};
	CLEANUP(arena_freep) struct arena *a = arena_new(1 << 20);
	struct request r;
	char body[64];
	struct err err;

	(void)state;
	json_init();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		bool strict = !cases[i].is;

		snprintf(body, sizeof(body), "{\"b\":%s}", cases[i].value);
		begin(&r, a, JSON, "", body);
		CHECK_CASE(body, args_parse(&r.call, &err));
		CHECK_CASE(body, args_bool(r.call.args, "b", !cases[i].is) == cases[i].is);
		CHECK_CASE(body, args_bool_word(&r.call, "b", &strict, &err) == cases[i].word);
		CHECK_CASE(body, !cases[i].word || strict == cases[i].is);
		CHECK_CASE(body, args_bool(r.call.args, "absent", true));
	}
}

static void
unpacks_json_in_strings(void **state)
{
	static const struct {
		const char *query, *json;
	} cases[] = {
		{ "f=%5B%5B%22a%22%2C%22%3D%22%2C1%5D%5D", "[[\"a\",\"=\",1]]" },
		{ "f=%7B%22a%22%3A1%7D", "{\"a\":1}" },
		{ "f=%22x%22", "\"x\"" },
		{ "f=plain", "\"plain\"" },
		{ "f=5", "\"5\"" },
		{ "f=%7Bbad", "\"{bad\"" },
		{ "g=1", NULL },
	};
	CLEANUP(arena_freep) struct arena *a = arena_new(1 << 20);
	struct request r;
	struct err err;

	(void)state;
	json_init();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const json_t *v;

		begin(&r, a, "text/plain", cases[i].query, "");
		CHECK_CASE(cases[i].query, args_parse(&r.call, &err));
		CHECK_CASE(cases[i].query, args_json(&r.call, "f", &v, &err));
		CHECK_CASE(cases[i].query, is_json(v, cases[i].json));
	}
}

static void
cleans_the_texts_of_guests(void **state UNUSED)
{
	/* clang-format off */
	static const struct {
		const char *what, *type, *body, *all;
	} cases[] = {
		{ "plain text", JSON, "{\"a\":\"1 < 2 & 3\"}", "{\"a\":\"1 < 2 & 3\"}" },
		{ "harmless HTML", JSON, "{\"a\":\"<b>x</b>\"}", "{\"a\":\"<b>x</b>\"}" },
		{ "a script", JSON, "{\"a\":\"<script>x</script>\"}",
		  "{\"a\":\"&lt;script&gt;x&lt;/script&gt;\"}" },
		{ "a form", FORM, "a=%3Cimg+src%3Dx+onerror%3Dy%3E&b=2", "{\"a\":\"<img src=\\\"x\\\">\",\"b\":\"2\"}" },
		{ "what is no text", JSON, "{\"a\":[\"<script>\"],\"b\":\"<script>\",\"c\":7}",
		  "{\"a\":[\"<script>\"],\"b\":\"&lt;script&gt;\",\"c\":7}" },
		{ "nothing", "text/plain", "", NULL },
	};
	/* clang-format on */
	CLEANUP(arena_freep) struct arena *a = arena_new(1 << 20);
	struct request r;
	struct err err;

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		begin(&r, a, cases[i].type, "", cases[i].body);
		CHECK(args_parse(&r.call, &err));
		CHECK_CASE(cases[i].what, args_clean(&r.call, &err));
		CHECK_CASE(cases[i].what, is_json(args_object(r.call.args), cases[i].all));
	}
}

UNIT_TESTS(merges_query_form_and_body, refuses_what_is_no_json,
    takes_documents_from_every_form_of_body, reads_multipart_fields,
    tells_what_is_missing_or_of_a_wrong_type, knows_which_words_are_false, unpacks_json_in_strings,
    cleans_the_texts_of_guests)
