"""Peppers are rotated without ending a key: docs/pepper.md."""

import os
import random
import shutil
import stat
import threading
import time

import pytest

from sites import DATABASE, PASSWORD, Site, sql

ADA = "ada@example.com"


@pytest.fixture
def ada(site):
	site.run("user", "add", ADA, "--first-name", "Ada")
	return site.json("keys", "generate", ADA)


def key_file(site):
	with open(f"{site.path}/symbolon.key", encoding="utf-8") as f:
		return f.read()


def peppers(site):
	"""State and secrets of each pepper, by id."""
	return {p["pepper"]: (p["state"], p["secrets"]) for p in site.json("pepper", "status")["peppers"]}


def current(site):
	return site.json("pepper", "status")["current"]


def until(true, seconds=15):
	deadline = time.monotonic() + seconds
	while not true():
		assert time.monotonic() < deadline
		time.sleep(0.05)  # pause: looks again, up to the deadline


def new_key(site, **fields):
	made = site.admin("POST", "/api/resource/API Key", json={"user": "Administrator", "label": "x", **fields})
	assert made.status_code == 200, made.text
	return {name: made.json()["data"][name] for name in ("api_key", "api_secret")}


def test_a_rotation_ends_no_key_and_the_old_pepper_goes_when_nothing_rests_on_it(site, ada):
	old = current(site)
	fields = [line for line in key_file(site).splitlines() if line.startswith("field")]
	assert peppers(site) == {old: ("current", 2)}

	said = site.json("pepper", "rotate")
	new = said["pepper"]
	assert said == {"pepper": new, "lacking": [], "current": True, "before": old} and new != old
	assert stat.S_IMODE(os.stat(f"{site.path}/symbolon.key").st_mode) == 0o600
	assert not os.path.exists(f"{site.path}/symbolon.key.new")
	bob = new_key(site, label="bob")  # Administrator's own secret was used for it
	assert peppers(site) == {old: ("old", 2), new: ("current", 1)}
	refused = site.run("pepper", "remove", old, exit=1).stderr
	assert "2 secrets rest on" in refused and "next use" in refused and "keys report" in refused
	assert "rotate makes another" in site.run("pepper", "remove", new, exit=1).stderr
	assert "has no pepper nosuch" in site.run("pepper", "remove", "nosuch", exit=1).stderr

	for pair in (ada, bob):
		assert site.who(pair).status_code == 200
		assert site.who({**pair, "api_secret": pair["api_secret"][:-1] + "_"}).status_code == 401
	until(lambda: peppers(site) == {old: ("old", 0), new: ("current", 3)})
	for pair in (ada, bob):
		assert site.who(pair).status_code == 200
		assert site.who({**pair, "api_secret": pair["api_secret"][:-1] + "_"}).status_code == 401
	assert site.json("pepper", "remove", old) == {"removed": old}
	assert old not in key_file(site) and all(line in key_file(site) for line in fields)
	site.stop()
	site.start()
	assert all(site.who(pair).status_code == 200 for pair in (ada, bob)) and peppers(site) == {new: ("current", 3)}


def test_nobody_is_refused_while_digests_are_renewed(site, ada):
	stop, seen = threading.Event(), []

	def hammer():
		while not stop.is_set():
			seen.append(site.who(ada).status_code)

	threads = [threading.Thread(target=hammer) for _ in range(4)]
	for thread in threads:
		thread.start()
	fast = new_key(site, quota=100)  # each use of it asks for a flush
	for _ in range(4):
		site.json("pepper", "rotate")
		new = current(site)
		until(lambda: site.who(fast).status_code == 200 and peppers(site)[new][1] >= 2)  # noqa: B023
	stop.set()
	for thread in threads:
		thread.join()
	assert set(seen) == {200} and len(seen) > 100


def test_commands_on_a_directory_at_rest_rotate_too(site, ada):
	site.stop()
	old = current(site)
	new = site.json("pepper", "rotate")["pepper"]
	assert peppers(site) == {old: ("old", 2), new: ("current", 0)}
	bob = site.json("keys", "generate", ADA)
	assert peppers(site) == {old: ("old", 1), new: ("current", 1)}
	site.start()
	assert site.who(bob).status_code == 200 and site.who(ada).status_code == 401


def test_a_running_server_notices_the_file_and_a_file_that_is_damaged(site, ada):
	path, whole = f"{site.path}/symbolon.key", key_file(site)

	def write(text):
		with open(path, "w", encoding="utf-8") as f:
			f.write(text)

	write(whole + "pepper later " + "7" * 64 + "\n")
	until(lambda: peppers(site).get("later") == ("new", 0))
	assert site.json("pepper", "rotate")["pepper"] == "later" and current(site) == "later"
	assert "pepper later" in key_file(site)
	write("nonsense")
	site.wait_for(r"(event=key-file.*is no key file)")
	assert site.who(ada).status_code == 200
	assert "is no key file" in site.run("pepper", "rotate", exit=1).stderr
	write(whole)
	until(lambda: peppers(site)["later"][0] == "lost")
	assert "has lost pepper later" in site.run("pepper", "rotate", exit=1).stderr
	assert site.admin("POST", "/api/resource/API Key", json={"user": "Administrator", "label": "y"}).status_code == 503
	assert site.who(ada).status_code == 200
	write(whole.replace("pepper ", "pepper later " + "8" * 64 + "\npepper ", 1))
	site.wait_for(r"(event=key-file.*another one than before)")
	write(whole + "pepper later " + "7" * 64 + "\n")
	until(lambda: peppers(site)["later"][0] == "current")


def test_a_link_is_not_replaced(site):
	path = f"{site.path}/symbolon.key"
	os.rename(path, path + ".elsewhere")
	os.symlink(path + ".elsewhere", path)
	assert "is a link" in site.run("pepper", "rotate", exit=1).stderr
	assert os.path.islink(path) and len(peppers(site)) == 1


def test_the_method_shows_progress_to_managers_and_the_rest_is_for_the_command_line(site, ada):
	said = site.admin.call("symbolon.pepper.status")
	assert said["nodes"] == [] and [p["state"] for p in said["peppers"]] == ["current"]
	assert site.with_token(ada)("GET", "/api/method/symbolon.pepper.status").status_code == 403
	for method in ("rotate", "remove"):
		answer = site.admin("POST", f"/api/method/symbolon.pepper.{method}", json={"pepper": said["current"]})
		assert answer.status_code in (404, 417, 403), answer.text
	assert len(peppers(site)) == 1
	for line in key_file(site).splitlines():
		if line.startswith(("pepper", "field")):
			assert line.split()[2] not in site.run("pepper", "status", "--output", "json").stdout + site.said


def test_rotations_are_in_metrics_and_in_the_audit_log(tmp_path):
	site = Site(tmp_path / "site").start("--server.admin_listen", "127.0.0.1:0")
	metrics = site.wait_for(r"^metrics on (\S+)$").removesuffix("/metrics")
	old, new = current(site), site.json("pepper", "rotate")["pepper"]
	site.admin.site, url = site, site.url
	site.url = metrics
	said = site.guest("GET", "/metrics").text
	site.url = url
	assert f'symbolon_pepper_secrets{{pepper="{old}",current="0"}} 1' in said
	assert f'symbolon_pepper_secrets{{pepper="{new}",current="1"}} 0' in said
	rows = site.admin("GET", "/api/resource/Audit Log", params={
		"filters": '[["event", "=", "Pepper Rotated"]]', "fields": '["reference_name", "details"]'}).json()["data"]
	assert [row["reference_name"] for row in rows] == [new] and old in rows[0]["details"]
	site.stop()


def test_a_server_that_is_killed_while_it_renews_loses_no_key(tmp_path):
	site = Site(tmp_path / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	pairs = [new_key(site, label=f"key {i}") for i in range(120)]
	fast = new_key(site, quota=10000)
	for _ in range(4):
		site.json("pepper", "rotate")
		assert all(site.who(pair).status_code == 200 for pair in pairs)
		assert site.who(fast).status_code == 200 and [site.who(fast) for _ in range(120)]
		time.sleep(random.random() * 1.2)  # pause: the kill falls before, in or behind the flush
		site.kill()
		site.start()
		assert all(site.who(pair).status_code == 200 for pair in pairs)
	site.stop()  # which writes what waits
	states = peppers(site)
	assert sum(n for _, n in states.values()) == 122
	assert max(n for state, n in states.values() if state == "current") >= 120
	site.start()
	assert all(site.who(pair).status_code == 200 for pair in pairs)
	assert site.who({**pairs[0], "api_secret": pairs[1]["api_secret"]}).status_code == 401
	site.stop()


# ---- several nodes

several = pytest.mark.skipif(not DATABASE, reason="needs a PostgreSQL (tools/with-postgres)")


@pytest.fixture
def nodes(tmp_path):
	one = Site(tmp_path / "one").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	os.mkdir(tmp_path / "two", 0o700)
	shutil.copy(f"{one.path}/symbolon.key", tmp_path / "two" / "symbolon.key")
	two = Site(tmp_path / "two", database=one.database).start()
	two.admin = two.with_token(dict(zip(("api_key", "api_secret"), one.pair)))
	until(lambda: len(one.json("pepper", "status")["nodes"]) == 1)
	yield one, two
	one.stop()
	two.stop()


def copy(one, two):
	shutil.copy(f"{one.path}/symbolon.key", f"{two.path}/symbolon.key")


@several
def test_a_rotation_waits_until_every_node_has_the_file(nodes):
	one, two = nodes
	old, pair = current(one), new_key(one)
	said = one.run("pepper", "rotate", "--output", "json", exit=1)
	assert f"{two.path}/symbolon.key lacks the new pepper" in said.stderr and "again" in said.stderr
	[new] = set(peppers(one)) - {old}
	assert current(one) == current(two) == old and peppers(one)[new] == ("new", 0)
	assert f"lacks {new}" in one.run("pepper", "status").stderr
	assert all(node.who(pair).status_code == 200 for node in nodes)

	copy(one, two)
	until(lambda: not any(node["lacks"] for node in one.json("pepper", "status")["nodes"]))
	assert one.json("pepper", "rotate") == {"pepper": new, "lacking": [], "current": True, "before": old}
	until(lambda: current(two) == new)
	made = [new_key(two), new_key(one)]
	assert all(node.who(p).status_code == 200 for node in nodes for p in [*made, pair])
	until(lambda: peppers(two) == {old: ("old", 0), new: ("current", 4)})
	assert all(node.who(p).status_code == 200 for node in nodes for p in [*made, pair])
	assert "try again in" in one.run("pepper", "remove", old, exit=1).stderr
	sql(one.database, "UPDATE pepper SET since_us = since_us - 61000000")
	assert [node.json("pepper", "remove", old) for node in nodes] == [{"removed": old}] * 2
	assert all(node.who(p).status_code == 200 for node in nodes for p in [*made, pair])


@several
def test_a_node_that_lacks_the_pepper_says_so_and_refuses_nobody_wrongly(nodes):
	one, two = nodes
	pair = new_key(one)
	sql(one.database, "DELETE FROM pepper_node")  # as if it had been away for long
	new = one.json("pepper", "rotate")["pepper"]
	made = new_key(one)
	two.wait_for(rf"(event=publish.*lacks pepper {new})")
	two.wait_for(r"(event=lease-lost)")
	for p in (made, pair):
		assert one.who(p).status_code == 200 and two.who(p).status_code == 503
	two.stop()
	assert new in two.run("serve", exit=1).stderr
	copy(one, two)
	two.start()
	assert all(node.who(p).status_code == 200 for node in nodes for p in (made, pair))


@several
def test_a_node_goes_on_by_itself_when_the_file_comes(nodes):
	one, two = nodes
	sql(one.database, "DELETE FROM pepper_node")
	one.json("pepper", "rotate")
	made = new_key(one)
	until(lambda: two.who(made).status_code == 503)
	copy(one, two)
	until(lambda: two.who(made).status_code == 200)
