"""An attacker with a key of an ordinary user, and one without: what must stay out of reach (SECURITY.md, spec/permissions.md)."""

import json
import os
import re
import stat
import threading
import time

import pytest
import requests

from sites import DATABASE, GENERATE, PASSWORD, WHO_AM_I, Site, answers, connect, send

ADA = "Gr4nite-Ada-Qz82"
MALLORY, BOB = "mallory@example.com", "bob@example.com"
ROLES = "/api/method/frappe.core.doctype.user.user.get_roles"


def field(name, kind="Data", **more):
	return {"fieldname": name, "fieldtype": kind, "label": name.title(), **more}


def allow(role, rights="read write create", **more):
	return {"role": role, **{right: 1 for right in rights.split()}, **more}


DOCTYPES = [
	{"name": "Leaf", "istable": 1, "fields": [field("kind"), field("hush", permlevel=1)], "permissions": []},
	{"name": "Safe", "permissions": [allow("Clerk"), allow("Boss"), allow("Boss", "read write", permlevel=1)],
		"fields": [field("title"), field("secret", permlevel=1), field("amount", "Int", permlevel=1), field("pin", "Password"),
			field("leaves", "Table", options="Leaf"), field("boss", "Link", options="User")]},
	{"name": "Own", "fields": [field("title"), field("leaves", "Table", options="Leaf")],
		"permissions": [allow("Clerk", "read write create delete", if_owner=1)]},
	{"name": "Private", "fields": [field("title")], "permissions": [allow("Boss")]},
	{"name": "Trick", "autoname": "prompt", "fields": [field("roles", "Table", options="Has Role")], "permissions": [allow("Clerk")]},
]


class World:
	"""A site with a clerk who attacks, one who is attacked, a boss with secrets, and a System Manager."""

	def __init__(self, site):
		self.site = site
		for role in ("Clerk", "Boss"):
			self.make("/api/resource/Role", {"role_name": role, "desk_access": 1})
		for doctype in DOCTYPES:
			self.make("/api/resource/DocType", {"module": "Custom", "custom": 1, **doctype})
		self.mallory = self.user(MALLORY, "Clerk")
		self.bob = self.user(BOB, "Clerk")
		self.boss = self.user("boss@example.com", "Boss")
		self.manager = self.user("manager@example.com", "System Manager")
		safe = {"title": "t", "secret": "S3CRET", "amount": 987654321, "pin": "P1NP1N", "leaves": [{"kind": "k", "hush": "HUSHED"}]}
		self.safe = self.make("/api/resource/Safe", safe, self.boss)
		self.own = self.make("/api/resource/Own", {"title": "of bob", "leaves": [{"kind": "k"}]}, self.bob)
		self.own = self.bob("GET", f"/api/resource/Own/{self.own['name']}").json()["data"]
		self.private = self.make("/api/resource/Private", {"title": "PRIVATE"}, self.boss)

	def make(self, path, body, who=None):
		answer = (who or self.site.admin)("POST", path, json=body)
		assert answer.status_code == 200, answer.text
		return answer.json()["data"]

	def user(self, email, *roles):
		self.make("/api/resource/User", {"email": email, "first_name": email.split("@")[0], "send_welcome_email": 0, "new_password": ADA,
			"roles": [{"role": role} for role in roles]})
		pair = self.site.admin("POST", GENERATE, json={"user": email}).json()["message"]
		caller = self.site.with_token(pair)
		caller.pair = pair
		return caller


@pytest.fixture(scope="module")
def world(server):
	return World(server)


def query(caller, doctype, **arguments):
	"""The same list by each of its doors."""
	texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in arguments.items()}
	yield caller("GET", f"/api/resource/{doctype}", params=texts)
	yield caller("GET", f"/api/v2/document/{doctype}", params=texts)
	yield caller("POST", "/api/method/frappe.client.get_list", json={"doctype": doctype, **arguments})


# --- fields of a level that one may not read

SECRETS = ("S3CRET", "HUSHED", "P1NP1N", "987654321")


def tells(answer):
	return any(secret in answer.text for secret in SECRETS)


@pytest.mark.parametrize("expression", [
	"secret", "amount", "pin", "*", "max(secret)", "min(secret) as title", "sum(amount)", "avg(amount)", "count(secret)", "count(distinct secret)",
	"secret as title", "`tabSafe`.`secret`", "tabSafe.secret", "leaves.hush", "`tabLeaf`.`hush`", "Leaf.hush", "boss.api_key", "`tabUser`.`api_key`",
	"secret || ''", "(select secret from tabSafe)", "name, secret", "substr(secret,1)", "coalesce(secret,1)", "\"secret\"", "secret collate nocase",
])
def test_a_field_expression_tells_no_secret(world, expression):
	for answer in query(world.mallory, "Safe", fields=[expression]):
		assert not tells(answer), answer.text
		assert answer.status_code in (200, 417)
		for row in answer.json().get("data", answer.json().get("message", [])):
			assert set(row) - {"pin"} <= {"name", "owner", "creation", "modified", "modified_by", "docstatus", "idx", "title", "boss"}


@pytest.mark.parametrize("condition", [
	["secret", "like", "S%"], ["secret", "is", "set"], ["Safe", "secret", "=", "S3CRET"], ["Leaf", "hush", "like", "H%"], ["pin", "like", "%"],
	["pin", "is", "set"], ["amount", ">", 1], ["amount", "between", [1, 50]], ["leaves.hush", "=", "HUSHED"], ["`tabSafe`.secret", "=", "x"],
	["SECRET", "=", "S3CRET"], ["secret ", "=", "S3CRET"], ["User", "api_key", "is", "set"], ["Private", "title", "like", "P%"],
])
def test_a_filter_is_no_oracle(world, condition):
	ways = list(query(world.mallory, "Safe", filters=[condition])) + list(query(world.mallory, "Safe", or_filters=[condition]))
	ways.append(world.mallory("POST", "/api/method/frappe.client.get_count", json={"doctype": "Safe", "filters": [condition]}))
	ways.append(world.mallory("GET", "/api/v2/doctype/Safe/count", params={"filters": json.dumps([condition])}))
	for method in ("get_value", "get", "delete"):
		body = {"doctype": "Safe", "fieldname": "name", "filters": [condition]}
		ways.append(world.mallory("POST", f"/api/method/frappe.client.{method}", json=body))
	assert {answer.status_code for answer in ways} <= {404, 417}


@pytest.mark.parametrize("term", [
	"secret", "secret desc", "`tabSafe`.`secret`", "pin", "amount asc", "1", "2", "`tabLeaf`.hush", "name; drop table tabUser", "(select 1)",
	"name,(case when 1 then 1 end)", "length(secret)", "rowid", "_rowid_", "oid", "title collate binary", "title asc, secret", "random()",
])
def test_order_and_groups_are_columns_that_one_may_read(world, term):
	for answer in list(query(world.mallory, "Safe", order_by=term)) + list(query(world.mallory, "Safe", group_by=term, fields=["count(name) as n"])):
		assert answer.status_code == 417 and answer.json().get("exc_type", "DataError") == "DataError"


def test_a_document_hides_what_its_reader_may_not_see_and_keeps_what_its_writer_may_not_change(world):
	name = world.safe["name"]
	for way in ("PUT", "POST"):
		body = {"secret": "hacked", "amount": 1, "owner": MALLORY, "creation": "2000-01-01", "modified_by": "Administrator", "title": way}
		if way == "PUT":
			answer = world.mallory("PUT", f"/api/resource/Safe/{name}", json=body)
		else:
			answer = world.mallory("POST", "/api/method/frappe.client.set_value", json={"doctype": "Safe", "name": name, "fieldname": "secret", "value": "x"})
		assert not tells(answer) and "hacked" not in answer.text
	stored = world.boss("GET", f"/api/resource/Safe/{name}").json()["data"]
	assert (stored["secret"], stored["amount"], stored["owner"]) == ("S3CRET", 987654321, "boss@example.com")
	assert stored["leaves"][0]["hush"] == "HUSHED" and stored["creation"] == world.safe["creation"]
	for path in (f"/api/resource/Safe/{name}", f"/api/v2/document/Safe/{name}", f"/api/method/frappe.client.get?doctype=Safe&name={name}"):
		assert not tells(world.mallory("GET", path))
	leaf = world.mallory("GET", f"/api/resource/Leaf/{stored['leaves'][0]['name']}")
	assert not tells(leaf)
	refusal = world.mallory("POST", "/api/method/frappe.client.get_password", json={"doctype": "Safe", "name": name, "fieldname": "pin"})
	assert refusal.status_code == 403


def test_a_new_document_has_no_values_of_levels_that_its_maker_may_not_write(world):
	made = world.make("/api/resource/Safe", {"title": "m", "secret": "mine", "amount": 7, "leaves": [{"kind": "k", "hush": "mine"}]}, world.mallory)
	stored = world.boss("GET", f"/api/resource/Safe/{made['name']}").json()["data"]
	assert not stored.get("secret") and stored["amount"] == 0 and not stored["leaves"][0].get("hush")


# --- documents of others


def test_what_belongs_to_another_is_out_of_reach(world):
	name = world.own["name"]
	row = world.own["leaves"][0]["name"]
	path = f"/api/resource/Own/{name}"
	for verb, where, body in [
		("GET", path, None), ("PUT", path, {"title": "x"}), ("PUT", path, {"owner": MALLORY, "title": "x"}), ("DELETE", path, None),
		("PUT", f"/api/v2/document/Own/{name}", {"title": "x"}), ("GET", f"/api/resource/Leaf/{row}", None), ("PUT", f"/api/resource/Leaf/{row}", {"kind": "x"}),
		("DELETE", f"/api/resource/Leaf/{row}", None), ("GET", f"/api/resource/Private/{world.private['name']}", None), ("GET", "/api/resource/Private", None),
		("POST", "/api/resource/Leaf", {"parent": name, "parenttype": "Own", "parentfield": "leaves", "kind": "x"}),
		("POST", "/api/method/frappe.client.save", {"doc": {"doctype": "Own", "name": name, "title": "x", "owner": MALLORY}}),
		("POST", "/api/method/frappe.client.delete", {"doctype": "Own", "name": name}),
		("POST", "/api/method/frappe.client.set_value", {"doctype": "Own", "name": name, "fieldname": "title", "value": "x"}),
		("POST", "/api/method/frappe.client.set_value", {"doctype": "Leaf", "name": row, "fieldname": "kind", "value": "x"}),
		("POST", "/api/method/frappe.client.get_list", {"doctype": "Private", "parent": "Safe"}),
		("POST", "/api/method/frappe.client.get_list", {"doctype": "Private", "ignore_permissions": 1, "user": "boss@example.com"}),
		("POST", "/api/method/frappe.client.get_value", {"doctype": "Private", "fieldname": "title", "parent": "Safe"}),
	]:
		answer = world.mallory(verb, where, json=body)
		assert answer.status_code in (403, 404), (verb, where, body, answer.text)
		assert "of bob" not in answer.text and "PRIVATE" not in answer.text
	assert world.bob("GET", path).json()["data"] == world.own


@pytest.mark.parametrize("arguments", [
	{"fields": ["*"]}, {"or_filters": [["name", "is", "set"]]}, {"filters": [["owner", "=", BOB]]}, {"group_by": "owner", "fields": ["owner"]},
	{"fields": ["max(title) as m"]}, {"filters": [["Leaf", "kind", "=", "k"]]}, {"or_filters": [["owner", "=", MALLORY], ["owner", "=", BOB]]},
	{"filters": [["name", "not in", ["x"]]], "limit_page_length": 0}, {"order_by": "owner"},
])
def test_lists_of_owners_hold_nothing_of_others(world, arguments):
	for answer in query(world.mallory, "Own", **arguments):
		assert "of bob" not in answer.text and BOB not in answer.text
	count = world.mallory("POST", "/api/method/frappe.client.get_count", json={"doctype": "Own", "filters": arguments.get("filters", [])})
	assert count.json()["message"] == 0


def test_rows_cannot_be_taken_from_another_document(world):
	row = world.boss("GET", f"/api/resource/Safe/{world.safe['name']}").json()["data"]["leaves"][0]
	mine = world.make("/api/resource/Safe", {"title": "mine", "leaves": [{"name": row["name"], "kind": "stolen", "parent": "x"}]}, world.mallory)
	world.mallory("PUT", f"/api/resource/Safe/{mine['name']}", json={"leaves": [{"name": row["name"], "kind": "stolen"}]})
	world.mallory("PUT", f"/api/resource/Leaf/{row['name']}", json={"parent": mine["name"], "parentfield": "leaves", "parenttype": "Safe"})
	left = world.boss("GET", f"/api/resource/Safe/{world.safe['name']}").json()["data"]["leaves"]
	assert [(one["name"], one["kind"], one["hush"]) for one in left] == [(row["name"], "k", "HUSHED")]


# --- one's own user, and those above


@pytest.mark.parametrize("body", [
	{"roles": [{"role": "System Manager"}]}, {"roles": []}, {"enabled": 0}, {"user_type": "Website User"}, {"api_key": "a" * 15}, {"api_secret": "a" * 15},
	{"role_profile_name": "x"}, {"restrict_ip": "1.2.3.4"}, {"name": "Administrator"}, {"owner": MALLORY}, {"email": "Administrator"}, {"email": BOB},
	{"reset_password_key": "abc"}, {"new_password": "Gr4nite-New-Qz99"}, {"login_after": 5}, {"docstatus": 1}, {"creation": "2000-01-01"},
	{"flags": {"ignore_permissions": 1}, "roles": [{"role": "System Manager"}]}, {"__islocal": 1, "roles": [{"role": "System Manager"}]},
	{"doctype": "ToDo", "roles": [{"role": "System Manager"}]}, {"password": "x"}, {"role_profiles": [{"role_profile": "x"}]},
])
def test_nobody_raises_himself(world, body):
	before = world.site.admin("GET", f"/api/resource/User/{MALLORY}").json()["data"]
	ways = [world.mallory("PUT", f"/api/resource/User/{MALLORY}", json=body), world.mallory("PUT", f"/api/v2/document/User/{MALLORY}", json=body)]
	for name, value in body.items():
		ways.append(world.mallory("POST", "/api/method/frappe.client.set_value", json={"doctype": "User", "name": MALLORY, "fieldname": name, "value": value}))
	after = world.site.admin("GET", f"/api/resource/User/{MALLORY}").json()["data"]
	moving = {"modified", "modified_by"}
	strip = lambda doc: {k: [strip(row) for row in v] if isinstance(v, list) else v for k, v in doc.items() if k not in moving}
	assert strip(after) == strip(before)
	assert {answer.status_code for answer in ways} <= {200, 403, 417}
	assert world.mallory("GET", ROLES).json()["message"][0] == "Clerk"
	assert world.site.who(world.mallory.pair).status_code == 200


@pytest.mark.parametrize("who", ["mallory", "guest"])
@pytest.mark.parametrize("method, body", [
	("frappe.client.insert", {"doc": {"doctype": "Has Role", "parent": MALLORY, "parenttype": "User", "parentfield": "roles", "role": "System Manager"}}),
	("frappe.client.insert", {"doc": {"doctype": "Has Role", "parent": MALLORY, "parenttype": "Trick", "parentfield": "roles", "role": "System Manager"}}),
	("frappe.client.insert", {"doc": {"doctype": "Custom DocPerm", "parent": "Private", "role": "Clerk", "read": 1}}),
	("frappe.client.insert", {"doc": {"doctype": "DocPerm", "parent": "Private", "parenttype": "DocType", "parentfield": "permissions", "role": "Clerk", "read": 1}}),
	("frappe.client.insert", {"doc": {"doctype": "User", "email": "new@example.com", "first_name": "x"}}),
	("frappe.client.insert", {"doc": {"doctype": "Role", "role_name": "x"}}), ("frappe.client.insert", {"doc": {"doctype": "DocType", "name": "X", "module": "Custom", "custom": 1}}),
	("frappe.client.insert", {"doc": {"doctype": "Activity Log", "subject": "forged"}}), ("frappe.client.save", {"doc": {"doctype": "System Settings", "time_zone": "UTC"}}),
	("frappe.core.doctype.user.user.generate_keys", {"user": "Administrator"}), ("frappe.core.doctype.user.user.generate_keys", {"user": MALLORY}),
	("frappe.core.doctype.user.user.get_roles", {"uid": "Administrator"}), ("symbolon.keys.list", {}), ("symbolon.keys.revoke", {"user": BOB}),
	("frappe.client.get_password", {"doctype": "User", "name": "Administrator", "fieldname": "api_secret"}), ("frappe.client.get_list", {"doctype": "DocType"}),
	("frappe.client.get_list", {"doctype": "Activity Log"}), ("frappe.client.get_value", {"doctype": "User", "fieldname": "api_key", "filters": {"name": "Administrator"}}),
	("frappe.client.get", {"doctype": "User", "name": "Administrator"}), ("frappe.client.get_list", {"doctype": "Has Role", "parent": "User", "fields": ["parent", "role"]}),
	("frappe.client.get_value", {"doctype": "Has Role", "parent": "User", "fieldname": "role", "filters": {"parent": "Administrator"}}),
])
def test_what_is_for_system_managers_is_for_nobody_else(world, who, method, body):
	caller = world.mallory if who == "mallory" else world.site.guest
	answer = caller("POST", f"/api/method/{method}", json=body)
	assert answer.status_code in (403, 417), answer.text
	assert "smb_" not in answer.text


@pytest.mark.parametrize("method", ["symbolon.status", "symbolon.backup", "symbolon.set_password", "symbolon.keys.verify"])
def test_what_the_command_line_may_do_does_not_exist_over_http(world, method):
	for caller in (world.site.guest, world.mallory, world.site.admin):
		assert caller("POST", f"/api/method/{method}", json={"user": "Administrator", "password": "x"}).status_code in (403, 417)


def test_rows_of_roles_in_other_documents_grant_nothing(world):
	world.mallory("POST", "/api/resource/Trick", json={"name": MALLORY, "__newname": MALLORY, "roles": [{"role": "System Manager"}]})
	assert "System Manager" not in world.mallory("GET", ROLES).json()["message"]
	world.site.kill()
	world.site.start()
	assert "System Manager" not in world.mallory("GET", ROLES).json()["message"]


def test_administrator_is_above_system_managers(world):
	admin = "/api/resource/User/Administrator"
	for verb, path, body in [
		("GET", admin, None), ("PUT", admin, {"first_name": "x"}), ("PUT", admin, {"new_password": "Gr4nite-New-Qz99"}), ("PUT", admin, {"enabled": 0}),
		("PUT", admin, {"api_key": "b" * 15, "api_secret": "c" * 15}), ("PUT", admin, {"roles": []}), ("DELETE", admin, None),
		("POST", GENERATE, {"user": "Administrator"}), ("POST", GENERATE, {"user": "administrator"}), ("POST", GENERATE + '?user="Administrator"', None),
		("POST", "/api/method/symbolon.keys.revoke", {"user": "Administrator"}), ("POST", "/api/method/symbolon.keys.list", {"user": "Administrator"}),
		("POST", "/api/resource/Has Role", {"parent": "Administrator", "parenttype": "User", "parentfield": "roles", "role": "Clerk"}),
	]:
		assert world.manager(verb, path, json=body).status_code == 403, (verb, path, body)
	key, secret = world.site.pair
	for stolen in (key, key.upper()):
		answer = world.manager("PUT", f"/api/resource/User/{BOB}", json={"api_key": stolen, "api_secret": "x" * 15})
		assert answer.status_code == 417
	assert world.site.who({"api_key": key, "api_secret": secret}).json() == {"message": "Administrator"}
	assert world.site.who({"api_key": key, "api_secret": "x" * 15}).status_code == 401
	world.manager("PUT", "/api/resource/User/manager@example.com", json={"roles": [{"role": name} for name in ("System Manager", "Administrator", "All")]})
	assert "Administrator" not in world.manager("GET", ROLES).json()["message"]


# --- numbers and sizes


@pytest.mark.parametrize("name", ["limit_start", "limit_page_length"])
@pytest.mark.parametrize("value", [2**63 - 1, -(2**63), 1e308, -1e308, -0.5, "9" * 30, "-" + "9" * 30, "0x10", " 5 ", "1e3", "nan", "inf", True, None, [], {}])
def test_no_limit_overflows(world, name, value):
	answer = world.mallory("POST", "/api/method/frappe.client.get_list", json={"doctype": "Safe", name: value})
	assert answer.status_code in (200, 417)
	if name == "limit_start" and isinstance(value, (int, float)) and value > 1000:
		assert answer.json()["message"] == []


@pytest.mark.parametrize("arguments", [
	{"filters": [["title", "=", "x"]] * 5000}, {"or_filters": [["title", "=", "x"]] * 5000}, {"filters": [["title", "in", [f"x{i}" for i in range(200_000)]]]},
	{"filters": [["title", "like", "%a" * 20_000]]}, {"fields": ["name"] * 5000}, {"order_by": ",".join(["name"] * 5000)}, {"group_by": ",".join(["name"] * 5000)},
	{"filters": {f"title{i}": 1 for i in range(5000)}}, {"fields": "name," * 500_000},
])
def test_huge_queries_are_refused_and_hurt_nobody(world, arguments):
	answer = world.mallory("POST", "/api/method/frappe.client.get_list", json={"doctype": "Safe", **arguments})
	assert answer.status_code in (413, 417), answer.text[:300]
	assert world.site.guest("GET", "/api/method/ping").json() == {"message": "pong"}


# --- sessions


def session_of(world, user):
	answer = requests.post(world.site.url + "/api/method/login", json={"usr": user, "pwd": ADA}, headers={"Cookie": "sid=" + "a" * 56}, timeout=30)
	assert answer.status_code == 200, answer.text
	return answer.cookies["sid"]


def with_sid(world, sid, verb, path, **kwargs):
	headers = {"Cookie": f"sid={sid}", **kwargs.pop("headers", {})}
	return requests.request(verb, world.site.url + path, headers=headers, timeout=30, allow_redirects=False, **kwargs)


def test_a_session_id_comes_from_the_server_and_by_cookie_only(world):
	sid = session_of(world, MALLORY)
	assert sid != "a" * 56 and with_sid(world, "a" * 56, "GET", WHO_AM_I).status_code == 403
	assert with_sid(world, sid, "GET", WHO_AM_I).json() == {"message": MALLORY}
	assert world.site.guest("GET", f"{WHO_AM_I}?sid={sid}").status_code == 403
	assert world.site.guest("POST", WHO_AM_I, data={"sid": sid}).status_code == 403
	assert with_sid(world, sid.upper(), "GET", WHO_AM_I).status_code == 403
	assert with_sid(world, sid + "0", "GET", WHO_AM_I).status_code == 403
	if not DATABASE:
		assert sid.encode() not in open(world.site.path + "/symbolon.db", "rb").read()


@pytest.mark.parametrize("headers", [
	{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}, {"Referer": "https://evil.example/"}, {"Origin": "http://127.0.0.1.evil.example"},
	{"Origin": "http://127.0.0.1:80.evil.example"}, {"Referer": "https://127.0.0.1:x@evil.example/"}, {"Origin": "http://127.0.0.1@evil.example"}, {"Origin": "evil://"},
])
def test_a_foreign_page_cannot_use_a_session(world, headers):
	sid = session_of(world, MALLORY)
	for verb, path, body in [("POST", "/api/resource/Safe", {"title": "forged"}), ("POST", "/api/method/logout", None), ("POST", "/api/method/login", {"usr": BOB, "pwd": ADA})]:
		assert with_sid(world, sid, verb, path, json=body, headers=headers).status_code == 400, (path, headers)
	assert with_sid(world, sid, "GET", WHO_AM_I).json() == {"message": MALLORY}
	assert "forged" not in world.mallory("GET", '/api/resource/Safe?fields=["title"]').text


def test_nothing_is_changed_by_a_safe_verb(world):
	sid = session_of(world, MALLORY)
	before = world.site.admin.call("frappe.client.get_count", doctype="Safe")
	doc = json.dumps({"doctype": "Safe", "title": "forged"})
	for verb in ("GET", "HEAD", "OPTIONS"):
		for path, arguments in [
			("/api/method/frappe.client.insert", {"doc": doc}), ("/", {"cmd": "frappe.client.insert", "doc": doc}), (GENERATE, {"user": MALLORY}),
			("/api/method/frappe.client.set_value", {"doctype": "User", "name": MALLORY, "fieldname": "first_name", "value": "forged"}),
			("/api/method/frappe.client.delete", {"doctype": "Safe", "name": world.safe["name"]}), ("/api/method/login", {"usr": BOB, "pwd": ADA}),
		]:
			answer = with_sid(world, sid, verb, path, params=arguments, headers={"X-HTTP-Method-Override": "POST"})
			assert answer.status_code == (200 if verb == "OPTIONS" else 403), (verb, path)
	assert world.site.admin.call("frappe.client.get_count", doctype="Safe") == before
	assert world.site.who(world.mallory.pair).status_code == 200


def test_a_disabled_user_is_nobody_by_any_way(world):
	sid = session_of(world, BOB)
	world.site.admin("PUT", f"/api/resource/User/{BOB}", json={"enabled": 0})
	try:
		assert with_sid(world, sid, "GET", WHO_AM_I).status_code == 403
		assert world.bob("GET", WHO_AM_I).status_code == 401
		assert world.site.guest("POST", "/api/method/login", json={"usr": BOB, "pwd": ADA}).status_code == 401
		assert world.bob("GET", "/auth/verify").status_code == 401
	finally:
		world.site.admin("PUT", f"/api/resource/User/{BOB}", json={"enabled": 1})
	assert with_sid(world, sid, "GET", WHO_AM_I).status_code == 403  # it does not come back


def test_who_asks_is_judged_anew_for_each_request_of_a_connection(world):
	mine = "Authorization: token {api_key}:{api_secret}\r\n".format(**world.mallory.pair)
	requests_bytes = "".join(
		f"GET {WHO_AM_I} HTTP/1.1\r\nHost: x\r\n{credential}\r\n"
		for credential in (mine, "", "Authorization: token bad:bad\r\n", "Cookie: sid=Administrator\r\n", mine + "Connection: close\r\n")
	)
	assert [one.status for one in answers(send(world.site, requests_bytes.encode()))] == [200, 403, 401, 403, 200]


def test_no_request_is_accepted_after_the_reply_that_ends_its_key(world):
	"""Writes that wait while the key is replaced, disabled or revoked are refused, too."""
	bob = f"/api/resource/User/{BOB}"
	for number in range(6):  # below the throttle: each round ends with four wrong tries
		for end in [("POST", GENERATE, {"user": BOB}), ("PUT", bob, {"enabled": 0}), ("POST", "/api/method/symbolon.keys.revoke", {"user": BOB})]:
			pair = world.site.admin("POST", GENERATE, json={"user": BOB}).json()["message"]
			caller, done = world.site.with_token(pair), []
			begun = threading.Semaphore(0)

			def storm():
				status = 200
				while status == 200:
					begun.release()
					at = time.monotonic()
					status = caller("POST", "/api/resource/Own", json={"title": "storm"}).status_code
					done.append((at, status))

			threads = [threading.Thread(target=storm) for _ in range(4)]
			for thread in threads:
				thread.start()
			for _ in range(4 + 3 * number):
				begun.acquire(timeout=10)
			assert world.site.admin(*end[:2], json=end[2]).status_code == 200
			ended = time.monotonic()
			for thread in threads:
				thread.join()
			world.site.admin("PUT", bob, json={"enabled": 1})
			assert [status for at, status in done if at > ended and status == 200] == []
			assert {status for _, status in done} <= {200, 401}


@pytest.mark.parametrize("name", ["a\r\nSet-Cookie: evil=1", "a; evil=1", "a\tb", "a\u2028b", "é,\"b"])
def test_a_name_splits_no_header(world, name):
	world.site.admin("PUT", f"/api/resource/User/{BOB}", json={"first_name": name})
	login = world.site.guest("POST", "/api/method/login", json={"usr": BOB, "pwd": ADA})
	pair = world.site.admin("POST", GENERATE, json={"user": BOB}).json()["message"]
	verified = world.site.with_token(pair)("GET", "/auth/verify")
	assert login.status_code == 200 and verified.status_code == 204
	assert "evil" not in login.cookies and "evil" not in verified.cookies
	for field_value in (login.headers["Set-Cookie"], verified.headers["X-Symbolon-Full-Name"]):
		assert all(" " <= c <= "~" for c in field_value)


@pytest.mark.parametrize("name", ['A"B', "A`B", "A]B", "A;B", "A'B", "A\\B", "A/B", "A%B", "A\nB", " A", "A ", "user", "User ", "..", "1", "A" * 62, "A\u202eB", "<b>A</b>"])
def test_no_name_of_a_doctype_reaches_sql_or_takes_another(world, name):
	doctype = {"name": name, "module": "Custom", "custom": 1, "fields": [field("a")], "permissions": [allow("System Manager")]}
	assert world.manager("POST", "/api/resource/DocType", json=doctype).status_code == 409


@pytest.mark.parametrize("name", ["a b", "a-b", 'a"b', "a`b", "a.b", "a;b", "é", "name", "owner", "docstatus", "__x", "_user_tags", "x" * 65])
def test_no_name_of_a_field_reaches_sql_or_takes_another(world, name):
	doctype = {"name": "Fieldy", "module": "Custom", "custom": 1, "fields": [field(name)], "permissions": [allow("System Manager")]}
	assert world.manager("POST", "/api/resource/DocType", json=doctype).status_code == 417


def test_words_of_sql_are_names_like_others(world):
	words = ["select", "order", "group", "rowid", "_rowid_", "oid", "index", "values", "limit", "cmd", "filters"]
	world.make("/api/resource/DocType", {"name": "select", "module": "Custom", "custom": 1, "fields": [field(word) for word in words],
		"permissions": [allow("Clerk")]})
	world.make("/api/resource/select", {word: f"of {word}" for word in words}, world.mallory)
	for word in words:
		found = world.mallory("GET", "/api/resource/select", params={"fields": json.dumps([word]), "filters": json.dumps([[word, "=", f"of {word}"]]), "order_by": word})
		assert found.json()["data"] == [{word: f"of {word}"}]


# --- verifier, pages, log, files


@pytest.mark.parametrize("path, status", [
	("/auth/verify?role=System%20Manager", 403), ("/auth/verify?role=System+Manager", 403), ("/auth/verify?%72ole=System%20Manager", 403),
	("/auth/verify?role=Clerk&role=System%20Manager", 403), ("/auth/verify?role=", 403), ("/auth/verify/a/../b?role=Boss", 403), ("/auth/verify?role=Clerk%00", 401),
	("/auth/verify?role=%ff", 401), ("/auth/verifyx", 404), ("/auth/verify?role=Clerk", 204), ("/auth/verify/any/where", 204),
])
def test_the_verifier_judges_the_token_and_nothing_else(world, path, status):
	spoofed = {name: "Administrator" for name in ("X-Symbolon-User", "X-Auth-User", "Remote-User", "X-Forwarded-User", "X-Original-User")}
	answer = world.mallory("GET", path, headers={**spoofed, "X-Original-URI": "/a\tb", "X-Forwarded-For": "10.0.0.1"})
	assert answer.status_code == status
	if status != 404:
		assert answer.headers["Content-Length"] == "0"
	assert answer.headers.get("X-Symbolon-User") == (MALLORY if status == 204 else None)
	assert "Administrator" not in str(answer.headers)


@pytest.mark.parametrize("path", [
	"/login?redirect-to=https://evil.example", "/login?redirect-to=//evil.example", "/login?redirect-to=javascript:alert(1)", "/login?redirect-to=%22%3E%3Cscript%3Ealert(1)",
	"/app/%22%3E%3Cscript%3Ealert(1)", "/app/../../etc/passwd", "/app//evil.example", "//evil.example/app", "/%3Cscript%3Ealert(1)", "/<script>alert(1)",
	"/?cmd=%3Cscript%3Ealert(1)", "/?cmd=login&usr=%3Cscript%3Ealert(1)", "/assets/%2e%2e/symbolon.key", "/assets/../symbolon.key", "/me/%3Cscript%3Ealert(1)", "/app%0d%0aX-Evil:%20x",
])
def test_pages_reflect_nothing_and_lead_nowhere_else(world, path):
	for cookie in (b"", b"Cookie: sid=" + session_of(world, MALLORY).encode() + b"\r\n"):
		got = answers(send(world.site, b"GET " + path.encode() + b" HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n" + cookie + b"\r\n"))[0]
		assert "<script>alert" not in got.text and "pepper" not in got.text and "root:" not in got.text
		assert "evil.example" not in got.text and "x-evil" not in got.headers
		assert got.headers.get("location", "/").startswith("/") and not got.headers.get("location", "/").startswith(("//", "/\\"))
		if got.headers["content-type"].startswith("text/html"):
			assert "script-src 'self'" in got.headers["content-security-policy"] and "unsafe" not in got.headers["content-security-policy"]
			assert got.headers["x-content-type-options"] == "nosniff"


def test_the_log_cannot_be_forged_and_holds_no_secret(world):
	site, pair = world.site, world.mallory.pair
	sid = session_of(world, MALLORY)
	with connect(site) as line:
		for target in ("/%0aINJECTED%0d%22%20user=admin", "/api/method/ping?secret=QUERYSECRET"):
			line.sendall(f'GET {target} HTTP/1.1\r\nHost: x\r\nUser-Agent: a\tb level=INJECTED\r\nX-Frappe-Request-Id: e" INJECTED="\r\nX-Forwarded-For: INJECTED\r\n\r\n'.encode())
		line.sendall(b"GET /last/line/of/the/test HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
		while line.recv(65536):
			pass
	site.guest("POST", "/api/method/login", json={"usr": 'x\nINJECTED level="y"', "pwd": "BODYSECRET"})
	site.guest("GET", WHO_AM_I, headers={"Authorization": "token INJECTED:HEADERSECRET"})
	with_sid(world, sid, "GET", WHO_AM_I)
	world.mallory("GET", WHO_AM_I)
	site.wait_for(r"(path=/last/line/of/the/test)")
	site.stop()
	with open(site.path + ".log", encoding="utf-8") as f:
		said = f.read()
	for secret in ("QUERYSECRET", "BODYSECRET", "HEADERSECRET", pair["api_secret"], sid, ADA):
		assert secret not in said
	for text in said.splitlines():
		assert "INJECTED" not in text or text.startswith("time="), text
		assert not re.search(r'level=INJECTED|INJECTED="|address=INJECTED', text), text
	site.start()


def test_the_files_of_a_site_are_its_own_alone(world):
	for name in os.listdir(world.site.path):
		mode = os.stat(f"{world.site.path}/{name}").st_mode
		assert stat.S_IMODE(mode) & 0o077 == 0, (name, oct(mode))
	assert stat.S_IMODE(os.stat(world.site.path).st_mode) & 0o077 == 0
