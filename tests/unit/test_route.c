#include "tests/unit/unit.h"

#include "api/route.h"

static struct route
find(struct arena *a, const char *path)
{
	struct route r;
	struct err err;

	CHECK_CASE(path, route_find(a, str_from(path), &r, &err));
	return r;
}

static bool
same(struct str s, const char *text)
{
	return text == NULL ? str_is_null(s) : str_eq(s, str_from(text));
}

static void
finds_what_a_path_names(void **state)
{
	/* clang-format off */
	static const struct {
		const char *path;
		enum route_kind kind;
		const char *doctype, *name, *method;
	} cases[] = {
		{ "/", ROUTE_COMMAND, NULL, NULL, NULL },
		{ "/api/method", ROUTE_COMMAND, NULL, NULL, NULL },
		{ "/api/method/", ROUTE_COMMAND, NULL, NULL, NULL },
		{ "/api/method/ping", ROUTE_METHOD, NULL, NULL, "ping" },
		{ "/api/v1/method/ping", ROUTE_METHOD, NULL, NULL, "ping" },
		{ "//api/method/ping", ROUTE_METHOD, NULL, NULL, "ping" },
		{ "/api/method/ping/", ROUTE_METHOD, NULL, NULL, "ping" },
		{ "/api/method/ping/anything/else", ROUTE_METHOD, NULL, NULL, "ping" },
		{ "/api/method/%70ing", ROUTE_METHOD, NULL, NULL, "ping" },
		{ "/api/method//ping", ROUTE_NONE, NULL, NULL, NULL },
		{ "/api/v2/method/frappe.ping", ROUTE_METHOD, NULL, NULL, "frappe.ping" },
		{ "/api/v2/method/User/generate_keys", ROUTE_METHOD, "User", NULL, "generate_keys" },
		{ "/api/resource/ToDo", ROUTE_COLLECTION, "ToDo", NULL, NULL },
		{ "/api/resource/ToDo/", ROUTE_COLLECTION, "ToDo", NULL, NULL },
		{ "/api/v1/resource/ToDo", ROUTE_COLLECTION, "ToDo", NULL, NULL },
		{ "/api/resource/Sales%20Order", ROUTE_COLLECTION, "Sales Order", NULL, NULL },
		{ "/api/resource/a+b", ROUTE_COLLECTION, "a+b", NULL, NULL },
		{ "/api/resource/ToDo/x", ROUTE_DOCUMENT, "ToDo", "x", NULL },
		{ "/api/resource/ToDo/x/", ROUTE_DOCUMENT, "ToDo", "x", NULL },
		{ "/api/resource/ToDo/a/b", ROUTE_DOCUMENT, "ToDo", "a/b", NULL },
		{ "/api/resource/ToDo/a%2Fb", ROUTE_DOCUMENT, "ToDo", "a/b", NULL },
		{ "/api/resource/ToDo/a%252Fb", ROUTE_DOCUMENT, "ToDo", "a%2Fb", NULL },
		{ "/api/resource/ToDo//x", ROUTE_NONE, NULL, NULL, NULL },
		{ "/api/resource", ROUTE_NONE, NULL, NULL, NULL },
		{ "/api/resource/", ROUTE_NONE, NULL, NULL, NULL },
		{ "/api/v2/resource/ToDo", ROUTE_NONE, NULL, NULL, NULL },
		{ "/api/v1/document/ToDo", ROUTE_NONE, NULL, NULL, NULL },
		{ "/api/v3/resource/ToDo", ROUTE_NONE, NULL, NULL, NULL },
		{ "/api/unknown", ROUTE_NONE, NULL, NULL, NULL },
		{ "/api/", ROUTE_NONE, NULL, NULL, NULL },
		{ "/api/v2", ROUTE_NONE, NULL, NULL, NULL },
		{ "/api/v2/document/ToDo", ROUTE_COLLECTION, "ToDo", NULL, NULL },
		{ "/api/v2/document/ToDo/x", ROUTE_DOCUMENT, "ToDo", "x", NULL },
		{ "/api/v2/document/ToDo/x/copy", ROUTE_DOCUMENT, "ToDo", "x/copy", NULL },
		{ "/api/v2/document/ToDo/x/method/m", ROUTE_DOCUMENT_METHOD, "ToDo", "x", "m" },
		{ "/api/v2/document/ToDo/x/y/method/m", ROUTE_DOCUMENT_METHOD, "ToDo", "x/y", "m" },
		{ "/api/v2/document/ToDo/method/m", ROUTE_DOCUMENT, "ToDo", "method/m", NULL },
		{ "/api/v2/doctype/ToDo/count", ROUTE_COUNT, "ToDo", NULL, NULL },
		{ "/api/v2/doctype/ToDo/meta", ROUTE_META, "ToDo", NULL, NULL },
		{ "/api/v2/doctype/ToDo/other", ROUTE_NONE, NULL, NULL, NULL },
		{ "/auth/verify", ROUTE_VERIFY, NULL, NULL, NULL },
		{ "/auth/verify/any/thing", ROUTE_VERIFY, NULL, NULL, NULL },
		{ "/auth/verifyx", ROUTE_PAGE, NULL, NULL, NULL },
		{ "/healthz", ROUTE_HEALTH, NULL, NULL, NULL },
		{ "/readyz", ROUTE_HEALTH, NULL, NULL, NULL },
		{ "/assets/style.css", ROUTE_ASSET, NULL, NULL, NULL },
		{ "/login", ROUTE_PAGE, NULL, NULL, NULL },
		{ "/api", ROUTE_PAGE, NULL, NULL, NULL },
		{ "/API/method/ping", ROUTE_PAGE, NULL, NULL, NULL },
		{ "/nosuchpage", ROUTE_PAGE, NULL, NULL, NULL },
	};
	/* clang-format on */
	CLEANUP(arena_freep) struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct route r = find(a, cases[i].path);

		CHECK_CASE(cases[i].path, r.kind == cases[i].kind);
		if (r.kind == ROUTE_NONE || r.kind == ROUTE_PAGE)
			continue;
		CHECK_CASE(cases[i].path, same(r.doctype, cases[i].doctype));
		CHECK_CASE(cases[i].path, same(r.name, cases[i].name));
		CHECK_CASE(cases[i].path, same(r.method, cases[i].method));
	}
}

static void
knows_which_envelope_a_path_has(void **state)
{
	static const struct {
		const char *path;
		bool api, v2;
	} cases[] = {
		{ "/api/method/ping", true, false },
		{ "/api/v2/method/ping", true, true },
		{ "//api/v2/unknown", true, true },
		{ "/api/v2", true, true },
		{ "/api/v22/x", true, false },
		{ "/login", false, false },
		{ "/api", false, false },
	};
	CLEANUP(arena_freep) struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct route r = find(a, cases[i].path);

		CHECK_CASE(cases[i].path, r.api == cases[i].api && r.v2 == cases[i].v2);
		CHECK_CASE(cases[i].path, route_is_api(str_from(cases[i].path)) == cases[i].api);
		CHECK_CASE(cases[i].path, route_is_v2(str_from(cases[i].path)) == cases[i].v2);
	}
}

static void
refuses_other_verbs_by_405_or_404(void **state)
{
	static const struct {
		const char *path;
		enum http_verb verb;
		int status; /* 200: answered */
		const char *allow;
	} cases[] = {
		{ "/api/resource/ToDo", HTTP_GET, 200, "GET, HEAD, POST" },
		{ "/api/resource/ToDo", HTTP_HEAD, 200, NULL },
		{ "/api/resource/ToDo", HTTP_PUT, 405, NULL },
		{ "/api/resource/ToDo", HTTP_DELETE, 405, NULL },
		{ "/api/resource/ToDo", HTTP_OTHER, 405, NULL },
		{ "/api/resource/ToDo/x", HTTP_PATCH, 404, "GET, HEAD, POST, PUT, DELETE" },
		{ "/api/v2/document/ToDo", HTTP_PATCH, 405, NULL },
		{ "/api/v2/document/ToDo/x", HTTP_PATCH, 200, NULL },
		{ "/api/v2/document/ToDo/x", HTTP_POST, 404, NULL },
		{ "/api/v2/doctype/ToDo/count", HTTP_POST, 405, "GET, HEAD" },
		{ "/api/method/ping", HTTP_OTHER, 200, NULL },
		{ "/auth/verify", HTTP_OTHER, 200, NULL },
		{ "/healthz", HTTP_POST, 405, NULL },
	};
	CLEANUP(arena_freep) struct arena *a = arena_new(1 << 20);
	char text[ROUTE_ALLOW_SIZE];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct route r = find(a, cases[i].path);
		struct err err = { 0 };
		const bool ok = route_check_verb(&r, cases[i].verb, &err);

		CHECK_CASE(cases[i].path, (ok ? 200 : err_status(err.kind)) == cases[i].status);
		if (cases[i].allow != NULL)
			CHECK_STR(route_allow(&r, text), cases[i].allow);
	}
}

static void
refuses_paths_that_cannot_be_decoded(void **state)
{
	static const char *const cases[] = { "/api/resource/%", "/api/resource/%zz",
		"/api/resource/%00", "/api/resource/%ff" };
	CLEANUP(arena_freep) struct arena *a = arena_new(1 << 20);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct route r;
		struct err err;

		CHECK_CASE(cases[i], !route_find(a, str_from(cases[i]), &r, &err));
		CHECK_CASE(cases[i], err.kind == ERR_BAD_REQUEST && r.api);
	}
}

UNIT_TESTS(finds_what_a_path_names, knows_which_envelope_a_path_has,
    refuses_other_verbs_by_405_or_404, refuses_paths_that_cannot_be_decoded)
