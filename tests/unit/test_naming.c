#include "tests/unit/doc_site.h"

#include "doc/doc_body.h"
#include "doc/naming.h"
#include "doc/naming_series.h"

/* A DocType with the given naming and fields to name by. */
static void
open_named(struct doc_site *x, const char *autoname)
{
	char body[600];

	doc_site_open(x);
	snprintf(body, sizeof(body),
	    "{'name':'Thing','module':'Custom','custom':1,'autoname':'%s','fields':["
	    "{'fieldname':'title','label':'Title','fieldtype':'Data'},"
	    "{'fieldname':'n','fieldtype':'Int'},"
	    "{'fieldname':'naming_series','fieldtype':'Select','options':'A-.###\\nB-.YY.-'}],"
	    "'permissions':[{'role':'System Manager'}]}",
	    autoname);
	doc_site_doctype(x, "Thing", body);
}

static struct str
name_of(struct doc_site *x, const char *body)
{
	const struct str answer = doc_site_do(x, INSERT, "Thing", NULL, body);

	return str_starts(answer, STR("{")) ? doc_site_get(x, answer, "name") : answer;
}

static void
documents_are_named_as_their_doctype_says(void **state UNUSED)
{
	static const struct {
		const char *autoname, *body, *name;
	} cases[] = {
		{ "field:title", "{'title':' t '}", "t" },
		{ "FIELD:title", "{'title':5,'name':'other'}", "5" },
		{ "field:title", "{}", "ValidationError: Title is required" },
		{ "field:title", "{'title':'  '}", "ValidationError: Title is required" },
		{ "Prompt", "{'name':' p/1 x '}", "p/1 x" },
		{ "prompt", "{'__newname':'p2'}", "p2" },
		{ "prompt", "{'name':''}", "ValidationError: Please set the document name" },
		{ "prompt", "{'name':5}",
		    "NameError: Invalid name type (integer) for varchar name column" },
		{ "prompt", "{'name':'New Thing 1'}",
		    "NameError: There were some errors setting the name, please contact the "
		    "administrator" },
		{ "prompt", "{'name':'Thing'}", "NameError: Name of Thing cannot be Thing" },
		{ "prompt", "{'name':'a<b'}",
		    "NameError: Name cannot contain special characters like '<', '>'" },
		{ "format:F-{title}-{##}", "{'title':'a'}", "F-a-01" },
		{ "format:F-{title}-{##}", "{}", "F--01" },
		{ "format:{n}/{nowhere}x", "{'n':3,'title':'y'}", "3/nowherex" },
		{ "EXP-.####", "{}", "EXP-0001" },
		{ "E.##.-.title", "{'title':'z'}", "E01-z" },
		{ "E-.{title}.-.{nowhere}.#", "{'title':'q'}", "E-q-1" },
		{ "E-.n.-.plain.-.#.#", "{'n':4}", "E-4-plain-1" },
		{ "naming_series:", "{}", "A-001" },
		{ "naming_series:", "{'naming_series':'C-.##'}", "C-01" },
		{ "naming_series:", "{'naming_series':'D-'}", "D-00001" },
		{ "naming_series:", "{'naming_series':'D$.#'}",
		    "InvalidNamingSeriesError: Special Characters except '-', '#', '.', '/', '{' "
		    "and '}' not allowed in naming series D$.#.#####" },
		{ "E##", "{}",
		    "InvalidNamingSeriesError: Invalid naming series E##: dot (.) missing" },
		{ "autoincrement", "{'name':77}", "1" },
		{ "UUID", "{'name':'0192f0c1-7b1a-7000-8000-0123456789ab'}",
		    "0192f0c1-7b1a-7000-8000-0123456789ab" },
		{ "UUID", "{'name':'nonsense'}",
		    "InvalidUUIDValue: Invalid value specified for UUID: nonsense" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct doc_site x;

		open_named(&x, cases[i].autoname);
		const struct str name = name_of(&x, cases[i].body);

		if (!str_eq(name, str_from(cases[i].name)))
			fail_msg(
			    "%s %s: \"%.*s\"", cases[i].autoname, cases[i].body, STR_FMT(name));
		doc_site_close(&x);
	}
}

static bool
is_random(struct doc_site *x, struct str doctype)
{
	struct doc *d;

	CHECK_OK(&x->s, doc_body_new(&x->call, metas_find(x->metas, doctype), &d, &x->s.err));
	return naming_is_random(d);
}

static void
random_names_differ_and_a_sent_name_is_dropped(void **state UNUSED)
{
	struct doc_site x;
	char first[NAMING_RANDOM_LEN + 1];

	open_named(&x, "hash");
	const struct str name = name_of(&x, "{'name':'given'}");

	CHECK(name.len == NAMING_RANDOM_LEN);
	snprintf(first, sizeof(first), "%.*s", STR_FMT(name));
	CHECK(!str_eq(name_of(&x, "{}"), str_from(first)));
	CHECK(is_random(&x, STR("Thing")));
	CHECK(!is_random(&x, STR("Role")));
	doc_site_close(&x);
}

static void
a_made_uuid_is_of_version_7(void **state UNUSED)
{
	struct doc_site x;

	open_named(&x, "UUID");
	const struct str name = name_of(&x, "{}");

	CHECK(name.len == 36 && name.ptr[8] == '-' && name.ptr[14] == '7' && name.ptr[23] == '-');
	CHECK(strchr("89ab", name.ptr[19]) != NULL);
	doc_site_close(&x);
}

static void
a_name_over_140_characters_is_refused(void **state UNUSED)
{
	struct doc_site x;
	char body[400], name[142];

	memset(name, 'x', 141);
	name[141] = '\0';
	open_named(&x, "prompt");
	snprintf(body, sizeof(body), "{'name':'%s'}", name);
	CHECK(str_starts(name_of(&x, body), STR("CharacterLengthExceededError: ")));
	snprintf(body, sizeof(body), "{'name':'%.140s'}", name);
	CHECK(name_of(&x, body).len == 140);
	doc_site_close(&x);
}

static void
a_series_has_no_gaps(void **state UNUSED)
{
	struct doc_site x;

	open_named(&x, "naming_series:");
	CHECK_STR(name_of(&x, "{}"), "A-001");
	/* A refused document gives its number back with the transaction. */
	CHECK(str_starts(name_of(&x, "{'n':99999999999}"), STR("CharacterLength")));
	CHECK_STR(name_of(&x, "{}"), "A-002");
	CHECK_STR(name_of(&x, "{}"), "A-003");
	doc_site_close(&x);
}

/* Deletes the document and tells naming about it, as a delete does. */
static void
forget(struct doc_site *x, const char *name)
{
	const struct doctype *dt = metas_find(x->metas, STR("Thing"));
	struct doc *d;
	bool found;

	CHECK_OK(&x->s, doc_load(&x->call, dt, str_from(name), &d, &found, &x->s.err));
	CHECK(found);
	CHECK_STR(doc_site_do(x, DELETE, "Thing", name, NULL), "ok");
}

static void
only_the_last_number_is_given_back(void **state UNUSED)
{
	struct doc_site x;

	open_named(&x, "naming_series:");
	CHECK_STR(name_of(&x, "{}"), "A-001");
	CHECK_STR(name_of(&x, "{}"), "A-002");
	CHECK_STR(name_of(&x, "{}"), "A-003");
	forget(&x, "A-002");
	CHECK_STR(name_of(&x, "{}"), "A-004");
	forget(&x, "A-004");
	CHECK_STR(name_of(&x, "{}"), "A-004");
	doc_site_close(&x);
}

static void
an_amendment_is_named_after_what_it_amends(void **state UNUSED)
{
	struct doc_site x;
	const char *const bodies[] = { "{'docstatus':1}", "{'docstatus':2}" };

	doc_site_open(&x);
	doc_site_doctype(&x, "Thing",
	    "{'name':'Thing','module':'Custom','custom':1,'autoname':'T-.##','is_submittable':1,"
	    "'fields':[{'fieldname':'title','fieldtype':'Data'}],"
	    "'permissions':[{'role':'System Manager','submit':1,'cancel':1}]}");
	CHECK_STR(name_of(&x, "{}"), "T-01");
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++)
		CHECK(str_starts(doc_site_do(&x, UPDATE, "Thing", "T-01", bodies[i]), STR("{")));
	CHECK_STR(name_of(&x, "{'amended_from':'T-01'}"), "T-01-1");
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++)
		CHECK(str_starts(doc_site_do(&x, UPDATE, "Thing", "T-01-1", bodies[i]), STR("{")));
	CHECK_STR(name_of(&x, "{'amended_from':'T-01-1'}"), "T-01-2");
	CHECK(str_starts(name_of(&x, "{'amended_from':'T-01'}"), STR("DuplicateEntryError: ")));
	doc_site_close(&x);
}

static void
weeks_are_iso_weeks_kept_within_their_year(void **state UNUSED)
{
	static const struct {
		const char *what;
		struct clock_civil day;
		int week;
	} cases[] = {
		{ "a Friday of last year's week 53", { .year = 2021, .month = 1, .day = 1 }, 0 },
		{ "the first Monday", { .year = 2021, .month = 1, .day = 4 }, 1 },
		{ "a Thursday in the middle", { .year = 2024, .month = 7, .day = 4 }, 27 },
		{ "the last day of week 52", { .year = 2024, .month = 12, .day = 29 }, 52 },
		{ "a Monday of next year's week 1", { .year = 2024, .month = 12, .day = 30 }, 53 },
		{ "a week 53 of its own", { .year = 2020, .month = 12, .day = 31 }, 53 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		CHECK_CASE(cases[i].what, naming_series_week(cases[i].day) == cases[i].week);
}

static void
parts_of_the_date_come_from_the_calendar(void **state UNUSED)
{
	const struct clock_civil day = { .year = 2024, .month = 2, .day = 3, .hour = 4 };
	struct doc_site x;
	struct naming_series s;
	struct value values[16] = { { .kind = VALUE_NULL } };

	doc_site_open(&x);
	const struct doc d = { .doctype = metas_find(x.metas, STR("Note")), .values = values };

	CHECK_OK(&x.s,
	    naming_series_parse(x.arena, STR("X.YY.YYYY.MM.DD.WW.-.##.-Z"), &d, day, &s, &x.s.err));
	CHECK_STR(s.before, "X242024020305-");
	CHECK_STR(s.after, "-Z");
	CHECK(s.digits == 2);
	CHECK_OK(&x.s,
	    naming_series_parse(x.arena, STR("{timestamp}.timestamp."), &d, day, &s, &x.s.err));
	CHECK_STR(s.before, "2024-02-03 04:00:00");
	CHECK(s.digits == 0);
	doc_site_close(&x);
}

UNIT_TESTS(documents_are_named_as_their_doctype_says,
    random_names_differ_and_a_sent_name_is_dropped, a_made_uuid_is_of_version_7,
    a_name_over_140_characters_is_refused, a_series_has_no_gaps, only_the_last_number_is_given_back,
    an_amendment_is_named_after_what_it_amends, weeks_are_iso_weeks_kept_within_their_year,
    parts_of_the_date_come_from_the_calendar)
