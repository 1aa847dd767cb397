"""How often each secret of a key was used, by day."""

import datetime
import json
import time

import pytest

from sites import Site, one_day

KEYS = "/api/resource/API Key"
USES = "symbolon.keys.uses"
# A key with a quota of a hundred has each use written within a second or two: it is a hundredth.
AT_ONCE = {"quota": 100}


def make(site, user, **fields):
	answer = site.admin("POST", KEYS, json={"user": user, "label": "counted", **AT_ONCE, **fields})
	assert answer.status_code == 200, answer.text
	return answer.json()["data"]


@pytest.fixture(autouse=True)
def one_day_alone():
	"""Uses are counted by day."""
	one_day()


def today():
	return datetime.datetime.now(datetime.timezone.utc).date()


def use(site, pair, times):
	assert [site.who(pair).status_code for _ in range(times)] == [200] * times


def wait_for(found):
	deadline = time.monotonic() + 20
	while not (value := found()):
		assert time.monotonic() < deadline
		time.sleep(0.05)  # pause: looks again, up to the deadline
	return value


def by_state(site, **what):
	"""Uses of the secrets of today, by what they are: current, old (False), ended (None)."""
	return {row["current"]: row["uses"] for row in site.admin.call(USES, **what)}


def test_uses_are_counted_by_secret_and_day(server, ada):
	first = make(server, ada)
	assert server.admin.call(USES, key=first["name"]) == []
	use(server, first, 2)
	before = today()
	second = server.admin.call("symbolon.keys.rotate", key=first["name"], overlap="1h")
	use(server, first, 1)
	use(server, second, 4)
	wait_for(lambda: by_state(server, key=first["name"]) == {False: 3, True: 4})
	rows = server.admin.call(USES, key=first["name"])
	assert {row["date"] for row in rows} <= {str(before), str(today())}
	assert {(row["api_key"], row["label"]) for row in rows} == {(first["name"], "counted")}
	secrets = {row["secret"]: row["uses"] for row in server.admin.call("symbolon.keys.secrets", key=first["name"])}
	assert secrets == {row["secret"]: row["uses"] for row in rows}
	use(server, second, 1)
	wait_for(lambda: by_state(server, key=first["name"]) == {False: 3, True: 5})


def test_they_stay_when_the_secret_ends_and_go_with_the_key(server, ada):
	key = make(server, ada)
	use(server, key, 2)
	wait_for(lambda: by_state(server, key=key["name"]) == {True: 2})
	server.admin.call("symbolon.keys.rotate", key=key["name"])
	assert by_state(server, key=key["name"]) == {None: 2}
	assert server.admin("DELETE", f"{KEYS}/{key['name']}").status_code == 202
	assert server.admin("GET", f"/api/method/{USES}", params={"key": key["name"]}).status_code == 404
	assert server.admin.call(USES, user=ada) == []


def test_no_answer_holds_a_secret_or_a_digest(server, ada):
	key = make(server, ada)
	use(server, key, 1)
	wait_for(lambda: by_state(server, key=key["name"]))
	answer = server.admin("GET", f"/api/method/{USES}", params={"key": key["name"]})
	assert key["api_secret"] not in answer.text
	assert all(len(value) < 32 for row in answer.json()["message"] for value in row.values() if isinstance(value, str))
	assert sorted(answer.json()["message"][0]) == ["api_key", "current", "date", "label", "secret", "uses"]


def test_those_of_all_keys_of_a_user_come_at_once(server, ada):
	keys = [make(server, ada, label=f"number {i}") for i in range(3)]
	for n, key in enumerate(keys, 1):
		use(server, key, n)
	wait_for(lambda: len(server.admin.call(USES, user=ada.upper())) == 3)
	assert {row["api_key"]: row["uses"] for row in server.admin.call(USES, user=ada)} == {key["name"]: n for n, key in enumerate(keys, 1)}


def test_a_span_of_days_is_asked_for(tmp_path):
	"""Nobody waits for days: the database is told that they have passed."""
	site = Site(tmp_path / "days").start()
	key = make(site, "Administrator")
	use(site, key, 3)
	site.stop()
	days = (today() - datetime.date(1970, 1, 1)).days
	site.tell_database(f"INSERT INTO key_use (day, secret, api_key, uses) SELECT day - 29, secret, api_key, 7 FROM key_use WHERE api_key = '{key['name']}'")
	site.tell_database(f"INSERT INTO key_use (day, secret, api_key, uses) SELECT day - 1, secret, api_key, 9 FROM key_use WHERE day < {days - 20}")
	site.start()
	site.admin = site.with_token(site.json("keys", "generate", "Administrator"))

	def seen(**span):
		return [row["uses"] for row in site.admin.call(USES, key=key["name"], **span)]
	assert seen() == [7, 3]
	assert seen(**{"from": str(today() - datetime.timedelta(40))}) == [9, 7, 3]
	assert seen(**{"from": str(today() - datetime.timedelta(40)), "to": str(today() - datetime.timedelta(30))}) == [9]
	assert seen(to=str(today() - datetime.timedelta(1))) == [9, 7]
	shown = site.json("keys", "uses", key["name"], "--from", str(today() - datetime.timedelta(40)))
	assert [row["uses"] for row in shown] == [9, 7, 3]
	site.stop()


@pytest.mark.parametrize("arguments, status, said", [
	({}, 417, "missing 1 required"), ({"key": "nokey"}, 404, "not found"), ({"user": "nobody@example.com"}, 404, "not found"),
	({"user": "Administrator", "from": "yesterday"}, 417, "is a date"), ({"user": "Administrator", "to": "2026-02-30"}, 417, "is a date"),
	({"user": "Administrator", "from": "2026-03-01", "to": "2026-02-01"}, 417, "after the last"),
], ids=range(6))
def test_what_is_asked_wrongly_is_refused(server, arguments, status, said):
	answer = server.admin("GET", f"/api/method/{USES}", params=arguments)
	assert answer.status_code == status and said in answer.text, answer.text


def test_who_manages_no_keys_sees_none_and_who_has_his_own_sees_those(server, ada):
	bob = ada.replace("ada", "bob")
	server.run("user", "add", bob, "--first-name", "Bob")
	mine, other = make(server, ada), make(server, bob)
	use(server, mine, 1)
	use(server, other, 1)
	wait_for(lambda: by_state(server, user=ada) and by_state(server, user=bob))
	asks = server.with_token(mine)
	for what in ({"key": mine["name"]}, {"user": ada}, {"user": bob}):
		assert asks("GET", f"/api/method/{USES}", params=what).status_code == 403
	assert server.guest("GET", f"/api/method/{USES}", params={"user": ada}).status_code == 403
	rights = [
		{"role": "System Manager", "read": 1, "write": 1, "create": 1, "delete": 1}, {"role": "All", "read": 1},
	]
	rows = [
		server.admin("POST", "/api/resource/Custom DocPerm", json={"parent": "API Key", **row}).json()["data"]["name"] for row in rights
	]
	try:
		assert [row["api_key"] for row in asks.call(USES, user=ada)] == [mine["name"]]
		assert len(asks.call(USES, key=mine["name"])) == 1
		for what in ({"key": other["name"]}, {"user": bob}):
			assert asks("GET", f"/api/method/{USES}", params=what).status_code == 403
	finally:
		for row in rows:
			assert server.admin("DELETE", f"/api/resource/Custom DocPerm/{row}").status_code == 202


def test_the_command_line_tells_them(server, ada):
	key = make(server, ada)
	use(server, key, 2)
	wait_for(lambda: by_state(server, key=key["name"]))
	rows = server.json("keys", "uses", key["name"])
	assert rows == server.json("keys", "uses", "--user", ada) == server.admin.call(USES, key=key["name"])
	assert json.loads(server.run("execute", USES, "--kwargs", json.dumps({"key": key["name"]})).stdout) == rows
	shown = server.run("keys", "uses", key["name"]).stdout
	assert "uses" in shown and str(today())[:8] in shown
	assert server.json("keys", "uses", key["name"], "--to", "2020-01-01") == []
	for wrong in ([], [key["name"], "--user", ada]):
		assert "name a key" in server.run("keys", "uses", *wrong, exit=2).stderr
