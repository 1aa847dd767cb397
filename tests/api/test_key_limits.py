"""How often a key may be used: requests in a window, and in all."""

import datetime
import re
import threading

import pytest

from sites import WHO_AM_I, Site

KEYS = "/api/resource/API Key"


def make(site, user, **fields):
	answer = site.admin("POST", KEYS, json={"user": user, "label": "limited", **fields})
	assert answer.status_code == 200, answer.text
	return answer.json()["data"]


def change(site, key, **fields):
	answer = site.admin("PUT", f"{KEYS}/{key['name']}", json=fields)
	assert answer.status_code == 200, answer.text


def ask(site, key, path=WHO_AM_I):
	return site.with_token(key)("GET", path)


def asked(site, key, times):
	return [ask(site, key).status_code for _ in range(times)]


def left(answer):
	"""RateLimit as {name: what remains}."""
	return {name: int(n) for name, n in re.findall(r'"(\w+)";r=(\d+)', answer.headers["RateLimit"])}


def test_a_key_has_so_many_requests_in_a_window(server, ada):
	key = make(server, ada, rate_limit=3, rate_window_s=3600)
	answers = [ask(server, key) for _ in range(5)]
	assert [answer.status_code for answer in answers] == [200] * 3 + [429] * 2
	assert [left(answer)["rate"] for answer in answers] == [2, 1, 0, 0, 0]
	assert {answer.headers["RateLimit-Policy"] for answer in answers} == {'"rate";q=3;w=3600'}
	refused = answers[-1]
	assert 3500 < int(refused.headers["Retry-After"]) <= 3600
	assert f";t={refused.headers['Retry-After']}" in refused.headers["RateLimit"]
	assert "exc_type" in refused.json()
	assert "Set-Cookie" not in refused.headers


def test_keys_without_limits_have_no_such_fields(server, ada):
	for fields in ({}, {"read_only": 1}):
		answer = ask(server, make(server, ada, **fields))
		assert answer.status_code == 200 and "RateLimit" not in answer.headers and "RateLimit-Policy" not in answer.headers


def test_each_key_has_its_own_and_its_secrets_share_it(server, ada):
	key, other = (make(server, ada, rate_limit=2, rate_window_s=3600) for _ in range(2))
	new = {"api_key": key["name"], **server.admin.call("symbolon.keys.rotate", key=key["name"], overlap="1h")}
	assert asked(server, key, 1) + asked(server, new, 2) + asked(server, key, 1) == [200, 200, 429, 429]
	assert asked(server, other, 3) == [200, 200, 429]


def test_a_window_ends(server, ada):
	"""It is asked until it is answered again."""
	key = make(server, ada, rate_limit=1, rate_window_s=1)
	deadline = datetime.datetime.now() + datetime.timedelta(seconds=20)
	seen = [200]
	assert asked(server, key, 1) == [200]
	while seen[-3:] != [200, 429, 200]:
		assert datetime.datetime.now() < deadline
		code = ask(server, key).status_code
		seen += [code] if code != seen[-1] else []


def test_new_limits_hold_at_once_and_what_was_used_counts(server, ada):
	key = make(server, ada)
	assert asked(server, key, 3) == [200] * 3
	change(server, key, rate_limit=2, rate_window_s=3600)
	assert asked(server, key, 3) == [200, 200, 429]
	change(server, key, label="the same limits")
	assert asked(server, key, 1) == [429]
	change(server, key, rate_limit=4)
	assert asked(server, key, 3) == [200, 200, 429]
	change(server, key, rate_limit=0)
	assert asked(server, key, 3) == [200] * 3


def test_a_quota_is_for_all_requests_and_can_be_raised(server, ada):
	key = make(server, ada, quota=3)
	answers = [ask(server, key) for _ in range(4)]
	assert [answer.status_code for answer in answers] == [200] * 3 + [429]
	assert [left(answer) for answer in answers] == [{"quota": n} for n in (2, 1, 0, 0)]
	assert answers[0].headers["RateLimit-Policy"] == '"quota";q=3' and answers[-1].headers["Retry-After"] == "3600"
	change(server, key, quota=5, rate_limit=100)
	answer = ask(server, key)
	assert answer.status_code == 200 and left(answer) == {"rate": 99, "quota": 1}
	assert answer.headers["RateLimit-Policy"] == '"rate";q=100;w=60, "quota";q=5'
	assert asked(server, key, 2) == [200, 429]


def test_a_quota_holds_after_a_restart(tmp_path):
	site = Site(tmp_path / "quota").start()
	key = make(site, "Administrator", quota=5)
	assert asked(site, key, 3) == [200] * 3
	site.stop()
	site.start()
	assert asked(site, key, 3) == [200, 200, 429]
	site.stop()


def test_the_verifier_answers_for_a_limited_key(server, ada):
	key = make(server, ada, rate_limit=1, rate_window_s=3600)
	first, second = ask(server, key, "/auth/verify"), ask(server, key, "/auth/verify")
	assert (first.status_code, left(first)) == (204, {"rate": 0})
	assert (second.status_code, "Retry-After" in second.headers, left(second)) == (401, True, {"rate": 0})


def test_a_wrong_secret_uses_nothing_up(server, ada):
	key = make(server, ada, rate_limit=1, rate_window_s=3600)
	assert asked(server, {**key, "api_secret": "wrong"}, 3) == [401] * 3
	assert asked(server, key, 2) == [200, 429]


@pytest.mark.concurrency
def test_of_many_at_once_no_more_than_the_limit_are_served(server, ada):
	key = make(server, ada, rate_limit=50, rate_window_s=3600, quota=1000)
	codes = []
	threads = [threading.Thread(target=lambda: codes.extend(asked(server, key, 10))) for _ in range(16)]
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join()
	assert (codes.count(200), codes.count(429)) == (50, 110)


@pytest.mark.parametrize("fields, said", [
	({"rate_limit": -1}, "Rate Limit is"), ({"rate_limit": 1000000001}, "Rate Limit is"), ({"rate_limit": 1, "rate_window_s": -5}, "Rate Window is"),
	({"rate_window_s": 86401}, "Rate Window is"), ({"quota": -1}, "Quota is"),
	({"rate_limit": "x"}, "Rate Limit must be a whole number"), ({"rate_limit": "1,000"}, "Rate Limit must be"), ({"rate_limit": 0.5}, "Rate Limit must be"),
	({"rate_limit": 5, "rate_window_s": "1m"}, "Rate Window S must be"), ({"quota": "10k"}, "Quota must be"), ({"quota": "0.5"}, "Quota must be"),
	({"read_only": "yes"}, "Read Only must be"), ({"enabled": "no"}, "Enabled must be"), ({"quota": "inf"}, ""), ({"quota": "1e30"}, ""), ({"quota": "nan"}, ""),
], ids=range(16))
def test_limits_that_are_none_are_refused(server, ada, fields, said):
	answer = server.admin("POST", KEYS, json={"user": ada, **fields})
	assert answer.status_code == 417 and said in answer.text, answer.text


def test_the_command_line_limits_a_key(server, ada):
	key = server.json("keys", "create", ada, "--rate", "2/3600", "--quota", "9")
	document = server.admin("GET", f"{KEYS}/{key['api_key']}").json()["data"]
	assert (document["rate_limit"], document["rate_window_s"], document["quota"]) == (2, 3600, 9)
	assert asked(server, key, 3) == [200, 200, 429]
	assert "REQUESTS/SECONDS" in server.run("keys", "create", ada, "--rate", "2", exit=2).stderr
	for options, said in ((("--rate", "many/60"), "Rate Limit must be a whole number"), (("--quota", "10k"), "Quota must be a whole number")):
		assert said in server.run("keys", "change", key["api_key"], *options, exit=1).stderr
	assert asked(server, key, 1) == [429]


def test_limits_go_along_with_a_renamed_user_and_with_a_key_taken_back(server, ada):
	key = make(server, ada, rate_limit=4, rate_window_s=3600)
	assert asked(server, key, 1) == [200]
	server.admin.call("frappe.client.rename_doc", doctype="User", old_name=ada, new_name=f"new-{ada}")
	answer = ask(server, key)
	assert (answer.json()["message"], left(answer)) == (f"new-{ada}", {"rate": 2})
	undo = server.admin.call("symbolon.keys.revoke", keys=[key["name"]])["undo"]
	assert asked(server, key, 1) == [401]
	server.admin.call("symbolon.keys.undo_revoke", undo=undo)
	assert left(ask(server, key))["rate"] in (1, 3)  # a key that was away may begin a new window
	assert server.admin("DELETE", f"/api/resource/User/new-{ada}").status_code == 202
	assert asked(server, key, 1) == [401]


def test_limits_of_many_keys_hold_after_a_restart(tmp_path):
	"""They are put together from whole tables: each key has its own again, also those that have the same."""
	site = Site(tmp_path / "many").start()
	todo, note = "/api/resource/ToDo", "/api/resource/Note"

	def scopes(*targets):
		return [{"kind": "DocType", "target": target, "rights": "read"} for target in targets]
	keys = [make(site, "Administrator", **fields) for fields in [
		{"scopes": scopes("ToDo")}, {"scopes": scopes("Note", "ToDo")}, {"scopes": scopes("Note"), "enabled": 0}, {"scopes": scopes("ToDo")},
		{"quota": 3}, {"quota": 3}, {"allowed_networks": "10.0.0.0/8"}, {"scopes": scopes("Note"), "rate_limit": 1, "rate_window_s": 3600}, {},
	]]
	site.stop()
	site.start()
	seen = [[ask(site, key, path).status_code for path in (todo, note, note, todo)] for key in keys]
	assert seen == [
		[200, 403, 403, 200], [200] * 4, [401] * 4, [200, 403, 403, 200], [200, 200, 200, 429], [200, 200, 200, 429], [401] * 4, [403, 429, 429, 429], [200] * 4,
	]
	site.stop()
