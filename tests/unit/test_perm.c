#include "tests/unit/doc_site.h"

#include "doc/perm.h"
#include "doc/perm_rows.h"

static const char MEMO[] =
    "{'name':'Memo','module':'Custom','custom':1,'autoname':'field:title','fields':["
    "{'fieldname':'title','label':'Title','fieldtype':'Data','reqd':1},"
    "{'fieldname':'body','label':'Body','fieldtype':'Data','default':'d'},"
    "{'fieldname':'pay','label':'Pay','fieldtype':'Int','permlevel':1},"
    "{'fieldname':'note','label':'Note','fieldtype':'Data','permlevel':1,'default':'n'}],"
    "'permissions':["
    "{'role':'Writer','read':1,'write':1,'create':0,'delete':0},"
    "{'role':'Creator','read':0,'write':0,'create':1,'delete':0,'report':0,'export':0,'share':0,'"
    "print':0,'email':0},"
    "{'role':'Owner','read':1,'write':1,'create':1,'delete':1,'if_owner':1},"
    "{'role':'Payer','read':1,'write':1,'create':0,'delete':0},"
    "{'role':'Payer','permlevel':1,'read':1,'write':1,'create':0,'delete':0,'report':0,'export':0,'"
    "share':0,'print':0,'email':0},"
    "{'role':'Selector','select':1,'read':0,'write':0,'create':0,'delete':0,'report':0,'export':0,'"
    "share':0,'print':0,'email':0}]}";

static void
open_site(struct doc_site *x)
{
	static const char *const roles[] = { "Writer", "Creator", "Owner", "Payer", "Selector" };

	doc_site_open(x);
	for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
		char body[256];

		snprintf(body, sizeof(body), "{'role_name':'%s'}", roles[i]);
		CHECK(str_starts(doc_site_do(x, INSERT, "Role", NULL, body), STR("{")));
		snprintf(body, sizeof(body),
		    "{'email':'%s@x.test','first_name':'%s','roles':[{'role':'%s'}]}", roles[i],
		    roles[i], roles[i]);
		CHECK(str_starts(doc_site_do(x, INSERT, "User", NULL, body), STR("{")));
	}
	doc_site_doctype(x, "Memo", MEMO);
	CHECK(str_starts(
	    doc_site_do(x, INSERT, "Memo", NULL, "{'title':'m','pay':5,'note':'x'}"), STR("{")));
}

#define ACCESS(user) "User <strong>" user "</strong> does not have access to this document"
#define ROLE_TEXT(user)                                                                            \
	"User <strong>" user "</strong> does not have doctype access via role permission for "     \
	"document <strong>Memo</strong>"

static void
rights_and_their_refusals_follow_the_roles(void **state)
{
	static const struct {
		const char *user;
		enum doc_site_what what;
		const char *message; /* NULL: granted */
		const char *error_message;
	} cases[] = {
		{ "writer@x.test", READ, NULL, NULL },
		{ "writer@x.test", UPDATE, NULL, NULL },
		{ "writer@x.test", INSERT, ACCESS("writer@x.test") ": Memo - None",
		    "You need the 'create' permission on <strong>Memo</strong>  to perform this "
		    "action." },
		{ "writer@x.test", DELETE, ACCESS("writer@x.test") ": Memo - m",
		    "You need the 'delete' permission on <strong>Memo</strong> m to perform this "
		    "action." },
		{ "creator@x.test", READ,
		    ROLE_TEXT("creator@x.test") "<br>" ACCESS("creator@x.test"),
		    "You need the 'read' permission on <strong>Memo</strong> m to perform this "
		    "action." },
		{ "creator@x.test", INSERT, NULL, NULL },
		{ "owner@x.test", READ, ACCESS("owner@x.test") ": Memo - m",
		    "You need the 'read' permission on <strong>Memo</strong> m to perform this "
		    "action." },
		{ "owner@x.test", UPDATE, ACCESS("owner@x.test") ": Memo - m",
		    "You need the 'write' permission on <strong>Memo</strong> m to perform this "
		    "action." },
		{ "owner@x.test", INSERT, NULL, NULL },
		{ "selector@x.test", READ,
		    ROLE_TEXT("selector@x.test") "<br>" ACCESS("selector@x.test"),
		    "You need the 'read' permission on <strong>Memo</strong> m to perform this "
		    "action." },
		{ "Guest", READ, ROLE_TEXT("Guest") "<br>" ACCESS("Guest"),
		    "You need the 'read' permission on <strong>Memo</strong> m to perform this "
		    "action." },
	};
	struct doc_site x;

	(void)state;
	open_site(&x);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char body[64], message[600];

		doc_site_as(&x, str_from(cases[i].user));
		snprintf(body, sizeof(body), "{'title':'t%zu','body':'b'}", i);
		const struct str a =
		    doc_site_do(&x, cases[i].what, "Memo", cases[i].what == INSERT ? NULL : "m",
			cases[i].what == UPDATE ? "{'body':'b'}" : body);
		if (cases[i].message == NULL) {
			CHECK_CASE(cases[i].user, str_starts(a, STR("{")));
			continue;
		}
		CHECK_STR(a, "PermissionError: ");
		snprintf(message, sizeof(message), "{\"message\": \"%s\", \"title\": \"Message\"}",
		    cases[i].message);
		CHECK_STR(doc_site_messages(&x), message);
		CHECK_STR(x.call.error_message, cases[i].error_message);
	}
	doc_site_close(&x);
}

static void
an_owner_cannot_be_made_by_saying_so(void **state)
{
	struct doc_site x;

	(void)state;
	open_site(&x);
	doc_site_as(&x, STR("owner@x.test"));
	CHECK_STR(
	    doc_site_do(&x, UPDATE, "Memo", "m", "{'owner':'owner@x.test'}"), "PermissionError: ");
	CHECK(str_starts(
	    doc_site_do(&x, INSERT, "Memo", NULL, "{'title':'mine','owner':'eve@x.test'}"),
	    STR("{")));
	CHECK(str_starts(doc_site_do(&x, READ, "Memo", "mine", NULL), STR("{")));
	CHECK_STR(doc_site_do(&x, DELETE, "Memo", "mine", NULL), "ok");
	doc_site_close(&x);
}

static void
levels_hide_and_keep_fields(void **state)
{
	struct doc_site x;
	struct str a;

	(void)state;
	open_site(&x);
	doc_site_as(&x, STR("writer@x.test"));
	a = doc_site_do(&x, READ, "Memo", "m", NULL);
	CHECK(str_find_str(a, STR("'body':'d','pay':0,'doctype'")) > 0);
	a = doc_site_do(&x, UPDATE, "Memo", "m", "{'pay':9,'note':'y','body':'z'}");
	CHECK(str_find_str(a, STR("'body':'z','pay':0,'doctype'")) > 0);
	doc_site_as(&x, STR("payer@x.test"));
	a = doc_site_do(&x, READ, "Memo", "m", NULL);
	CHECK(str_find_str(a, STR("'pay':5,'note':'x'")) > 0);
	a = doc_site_do(&x, UPDATE, "Memo", "m", "{'pay':7}");
	CHECK(str_find_str(a, STR("'pay':7,'note':'x'")) > 0);
	doc_site_as(&x, STR("creator@x.test"));
	CHECK(str_starts(
	    doc_site_do(&x, INSERT, "Memo", NULL, "{'title':'new','pay':3,'note':'q'}"), STR("{")));
	doc_site_as(&x, STR("Administrator"));
	a = doc_site_do(&x, READ, "Memo", "new", NULL);
	CHECK(str_find_str(a, STR("'pay':0,'note':'n'")) > 0);
	doc_site_close(&x);
}

static void
lists_are_cut_as_rights_say(void **state)
{
	static const struct {
		const char *user;
		const char *doctype;
		bool refused, own_only, with_code, select_only;
	} cases[] = {
		{ "Administrator", "Memo", false, false, false, false },
		{ "writer@x.test", "Memo", false, false, false, false },
		{ "owner@x.test", "Memo", false, true, false, false },
		{ "selector@x.test", "Memo", false, false, false, true },
		{ "creator@x.test", "Memo", true, false, false, false },
		{ "writer@x.test", "User", false, false, true, true },
		{ "Guest", "User", true, false, false, false },
		{ "Administrator", "User", false, false, false, false },
		{ "writer@x.test", "ToDo", false, false, true, false },
		{ "writer@x.test", "Role", true, false, false, false },
	};
	struct doc_site x;

	(void)state;
	open_site(&x);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct perm_rows rows;
		struct err err = { 0 };

		doc_site_as(&x, str_from(cases[i].user));
		const bool ok = perm_rows_of(
		    &x.call, metas_find(x.metas, str_from(cases[i].doctype)), &rows, &err);
		CHECK_CASE(cases[i].user, ok != cases[i].refused);
		if (!ok) {
			CHECK_CASE(cases[i].user, err.kind == ERR_PERMISSION);
			continue;
		}
		CHECK_CASE(cases[i].user, rows.own_only == cases[i].own_only);
		CHECK_CASE(cases[i].user, rows.with_code == cases[i].with_code);
		CHECK_CASE(cases[i].user, rows.select_only == cases[i].select_only);
	}
	doc_site_close(&x);
}

UNIT_TESTS(rights_and_their_refusals_follow_the_roles, an_owner_cannot_be_made_by_saying_so,
    levels_hide_and_keep_fields, lists_are_cut_as_rights_say)
