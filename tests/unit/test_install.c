#include "tests/unit/doc_site.h"

#include "doc/install.h"
#include "doc/shipped.h"

static const char HEAD[] = "# Thing\nautoname=hash\tmodule=Core\nfield\ttype\n";

static bool
parse(struct doc_site *x, const char *text, struct shipped *out)
{
	static struct asset asset;

	asset = (struct asset){ .path = STR("doctypes/thing.tsv"), .bytes = str_from(text) };
	return shipped_parse(x->arena, &asset, out, &x->s.err);
}

static void
a_file_is_read_as_it_is_written(void **state UNUSED)
{
	struct doc_site x;
	struct shipped s;
	char text[800];

	doc_site_open(&x);
	snprintf(text, sizeof(text),
	    "%sapi_key\tData\t\t\t1\t20\t\t\tdepends_on: a | mandatory_depends_on: b\tunique reqd\n"
	    "kind\tSelect\t\\nA\\nB\tA\t\t\t2\t\t\t\n"
	    "section_break_1\tSection Break\n"
	    "rows\tTable\tHas Role\n\n"
	    "perm\tSystem Manager\tlevel 1\tread write if_owner\n",
	    HEAD);
	CHECK_OK(&x.s, parse(&x, text, &s));
	const struct field *key = doctype_field(&s.doctype, STR("api_key"));
	const struct field *kind = doctype_field(&s.doctype, STR("kind"));

	CHECK_STR(s.doctype.name, "Thing");
	CHECK_STR(s.doctype.autoname, "hash");
	CHECK_STR(key->label, "API Key");
	CHECK_STR(key->depends_on, "a");
	CHECK_STR(shipped_depends(s.extras[0].depends, STR("mandatory_depends_on")), "b");
	CHECK(key->unique && key->reqd && key->permlevel == 1 && key->length == 20);
	CHECK_STR(kind->options, "\nA\nB");
	CHECK_STR(kind->fallback, "A");
	CHECK(kind->precision == 2 && key->precision == -1);
	CHECK(str_is_null(doctype_field(&s.doctype, STR("section_break_1"))->label));
	CHECK(s.doctype.tables_len == 1);
	CHECK(s.perms_len == 1 && s.perms[0].if_owner && s.perms[0].permlevel == 1);
	CHECK(s.perms[0].rights == (BIT(RIGHT_READ) | BIT(RIGHT_WRITE)));
	doc_site_close(&x);
}

static void
a_malformed_file_is_named_with_its_line(void **state UNUSED)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "#\n", "doctypes/thing.tsv:1: the first line is \"# Name\"" },
		{ "# T\nautoname\n", "doctypes/thing.tsv:2: a property is KEY=VALUE" },
		{ "# T\na=b\nfield\nx\tNothing\n", "doctypes/thing.tsv:4: an unknown field type" },
		{ "# T\na=b\nfield\nx\tData\t\t\tone\n",
		    "doctypes/thing.tsv:4: a number was expected" },
		{ "# T\na=b\nfield\nx\tData\nperm\tAll\n",
		    "doctypes/thing.tsv:5: a permission is \"perm, ROLE, level N, rights\"" },
		{ "# T\na=b\nfield\nx\tData\nperm\tAll\tlevel 0\tread fly\n",
		    "doctypes/thing.tsv:5: an unknown right" },
	};
	struct doc_site x;
	struct shipped s;

	doc_site_open(&x);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CHECK_CASE(cases[i].text, !parse(&x, cases[i].text, &s));
		CHECK_STR(str_from(x.s.err.msg), cases[i].error);
	}
	doc_site_close(&x);
}

static void
every_link_and_table_of_a_shipped_doctype_leads_somewhere(void **state UNUSED)
{
	struct doc_site x;
	const struct doctype *dt;
	size_t at = 0;

	doc_site_open(&x);
	while ((dt = metas_next(x.metas, &at)) != NULL) {
		for (size_t i = dt->first_value; i < dt->fields_len; i++) {
			const struct field *f = &dt->fields[i];

			if (f->type != FIELD_LINK && !field_type_is_table(f->type))
				continue;
			const struct doctype *target = metas_find(x.metas, f->options);

			CHECK_CASE(f->name.ptr, target != NULL);
			CHECK_CASE(f->name.ptr, !field_type_is_table(f->type) || target->istable);
		}
	}
	doc_site_close(&x);
}

static int64_t
number(struct doc_site *x, const char *sql)
{
	return scratch_number(&x->s, x->s.c, str_from(sql));
}

static void
run(struct doc_site *x, const char *sql)
{
	CHECK_OK(&x->s, db_exec(x->s.c, str_from(sql), NULL, 0, NULL, &x->s.err));
}

static void
install_again(struct doc_site *x)
{
	CHECK_OK(&x->s, db_begin(x->s.c, &x->s.err));
	CHECK_OK(&x->s, install_shipped(x->s.c, x->arena, &x->s.err));
	CHECK_OK(&x->s, db_commit(x->s.c, &x->s.err));
}

static void
administrator_holds_all_roles_and_guest_one(void **state UNUSED)
{
	struct doc_site x;

	doc_site_open(&x);
	CHECK(number(&x, "SELECT count(*) FROM `tabHas Role` WHERE parent = 'Administrator'") ==
	    number(&x, "SELECT count(*) FROM tabRole"));
	CHECK(number(&x, "SELECT count(*) FROM `tabHas Role` WHERE parent = 'Guest'") == 1);
	CHECK(number(&x,
		  "SELECT count(*) FROM tabUser WHERE name = 'Administrator' AND enabled = 1 AND "
		  "email = 'admin@example.com' AND user_type = 'System User' AND "
		  "username = 'administrator' AND desk_theme = 'Light' AND thread_notify = 0 AND "
		  "simultaneous_sessions = 2 AND api_key IS NULL AND time_zone = 'UTC'") == 1);
	doc_site_close(&x);
}

/* An older program shipped other files: fewer columns, another label, another role. */
static void
a_newer_file_changes_the_doctype_and_keeps_the_documents(void **state UNUSED)
{
	struct doc_site x;

	doc_site_open(&x);
	run(&x, "INSERT INTO tabNote (name, title) VALUES ('old', 'kept')");
	run(&x, "ALTER TABLE tabNote DROP COLUMN notify_on_login");
	run(&x, "DELETE FROM tabDocField WHERE parent = 'Note' AND fieldname = 'notify_on_login'");
	run(&x, "UPDATE tabDocField SET label = 'Old' WHERE parent = 'Note'");
	run(&x, "DELETE FROM tabDocPerm WHERE parent = 'Note'");
	run(&x, "UPDATE tabUser SET full_name = 'Root' WHERE name = 'Administrator'");
	run(&x, "UPDATE single SET value = 'de' WHERE field = 'language'");
	install_again(&x);
	CHECK(number(&x, "SELECT count(*) FROM tabDocField WHERE label = 'Old'") > 0);
	run(&x, "UPDATE shipped SET checksum = '' WHERE name = 'doctypes/note.tsv'");
	install_again(&x);
	CHECK(number(&x, "SELECT count(*) FROM tabDocField WHERE label = 'Old'") == 0);
	CHECK(number(&x,
		  "SELECT count(*) FROM tabNote WHERE title = 'kept' AND "
		  "notify_on_login = 0") == 1);
	CHECK(number(&x, "SELECT count(*) FROM tabDocPerm WHERE parent = 'Note'") == 6);
	CHECK(number(&x, "SELECT count(*) FROM tabDocType WHERE name = 'Note'") == 1);
	/* What people changed stays. */
	CHECK(number(&x, "SELECT count(*) FROM tabUser WHERE full_name = 'Root'") == 1);
	CHECK(number(&x, "SELECT count(*) FROM single WHERE value = 'de'") == 1);
	CHECK(number(&x, "SELECT count(*) FROM `tabHas Role` WHERE parent = 'Guest'") == 1);
	doc_site_close(&x);
}

static void
a_fresh_site_is_installed_within_its_budget(void **state UNUSED)
{
	struct doc_site x;
	const int64_t start = clock_cpu_us();

	doc_site_open(&x);
	/* The budget is 150 ms for all of a start (DESIGN.md 9); sanitizers get more. */
	CHECK(clock_cpu_us() - start < 1500 * 1000);
	doc_site_close(&x);
}

UNIT_TESTS(a_file_is_read_as_it_is_written, a_malformed_file_is_named_with_its_line,
    every_link_and_table_of_a_shipped_doctype_leads_somewhere,
    administrator_holds_all_roles_and_guest_one,
    a_newer_file_changes_the_doctype_and_keeps_the_documents,
    a_fresh_site_is_installed_within_its_budget)
