#include "tests/unit/doc_site.h"

#define CHECK_BEGINS(answer, text)                                                                 \
	do {                                                                                       \
		const struct str begins_answer = (answer);                                         \
		if (!str_starts(begins_answer, str_from(text)))                                    \
			fail_msg(                                                                  \
			    "\"%.*s\" does not begin with \"%s\"", STR_FMT(begins_answer), text);  \
	} while (0)

static struct str
make(struct doc_site *x, const char *body)
{
	return doc_site_do(x, INSERT, "DocType", NULL, body);
}

static int64_t
count(struct doc_site *x, const char *sql)
{
	return scratch_number(&x->s, x->s.c, str_from(sql));
}

static bool
has_table(struct doc_site *x, const char *table)
{
	bool has = false;

	CHECK_OK(&x->s, db_has_table(x->s.c, str_from(table), &has, &x->s.err));
	return has;
}

static void
refuses_fields_that_may_not_be(void **state UNUSED)
{
	static const struct {
		const char *fields, *error;
	} cases[] = {
		{ "{'fieldname':'owner','fieldtype':'Data'}", "InvalidFieldNameError: " },
		{ "{'fieldname':'Name','fieldtype':'Data'}", "InvalidFieldNameError: " },
		{ "{'fieldname':'idx','fieldtype':'Int'}", "InvalidFieldNameError: " },
		{ "{'fieldname':'doctype','fieldtype':'Data'}", "ValidationError: " },
		{ "{'fieldname':'__newname','fieldtype':'Data'}", "ValidationError: " },
		{ "{'fieldname':'_assign','fieldtype':'Data'}", "ValidationError: " },
		{ "{'fieldname':'a','fieldtype':'Data'},{'fieldname':'A','fieldtype':'Int'}",
		    "UniqueFieldnameError: X: Fieldname a appears multiple times in rows 1, 2" },
		{ "{'fieldname':'a','label':'A','fieldtype':'Link'}",
		    "DoctypeLinkError: X: Options required for Link or Table type field A in row "
		    "1" },
		{ "{'fieldname':'a','fieldtype':'Table'}", "DoctypeLinkError: " },
		{ "{'fieldname':'a','fieldtype':'Link','options':'Nowhere'}",
		    "WrongOptionsDoctypeLinkError: " },
		{ "{'fieldname':'a','fieldtype':'Link','options':'todo'}", "DoctypeLinkError: " },
		{ "{'fieldname':'a','fieldtype':'Table','options':'ToDo'}", "ValidationError: " },
		{ "{'fieldname':'a','fieldtype':'Table','options':'X'}", "ValidationError: " },
		{ "{'fieldname':'a','fieldtype':'Table MultiSelect','options':'DefaultValue'}",
		    "ValidationError: " },
		{ "{'fieldname':'a','fieldtype':'Section Break','reqd':1}",
		    "IllegalMandatoryError: " },
		{ "{'fieldname':'a','fieldtype':'Data','reqd':1,'hidden':1}",
		    "HiddenAndMandatoryWithoutDefaultError: " },
		{ "{'fieldname':'a','fieldtype':'Check','default':'2'}", "ValidationError: " },
		{ "{'fieldname':'a','fieldtype':'Select','options':'x\\ny','default':'z'}",
		    "ValidationError: " },
		{ "{'fieldname':'a','fieldtype':'Text','unique':1}", "NonUniqueError: " },
		{ "{'fieldname':'a','fieldtype':'Float','unique':1}", "NonUniqueError: " },
		{ "{'fieldname':'a','fieldtype':'Text','search_index':1}", "CannotIndexedError: " },
		{ "{'fieldname':'a','fieldtype':'Dynamic Link','options':'b'}",
		    "ValidationError: " },
		{ "{'fieldname':'a','fieldtype':'Data','options':'Nonsense'}",
		    "ValidationError: " },
		{ "{'fieldname':'a b','fieldtype':'Data'}", "InvalidColumnName: " },
		{ "{'fieldname':'a`b','fieldtype':'Data'}", "InvalidColumnName: " },
		{ "{'fieldname':'a\\u00e9','fieldtype':'Data'}", "InvalidColumnName: " },
		{ "{'fieldname':'a23456789012345678901234567890123456789012345678901234567890123"
		  "45','fieldtype':'Data'}",
		    "ValidationError: " },
		{ "{'fieldtype':'Data'}", "ValidationError: Row #1: Fieldname is required" },
		{ "{'fieldname':'a','fieldtype':'Nothing'}", "ValidationError: " },
		{ "{'fieldname':'a','fieldtype':'Long Int'}", "ValidationError: " },
		{ "{'fieldname':'a','fieldtype':'Data','length':1001}", "ValidationError: " },
		{ "{'fieldname':'a','fieldtype':'Data','permlevel':10}", "ValidationError: " },
	};
	struct doc_site x;

	doc_site_open(&x);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char body[600];

		snprintf(body, sizeof(body),
		    "{'name':'X','module':'Custom','custom':1,'autoname':'hash','fields':[%s]}",
		    cases[i].fields);
		const struct str answer = make(&x, body);

		if (!str_starts(answer, str_from(cases[i].error)))
			fail_msg("%s: \"%.*s\"", cases[i].fields, STR_FMT(answer));
		CHECK_CASE(cases[i].fields, !has_table(&x, "tabX"));
	}
	CHECK(count(&x, "SELECT count(*) FROM tabDocField WHERE parent = 'X'") == 0);
	doc_site_close(&x);
}

static void
refuses_doctypes_that_may_not_be(void **state UNUSED)
{
#define FIELDS "'module':'Custom','fields':[{'fieldname':'a','fieldtype':'Data'}]"
	static const struct {
		const char *body, *error;
	} cases[] = {
		{ "{'name':'X'," FIELDS "}", "CannotCreateStandardDoctypeError: " },
		{ "{'name':'X','custom':1,'is_virtual':1," FIELDS "}",
		    "CannotCreateStandardDoctypeError: " },
		{ "{'custom':1," FIELDS "}", "ValidationError: Please set the document name" },
		{ "{'name':'9X','custom':1," FIELDS "}", "NameError: " },
		{ "{'name':'_X','custom':1," FIELDS "}", "NameError: " },
		{ "{'name':' X','custom':1," FIELDS "}", "NameError: " },
		{ "{'name':'X ','custom':1," FIELDS "}", "NameError: " },
		{ "{'name':'X`Y','custom':1," FIELDS "}", "NameError: " },
		{ "{'name':'X.Y','custom':1," FIELDS "}", "NameError: " },
		{ "{'name':'\\u00c4X','custom':1," FIELDS "}", "NameError: " },
		{ "{'name':'X2345678901234567890123456789012345678901234567890123456789012',"
		  "'custom':1," FIELDS "}",
		    "NameError: " },
		{ "{'name':'todo','custom':1," FIELDS "}", "DuplicateEntryError: " },
		{ "{'name':'X','custom':1,'fields':[]}", "MandatoryError: " },
		{ "{'name':'X','custom':1,'autoname':'field:b'," FIELDS "}",
		    "ValidationError: Invalid fieldname 'b' in autoname" },
		{ "{'name':'X','custom':1,'autoname':'naming_series:'," FIELDS "}",
		    "ValidationError: Fieldname called" },
		{ "{'name':'X','custom':1,'title_field':'b'," FIELDS "}",
		    "InvalidFieldNameError: " },
		{ "{'name':'X','custom':1,'sort_field':'b'," FIELDS "}",
		    "InvalidFieldNameError: " },
		{ "{'name':'X','custom':1,'sort_field':'a; drop'," FIELDS "}",
		    "InvalidFieldNameError: " },
		{ "{'name':'X','custom':1,'search_fields':'a, b'," FIELDS "}",
		    "ValidationError: Search field b is not valid" },
		{ "{'name':'X','custom':1,'module':'Nowhere','fields':[]}",
		    "LinkValidationError: " },
	};
	struct doc_site x;

	doc_site_open(&x);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct str answer = make(&x, cases[i].body);

		if (!str_starts(answer, str_from(cases[i].error)))
			fail_msg("%s: \"%.*s\"", cases[i].body, STR_FMT(answer));
	}
	doc_site_close(&x);
}

static void
refuses_permissions_that_contradict_themselves(void **state UNUSED)
{
#define NONE "'read':0,'write':0,'create':0,'delete':0"
	static const struct {
		const char *perms, *error;
	} cases[] = {
		{ "{'role':'Blogger'," NONE "}", "No basic permissions set" },
		{ "{'role':'Blogger'},{'role':'Blogger'}", "Only one rule" },
		{ "{'role':'Blogger','permlevel':1}", "level 0 must be set" },
		{ "{'role':'Blogger','cancel':1}", "Cannot set Cancel without Submit" },
		{ "{'role':'Blogger','submit':1,'write':0}", "without Write" },
		{ "{'role':'Blogger','submit':1}", "if not Submittable" },
		{ "{'role':'Blogger','amend':1}", "if not Submittable" },
		{ "{'role':'Blogger','import':1}", "not importable" },
		{ "{'role':'Blogger','permlevel':10}", "Levels are 0 to 9" },
		{ "{'role':'Blogger'},{'role':'Blogger','if_owner':1},{'role':'Blogger',"
		  "'permlevel':1}",
		    NULL },
	};
	struct doc_site x;

	doc_site_open(&x);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		char body[600];

		snprintf(body, sizeof(body),
		    "{'name':'X','module':'Custom','custom':1,'fields':[{'fieldname':'a',"
		    "'fieldtype':'Data'}],'permissions':[%s]}",
		    cases[i].perms);
		const struct str answer = make(&x, body);

		if (cases[i].error == NULL ? !str_starts(answer, STR("{"))
					   : str_find_str(answer, str_from(cases[i].error)) < 0)
			fail_msg("%s: \"%.*s\"", cases[i].perms, STR_FMT(answer));
	}
	doc_site_close(&x);
}

static void
a_custom_doctype_is_usable_at_once_and_gone_when_deleted(void **state UNUSED)
{
	static const char BODY[] =
	    "{'name':'Shed','module':'Custom','custom':1,'autoname':'autoincrement','fields':["
	    "{'fieldname':'a','fieldtype':'Data'}],'permissions':[{'role':'System Manager'}]}";
	struct doc_site x;

	doc_site_open(&x);
	for (int round = 0; round < 2; round++) {
		doc_site_doctype(&x, "Shed", BODY);
		CHECK(has_table(&x, "tabShed"));
		CHECK_STR(
		    doc_site_get(&x, doc_site_do(&x, INSERT, "Shed", NULL, "{'a':'b'}"), "name"),
		    "1");
		CHECK_BEGINS(doc_site_do(&x, READ, "Shed", "1", NULL), "{");
		CHECK_STR(doc_site_do(&x, DELETE, "DocType", "Shed", NULL), "ok");
		CHECK(metas_find(x.metas, STR("Shed")) == NULL);
		CHECK(!has_table(&x, "tabShed"));
		CHECK(count(&x, "SELECT count(*) FROM tabDocField WHERE parent = 'Shed'") == 0);
		CHECK(count(&x, "SELECT count(*) FROM tabDocPerm WHERE parent = 'Shed'") == 0);
	}
	doc_site_close(&x);
}

static void
shipped_doctypes_neither_change_nor_go(void **state UNUSED)
{
	struct doc_site x;

	doc_site_open(&x);
	CHECK_BEGINS(doc_site_do(&x, UPDATE, "DocType", "ToDo", "{'description':'x'}"),
	    "CannotCreateStandardDoctypeError: ");
	CHECK_BEGINS(doc_site_do(&x, UPDATE, "DocType", "User", "{'custom':1}"),
	    "CannotCreateStandardDoctypeError: ");
	CHECK_STR(doc_site_do(&x, DELETE, "DocType", "ToDo", NULL),
	    "ValidationError: Standard DocType can not be deleted.");
	CHECK_BEGINS(doc_site_do(&x, INSERT, "DocField", NULL,
			 "{'parent':'ToDo','parenttype':'DocType','parentfield':'fields',"
			 "'fieldname':'extra','fieldtype':'Data'}"),
	    "CannotCreateStandardDoctypeError: ");
	CHECK(count(&x, "SELECT count(*) FROM tabDocField WHERE fieldname = 'extra'") == 0);
	doc_site_close(&x);
}

static void
fields_get_names_and_what_follows_from_the_rest(void **state UNUSED)
{
	struct doc_site x;
	const struct doctype *dt;

	doc_site_open(&x);
	doc_site_doctype(&x, "Made",
	    "{'name':'Made','module':'Custom','custom':1,'autoname':'field:first_name',"
	    "'is_submittable':1,'fields':["
	    "{'label':'First Name','fieldtype':'Data','reqd':1},"
	    "{'label':'Due Date?','fieldtype':'Date'},{'label':'Due date','fieldtype':'Date'},"
	    "{'label':'Owner','fieldtype':'Data'},{'fieldtype':'Section Break'},"
	    "{'label':'More','fieldtype':'Section Break'},"
	    "{'fieldname':'FLAG','fieldtype':'Check'},"
	    "{'fieldname':'on','fieldtype':'Check','default':1}],"
	    "'permissions':[{'role':'System Manager','submit':1}]}");
	dt = metas_find(x.metas, STR("Made"));
	CHECK(doctype_field(dt, STR("first_name"))->unique);
	CHECK(doctype_field(dt, STR("first_name"))->in_list_view);
	CHECK(doctype_field(dt, STR("due_date")) != NULL);
	CHECK(doctype_field(dt, STR("due_date_1")) != NULL);
	CHECK(doctype_field(dt, STR("owner1")) != NULL);
	CHECK(doctype_field(dt, STR("more_section")) != NULL);
	CHECK_STR(doctype_field(dt, STR("flag"))->fallback, "0");
	CHECK_STR(doctype_field(dt, STR("on"))->fallback, "1");
	CHECK_STR(doctype_field(dt, STR("amended_from"))->options, "Made");
	CHECK(dt->perms_len == 1);
	CHECK(dt->perms[0].rights ==
	    (BIT(RIGHT_READ) | BIT(RIGHT_WRITE) | BIT(RIGHT_CREATE) | BIT(RIGHT_DELETE) |
		BIT(RIGHT_SUBMIT) | BIT(RIGHT_REPORT) | BIT(RIGHT_EXPORT) | BIT(RIGHT_SHARE) |
		BIT(RIGHT_PRINT) | BIT(RIGHT_EMAIL)));
	CHECK(str_find_str(doc_site_messages(&x), STR("Naming is not set")) < 0);
	doc_site_doctype(&x, "Unnamed",
	    "{'name':'Unnamed','module':'Custom','custom':1,'fields':["
	    "{'fieldname':'naming_series','fieldtype':'Select','options':'N-.##'}]}");
	CHECK(str_find_str(doc_site_messages(&x), STR("Warning: Naming is not set")) >= 0);
	CHECK_STR(metas_find(x.metas, STR("Unnamed"))->autoname, "naming_series:");
	doc_site_close(&x);
}

#define HALL(fields)                                                                               \
	"{'name':'Hall','module':'Custom','custom':1,'autoname':'hash','fields':[" fields          \
	"],'permissions':[{'role':'System Manager'}]}"

static void
open_hall(struct doc_site *x, const char *body)
{
	doc_site_open(x);
	doc_site_doctype(x, "Hall", body);
}

static struct str
change(struct doc_site *x, const char *fields)
{
	char body[600];

	snprintf(body, sizeof(body), "{'fields':[%s]}", fields);
	return doc_site_do(x, UPDATE, "DocType", "Hall", body);
}

static void
a_new_field_is_a_column_that_holds_its_default(void **state UNUSED)
{
	struct doc_site x;

	open_hall(&x, HALL("{'fieldname':'a','fieldtype':'Data'}"));
	CHECK_BEGINS(doc_site_do(&x, INSERT, "Hall", NULL, "{'a':'kept'}"), "{");
	CHECK_BEGINS(change(&x,
			 "{'fieldname':'b','fieldtype':'Int','default':'7'},"
			 "{'fieldname':'c','fieldtype':'Data','default':'x'}"),
	    "{");
	CHECK(doctype_field(metas_find(x.metas, STR("Hall")), STR("a")) == NULL);
	CHECK(count(&x, "SELECT count(*) FROM tabHall WHERE b = 7 AND c = 'x'") == 1);
	/* The field comes back, and what it held. */
	CHECK_BEGINS(change(&x, "{'fieldname':'a','fieldtype':'Data'}"), "{");
	CHECK(count(&x, "SELECT count(*) FROM tabHall WHERE a = 'kept'") == 1);
	doc_site_close(&x);
}

static void
a_column_of_another_type_is_converted_or_nothing_changes(void **state UNUSED)
{
	struct doc_site x;

	open_hall(&x, HALL("{'fieldname':'a','fieldtype':'Data','search_index':1}"));
	for (int i = 0; i < 450; i++) {
		char body[32];

		snprintf(body, sizeof(body), "{'a':'%d'}", i);
		CHECK_BEGINS(doc_site_do(&x, INSERT, "Hall", NULL, body), "{");
	}
	CHECK_BEGINS(doc_site_do(&x, INSERT, "Hall", NULL, "{}"), "{");
	CHECK_BEGINS(change(&x, "{'fieldname':'a','fieldtype':'Int','search_index':1}"), "{");
	CHECK(count(&x, "SELECT sum(a) FROM tabHall WHERE typeof(a) = 'integer'") == 449 * 450 / 2);
	CHECK(count(&x, "SELECT count(*) FROM tabHall") == 451);
	CHECK_BEGINS(change(&x, "{'fieldname':'a','fieldtype':'Date'}"), "ValidationError: ");
	CHECK(doctype_field(metas_find(x.metas, STR("Hall")), STR("a"))->type == FIELD_INT);
	CHECK(count(&x, "SELECT sum(a) FROM tabHall") == 449 * 450 / 2);
	CHECK_BEGINS(change(&x, "{'fieldname':'a','fieldtype':'Small Text'}"), "{");
	CHECK(count(&x, "SELECT count(*) FROM tabHall WHERE a = '449'") == 1);
	doc_site_close(&x);
}

static void
a_field_becomes_unique_only_if_its_values_are(void **state UNUSED)
{
	struct doc_site x;

	open_hall(&x, HALL("{'fieldname':'a','fieldtype':'Data'}"));
	for (int i = 0; i < 2; i++) {
		CHECK_BEGINS(doc_site_do(&x, INSERT, "Hall", NULL, "{'a':''}"), "{");
		CHECK_BEGINS(doc_site_do(&x, INSERT, "Hall", NULL, "{'a':'twice'}"), "{");
	}
	CHECK_BEGINS(change(&x, "{'fieldname':'a','label':'A','fieldtype':'Data','unique':1}"),
	    "NonUniqueError: Hall: Field 'A' cannot be set as Unique as it has non-unique values");
	CHECK_OK(&x.s,
	    db_exec(x.s.c, STR("UPDATE tabHall SET a = name WHERE a = 'twice'"), NULL, 0, NULL,
		&x.s.err));
	CHECK_BEGINS(
	    change(&x, "{'fieldname':'a','label':'A','fieldtype':'Data','unique':1}"), "{");
	CHECK_BEGINS(doc_site_do(&x, INSERT, "Hall", NULL, "{'a':'once'}"), "{");
	CHECK_BEGINS(
	    doc_site_do(&x, INSERT, "Hall", NULL, "{'a':'ONCE'}"), "UniqueValidationError: ");
	CHECK_BEGINS(change(&x, "{'fieldname':'a','fieldtype':'Data'}"), "{");
	CHECK_BEGINS(doc_site_do(&x, INSERT, "Hall", NULL, "{'a':'once'}"), "{");
	doc_site_close(&x);
}

static void
names_change_their_kind_only_in_an_empty_table(void **state UNUSED)
{
	struct doc_site x;

	open_hall(&x, HALL("{'fieldname':'a','fieldtype':'Data'}"));
	CHECK_BEGINS(
	    doc_site_do(&x, UPDATE, "DocType", "Hall", "{'autoname':'autoincrement'}"), "{");
	CHECK_STR(doc_site_get(&x, doc_site_do(&x, INSERT, "Hall", NULL, "{}"), "name"), "1");
	CHECK_STR(doc_site_do(&x, UPDATE, "DocType", "Hall", "{'autoname':'hash'}"),
	    "ValidationError: Cannot change to/from Autoincrement naming rule");
	doc_site_close(&x);
}

static void
a_row_written_alone_changes_the_table(void **state UNUSED)
{
	struct doc_site x;

	open_hall(&x, HALL("{'fieldname':'a','fieldtype':'Data'}"));
	CHECK(doc_write_run(STR("DocType")) == RUN_WRITE_ALONE);
	CHECK(doc_write_run(STR("DocField")) == RUN_WRITE_ALONE);
	CHECK_BEGINS(doc_site_do(&x, INSERT, "DocField", NULL,
			 "{'parent':'Hall','parenttype':'DocType','parentfield':'fields',"
			 "'fieldname':'b','fieldtype':'Data'}"),
	    "{");
	CHECK_STR(
	    doc_site_get(&x, doc_site_do(&x, INSERT, "Hall", NULL, "{'b':'there'}"), "b"), "there");
	doc_site_close(&x);
}

static void
the_first_custom_permission_keeps_the_shipped_ones(void **state UNUSED)
{
	struct doc_site x;
	char name[64];

	doc_site_open(&x);
	const size_t shipped = metas_find(x.metas, STR("ToDo"))->perms_len;

	CHECK_BEGINS(doc_site_do(&x, INSERT, "Custom DocPerm", NULL,
			 "{'parent':'DocType','role':'Blogger'}"),
	    "ValidationError: ");
	CHECK_BEGINS(doc_site_do(&x, INSERT, "Custom DocPerm", NULL,
			 "{'parent':'Has Role','role':'Blogger'}"),
	    "ValidationError: ");
	CHECK_BEGINS(doc_site_do(&x, INSERT, "Custom DocPerm", NULL,
			 "{'parent':'Nowhere','role':'Blogger'}"),
	    "LinkValidationError: ");
	const struct str answer = doc_site_do(&x, INSERT, "Custom DocPerm", NULL,
	    "{'parent':'ToDo','role':'Blogger','read':1,'write':1}");

	CHECK_BEGINS(answer, "{");
	snprintf(name, sizeof(name), "%.*s", STR_FMT(doc_site_get(&x, answer, "name")));
	const struct doctype *todo = metas_find(x.metas, STR("ToDo"));

	size_t given = 0;

	/* The shipped ones came along. */
	CHECK(todo->perms_len == shipped + 1);
	for (size_t i = 0; i < todo->perms_len; i++)
		given += str_eq(role_name(x.roles, todo->perms[i].role), STR("Blogger")) &&
		    (todo->perms[i].rights & BIT(RIGHT_WRITE)) != 0;
	CHECK(given == 1);
	CHECK_STR(doc_site_do(&x, DELETE, "Custom DocPerm", name, NULL), "ok");
	CHECK(metas_find(x.metas, STR("ToDo"))->perms_len == shipped);
	doc_site_close(&x);
}

static void
a_role_that_a_permission_names_is_made(void **state UNUSED)
{
	struct doc_site x;

	open_hall(&x,
	    "{'name':'Hall','module':'Custom','custom':1,'autoname':'hash','fields':["
	    "{'fieldname':'a','fieldtype':'Data'}],'permissions':[{'role':'Hall Keeper'}]}");
	CHECK(count(&x,
		  "SELECT count(*) FROM tabRole WHERE role_name = 'Hall Keeper'"
		  " AND desk_access = 1 AND disabled = 0") == 1);
	CHECK_STR(
	    role_name(x.roles, metas_find(x.metas, STR("Hall"))->perms[0].role), "Hall Keeper");
	/* A refused DocType leaves no role behind. */
	CHECK_BEGINS(make(&x,
			 "{'name':'9','module':'Custom','custom':1,"
			 "'permissions':[{'role':'Nobody Ever'}]}"),
	    "NameError: ");
	CHECK(count(&x, "SELECT count(*) FROM tabRole WHERE name = 'Nobody Ever'") == 0);
	doc_site_close(&x);
}

static void
a_site_manager_does_not_open_a_doctype_to_everyone(void **state UNUSED)
{
	static const char BODY[] =
	    "{'name':'Wall','module':'Custom','custom':1,'autoname':'hash','fields':["
	    "{'fieldname':'a','fieldtype':'Data'}],'permissions':[{'role':'Guest'}]}";
	struct doc_site x;

	doc_site_open(&x);
	CHECK_BEGINS(doc_site_do(&x, INSERT, "User", NULL,
			 "{'email':'sam@site.test','first_name':'Sam','send_welcome_email':0,"
			 "'roles':[{'role':'System Manager'}]}"),
	    "{");
	doc_site_as(&x, STR("sam@site.test"));
	CHECK_BEGINS(make(&x, BODY), "ValidationError: Row # 1: Non administrator user");
	doc_site_as(&x, STR("Administrator"));
	CHECK_BEGINS(make(&x, BODY), "{");
	doc_site_close(&x);
}

UNIT_TESTS(refuses_fields_that_may_not_be, refuses_doctypes_that_may_not_be,
    refuses_permissions_that_contradict_themselves,
    a_custom_doctype_is_usable_at_once_and_gone_when_deleted,
    shipped_doctypes_neither_change_nor_go, fields_get_names_and_what_follows_from_the_rest,
    a_new_field_is_a_column_that_holds_its_default,
    a_column_of_another_type_is_converted_or_nothing_changes,
    a_field_becomes_unique_only_if_its_values_are, names_change_their_kind_only_in_an_empty_table,
    a_row_written_alone_changes_the_table, the_first_custom_permission_keeps_the_shipped_ones,
    a_role_that_a_permission_names_is_made, a_site_manager_does_not_open_a_doctype_to_everyone)
