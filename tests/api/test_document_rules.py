"""What a document may hold and how it may change: validation, links, rows, docstatus, deletion (spec/documents.md 4 and 6 to 8), each rule with its error."""

import json

import pytest

from sites import GENERATE


def field(name, kind="Data", **more):
	return {"fieldname": name, "fieldtype": kind, "label": name.replace("_", " ").title(), **more}


def make(caller, doctype, **values):
	answer = caller("POST", f"/api/resource/{doctype}", json=values)
	assert answer.status_code == 200, answer.text
	return answer.json()["data"]


def said(answer):
	return " ".join(json.loads(m)["message"] for m in json.loads(answer.json().get("_server_messages", "[]")))


def told(answer):
	return answer.status_code, answer.json().get("exc_type"), said(answer)


@pytest.fixture(scope="module")
def admin(server):
	admin = server.admin = server.admin or server.with_token(server.json("keys", "generate", "Administrator"))
	may = [{"role": "System Manager", "submit": 1, "cancel": 1, "amend": 1}]
	make(admin, "DocType", name="Rule Target", module="Custom", custom=1, autoname="prompt", fields=[field("code"), field("n", "Int"), field("next", "Link", options="Rule Target")], permissions=[{"role": "System Manager"}])
	make(admin, "DocType", name="Rule Row", module="Custom", custom=1, istable=1, fields=[field("item", reqd=1), field("kind", "Select", options="a\nb"), field("qty", "Float", non_negative=1),
		field("target", "Link", options="Rule Target"), field("pin", "Password"), field("late", allow_on_submit=1)])
	make(admin, "DocType", name="Rule Paper", module="Custom", custom=1, autoname="prompt", is_submittable=1, permissions=may, fields=[
		field("mail", options="Email"), field("person", options="Name"), field("dial", options="Phone"), field("site", options="URL"), field("phone", "Phone"),
		field("kind", "Select", options="a\nb"), field("short", length=5), field("n", "Int", non_negative=1), field("big", "Int", length=12), field("plus", "Float", non_negative=1),
		field("money", "Currency", non_negative=1), field("small", "Small Text"), field("once", set_only_once=1), field("once_rows", "Table", options="Rule Row", set_only_once=1),
		field("only", unique=1), field("stars", "Rating"), field("json", "JSON"), field("day", "Date"), field("moment", "Datetime"), field("clock", "Time"), field("span", "Duration"),
		field("target", "Link", options="Rule Target"), field("copied", fetch_from="target.code"), field("kept", "Int", fetch_from="target.n", fetch_if_empty=1),
		field("of", "Link", options="DocType"), field("dynamic", "Dynamic Link", options="of"), field("self", "Link", options="Rule Paper"), field("rows", "Table", options="Rule Row"),
		field("late", allow_on_submit=1), field("late_rows", "Table", options="Rule Row", allow_on_submit=1), field("html", "Text Editor"), field("code", "Code")])
	make(admin, "Rule Target", name="T", code="c", n=7)
	make(admin, "Rule Target", name="U", code="d", n=8)
	return admin


NUMBER = iter(range(1, 10**6))


def paper(admin, **values):
	return make(admin, "Rule Paper", name=f"p{next(NUMBER)}", **values)


# --- what a field may hold (4.2): value, exc_type, text; each on insert, on update, and nothing of it stays

REFUSED = [
	({"mail": "x"}, "InvalidEmailAddressError", "x is not a valid Email Address"), ({"mail": "a@b.c, x"}, "InvalidEmailAddressError", "x is not a valid Email Address"),
	({"person": "a  b"}, "InvalidNameError", "is not a valid Name"), ({"person": "a;b"}, "InvalidNameError", "is not a valid Name"),
	({"dial": "abc"}, "InvalidPhoneNumberError", "abc is not a valid Phone Number"), ({"dial": "1" * 21}, "InvalidPhoneNumberError", "is not a valid Phone Number"),
	({"site": "nowhere"}, "ValidationError", "'<strong>nowhere</strong>' is not a valid URL"), ({"phone": "12"}, "InvalidPhoneNumberError", "Phone Number <strong>12</strong> set in field"),
	({"kind": "c"}, "ValidationError", ' cannot be "c". It should be one of "a", "b"'), ({"kind": "A"}, "ValidationError", "It should be one of"),
	({"short": "123456"}, "CharacterLengthExceededError", "'<strong>Short</strong>' (123456) will get truncated, as max characters allowed is 5"),
	({"late": "x" * 141}, "CharacterLengthExceededError", "max characters allowed is 140"), ({"n": 2**31}, "CharacterLengthExceededError", "will get truncated"),
	({"small": "x" * 65536}, "CharacterLengthExceededError", "will get truncated"), ({"n": -1}, "NonNegativeError", "Value cannot be negative for Rule Paper: <strong>N</strong>"),
	({"plus": -0.5}, "NonNegativeError", "Value cannot be negative"), ({"money": "-1"}, "NonNegativeError", "Value cannot be negative"),
	({"mail": ["a"]}, "ValidationError", "Value for Mail cannot be a list"), ({"n": [1]}, "ValidationError", "Value for N cannot be a list"), ({"json": [1]}, "ValidationError", "Value for Json cannot be a list"),
	({"mail": {"a": 1}}, "ValidationError", ""), ({"day": {"a": 1}}, "ValidationError", ""), ({"json": "{no"}, "ValidationError", ""), ({"rows": "x"}, "ValidationError", ""),
	({"rows": {"item": "x"}}, "ValidationError", ""), ({"rows": 5}, "ValidationError", ""), ({"rows": ["x"]}, "ValidationError", ""), ({"rows": [[1]]}, "ValidationError", ""),
	({"day": "soon"}, "ValidationError", "Day"), ({"day": "2026-02-30"}, "ValidationError", "Day"), ({"moment": "2026-01-01 25:00:00"}, "ValidationError", "Moment"),
	({"clock": "noon"}, "ValidationError", "Clock"), ({"span": "long"}, "ValidationError", "Span"), ({"moment": "2026-01-01T10:00:00+02:00"}, "ValidationError", "Moment"),
	({"target": "none"}, "LinkValidationError", "Could not find Target: none"), ({"dynamic": "T"}, "ValidationError", "Of must be set first"),
	({"of": "Rule Target", "dynamic": "none"}, "LinkValidationError", "Could not find Dynamic: none"), ({"of": "No Such", "dynamic": "T"}, "LinkValidationError", "Could not find"),
	({"target": "none", "self": "none"}, "LinkValidationError", "Could not find Target: none, Self: none"), ({"target": "x" * 65536}, None, ""),
	({"rows": [{}]}, "MandatoryError", "Error: <strong>Rule Row</strong> Row #1: Value missing for: Item"), ({"rows": [None]}, "MandatoryError", "Row #1"),
	({"rows": [{"item": "<p> </p>"}]}, None, ""), ({"rows": [{"item": "x"}, {"item": " "}]}, "MandatoryError", "Row #2"),
	({"rows": [{"item": "x", "kind": "c"}]}, "ValidationError", "Row #1:"), ({"rows": [{"item": "x", "qty": -1}]}, "NonNegativeError", "Value cannot be negative"),
	({"rows": [{"item": "x"}, {"item": "x", "target": "none"}]}, "LinkValidationError", "Could not find Row #2: Target: none"), ({"rows": [{"item": ["x"]}]}, "ValidationError", "cannot be a list"),
	({"docstatus": 3}, "ValidationError", "('Invalid docstatus', 3)"), ({"docstatus": -1}, "ValidationError", ""), ({"docstatus": 10**30}, None, ""),
	({"plus": 1e300}, None, ""), ({"plus": "1" * 400}, None, ""), ({"n": "9" * 400}, None, ""), ({"big": 2**63}, None, ""), ({"big": 10**400}, None, ""),
]


@pytest.mark.parametrize("values, exc_type, text", REFUSED)
def test_what_a_field_cannot_hold_is_refused_and_leaves_nothing(admin, values, exc_type, text):
	name = paper(admin, late="stays", rows=[{"item": "first"}])["name"]
	before = admin("GET", f"/api/resource/Rule Paper/{name}").json()
	for answer in (admin("POST", "/api/resource/Rule Paper", json={"name": "never", **values}), admin("PUT", f"/api/resource/Rule Paper/{name}", json={"late": "changed", **values})):
		assert answer.status_code in (400, 417), answer.text[:500]
		assert exc_type is None or (answer.json()["exc_type"] == exc_type and text in said(answer) + answer.json()["exception"]), answer.text[:800]
	assert admin("GET", "/api/resource/Rule Paper/never").status_code == 404
	assert admin("GET", f"/api/resource/Rule Paper/{name}").json() == before
	assert admin.call("frappe.client.get_list", doctype="Rule Row", parent="Rule Paper", filters={"parent": "never"}) == []


@pytest.mark.parametrize("values, held", [({"mail": "a@b.c, d@e.f\ng@h.i"}, None), ({"mail": ""}, None), ({"person": "Ann-Marie O'Neil"}, None), ({"dial": "+1 (23) 4#5*6"}, None),
	({"site": "https://a.b/c"}, None), ({"site": "/local"}, None), ({"phone": "+49-301234567"}, None), ({"kind": " a "}, {"kind": "a"}), ({"kind": ""}, None), ({"big": 2**40}, None),
	({"stars": 7}, {"stars": 1.0}), ({"stars": -1}, {"stars": 0.0}), ({"json": {"a": [1]}}, {"json": '{"a":[1]}'}), ({"day": ""}, {"day": None}), ({"day": "20260105"}, {"day": "2026-01-05"}),
	({"day": "0000-00-00"}, {"day": None}), ({"moment": "2026-01-05T10:11:12"}, {"moment": "2026-01-05 10:11:12"}), ({"clock": "10:11"}, {"clock": "10:11:00"}), ({"n": "x"}, {"n": 0}),
	({"n": 2.9}, {"n": 2}), ({"plus": "1,234.5"}, {"plus": 1234.5}), ({"unknown": 1, "name2": [1]}, {"unknown": None}), ({"rows": None}, {"rows": []}), ({"rows": 0}, {"rows": []}),
	({"rows": ""}, {"rows": []}), ({"rows": False}, {"rows": []}), ({"target": ""}, None), ({"target": "t"}, {"target": "T", "copied": "c", "kept": 7}),
	({"target": "U", "copied": "mine", "kept": 1}, {"copied": "d", "kept": 1}), ({"of": "Rule Target", "dynamic": "u"}, {"dynamic": "U"}), ({"of": "System Settings", "dynamic": "any"}, None),
	({"html": "<b onclick='x()'>a</b><script>1</script>"}, {"html": "<b>a</b>&lt;script&gt;1&lt;/script&gt;"}), ({"late": "a < b & c"}, None), ({"code": "<script>"}, None)])
def test_what_a_field_can_hold_is_held(admin, values, held):
	name = paper(admin, **values)["name"]
	got = admin("GET", f"/api/resource/Rule Paper/{name}").json()["data"]
	want = values if held is None else held
	assert {key: got.get(key) for key in want} == want


def test_an_int_that_is_no_number_for_json_is_refused_before_anything(admin):
	for body in ('{"plus": NaN}', '{"plus": Infinity}', '{"n": 1e999}', '{"mail": "\\ud800"}', "[" * 1000 + "]" * 1000, '{"rows": ' + "[" * 1000 + "]" * 1000 + "}"):
		answer = admin("POST", "/api/resource/Rule Paper", data=body, headers={"Content-Type": "application/json"})
		assert answer.status_code in (400, 417), (body[:40], answer.text[:300])
	for kind in ("filters", "or_filters", "fields"):
		answer = admin("GET", "/api/resource/Rule Paper", params={kind: "[" * 1000 + "]" * 1000})
		assert answer.status_code in (400, 417), answer.text[:300]
	assert admin("POST", "/api/resource/Rule Paper", json={"name": "x" * (4 * 1024 * 1024)}).status_code in (413, 417)


# --- what may change

def test_constants_do_not_change(admin):
	made = paper(admin, once="a", once_rows=[{"item": "x"}])
	path = f"/api/resource/Rule Paper/{made['name']}"
	for values, label in (({"once": "b"}, "Once"), ({"once": ""}, "Once"), ({"once_rows": []}, "Once Rows"), ({"once_rows": [{"item": "y"}]}, "Once Rows"), ({"owner": "Guest"}, "Created By"),
		({"creation": "2020-01-01 00:00:00"}, "Created On")):
		assert told(admin("PUT", path, json=values)) == (417, "CannotChangeConstantError", f"Value cannot be changed for <strong>{label}</strong>")
	assert admin("PUT", path, json={"once": "a", "owner": made["owner"], "creation": made["creation"], "doctype": "ToDo"}).status_code == 200
	empty = paper(admin)
	assert told(admin("PUT", f"/api/resource/Rule Paper/{empty['name']}", json={"once": "late"}))[1] == "CannotChangeConstantError"


def test_unique_values_are_compared_as_text_is(admin):
	first = paper(admin, only="One")
	for value in ("One", "oNE", "ONE "):
		answer = admin("POST", "/api/resource/Rule Paper", json={"name": f"u{value}", "only": value})
		assert told(answer) == (417, "UniqueValidationError", "Only must be unique"), value
	for _ in range(2):  # empty ones are as many as like
		paper(admin, only="")
	other = paper(admin, only="Two")
	assert told(admin("PUT", f"/api/resource/Rule Paper/{other['name']}", json={"only": "one", "late": "x"}))[1] == "UniqueValidationError"
	assert "late" not in admin("GET", f"/api/resource/Rule Paper/{other['name']}").json()["data"]
	assert admin("PUT", f"/api/resource/Rule Paper/{first['name']}", json={"only": "one"}).status_code == 200


def test_a_save_moves_modified_and_a_stale_one_is_refused(admin):
	made = paper(admin, late="a")
	path = f"/api/resource/Rule Paper/{made['name']}"
	after = admin("PUT", path, json={}).json()["data"]
	assert after["modified"] > made["modified"] and (after["creation"], after["owner"]) == (made["creation"], made["owner"])
	for stale in (made["modified"], "", None, "2020-01-01"):
		answer = admin("PUT", path, json={"late": "b", "modified": stale})
		assert told(answer)[:2] == (417, "TimestampMismatchError") and "has been modified after you have opened it" in said(answer)
	assert admin("PUT", path, json=after).status_code == 200
	assert told(admin("PUT", path, json={"name": "other"}))[:2] == (417, "ValidationError")
	forged = make(admin, "Rule Paper", name="forged", owner="Guest", creation="2020-01-01", modified="2020-01-01", modified_by="Guest", idx=4)
	assert (forged["owner"], forged["modified_by"], forged["creation"][:4] > "2020", forged["idx"]) == ("Administrator", "Administrator", True, 4)


def test_rows_are_replaced_kept_and_never_taken_from_others(admin):
	made = paper(admin, rows=[{"item": "a", "kind": "b", "qty": 2, "owner": "Guest"}, {"item": "b"}])
	other = paper(admin, rows=[{"item": "theirs"}])
	path = f"/api/resource/Rule Paper/{made['name']}"
	names = [row["name"] for row in made["rows"]]
	assert [row["idx"] for row in made["rows"]] == [1, 2] and made["rows"][1]["kind"] == "a"  # a new row has defaults
	assert [row["name"] for row in admin("PUT", path, json={"late": "x"}).json()["data"]["rows"]] == names
	got = admin("PUT", path, json={"rows": [{"name": names[0], "item": "A"}, {"item": "new"}, {"name": other["rows"][0]["name"], "item": "stolen"}, {"name": "unknown", "item": "u"},
		{"name": "", "item": "e"}]}).json()["data"]["rows"]
	assert [row["item"] for row in got] == ["A", "new", "stolen", "u", "e"] and got[0]["name"] == names[0]
	assert len({row["name"] for row in got}) == 5 and not {row["name"] for row in got[1:]} & {names[1], other["rows"][0]["name"], "unknown", ""}
	assert got[0]["qty"] == 0 and got[0].get("kind") is None  # a listed row is replaced as a whole
	assert admin("GET", f"/api/resource/Rule Paper/{other['name']}").json()["data"]["rows"][0]["item"] == "theirs"
	forged = admin("PUT", path, json={"rows": [{"item": "f", "parent": other["name"], "parenttype": "User", "parentfield": "late_rows", "doctype": "ToDo", "docstatus": 1, "idx": 9}]})
	row = forged.json()["data"]["rows"][0]
	assert [row[key] for key in ("parent", "parenttype", "parentfield", "doctype", "docstatus", "idx")] == [made["name"], "Rule Paper", "rows", "Rule Row", 0, 9]
	assert [row["idx"] for row in admin("PUT", path, json={"rows": [{"item": "a", "idx": 2}, {"item": "b", "idx": 2}]}).json()["data"]["rows"]] == [1, 2]
	assert admin("PUT", path, json={"rows": []}).json()["data"]["rows"] == []


# --- docstatus (7)

def test_docstatus_goes_forward_only(admin):
	def put(name, **values):
		return told(admin("PUT", f"/api/resource/Rule Paper/{name}", json=values))

	draft = paper(admin, rows=[{"item": "a"}], late_rows=[{"item": "l"}])["name"]
	assert put(draft, docstatus=2)[:2] == (417, "DocstatusTransitionError")
	assert put(draft, docstatus=1)[0] == 200 and put(draft, docstatus=1)[0] == 200
	assert put(draft, docstatus=0)[:2] == (417, "DocstatusTransitionError")
	row = admin("GET", f"/api/resource/Rule Paper/{draft}").json()["data"]["rows"][0]
	assert row["docstatus"] == 1
	assert put(draft, mail="a@b.c") == (417, "UpdateAfterSubmitError", " Not allowed to change <strong>Mail</strong> after submission from <strong></strong> to <strong>a@b.c</strong>") or \
		put(draft, mail="a@b.c")[:2] == (417, "UpdateAfterSubmitError")
	assert put(draft, rows=[])[1] == put(draft, rows=[{"name": row["name"], "item": "changed"}])[1] == put(draft, rows=[row, {"item": "more"}])[1] == "UpdateAfterSubmitError"
	assert put(draft, late="ok")[0] == 200 and put(draft, late_rows=[{"item": "l"}, {"item": "m"}])[0] == 200
	assert put(draft, rows=[{**row, "late": "ok"}])[0] == 200
	assert told(admin("DELETE", f"/api/resource/Rule Paper/{draft}"))[:2] == (417, "ValidationError")
	holder = paper(admin, self=draft)["name"]
	assert put(holder, docstatus=1)[0] == 200
	assert put(draft, docstatus=2)[:2] == (417, "LinkExistsError")
	assert put(holder, docstatus=2)[0] == 200 and put(draft, docstatus=2)[0] == 200
	assert put(draft, late="x")[:2] == put(draft, docstatus=1)[:2] == (417, "ValidationError") and "Cannot edit cancelled document" in admin("PUT", f"/api/resource/Rule Paper/{draft}", json={}).text
	assert told(admin("POST", "/api/resource/Rule Paper", json={"name": "linked", "self": draft}))[1] == "CancelledLinkError"
	assert told(admin("POST", "/api/resource/Rule Paper", json={"name": "born", "docstatus": 2}))[1] == "DocstatusTransitionError"
	assert told(admin("POST", "/api/resource/Rule Target", json={"name": "sub", "docstatus": 1}))[0] == 417
	fresh = paper(admin, docstatus="1")["name"]
	assert admin("GET", f"/api/resource/Rule Paper/{fresh}").json()["data"]["docstatus"] == 1
	answer = admin("POST", "/api/resource/Rule Paper", json={"name": "amend", "amended_from": fresh})
	assert told(answer)[:2] == (417, "ValidationError") and "is not cancelled" in said(answer)


# --- deletion (8.2)

def test_what_is_linked_is_not_deleted(admin):
	make(admin, "Rule Target", name="Held")
	assert admin("PUT", "/api/resource/Rule Target/Held", json={"next": "Held"}).status_code == 200  # its own link does not hold it
	holder = paper(admin, target="Held")["name"]
	answer = admin("DELETE", "/api/resource/Rule Target/Held")
	assert told(answer)[:2] == (417, "LinkExistsError") and "is linked with" in said(answer) and holder in said(answer)
	admin("PUT", f"/api/resource/Rule Paper/{holder}", json={"target": "", "rows": [{"item": "x", "target": "Held"}]})
	answer = admin("DELETE", "/api/resource/Rule Target/Held")
	assert told(answer)[:2] == (417, "LinkExistsError") and holder in said(answer) and "at Row: 1" in said(answer)
	admin("PUT", f"/api/resource/Rule Paper/{holder}", json={"rows": [], "of": "Rule Target", "dynamic": "Held"})
	assert told(admin("DELETE", "/api/resource/Rule Target/Held"))[1] == "LinkExistsError"
	make(admin, "ToDo", description="never counted", reference_type="Rule Target", reference_name="Held")
	admin("PUT", f"/api/resource/Rule Paper/{holder}", json={"docstatus": 1})
	admin("PUT", f"/api/resource/Rule Paper/{holder}", json={"docstatus": 2})
	assert admin("DELETE", "/api/resource/Rule Target/Held").status_code == 202  # a cancelled document holds nothing by a dynamic link
	assert admin("DELETE", f"/api/resource/Rule Paper/{holder}").json() == {"data": "ok"}
	gone = admin("DELETE", f"/api/resource/Rule Paper/{holder}")
	assert (gone.status_code, gone.json().get("exc_type"), gone.json().get("_server_messages")) == (404, "DoesNotExistError", None)
	kept = admin("GET", "/api/resource/Deleted Document", params={"filters": json.dumps({"deleted_doctype": "Rule Target", "deleted_name": "Held"}), "fields": '["data","restored"]'}).json()["data"]
	assert len(kept) == 1 and json.loads(kept[0]["data"])["name"] == "Held" and kept[0]["restored"] == 0


# --- DocTypes (1.1, 1.5, 1.6)

@pytest.mark.parametrize("body, exc_type", [
	({"custom": 0}, "CannotCreateStandardDoctypeError"), ({"fields": [field("a"), field("a")]}, "UniqueFieldnameError"), ({"autoname": "field:none"}, "ValidationError"),
	({"autoname": "naming_series:"}, "ValidationError"), ({"permissions": [{"role": "All", **dict.fromkeys(("read", "write", "create", "delete", "report", "export", "share", "print", "email"), 0)}]},
		"ValidationError"),
	({"permissions": [{"role": "All"}, {"role": "All"}]}, "ValidationError"), ({"permissions": [{"role": "All", "permlevel": 1}]}, "ValidationError"),
	({"is_submittable": 1, "permissions": [{"role": "All", "cancel": 1}]}, "ValidationError"), ({"is_submittable": 1, "permissions": [{"role": "All", "write": 0, "submit": 1}]}, "ValidationError"),
	({"permissions": [{"role": "All", "submit": 1}]}, "ValidationError"), ({"permissions": [{"role": "All", "import": 1}]}, "ValidationError"), ({"module": "No Such"}, "LinkValidationError"),
	({"module": None}, "MandatoryError"), ({"title_field": "none"}, "InvalidFieldNameError"), ({"search_fields": "none"}, "ValidationError"), ({"name": None}, "ValidationError")])
def test_a_doctype_is_checked_and_nothing_is_half_made(admin, body, exc_type):
	answer = admin("POST", "/api/resource/DocType", json={"name": "Never Rule", "module": "Custom", "custom": 1, "fields": [field("a")], **body})
	assert (answer.status_code, answer.json()["exc_type"]) == (417, exc_type), answer.text
	assert admin("GET", "/api/resource/Never Rule").status_code == 404


def test_roles_that_permissions_name_are_made_and_a_naming_field_is_unique(admin):
	make(admin, "DocType", name="Rule Named", module="Custom", custom=1, autoname="field:code", fields=[field("code"), field("", label="Due  date!"), field("", label="Due date")],
		permissions=[{"role": "Rule Keeper"}])
	assert admin("GET", "/api/resource/Role/Rule Keeper").status_code == 200
	meta = {f["fieldname"]: f for f in admin("GET", "/api/v2/doctype/Rule Named/meta").json()["data"]["fields"]}
	assert meta["code"]["unique"] == 1 and len(meta) == 3
	right = admin("GET", "/api/resource/DocType/Rule Named").json()["data"]["permissions"][0]
	assert [right[name] for name in ("read", "write", "create", "delete", "report", "export", "share", "print", "email", "submit", "cancel", "amend", "import")] == [1] * 9 + [0] * 4
	make(admin, "Rule Named", code="x")
	assert told(admin("DELETE", "/api/resource/DocType/ToDo"))[:2] == (417, "ValidationError")
	assert admin("DELETE", "/api/resource/DocType/Rule Named").status_code == 202
	assert admin("GET", "/api/resource/Rule Named").status_code == admin("POST", "/api/resource/Rule Named", json={}).status_code == 404


def test_nobody_without_rights_learns_which_names_there_are(server, admin):
	make(admin, "User", email="probe@rules.test", first_name="p", send_welcome_email=0)
	probe = server.with_token(admin.call(GENERATE.removeprefix("/api/method/"), user="probe@rules.test"))
	answers = [probe("POST", "/api/resource/Rule Paper", json={"name": "n", "target": target}) for target in ("T", "none")]
	assert [answer.status_code for answer in answers] == [403, 403] and said(answers[0]) == said(answers[1])
