"""Several keys revoked at once: refused from the answer on, and taken back for ten minutes."""

import pytest

from sites import WHO_AM_I

KEYS = "/api/resource/API Key"
REVOKE = "/api/method/symbolon.keys.revoke"
UNDO = "/api/method/symbolon.keys.undo_revoke"


def make(site, user, **fields):
	answer = site.admin("POST", KEYS, json={"user": user, "label": "one of many", **fields})
	assert answer.status_code == 200, answer.text
	return answer.json()["data"]


def status(site, key):
	return site.with_token(key)("GET", WHO_AM_I).status_code


def names(keys):
	return sorted(key["name"] for key in keys)


def revoke(site, keys, reason="all laptops lost"):
	return site.admin.call("symbolon.keys.revoke", keys=names(keys), reason=reason)


def document(site, key):
	return site.admin("GET", f"{KEYS}/{key['name']}").json()["data"]


def test_many_are_revoked_at_once_and_taken_back_whole(server, ada):
	keys = [make(server, ada, label=f"number {i}", read_only=i % 2) for i in range(4)]
	before = [document(server, key) for key in keys]
	done = revoke(server, keys)
	assert (sorted(done["revoked"]), done["ended"], len(done["undo"])) == (names(keys), 4, 15)
	assert [status(server, key) for key in keys] == [401] * 4
	first = document(server, keys[0])
	assert (first["revoked"], first["enabled"], first["revoke_reason"], first["revoked_by"]) == (1, 0, "all laptops lost", "Administrator")
	assert first["revoked_on"] < done["undo_until"]
	assert server.admin.call("symbolon.keys.undo_revoke", undo=done["undo"]) == {"restored": names(keys)}
	assert [status(server, key) for key in keys] == [200] * 4
	assert [{**document(server, key), "uses": 0, "last_used": None, "last_used_address": None} for key in keys] == [
		{**one, "uses": 0, "last_used": None, "last_used_address": None} for one in before
	]
	again = server.admin("POST", UNDO, json={"undo": done["undo"]})
	assert again.status_code == 417 and "Nothing is left to undo" in again.text


def test_whoever_revoked_is_told_what_can_be_taken_back(server, ada):
	grace = f"grace.{ada}"
	server.run("user", "add", grace, "--first-name", "Grace", "--role", "System Manager")
	hers = server.with_token(server.admin.call("frappe.core.doctype.user.user.generate_keys", user=grace))

	def open_to(caller, *undos):
		return [row for row in caller.call("symbolon.keys.revocations") if row["undo"] in undos]

	one, two = revoke(server, [make(server, ada)]), revoke(server, [make(server, ada), make(server, ada), make(server, grace)])
	newest, older = open_to(server.admin, one["undo"], two["undo"])
	assert (newest["undo"], newest["keys"], newest["users"]) == (two["undo"], 3, 2)
	assert older == {"undo": one["undo"], "seconds": older["seconds"], "keys": 1, "users": 1, "user": ada}
	assert 0 < older["seconds"] <= newest["seconds"] <= 600
	assert open_to(hers, one["undo"], two["undo"]) == []
	server.admin.call("symbolon.keys.undo_revoke", undo=two["undo"])
	server.admin.call("symbolon.keys.revoke", key=one["revoked"][0])  # for good: nothing is left of it
	assert open_to(server.admin, one["undo"], two["undo"]) == []


def test_no_one_else_is_told(server, ada):
	assert server.with_token(make(server, ada))("GET", "/api/method/symbolon.keys.revocations").status_code == 403
	assert server.guest("GET", "/api/method/symbolon.keys.revocations").status_code == 403


def test_while_it_may_be_undone_a_key_is_revoked_as_any(server, ada):
	key, other = make(server, ada), make(server, ada)
	revoke(server, [key, other])
	for answer in [
		server.admin("PUT", f"{KEYS}/{key['name']}", json={"enabled": 1}), server.admin("PUT", f"{KEYS}/{key['name']}", json={"label": "x"}),
		server.admin("POST", "/api/method/symbolon.keys.rotate", json={"key": key["name"]}),
	]:
		assert answer.status_code == 417 and "final" in answer.text
	assert status(server, key) == 401


def test_what_was_revoked_or_off_before_stays_so(server, ada):
	gone, off, on = (make(server, ada) for _ in range(3))
	server.admin.call("symbolon.keys.revoke", key=gone["name"])
	assert server.admin("PUT", f"{KEYS}/{off['name']}", json={"enabled": 0}).status_code == 200
	done = revoke(server, [gone, off, on])
	assert (done["revoked"], done["ended"]) == (names([off, on]), 2)
	assert server.admin.call("symbolon.keys.undo_revoke", undo=done["undo"])["restored"] == names([off, on])
	assert [status(server, key) for key in (gone, off, on)] == [401, 401, 200]
	assert server.admin("PUT", f"{KEYS}/{off['name']}", json={"enabled": 1}).status_code == 200
	assert status(server, off) == 200


def test_each_undo_takes_back_its_own(server, ada):
	first, second = make(server, ada), make(server, ada)
	done = revoke(server, [first])
	revoke(server, [first, second])
	assert server.admin.call("symbolon.keys.undo_revoke", undo=done["undo"])["restored"] == names([first])
	assert [status(server, key) for key in (first, second)] == [200, 401]


@pytest.mark.parametrize("how", ["one", "many"])
def test_who_lost_his_classic_key_is_given_another(server, ada, how):
	def generate():
		pair = server.admin.call("frappe.core.doctype.user.user.generate_keys", user=ada)
		return {**pair, "name": pair["api_key"]}
	first = generate()
	done = revoke(server, [first]) if how == "many" else server.admin.call("symbolon.keys.revoke", key=first["name"])
	second = generate()
	assert second["name"] != first["name"]
	assert [status(server, key) for key in (first, second)] == [401, 200]
	assert server.admin("GET", f"/api/resource/User/{ada}").json()["data"]["api_key"] == second["name"]
	assert generate()["name"] == second["name"]
	if how == "many":
		assert server.admin.call("symbolon.keys.undo_revoke", undo=done["undo"])["restored"] == [first["name"]]
		assert status(server, first) == 200
	rows = {row["api_key"]: row["classic"] for row in server.admin.call("symbolon.keys.list", user=ada)}
	assert rows == {first["name"]: False, second["name"]: True}


@pytest.mark.parametrize("end", ["single", "deleted", "user"])
def test_a_final_end_is_not_undone(server, ada, end):
	key, other = make(server, ada), make(server, "Administrator")
	done = revoke(server, [key, other])
	if end == "single":
		server.admin.call("symbolon.keys.revoke", key=key["name"])
	elif end == "deleted":
		assert server.admin("DELETE", f"{KEYS}/{key['name']}").status_code == 202
	else:
		assert server.admin("DELETE", f"/api/resource/User/{ada}").status_code == 202
	assert server.admin.call("symbolon.keys.undo_revoke", undo=done["undo"])["restored"] == names([other])
	assert [status(server, one) for one in (key, other)] == [401, 200]


def test_overlapping_secrets_come_back_as_well(server, ada):
	key = make(server, ada)
	new = {"api_key": key["name"], **server.admin.call("symbolon.keys.rotate", key=key["name"], overlap="1h")}
	done = revoke(server, [key])
	assert done["ended"] == 2 and [status(server, one) for one in (key, new)] == [401, 401]
	server.admin.call("symbolon.keys.undo_revoke", undo=done["undo"])
	assert [status(server, one) for one in (key, new)] == [200, 200]


@pytest.mark.parametrize("keys, code, said", [
	(["no such key"], 404, "not found"), ("one", 417, "must be a list"), ([7], 404, "not found"), (["x"] * 501, 417, "At most 500"),
	([None], 404, "not found"),
], ids=range(5))
def test_a_list_that_is_none_is_refused_whole(server, ada, keys, code, said):
	good = make(server, ada)
	answer = server.admin("POST", REVOKE, json={"keys": [good["name"], *keys] if isinstance(keys, list) else keys})
	assert (answer.status_code, said in answer.text) == (code, True), answer.text
	assert status(server, good) == 200


def test_only_system_managers_revoke_many_and_undo(server, ada):
	key = make(server, ada)
	mine = server.with_token(make(server, ada))
	done = revoke(server, [key])
	for answer in [mine("POST", REVOKE, json={"keys": [key["name"]]}), mine("POST", UNDO, json={"undo": done["undo"]})]:
		assert answer.status_code == 403, answer.text
	server.run("user", "roles", ada, "--add", "System Manager")
	scoped = server.with_token(make(server, ada, scopes=[{"kind": "Method", "target": "symbolon."}, {"kind": "DocType", "target": "*", "rights": "read write"}]))
	assert scoped("POST", UNDO, json={"undo": done["undo"]}).status_code == 403
	theirs = make(server, "Administrator")
	assert mine("POST", REVOKE, json={"keys": [theirs["name"]]}).status_code == 403
	both = revoke(server, [theirs])
	assert mine("POST", UNDO, json={"undo": both["undo"]}).status_code == 403
	assert [status(server, one) for one in (key, theirs)] == [401, 401]
	assert mine("POST", UNDO, json={"undo": done["undo"]}).status_code == 200
	assert status(server, key) == 200


def test_after_ten_minutes_it_is_final(site):
	keys = [make(site, "Administrator") for _ in range(2)]
	old, new = (revoke(site, [key])["undo"] for key in keys)
	site.stop()
	site.tell_database(f"UPDATE key_undo SET revoked_us = revoked_us - 600000000 WHERE revocation = '{old}'")
	site.tell_database(f"UPDATE key_undo SET revoked_us = revoked_us - 540000000 WHERE revocation = '{new}'")
	site.start()
	assert [status(site, key) for key in keys] == [401, 401]
	assert site.admin("POST", UNDO, json={"undo": old}).status_code == 417
	assert site.admin.call("symbolon.keys.undo_revoke", undo=new)["restored"] == names(keys[1:])
	assert [status(site, key) for key in keys] == [401, 200]


def test_the_command_line_revokes_several_and_takes_them_back(server, ada):
	keys = [make(server, ada) for _ in range(2)]
	done = server.json("keys", "revoke", "--key", keys[0]["name"], "--key", keys[1]["name"], "--reason", "over")
	assert (sorted(done["revoked"]), document(server, keys[0])["revoke_reason"]) == (names(keys), "over")
	assert [status(server, key) for key in keys] == [401, 401]
	assert server.json("keys", "undo-revoke", done["undo"]) == {"restored": names(keys)}
	assert [status(server, key) for key in keys] == [200, 200]
	assert "Nothing is left" in server.run("keys", "undo-revoke", "0" * 15, exit=1).stderr
	assert "not found" in server.run("keys", "revoke", "--key", "a", "--key", "b", exit=1).stderr
