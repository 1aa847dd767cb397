#include "tests/unit/doc_site.h"

#include "doc/activity.h"
#include "doc/user_rules.h"
#include "doc/user_secret.h"

static void
make_user(struct doc_site *x, const char *name, const char *roles)
{
	char body[512];

	snprintf(body, sizeof(body),
	    "{'email':'%s@x.test','first_name':'%s','roles':[%s],'new_password':'Gr4nite-Qz81-%s'}",
	    name, name, roles, name);
	const struct str a = doc_site_do(x, INSERT, "User", NULL, body);
	if (!str_starts(a, STR("{")))
		fail_msg("%s: %.*s", name, STR_FMT(a));
}

static void
open_site(struct doc_site *x)
{
	doc_site_open(x);
	CHECK(str_starts(doc_site_do(x, INSERT, "Role", NULL, "{'role_name':'Clerk'}"), STR("{")));
	CHECK(str_starts(
	    doc_site_do(x, INSERT, "Role", NULL, "{'role_name':'Caller','desk_access':0}"),
	    STR("{")));
	make_user(x, "sam", "{'role':'System Manager'}");
	make_user(x, "ada", "{'role':'Clerk'}");
	make_user(x, "bob", "");
}

#define CHECK_HAS(answer, text)                                                                    \
	do {                                                                                       \
		const struct str has_answer = (answer);                                            \
		if (str_find_str(has_answer, str_from(text)) < 0)                                  \
			fail_msg("%.*s ...\nlacks\n%s",                                            \
			    STR_FMT(str_sub(has_answer,                                            \
				has_answer.len > 800 ? has_answer.len - 800 : 0, 800)),            \
			    (text));                                                               \
	} while (0)

#define CHECK_LACKS(answer, text) CHECK_CASE((text), str_find_str((answer), str_from(text)) < 0)

static void
a_new_user_is_completed(void **state UNUSED)
{
	struct doc_site x;
	struct str a;

	open_site(&x);
	a = doc_site_do(&x, INSERT, "User", NULL,
	    "{'email':' Eva.K@X.test "
	    "','first_name':'Eva','last_name':'<b>K</b>','name':'mine','user_type':'System User'}");
	CHECK_HAS(a, "'name':'eva.k@x.test'");
	CHECK_HAS(a,
	    "'email':'eva.k@x.test','first_name':'Eva','last_name':'K','full_name':'Eva "
	    "K','username':'eva','language':'en'");
	CHECK_HAS(a, "'user_type':'Website User'");
	CHECK_HAS(a, "'new_password':''");
	CHECK_HAS(a, "'social_logins':[{'name':");
	CHECK_HAS(doc_site_messages(&x), "No Roles Specified");
	CHECK_HAS(doc_site_do(&x, INSERT, "User", NULL,
		      "{'email':'eva2@x.test','first_name':'Eva','last_name':'Q','roles':[{'role':'"
		      "Caller'}]}"),
	    "'username':'eva_q'");
	CHECK(x.call.messages == NULL);
	CHECK_HAS(doc_site_do(&x, INSERT, "User", NULL,
		      "{'email':'eva3@x.test','first_name':'E','username':'eva'}"),
	    "'full_name':'E','language'");
	CHECK_STR(doc_site_do(&x, INSERT, "User", NULL, "{'email':'ADA@x.test','first_name':'A'}"),
	    "DuplicateEntryError: ('User', 'ada@x.test')");
	CHECK_STR(doc_site_do(&x, INSERT, "User", NULL, "{'first_name':'A'}"),
	    "MandatoryError: [User, None]: email");
	CHECK_STR(doc_site_do(&x, INSERT, "User", NULL, "{'email':'f@x.test'}"),
	    "MandatoryError: [User, f@x.test]: first_name");
	CHECK_HAS(doc_site_do(&x, INSERT, "User", NULL, "{'email':'no mail','first_name':'A'}"),
	    "InvalidEmailAddressError: ");
	CHECK_HAS(doc_site_do(&x, UPDATE, "User", "ada@x.test", "{'email':'other@x.test'}"),
	    "'email':'ada@x.test'");
	doc_site_close(&x);
}

static void
roles_are_tidied_and_make_the_type(void **state UNUSED)
{
	struct doc_site x;
	struct str a;

	open_site(&x);
	a = doc_site_do(&x, UPDATE, "User", "bob@x.test",
	    "{'roles':[{'role':'clerk'},{'role':'Clerk'},{'role':'All'}]}");
	CHECK_HAS(a, "'user_type':'System User'");
	CHECK(json_array_size(json_get(doc_site_json(&x, a), STR("roles"))) == 2);
	const struct who *bob = auth_find_user(x.auth, STR("bob@x.test"));
	uint32_t clerk;
	CHECK(role_find(x.roles, STR("Clerk"), &clerk) && who_has_role(bob, clerk) &&
	    bob->is_system_user);
	CHECK_HAS(doc_site_do(&x, UPDATE, "User", "bob@x.test",
		      "{'roles':[{'role':'All'},{'role':'Caller'}]}"),
	    "'user_type':'Website User'");
	CHECK_HAS(doc_site_do(&x, UPDATE, "User", "bob@x.test", "{'roles':[{'role':'Nobody'}]}"),
	    "LinkValidationError: ");
	CHECK_HAS(
	    doc_site_do(&x, UPDATE, "User", "Guest", "{'roles':[{'role':'Clerk'}]}"), "'roles':[]");

	/* Desk access of a role reaches its holders; a disabled role leaves them. */
	CHECK_HAS(
	    doc_site_do(&x, UPDATE, "Role", "Caller", "{'desk_access':1}"), "'desk_access':1");
	CHECK_HAS(doc_site_do(&x, READ, "User", "bob@x.test", NULL), "'user_type':'System User'");
	CHECK_HAS(doc_site_do(&x, UPDATE, "Role", "Clerk", "{'disabled':1}"), "'disabled':1");
	CHECK_HAS(doc_site_do(&x, READ, "User", "ada@x.test", NULL), "'roles':[]");
	CHECK_HAS(doc_site_do(&x, READ, "User", "ada@x.test", NULL), "'user_type':'Website User'");
	CHECK(!who_has_role(auth_find_user(x.auth, STR("ada@x.test")), clerk));
	CHECK_STR(doc_site_do(&x, DELETE, "Role", "Clerk", NULL), "ok");
	CHECK_HAS(doc_site_do(&x, DELETE, "Role", "System Manager", NULL), "LinkExistsError: ");
	CHECK_STR(doc_site_do(&x, UPDATE, "Role", "Guest", "{'disabled':1}"),
	    "ValidationError: Standard roles cannot be disabled");

	/* One row alone, too. */
	CHECK_HAS(doc_site_do(&x, INSERT, "Has Role", NULL,
		      "{'parent':'ada@x.test','parenttype':'User','parentfield':'roles','role':'"
		      "Caller'}"),
	    "'role':'Caller'");
	CHECK_HAS(doc_site_do(&x, READ, "User", "ada@x.test", NULL), "'user_type':'System User'");
	doc_site_close(&x);
}

static void
nobody_reaches_beyond_his_rights(void **state UNUSED)
{
	struct doc_site x;
	struct str a;

	open_site(&x);
	doc_site_as(&x, STR("ada@x.test"));
	a = doc_site_do(&x, READ, "User", "ada@x.test", NULL);
	CHECK_HAS(a, "'first_name':'ada'");
	CHECK_LACKS(a, "'user_type'");
	CHECK_LACKS(a, "'api_key'");
	CHECK_HAS(a, "'roles':[]");
	a = doc_site_do(&x, UPDATE, "User", "ada@x.test",
	    "{'bio':'me','enabled':0,'user_type':'x','api_key':'k','api_secret':'s','restrict_ip':'"
	    "1.1.1.1','roles':[{'role':'System Manager'}]}");
	CHECK_HAS(a, "'enabled':1");
	CHECK_HAS(a, "'bio':'me'");
	CHECK(!auth_find_user(x.auth, STR("ada@x.test"))->is_system_manager);
	CHECK(scratch_number(&x.s, x.s.c, STR("SELECT count(*) FROM \"tabAPI Key\"")) == 0);
	CHECK(scratch_number(
		  &x.s, x.s.c, STR("SELECT count(*) FROM tabUser WHERE restrict_ip <> ''")) == 0);
	CHECK(scratch_number(&x.s, x.s.c,
		  STR("SELECT count(*) FROM `tabHas Role` WHERE parent = 'ada@x.test'")) == 1);
	CHECK_HAS(doc_site_do(&x, INSERT, "Has Role", NULL,
		      "{'parent':'ada@x.test','parenttype':'User','parentfield':'roles','role':'"
		      "System Manager'}"),
	    "PermissionError: ");
	CHECK_HAS(doc_site_do(&x, READ, "User", "bob@x.test", NULL), "PermissionError: ");
	CHECK_HAS(
	    doc_site_do(&x, UPDATE, "User", "bob@x.test", "{'new_password':'Gr4nite-Qz81-zz'}"),
	    "PermissionError: ");
	CHECK_HAS(doc_site_do(&x, INSERT, "User", NULL, "{'email':'z@x.test','first_name':'z'}"),
	    "PermissionError: ");
	CHECK_HAS(doc_site_do(&x, DELETE, "User", "ada@x.test", NULL), "PermissionError: ");
	doc_site_as(&x, STR("sam@x.test"));
	CHECK_HAS(doc_site_do(&x, READ, "User", "Administrator", NULL), "PermissionError: ");
	CHECK_HAS(doc_site_messages(&x),
	    "Not allowed via controller permission check<br>User <strong>sam@x.test</strong> does "
	    "not have access to this document: User - Administrator");
	CHECK_STR(x.call.error_message,
	    "You need the 'read' permission on <strong>User</strong> Administrator to perform this "
	    "action.");
	CHECK_HAS(doc_site_do(&x, UPDATE, "User", "Guest", "{'bio':'x'}"), "PermissionError: ");
	CHECK_HAS(doc_site_do(&x, DELETE, "User", "Administrator", NULL), "PermissionError: ");
	CHECK_HAS(
	    doc_site_do(&x, UPDATE, "User", "bob@x.test", "{'roles':[{'role':'System Manager'}]}"),
	    "'role':'System Manager'");
	doc_site_close(&x);
}

static void
the_two_users_that_come_with_the_site_stay(void **state UNUSED)
{
	struct doc_site x;

	open_site(&x);
	doc_site_as(&x, STR("Guest"));
	CHECK_HAS(doc_site_do(&x, READ, "User", "Guest", NULL), "PermissionError: ");
	CHECK_HAS(doc_site_do(&x, UPDATE, "User", "Guest", "{'bio':'x'}"), "PermissionError: ");
	doc_site_as(&x, STR("Administrator"));
	CHECK_STR(doc_site_do(&x, UPDATE, "User", "Administrator", "{'enabled':0}"),
	    "ValidationError: User Administrator cannot be disabled");
	CHECK_STR(doc_site_do(&x, UPDATE, "User", "Guest", "{'enabled':0}"),
	    "ValidationError: User Guest cannot be disabled");
	CHECK_STR(doc_site_do(&x, DELETE, "User", "Administrator", NULL),
	    "ValidationError: User Administrator cannot be deleted");
	CHECK_STR(doc_site_do(&x, DELETE, "User", "Guest", NULL),
	    "ValidationError: User Guest cannot be deleted");
	doc_site_close(&x);
}

static void
passwords_are_hashed_and_never_kept(void **state UNUSED)
{
	struct doc_site x;

	open_site(&x);
	CHECK(scratch_number(&x.s, x.s.c,
		  STR("SELECT count(*) FROM password WHERE user LIKE '%@x.test' AND hash LIKE "
		      "'$argon2id$%'")) == 3);
	CHECK(scratch_number(
		  &x.s, x.s.c, STR("SELECT count(*) FROM tabUser WHERE new_password <> ''")) == 0);
	CHECK_HAS(doc_site_do(&x, UPDATE, "User", "bob@x.test", "{'new_password':'bob'}"),
	    "ValidationError: ");
	CHECK_HAS(doc_site_do(&x, UPDATE, "User", "bob@x.test", "{'new_password':'******'}"),
	    "'new_password':''");
	doc_site_as(&x, STR("ada@x.test"));
	CHECK_HAS(
	    doc_site_do(&x, UPDATE, "User", "ada@x.test", "{'new_password':'Other-Qz82-pass'}"),
	    "send the old one too, as old_password");
	CHECK_HAS(doc_site_do(&x, UPDATE, "User", "ada@x.test",
		      "{'new_password':'Other-Qz82-pass','old_password':'wrong'}"),
	    "AuthenticationError: Incorrect password");
	CHECK_HAS(doc_site_do(&x, UPDATE, "User", "ada@x.test",
		      "{'new_password':'Other-Qz82-pass','old_password':'Gr4nite-Qz81-ada'}"),
	    "'new_password':''");
	doc_site_as(&x, STR("sam@x.test"));
	CHECK_HAS(
	    doc_site_do(&x, UPDATE, "User", "sam@x.test", "{'new_password':'Other-Qz83-pass'}"),
	    "'new_password':''");
	doc_site_close(&x);
}

static bool
generate(struct doc_site *x, const char *user, struct key_pair *pair)
{
	bool ok;

	x->call.changes = (struct change_list){ 0 };
	x->call.now_us = clock_now_us();
	CHECK(db_begin(x->s.c, &x->s.err));
	ok = user_secret_generate(&x->call, str_from(user), pair, &x->s.err);
	if (!ok) {
		db_rollback(x->s.c);
		return false;
	}
	struct err err;
	CHECK(db_commit(x->s.c, &err));
	return true;
}

static void
keys_are_made_and_set_by_managers(void **state UNUSED)
{
	struct doc_site x;
	struct key_pair pair, again;
	struct str a;

	open_site(&x);
	doc_site_as(&x, STR("sam@x.test"));
	CHECK_OK(&x.s, generate(&x, "ADA@x.test", &pair));
	CHECK(pair.key.len == KEY_LEN && pair.secret.len == SECRET_LEN);
	a = doc_site_do(&x, READ, "User", "ada@x.test", NULL);
	CHECK_HAS(a, "'api_secret':'***************'");
	CHECK(str_eq(doc_site_get(&x, a, "api_key"), pair.key));
	CHECK_OK(&x.s, generate(&x, "ada@x.test", &again));
	CHECK(str_eq(again.key, pair.key) && !str_eq(again.secret, pair.secret));
	CHECK(!generate(&x, "nobody@x.test", &again) && x.s.err.kind == ERR_DOES_NOT_EXIST);
	CHECK_STR(str_from(x.s.err.msg), "User nobody@x.test not found");
	CHECK(!generate(&x, "Administrator", &again) && x.s.err.kind == ERR_PERMISSION);
	doc_site_as(&x, STR("ada@x.test"));
	CHECK(!generate(&x, "ada@x.test", &again) && x.s.err.kind == ERR_PERMISSION);
	doc_site_as(&x, STR("sam@x.test"));
	CHECK_HAS(doc_site_do(&x, UPDATE, "User", "bob@x.test",
		      "{'api_key':'bobkey','api_secret':'bobsecret'}"),
	    "'api_key':'bobkey','api_secret':'***************'");
	CHECK(scratch_number(&x.s, x.s.c,
		  STR("SELECT count(*) FROM secret s JOIN \"tabAPI Key\" k ON k.name = s.api_key "
		      "WHERE "
		      "k.user = 'bob@x.test'")) == 1);
	CHECK_HAS(doc_site_do(&x, UPDATE, "User", "bob@x.test", "{'last_name':'B'}"),
	    "'api_key':'bobkey','api_secret':'***************'");
	CHECK_HAS(doc_site_do(&x, UPDATE, "User", "bob@x.test", "{'api_secret':'*****'}"),
	    "'api_secret':'***************'");
	CHECK(scratch_number(&x.s, x.s.c,
		  STR("SELECT count(*) FROM secret s JOIN \"tabAPI Key\" k ON k.name = s.api_key "
		      "WHERE "
		      "k.user = 'bob@x.test'")) == 1);
	CHECK(scratch_number(&x.s, x.s.c,
		  STR("SELECT count(*) FROM tabUser WHERE api_secret = 'bobsecret'")) == 0);
	CHECK_HAS(
	    doc_site_do(&x, UPDATE, "User", "bob@x.test", "{'api_secret':''}"), "'api_secret':''");
	CHECK(scratch_number(&x.s, x.s.c,
		  STR("SELECT count(*) FROM secret s JOIN \"tabAPI Key\" k ON k.name = s.api_key "
		      "WHERE "
		      "k.user = 'bob@x.test'")) == 0);
	char body[64];
	snprintf(body, sizeof(body), "{'api_key':'%.*s'}", STR_FMT(pair.key));
	CHECK_HAS(doc_site_do(&x, UPDATE, "User", "bob@x.test", body), "UniqueValidationError: ");
	CHECK_HAS(doc_site_messages(&x), "API Key must be unique");
	CHECK_STR(doc_site_do(&x, DELETE, "User", "ada@x.test", NULL), "ok");
	CHECK(scratch_number(&x.s, x.s.c,
		  STR("SELECT count(*) FROM \"tabAPI Key\" WHERE user = 'ada@x.test'")) == 0);
	CHECK(scratch_number(&x.s, x.s.c,
		  STR("SELECT count(*) FROM password WHERE user = 'ada@x.test'")) == 0);
	CHECK(auth_find_user(x.auth, STR("ada@x.test")) == NULL ||
	    !auth_find_user(x.auth, STR("ada@x.test"))->enabled);
	doc_site_close(&x);
}

static void
todos_and_notes_belong_to_those_they_name(void **state UNUSED)
{
	struct doc_site x;
	struct str a;
	char name[16];

	open_site(&x);
	doc_site_as(&x, STR("ada@x.test"));
	CHECK_HAS(
	    doc_site_do(&x, INSERT, "ToDo", NULL, "{'description':'d'}"), "PermissionError: ");
	CHECK_HAS(doc_site_messages(&x), "Not allowed via controller permission check<br>");
	a = doc_site_do(&x, INSERT, "ToDo", NULL,
	    "{'description':'d','assigned_by':'ADA@x.test','allocated_to':'bob@x.test'}");
	CHECK_HAS(a, "'assigned_by':'ada@x.test','assigned_by_full_name':'ada'");
	snprintf(name, sizeof(name), "%.*s", STR_FMT(doc_site_get(&x, a, "name")));
	CHECK_HAS(
	    doc_site_do(&x, UPDATE, "ToDo", name, "{'status':'Closed'}"), "'status':'Closed'");
	doc_site_as(&x, STR("bob@x.test"));
	CHECK_HAS(doc_site_do(&x, UPDATE, "ToDo", name, "{'priority':'Low'}"), "'priority':'Low'");
	doc_site_as(&x, STR("sam@x.test"));
	CHECK_HAS(
	    doc_site_do(&x, UPDATE, "ToDo", name, "{'priority':'High'}"), "'priority':'High'");
	CHECK_HAS(doc_site_do(&x, DELETE, "ToDo", name, NULL), "PermissionError: ");
	doc_site_as(&x, STR("ada@x.test"));
	CHECK_STR(doc_site_do(&x, DELETE, "ToDo", name, NULL), "ok");
	a = doc_site_do(&x, INSERT, "Note", NULL, "{'title':'n','public':1}");
	CHECK_HAS(a, "'title':'n','public':0");
	CHECK_HAS(a, "'content':'<span></span>'");
	snprintf(name, sizeof(name), "%.*s", STR_FMT(doc_site_get(&x, a, "name")));
	doc_site_as(&x, STR("sam@x.test"));
	CHECK_HAS(doc_site_do(&x, READ, "Note", name, NULL), "PermissionError: ");
	doc_site_as(&x, STR("ada@x.test"));
	CHECK_HAS(doc_site_do(&x, READ, "Note", name, NULL), "'title':'n'");
	CHECK(db_begin(x.s.c, &x.s.err));
	CHECK_OK(&x.s,
	    activity_log(&x.call, STR("Login"), STR("Success"), STR("ada logged in"),
		STR("ADA@x.test"), &x.s.err));
	CHECK(db_commit(x.s.c, &x.s.err));
	CHECK(scratch_number(&x.s, x.s.c,
		  STR("SELECT count(*) FROM `tabActivity Log` WHERE user = 'ada@x.test' AND "
		      "full_name = 'ada' AND operation = 'Login' AND communication_date <> ''")) ==
	    1);
	doc_site_close(&x);
}

static void
settings_are_told(void **state UNUSED)
{
	struct doc_site x;

	open_site(&x);
	CHECK_HAS(doc_site_do(&x, UPDATE, "System Settings", "System Settings",
		      "{'allow_error_traceback':0}"),
	    "'allow_error_traceback':0");
	CHECK(!auth_settings(x.auth).error_traceback);
	CHECK_HAS(doc_site_do(&x, UPDATE, "System Settings", "x", "{'session_expiry':'soon'}"),
	    "ValidationError: Session Expiry");
	doc_site_close(&x);
}

UNIT_TESTS(a_new_user_is_completed, roles_are_tidied_and_make_the_type,
    nobody_reaches_beyond_his_rights, the_two_users_that_come_with_the_site_stay,
    passwords_are_hashed_and_never_kept, keys_are_made_and_set_by_managers,
    todos_and_notes_belong_to_those_they_name, settings_are_told)
