#include "tests/unit/unit.h"

#include "api/args.h"
#include "api/method.h"
#include "auth/who.h"
#include "json/json_in.h"

static const struct who GUEST = { .is_guest = true };
static const struct who USER = { .enabled = true };
static const struct who MANAGER = { .enabled = true, .is_system_manager = true };

#define GENERATE STR_INIT("frappe.core.doctype.user.user.generate_keys")

static void
every_method_says_how_it_may_be_called(void **state)
{
	const struct call call = { .identity.kind = IDENTITY_LOCAL };
	const struct method *m;
	size_t at = 0, len = 0;

	(void)state;
	for (; (m = method_next(&at)) != NULL; len++) {
		const char *name = m->name.ptr;

		CHECK_CASE(name, m->verbs != 0 && m->body != NULL && m->help != NULL);
		CHECK_CASE(name, (m->prepare == NULL) == (m->prepare_run == PREPARE_NONE));
		/* A GET changes nothing but the session it ends. */
		CHECK_CASE(name,
		    m->run != RUN_WRITE || (m->verbs & VERBS_GET) == 0 ||
			str_ends(m->name, STR("logout")));
		CHECK_CASE(name, method_find(&call, m->name) == m); /* no name is there twice */
	}
	CHECK(len > 15);
}

static void
judges_guests_then_verbs_then_roles(void **state)
{
	static const struct {
		const char *what;
		struct str method;
		const struct who *who;
		enum http_verb verb;
		const char *refusal; /* its beginning; NULL: allowed */
	} cases[] = {
		{ "a guest may ping", STR_INIT("ping"), &GUEST, HTTP_GET, NULL },
		{ "a guest is nobody", STR_INIT("frappe.auth.get_logged_user"), &GUEST, HTTP_GET,
		    "<details>" },
		{ "a guest is told so first", GENERATE, &GUEST, HTTP_GET, "<details>" },
		{ "HEAD is no verb of methods", STR_INIT("ping"), &USER, HTTP_HEAD,
		    "Not permitted" },
		{ "PATCH neither", STR_INIT("ping"), &USER, HTTP_PATCH, "Not permitted" },
		{ "a verb comes before a role", GENERATE, &USER, HTTP_PUT,
		    "Not permitted: this method must be called with POST" },
		{ "a role has no text", GENERATE, &USER, HTTP_POST, "" },
		{ "a System Manager may", GENERATE, &MANAGER, HTTP_POST, NULL },
		{ "but not with GET", GENERATE, &MANAGER, HTTP_GET, "Not permitted" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct call call = { .who = cases[i].who, .verb = cases[i].verb };
		const struct method *m = method_find(&call, cases[i].method);
		struct err err = { 0 };
		const bool ok = method_check(&call, m, &err);

		CHECK_CASE(cases[i].what, ok == (cases[i].refusal == NULL));
		if (ok)
			continue;
		CHECK_CASE(cases[i].what, err.kind == ERR_PERMISSION);
		CHECK_CASE(cases[i].what,
		    str_starts(str_from(err.msg), str_from(cases[i].refusal)) &&
			(err.msg[0] == '\0') == (cases[i].refusal[0] == '\0'));
	}
}

static void
hides_methods_of_the_command_line(void **state)
{
	static const struct method ROWS[] = { { .name = STR_INIT("symbolon.backup") } };
	static const struct method_table LOCAL = { ROWS, 1 };
	struct call call = { .local = &LOCAL };

	(void)state;
	CHECK(method_find(&call, STR("symbolon.keys.verify")) == NULL);
	CHECK(method_find(&call, STR("symbolon.backup")) == NULL);
	call.identity.kind = IDENTITY_LOCAL;
	CHECK(method_find(&call, STR("symbolon.keys.verify")) != NULL);
	CHECK(method_find(&call, STR("symbolon.backup")) == ROWS);
}

static void
follows_aliases_and_exact_names_only(void **state)
{
	const struct call call = { 0 };

	(void)state;
	CHECK(method_find(&call, STR("frappe.ping")) == method_find(&call, STR("ping")));
	CHECK(method_find(&call, STR("frappe.handler.ping")) != NULL);
	CHECK(method_find(&call, STR("PING")) == NULL);
	CHECK(method_find(&call, STR("ping ")) == NULL);
	CHECK(method_find(&call, STR("")) == NULL);
}

static void
says_why_a_name_is_no_method(void **state)
{
	static const struct {
		const char *name;
		bool v2;
		const char *text;
		bool app; /* a message of its own names the app */
	} cases[] = {
		{ "nosuch", false, "Failed to get method for command nosuch with 'nosuch'", false },
		{ "os.system", false,
		    "Failed to get method for command os.system with App os is not installed",
		    true },
		{ "frappe.x.y", false,
		    "Failed to get method for command frappe.x.y with there is no such method here",
		    false },
		{ "nosuch", true, "Failed to get method nosuch with App nosuch is not installed",
		    true },
		{ "<b>", false, "Failed to get method for command &lt;b&gt; with '&lt;b&gt;'",
		    false },
	};
	CLEANUP(arena_freep) struct arena *a = arena_new(1 << 20);

	(void)state;
	json_init();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct call call = { .arena = a, .v2 = cases[i].v2 };
		struct err err;

		CHECK_CASE(cases[i].name, !method_unknown(&call, str_from(cases[i].name), &err));
		CHECK_CASE(cases[i].name, err.kind == ERR_VALIDATION);
		CHECK_STR(str_from(err.msg), cases[i].text);
		CHECK_CASE(cases[i].name, (call.messages != NULL) == cases[i].app);
	}
}

UNIT_TESTS(every_method_says_how_it_may_be_called, judges_guests_then_verbs_then_roles,
    hides_methods_of_the_command_line, follows_aliases_and_exact_names_only,
    says_why_a_name_is_no_method)
