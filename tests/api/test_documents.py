"""Documents over HTTP: lists and their filters, fields of every type, what is refused."""

import datetime
import json
import pathlib

import pytest

from sites import Site, one_day

TODO = "/api/resource/ToDo"


def define(site, name, fields, **more):
	"""A custom DocType that System Managers may do everything with."""
	answer = site.admin("POST", "/api/resource/DocType", json={
		"name": name, "module": "Custom", "custom": 1, "fields": fields,
		"permissions": [{"role": "System Manager"}], **more,
	})
	assert answer.status_code == 200, answer.text


def insert(site, doctype, **values):
	answer = site.admin("POST", f"/api/resource/{doctype}", json=values)
	assert answer.status_code == 200, answer.text
	return answer.json()["data"]


def names(site, doctype, filters, **more):
	params = {"filters": json.dumps(filters), "order_by": "name asc", **more}
	answer = site.admin("GET", f"/api/resource/{doctype}", params=params)
	assert answer.status_code == 200, answer.text
	return [row["name"] for row in answer.json()["data"]]


@pytest.fixture(scope="module")
def made(server):
	"""A site with an Administrator's token and a DocType of moments and rows."""
	server.admin = server.with_token(server.json("keys", "generate", "Administrator"))
	define(server, "Part", [{"fieldname": "item", "fieldtype": "Data"}, {"fieldname": "qty", "fieldtype": "Int"}],
		istable=1, permissions=[])
	define(server, "Shift", [
		{"fieldname": "code", "fieldtype": "Data"},
		{"fieldname": "start", "fieldtype": "Time"},
		{"fieldname": "day", "fieldtype": "Date"},
		{"fieldname": "seen", "fieldtype": "Datetime"},
		{"fieldname": "parts", "fieldtype": "Table", "options": "Part"},
	], autoname="field:code")
	one_day()
	today = datetime.datetime.now(datetime.timezone.utc).date()
	insert(server, "Shift", code="early", start="9:05:03", day=str(today), seen=f"{today} 23:59:59",
		parts=[{"item": "red", "qty": 1}, {"item": "green", "qty": 5}])
	insert(server, "Shift", code="late", start="22:30:00", day=str(today - datetime.timedelta(1)),
		seen=f"{today} 00:00:00", parts=[{"item": "green", "qty": 2}])
	insert(server, "Shift", code="old", start="00:00:00", day="2001-02-03", seen="2001-02-03 04:05:06")
	return server


@pytest.mark.parametrize("filters, found", [
	([["start", "=", "9:05:03"]], ["early"]),
	([["start", "=", "09:05:03"]], ["early"]),
	([["start", "!=", "9:05:03"]], ["late", "old"]),
	([["start", "<", "10:00"]], ["early", "old"]),
	([["start", ">=", "9:5:3"]], ["early", "late"]),
	([["start", "in", ["9:05:03", "22:30"]]], ["early", "late"]),
	([["start", "in", "9:05:03, 22:30"]], ["early", "late"]),
	([["start", "between", ["8:00", "9:05:03"]]], ["early"]),
	([["start", "in", ["no time"]]], []),
])
def test_times_are_compared_in_any_spelling(made, filters, found):
	assert names(made, "Shift", filters) == found


def test_lists_show_times_as_documents_do(made):
	rows = made.admin("GET", "/api/resource/Shift", params={
		"fields": '["start", "max(start) as last"]', "filters": '{"code": "early"}', "group_by": "start",
	}).json()["data"]
	assert rows == [{"start": "9:05:03", "last": "9:05:03"}]
	assert made.admin("GET", "/api/resource/Shift/early").json()["data"]["start"] == "9:05:03"


def test_a_time_that_is_none_is_refused(made):
	answer = made.admin("GET", "/api/resource/Shift", params={"filters": '[["start", "=", "soon"]]'})
	assert answer.status_code == 417
	assert answer.json()["exc_type"] == "ValidationError"


@pytest.mark.parametrize("filters, found", [
	([["day", "timespan", "today"]], ["early"]),
	([["day", "Timespan", "yesterday"]], ["late"]),
	([["day", "timespan", "last 7 days"]], ["early", "late"]),
	([["seen", "timespan", "today"]], ["early", "late"]),
	([["seen", "timespan", "tomorrow"]], []),
	([["day", "next", "1 year"]], []),
	([["seen", "between", ["2001-02-03", "2001-02-03"]]], ["old"]),
	([["day", "between", ["2001-02-03"]]], ["early", "late", "old"]),
])
def test_spans_of_days_are_filters(made, filters, found):
	assert names(made, "Shift", filters) == found


@pytest.mark.parametrize("one", [
	["day", "timespan", "some day"], ["code", "timespan", "today"], ["day", "previous", "2 weeks"],
	["day", "previous", ["1 week"]], ["day", "timespan", None],
])
def test_a_span_that_is_none_is_refused(made, one):
	answer = made.admin("GET", "/api/resource/Shift", params={"filters": json.dumps([one])})
	assert answer.status_code == 417, answer.text


def test_a_document_is_listed_once_for_each_row_that_matches(made):
	green = [["Part", "item", "=", "green"]]
	both = [["Part", "item", "in", ["red", "green"]]]
	assert names(made, "Shift", green) == ["early", "late"]
	assert names(made, "Shift", both) == ["early", "early", "late"]
	assert names(made, "Shift", both, distinct="1") == ["early", "late"]
	assert made.admin.call("frappe.client.get_count", doctype="Shift", filters=both) == 2


def test_filters_on_one_child_table_mean_the_same_row(made):
	assert names(made, "Shift", [["Part", "item", "=", "red"], ["Part", "qty", ">", 2]]) == []
	assert names(made, "Shift", [["Part", "item", "=", "green"], ["Part", "qty", ">", 2]]) == ["early"]


def test_rights_on_rows_hold_beside_a_child_filter(made):
	"""User has a condition in code: Administrator and Guest are hidden from others."""
	made.run("user", "add", "mia@example.org", "--first-name", "Mia", "--role", "System Manager")
	mia = made.with_token(made.json("keys", "generate", "mia@example.org"))
	filters = '[["Has Role", "role", "=", "System Manager"]]'
	rows = mia("GET", "/api/resource/User", params={"filters": filters}).json()["data"]
	assert rows == [{"name": "mia@example.org"}]


# ---- Password fields

PASSWORD_OF = "/api/method/frappe.client.get_password"


@pytest.fixture(scope="module")
def vault(made):
	define(made, "Door", [{"fieldname": "pin", "fieldtype": "Password"}, {"fieldname": "floor", "fieldtype": "Int"}],
		istable=1, permissions=[])
	define(made, "House", [
		{"fieldname": "code", "fieldtype": "Data"},
		{"fieldname": "alarm", "fieldtype": "Password"},
		{"fieldname": "doors", "fieldtype": "Table", "options": "Door"},
	], autoname="field:code", permissions=[
		{"role": "System Manager"}, {"role": "All", "read": 1, "write": 1, "create": 0, "delete": 0, "share": 0},
	])
	return made


def secret(site, doctype, name, field, caller=None):
	return (caller or site.admin)("GET", PASSWORD_OF, params={"doctype": doctype, "name": name, "fieldname": field})


def database(site):
	"""Every byte that the site keeps."""
	return b"".join(p.read_bytes() for p in pathlib.Path(site.path).iterdir() if p.is_file())


def test_a_secret_is_shown_as_asterisks_and_told_by_get_password(vault):
	made = insert(vault, "House", code="h1", alarm="clear-as-day-1")
	assert made["alarm"] == "*" * 14
	assert vault.admin("GET", "/api/resource/House/h1").json()["data"]["alarm"] == "*" * 14
	assert secret(vault, "House", "h1", "alarm").json() == {"message": "clear-as-day-1"}


@pytest.mark.sqlite
def test_a_secret_is_kept_encrypted(vault):
	insert(vault, "House", code="unencrypted-name", alarm="clear-as-day-2")
	kept = database(vault)
	assert b"unencrypted-name" in kept and b"clear-as-day-2" not in kept


def test_asterisks_keep_a_secret_and_nothing_ends_it(vault):
	insert(vault, "House", code="h2", alarm="one")
	path = "/api/resource/House/h2"
	for body, stored in (
		({"alarm": "***"}, "one"), ({"code": "h2"}, "one"), ({"alarm": "*******"}, "one"),
		({"alarm": "zwei"}, "zwei"), ({"alarm": "äöü"}, "äöü"),
	):
		answer = vault.admin("PUT", path, json=body).json()["data"]
		assert answer["alarm"] == "*" * len(stored)
		assert secret(vault, "House", "h2", "alarm").json() == {"message": stored}
	assert vault.admin("PUT", path, json={"alarm": ""}).status_code == 200
	gone = secret(vault, "House", "h2", "alarm")
	assert gone.status_code == 401
	assert "Password not found for House h2 alarm" in gone.json()["_server_messages"]


def test_rows_have_secrets_of_their_own_that_go_with_them(vault):
	rows = insert(vault, "House", code="h3", doors=[{"pin": "1234"}, {"pin": "98765"}])["doors"]
	assert [row["pin"] for row in rows] == ["****", "*****"]
	assert secret(vault, "Door", rows[1]["name"], "pin").json() == {"message": "98765"}
	kept = [{"name": rows[1]["name"], "pin": "*****"}]
	assert vault.admin("PUT", "/api/resource/House/h3", json={"doors": kept}).status_code == 200
	assert secret(vault, "Door", rows[1]["name"], "pin").json() == {"message": "98765"}
	assert secret(vault, "Door", rows[0]["name"], "pin").status_code == 404


def test_a_deleted_document_leaves_no_secret_to_one_of_the_same_name(vault):
	insert(vault, "House", code="h4", alarm="old")
	assert vault.admin("DELETE", "/api/resource/House/h4").status_code == 202
	insert(vault, "House", code="h4", alarm="*****")
	assert secret(vault, "House", "h4", "alarm").status_code == 401


def test_secrets_are_for_system_managers_and_not_those_of_users(vault):
	insert(vault, "House", code="h5", alarm="mine")
	vault.run("user", "add", "ned@example.org", "--first-name", "Ned")
	ned = vault.with_token(vault.json("keys", "generate", "ned@example.org"))
	assert ned("GET", "/api/resource/House/h5").json()["data"]["alarm"] == "****"
	for caller in (ned, vault.guest):
		assert secret(vault, "House", "h5", "alarm", caller).status_code == 403
	for field in ("api_secret", "new_password", "api_key"):
		assert secret(vault, "User", "ned@example.org", field).status_code == 403
	assert secret(vault, "House", "nowhere", "alarm").status_code == 404
	assert secret(vault, "House", "h5", "code").status_code == 401


def test_a_restart_reads_secrets_again_and_a_foreign_key_file_refuses_to_start(tmp_path):
	site = Site(tmp_path / "site").start()
	try:
		define(site, "House", [{"fieldname": "alarm", "fieldtype": "Password"}])
		name = insert(site, "House", alarm="still here")["name"]
		site.stop()
		site.start()
		site.admin = site.with_token(site.json("keys", "generate", "Administrator"))
		assert secret(site, "House", name, "alarm").json() == {"message": "still here"}
		site.stop()
		key = pathlib.Path(site.path, "symbolon.key")
		text = key.read_text()
		key.write_text("".join(line for line in text.splitlines(True) if not line.startswith("field ")))
		refused = site.run("serve", "--listen", "127.0.0.1:0", exit=1)
		assert "symbolon.key" in refused.stderr and "copy" in refused.stderr
	finally:
		site.kill()


# ---- what documents can be asked to do


@pytest.fixture(scope="module")
def orders(made):
	define(made, "Order", [{"fieldname": "customer", "fieldtype": "Data", "reqd": 1}], is_submittable=1, permissions=[
		{"role": "System Manager", "submit": 1, "cancel": 1},
		{"role": "All", "read": 1, "write": 1, "create": 1},
	])
	made.run("user", "add", "ola@example.org", "--first-name", "Ola")
	made.ola = made.with_token(made.json("keys", "generate", "ola@example.org"))
	return made


def order(site):
	return insert(site, "Order", customer="ACME")["name"]


def docstatus(site, name):
	return site.admin("GET", f"/api/resource/Order/{name}").json()["data"]["docstatus"]


@pytest.mark.parametrize("ask", [
	lambda site, name, method: site.admin("POST", f"/api/resource/Order/{name}", json={"run_method": method}),
	lambda site, name, method: site.admin("POST", f"/api/v2/document/Order/{name}/method/{method}"),
	lambda site, name, method: site.admin("POST", "/api/method/run_doc_method", json={
		"dt": "Order", "dn": name, "method": method}),
	lambda site, name, method: site.admin("POST", "/api/method/runserverobj", data={
		"docs": json.dumps(site.admin.call("frappe.client.get", doctype="Order", name=name)), "method": method}),
	lambda site, name, method: site.admin("POST", "/api/v2/method/run_doc_method", json={
		"document": site.admin.call("frappe.client.get", doctype="Order", name=name), "method": method}),
], ids=["rest", "v2", "rpc", "rpc-docs", "v2-rpc"])
def test_documents_submit_cancel_and_discard_themselves(orders, ask):
	name, draft = order(orders), order(orders)
	for method, status in (("submit", 1), ("cancel", 2)):
		answer = ask(orders, name, method)
		assert answer.status_code == 200, answer.text
		assert docstatus(orders, name) == status
	answer = ask(orders, draft, "discard")
	assert answer.status_code == 200, answer.text
	assert "data" not in answer.json() and "message" not in answer.json()
	assert docstatus(orders, draft) == 2
	again = ask(orders, draft, "discard")
	assert again.status_code == 417
	assert "Only draft documents can be discarded" in again.text


@pytest.mark.parametrize("verb, method, status", [
	("GET", "submit", 403), ("GET", "nosuch", 404), ("POST", "nosuch", 404), ("POST", "save", 403), ("POST", "db_set", 403),
	("GET", "", 200),
])
def test_other_methods_are_refused_and_change_nothing(orders, verb, method, status):
	name = order(orders)
	before = orders.admin("GET", f"/api/resource/Order/{name}").json()
	assert orders.admin(verb, f"/api/resource/Order/{name}", params={"run_method": method}).status_code == status
	assert orders.admin("GET", f"/api/resource/Order/{name}").json() == before


def test_methods_of_documents_ask_for_the_rights_of_what_they_do(orders):
	name = order(orders)
	path = f"/api/v2/document/Order/{name}/method/"
	assert orders.ola("POST", path + "submit").status_code == 403
	assert orders.guest("POST", path + "submit").status_code == 403
	assert orders.guest("POST", path + "discard").status_code == 403
	assert docstatus(orders, name) == 0
	assert orders.ola("POST", path + "discard").status_code == 200
	assert docstatus(orders, name) == 2


def test_a_stale_document_is_not_submitted(orders):
	name = order(orders)
	stale = orders.admin.call("frappe.client.get", doctype="Order", name=name)
	orders.admin("PUT", f"/api/resource/Order/{name}", json={"customer": "Other"})
	for path, body in (
		("/api/method/frappe.client.submit", {"doc": stale}), ("/api/method/frappe.client.submit", {"doclist": stale}),
		("/api/method/run_doc_method", {"docs": stale, "method": "submit"}),
	):
		answer = orders.admin("POST", path, json=body)
		assert answer.status_code == 417 and answer.json()["exc_type"] == "TimestampMismatchError"
	assert docstatus(orders, name) == 0
	missing = orders.admin("POST", "/api/method/frappe.client.submit", json={})
	assert missing.status_code == 417 and missing.json()["exc_type"] == "TypeError"


# ---- what forms and lists of the web ask for


@pytest.fixture(scope="module")
def colours(made):
	define(made, "Colour", [
		{"fieldname": "code", "fieldtype": "Data"}, {"fieldname": "title", "fieldtype": "Data"},
		{"fieldname": "warmth", "fieldtype": "Int"}, {"fieldname": "enabled", "fieldtype": "Check", "default": "1"},
	], autoname="field:code", title_field="title", search_fields="title, warmth", show_title_field_in_link=1)
	for code, title, warmth, enabled in (
		("red", "Glowing", 9, 1), ("dark-red", "Ember", 7, 1), ("blue", "Red-free", 1, 1), ("reddish", "Off", 5, 0),
	):
		insert(made, "Colour", code=code, title=title, warmth=warmth, enabled=enabled)
	made.run("user", "add", "kim@example.org", "--first-name", "Kim")
	made.kim = made.with_token(made.json("keys", "generate", "kim@example.org"))
	return made


def search(site, **arguments):
	return site.admin.call("frappe.desk.search.search_link", doctype="Colour", **arguments)


def test_a_search_finds_names_that_begin_with_the_text_first(colours):
	found = search(colours, txt="red")
	assert [row["value"] for row in found] == ["red", "blue", "dark-red"]
	assert found[0] == {"value": "red", "label": "Glowing", "description": "red, 9"}
	assert [row["value"] for row in search(colours, txt="red", page_length=2)] == ["red", "blue"]
	assert [row["value"] for row in search(colours, txt="")] == ["blue", "dark-red", "red"]
	assert [row["value"] for row in search(colours, txt="", filters={"warmth": [">", 5]})] == ["dark-red", "red"]
	assert search(colours, txt="no such") == []
	assert search(colours, txt="'; DROP TABLE x; --") == []


def test_a_link_is_validated_with_its_stored_name_and_fields(colours):
	ask = colours.admin.call
	assert ask("frappe.client.validate_link", doctype="Colour", docname="RED") == {"name": "red"}
	assert ask("frappe.client.validate_link", doctype="Colour", docname="pink") == {"name": None}
	assert ask("frappe.client.validate_link", doctype="Colour", docname="red", fields='["title", "warmth"]') == {
		"name": "red", "title": "Glowing", "warmth": 9}


def test_a_table_has_keys_and_rows(colours):
	ask = {"doctype": "Colour", "fields": ["name", "warmth as w"], "order_by": "name asc", "start": 1, "page_length": 2}
	assert colours.admin.call("frappe.desk.reportview.get", **ask) == {
		"keys": ["name", "w"], "values": [["dark-red", 7], ["red", 9]], "user_info": {}}
	assert colours.admin.call("frappe.desk.reportview.get_list", **ask) == [
		{"name": "dark-red", "w": 7}, {"name": "red", "w": 9}]
	assert colours.admin.call("frappe.desk.reportview.get_count", doctype="Colour", filters={"enabled": 1}) == 3


@pytest.mark.parametrize("method", [
	"frappe.client.validate_link", "frappe.desk.search.search_link", "frappe.desk.reportview.get",
	"frappe.desk.reportview.get_list", "frappe.desk.reportview.get_count",
])
def test_nobody_searches_what_he_may_not_list(colours, method):
	for caller in (colours.kim, colours.guest):
		answer = caller("POST", f"/api/method/{method}", json={"doctype": "Colour", "docname": "red", "txt": "red"})
		assert answer.status_code == 403, answer.text


def test_roles_that_can_be_given_are_listed_for_system_managers(colours):
	roles = colours.admin.call("frappe.core.doctype.user.user.get_all_roles")
	assert roles == sorted(roles, key=str.lower) and "System Manager" in roles
	assert not {"All", "Guest", "Desk User", "Administrator"} & set(roles)
	answer = colours.kim("GET", "/api/method/frappe.core.doctype.user.user.get_all_roles")
	assert answer.status_code == 403


def test_everybody_who_is_logged_in_sees_what_a_doctype_is_made_of(colours):
	answer = colours.kim("GET", "/api/v2/doctype/Colour/meta")
	assert answer.status_code == 200, answer.text
	meta = answer.json()["data"]
	assert meta["name"] == "Colour" and meta["title_field"] == "title"
	assert [field["fieldname"] for field in meta["fields"]] == ["code", "title", "warmth", "enabled"]
	assert [row["role"] for row in meta["permissions"]] == ["System Manager"]
	assert None not in meta.values()
	assert colours.guest("GET", "/api/v2/doctype/Colour/meta").status_code == 403
	assert colours.admin("GET", "/api/v2/doctype/Nothing/meta").status_code == 404
	assert colours.admin("POST", "/api/v2/doctype/Colour/meta").headers["Allow"] == "GET, HEAD"


def test_rights_on_a_document_can_be_asked_for(orders):
	name = order(orders)
	asked = {"doctype": "Order", "docname": name}
	for caller, right, answer in (
		(orders.admin, "submit", True), (orders.ola, "read", True), (orders.ola, "submit", False), (orders.ola, "fly", False),
	):
		told = caller.call("frappe.client.has_permission", **asked, perm_type=right)
		assert told == {"has_permission": answer}
	rights = orders.ola.call("frappe.client.get_doc_permissions", **asked)["permissions"]
	assert rights["read"] == rights["write"] == 1 and rights["submit"] == rights["cancel"] == 0
	assert rights["if_owner"] == {} and rights["has_if_owner_enabled"] is False
	hidden = orders.ola.call("frappe.client.get_doc_permissions", doctype="User", docname="Administrator")["permissions"]
	assert not any(hidden.values())
	missing = orders.ola("GET", "/api/method/frappe.client.has_permission", params={"doctype": "Order", "docname": "x"})
	assert missing.status_code == 404
