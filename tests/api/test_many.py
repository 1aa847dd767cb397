"""Many documents in one call: frappe.client.insert_many (spec/rpc.md 6.1)."""

import json

import pytest

INSERT_MANY = "/api/method/frappe.client.insert_many"
TODO = "/api/resource/ToDo"


def todo(text, **more):
	return {"doctype": "ToDo", "description": text, **more}


def insert(server, docs, caller=None):
	return (caller or server.admin)("POST", INSERT_MANY, json={"docs": docs})


def count(server):
	return server.admin.call("frappe.client.get_count", doctype="ToDo")


@pytest.fixture(scope="module", autouse=True)
def administrator(server):
	server.admin = server.with_token(server.json("keys", "generate", "Administrator"))


@pytest.mark.parametrize("written", [list, json.dumps], ids=["list", "text"])
def test_all_are_made_and_named_in_order(server, written):
	names = insert(server, written([todo("one"), {"doctype": "Note", "title": "two"}, todo("three")])).json()["message"]
	assert server.admin("GET", f"{TODO}/{names[0]}").json()["data"]["description"] == "one"
	assert server.admin("GET", f"/api/resource/Note/{names[1]}").json()["data"]["title"] == "two"
	assert server.admin("GET", f"{TODO}/{names[2]}").json()["data"]["description"] == "three"
	server.admin("DELETE", f"/api/resource/Note/{names[1]}")


def test_rows_are_named_by_their_parent(server):
	server.run("user", "add", "many@example.com", "--first-name", "Many")
	row = {"doctype": "Has Role", "parent": "many@example.com", "parenttype": "User", "parentfield": "roles", "role": "System Manager"}
	assert insert(server, [row]).json()["message"] == ["many@example.com"]
	assert "System Manager" in server.run("user", "roles", "many@example.com").stdout


@pytest.mark.parametrize("last, status", [
	(todo(""), 417), (todo("x", status="Nonsense"), 417), ({"doctype": "No Such"}, 404), ({"description": "x"}, 417), ("text", 417),
	({"doctype": "User", "email": "p@example.com", "first_name": "P", "new_password": "Gr4nite-Many-Pw"}, 417),
])
def test_one_that_fails_undoes_all(server, last, status):
	before = count(server)
	assert insert(server, [todo("first"), last]).status_code == status
	assert count(server) == before


def test_two_hundred_are_enough(server):
	before = count(server)
	refused = insert(server, [todo(f"{i}") for i in range(201)])
	assert refused.status_code == 417 and "Only 200 inserts allowed in one request" in refused.text
	assert count(server) == before
	assert len(insert(server, [todo(f"{i}") for i in range(200)]).json()["message"]) == 200
	assert count(server) == before + 200


@pytest.mark.parametrize("docs", [None, {}, "no list", 7])
def test_what_is_no_list_is_refused(server, docs):
	answer = insert(server, docs)
	assert answer.status_code in (417, 500) and answer.json()["exc_type"] in ("TypeError", "ValidationError")


def test_nothing_is_made_without_the_right(server):
	server.run("user", "add", "few@example.com", "--first-name", "Few")
	few = server.with_token(server.json("keys", "generate", "few@example.com"))
	assert insert(server, [{"doctype": "Role", "role_name": "Chef"}], few).status_code == 403
	assert insert(server, [todo("x")], server.guest).status_code == 403
	assert server.admin("GET", "/api/resource/Role/Chef").status_code == 404


def test_a_doctype_among_others_works_at_once(server):
	kind = {"doctype": "DocType", "name": "Crate", "module": "Custom", "custom": 1, "fields": [{"fieldname": "size", "fieldtype": "Int"}],
		"permissions": [{"role": "System Manager", "read": 1, "write": 1, "create": 1}]}
	assert insert(server, [kind]).json()["message"] == ["Crate"]
	assert len(insert(server, [{"doctype": "Crate", "size": 1}, {"doctype": "Crate", "size": 2}]).json()["message"]) == 2
