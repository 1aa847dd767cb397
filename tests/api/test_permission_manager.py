"""The rules of who may do what with a DocType, as Frappe's permission manager changes them (spec/permissions.md 9)."""

import json

import pytest

from test_permissions import allow, field, make, make_user

PAGE = "/api/method/frappe.core.page.permission_manager.permission_manager."


@pytest.fixture(scope="module")
def world(server):
	server.admin = server.with_token(server.json("keys", "generate", "Administrator"))
	for role in ("Cook", "Waiter"):
		make(server, "Role", role_name=role, desk_access=1)
	make(server, "DocType", name="Dish Row", module="Custom", custom=1, istable=1, fields=[field("item")], permissions=[])
	for name, more in (("Dish", {}), ("Order", {"is_submittable": 1})):
		make(server, "DocType", name=name, module="Custom", custom=1, autoname="prompt", fields=[field("title"), field("price", "Int", permlevel=1)],
			permissions=[allow("Cook", "read write create delete"), allow("Waiter", "read", write=0, create=0, delete=0)], **more)
	server.manager = make_user(server, "manager", "System Manager")
	server.cook = make_user(server, "cook", "Cook")
	server.waiter = make_user(server, "waiter", "Waiter")
	return server


@pytest.fixture(autouse=True)
def as_shipped(world):
	yield
	for doctype in ("Dish", "Order"):
		ask(world, "reset", doctype=doctype)


def ask(world, method, status=200, who=None, **arguments):
	answer = (who or world.manager)("POST", PAGE + method, json=arguments)
	assert answer.status_code == status, answer.text
	return answer.json()


def rules(world, doctype="Dish"):
	"""Role and level of each rule in force, with the rights that matter here."""
	rows = ask(world, "get_permissions", doctype=doctype)["message"]
	return {(r["role"], r["permlevel"], r["if_owner"]): "".join(name[0] for name in ("read", "write", "create", "delete", "submit") if r[name]) for r in rows}


SHIPPED = {("Cook", 0, 0): "rwcd", ("Waiter", 0, 0): "r"}


def refused(world, method, words, **arguments):
	before = {name: rules(world, name) for name in ("Dish", "Order")}
	body = ask(world, method, 417, **arguments)
	assert words in body["exception"], body
	assert {name: rules(world, name) for name in ("Dish", "Order")} == before


def test_there_are_roles_and_doctypes_to_choose_from(world):
	said = ask(world, "get_roles_and_doctypes")["message"]
	assert {"label": "Dish", "value": "Dish"} in said["doctypes"] and {"label": "Cook", "value": "Cook"} in said["roles"]
	names = [d["value"] for d in said["doctypes"]]
	assert not {"Dish Row", "DocType", "Custom DocPerm"} & set(names) and names == sorted(names, key=str.lower) and len(names) > 15
	assert "Administrator" not in [r["value"] for r in said["roles"]]


def test_rules_are_read_by_doctype_and_by_role(world):
	assert rules(world) == SHIPPED
	row = ask(world, "get_permissions", doctype="Order")["message"][0]
	assert (row["parent"], row["is_submittable"], row["permlevel"]) == ("Order", 1, 0)
	of_cook = ask(world, "get_permissions", role="Cook")["message"]
	assert {r["parent"] for r in of_cook} == {"Dish", "Order"} and {r["role"] for r in of_cook} == {"Cook"}
	assert [r["parent"] for r in ask(world, "get_permissions", role="Cook", doctype="Dish")["message"]] == ["Dish"]


def test_the_first_change_takes_the_other_rules_along(world):
	assert ask(world, "update", doctype="Dish", role="Waiter", permlevel=0, ptype="write", value=1)["message"] == "refresh"
	assert rules(world) == {("Cook", 0, 0): "rwcd", ("Waiter", 0, 0): "rw"}
	assert ask(world, "update", doctype="Dish", role="Waiter", permlevel="0", ptype="write", value="0") == {}
	assert rules(world) == SHIPPED
	assert {r["parent"] for r in ask(world, "get_permissions", role="Cook")["message"]} == {"Dish", "Order"}


def test_a_change_is_in_force_at_once(world):
	dish = make(world, "Dish", name="Soup", title="a")["name"]
	assert world.waiter("PUT", f"/api/resource/Dish/{dish}", json={"title": "b"}).status_code == 403
	ask(world, "update", doctype="Dish", role="Waiter", permlevel=0, ptype="write", value=1)
	assert world.waiter("PUT", f"/api/resource/Dish/{dish}", json={"title": "b"}).status_code == 200
	ask(world, "remove", doctype="Dish", role="Waiter", permlevel=0)
	assert world.waiter("GET", f"/api/resource/Dish/{dish}").status_code == 403
	assert world.cook("GET", f"/api/resource/Dish/{dish}").status_code == 200
	ask(world, "reset", doctype="Dish")
	assert rules(world) == SHIPPED and world.waiter("GET", f"/api/resource/Dish/{dish}").status_code == 200


def test_a_rule_is_added_that_reads(world):
	ask(world, "add", parent="Dish", role="Cook", permlevel=1)
	ask(world, "add", parent="Dish", role="Waiter", permlevel=0, if_owner=1)
	assert rules(world) == {**SHIPPED, ("Cook", 1, 0): "r", ("Waiter", 0, 1): "r"}
	ask(world, "update", doctype="Dish", role="Waiter", permlevel=0, if_owner=1, ptype="write", value=1)
	assert rules(world)[("Waiter", 0, 1)] == "rw" and rules(world)[("Waiter", 0, 0)] == "r"
	ask(world, "remove", doctype="Dish", role="Waiter", permlevel=0, if_owner=1)
	assert rules(world) == {**SHIPPED, ("Cook", 1, 0): "r"}


@pytest.mark.parametrize("method, words, arguments", [
	("add", "Only one rule allowed", {"parent": "Dish", "role": "Cook", "permlevel": 0}),
	("add", "Permission at level 0 must be set", {"parent": "Dish", "role": "System Manager", "permlevel": 1}),
	("add", "Levels are 0 to 9", {"parent": "Dish", "role": "Cook", "permlevel": 10}),
	("add", "permlevel", {"parent": "Dish", "role": "Cook", "permlevel": "one"}),
	("add", "Could not find", {"parent": "Dish", "role": "No Such Role", "permlevel": 0}),
	("add", "cannot be customised", {"parent": "DocType", "role": "Cook", "permlevel": 0}),
	("add", "child table", {"parent": "Dish Row", "role": "Cook", "permlevel": 0}),
	("update", "if not Submittable", {"doctype": "Dish", "role": "Cook", "permlevel": 0, "ptype": "submit", "value": 1}),
	("update", "if not Submittable", {"doctype": "Dish", "role": "Cook", "permlevel": 0, "ptype": "amend", "value": 1}),
	("update", "Cannot set Cancel without Submit", {"doctype": "Order", "role": "Cook", "permlevel": 0, "ptype": "cancel", "value": 1}),
	("update", "without Write", {"doctype": "Order", "role": "Waiter", "permlevel": 0, "ptype": "submit", "value": 1}),
	("update", "not importable", {"doctype": "Dish", "role": "Cook", "permlevel": 0, "ptype": "import", "value": 1}),
	("update", "Cannot set Import without Create", {"doctype": "Dish", "role": "Waiter", "permlevel": 0, "ptype": "import", "value": 1}),
	("update", "No basic permissions set", {"doctype": "Dish", "role": "Waiter", "permlevel": 0, "ptype": "read", "value": 0}),
	("update", "no right of a rule", {"doctype": "Dish", "role": "Cook", "permlevel": 0, "ptype": "role", "value": 1}),
	("update", "no right of a rule", {"doctype": "Dish", "role": "Cook", "permlevel": 0, "ptype": "read`=1, `write", "value": 1}),
	("update", "missing 1 required", {"doctype": "Dish", "role": "Cook", "permlevel": 0}),
	("reset", "cannot be customised", {"doctype": "Custom DocPerm"}),
])
def test_rules_that_do_not_go_together_are_refused_without_effect(world, method, words, arguments):
	refused(world, method, words, **arguments)
	assert not ask(world, "get_permissions", doctype="Dish", role="System Manager")["message"]
	assert world.admin.call("frappe.client.get_count", doctype="Custom DocPerm", filters={"parent": ["in", ["Dish", "Order"]]}) == 0


def test_levels_above_the_first_only_read_and_write(world):
	ask(world, "add", parent="Order", role="Cook", permlevel=1)
	ask(world, "update", doctype="Order", role="Cook", permlevel=1, ptype="write", value=1)
	for right in ("create", "submit", "cancel", "amend"):
		refused(world, "update", "belongs to level 0", doctype="Order", role="Cook", permlevel=1, ptype=right, value=1)
	refused(world, "remove", "Permission at level 0 must be set", doctype="Order", role="Cook", permlevel=0)
	assert rules(world, "Order")[("Cook", 1, 0)] == "rw"


def test_rights_come_in_their_order(world):
	for right in ("submit", "cancel", "amend"):
		ask(world, "update", doctype="Order", role="Cook", permlevel=0, ptype=right, value=1)
	refused(world, "update", "Cannot set Cancel without Submit", doctype="Order", role="Cook", permlevel=0, ptype="submit", value=0)
	refused(world, "update", "without Write", doctype="Order", role="Cook", permlevel=0, ptype="write", value=0)


def test_own_documents_have_no_report(world):
	ask(world, "add", parent="Dish", role="Waiter", permlevel=0, if_owner=1)
	refused(world, "update", "Only If Creator", doctype="Dish", role="Waiter", permlevel=0, if_owner=1, ptype="report", value=1)


def test_one_rule_stays(world):
	ask(world, "remove", doctype="Dish", role="Waiter", permlevel=0)
	refused(world, "remove", "at least one permission rule", doctype="Dish", role="Cook", permlevel=0)


def test_what_is_not_there_is_told(world):
	for method, more in (("update", {"ptype": "read", "value": 1}), ("remove", {})):
		ask(world, method, 404, doctype="Dish", role="Waiter", permlevel=3, **more)
		ask(world, method, 404, doctype="No Such", role="Waiter", permlevel=0, **more)
	ask(world, "get_permissions", 404, doctype="No Such")
	ask(world, "reset", 404, doctype="No Such")
	assert ask(world, "get_permissions", 417)["exc_type"] == "ValidationError"


@pytest.mark.parametrize("method", ["get_permissions", "get_roles_and_doctypes", "add", "update", "remove", "reset"])
def test_system_managers_alone_change_rules(world, method):
	arguments = {"doctype": "Dish", "parent": "Dish", "role": "Cook", "permlevel": 0, "ptype": "write", "value": 1}
	for who in (world.cook, world.guest):
		ask(world, method, 403, who, **arguments)
	if method not in ("get_permissions", "get_roles_and_doctypes"):
		assert world.manager("GET", PAGE + method, params={**arguments}).status_code == 403
	assert rules(world) == SHIPPED


def test_rules_of_every_doctype_that_is_shipped_can_be_changed(world):
	for name in [d["value"] for d in ask(world, "get_roles_and_doctypes")["message"]["doctypes"]]:
		rows = ask(world, "get_permissions", doctype=name)["message"]
		if rows:
			row = rows[0]
			answer = world.manager("POST", PAGE + "update", json={"doctype": name, "role": row["role"], "permlevel": row["permlevel"],
				"if_owner": row["if_owner"], "ptype": "email", "value": 1 - row["email"]})
			assert answer.status_code == 200, (name, answer.text)
			ask(world, "reset", doctype=name)


def test_the_audit_log_says_who_changed_a_rule(world):
	ask(world, "update", doctype="Dish", role="Waiter", permlevel=0, ptype="write", value=1)
	[row] = world.admin("GET", "/api/resource/Audit Log", params={"fields": json.dumps(["*"]), "order_by": "creation desc", "limit": 1}).json()["data"]
	assert (row["owner"], row["reference_doctype"], json.loads(row["details"])) == (world.manager.name, "Custom DocPerm", {"write": [0, 1]})


def put(world, rules, status=200, who=None, doctype="Dish"):
	answer = (who or world.manager)("POST", "/api/method/symbolon.permissions.set", json={"doctype": doctype, "rules": rules})
	assert answer.status_code == status, answer.text
	return answer.json()


def told(world):
	"""How many changes of rules the audit log holds."""
	return world.admin.call("frappe.client.get_count", doctype="Audit Log", filters={"reference_doctype": "Custom DocPerm"})


COOK, WAITER = {"role": "Cook", "permlevel": 0, "if_owner": 0}, {"role": "Waiter"}


def test_all_rules_are_set_at_once(world):
	before = told(world)
	assert put(world, [{**COOK, "read": 1, "write": 1}, {"role": "Cook", "permlevel": 1, "read": 1}, {"role": "Waiter", "if_owner": 1, "read": 1, "create": 1}]) == {}
	assert rules(world) == {("Cook", 0, 0): "rw", ("Cook", 1, 0): "r", ("Waiter", 0, 1): "rc"}
	assert told(world) - before == 4, "one changed, two made, one gone"
	names = lambda: {r["name"] for r in ask(world, "get_permissions", doctype="Dish")["message"]}
	kept, before = names(), told(world)
	put(world, json.dumps([{**COOK, "read": 1, "write": 1}, {"role": "Cook", "permlevel": 1, "read": 1}, {"role": "Waiter", "if_owner": 1, "read": 1, "create": 1}]))
	assert names() == kept and told(world) == before, "what is as it was is not written"
	dish = make(world, "Dish", name="Stew", title="a")["name"]
	assert world.waiter("GET", f"/api/resource/Dish/{dish}").status_code == 403
	put(world, [{**WAITER, "read": 1}])
	assert world.waiter("GET", f"/api/resource/Dish/{dish}").status_code == 200 and world.cook("GET", f"/api/resource/Dish/{dish}").status_code == 403


@pytest.mark.parametrize("words, given", [
	("at least one permission rule", []),
	("at level 0 must be set", [{"role": "Waiter", "read": 1}, {"role": "Cook", "permlevel": 1, "read": 1}]),
	("No basic permissions set", [{**COOK, "read": 1}, WAITER]),
	("Only one rule allowed", [{**COOK, "read": 1}, {"role": "cook", "read": 1, "write": 1}]),
	("without Submit", [{**COOK, "read": 1, "write": 1}, {**WAITER, "read": 1, "cancel": 1}]),
	("belongs to level 0", [{**COOK, "read": 1}, {"role": "Cook", "permlevel": 1, "read": 1, "create": 1}]),
	("Only If Creator", [{**COOK, "read": 1, "if_owner": 1, "report": 1}]),
	("no right of a rule", [{**COOK, "read": 1, "parent": "Order"}]),
	("no right of a rule", [{**COOK, "read`=1, `write": 1}]),
	("Could not find", [{**COOK, "read": 1}, {"role": "No such role", "read": 1}]),
	("must be a number", [{**COOK, "permlevel": "x", "read": 1}]),
	("Levels are 0 to 9", [{**COOK, "read": 1}, {**COOK, "permlevel": 10, "read": 1}]),
	("Each rule is an object", [{**COOK, "read": 1}, "Waiter"]),
	("must be a list", {"role": "Cook"}),
	("must be a list", [{**COOK, "read": 1}] * 201),
])
def test_a_set_that_does_not_go_together_has_no_effect(world, words, given):
	before = told(world)
	for shipped in (True, False):
		there = rules(world, "Order")
		assert words in put(world, given, 417, doctype="Order")["exception"]
		assert rules(world, "Order") == there
		if shipped:
			put(world, [{**COOK, "read": 1, "share": 1}], doctype="Order")
	assert told(world) - before <= 2 and rules(world, "Order") == {("Cook", 0, 0): "r"}


def test_system_managers_alone_set_rules(world):
	for who in (world.cook, world.guest):
		put(world, [{**COOK, "read": 1}], 403, who)
	put(world, [{**COOK, "read": 1}], 404, doctype="No Such")
	put(world, [{**COOK, "read": 1}], 417, doctype="DocType")
	put(world, [{**COOK, "read": 1}], 417, doctype="Dish Row")
	assert world.manager("GET", "/api/method/symbolon.permissions.set", params={"doctype": "Dish", "rules": "[]"}).status_code == 403
	assert rules(world) == SHIPPED
