"""Documents as the forms of the web open and save them: getdoc, docinfo, getdoctype, savedocs, cancel, discard (spec/rpc.md 6.3)."""

import json

import pytest

from test_permissions import allow, field, make, make_user, said

LOAD = "/api/method/frappe.desk.form.load."
SAVE = "/api/method/frappe.desk.form.save."


@pytest.fixture(scope="module")
def desk(server):
	"""Orders with rows, a link that shows titles, levels, and history."""
	server.admin = server.with_token(server.json("keys", "generate", "Administrator"))
	admin = server.admin
	for role in ("Clerk", "Chief"):
		make(server, "Role", role_name=role, desk_access=1)
	make(server, "DocType", name="Client", module="Custom", custom=1, autoname="prompt", title_field="full", show_title_field_in_link=1,
		search_fields="full, town", document_type="Setup", fields=[field("full"), field("town")], permissions=[allow("Clerk"), allow("Chief", "create", read=0)])
	make(server, "DocType", name="Order Part", module="Custom", custom=1, istable=1, fields=[
		field("item"), field("cost", "Int", permlevel=1), field("maker", "Link", options="Client")], permissions=[])
	make(server, "DocType", name="Order", module="Custom", custom=1, is_submittable=1, track_changes=1, fields=[
		field("title", reqd=1), field("client", "Link", options="Client"), field("kind", "Link", options="DocType"),
		field("about", "Dynamic Link", options="kind"), field("margin", "Int", permlevel=1),
		field("parts", "Table", options="Order Part"), field("hidden_parts", "Table", options="Order Part", permlevel=1)],
		permissions=[allow("Clerk", "read write create delete submit cancel share"), allow("Chief", "read write create submit"),
			allow("Chief", "read write", permlevel=1)])
	server.clerk = make_user(server, "clerk", "Clerk")
	server.chief = make_user(server, "chief", "Chief")
	server.nobody = make_user(server, "nobody")
	make(server, "Client", name="C1", full="Client One", town="Bonn")
	make(server, "Client", name="C2", full="Client Two")
	server.root = admin
	return server


def order(desk, **values):
	return make(desk, "Order", **{"title": "x", **values})


def load(caller, method, **arguments):
	return caller("GET", LOAD + method, params=arguments)


def getdoc(caller, name, doctype="Order"):
	answer = load(caller, "getdoc", doctype=doctype, name=name)
	assert answer.status_code == 200, answer.text
	return answer.json()


def save(caller, doc, action="Save"):
	return caller("POST", SAVE + "savedocs", data={"doc": json.dumps(doc), "action": action})


def saved(caller, doc, action="Save"):
	answer = save(caller, doc, action)
	assert answer.status_code == 200, answer.text
	body = answer.json()
	assert "message" not in body and said(answer) == "Saved"
	return body["docs"][0]


def count(desk):
	return desk.root.call("frappe.client.get_count", doctype="Order")


# --- getdoc

def test_a_form_gets_the_document_and_what_belongs_to_it(desk):
	made = order(desk, client="C1", parts=[{"item": "a", "maker": "C2"}])
	body = getdoc(desk.clerk, made["name"])
	assert list(body) == ["docs", "docinfo", "_link_titles"]
	assert body["docs"][0]["title"] == "x" and "about" not in body["docs"][0]
	assert body["docinfo"]["doctype"] == "Order" and body["docinfo"]["name"] == made["name"]
	assert body["docinfo"]["permissions"]["submit"] == 1 and body["docinfo"]["permissions"]["amend"] == 0
	assert body["_link_titles"] == {"Client::C1": "Client One", "Client::C2": "Client Two"}


def test_titles_of_dynamic_links_are_told_once(desk):
	made = order(desk, client="C1", kind="Client", about="C1")
	assert getdoc(desk.clerk, made["name"])["_link_titles"] == {"Client::C1": "Client One"}


def test_a_title_that_the_caller_may_not_read_is_not_told(desk):
	made = order(desk, client="C1")
	assert getdoc(desk.chief, made["name"])["_link_titles"] == {}


def test_links_of_fields_above_the_level_have_no_titles(desk):
	made = order(desk, hidden_parts=[{"maker": "C2"}])
	body = getdoc(desk.clerk, made["name"])
	assert body["_link_titles"] == {} and body["docs"][0]["hidden_parts"] == []


def test_fields_above_the_level_are_empty(desk):
	made = order(desk, margin=7, parts=[{"item": "a", "cost": 9}])
	doc = getdoc(desk.clerk, made["name"])["docs"][0]
	assert doc["margin"] == 0 and doc["parts"][0]["cost"] == 0
	doc = getdoc(desk.chief, made["name"])["docs"][0]
	assert doc["margin"] == 7 and doc["parts"][0]["cost"] == 9


def test_what_is_not_there_is_an_empty_list(desk):
	assert load(desk.clerk, "getdoc", doctype="Order", name="nope").json() == {"message": []}


@pytest.mark.parametrize("who, arguments, status, kind", [
	("nobody", {"doctype": "Order", "name": "{made}"}, 403, "PermissionError"),
	("guest", {"doctype": "Order", "name": "{made}"}, 403, "PermissionError"),
	("clerk", {"doctype": "No Such", "name": "x"}, 404, "DoesNotExistError"),
	("clerk", {"doctype": "Order"}, 417, "TypeError"),
	("clerk", {"name": "x"}, 417, "TypeError"),
])
@pytest.mark.parametrize("method", ["getdoc", "get_docinfo"])
def test_a_form_is_refused(desk, method, who, arguments, status, kind):
	made = order(desk)["name"]
	answer = load(getattr(desk, who), method, **{k: v.format(made=made) for k, v in arguments.items()})
	assert (answer.status_code, answer.json()["exc_type"]) == (status, kind)


def test_a_single_is_opened_by_any_name(desk):
	body = load(desk.root, "getdoc", doctype="System Settings", name="whatever").json()
	assert body["docs"][0]["doctype"] == "System Settings"


# --- docinfo

def test_docinfo_alone(desk):
	made = order(desk)
	body = load(desk.clerk, "get_docinfo", doctype="Order", name=made["name"]).json()
	assert list(body) == ["docinfo"] and body["docinfo"] == getdoc(desk.clerk, made["name"])["docinfo"]
	assert load(desk.clerk, "get_docinfo", doctype="Order", name="nope").status_code == 404


def test_docinfo_says_with_whom_it_is_shared_and_who_that_is(desk):
	made = order(desk)
	desk.root.call("frappe.share.add", doctype="Order", name=made["name"], user=desk.nobody.name, read=1)
	info = getdoc(desk.clerk, made["name"])["docinfo"]
	assert [(s["user"], s["read"], s["write"]) for s in info["shared"]] == [(desk.nobody.name, 1, 0)]
	assert info["user_info"] == {desk.nobody.name: {"name": desk.nobody.name, "fullname": "nobody", "image": None}}


def test_docinfo_names_the_files(desk):
	made = order(desk)
	for name in ("b.txt", "a.txt"):
		sent = desk.clerk("POST", "/api/method/upload_file", files={"file": (name, name.encode())},
			data={"doctype": "Order", "docname": made["name"], "is_private": "1"})
		assert sent.status_code == 200, sent.text
	files = getdoc(desk.chief, made["name"])["docinfo"]["attachments"]
	assert [sorted(f) for f in files] == [["file_name", "file_url", "is_private", "name"]] * 2
	assert [(f["file_name"], f["is_private"]) for f in files] == [("b.txt", 1), ("a.txt", 1)]


def test_docinfo_tells_the_history_without_what_is_above_the_level(desk):
	name = order(desk, title="one", margin=1, parts=[{"item": "old"}])["name"]
	doc = desk.chief("GET", f"/api/resource/Order/{name}").json()["data"]
	row = doc["parts"][0]["name"]
	desk.chief("PUT", f"/api/resource/Order/{name}", json={"title": "two", "margin": 2, "parts": [
		{"name": row, "item": "new", "cost": 5}, {"item": "more", "cost": 6}], "hidden_parts": [{"item": "secret"}]}).raise_for_status()

	def last(caller):
		info = getdoc(caller, name)["docinfo"]
		assert info["versions"][0]["owner"] == desk.chief.name and desk.chief.name in info["user_info"]
		return json.loads(info["versions"][0]["data"])

	whole = last(desk.chief)
	assert whole["changed"] == [["title", "one", "two"], ["margin", 1, 2]]
	assert {table for table, _ in whole["added"]} == {"parts", "hidden_parts"}
	seen = last(desk.clerk)
	assert seen["changed"] == [["title", "one", "two"]]
	assert seen["row_changed"] == [["parts", 0, row, [["item", "old", "new"]]]]
	assert [(table, r["item"], "cost" in r) for table, r in seen["added"]] == [("parts", "more", False)]
	assert "secret" not in json.dumps(getdoc(desk.clerk, name))


def test_docinfo_shows_the_newest_ten_changes(desk):
	name = order(desk)["name"]
	for i in range(12):
		desk.root("PUT", f"/api/resource/Order/{name}", json={"title": f"t{i}"}).raise_for_status()
	versions = getdoc(desk.clerk, name)["docinfo"]["versions"]
	assert [json.loads(v["data"])["changed"][0][2] for v in versions] == [f"t{i}" for i in range(11, 1, -1)]


def test_a_version_of_another_form_has_nothing_to_show(desk):
	name = order(desk)["name"]
	make(desk, "Version", ref_doctype="Order", docname=name, data="no json")
	[version] = getdoc(desk.clerk, name)["docinfo"]["versions"]
	assert json.loads(version["data"]) == {"changed": [], "added": [], "removed": [], "row_changed": []}


def test_a_key_without_files_in_its_scopes_opens_forms(desk):
	name = order(desk)["name"]
	desk.clerk("POST", "/api/method/upload_file", files={"file": ("x.txt", b"x")}, data={"doctype": "Order", "docname": name})
	made = make(desk, "API Key", user=desk.clerk.name, scopes=[
		{"kind": "Method", "target": "frappe.desk.form.load.getdoc"}, {"kind": "DocType", "target": "Order", "read": 1}])
	key = desk.with_token({"api_key": made["api_key"], "api_secret": made["api_secret"]})
	assert getdoc(key, name)["docinfo"]["attachments"] == []
	refused = load(key, "getdoctype", doctype="Client")
	assert refused.status_code == 403


# --- getdoctype

def test_a_form_is_made_from_a_doctype_and_those_of_its_tables(desk):
	body = load(desk.nobody, "getdoctype", doctype="Order").json()
	assert [d["name"] for d in body["docs"]] == ["Order", "Order Part"] and body["user_settings"] == "{}"
	meta, part = body["docs"]
	assert [f["fieldname"] for f in meta["_table_fields"]] == ["parts", "hidden_parts"] and "_table_fields" not in part
	assert meta["__print_formats"] == [] and part["__print_formats"] is None
	client = next(f for f in meta["fields"] if f["fieldname"] == "client")
	assert client["search_fields"] == ["full", "town"] and client["linked_document_type"] == "Setup"
	assert {p["role"] for p in meta["permissions"]} == {"Clerk", "Chief"}


def test_the_parent_of_a_table_may_come_instead(desk):
	body = load(desk.clerk, "getdoctype", doctype="Order Part", with_parent="1").json()
	assert [d["name"] for d in body["docs"]] == ["Order", "Order Part"] and body["parent_dt"] == "Order"
	for arguments in ({"doctype": "Order Part", "with_parent": "0"}, {"doctype": "Order Part"}):
		body = load(desk.clerk, "getdoctype", **arguments).json()
		assert [d["name"] for d in body["docs"]] == ["Order Part"] and "parent_dt" not in body
	assert "parent_dt" not in load(desk.clerk, "getdoctype", doctype="Client", with_parent="1").json()


def test_a_form_that_is_known_is_not_sent_again(desk):
	meta = load(desk.clerk, "getdoctype", doctype="Client").json()["docs"][0]
	known = load(desk.clerk, "getdoctype", doctype="Client", cached_timestamp=meta["modified"]).json()
	assert known == {"message": "use_cache", "user_settings": "{}"}
	assert "docs" in load(desk.clerk, "getdoctype", doctype="Client", cached_timestamp="2001-01-01 00:00:00").json()


def test_no_form_for_guests_or_of_nothing(desk):
	assert load(desk.guest, "getdoctype", doctype="Client").status_code == 403
	assert load(desk.clerk, "getdoctype", doctype="No Such").status_code == 404
	assert load(desk.clerk, "getdoctype").json()["exc_type"] == "TypeError"


# --- savedocs

def test_a_new_document_keeps_the_name_of_its_form_beside_its_own(desk):
	doc = saved(desk.clerk, {"doctype": "Order", "__islocal": 1, "name": "new-order-1", "title": "fresh",
		"parts": [{"doctype": "Order Part", "__islocal": 1, "name": "new-order-part-1", "item": "a"}]})
	assert doc["localname"] == "new-order-1" != doc["name"] and doc["client"] is None and doc["parts"][0]["item"] == "a"
	assert getdoc(desk.clerk, doc["name"])["docs"][0]["owner"] == desk.clerk.name


def test_a_new_document_may_be_named(desk):
	doc = saved(desk.clerk, {"doctype": "Client", "__islocal": 1, "name": "new-client-1", "__newname": "C9", "full": "Nine"})
	assert (doc["name"], doc["localname"]) == ("C9", "new-client-1")
	again = save(desk.clerk, {"doctype": "Client", "__islocal": 1, "__newname": "C9", "full": "Nine"})
	assert (again.status_code, again.json()["exc_type"]) == (409, "DuplicateEntryError")


def test_a_document_is_saved_submitted_updated_and_cancelled(desk):
	doc = saved(desk.clerk, {"doctype": "Order", "__islocal": "1", "title": "a"})
	assert doc["docstatus"] == 0 and "localname" not in doc
	doc = saved(desk.clerk, {**doc, "title": "b"})
	assert doc["title"] == "b"
	doc = saved(desk.clerk, doc, "Submit")
	assert doc["docstatus"] == 1
	doc = saved(desk.clerk, doc, "Update")
	assert doc["docstatus"] == 1
	doc = saved(desk.clerk, doc, "Cancel")
	assert doc["docstatus"] == 2 and getdoc(desk.clerk, doc["name"])["docs"][0]["docstatus"] == 2


def test_a_new_document_is_submitted_at_once(desk):
	assert saved(desk.clerk, {"doctype": "Order", "__islocal": 1, "title": "a", "docstatus": 2}, "Submit")["docstatus"] == 1


def test_a_user_with_a_password_is_saved(desk):
	doc = saved(desk.root, {"doctype": "User", "__islocal": 1, "name": "new-user-1", "email": "form@example.com", "first_name": "Form",
		"new_password": "Gr4nite-Form-Pw1", "roles": [{"role": "Clerk"}]})
	assert doc["name"] == "form@example.com" and not doc["new_password"]
	assert desk.login("form@example.com", "Gr4nite-Form-Pw1")


def test_saved_documents_show_no_field_above_the_level(desk):
	name = order(desk, margin=3, parts=[{"item": "a", "cost": 4}])["name"]
	doc = saved(desk.clerk, {**getdoc(desk.clerk, name)["docs"][0], "margin": 9})
	assert doc["margin"] == 0 and doc["parts"][0]["cost"] == 0
	stored = desk.root("GET", f"/api/resource/Order/{name}").json()["data"]
	assert stored["margin"] == 3


@pytest.mark.parametrize("change, action, status, kind", [
	({"modified": "2001-01-01 00:00:00"}, "Save", 417, "TimestampMismatchError"),
	({"modified": None}, "Save", 417, "TimestampMismatchError"),
	({"title": ""}, "Save", 417, "MandatoryError"),
	({"client": "nobody"}, "Save", 417, "LinkValidationError"),
	({"name": "nope"}, "Save", 404, "DoesNotExistError"),
	({"doctype": "No Such"}, "Save", 404, "DoesNotExistError"),
	({"doctype": ""}, "Save", 417, "ValidationError"),
	({}, "Cancel", 417, "DocstatusTransitionError"),
	({}, "Delete", 417, "ValidationError"),
	({}, "", 417, "ValidationError"),
	({"parts": "x"}, "Save", 417, "ValidationError"),
])
def test_a_save_is_refused_without_effect(desk, change, action, status, kind):
	name = order(desk, title="before")["name"]
	doc = getdoc(desk.clerk, name)["docs"][0]
	answer = save(desk.clerk, {**doc, "title": "after", **change}, action)
	assert (answer.status_code, answer.json()["exc_type"]) == (status, kind), answer.text
	assert getdoc(desk.clerk, name)["docs"] == [doc]


def test_a_submitted_document_is_no_draft_again(desk):
	doc = saved(desk.clerk, {"doctype": "Order", "__islocal": 1, "title": "a"}, "Submit")
	answer = save(desk.clerk, doc, "Save")
	assert answer.json()["exc_type"] == "DocstatusTransitionError"
	assert save(desk.clerk, {**doc, "title": "b"}, "Update").json()["exc_type"] == "UpdateAfterSubmitError"


def test_nobody_saves_without_the_right(desk):
	before = count(desk)
	doc = getdoc(desk.clerk, order(desk)["name"])["docs"][0]
	for caller in (desk.nobody, desk.guest):
		assert save(caller, {"doctype": "Order", "__islocal": 1, "title": "x"}).status_code == 403
		assert save(caller, doc).status_code == 403
	submitted = saved(desk.chief, getdoc(desk.chief, doc["name"])["docs"][0], "Submit")
	assert save(desk.chief, submitted, "Cancel").status_code == 403
	assert count(desk) == before + 1


@pytest.mark.parametrize("arguments", [{}, {"doc": "{}"}, {"doc": '{"doctype":"Order","title":"x"}'}, {"action": "Save"},
	{"doc": "[1]", "action": "Save"}, {"doc": "{no json", "action": "Save"}, {"doc": "7", "action": "Save"}])
def test_what_is_no_document_is_not_saved(desk, arguments):
	before = count(desk)
	answer = desk.clerk("POST", SAVE + "savedocs", data=arguments)
	assert answer.status_code == 417 and answer.json()["exc_type"] in ("TypeError", "ValidationError")
	assert count(desk) == before


def test_saving_needs_a_verb_that_writes(desk):
	for method in ("savedocs", "cancel", "discard"):
		assert desk.clerk("GET", SAVE + method).status_code == 403


# --- cancel, discard

def test_a_submitted_document_is_cancelled(desk):
	name = saved(desk.clerk, {"doctype": "Order", "__islocal": 1, "title": "a"}, "Submit")["name"]
	answer = desk.clerk("POST", SAVE + "cancel", json={"doctype": "Order", "name": name})
	assert answer.json()["docs"][0]["docstatus"] == 2 and answer.json()["docinfo"]["name"] == name and said(answer) == "Cancelled"
	again = desk.clerk("POST", SAVE + "cancel", json={"doctype": "Order", "name": name})
	assert again.status_code == 417


def test_a_draft_is_discarded_but_not_cancelled(desk):
	name = order(desk)["name"]
	refused = desk.clerk("POST", SAVE + "cancel", json={"doctype": "Order", "name": name})
	assert refused.json()["exc_type"] == "DocstatusTransitionError"
	answer = desk.clerk("POST", SAVE + "discard", json={"doctype": "Order", "name": name})
	assert answer.json()["docs"][0]["docstatus"] == 2 and said(answer) == "Discarded"
	assert desk.clerk("POST", SAVE + "discard", json={"doctype": "Order", "name": name}).status_code == 417


@pytest.mark.parametrize("method", ["cancel", "discard"])
def test_nothing_is_ended_without_the_right(desk, method):
	name = order(desk)["name"]
	for who, arguments, status in (
		(desk.nobody, {"doctype": "Order", "name": name}, 403), (desk.guest, {"doctype": "Order", "name": name}, 403),
		(desk.clerk, {"doctype": "Order", "name": "nope"}, 404), (desk.clerk, {"doctype": "No Such", "name": name}, 404),
		(desk.clerk, {"doctype": "Order"}, 417), (desk.clerk, {"doctype": "Order", "name": 7}, 417)):
		assert who("POST", SAVE + method, json=arguments).status_code == status
	assert getdoc(desk.clerk, name)["docs"][0]["docstatus"] == 0
