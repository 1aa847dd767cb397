"""DocTypes, Custom Fields and Property Setters while the site is in use: what is made, what is refused, and that reads go on."""

import json
import threading

import pytest
import requests

from sites import GENERATE

TYPES = {
	"Data": "text", "Select": "b", "Read Only": "text", "Color": "#ffffff", "Icon": "star", "Phone": "+49 30 1234567", "Autocomplete": "x",
	"Small Text": "a\nb", "Text": "a\nb", "Attach": "/files/x.txt", "Attach Image": "/files/x.png", "Long Text": "x" * 5000, "Code": "a < b",
	"Text Editor": "<p>x</p>", "Markdown Editor": "# x", "HTML Editor": "<p>x</p>", "Signature": "data:image/png;base64,AA==", "Barcode": "123",
	"Geolocation": '{"type":"FeatureCollection","features":[]}', "JSON": '{"a":1}', "Int": 7, "Check": 1, "Float": 1.5, "Currency": 2.25,
	"Percent": 50.0, "Rating": 0.6, "Duration": 90.0, "Date": "2026-01-31", "Datetime": "2026-01-31 10:20:30", "Time": "10:20:30", "Link": "First",
}
LAYOUT = ["Section Break", "Column Break", "Tab Break", "HTML", "Button", "Image", "Fold", "Heading"]


def field(name, kind="Data", **more):
	return {"fieldname": name, "fieldtype": kind, "label": name.title(), **more}


def said(answer):
	return " ".join(json.loads(m)["message"] for m in json.loads(answer.json().get("_server_messages", "[]")))


@pytest.fixture(scope="module")
def admin(server):
	server.admin = server.admin or server.with_token(server.json("keys", "generate", "Administrator"))
	define(server.admin, "Leafs", [field("item")], istable=1)
	define(server.admin, "Blogs", [field("title"), field("kind", "Select", options="a\nb"), field("leafs", "Table", options="Leafs")], autoname="prompt")
	make(server.admin, "Blogs", name="First", title="first")
	return server.admin


def define(admin, name, fields, **more):
	return make(admin, "DocType", name=name, module="Custom", custom=1, fields=fields, permissions=[{"role": "System Manager"}], **more)


def make(admin, doctype, **values):
	answer = admin("POST", f"/api/resource/{doctype}", json=values)
	assert answer.status_code == 200, answer.text
	return answer.json()["data"]


def meta(admin, doctype):
	answer = admin("GET", f"/api/v2/doctype/{doctype}/meta")
	assert answer.status_code == 200, answer.text
	return answer.json()["data"]


def fieldnames(admin, doctype):
	return [f["fieldname"] for f in meta(admin, doctype)["fields"]]


# --- Custom Field

def test_a_custom_field_is_there_at_once_and_gone_when_it_is_deleted(admin):
	made = make(admin, "Custom Field", dt="Blogs", label="Due Date?", fieldtype="Date", insert_after="title", search_index=1)
	assert (made["name"], made["fieldname"]) == ("Blogs-custom_due_date", "custom_due_date")
	assert fieldnames(admin, "Blogs")[:2] == ["title", "custom_due_date"]
	make(admin, "Blogs", name="dated", custom_due_date="2026-05-01")
	found = admin("GET", "/api/resource/Blogs", params={"fields": '["name","custom_due_date"]', "filters": '[["custom_due_date",">","2026-01-01"]]'})
	assert found.json()["data"] == [{"name": "dated", "custom_due_date": "2026-05-01"}]
	stored = admin("GET", "/api/resource/DocType/Blogs").json()["data"]
	assert [f["fieldname"] for f in stored["fields"]] == ["title", "kind", "leafs"]
	assert admin("DELETE", f"/api/resource/Custom Field/{made['name']}").status_code == 202
	assert "custom_due_date" not in fieldnames(admin, "Blogs")
	assert "custom_due_date" not in admin("GET", "/api/resource/Blogs/dated").json()["data"]
	assert admin("GET", "/api/resource/Blogs", params={"fields": '["custom_due_date"]'}).status_code == 417
	make(admin, "Custom Field", dt="Blogs", fieldname="custom_due_date", label="Due", fieldtype="Date")
	assert admin("GET", "/api/resource/Blogs/dated").json()["data"]["custom_due_date"] == "2026-05-01"
	admin("DELETE", f"/api/resource/Custom Field/{made['name']}")
	admin("DELETE", "/api/resource/Blogs/dated")


def test_a_custom_field_of_every_type_holds_its_value(admin):
	for kind in LAYOUT + ["Table MultiSelect", "Table"]:
		more = {"options": "Leafs"} if kind == "Table" else {"options": "Picks"} if kind == "Table MultiSelect" else {}
		if kind == "Table MultiSelect":
			define(admin, "Picks", [field("blog", "Link", options="Blogs")], istable=1)
		make(admin, "Custom Field", dt="Blogs", fieldname=f"l_{kind.lower().replace(' ', '_')}", label=kind, fieldtype=kind, **more)
	for kind in TYPES:
		options = {"Select": "a\nb", "Link": "Blogs"}.get(kind)
		make(admin, "Custom Field", dt="Blogs", fieldname=f"t_{kind.lower().replace(' ', '_')}", label=kind, fieldtype=kind, options=options)
	values = {f"t_{kind.lower().replace(' ', '_')}": value for kind, value in TYPES.items()}
	make(admin, "Blogs", name="all", **values, l_table=[{"item": "x"}], l_table_multiselect=[{"blog": "First"}])
	got = admin("GET", "/api/resource/Blogs/all").json()["data"]
	assert {name: got[name] for name in values} == values
	assert got["l_table"][0]["item"] == "x" and got["l_table_multiselect"][0]["blog"] == "First"
	listed = admin("GET", "/api/resource/Blogs", params={"fields": json.dumps(list(values)), "filters": '{"name":"all"}'}).json()["data"][0]
	assert listed == values
	admin("DELETE", "/api/resource/Blogs/all")
	for row in admin("GET", "/api/resource/Custom Field", params={"filters": '{"dt":"Blogs"}', "limit_page_length": "0"}).json()["data"]:
		assert admin("DELETE", f"/api/resource/Custom Field/{row['name']}").status_code == 202


def test_a_unique_custom_field_is_unique_and_refused_where_values_are_not(admin):
	name = make(admin, "Custom Field", dt="Blogs", fieldname="code", label="Code", fieldtype="Data")["name"]
	for blog in ("u1", "u2"):
		make(admin, "Blogs", name=blog, code="Same" if blog == "u1" else "same")
	refused = admin("PUT", f"/api/resource/Custom Field/{name}", json={"unique": 1})
	assert (refused.status_code, refused.json()["exc_type"]) == (417, "NonUniqueError")
	admin("PUT", "/api/resource/Blogs/u2", json={"code": "other"})
	assert admin("PUT", f"/api/resource/Custom Field/{name}", json={"unique": 1}).status_code == 200
	twice = admin("POST", "/api/resource/Blogs", json={"name": "u3", "code": "OTHER"})
	assert (twice.status_code, twice.json()["exc_type"]) == (417, "UniqueValidationError")
	assert admin("DELETE", f"/api/resource/Custom Field/{name}").status_code == 202
	for blog in ("u1", "u2"):
		admin("DELETE", f"/api/resource/Blogs/{blog}")


# What is no field, said of a DocType and of a Custom Field alike: exc_type and text (spec/documents.md 1.5).
NO_FIELDS = [
	({"fieldname": "bad name"}, "InvalidColumnName", "cannot have special characters"),
	({"fieldname": "a;drop"}, "InvalidColumnName", "cannot have special characters"),
	({"fieldname": "name"}, "InvalidFieldNameError", "Fieldname name is restricted"),
	({"fieldname": "docstatus"}, "InvalidFieldNameError", "Fieldname docstatus is restricted"),
	({"fieldname": "doctype"}, "ValidationError", "reserved keyword"),
	({"fieldname": "ctid"}, "ValidationError", "reserved keyword"),
	({"fieldname": "XMIN"}, "ValidationError", "reserved keyword"),
	({"fieldname": "__x"}, "ValidationError", "reserved keyword"),
	({"fieldname": "x" * 65}, "ValidationError", "Fieldname is limited to 64 characters"),
	({"fieldtype": "Link"}, "DoctypeLinkError", "Options required for Link or Table type field"),
	({"fieldtype": "Link", "options": "No Such"}, "WrongOptionsDoctypeLinkError", "Options must be a valid DocType"),
	({"fieldtype": "Link", "options": "blogs"}, "DoctypeLinkError", "must be the same as doctype name Blogs"),
	({"fieldtype": "Table"}, "DoctypeLinkError", "Options required for Link or Table type field"),
	({"fieldtype": "Table", "options": "Blogs"}, "ValidationError", "is not a child table"),
	({"fieldtype": "Section Break", "reqd": 1}, "IllegalMandatoryError", "cannot be mandatory"),
	({"hidden": 1, "reqd": 1}, "HiddenAndMandatoryWithoutDefaultError", "cannot be hidden and mandatory without default"),
	({"fieldtype": "Check", "default": "yes"}, "ValidationError", "must be either '0' or '1'"),
	({"fieldtype": "Select", "options": "a\nb", "default": "c"}, "ValidationError", "must be in the list of options"),
	({"fieldtype": "Text", "unique": 1}, "NonUniqueError", "cannot be unique"),
	({"fieldtype": "Float", "unique": 1}, "NonUniqueError", "cannot be unique"),
	({"fieldtype": "Long Text", "search_index": 1}, "CannotIndexedError", "cannot be indexed"),
	({"fieldtype": "Dynamic Link", "options": "title"}, "ValidationError", "must point to another Link Field"),
	({"permlevel": 10}, "ValidationError", "must be between 0 and 9"),
	({"length": 1001}, "ValidationError", "should be between 1 and 1000"),
	({"options": "Nonsense"}, "ValidationError", "is an invalid Data field"),
]


@pytest.mark.parametrize("bad, exc_type, text", NO_FIELDS)
def test_a_field_that_cannot_be_is_refused_by_both_doors(admin, bad, exc_type, text):
	one = {"fieldname": "x", "fieldtype": "Data", "label": "X", **bad}
	if "search_index" not in bad:  # a Custom Field's own search_index is the same Check
		made = admin("POST", "/api/resource/Custom Field", json={"dt": "Blogs", **one})
		assert (made.status_code, made.json()["exc_type"], text in said(made)) == (417, exc_type, True), made.text
	made = admin("POST", "/api/resource/DocType", json={"name": "Never Made", "module": "Custom", "custom": 1, "fields": [field("title"), one]})
	assert (made.status_code, made.json()["exc_type"], text in said(made)) == (417, exc_type, True), made.text
	assert admin("GET", "/api/resource/Never Made").status_code == 404
	assert fieldnames(admin, "Blogs") == ["title", "kind", "leafs"]


@pytest.mark.parametrize("body, status, exc_type, text", [
	({"dt": "Blogs", "fieldname": "title", "label": "T"}, 417, "ValidationError", "A field with the name <strong>title</strong> already exists in Blogs"),
	({"dt": "Blogs"}, 417, "ValidationError", "Label is mandatory"),
	({"dt": "No Such", "label": "x"}, 417, "LinkValidationError", "Could not find Dt: No Such"),
	({"dt": "DocType", "label": "x"}, 417, "ValidationError", "Core DocTypes cannot be customized"),
	({"dt": "DocField", "label": "x"}, 417, "ValidationError", "Core DocTypes cannot be customized"),
	({"dt": "Custom Field", "label": "x"}, 417, "ValidationError", "Core DocTypes cannot be customized"),
])
def test_a_custom_field_is_checked(admin, body, status, exc_type, text):
	made = admin("POST", "/api/resource/Custom Field", json={"fieldtype": "Data", **body})
	assert (made.status_code, made.json()["exc_type"], text in said(made)) == (status, exc_type, True), made.text


def test_more_than_a_thousand_fields_are_refused(admin):
	made = admin("POST", "/api/resource/DocType", json={"name": "Wide", "module": "Custom", "custom": 1, "fields": [field(f"f{n}") for n in range(1001)]})
	assert (made.status_code, "may have 1000 fields" in said(made)) == (417, True)
	define(admin, "Wide", [field(f"f{n}", "Check") for n in range(1000)])
	more = admin("POST", "/api/resource/Custom Field", json={"dt": "Wide", "label": "one more", "fieldtype": "Data"})
	assert (more.status_code, "may have 1000 fields" in said(more)) == (417, True), more.text
	assert admin("DELETE", "/api/resource/DocType/Wide").status_code == 202


# --- Property Setter

def test_a_property_setter_is_in_force_at_once_and_ends_with_it(admin):
	def put(**values):
		return make(admin, "Property Setter", doctype_or_field="DocField", doc_type="Blogs", **values)["name"]

	name = put(field_name="title", property="reqd", value="1", property_type="Check")
	assert name == "Blogs-title-reqd"
	assert admin("POST", "/api/resource/Blogs", json={"name": "untitled"}).json()["exc_type"] == "MandatoryError"
	assert [f["reqd"] for f in meta(admin, "Blogs")["fields"] if f["fieldname"] == "title"] == [1]
	assert admin("DELETE", f"/api/resource/Property Setter/{name}").status_code == 202
	options = put(field_name="kind", property="options", value="a\nb\nc")
	make(admin, "Blogs", name="c", kind="c", title="t")
	put(field_name="kind", property="options", value="a\nb\nd")  # takes the place of the first
	assert admin("POST", "/api/resource/Blogs", json={"name": "x", "kind": "c"}).status_code == 417
	assert admin("DELETE", f"/api/resource/Property Setter/{options}").status_code == 202
	order = make(admin, "Property Setter", doctype_or_field="DocType", doc_type="Blogs", property="sort_field", value="title")["name"]
	assert order == "Blogs-main-sort_field"
	level = put(field_name="title", property="permlevel", value="3")
	assert admin("DELETE", f"/api/resource/Property Setter/{level}").status_code == 202
	assert admin("DELETE", f"/api/resource/Property Setter/{order}").status_code == 202
	admin("DELETE", "/api/resource/Blogs/c")


@pytest.mark.parametrize("body, text", [
	({"field_name": "none", "property": "reqd", "value": "1"}, "has no field"),
	({"field_name": "title", "property": "fieldname", "value": "x"}, "cannot be set"),
	({"field_name": "title", "property": "1; drop table", "value": "x"}, "cannot be set"),
	({"field_name": "title", "property": "fieldtype", "value": "Password"}, "Fieldtype cannot be changed from Data to Password"),
	({"field_name": "title", "property": "fieldtype", "value": "Nonsense"}, "is no type of a field"),
	({"field_name": "title", "property": "permlevel", "value": "12"}, "must be between 0 and 9"),
	({"field_name": "kind", "property": "unique", "value": "1"}, "cannot be unique"),
	({"doc_type": "User", "field_name": "roles", "property": "permlevel", "value": "0"}, "Core DocTypes cannot be customized"),
	({"doc_type": "DocType", "field_name": "name", "property": "reqd", "value": "0"}, "Core DocTypes cannot be customized"),
	({"doctype_or_field": "DocType", "property": "title_field", "value": "none"}, "Title field must be a valid fieldname"),
	({"doctype_or_field": "DocType", "property": "sort_field", "value": "1 desc, (select 1)"}, "must be a valid fieldname"),
	({"doctype_or_field": "DocType", "property": "istable", "value": "1"}, "cannot be set"),
])
def test_a_property_setter_is_checked(admin, body, text):
	made = admin("POST", "/api/resource/Property Setter", json={"doctype_or_field": "DocField", "doc_type": "Blogs", **body})
	assert (made.status_code, text in said(made)) == (417, True), made.text


def test_only_system_managers_customise(admin, server):
	make(admin, "User", email="ada@example.com", first_name="Ada", send_welcome_email=0)
	ada = server.with_token(admin.call(GENERATE.removeprefix("/api/method/"), user="ada@example.com"))
	for doctype, body in (("Custom Field", {"dt": "Blogs", "label": "x", "fieldtype": "Data"}),
		("Property Setter", {"doctype_or_field": "DocField", "doc_type": "Blogs", "field_name": "title", "property": "reqd", "value": "1"})):
		assert ada("POST", f"/api/resource/{doctype}", json=body).status_code == 403


def test_a_restart_keeps_what_was_customised(tmp_path):
	from sites import Site
	site = Site(tmp_path / "site").start()
	try:
		define(site.admin, "Kept", [field("title")])
		make(site.admin, "Custom Field", dt="Kept", fieldname="extra", label="Extra", fieldtype="Int", default="5")
		admin_token = site.admin
		site.stop()
		site.start()
		site.admin = admin_token
		assert make(site.admin, "Kept", title="x")["extra"] == 5
	finally:
		site.kill()


# --- while others read

def test_reads_go_on_while_a_field_is_added_to_a_table_of_many_rows(admin):
	define(admin, "Many", [field("title"), field("number", "Int")])
	with requests.Session() as session:
		for n in range(400):
			answer = session.post(admin.site.url + "/api/resource/Many", json={"title": f"row {n}", "number": n}, headers=admin.headers, timeout=30)
			assert answer.status_code == 200, answer.text
	done, reads, wrong = threading.Event(), [], []

	def read():
		while not done.is_set():
			answer = admin("GET", "/api/resource/Many", params={"filters": '[["number","=","17"]]', "fields": '["title"]'})
			reads.append(answer)
			if answer.status_code != 200 or answer.json()["data"] != [{"title": "row 17"}]:
				wrong.append(answer.text)

	readers = [threading.Thread(target=read) for _ in range(2)]
	for reader in readers:
		reader.start()
	for n in range(8):
		before = len(reads)
		make(admin, "Custom Field", dt="Many", fieldname=f"f{n}", label="F", fieldtype="Data" if n % 2 else "Int")
		while len(reads) == before:
			pass
	done.set()
	for reader in readers:
		reader.join()
	assert not wrong and len(reads) > 8
	row = admin("GET", "/api/resource/Many", params={"fields": '["f0","f1"]', "limit": "1"}).json()["data"][0]
	assert row == {"f0": 0, "f1": None}


# --- names and shapes that a DocType may come with: never a 500, nothing half made

def nested(depth):
	value = []
	for _ in range(depth):
		value = [value]
	return value


NAMES = ["sqlite_master", "sqlite_sequence", "pg_class", "information_schema", "change", "secret", "api_key", "session", "single", "counter", "User", "user",
	"tabUser", "DocType", "a;drop", "x`y", 'x"y', "x'y", "x" * 65536, "Ünicode", "\u0000", " x", "x ", "1x", "-", "", "\ud83d\ude00", "select", "Order", "Group"]


@pytest.mark.parametrize("name", NAMES)
def test_no_name_of_a_doctype_breaks_anything(admin, name):
	body = {"name": name, "module": "Custom", "custom": 1, "fields": [field("select"), field("from"), field("order", "Int"), field("group"), field("where", "Date"),
		field("primary"), field("rowid"), field("oid"), field("limit"), field("table", "Text")], "permissions": [{"role": "System Manager"}]}
	made = admin("POST", "/api/resource/DocType", json=body)
	assert made.status_code in (200, 400, 409, 417), made.text
	if made.status_code == 200:
		one = make(admin, name, select="s", order=3, rowid="r", oid="c", **{"from": "f", "where": "2026-01-01"})
		got = admin("GET", f"/api/resource/{name}", params={"fields": '["select","from","order","rowid","oid"]', "filters": '{"where":"2026-01-01","order":3}',
			"order_by": "group asc, select desc"})
		assert got.json()["data"] == [{"select": "s", "from": "f", "order": 3, "rowid": "r", "oid": "c"}]
		assert admin("DELETE", f"/api/resource/{name}/{one['name']}").status_code == 202
		assert admin("DELETE", f"/api/resource/DocType/{name}").status_code == 202
	assert admin("GET", "/api/method/frappe.auth.get_logged_user").status_code == 200


@pytest.mark.parametrize("fields", [
	"text", 5, {"a": 1}, [5], ["text"], [nested(20)], [{}], [{"fieldname": nested(10)}], [{"fieldname": {"a": 1}, "fieldtype": "Data"}],
	[{"fieldname": "x", "fieldtype": ["Data"]}], [{"fieldname": "x" * 65536, "fieldtype": "Data"}], [{"fieldname": "x", "fieldtype": "x" * 65536}],
	[{"fieldname": "\u0000", "fieldtype": "Data"}], [{"label": "\u0000", "fieldtype": "Data"}], [{"label": "漢字", "fieldtype": "Data"}],
	[field("x", "Table", options="Odd")], [field("x", "Link", options="Odd"), field("x")], [field("x", length=10**30)], [field("x", permlevel=-1)],
	[field("x", idx="NaN")], [field("x", default={"a": 1})], [field("x", "Select", options="\n" * 3000)],
])
def test_no_shape_of_fields_breaks_anything(admin, fields):
	made = admin("POST", "/api/resource/DocType", json={"name": "Odd", "module": "Custom", "custom": 1, "fields": fields})
	assert made.status_code in (200, 400, 417), made.text
	if made.status_code == 200:
		assert admin("DELETE", "/api/resource/DocType/Odd").status_code == 202
	assert admin("GET", "/api/resource/Odd").status_code == 404


def test_doctypes_may_point_to_each_other_and_to_themselves(admin):
	define(admin, "Hen", [field("next", "Link", options="Hen")])
	define(admin, "Egg", [field("hen", "Link", options="Hen"), field("from", "Data", fetch_from="hen.egg")])
	assert admin("PUT", "/api/resource/DocType/Hen", json={"fields": [field("next", "Link", options="Hen"), field("egg", "Link", options="Egg", fetch_from="next.egg")]}).status_code == 200
	hen = make(admin, "Hen")["name"]
	assert admin("PUT", f"/api/resource/Hen/{hen}", json={"next": hen}).status_code == 200
	egg = make(admin, "Egg", hen=hen)["name"]
	assert admin("PUT", f"/api/resource/Hen/{hen}", json={"egg": egg}).status_code == 200
	self_parent = admin("POST", "/api/resource/DocType", json={"name": "Snake", "module": "Custom", "custom": 1, "istable": 1, "fields": [field("rows", "Table", options="Snake")]})
	assert self_parent.status_code == 417, self_parent.text


# What the documents that are there have of a new field; the second is None where it is what it says.
FILLED = [
	("Data", "it's; DROP TABLE `tabFilled`; --", None), ("Small Text", "back\\slash\\' \"q\" ?1 $1 ü 你", None), ("Text", "''", None), ("Long Text", "x" * 60000, None),
	("Int", "-7", -7), ("Float", "2.5", 2.5), ("Check", "1", 1), ("Currency", "1000", 1000.0), ("Duration", "90", 90.0), ("Rating", "0.8", 0.8),
	("Date", "2024-02-29", None), ("Select", "a", None), ("Data", "__user", ...), ("Date", "Today", ...),
]


def test_documents_that_are_there_have_the_defaults_of_new_fields(admin):
	define(admin, "Filled", [field("text")], autoname="prompt")
	make(admin, "Filled", name="old", text="kept")
	fields = [field(f"f{i}", kind, default=default, **({"options": "b\na"} if kind == "Select" else {})) for i, (kind, default, _) in enumerate(FILLED)]
	answer = admin("PUT", "/api/resource/DocType/Filled", json={"fields": [field("text"), *fields]})
	assert answer.status_code == 200, answer.text
	old = admin("GET", "/api/resource/Filled/old").json()["data"]
	assert old["text"] == "kept" and [old.get(f"f{i}", ...) for i in range(len(FILLED))] == [default if value is None else value for _, default, value in FILLED]
	emptied = make(admin, "Filled", name="emptied", **{f"f{i}": 0 if isinstance(value, (int, float)) else "" for i, (_, _, value) in enumerate(FILLED)})
	assert [FILLED[i] for i in range(len(FILLED)) if emptied.get(f"f{i}")] == []


def test_a_field_with_a_default_fills_a_table_of_megabytes(server):
	"""What one statement changes is more than SQLite keeps of it in memory."""
	admin = server.with_token(server.json("keys", "generate", "Administrator"))
	fields = [{"fieldname": "text", "fieldtype": "Long Text", "label": "Text"}]
	admin("POST", "/api/resource/DocType", json={"name": "Heavy", "module": "Custom", "custom": 1, "autoname": "prompt", "fields": fields}).raise_for_status()
	for first in range(0, 1200, 200):
		admin.call("frappe.client.insert_many", docs=[{"doctype": "Heavy", "name": f"h{n}", "text": f"{n:04}" * 750} for n in range(first, first + 200)])
	for default in ("7", "8"):
		fields.append({"fieldname": f"n{default}", "fieldtype": "Int", "label": default, "default": default})
		answer = admin("PUT", "/api/resource/DocType/Heavy", json={"fields": fields})
		assert answer.status_code == 200, answer.text
	assert admin.call("frappe.client.get_count", doctype="Heavy", filters={"n7": 7, "n8": 8}) == 1200
