#include "tests/unit/doc_site.h"

static const char TAG[] =
    "{'name':'Swatch','module':'Custom','custom':1,'autoname':'field:tag','fields':["
    "{'fieldname':'tag','label':'Tag','fieldtype':'Data','reqd':1,'unique':1},"
    "{'fieldname':'colour','label':'Colour','fieldtype':'Data'}],"
    "'permissions':[{'role':'System Manager'}]}";
static const char LINE[] =
    "{'name':'Line','module':'Custom','custom':1,'istable':1,'fields':["
    "{'fieldname':'item','label':'Item','fieldtype':'Link','options':'Swatch'},"
    "{'fieldname':'qty','label':'Qty','fieldtype':'Float'},"
    "{'fieldname':'kind','label':'Kind','fieldtype':'Select','options':'a\\nb'}]}";
static const char BILL[] =
    "{'name':'Bill','module':'Custom','custom':1,'autoname':'hash','title_field':'title','fields':["
    "{'fieldname':'title','label':'Title','fieldtype':'Data','reqd':1},"
    "{'fieldname':'status','label':'Status','fieldtype':'Select','options':'Open\\nClosed','"
    "default':'Open'},"
    "{'fieldname':'amount','label':'Amount','fieldtype':'Currency'},"
    "{'fieldname':'qty','label':'Qty','fieldtype':'Int'},"
    "{'fieldname':'done','label':'Done','fieldtype':'Check'},"
    "{'fieldname':'due','label':'Due','fieldtype':'Date'},"
    "{'fieldname':'at','label':'At','fieldtype':'Datetime'},"
    "{'fieldname':'tag','label':'Tag','fieldtype':'Link','options':'Swatch'},"
    "{'fieldname':'colour','label':'Colour','fieldtype':'Data','fetch_from':'tag.colour'},"
    "{'fieldname':'body','label':'Body','fieldtype':'Text'},"
    "{'fieldname':'code','label':'Code','fieldtype':'Data','unique':1},"
    "{'fieldname':'once','label':'Once','fieldtype':'Data','set_only_once':1},"
    "{'fieldname':'secret','label':'Secret','fieldtype':'Password'},"
    "{'fieldname':'start','label':'Start','fieldtype':'Time'},"
    "{'fieldname':'data','label':'Data','fieldtype':'JSON'},"
    "{'fieldname':'lines','label':'Lines','fieldtype':'Table','options':'Line'}],"
    "'permissions':[{'role':'System "
    "Manager'},{'role':'All','read':1,'write':1,'create':1,'delete':1,'if_owner':1}]}";
static const char ORDER[] =
    "{'name':'Order','module':'Custom','custom':1,'is_submittable':1,'autoname':'hash','fields':["
    "{'fieldname':'customer','label':'Customer','fieldtype':'Data','reqd':1},"
    "{'fieldname':'total','label':'Total','fieldtype':'Float'},"
    "{'fieldname':'remark','label':'Remark','fieldtype':'Data','allow_on_submit':1},"
    "{'fieldname':'lines','label':'Lines','fieldtype':'Table','options':'Line'},"
    "{'fieldname':'amended_from','label':'Amended From','fieldtype':'Link','options':'Order'}],"
    "'permissions':[{'role':'System Manager','submit':1,'cancel':1}]}";
static const char SETTINGS[] =
    "{'name':'Shop','module':'Custom','custom':1,'issingle':1,'fields':["
    "{'fieldname':'label','label':'Label','fieldtype':'Data','default':'Untitled'},"
    "{'fieldname':'count','label':'Count','fieldtype':'Int'}],"
    "'permissions':[{'role':'System Manager','read':1,'write':1}]}";

static void
open_site(struct doc_site *x)
{
	doc_site_open(x);
	doc_site_doctype(x, "Swatch", TAG);
	doc_site_doctype(x, "Line", LINE);
	doc_site_doctype(x, "Bill", BILL);
	doc_site_doctype(x, "Order", ORDER);
	doc_site_doctype(x, "Shop", SETTINGS);
	CHECK(str_starts(
	    doc_site_do(x, INSERT, "Swatch", NULL, "{'tag':'red','colour':'#f00'}"), STR("{")));
	CHECK(str_starts(doc_site_do(x, INSERT, "Swatch", NULL, "{'tag':'blue'}"), STR("{")));
}

#define CHECK_HAS(answer, text)                                                                    \
	do {                                                                                       \
		const struct str has_answer = (answer);                                            \
		if (str_find_str(has_answer, str_from(text)) < 0)                                  \
			fail_msg("%.*s\nlacks\n%s", STR_FMT(has_answer), (text));                  \
	} while (0)

static void
a_create_answers_the_document_as_validated(void **state UNUSED)
{
	struct doc_site x;
	struct str a;

	open_site(&x);
	a = doc_site_do(&x, INSERT, "Bill", NULL,
	    "{'title':'first','qty':'5','amount':'1,250.5','done':true,'due':'2024-3-1','tag':'RED'"
	    ","
	    "'at':'2024-03-01T10:20:30','owner':'eve','idx':4,'zzz':[1],'start':'09:05',"
	    "'lines':[{'item':'red','qty':2},{'item':'blue','qty':'4','name':'mine'}]}");
	CHECK_HAS(a, "'owner':'Administrator'");
	CHECK_HAS(a,
	    "'docstatus':0,'idx':4,'title':'first','status':'Open','amount':1250.5,'qty':5,'done':"
	    "1,"
	    "'due':'2024-3-1','at':'2024-03-01T10:20:30','tag':'red','colour':'#f00','start':'09:"
	    "05',"
	    "'doctype':'Bill','lines':[{'name':'");
	CHECK_HAS(a, "'idx':1,'item':'red','qty':2.0,'kind':'a','parent':'");
	CHECK_HAS(a, "'parentfield':'lines','parenttype':'Bill','doctype':'Line','__unsaved':1}");
	const struct str name = doc_site_get(&x, a, "name");
	CHECK(name.len == 10);
	char key[16];
	snprintf(key, sizeof(key), "%.*s", STR_FMT(name));
	a = doc_site_do(&x, READ, "Bill", key, NULL);
	CHECK_HAS(a,
	    "'due':'2024-03-01','at':'2024-03-01 "
	    "10:20:30','tag':'red','colour':'#f00','start':'9:05:00'");
	CHECK(str_find_str(a, STR("__unsaved")) < 0);
	CHECK(str_find_str(a, STR("'mine'")) < 0);
	doc_site_close(&x);
}

static void
values_of_every_type_follow_the_rules(void **state UNUSED)
{
	static const struct {
		const char *body;
		const char *expected; /* in the answer, or the error */
	} cases[] = {
		{ "{'title':'a','qty':'abc'}", "'qty':0" },
		{ "{'title':'a','qty':3.9}", "'qty':3" },
		{ "{'title':'a','qty':2147483648}", "CharacterLengthExceededError: Bill " },
		{ "{'title':'a','amount':'abc'}", "'amount':0.0" },
		{ "{'title':'a','amount':1e300}",
		    "ValidationError: Value for Amount is too large" },
		{ "{'title':'a','done':'yes'}", "'done':0" },
		{ "{'title':'a','done':2}", "'done':1" },
		{ "{'title':123}", "'title':123" },
		{ "{'title':true}", "'title':true" },
		{ "{'title':['a']}", "ValidationError: Value for Title cannot be a list" },
		{ "{'title':{'a':1}}", "ValidationError: Value for Title cannot be an object" },
		{ "{'title':'a','lines':'abc'}",
		    "ValidationError: Value for Lines must be a list of rows" },
		{ "{'title':'a','lines':['abc']}",
		    "ValidationError: A row of Line must be an object" },
		{ "{'title':'a','lines':[null]}", "'idx':1,'qty':0.0,'kind':'a'" },
		{ "{'title':'a','lines':null}", "'lines':[]" },
		{ "{'title':'a','lines':[{'idx':7},{}]}", "'idx':2," },
		{ "{'title':'a','lines':[{'idx':2},{}]}", "'idx':1," },
		{ "{'title':'a','due':'not a date'}",
		    "ValidationError: Due: 'not a date' is not a valid Date" },
		{ "{'title':'a','due':'31-12-2024'}", "ValidationError: Due: " },
		{ "{'title':'a','due':'2024-02-30'}", "ValidationError: Due: " },
		{ "{'title':'a','at':'2024-03-01T10:20:30+02:00'}", "ValidationError: At: " },
		{ "{'title':'a','due':''}", "'done':0,'start'" },
		{ "{'title':'a','status':'Nonsense'}",
		    "ValidationError:  Status cannot be \"Nonsense\". It should be one of "
		    "\"Open\", \"Closed\"" },
		{ "{'title':'a','status':''}", "'status':''" },
		{ "{'title':'a','status':null}", "'status':'Open'" },
		{ "{'title':'a','tag':'purple'}",
		    "LinkValidationError: Could not find Tag: purple" },
		{ "{'title':'a','lines':[{'item':'x'},{'item':'y'}]}",
		    "LinkValidationError: Could not find Row #1: Item: x, Row #2: Item: y" },
		{ "{'title':'a','data':{'b':[1,2]}}", "'data':'{\\'b\\':[1,2]}'" },
		{ "{'title':'a','data':'{no'}",
		    "ValidationError: Value for Data is not valid JSON" },
		{ "{'title':'<b>x</b><script>y</script>'}",
		    "'title':'<b>x</b>&lt;script&gt;y&lt;/script&gt;'" },
		{ "{'title':'a < b & c'}", "'title':'a < b & c'" },
		{ "{'title':'a','secret':'hunter2'}", "'secret':'*******'" },
		{ "{'title':'a','docstatus':1}",
		    "DocstatusTransitionError: Bill is not submittable" },
		{ "{'title':'a','code':''}", "'title':'a','status'" },
		{ "{'qty':1}", "MandatoryError: [Bill, " },
		{ "{'title':' '}", "MandatoryError: [Bill, " },
		{ "{'title':'<p> </p>'}", "MandatoryError: [Bill, " },
	};
	struct doc_site x;

	open_site(&x);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct str a = doc_site_do(&x, INSERT, "Bill", NULL, cases[i].body);

		if (str_find_str(a, str_from(cases[i].expected)) < 0)
			fail_msg("%s gave %.*s", cases[i].body, STR_FMT(a));
	}
	doc_site_do(&x, INSERT, "Bill", NULL, "{'qty':1}");
	CHECK_HAS(doc_site_messages(&x),
	    "\"message\": \"Error: Value missing for Bill: Title\", \"title\": \"Message\"}");
	doc_site_close(&x);
}

static void
names_and_unique_values_are_given_once(void **state UNUSED)
{
	struct doc_site x;

	open_site(&x);
	CHECK_STR(doc_site_do(&x, INSERT, "Swatch", NULL, "{'tag':'red'}"),
	    "DuplicateEntryError: ('Swatch', 'red')");
	CHECK_HAS(doc_site_messages(&x),
	    "\"message\": \"Swatch <strong>red</strong> already exists\", \"title\": \"Duplicate "
	    "Name\", \"indicator\": \"red\"");
	CHECK_STR(doc_site_do(&x, INSERT, "Swatch", NULL, "{'tag':' RED '}"),
	    "DuplicateEntryError: ('Swatch', 'RED')");
	CHECK_STR(doc_site_do(&x, INSERT, "Swatch", NULL, "{'colour':'x'}"),
	    "ValidationError: Tag is required");
	CHECK_HAS(
	    doc_site_do(&x, INSERT, "Bill", NULL, "{'title':'a','code':'U1'}"), "'code':'U1'");
	CHECK_HAS(doc_site_do(&x, INSERT, "Bill", NULL, "{'title':'a','code':'u1'}"),
	    "UniqueValidationError: ");
	CHECK_HAS(
	    doc_site_messages(&x), "\"message\": \"Code must be unique\", \"title\": \"Message\"}");
	CHECK_HAS(doc_site_do(&x, INSERT, "Bill", NULL, "{'title':'a','code':''}"), "'name'");
	CHECK_HAS(doc_site_do(&x, INSERT, "Bill", NULL, "{'title':'a','code':''}"), "'name'");
	CHECK_HAS(doc_site_do(&x, READ, "Swatch", "RED  ", NULL), "'name':'red'");
	CHECK_STR(doc_site_do(&x, READ, "Swatch", "nope", NULL),
	    "DoesNotExistError: Swatch nope not found");
	CHECK_HAS(doc_site_do(&x, UPDATE, "Swatch", "red", "{'tag':'green'}"), "'name':'red'");
	CHECK_HAS(doc_site_do(&x, READ, "Swatch", "red", NULL), "'tag':'red'");
	doc_site_close(&x);
}

/* Makes a bill with two lines; its name and those of its rows. */
struct made {
	char name[16], row1[16], row2[16];
	struct str modified;
};

static void
make(struct doc_site *x, struct made *m)
{
	const struct str a = doc_site_do(x, INSERT, "Bill", NULL,
	    "{'title':'t','once':'x','lines':[{'item':'red','qty':1,'kind':'b'},{'item':'blue'}]}");
	const json_t *v = doc_site_json(x, a);
	const json_t *lines = json_get(v, STR("lines"));

	snprintf(m->name, sizeof(m->name), "%.*s", STR_FMT(json_text(json_get(v, STR("name")))));
	snprintf(m->row1, sizeof(m->row1), "%.*s",
	    STR_FMT(json_text(json_get(json_array_get(lines, 0), STR("name")))));
	snprintf(m->row2, sizeof(m->row2), "%.*s",
	    STR_FMT(json_text(json_get(json_array_get(lines, 1), STR("name")))));
	m->modified = json_text(json_get(v, STR("modified")));
}

static struct str text(struct doc_site *x, const char *fmt, ...) PRINTF(2, 3);

static struct str
text(struct doc_site *x, const char *fmt, ...)
{
	char line[1024];
	struct str s;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	CHECK(arena_str(x->arena, str_from(line), &s, &x->s.err));
	return s;
}

static void
an_update_changes_what_it_names(void **state UNUSED)
{
	struct doc_site x;
	struct made m;
	struct str a;

	open_site(&x);
	make(&x, &m);
	a = doc_site_do(&x, UPDATE, "Bill", m.name, "{'qty':7}");
	CHECK_HAS(a, "'title':'t','status':'Open','amount':0.0,'qty':7");
	CHECK_HAS(a, "'qty':1.0,'kind':'b'");
	CHECK(str_cmp(doc_site_get(&x, a, "modified"), m.modified) > 0);
	x.call.who = auth_find_user(x.auth, STR("Administrator"));
	for (int i = 0; i < 3; i++) { /* the same instant thrice */
		const struct str before = doc_site_get(&x, a, "modified");

		a = doc_site_do(&x, UPDATE, "Bill", m.name, "{}");
		CHECK(str_cmp(doc_site_get(&x, a, "modified"), before) > 0);
		CHECK(doc_site_get(&x, a, "modified").len == 26);
	}
	CHECK_STR(doc_site_do(&x, UPDATE, "Bill", m.name, "{'owner':'eve'}"),
	    "CannotChangeConstantError: Value cannot be changed for <strong>Created By</strong>");
	CHECK_STR(doc_site_do(&x, UPDATE, "Bill", m.name, "{'creation':'2001-01-01'}"),
	    "CannotChangeConstantError: Value cannot be changed for <strong>Created On</strong>");
	CHECK_STR(doc_site_do(&x, UPDATE, "Bill", m.name, "{'once':'y'}"),
	    "CannotChangeConstantError: Value cannot be changed for <strong>Once</strong>");
	CHECK_HAS(doc_site_do(&x, UPDATE, "Bill", m.name, "{'once':'x','owner':'Administrator'}"),
	    "'once':'x'");
	CHECK_HAS(doc_site_do(&x, UPDATE, "Bill", m.name, "{'name':'other'}"), "ValidationError: ");
	CHECK_STR(doc_site_do(&x, UPDATE, "Bill", "nope", "{}"),
	    "DoesNotExistError: Bill nope not found");
	doc_site_close(&x);
}

static void
a_stale_write_is_refused(void **state UNUSED)
{
	struct doc_site x;
	struct made m;
	struct str a, modified;

	open_site(&x);
	make(&x, &m);
	a = doc_site_do(&x, UPDATE, "Bill", m.name, "{'qty':7}");
	modified = doc_site_get(&x, a, "modified");
	CHECK_HAS(doc_site_do(&x, UPDATE, "Bill", m.name,
		      text(&x, "{'qty':8,'modified':'%.*s'}", STR_FMT(m.modified)).ptr),
	    "TimestampMismatchError: Error: ");
	CHECK_HAS(doc_site_do(&x, UPDATE, "Bill", m.name, "{'qty':8,'modified':null}"),
	    "TimestampMismatchError: ");
	CHECK_HAS(
	    doc_site_do(&x, UPDATE, "Bill", m.name,
		text(&x, "{'qty':8,'modified':'%.10sT%s'}", modified.ptr, modified.ptr + 11).ptr),
	    "'qty':8");
	CHECK_HAS(
	    doc_site_do(&x, SAVE, "Bill", NULL, text(&x, "{'name':'%s','title':'s'}", m.name).ptr),
	    "TimestampMismatchError: ");
	a = doc_site_do(&x, READ, "Bill", m.name, NULL);
	a = doc_site_do(&x, SAVE, "Bill", NULL, a.ptr);
	CHECK_HAS(a, "'qty':8");
	a = doc_site_do(&x, SAVE, "Bill", NULL,
	    text(&x, "{'name':'%s','title':'s','modified':'%.*s'}", m.name,
		STR_FMT(doc_site_get(&x, a, "modified")))
		.ptr);
	CHECK_HAS(a, "CannotChangeConstantError: ");
	CHECK_HAS(doc_site_do(&x, SAVE, "Bill", NULL, "{'title':'new'}"),
	    "'title':'new','status':'Open'");
	doc_site_close(&x);
}

static void
a_table_that_is_named_is_replaced(void **state UNUSED)
{
	struct doc_site x;
	struct made m, other;
	struct str a;

	open_site(&x);
	make(&x, &m);
	make(&x, &other);
	a = doc_site_do(&x, UPDATE, "Bill", m.name,
	    text(&x,
		"{'lines':[{'name':'%s','item':'blue'},{'item':'red'},{'name':'%s','qty':9},{'name'"
		":'zz'}]}",
		m.row1, other.row1)
		.ptr);
	CHECK_HAS(a, text(&x, "'lines':[{'name':'%s'", m.row1).ptr);
	CHECK_HAS(a, "'item':'blue','qty':0.0,'parent'"); /* not merged, no defaults */
	CHECK(str_find_str(a, str_from(m.row2)) < 0);
	CHECK(str_find_str(a, str_from(other.row1)) < 0); /* nobody's row is taken */
	a = doc_site_do(&x, READ, "Bill", other.name, NULL);
	CHECK_HAS(a, text(&x, "'lines':[{'name':'%s'", other.row1).ptr);
	a = doc_site_do(&x, READ, "Bill", m.name, NULL);
	CHECK_HAS(a, "'idx':4");
	CHECK(json_array_size(json_get(doc_site_json(&x, a), STR("lines"))) == 4);
	CHECK_HAS(doc_site_do(&x, UPDATE, "Bill", m.name, "{'lines':[]}"), "'lines':[]");
	CHECK_HAS(doc_site_do(&x, READ, "Bill", m.name, NULL), "'lines':[]");
	doc_site_close(&x);
}

static void
a_row_is_written_alone_where_its_parent_may_be(void **state UNUSED)
{
	struct doc_site x;
	struct made m;
	struct str a;
	char row[16];

	open_site(&x);
	make(&x, &m);
	CHECK_STR(doc_site_do(&x, READ, "Line", m.row1, NULL).len > 0 ? STR("x") : STR(""), "x");
	a = doc_site_do(&x, INSERT, "Line", NULL,
	    text(&x,
		"{'parent':'%s','parenttype':'Bill','parentfield':'lines','item':'red','qty':9}",
		m.name)
		.ptr);
	CHECK_HAS(a, "'idx':0,'item':'red','qty':9.0");
	CHECK(str_find_str(a, STR("__unsaved")) < 0);
	snprintf(row, sizeof(row), "%.*s", STR_FMT(doc_site_get(&x, a, "name")));
	CHECK_HAS(
	    doc_site_do(&x, UPDATE, "Line", row, "{'qty':77,'parent':'elsewhere'}"), "'qty':77.0");
	CHECK_HAS(doc_site_do(&x, READ, "Line", row, NULL), text(&x, "'parent':'%s'", m.name).ptr);
	CHECK_STR(doc_site_do(&x, DELETE, "Line", row, NULL), "ok");
	CHECK_HAS(doc_site_do(&x, READ, "Line", row, NULL), "DoesNotExistError");
	CHECK_HAS(doc_site_do(&x, INSERT, "Line", NULL, "{'item':'red'}"), "PermissionError: ");
	CHECK_HAS(doc_site_messages(&x),
	    "Please specify a valid parent DocType for <strong>Line</strong>");
	doc_site_close(&x);
}

static void
a_document_that_is_linked_stays(void **state UNUSED)
{
	struct doc_site x;
	struct made m;

	open_site(&x);
	make(&x, &m);
	CHECK_HAS(doc_site_do(&x, DELETE, "Swatch", "red", NULL),
	    text(&x,
		"LinkExistsError: Cannot delete or cancel because Swatch <a "
		"href=\"/app/Form/Swatch/red\">red</a> is "
		"linked with Bill <a href=\"/app/Form/Bill/%s\">%s</a> at Row: 1",
		m.name, m.name)
		.ptr);
	CHECK_STR(doc_site_do(&x, DELETE, "Bill", m.name, NULL), "ok");
	CHECK_STR(doc_site_do(&x, DELETE, "Bill", m.name, NULL), "DoesNotExistError: ");
	CHECK(x.call.messages == NULL);
	CHECK_STR(doc_site_do(&x, DELETE, "Swatch", "RED", NULL), "ok");
	CHECK(scratch_number(&x.s, x.s.c, STR("SELECT count(*) FROM tabLine")) == 0);
	doc_site_close(&x);
}

static void
submitted_documents_change_only_as_allowed(void **state UNUSED)
{
	struct doc_site x;
	char name[16];
	static const struct {
		const char *body;
		const char *expected;
	} moves[] = {
		{ "{'docstatus':2}",
		    "DocstatusTransitionError: Cannot change docstatus from 0 (Draft) to 2 "
		    "(Cancelled)" },
		{ "{'docstatus':3}", "ValidationError: ('Invalid docstatus', 3)" },
		{ "{'total':11}", "'total':11.0" },
		{ "{'docstatus':1}", "'docstatus':1" },
		{ "{'total':12}",
		    "UpdateAfterSubmitError:  Not allowed to change <strong>Total</strong> after "
		    "submission from <strong>11.0</strong> to <strong>12.0</strong>" },
		{ "{'lines':[]}",
		    "UpdateAfterSubmitError:  Not allowed to change <strong>Lines</strong> after "
		    "submission from <strong>1</strong> to <strong>0</strong>" },
		{ "{'remark':'x'}", "'remark':'x'" },
		{ "{'docstatus':0}",
		    "DocstatusTransitionError: Cannot change docstatus from 1 (Submitted) to 0 "
		    "(Draft)" },
		{ "{'docstatus':'2'}", "'docstatus':'2'" },
		{ "{'remark':'y'}", "ValidationError: Cannot edit cancelled document" },
		{ "{'docstatus':1}", "ValidationError: Cannot edit cancelled document" },
	};

	open_site(&x);
	const struct str a =
	    doc_site_do(&x, INSERT, "Order", NULL, "{'customer':'c','lines':[{'item':'red'}]}");
	snprintf(name, sizeof(name), "%.*s", STR_FMT(doc_site_get(&x, a, "name")));
	for (size_t i = 0; i < ARRAY_LEN(moves); i++) {
		const struct str b = doc_site_do(&x, UPDATE, "Order", name, moves[i].body);

		if (str_find_str(b, str_from(moves[i].expected)) < 0)
			fail_msg("%s gave %.*s", moves[i].body, STR_FMT(b));
		if (i == 4)
			CHECK_HAS(doc_site_do(&x, DELETE, "Order", name, NULL),
			    "Submitted Record cannot be deleted");
	}
	CHECK_HAS(doc_site_do(&x, INSERT, "Order", NULL,
		      text(&x, "{'customer':'c','amended_from':'%s'}", name).ptr),
	    text(&x, "'name':'%s-1'", name).ptr);
	CHECK_HAS(doc_site_do(&x, INSERT, "Order", NULL,
		      text(&x, "{'customer':'c','amended_from':'%s'}", name).ptr),
	    "DuplicateEntryError");
	CHECK_HAS(doc_site_do(&x, INSERT, "Order", NULL,
		      text(&x, "{'customer':'c','amended_from':'%s-1'}", name).ptr),
	    "cannot be amended because it is not cancelled");
	CHECK_HAS(doc_site_do(&x, INSERT, "Order", NULL, "{'customer':'c','docstatus':2}"),
	    "DocstatusTransitionError: ");
	CHECK_HAS(doc_site_do(&x, DELETE, "Order", name, NULL), "LinkExistsError: ");
	doc_site_close(&x);
}

static void
a_single_is_always_there(void **state UNUSED)
{
	struct doc_site x;

	open_site(&x);
	CHECK_STR(doc_site_do(&x, READ, "Shop", "any", NULL),
	    "{'name':'Shop','owner':'Administrator','docstatus':0,'idx':0,'label':'Untitled','"
	    "count':0,'doctype':'Shop'}");
	CHECK_HAS(doc_site_do(&x, UPDATE, "Shop", "Shop", "{'label':'My shop','count':'7'}"),
	    "'label':'My shop','count':7");
	CHECK_HAS(doc_site_do(&x, READ, "Shop", "Shop", NULL),
	    "'modified_by':'Administrator','docstatus':0,'idx':'0','label':'My shop','count':7");
	CHECK_STR(doc_site_do(&x, DELETE, "Shop", "Shop", NULL), "ok");
	CHECK_HAS(doc_site_do(&x, READ, "Shop", "Shop", NULL), "'label':'Untitled'");
	doc_site_close(&x);
}

static void
a_secret_is_kept_as_asterisks(void **state UNUSED)
{
	struct doc_site x;
	struct made m;

	open_site(&x);
	make(&x, &m);
	CHECK_HAS(doc_site_do(&x, UPDATE, "Bill", m.name, "{'secret':'abc'}"), "'secret':'***'");
	CHECK_HAS(doc_site_do(&x, UPDATE, "Bill", m.name, "{'secret':'*****'}"), "'secret':'***'");
	CHECK_HAS(doc_site_do(&x, UPDATE, "Bill", m.name, "{'secret':''}"), "'secret':''");
	CHECK(scratch_number(
		  &x.s, x.s.c, STR("SELECT count(*) FROM tabBill WHERE secret = 'abc'")) == 0);
	doc_site_close(&x);
}

UNIT_TESTS(a_create_answers_the_document_as_validated, values_of_every_type_follow_the_rules,
    names_and_unique_values_are_given_once, an_update_changes_what_it_names,
    a_stale_write_is_refused, a_table_that_is_named_is_replaced,
    a_row_is_written_alone_where_its_parent_may_be, a_document_that_is_linked_stays,
    submitted_documents_change_only_as_allowed, a_single_is_always_there,
    a_secret_is_kept_as_asterisks)
