#include "tests/unit/unit.h"

#include "auth/limits.h"
#include "base/base.h"
#include "net/address.h"

static struct limits *
of_networks(const char *allowed, const char *denied)
{
	const struct limits draft = { .allowed = str_from(allowed), .denied = str_from(denied) };

	return limits_new(&draft);
}

enum { READ = 1, WRITE = 2 };

static struct limits *
of_scopes(const struct limits_scope *scopes, size_t len)
{
	const struct limits draft = { .scopes = scopes, .scopes_len = len };

	return limits_new(&draft);
}

static bool
allows_address(const struct limits *l, const char *address)
{
	struct in6_addr parsed;

	return restrict_allows(
	    &l->networks, address_parse(str_from(address), &parsed) ? &parsed : NULL);
}

static void
networks_let_in_whom_their_lists_name(void **state UNUSED)
{
	static const struct {
		const char *allowed, *denied, *address;
		bool in;
	} cases[] = {
		{ "10.0.0.0/8", "", "10.1.2.3", true },
		{ "10.0.0.0/8", "", "11.1.2.3", false },
		{ "10.0.0.0/8", "", "::ffff:10.1.2.3", true },
		{ "10.0.0.0/8", "", "2001:db8::1", false },
		{ "10.0.0.0/8, 2001:db8::/32", "", "2001:db8::1", true },
		{ "10.1.", "", "10.1.9.9", true },
		{ "10.1.", "", "10.11.9.9", false },
		{ "", "10.0.0.0/8", "10.1.2.3", false },
		{ "", "10.0.0.0/8", "11.1.2.3", true },
		{ "10.0.0.0/8", "10.9.0.0/16", "10.9.1.1", false },
		{ "10.0.0.0/8\n11.0.0.0/8", "", "11.9.1.1", true },
		{ "", "10.0.0.0/8", "unix",
		    false }, /* what is no address is in no network, allowed or not */
		{ "0.0.0.0/0", "", "unix", false },
		{ "not a network", "", "10.1.2.3", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct limits *f = of_networks(cases[i].allowed, cases[i].denied);

		CHECK_CASE(cases[i].address, f != NULL);
		CHECK_CASE(cases[i].address, allows_address(f, cases[i].address) == cases[i].in);
		limits_free(f);
	}
}

static void
without_limits_everything_is_allowed(void **state UNUSED)
{
	struct limits *open = of_networks("", "");
	const struct limits *const both[] = { NULL, open };

	for (size_t i = 0; i < ARRAY_LEN(both); i++) {
		CHECK(!limits_are_scoped(both[i]));
		CHECK(limits_allow_doctype(both[i], STR("ToDo"), WRITE));
		CHECK(limits_allow_method(both[i], STR("login")));
		CHECK(limits_allow_path(both[i], STR_NULL, READ));
		CHECK(limits_have_name(both[i], STR("orders")));
	}
	CHECK(allows_address(open, "unix"));
	limits_free(open);
}

static void
limits_are_the_same_if_all_of_them_are(void **state UNUSED)
{
	static const struct limits_scope scopes[] = {
		{ LIMITS_DOCTYPE, STR_INIT("ToDo"), READ },
		{ LIMITS_METHOD, STR_INIT("ToDo"), READ },
		{ LIMITS_DOCTYPE, STR_INIT("Note"), READ },
		{ LIMITS_DOCTYPE, STR_INIT("ToDo"), WRITE },
	};
	static const struct limits drafts[] = {
		{ .allowed = STR_INIT("10.0.0.0/8") },
		{ .denied = STR_INIT("10.0.0.0/8") },
		{ .read_only = true },
		{ .scopes = &scopes[0], .scopes_len = 1 },
		{ .scopes = &scopes[1], .scopes_len = 1 },
		{ .scopes = &scopes[2], .scopes_len = 1 },
		{ .scopes = &scopes[3], .scopes_len = 1 },
		{ .scopes = scopes, .scopes_len = 2 },
	};

	CHECK(limits_same(NULL, NULL));
	for (size_t i = 0; i < ARRAY_LEN(drafts); i++) {
		struct limits *a = limits_new(&drafts[i]);

		CHECK(!limits_same(a, NULL) && !limits_same(NULL, a));
		for (size_t j = 0; j < ARRAY_LEN(drafts); j++) {
			struct limits *b = limits_new(&drafts[j]);

			CHECK(limits_same(a, b) == (i == j));
			limits_free(b);
		}
		limits_free(a);
	}
}

static void
scopes_allow_what_they_name(void **state UNUSED)
{
	static const struct limits_scope scopes[] = {
		{ LIMITS_DOCTYPE, STR_INIT("ToDo"), READ | WRITE },
		{ LIMITS_DOCTYPE, STR_INIT("*"), READ },
		{ LIMITS_METHOD, STR_INIT("app.orders."), 0 },
		{ LIMITS_METHOD, STR_INIT("app.one"), 0 },
		{ LIMITS_PATH, STR_INIT("/api/"), READ },
		{ LIMITS_NAME, STR_INIT("orders:read"), 0 },
	};
	static const struct {
		const char *method;
		bool allowed;
	} methods[] = {
		{ "app.orders.list", true },
		{ "app.orders", false },
		{ "app.ordersx", false },
		{ "app.one", true },
		{ "app.one.more", false },
		{ "ping", true },
		{ "frappe.auth.get_logged_user", true },
		{ "frappe.client.get_list", true }, /* judged by its documents */
		{ "frappe.core.doctype.user.user.generate_keys", false },
		{ "symbolon.keys.rotate", false },
	};
	struct limits *l = of_scopes(scopes, ARRAY_LEN(scopes));

	CHECK(limits_are_scoped(l));
	CHECK(limits_allow_doctype(l, STR("todo"), WRITE));
	CHECK(limits_allow_doctype(l, STR("Note"), READ) &&
	    !limits_allow_doctype(l, STR("Note"), WRITE));
	for (size_t i = 0; i < ARRAY_LEN(methods); i++)
		CHECK_CASE(methods[i].method,
		    limits_allow_method(l, str_from(methods[i].method)) == methods[i].allowed);
	CHECK(limits_allow_path(l, STR("/api/x"), READ) &&
	    !limits_allow_path(l, STR("/api/x"), WRITE));
	CHECK(!limits_allow_path(l, STR("/ap"), READ) && !limits_allow_path(l, STR_NULL, READ));
	CHECK(limits_have_name(l, STR("orders:read")) && !limits_have_name(l, STR("orders")));
	limits_free(l);
}

static void
without_a_doctype_no_document_method_is_allowed(void **state UNUSED)
{
	static const struct limits_scope path = { LIMITS_PATH, STR_INIT("/"), READ };
	struct limits *l = of_scopes(&path, 1);

	CHECK(!limits_allow_method(l, STR("frappe.client.get_list")));
	CHECK(!limits_allow_doctype(l, STR("ToDo"), READ) && !limits_have_name(l, STR("x")));
	CHECK(limits_allow_method(l, STR("ping")));
	limits_free(l);
}

UNIT_TESTS(networks_let_in_whom_their_lists_name, without_limits_everything_is_allowed,
    limits_are_the_same_if_all_of_them_are, scopes_allow_what_they_name,
    without_a_doctype_no_document_method_is_allowed)
