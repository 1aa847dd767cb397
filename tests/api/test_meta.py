"""What the pages ask beside the documents: DocTypes with the caller's rights, keys with their owners' state, status."""

import pytest

from sites import PASSWORD

ADA = "ada@example.com"


@pytest.fixture(scope="module")
def ada(server):
	"""A user without any role."""
	server.admin("POST", "/api/resource/User", json={
		"email": ADA, "first_name": "Ada", "new_password": "Gr4nite-Ada-Qz11",
	}).raise_for_status()
	pair = server.admin.call("frappe.core.doctype.user.user.generate_keys", user=ADA)
	return server.with_token(pair)


def by_name(rows):
	return {row["name"]: row for row in rows}


def test_the_list_of_doctypes_says_what_the_caller_may_do(server, ada):
	all_of_them = by_name(server.admin.call("symbolon.meta.list"))
	hers = by_name(ada.call("symbolon.meta.list"))

	assert {"User", "Note", "ToDo", "Role", "DocType", "Activity Log"} <= set(all_of_them)
	assert all_of_them["Role"]["rights"]["delete"] == "all"
	assert "Has Role" not in all_of_them  # rows of a table are read with their document
	assert hers["ToDo"]["rights"]["create"] == "all"
	assert hers["User"]["rights"] == {"read": "own", "write": "own", "share": "own"}
	assert "Role" not in hers


def test_the_fields_are_those_that_the_caller_may_read(server, ada):
	everything = server.admin.call("symbolon.meta.get", doctype="User")
	hers = ada.call("symbolon.meta.get", doctype="User")

	def names(meta):
		return {f["fieldname"]: f for f in meta["fields"]}

	assert names(everything)["api_key"]["read_only"] and names(everything)["api_key"]["permlevel"] == 1
	assert names(everything)["first_name"]["reqd"] and names(everything)["first_name"]["writable"]
	assert "api_key" not in names(hers) and "first_name" in names(hers)
	assert "roles" in everything["children"] and "roles" not in hers["children"]
	assert [f["options"] for f in everything["children"]["roles"]["fields"] if f["fieldname"] == "role"] == ["Role"]


def test_a_field_says_when_it_is_shown_needed_and_fixed(server):
	server.admin("POST", "/api/resource/DocType", json={"name": "Meta Rules", "module": "Custom", "custom": 1, "track_changes": 1, "fields": [
		{"fieldname": "kind", "fieldtype": "Data"},
		{
			"fieldname": "why", "fieldtype": "Data", "no_copy": 1, "depends_on": "kind", "mandatory_depends_on": "eval:doc.kind=='odd'",
			"read_only_depends_on": "eval:doc.kind=='fixed'", "description": "In a few words",
		},
	]}).raise_for_status()
	server.admin("POST", "/api/resource/Property Setter", json={
		"doctype_or_field": "DocField", "doc_type": "Meta Rules", "field_name": "kind", "property": "description", "value": "One word",
	}).raise_for_status()
	meta = server.admin.call("symbolon.meta.get", doctype="Meta Rules")
	fields = {f["fieldname"]: f for f in meta["fields"]}

	assert (meta["track_changes"], meta["custom"], meta["allow_import"]) == (True, True, False)
	assert fields["kind"]["description"] == "One word" and "no_copy" not in fields["kind"]
	assert [fields["why"][key] for key in ("depends_on", "mandatory_depends_on", "read_only_depends_on", "description", "no_copy")] == [
		"kind", "eval:doc.kind=='odd'", "eval:doc.kind=='fixed'", "In a few words", True]


def test_the_fields_of_a_doctype_that_may_not_be_read_are_refused(ada):
	assert ada("GET", "/api/method/symbolon.meta.get?doctype=Role").status_code == 403
	assert ada("GET", "/api/method/symbolon.meta.get?doctype=Nothing").status_code == 404


def test_guests_learn_nothing(server):
	for method in ("symbolon.meta.list", "symbolon.meta.start", "symbolon.meta.get?doctype=User", "symbolon.server.status"):
		assert server.guest("GET", f"/api/method/{method}").status_code == 403


def test_the_start_names_the_caller(server, ada):
	start = ada.call("symbolon.meta.start")

	assert (start["user"], start["full_name"], start["is_system_manager"]) == (ADA, "Ada", False)
	assert start["doctypes"] == ada.call("symbolon.meta.list")
	assert server.admin.call("symbolon.meta.start")["is_system_manager"]


def test_status_counts_for_system_managers_alone(server, ada):
	before = server.admin.call("symbolon.server.status")
	assert ada("GET", "/api/method/symbolon.server.status").status_code == 403
	assert server.with_token({"api_key": "0" * 15, "api_secret": "no"})("GET", "/api/method/ping").status_code == 401
	after = server.admin.call("symbolon.server.status")

	assert after["refused"] == before["refused"] + 1
	assert after["accepted"] >= before["accepted"] + 2
	assert after["started"] == before["started"] <= after["now"]
	assert after["keys"] >= 2


def test_status_tells_how_requests_fare(server):
	before = server.admin.call("symbolon.server.status")
	for _ in range(3):
		assert server.guest("GET", "/api/method/no.such.method").status_code == 417
	after = server.admin.call("symbolon.server.status")

	assert set(after["requests"]) == {"2xx", "3xx", "4xx", "5xx"}
	assert after["requests"]["4xx"] == before["requests"]["4xx"] + 3 and after["requests"]["2xx"] == before["requests"]["2xx"] + 1
	bounds = [bound for bound, _ in after["latency"]]
	assert bounds[0] == 50 and bounds[-1] is None and bounds[:-1] == sorted(bounds[:-1])
	assert sum(n for _, n in after["latency"]) - sum(n for _, n in before["latency"]) == 4
	assert after["database"] in ("SQLite", "PostgreSQL") and after["read_only"] is False and after["connections"] >= 1
	assert set(after["waiting"]) == {"reads", "writer", "hash"}
	assert 0 < after["request_memory_bytes"] < after["request_memory_limit_bytes"]


def test_a_key_tells_that_its_owner_is_disabled(server, ada):
	def enabled():
		return [key["user_enabled"] for key in server.admin.call("symbolon.keys.list", user=ADA)]

	assert enabled() == [True]
	server.admin("PUT", f"/api/resource/User/{ADA}", json={"enabled": 0}).raise_for_status()
	assert enabled() == [False]
	server.admin("PUT", f"/api/resource/User/{ADA}", json={"enabled": 1}).raise_for_status()


def test_a_page_asks_for_the_login_and_comes_back(server):
	answer = server.guest("GET", "/app/user/a%20b?tab=x&y=%C3%A9")

	assert answer.status_code == 302
	assert answer.headers["Location"] == "/login?redirect-to=/app/user/a%2520b%3Ftab%3Dx%26y%3D%25C3%25A9"


def test_whoever_is_logged_in_needs_no_login_page(server):
	session = server.login(pwd=PASSWORD)
	answer = session.get(server.url + "/login", allow_redirects=False)

	assert (answer.status_code, answer.headers["Location"]) == (302, "/app")
