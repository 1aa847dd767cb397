"""The audit log: what is told, the chain of seals over it, and what tells that somebody touched it."""

import concurrent.futures
import contextlib
import hashlib
import json
import re
import sqlite3
import time

import pytest

from sites import GENERATE, PASSWORD, PROGRAM, WHO_AM_I, Site, sql

LOG = "/api/resource/Audit Log"
KEYS = "/api/resource/API Key"
VERIFY = "symbolon.audit.verify"
EXPORT = "/api/method/symbolon.audit.export"
ADA = "ada@example.com"


def rows_of(site, **filters):
	"""The rows of the log, the first first, with their details read."""
	asked = json.dumps([[name, "=", value] for name, value in filters.items()])
	answer = site.admin("GET", f'{LOG}?fields=["*"]&order_by=creation asc&limit=0&filters={asked}')
	assert answer.status_code == 200, answer.text
	rows = answer.json()["data"]
	for row in rows:
		row["details"] = json.loads(row["details"])
	return rows


def told(site, event, name=None):
	"""The only row of that event about something."""
	filters = {"event": event, **({"reference_name": name} if name else {})}
	found = rows_of(site, **filters)
	assert len(found) == 1, (event, name, found)
	return found[0]


def sealed(site):
	"""What the chain looks like when no row waits any more."""
	deadline = time.monotonic() + 30
	while time.monotonic() < deadline:
		report = site.admin.call(VERIFY)
		if report["unsealed"] == 0 or not report["intact"]:
			return report
		time.sleep(0.02)  # pause: looks again, up to the deadline
	raise AssertionError("the rows are not sealed")


def directly(site, *statements):
	"""Does to the database what no client can; nobody serves it."""
	site.stop()
	if site.database:
		return [row for statement in statements for row in sql(site.database, statement)]
	with contextlib.closing(sqlite3.connect(f"{site.path}/symbolon.db", isolation_level=None)) as database:
		return ["|".join(str(v) for v in row) for statement in statements for row in database.execute(statement).fetchall()]


@pytest.fixture
def ada(site):
	site.run("user", "add", ADA, "--first-name", "Ada", "--password-stdin", stdin=PASSWORD)
	return ADA


@pytest.fixture
def chain(site):
	"""Rows under several seals."""
	for i in range(3):
		for _ in range(3):
			site.admin("POST", GENERATE, json={"user": "Administrator"})
			pair = site.json("keys", "generate", "Administrator")
			site.admin = site.with_token(pair)
		assert json.loads(site.run("audit", "verify", "--output", "json").stdout)["intact"]
	return site


# --- each event


def test_keys_are_told_from_their_making_to_their_end(site, ada):
	key = site.admin("POST", KEYS, json={"user": ada, "label": "nightly", "read_only": 1}).json()["data"]
	name = key["name"]
	made = told(site, "Key Created", name)
	assert (made["user"], made["api_key"], made["ip_address"]) == ("Administrator", site.pair[0], "127.0.0.1")
	assert made["reference_doctype"] == "API Key"
	assert made["details"]["user"] == [None, ada] and made["details"]["label"] == [None, "nightly"]
	site.admin("PUT", f"{KEYS}/{name}", json={"enabled": 0, "scopes": [{"kind": "Name", "target": "orders"}]})
	changed = told(site, "Key Changed", name)["details"]
	assert changed["enabled"] == [1, 0] and changed["scopes"][0] == [] and changed["scopes"][1][0]["target"] == "orders"
	site.admin("PUT", f"{KEYS}/{name}", json={"enabled": 1})
	rotated = site.admin.call("symbolon.keys.rotate", key=name, overlap="1h")
	assert told(site, "Key Rotated", name)["details"] == {"user": ada, "overlap_s": 3600}
	site.admin.call("symbolon.keys.end_overlap", key=name)
	assert told(site, "Key Overlap Ended", name)
	site.admin.call("symbolon.keys.revoke", key=name, reason="lost")
	site.admin.call("symbolon.keys.revoke", key=name, reason="again")
	assert told(site, "Key Revoked", name)["details"] == {"user": ada, "reason": "lost"}
	site.admin("DELETE", f"{KEYS}/{name}")
	assert told(site, "Key Deleted", name)["details"]["user"] == [ada, None]
	text = json.dumps(rows_of(site))
	assert key["api_secret"] not in text and rotated["api_secret"] not in text and "smb_" not in text


def test_a_revocation_that_is_taken_back_is_told(site, ada):
	keys = [site.admin("POST", KEYS, json={"user": ada, "label": "many"}).json()["data"]["name"] for _ in range(2)]
	undo = site.admin.call("symbolon.keys.revoke", keys=keys, reason="by mistake")["undo"]
	site.admin.call("symbolon.keys.undo_revoke", undo=undo)
	for key in keys:
		assert told(site, "Key Revoked", key)["details"] == {"reason": "by mistake", "revocation": undo}
		assert told(site, "Key Restored", key)


def test_the_classic_pair_is_told_as_well(site, ada):
	name = site.json("keys", "generate", ada)["api_key"]
	assert told(site, "Key Created", name)["details"] == {"user": ada}
	site.json("keys", "generate", ada)
	assert told(site, "Key Rotated", name)
	site.run("keys", "revoke", ada)
	site.run("keys", "revoke", ada)  # has nothing to end any more
	assert told(site, "Key Revoked", name)
	own = "0123456789abcde"
	site.admin("PUT", f"/api/resource/User/{ada}", json={"api_key": own, "api_secret": "fifteen-letters"})
	assert told(site, "Key Deleted", name) and told(site, "Key Created", own) and told(site, "Key Rotated", own)
	site.admin("PUT", f"/api/resource/User/{ada}", json={"api_secret": ""})
	assert told(site, "Key Revoked", own)
	assert "fifteen-letters" not in json.dumps(rows_of(site))


def test_a_key_that_ends_itself_is_the_one_that_did_it(site, ada):
	site.run("user", "roles", ada, "--add", "System Manager")
	pair = site.json("keys", "generate", ada)
	site.with_token(pair).call("symbolon.keys.rotate", key=pair["api_key"])
	row = told(site, "Key Rotated", pair["api_key"])
	assert (row["user"], row["api_key"]) == (ada, pair["api_key"])


def test_users_and_their_roles_are_told(site, ada):
	assert told(site, "User Created", ada)["details"]["enabled"] == [None, 1]
	path = f"/api/resource/User/{ada}"
	site.admin("PUT", path, json={"bio": "no matter"})
	assert rows_of(site, event="User Changed") == []
	site.admin("PUT", path, json={"roles": [{"role": "System Manager"}]})
	details = told(site, "User Changed")["details"]
	assert details["roles"] == [[], [{"role": "System Manager"}]]
	row = site.admin("GET", path).json()["data"]["roles"][0]["name"]
	assert site.admin("DELETE", f"/api/resource/Has Role/{row}").status_code == 202
	taken = told(site, "Permission Taken")
	assert (taken["reference_doctype"], taken["reference_name"]) == ("User", ada)
	assert taken["details"]["role"] == ["System Manager", None]
	site.run("user", "disable", ada)
	assert rows_of(site, event="User Changed")[-1]["details"] == {"enabled": [1, 0]}
	site.admin.call("frappe.client.rename_doc", doctype="User", old_name=ada, new_name="augusta@example.com")
	assert told(site, "User Renamed", "augusta@example.com")["details"] == {"renamed_from": ada}
	site.admin("DELETE", "/api/resource/User/augusta@example.com")
	assert told(site, "User Deleted", "augusta@example.com")["details"]["user_type"][1] is None


def test_roles_and_their_profiles_are_told(site):
	assert site.admin("POST", "/api/resource/Role", json={"role_name": "Night Watch"}).status_code == 200
	site.admin("PUT", "/api/resource/Role/Night Watch", json={"disabled": 1})
	assert told(site, "Role Changed")["details"] == {"disabled": [0, 1]}
	site.admin.call("frappe.client.rename_doc", doctype="Role", old_name="Night Watch", new_name="Day Watch")
	site.admin("DELETE", "/api/resource/Role/Day Watch")
	assert told(site, "Role Created", "Night Watch") and told(site, "Role Renamed", "Day Watch") and told(site, "Role Deleted", "Day Watch")
	profile = {"role_profile": "Watch", "roles": [{"role": "Blogger"}]}
	assert site.admin("POST", "/api/resource/Role Profile", json=profile).status_code == 200
	assert told(site, "Role Created", "Watch")["details"]["roles"][1] == [{"role": "Blogger"}]


def test_permissions_are_told(site, ada):
	given = site.admin("POST", "/api/resource/Custom DocPerm", json={"parent": "Note", "role": "Blogger", "read": 1}).json()["data"]
	assert told(site, "Permission Given", given["name"])["details"]["role"] == [None, "Blogger"]
	site.admin("PUT", f"/api/resource/Custom DocPerm/{given['name']}", json={"write": 1 - given["write"]})
	assert told(site, "Permission Changed", given["name"])["details"] == {"write": [given["write"], 1 - given["write"]]}
	site.admin("DELETE", f"/api/resource/Custom DocPerm/{given['name']}")
	assert told(site, "Permission Taken", given["name"])["reference_doctype"] == "Custom DocPerm"
	limit = {"user": ada, "allow": "Role", "for_value": "Blogger"}
	limit = site.admin("POST", "/api/resource/User Permission", json=limit).json()["data"]["name"]
	assert told(site, "Permission Given", str(limit))["reference_doctype"] == "User Permission"
	note = site.admin("POST", "/api/resource/Note", json={"title": "Plan"}).json()["data"]["name"]
	place = {"doctype": "Note", "name": note, "user": ada}
	share = site.admin.call("frappe.share.add", **place)["name"]
	site.admin.call("frappe.share.set_permission", **place, permission_to="write", value=1)
	site.admin.call("frappe.share.remove", **place)
	assert told(site, "Permission Given", share)["details"]["read"] == [None, 1]
	assert told(site, "Permission Changed", share)["details"] == {"write": [0, 1]}
	assert told(site, "Permission Taken", share)["details"]["user"] == [ada, None]
	made = {
		"name": "Boat", "module": "Core", "custom": 1, "fields": [{"fieldname": "sail", "fieldtype": "Data"}],
		"permissions": [{"role": "Sailor", "read": 1}],
	}
	assert site.admin("POST", "/api/resource/DocType", json=made).status_code == 200
	assert told(site, "Permission Given", "Boat")["details"]["permissions"][1][0]["role"] == "Sailor"
	assert told(site, "Role Created", "Sailor")
	site.admin("PUT", "/api/resource/DocType/Boat", json={"description": "floats"})
	assert rows_of(site, event="Permission Changed", reference_name="Boat") == []


def test_settings_and_passwords_are_told_without_the_password(site, ada):
	site.admin("PUT", "/api/resource/System Settings/System Settings", json={"allow_consecutive_login_attempts": 7})
	assert told(site, "Settings Changed")["details"]["allow_consecutive_login_attempts"][1] == 7
	site.run("user", "set-password", ada, stdin="An0ther-Granite-Wall")
	rows = rows_of(site, event="Password Changed", reference_name=ada)
	assert len(rows) == 2 and rows[0]["details"] == {}
	assert "Granite" not in json.dumps(rows_of(site)) and PASSWORD not in json.dumps(rows_of(site))


def test_logins_and_logouts_are_told(site, ada):
	session = site.login(ada, PASSWORD)
	session.post(site.url + "/api/method/logout", timeout=10)
	assert site.guest("POST", "/api/method/login", json={"usr": ada, "pwd": "wrong-one"}).status_code == 401
	assert site.guest("POST", "/api/method/login", json={"usr": "my-typed-password", "pwd": "x"}).status_code == 401
	assert told(site, "Login")["user"] == told(site, "Logout")["user"] == ada
	assert [row["user"] for row in rows_of(site, event="Login Failed")] == [ada, "Guest"]
	assert "typed-password" not in json.dumps(rows_of(site))


def test_a_burst_of_refused_requests_is_one_row(site, ada):
	name = site.json("keys", "generate", ada)["api_key"]
	for _ in range(25):
		assert site.who({"api_key": name, "api_secret": "a-wrong-one"}).status_code == 401
		assert site.who({"api_key": "somebodys-password", "api_secret": "x"}).status_code == 401
	site.stop()  # writes what it has noted
	site.start()
	row = told(site, "Requests Refused", name)
	assert (row["user"], row["reference_doctype"], row["ip_address"]) == ("Guest", "API Key", "127.0.0.1")
	assert row["details"] == {"reason": "wrong-secret", "tries": 10, "left_out": 0}
	unknown = [r for r in rows_of(site, event="Requests Refused") if r["name"] != row["name"]]
	assert [(r["reference_name"], r["details"]["reason"]) for r in unknown] == [("", "unknown-key")]
	assert "somebodys" not in json.dumps(rows_of(site)) and "a-wrong-one" not in json.dumps(rows_of(site))


def test_a_flood_of_bursts_stays_bounded(site):
	for i in range(90):
		pair = {"api_key": f"{i:015x}", "api_secret": "wrong"}
		for _ in range(10):
			site.who(pair)
	site.stop()
	site.start()
	rows = rows_of(site, event="Requests Refused")
	left_out = sum(row["details"]["left_out"] for row in rows)
	assert len(rows) + left_out <= 90 and 1 <= len(rows) <= 120


def test_a_login_that_is_locked_is_told(site, ada):
	site.admin("PUT", "/api/resource/System Settings/System Settings", json={"allow_consecutive_login_attempts": 2})
	for _ in range(6):
		site.guest("POST", "/api/method/login", json={"usr": ada, "pwd": "wrong-one"})
	site.stop()
	site.start()
	row = told(site, "Logins Refused", ada)
	assert row["details"]["tries"] == 3 and row["details"]["reason"] == "user-locked"


def test_what_is_refused_leaves_no_row(site, ada):
	before = len(rows_of(site))
	assert site.admin("POST", KEYS, json={"user": ada, "allowed_networks": "10.0.0.0/99"}).status_code == 417
	assert site.admin("DELETE", "/api/resource/User/Guest").status_code == 417
	assert site.admin("PUT", "/api/resource/Role/System Manager", json={"disabled": 1}).status_code == 417
	assert len(rows_of(site)) == before


def test_every_event_is_one_of_the_choices(site):
	fields = site.admin("GET", "/api/resource/DocType/Audit Log").json()["data"]["fields"]
	choices = next(f["options"] for f in fields if f["fieldname"] == "event").split("\n")
	with open(f"{PROGRAM}", "rb") as f:
		program = f.read()
	assert len(choices) == 28 and all(choice.encode() in program for choice in choices)


def test_a_field_level_that_is_set_is_a_permission_change(site):
	for prop, value in (("permlevel", "1"), ("label", "Other")):
		made = site.admin("POST", "/api/resource/Property Setter", json={"doctype_or_field": "DocField", "doc_type": "ToDo",
			"field_name": "description", "property": prop, "property_type": "Data", "value": value})
		assert made.status_code == 200, made.text
	rows = site.admin("GET", "/api/resource/Audit Log", params={
		"filters": '[["reference_doctype", "=", "Property Setter"]]', "fields": '["event", "details"]'}).json()["data"]
	assert [row["event"] for row in rows] == ["Permission Given"] and "permlevel" in rows[0]["details"]


# --- who reads it, and nobody who writes it


def test_nobody_writes_the_log(site, ada):
	row = rows_of(site)[0]["name"]
	site.admin("POST", "/api/resource/Custom DocPerm", json={"parent": "Audit Log", "role": "System Manager", "read": 1, "write": 1, "create": 1, "delete": 1})
	site.run("user", "roles", ada, "--add", "System Manager")
	for caller in (site.admin, site.with_token(site.json("keys", "generate", ada))):
		assert caller("GET", f"{LOG}/{row}").status_code == 200
		for verb, path, body in (
			("POST", LOG, {"event": "Login"}), ("PUT", f"{LOG}/{row}", {"user": "Eve"}), ("DELETE", f"{LOG}/{row}", None),
			("POST", "/api/method/frappe.client.set_value", {"doctype": "Audit Log", "name": row, "fieldname": "user", "value": "Eve"}),
			("POST", "/api/method/frappe.client.delete", {"doctype": "Audit Log", "name": row}),
			("POST", "/api/method/frappe.client.insert", {"doc": {"doctype": "Audit Log", "event": "Login"}}),
		):
			assert caller(verb, path, json=body).status_code == 403, (verb, path)
		answer = caller("POST", "/api/method/frappe.client.rename_doc", json={"doctype": "Audit Log", "old_name": row, "new_name": "x"})
		assert answer.status_code in (403, 417)
	assert sealed(site)["intact"]


def test_only_system_managers_read_it(site, ada):
	caller = site.with_token(site.json("keys", "generate", ada))
	assert caller("GET", LOG).status_code == 403
	for method in (VERIFY, "symbolon.audit.export"):
		assert caller("GET", f"/api/method/{method}").status_code == 403
		assert site.guest("GET", f"/api/method/{method}").status_code == 403
	for method in ("symbolon.audit.seal", "symbolon.audit.lines"):
		assert site.admin("POST", f"/api/method/{method}").status_code == 417


# --- the chain


def test_an_export_can_be_judged_by_itself(chain):
	report = sealed(chain)
	text = chain.admin("GET", EXPORT).text
	lines = text.splitlines()
	assert len(lines) == report["rows"] and chain.run("audit", "export").stdout == text
	before = "0" * 64
	for number, line in enumerate(lines, 1):
		row = json.loads(line)
		bare = line.rsplit(',"digest":"', 1)[0] + "}"
		before = hashlib.sha256(f"{before}\n{bare}".encode()).hexdigest()
		assert (row["sequence"], row["digest"]) == (number, before)
	assert chain.run("audit", "export", "--after", "2").stdout.splitlines() == lines[2:]
	assert chain.admin("GET", EXPORT + "?after=2&limit=3").text.splitlines() == lines[2:5]
	assert chain.admin("GET", EXPORT + "?after=many").status_code == 417
	chain.run("audit", "export", "--after", "many", exit=2)


def test_the_head_that_the_log_tells_is_one_of_the_chain(chain):
	chain.stop()
	chain.start()
	head = chain.wait_for(r"audit-head .*digest=(\w+)")
	chain.run("user", "add", ADA)
	chain.run("audit", "verify", "--head", head)
	other = "f" * 64
	assert "kept elsewhere" in chain.run("audit", "verify", "--head", other, exit=1).stderr
	assert chain.admin.call(VERIFY, head=other)["broken"]["why"].startswith("no seal has the digest")


SET = 'UPDATE "tabAudit Log" SET '
FAULTS = {
	"changed": ([SET + "\"user\" = 'Eve' WHERE sequence = 4"], 4),
	"details": ([SET + "details = '{}' || ' ' WHERE sequence = 4"], 4),
	"owner": ([SET + "owner = 'Eve' WHERE sequence = 4"], 4),
	"moment": ([SET + "creation = '2020-01-01 00:00:00', modified = '2020-01-01 00:00:00' WHERE sequence = 4"], 4),
	"deleted": (['DELETE FROM "tabAudit Log" WHERE sequence = 4'], 4),
	"first": (['DELETE FROM "tabAudit Log" WHERE sequence = 1'], 1),
	"moved": ([SET + "sequence = 1000 WHERE sequence = 4"], 4),
	"twice": ([SET + "sequence = 4 WHERE sequence = 5"], 4),
	"hidden": ([SET + "sequence = -4 WHERE sequence = 4"], 4),
	"digest": ([SET + f"digest = '{'0' * 64}' WHERE sequence = 4"], 4),
	"tail": (['DELETE FROM "tabAudit Log" WHERE sequence >= 5'], 5),
	"all": (['DELETE FROM "tabAudit Log"'], 1),
	"seal": (["UPDATE audit_seal SET at_us = at_us + 1 WHERE number = 1"], None),
	"no seal": (["DELETE FROM audit_seal WHERE number = 1"], None),
	"last seal": (["DELETE FROM audit_seal WHERE number = (SELECT max(number) FROM audit_seal)"], None),
	"previous": ([f"UPDATE audit_seal SET previous = '{'0' * 64}' WHERE number = 2"], None),
	"counter": (["UPDATE counter SET value = value + 1 WHERE name = 'audit'"], None),
	"counter back": (["UPDATE counter SET value = value - 1 WHERE name = 'audit'"], None),
	"beside": (["INSERT INTO \"tabAudit Log\" (name, sequence, event) VALUES ('made-up', -1, 'Login')"], -1),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_what_was_touched_is_found_and_named(chain, fault):
	statements, broken = FAULTS[fault]
	names = dict(line.split("|") for line in directly(chain, 'SELECT sequence, name FROM "tabAudit Log"'))
	directly(chain, *statements)
	said = chain.run("audit", "verify", "--output", "json", exit=1)
	report = json.loads(said.stdout)
	assert report["intact"] is False and report["broken"]["why"] in said.stderr
	if broken is not None:
		assert report["broken"]["sequence"] == broken, report
	if fault in ("changed", "details", "owner", "moment", "digest"):
		assert report["broken"]["name"] == names["4"] and names["4"] in said.stderr
	chain.start()
	assert chain.admin.call(VERIFY)["broken"] == report["broken"]
	chain.admin("POST", GENERATE, json={"user": "Administrator"})  # goes on, and does not heal it


def in_parts(site, limit, **asked):
	"""All answers of verifying, limit rows in each."""
	parts = [site.admin.call(VERIFY, limit=limit, **asked)]
	while "next" in parts[-1]:
		parts.append(site.admin.call(VERIFY, limit=limit, next=parts[-1]["next"], **asked))
	return parts


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_a_chain_is_judged_in_parts_as_in_one(chain, limit):
	whole = sealed(chain)
	*before, last = in_parts(chain, limit, head=whole["head"])
	assert last == whole and len(before) == (whole["rows"] // limit)
	for number, part in enumerate(before, 1):
		assert part["intact"] is None and (part["rows"], part["all"]) == (number * limit, whole["rows"])
	other = in_parts(chain, limit, head="f" * 64)[-1]
	assert other["intact"] is False and other["broken"]["sequence"] == 0
	for text in ("x", "1", "1.1.1.1.1.1", "-1" + ".0" * 3 + ("." + "0" * 64) * 2, (before or [{"next": "y"}])[0]["next"] + ".1"):
		answer = chain.admin("POST", f"/api/method/{VERIFY}", json={"next": text})
		assert answer.status_code == 417 and "without it" in answer.text


def test_a_fault_is_the_same_in_parts(chain):
	for statement in (FAULTS["twice"][0][0], 'DELETE FROM "tabAudit Log" WHERE sequence = 9'):
		directly(chain, statement)
		chain.start()
		found = chain.admin.call(VERIFY)["broken"]
		assert found["sequence"] == 4 and [in_parts(chain, n)[-1]["broken"] for n in range(1, 6)] == [found] * 5


def test_a_change_between_two_parts_is_found_behind_the_first(chain):
	first = chain.admin.call(VERIFY, limit=3)
	directly(chain, FAULTS["changed"][0][0])
	chain.start()
	assert chain.admin.call(VERIFY, next=first["next"])["broken"]["sequence"] == 4


def long_chain(site, rows, seal_of=500):
	"""Puts sealed rows behind those of a site that nobody serves, as the sealer would."""
	def link(before, text):
		return hashlib.sha256(f"{before}\n{text}".encode()).hexdigest()

	site.run("audit", "verify")
	with contextlib.closing(sqlite3.connect(f"{site.path}/symbolon.db")) as database, database:
		last, row = database.execute('SELECT sequence, digest FROM "tabAudit Log" ORDER BY sequence DESC LIMIT 1').fetchone()
		seal, head = database.execute("SELECT number, digest FROM audit_seal ORDER BY number DESC LIMIT 1").fetchone()
		moment, made, seals = "2026-01-01 00:00:00.000000", [], []
		for at in range(last + 1, last + rows + 1):
			line = {"sequence": at, "name": f"long{at}", "creation": moment, "event": "Login", "user": "Guest", "api_key": "",
				"ip_address": "", "reference_doctype": "", "reference_name": "", "details": "{}"}
			row = link(row, json.dumps(line, separators=(",", ":")))
			made.append((f"long{at}", moment, moment, at, row))
			if (at - last) % seal_of == 0 or at == last + rows:
				seal, first = seal + 1, (seals[-1][3] if seals else last) + 1
				before, head = head, link(head, f"{seal}\n1\n{first}\n{at}\n{row}")
				seals.append((seal, 1, first, at, before, head))
		database.executemany("INSERT INTO \"tabAudit Log\" (name, owner, creation, modified, modified_by, sequence, event, user, api_key, "
			"ip_address, reference_doctype, reference_name, details, digest) "
			"VALUES (?, 'Guest', ?, ?, 'Guest', ?, 'Login', 'Guest', '', '', '', '', '{}', ?)", made)
		database.executemany("INSERT INTO audit_seal VALUES (?, ?, ?, ?, ?, ?)", seals)
		database.execute("UPDATE counter SET value = ? WHERE name = 'audit'", (last + rows,))
	return last + rows


@pytest.mark.sqlite
def test_a_long_chain_takes_several_answers_and_one_command(site):
	site.stop()
	rows = long_chain(site, 60000)
	assert site.json("audit", "verify")["rows"] == rows
	site.start()
	first = site.admin.call(VERIFY)
	assert first["intact"] is None and first["rows"] < rows <= first["all"] and "broken" not in first
	said = site.json("audit", "verify")
	assert said["intact"] is True and said["rows"] >= rows and "next" not in said
	directly(site, SET + "ip_address = '10.0.0.1' WHERE sequence = 59000")
	assert json.loads(site.run("audit", "verify", "--output", "json", exit=1).stdout)["broken"]["sequence"] == 59000
	site.start()


def test_a_removed_end_is_found_with_a_head_that_was_kept(chain):
	head = sealed(chain)["head"]
	seal = "(SELECT max(number) FROM audit_seal)"
	first = f"(SELECT first_row FROM audit_seal WHERE number = {seal})"
	directly(
		chain, f'DELETE FROM "tabAudit Log" WHERE sequence >= {first}',
		f"UPDATE counter SET value = {first} - 1 WHERE name = 'audit'", f"DELETE FROM audit_seal WHERE number = {seal}",
	)
	chain.run("audit", "verify")  # docs/audit.md: by itself the chain cannot know
	chain.run("audit", "verify", "--head", head, exit=1)


def test_a_directory_at_rest_is_told_and_sealed_too(site):
	site.stop()
	site.run("user", "add", ADA)
	report = site.json("audit", "verify")
	assert report["intact"] and report["unsealed"] == 0
	assert json.loads(site.run("audit", "export").stdout.splitlines()[-1])["event"] == "User Created"
	site.start()
	assert site.admin.call(VERIFY)["rows"] >= report["rows"]


def test_a_kill_between_rows_and_seal_leaves_a_whole_chain(site):
	for i in range(6):
		user = f"user{i}@example.com"
		assert site.admin("POST", "/api/resource/User", json={"email": user, "first_name": "U"}).status_code == 200
		site.kill()
		site.start()
		assert sealed(site)["intact"] and told(site, "User Created", user)


@pytest.mark.concurrency
def test_rows_of_many_at_once_are_each_sealed_once(site):
	def work(n):
		for i in range(8):
			assert site.admin("POST", KEYS, json={"user": "Administrator", "label": f"{n}-{i}"}).status_code == 200
			assert site.admin.call(VERIFY)["intact"]

	with concurrent.futures.ThreadPoolExecutor(8) as pool:
		list(pool.map(work, range(8)))
	assert sealed(site)["intact"]
	places = [row["sequence"] for row in rows_of(site)]
	assert sorted(places) == list(range(1, len(places) + 1))
	assert len(rows_of(site, event="Key Created")) == 65


def test_the_head_is_logged_in_words_that_a_script_finds(site):
	line = site.wait_for(r"^(.*audit-head.*)$")
	assert re.search(r"seal=\d+ row=\d+ digest=[0-9a-f]{64}", line)
	assert site.admin("GET", WHO_AM_I).status_code == 200
