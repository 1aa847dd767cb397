"""Named keys as documents of DocType API Key: made, limited, rotated with overlap, revoked."""

import datetime
import itertools
import json
import threading

import pytest

from sites import GENERATE, WHO_AM_I, Site

KEYS = "/api/resource/API Key"
MASK = "***************"
NUMBERS = itertools.count(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
	made = Site(tmp_path_factory.mktemp("keys") / "site").start("--http.trusted_proxies", "127.0.0.1")
	yield made
	made.stop()


@pytest.fixture
def ada(server):
	"""A user of her own for each test."""
	user = f"ada{next(NUMBERS)}@example.com"
	server.run("user", "add", user, "--first-name", "Ada")
	return user


def make(server, user, **fields):
	"""A new key's document, with its secret."""
	answer = server.admin("POST", KEYS, json={"user": user, "label": "build server", **fields})
	assert answer.status_code == 200, answer.text
	return answer.json()["data"]


def status(server, pair, address=None):
	"""What a request with the pair is answered."""
	fields = {"X-Forwarded-For": address} if address else {}
	return server.with_token(pair)("GET", WHO_AM_I, headers=fields).status_code


def change(server, key, **fields):
	return server.admin("PUT", f"{KEYS}/{key['name']}", json=fields)


def text_in(seconds):
	moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
	return moment.strftime("%Y-%m-%d %H:%M:%S")


def message(answer):
	return json.loads(json.loads(answer.json()["_server_messages"])[0])["message"]


def test_a_new_key_works_and_its_secret_is_shown_once(server, ada):
	answer = server.admin("POST", KEYS, json={"user": ada, "label": "build server"})
	key = answer.json()["data"]
	assert key["name"] == key["api_key"] and len(key["api_key"]) == 15
	assert key["api_secret"].startswith("smb_") and len(key["api_secret"]) == 37
	assert answer.headers["Cache-Control"].startswith("no-store")
	assert server.with_token(key)("GET", WHO_AM_I).json() == {"message": ada}
	read = server.admin("GET", f"{KEYS}/{key['name']}").text
	assert key["api_secret"] not in read and json.loads(read)["data"]["api_secret"] == MASK
	assert key["api_secret"] not in server.admin("GET", KEYS + '?fields=["*"]').text


def test_many_keys_of_one_user_live_side_by_side(server, ada):
	classic = server.admin("POST", GENERATE, json={"user": ada}).json()["message"]
	keys = [make(server, ada, label=f"number {i}") for i in range(3)]
	assert [status(server, key) for key in [classic, *keys]] == [200] * 4
	server.admin("POST", GENERATE, json={"user": ada})
	assert [status(server, key) for key in [classic, *keys]] == [401, 200, 200, 200]


def test_the_classic_pair_is_one_of_them(server, ada):
	classic = server.admin("POST", GENERATE, json={"user": ada}).json()["message"]
	document = server.admin("GET", f"{KEYS}/{classic['api_key']}").json()["data"]
	assert (document["user"], document["classic"]) == (ada, 1)
	assert server.admin("DELETE", f"{KEYS}/{classic['api_key']}").status_code == 202
	assert status(server, classic) == 401
	assert server.admin("GET", f"/api/resource/User/{ada}").json()["data"].get("api_key") is None


@pytest.mark.parametrize("scheme", ["token", "Basic", "Bearer"])
def test_a_named_key_serves_every_scheme(server, ada, scheme):
	import base64

	key = make(server, ada)
	pair = f"{key['api_key']}:{key['api_secret']}"
	sent = base64.b64encode(pair.encode()).decode() if scheme == "Basic" else pair
	assert server.guest("GET", WHO_AM_I, headers={"Authorization": f"{scheme} {sent}"}).json() == {"message": ada}


def test_switched_off_and_on_again(server, ada):
	key = make(server, ada)
	assert change(server, key, enabled=0).status_code == 200
	assert status(server, key) == 401
	assert change(server, key, enabled=1).status_code == 200
	assert status(server, key) == 200


def test_a_deleted_key_is_refused(server, ada):
	key = make(server, ada)
	assert server.admin("DELETE", f"{KEYS}/{key['name']}").status_code == 202
	assert status(server, key) == 401


def test_a_user_is_deleted_with_the_keys(server, ada):
	key = make(server, ada)
	assert server.admin("DELETE", f"/api/resource/User/{ada}").status_code == 202
	assert status(server, key) == 401
	assert server.admin("GET", f"{KEYS}/{key['name']}").status_code == 404


# --- validity


def test_a_key_is_valid_in_its_time_only(server, ada):
	early = make(server, ada, not_before=text_in(3600))
	assert status(server, early) == 401
	assert change(server, early, not_before=text_in(-60), expires=text_in(3600)).status_code == 200
	assert status(server, early) == 200


def test_a_key_ends_by_itself(server, ada):
	"""It is asked until it is refused."""
	key = next(made for made in (server.admin("POST", KEYS, json={"user": ada, "expires": text_in(seconds)}) for seconds in (2, 5, 10)) if made.ok).json()["data"]
	deadline = datetime.datetime.now() + datetime.timedelta(seconds=20)
	while status(server, key) == 200:
		assert datetime.datetime.now() < deadline
	assert status(server, key) == 401
	assert change(server, key, label="renamed").status_code == 200  # an old end is no new mistake
	assert change(server, key, expires=None).status_code == 200
	assert status(server, key) == 200


@pytest.mark.parametrize("fields, said", [
	({"expires": "2020-01-01"}, "Expires must be in the future"),
	({"not_before": "2090-01-02", "expires": "2090-01-01"}, "Not Before must be earlier"),
	({"expires": "tomorrow"}, ""),
	({"allowed_networks": "10.0.0.0/33"}, "10.0.0.0/33 is not a network"),
	({"denied_networks": "10.0.0.0/8, example.com"}, "example.com is not a network"),
	({"allowed_networks": "10.0.0.1/8"}, "is not a network"),
	({"label": "x" * 141}, ""),
	({"user": "nobody@example.com"}, ""),
	({"user": "Guest"}, "The Guest has no keys"),
	({"user": ""}, ""),
], ids=range(10))
def test_bad_values_are_refused_and_change_nothing(server, ada, fields, said):
	before = server.admin("GET", KEYS).text
	answer = server.admin("POST", KEYS, json={"user": ada, **fields})
	assert answer.status_code == 417, answer.text
	assert said in answer.text
	assert server.admin("GET", KEYS).text == before


def test_what_the_server_writes_is_not_the_clients(server, ada):
	key = make(server, ada, uses=7, classic=1, revoked=1, last_used_address="1.2.3.4", api_secret="mine", api_key="mine")
	assert (key["uses"], key["classic"], key["revoked"], key["api_key"]) == (0, 0, 0, key["name"])
	assert key["api_secret"] != "mine" and "last_used_address" not in key
	changed = change(server, key, uses=7, revoked=1, user="Administrator", api_key="mine")
	assert changed.status_code == 417  # the user is set once
	changed = change(server, key, uses=7, revoked=1, api_key="mine", api_secret="mine").json()["data"]
	assert (changed["uses"], changed["revoked"], changed["api_key"], changed["api_secret"]) == (0, 0, key["name"], MASK)
	assert status(server, key) == 200


# --- networks


@pytest.mark.parametrize("allowed, denied, works", [
	("10.0.0.0/8", "", {"10.1.2.3": True, "11.1.2.3": False, "2001:db8::1": False}),
	("", "10.0.0.0/8", {"10.1.2.3": False, "11.1.2.3": True, "2001:db8::1": True}),
	("10.0.0.0/8\n2001:db8::/32", "10.9.0.0/16", {"10.1.2.3": True, "10.9.2.3": False, "2001:db8::1": True, "::1": False}),
], ids=["allow", "deny", "both"])
def test_a_key_is_used_from_its_networks_only(server, ada, allowed, denied, works):
	key = make(server, ada, allowed_networks=allowed, denied_networks=denied)
	assert {address: status(server, key, address) == 200 for address in works} == works
	assert change(server, key, allowed_networks="", denied_networks="").status_code == 200
	assert [status(server, key, address) for address in works] == [200] * len(works)


def test_networks_and_times_hold_after_a_restart(tmp_path):
	site = Site(tmp_path / "again").start("--http.trusted_proxies", "127.0.0.1")
	keys = [
		make(site, "Administrator", allowed_networks="10.0.0.0/8"), make(site, "Administrator", expires=text_in(3600)),
		make(site, "Administrator", not_before=text_in(3600)), make(site, "Administrator", enabled=0), make(site, "Administrator"),
	]
	expected = [401, 200, 401, 401, 200]
	assert [status(site, key, "11.1.1.1") for key in keys] == expected
	site.stop()
	site.start("--http.trusted_proxies", "127.0.0.1")
	assert [status(site, key, "11.1.1.1") for key in keys] == expected
	assert status(site, keys[0], "10.1.1.1") == 200
	site.stop()


# --- rotation


def rotate(server, key, **arguments):
	return {"api_key": key["api_key"], **server.admin.call("symbolon.keys.rotate", key=key["api_key"], **arguments)}


def test_a_rotation_ends_the_old_secret_at_once(server, ada):
	key = make(server, ada)
	new = rotate(server, key)
	assert (status(server, key), status(server, new)) == (401, 200)


def test_with_overlap_both_secrets_work_until_it_is_closed(server, ada):
	key = make(server, ada)
	new = rotate(server, key, overlap="15m")
	assert (status(server, key), status(server, new)) == (200, 200)
	secrets = server.admin.call("symbolon.keys.secrets", key=key["api_key"])
	assert [one["current"] for one in secrets] == [True, False]
	assert secrets[0]["valid_until"] is None and secrets[1]["valid_until"] > text_in(800)
	assert server.admin.call("symbolon.keys.end_overlap", key=key["api_key"]) == {"api_key": key["api_key"], "ended": 1}
	assert (status(server, key), status(server, new)) == (401, 200)


def test_an_overlap_ends_by_itself(server, ada):
	key = make(server, ada)
	new = rotate(server, key, overlap=1)
	deadline = datetime.datetime.now() + datetime.timedelta(seconds=20)
	while status(server, key) == 200:
		assert datetime.datetime.now() < deadline
	assert (status(server, key), status(server, new)) == (401, 200)


def test_an_overlap_does_not_outlive_the_key(server, ada):
	key = make(server, ada, expires=text_in(60))
	rotate(server, key, overlap="1d")
	ends = [one["valid_until"] for one in server.admin.call("symbolon.keys.secrets", key=key["api_key"])]
	assert len(ends) == 2 and all(end <= text_in(61) for end in ends)


@pytest.mark.parametrize("overlap", [-1, "1y", "", "31d", 2592001, "9223372036854775807d", 1.5, [1], {"a": 1}])
def test_an_overlap_beyond_the_policy_is_refused(server, ada, overlap):
	key = make(server, ada)
	answer = server.admin("POST", "/api/method/symbolon.keys.rotate", json={"key": key["api_key"], "overlap": overlap})
	assert answer.status_code == 417 and "overlap" in answer.text
	assert status(server, key) == 200


def test_so_many_secrets_of_one_key_are_enough(server, ada):
	key = make(server, ada)
	pairs = [key] + [rotate(server, key, overlap="1h") for _ in range(3)]
	refused = server.admin("POST", "/api/method/symbolon.keys.rotate", json={"key": key["api_key"], "overlap": "1h"})
	assert refused.status_code == 417 and "end their overlap" in refused.text
	assert [status(server, pair) for pair in pairs] == [200] * 4


def test_uses_are_counted_for_each_secret(tmp_path):
	"""Who still uses the old one? Counters are written at the stop, at the latest."""
	site = Site(tmp_path / "counts").start("--http.trusted_proxies", "127.0.0.1")
	old = make(site, "Administrator")
	new = rotate(site, old, overlap="1h")
	assert [status(site, old, "10.0.0.1") for _ in range(3)] + [status(site, new, "10.0.0.2")] == [200] * 4
	site.stop()
	site.start()
	first, second = site.admin.call("symbolon.keys.secrets", key=old["api_key"])
	assert (first["uses"], first["last_used_address"], second["uses"], second["last_used_address"]) == (1, "10.0.0.2", 3, "10.0.0.1")
	document = site.admin("GET", f"{KEYS}/{old['api_key']}").json()["data"]
	assert document["uses"] == 4 and document["last_used"] >= document["creation"][:19]
	site.stop()


@pytest.mark.concurrency
def test_no_request_is_refused_while_a_key_is_rotated_with_overlap(server, ada):
	key = make(server, ada)
	current, stop, refused = [key], threading.Event(), []

	def hammer():
		while not stop.is_set():
			if status(server, current[0]) != 200:
				refused.append(current[0])

	threads = [threading.Thread(target=hammer) for _ in range(8)]
	for thread in threads:
		thread.start()
	for _ in range(12):
		current[0] = rotate(server, key, overlap="1h")
		if len(server.admin.call("symbolon.keys.secrets", key=key["api_key"])) == 4:
			break
	stop.set()
	for thread in threads:
		thread.join()
	assert refused == []


@pytest.mark.concurrency
def test_of_two_rotations_at_once_one_secret_is_left(server, ada):
	key = make(server, ada)
	pairs = []
	threads = [threading.Thread(target=lambda: pairs.append(rotate(server, key))) for _ in range(8)]
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join()
	assert sorted(status(server, pair) for pair in pairs) == [200] + [401] * 7


# --- the end


def test_a_revoked_key_stays_revoked(server, ada):
	key = make(server, ada)
	assert server.admin.call("symbolon.keys.revoke", key=key["api_key"], reason="laptop lost") == {"api_key": key["api_key"], "ended": 1}
	assert status(server, key) == 401
	document = server.admin("GET", f"{KEYS}/{key['api_key']}").json()["data"]
	assert (document["revoked"], document["enabled"], document["revoke_reason"], document["revoked_by"]) == (1, 0, "laptop lost", "Administrator")
	for answer in [
		change(server, key, enabled=1), change(server, key, label="again"),
		server.admin("POST", "/api/method/symbolon.keys.rotate", json={"key": key["api_key"]}),
	]:
		assert answer.status_code == 417 and "final" in answer.text
	assert server.admin.call("symbolon.keys.list", user=ada)[0]["state"] == "revoked"


def test_of_a_user_all_keys_are_revoked_at_once(server, ada):
	keys = [make(server, ada) for _ in range(3)]
	assert server.admin.call("symbolon.keys.revoke", user=ada) == {"user": ada, "ended": 3}
	assert [status(server, key) for key in keys] == [401] * 3


# --- who may


def test_only_system_managers_manage_keys(server, ada):
	key = make(server, ada)
	mine = server.with_token(key)
	for answer in [
		mine("POST", KEYS, json={"user": ada}), mine("GET", KEYS), mine("GET", f"{KEYS}/{key['name']}"),
		mine("PUT", f"{KEYS}/{key['name']}", json={"label": "x"}), mine("DELETE", f"{KEYS}/{key['name']}"),
		*(mine("POST", f"/api/method/symbolon.keys.{name}", json={"key": key["name"]}) for name in ["rotate", "end_overlap", "revoke", "secrets"]),
		server.guest("POST", KEYS, json={"user": ada}),
	]:
		assert answer.status_code == 403, answer.text
	assert status(server, key) == 200


def test_nobody_but_administrator_makes_administrators_keys(server, ada):
	server.run("user", "roles", ada, "--add", "System Manager")
	mine = server.with_token(make(server, ada))
	theirs = make(server, "Administrator")
	for answer in [
		mine("POST", KEYS, json={"user": "Administrator"}), mine("PUT", f"{KEYS}/{theirs['name']}", json={"enabled": 0}),
		mine("DELETE", f"{KEYS}/{theirs['name']}"), mine("POST", "/api/method/symbolon.keys.rotate", json={"key": theirs["name"]}),
		mine("POST", "/api/method/symbolon.keys.revoke", json={"key": theirs["name"]}),
	]:
		assert answer.status_code == 403, answer.text
	assert mine("POST", KEYS, json={"user": ada}).status_code == 200
	assert status(server, theirs) == 200


def test_a_role_may_be_let_manage_its_own_keys_but_not_with_a_key(server, ada):
	rights = {"role": "All", "permlevel": 0, "read": 1, "write": 1, "create": 1, "delete": 1}
	manager = {"role": "System Manager", **{right: 1 for right in ("read", "write", "create", "delete")}}
	other = make(server, "Administrator")
	rows = [
		server.admin("POST", "/api/resource/Custom DocPerm", json={"parent": "API Key", **row}).json()["data"]["name"]
		for row in (manager, rights)
	]
	try:
		key = make(server, ada)
		mine = server.with_token(key)
		assert [row["name"] for row in mine("GET", KEYS).json()["data"]] == [key["name"]]
		assert mine("GET", f"{KEYS}/{other['name']}").status_code == 403
		for answer in [mine("POST", KEYS, json={"user": ada}), mine("PUT", f"{KEYS}/{key['name']}", json={"expires": None})]:
			assert answer.status_code == 403, answer.text
	finally:
		for row in rows:
			assert server.admin("DELETE", f"/api/resource/Custom DocPerm/{row}").status_code == 202


# --- the command line


def test_the_command_line_does_it_all(server, ada):
	key = server.json("keys", "create", ada, "--label", "cron", "--allow", "127.0.0.0/8, 10.0.0.0/8", "--expires", text_in(3600))
	assert sorted(key) == ["api_key", "api_secret"] and status(server, key) == 200
	new = server.json("keys", "rotate", key["api_key"], "--overlap", "1h")
	assert (status(server, key), status(server, new)) == (200, 200)
	assert len(server.json("keys", "secrets", key["api_key"])) == 2
	assert server.json("keys", "end-overlap", key["api_key"])["ended"] == 1
	assert (status(server, key), status(server, new)) == (401, 200)
	assert server.json("keys", "revoke", "--key", key["api_key"], "--reason", "over")["ended"] == 1
	assert status(server, new) == 401
	assert "over" in server.admin("GET", f"{KEYS}/{key['api_key']}").text
	assert server.run("keys", "revoke", exit=2).stderr and server.run("keys", "revoke", ada, "--key", "x", exit=2).stderr
	assert "not a network" in server.run("keys", "create", ada, "--allow", "nowhere", exit=1).stderr


# --- scopes


def scoped(*rows, **fields):
	return {"scopes": [dict(zip(("kind", "target", "rights"), row)) for row in rows], **fields}


def statuses(caller, requests):
	return [caller(*request[:2], **({"json": request[2]} if len(request) > 2 else {})).status_code for request in requests]


TODO = "/api/resource/ToDo"
CALL = "/api/method/"


@pytest.fixture(scope="module")
def todo(server):
	return server.admin("POST", TODO, json={"description": "one"}).json()["data"]["name"]


def test_a_read_only_key_only_reads(server, todo):
	caller = server.with_token(make(server, "Administrator", read_only=1))
	assert statuses(caller, [
		("GET", TODO), ("GET", f"{TODO}/{todo}"), ("POST", CALL + "frappe.client.get_list", {"doctype": "ToDo"}), ("GET", WHO_AM_I),
	]) == [200] * 4
	assert statuses(caller, [
		("POST", TODO, {"description": "x"}), ("PUT", f"{TODO}/{todo}", {"description": "x"}), ("DELETE", f"{TODO}/{todo}"),
		("POST", CALL + "frappe.client.insert", {"doc": {"doctype": "ToDo", "description": "x"}}),
		("POST", CALL + "frappe.client.set_value", {"doctype": "ToDo", "name": todo, "fieldname": "description", "value": "x"}),
		("POST", GENERATE, {"user": "Administrator"}), ("POST", KEYS, {"user": "Administrator"}),
		("PUT", f"/api/v2/document/ToDo/{todo}", {"description": "x"}), ("DELETE", f"/api/v2/document/ToDo/{todo}"),
	]) == [403] * 9
	assert server.admin("GET", f"{TODO}/{todo}").json()["data"]["description"] == "one"


def test_scopes_narrow_to_doctypes_and_rights(server, todo):
	caller = server.with_token(make(server, "Administrator", **scoped(("DocType", "ToDo", "read create"))))
	made = caller("POST", TODO, json={"description": "mine"})
	assert made.status_code == 200, made.text
	assert statuses(caller, [
		("GET", TODO), ("GET", f"{TODO}/{todo}"), ("POST", CALL + "frappe.client.get_count", {"doctype": "ToDo"}), ("GET", CALL + "ping"),
		("GET", "/api/v2/document/ToDo"),
	]) == [200] * 5
	assert statuses(caller, [
		("PUT", f"{TODO}/{todo}", {"description": "x"}), ("DELETE", f"{TODO}/{todo}"), ("GET", "/api/resource/User"),
		("GET", "/api/resource/User/Administrator"), ("GET", "/api/resource/DocType/User"), ("GET", "/api/resource/Note"),
		("POST", "/api/resource/Note", {"title": "x"}), ("POST", CALL + "frappe.client.get_list", {"doctype": "Note"}),
		("GET", KEYS), ("GET", "/api/v2/document/Note"),
	]) == [403] * 10


def test_scopes_name_methods_or_their_prefix(server):
	key = make(server, "Administrator", **scoped(("Method", "symbolon.keys.list"), ("Method", "frappe.core.doctype.user.")))
	caller = server.with_token(key)
	roles = CALL + "frappe.core.doctype.user.user.get_roles"
	assert statuses(caller, [("POST", CALL + "symbolon.keys.list", {}), ("POST", roles, {})]) == [200, 200]
	assert statuses(caller, [
		("POST", CALL + "symbolon.keys.revoke", {"user": "nobody"}), ("POST", CALL + "frappe.client.get_list", {"doctype": "ToDo"}),
		("GET", TODO), ("POST", GENERATE, {"user": "Administrator"}),
	]) == [403] * 4


def test_a_scope_gives_nothing_that_the_user_has_not(server, ada):
	caller = server.with_token(make(server, ada, **scoped(("DocType", "*", "read write create delete"), ("Method", "symbolon."))))
	assert statuses(caller, [("GET", TODO), ("GET", "/api/resource/DocType/User"), ("GET", KEYS), ("POST", CALL + "symbolon.keys.list", {})]) == [200, 403, 403, 403]


def test_no_key_makes_or_widens_a_key_but_a_whole_one(server, ada):
	server.run("user", "roles", ada, "--add", "System Manager")
	key = make(server, ada, **scoped(("DocType", "*", "read write create delete"), ("Method", "symbolon."), ("Method", "frappe.")))
	caller = server.with_token(key)
	mine = f"/api/resource/User/{ada}"
	before = server.admin.call("symbolon.keys.list", user=ada)
	assert statuses(caller, [
		("POST", KEYS, {"user": ada}), ("PUT", f"{KEYS}/{key['name']}", {"scopes": []}), ("DELETE", f"{KEYS}/{key['name']}"),
		("POST", GENERATE, {"user": ada}), ("POST", CALL + "symbolon.keys.rotate", {"key": key["name"]}),
	]) == [403] * 5
	caller("PUT", mine, json={"api_key": "0123456789abcde", "api_secret": "0123456789abcde"})
	assert caller("PUT", mine, json={"new_password": "Gr4nite-Other-Zz"}).status_code == 403
	assert [row["api_key"] for row in server.admin.call("symbolon.keys.list", user=ada)] == [row["api_key"] for row in before]
	assert status(server, {"api_key": "0123456789abcde", "api_secret": "0123456789abcde"}) == 401
	whole = server.with_token(make(server, ada))
	assert whole("POST", KEYS, json={"user": ada}).status_code == 200


def test_scopes_change_at_once(server, todo):
	key = make(server, "Administrator", **scoped(("DocType", "ToDo", "read")))
	caller = server.with_token(key)
	assert statuses(caller, [("GET", TODO), ("GET", "/api/resource/Note")]) == [200, 403]
	assert change(server, key, **scoped(("DocType", "Note", "read"))).status_code == 200
	assert statuses(caller, [("GET", TODO), ("GET", "/api/resource/Note")]) == [403, 200]
	assert change(server, key, scopes=[]).status_code == 200
	assert statuses(caller, [("GET", TODO), ("GET", "/api/resource/Note")]) == [200, 200]


def verify(server, key, method, path, query=""):
	fields = {"X-Original-Method": method, "X-Original-URI": path}
	return server.with_token(key)("GET", "/auth/verify" + query, headers=fields).status_code


def test_the_verifier_knows_paths_methods_and_names(server):
	key = make(server, "Administrator", **scoped(("Path", "/shop/", "GET POST"), ("Name", "orders:read")))
	assert [verify(server, key, *request) for request in [
		("GET", "/shop/1"), ("POST", "/shop/1"), ("DELETE", "/shop/1"), ("GET", "/other"), ("GET", "/shop"),
	]] == [204, 204, 403, 403, 403]
	needs = ["scope:orders:read", "scope:orders", "role:System Manager", "role:Nobody", "x"]
	assert [verify(server, key, "GET", "/shop/", f"?need={need}") for need in needs] == [204, 403, 204, 403, 403]
	assert verify(server, key, "GET", "/shop/", "?need=scope:orders:read&need=role:Nobody") == 403
	assert server.with_token(key)("GET", "/auth/verify").status_code == 403  # which path?
	whole = make(server, "Administrator")
	assert verify(server, whole, "DELETE", "/other", "?need=scope:orders:read") == 204
	reads = make(server, "Administrator", read_only=1)
	assert [verify(server, reads, method, "/x") for method in ("GET", "HEAD", "POST", "DELETE")] == [204, 204, 403, 403]


@pytest.mark.parametrize("row, said", [
	(("DocType", "No Such Thing", "read"), "No Such Thing is not a DocType"),
	(("DocType", "ToDo", "read fly"), "fly is none of the rights"),
	(("Method", "no.such.method"), "no.such.method is not a method"),
	(("Method", "symbolon.key"), "is not a method"),  # a prefix ends in a dot
	(("Method", "symbolon.keys.list", "read"), "read is none of the rights"),
	(("Path", "shop/", "GET"), "is not a path"),
	(("Path", "/shop/", "GRAB"), "GRAB is none of the HTTP methods"),
	(("Planet", "Mars"), ""), (("DocType", ""), ""),
], ids=range(9))
def test_a_scope_that_names_nothing_is_refused(server, row, said):
	answer = server.admin("POST", KEYS, json={"user": "Administrator", **scoped(row)})
	assert answer.status_code == 417 and said in answer.text, answer.text


def test_scopes_hold_after_a_restart(tmp_path):
	site = Site(tmp_path / "scopes").start()
	key = make(site, "Administrator", **scoped(("DocType", "ToDo", "read")))
	site.stop()
	site.start()
	assert statuses(site.with_token(key), [("GET", TODO), ("GET", "/api/resource/Note"), ("POST", TODO, {"description": "x"})]) == [200, 403, 403]
	site.stop()


def test_the_command_line_disables_enables_and_deletes_a_key(server, ada):
	key = server.json("keys", "create", ada)
	assert server.json("keys", "disable", key["api_key"]) == {"api_key": key["api_key"], "enabled": 0}
	assert status(server, key) == 401
	assert server.json("keys", "enable", key["api_key"]) == {"api_key": key["api_key"], "enabled": 1}
	assert status(server, key) == 200
	server.run("keys", "delete", key["api_key"])
	assert status(server, key) == 401 and server.admin("GET", f"{KEYS}/{key['api_key']}").status_code == 404
	assert "not found" in server.run("keys", "disable", "nokey", exit=1).stderr


def test_the_command_line_gives_scopes(server):
	key = server.json("keys", "create", "Administrator", "--read-only", "--scope", "DocType:ToDo:read,write", "--scope", "Path:/shop/:GET")
	document = server.admin("GET", f"{KEYS}/{key['api_key']}").json()["data"]
	assert document["read_only"] == 1 and [(row["kind"], row["target"], row["rights"]) for row in document["scopes"]] == [
		("DocType", "ToDo", "read write"), ("Path", "/shop/", "GET"),
	]


# --- the report


def findings(site):
	return {row["label"]: row["findings"] for row in site.admin.call("symbolon.keys.report")}


def test_the_report_names_what_should_be_looked_at(tmp_path):
	site = Site(tmp_path / "report").start()
	site.run("user", "add", "off@example.com", "--first-name", "Off")
	made = {label: make(site, user, label=label, **fields) for label, user, fields in [
		("fine", "Administrator", {}), ("ends", "Administrator", {"expires": text_in(13 * 86400)}),
		("ends late", "Administrator", {"expires": text_in(15 * 86400)}), ("off", "off@example.com", {}), ("old", "Administrator", {}),
		("older", "Administrator", {}), ("gone", "Administrator", {}), ("switched off", "Administrator", {"expires": text_in(86400)}),
	]}
	assert findings(site) == {"ends": ["expiring"], "switched off": ["expiring"]}
	site.admin("PUT", "/api/resource/User/off@example.com", json={"enabled": 0})
	change(site, made["switched off"], enabled=0)
	site.run("user", "add", "weak@example.com", "--first-name", "Weak")
	by_hand = {"api_key": "0123456789abcde", "api_secret": "by-hand-0123456"}
	assert site.admin("PUT", "/api/resource/User/weak@example.com", json=by_hand).status_code == 200
	assert findings(site) == {"ends": ["expiring"], "off": ["owner disabled"], None: ["weak"]}
	site.stop()


@pytest.mark.sqlite
def test_the_report_knows_what_is_not_used(tmp_path):
	"""Nobody waits 90 days: the database is told that they have passed."""
	import sqlite3

	site = Site(tmp_path / "unused").start()
	for label in ("never", "stale", "new"):
		make(site, "Administrator", label=label)
	site.stop()
	with sqlite3.connect(site.path + "/symbolon.db") as database:
		database.execute("UPDATE `tabAPI Key` SET creation = '2020-01-01 00:00:00.000000' WHERE label IN ('never', 'stale')")
		database.execute("UPDATE `tabAPI Key` SET last_used = '2020-01-02 00:00:00.000000' WHERE label = 'stale'")
	database.close()
	site.start()
	site.admin = site.with_token(site.json("keys", "generate", "Administrator"))
	assert findings(site) == {"never": ["never used"], "stale": ["stale"]}
	listed = {row["label"]: row["findings"] for row in site.admin.call("symbolon.keys.list") if row["label"]}
	assert listed == {"never": ["never used"], "stale": ["stale"], "new": []}
	assert {row["label"] for row in site.json("keys", "report")} == {"never", "stale"}
	site.stop()
