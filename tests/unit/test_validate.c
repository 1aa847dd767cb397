#include "tests/unit/doc_site.h"

static const char PERSON[] =
    "{'name':'Person','module':'Custom','custom':1,'autoname':'hash','fields':["
    "{'fieldname':'email','label':'E-Mail','fieldtype':'Data','options':'Email'},"
    "{'fieldname':'nick','label':'Nick','fieldtype':'Data','options':'Name'},"
    "{'fieldname':'tel','label':'Tel','fieldtype':'Data','options':'Phone'},"
    "{'fieldname':'site','label':'Site','fieldtype':'Data','options':'URL'},"
    "{'fieldname':'mobile','label':'Mobile','fieldtype':'Phone'},"
    "{'fieldname':'age','label':'Age','fieldtype':'Int','non_negative':1},"
    "{'fieldname':'wide','label':'Wide','fieldtype':'Int','length':20},"
    "{'fieldname':'short','label':'Short','fieldtype':'Data','length':3},"
    "{'fieldname':'stars','label':'Stars','fieldtype':'Rating'},"
    "{'fieldname':'text','label':'Text','fieldtype':'Small Text'}],"
    "'permissions':[{'role':'System Manager'}]}";

static void
each_rule_has_its_error(void **state)
{
	static const struct {
		const char *body;
		const char *expected;
	} cases[] = {
		{ "{'email':'a@b.test'}", "'email':'a@b.test'" },
		{ "{'email':'a@b.test, Ada <ada.l+x@mail.b.test>\\nAdministrator'}", "'email'" },
		{ "{'email':'not-an-email'}",
		    "InvalidEmailAddressError: not-an-email is not a valid Email Address" },
		{ "{'email':'a@b'}", "InvalidEmailAddressError: a@b is" },
		{ "{'email':'a..b@c.test'}", "InvalidEmailAddressError: " },
		{ "{'email':'a@-b.test'}", "InvalidEmailAddressError: " },
		{ "{'email':'a b@c.test'}", "InvalidEmailAddressError: " },
		{ "{'nick':'Zo\u00eb O\\u0027Hara-Smith'}", "'nick'" },
		{ "{'nick':'a  b'}", "InvalidNameError: a  b is not a valid Name" },
		{ "{'nick':'a$'}", "InvalidNameError: " },
		{ "{'tel':'+49 (30) 1-2'}", "'tel'" },
		{ "{'tel':'12a'}", "InvalidPhoneNumberError: 12a is not a valid Phone Number" },
		{ "{'tel':'123456789012345678901'}", "InvalidPhoneNumberError: " },
		{ "{'site':'https://x.test'}", "'site'" },
		{ "{'site':'/local'}", "'site'" },
		{ "{'site':'x.test'}",
		    "ValidationError: '<strong>x.test</strong>' is not a valid URL" },
		{ "{'mobile':'+49-3012345678'}", "'mobile'" },
		{ "{'mobile':'3012345678'}",
		    "InvalidPhoneNumberError: Phone Number <strong>3012345678</strong> set in "
		    "field <strong>mobile</strong> is not valid." },
		{ "{'age':-1}",
		    "NonNegativeError: Value cannot be negative for Person: <strong>Age</strong>" },
		{ "{'wide':2147483648}", "'wide':2147483648" },
		{ "{'short':'abcd'}", "CharacterLengthExceededError: Person " },
		{ "{'short':'\u00e4\u00f6\u00fc'}", "'short'" },
		{ "{'stars':7}", "'stars':1.0" },
		{ "{'stars':-0.5}", "'stars':0.0" },
		{ "{'stars':0.4}", "'stars':0.4" },
	};
	struct doc_site x;

	(void)state;
	doc_site_open(&x);
	doc_site_doctype(&x, "Person", PERSON);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct str a = doc_site_do(&x, INSERT, "Person", NULL, cases[i].body);

		if (str_find_str(a, str_from(cases[i].expected)) < 0)
			fail_msg("%s gave %.*s", cases[i].body, STR_FMT(a));
	}
	doc_site_close(&x);
}

static void
long_text_is_refused_and_not_cut(void **state)
{
	static char body[70000];
	struct doc_site x;

	(void)state;
	doc_site_open(&x);
	doc_site_doctype(&x, "Person", PERSON);
	memset(body, 'x', sizeof(body) - 1);
	memcpy(body, "{'text':'", 9);
	memcpy(body + sizeof(body) - 3, "'}", 2);
	const struct str a = doc_site_do(&x, INSERT, "Person", NULL, body);
	CHECK(str_starts(a, STR("CharacterLengthExceededError: Person ")));
	CHECK(str_ends(a, STR("max characters allowed is 65535")));
	doc_site_close(&x);
}

UNIT_TESTS(each_rule_has_its_error, long_text_is_refused_and_not_cut)
