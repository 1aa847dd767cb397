"""Several nodes on one database: what one changes counts on all, and nobody trusts a memory that may be old."""

import glob
import hashlib
import os
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from sites import DATABASE, GENERATE, PASSWORD, WHO_AM_I, Site, sql

pytestmark = pytest.mark.skipif(not DATABASE, reason="needs a PostgreSQL (tools/with-postgres)")

LEASE_S = 1.5
ROUNDS = 100
LAST = "(SELECT value FROM counter WHERE name = 'change')"


def join(first, path):
	"""Another node of the same site: it needs the key file, and the database's URL."""
	os.mkdir(path, 0o700)
	shutil.copy(f"{first.path}/symbolon.key", f"{path}/symbolon.key")
	return Site(path, database=first.database)


@pytest.fixture(scope="module")
def nodes(tmp_path_factory):
	root = tmp_path_factory.mktemp("nodes")
	first = Site(root / "one").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	made = [first, *(join(first, root / name).start() for name in ("two", "three"))]
	yield made
	for node in made:
		node.stop()


@pytest.fixture(scope="module")
def pair(nodes):
	"""Administrator's: a new one would end the one before."""
	return nodes[0].json("keys", "generate", "Administrator")


@pytest.fixture
def admins(nodes, pair):
	"""The same caller on each node."""
	return [node.with_token(pair) for node in nodes]


def make_user(caller, email, **more):
	body = {"email": email, "first_name": "Ada", "send_welcome_email": 0, **more}
	answer = caller("POST", "/api/resource/User", json=body)
	assert answer.status_code == 200, answer.text


def end_within(nodes, is_taken, seconds=LEASE_S, begun=None):
	"""No node takes a request that is sent later than that; how long an answer was on its way says nothing."""
	sent = time.monotonic()
	begun = begun or sent
	for node in nodes:
		while is_taken(node):
			assert sent - begun < seconds
			sent = time.monotonic()


def refused_within(nodes, pair, seconds=LEASE_S):
	"""By then the pair is taken no more, and soon told to be wrong: a node that hears nothing of the database says 503."""
	end_within(nodes, lambda node: node.who(pair).status_code == 200, seconds)
	for node in nodes:
		assert told(lambda node=node: node.who(pair)).status_code == 401


def told(ask):
	"""The answer of a node that has heard of the database again."""
	deadline = time.monotonic() + 20
	while (answer := ask()).status_code == 503:
		assert time.monotonic() < deadline
	return answer


def test_a_key_of_one_node_works_on_the_others_at_once(nodes, admins):
	make_user(admins[0], "ada@nodes.test")
	for i in range(ROUNDS):
		made = nodes[i % 3].with_token(new_pair(admins[i % 3]))
		for node in nodes:
			made.site = node
			answer = made("GET", WHO_AM_I)
			assert answer.status_code == 200 and answer.json()["message"] == "ada@nodes.test", (i, answer.text)


def new_pair(admin):
	return admin.call("frappe.core.doctype.user.user.generate_keys", user="ada@nodes.test")


def test_a_revoked_key_is_refused_everywhere_within_the_lease(nodes, admins):
	make_user(admins[0], "eve@nodes.test")
	for _ in range(10):
		made = nodes[0].json("keys", "generate", "eve@nodes.test")
		assert all(node.who(made).status_code == 200 for node in nodes)
		nodes[0].run("keys", "revoke", "eve@nodes.test")
		assert nodes[0].who(made).status_code == 401
		refused_within(nodes[1:], made)


def test_a_disabled_user_and_his_session_end_everywhere(nodes, admins):
	admin = admins[1]
	make_user(admin, "sam@nodes.test", new_password="Qz11-Gr4nite-Sam")
	session = nodes[1].login("sam@nodes.test", "Qz11-Gr4nite-Sam")
	for node in nodes:  # at once, though only the second has seen the login
		assert session.get(node.url + WHO_AM_I, timeout=30).json()["message"] == "sam@nodes.test"
	assert admin("PUT", "/api/resource/User/sam@nodes.test", json={"enabled": 0}).status_code == 200
	assert session.get(nodes[1].url + WHO_AM_I, timeout=30).json().get("message") != "sam@nodes.test"
	end_within(nodes, lambda node: session.get(node.url + WHO_AM_I, timeout=30).json().get("message") == "sam@nodes.test")


def test_a_session_lives_as_long_as_any_node_has_seen_it_used(nodes, admins, pair):
	make_user(admins[0], "ivy@nodes.test")
	over = time.time() + 1
	names = {sid: hashlib.sha256(sid.encode()).hexdigest() for sid in ("used" * 14, "idle" * 14)}
	for name in names.values():  # which every node reads into its memory
		sql(nodes[0].database, "INSERT INTO session (name, \"user\", csrf, created_us, expires_us, address, agent) "
			f"VALUES ('{name}', 'ivy@nodes.test', '', 1, {over * 1000000:.0f}, '', '');"
			"UPDATE counter SET value = value + 1 WHERE name = 'change';"
			f"INSERT INTO change (seq, kind, name, at_us) SELECT {LAST}, 2, '{name}', 1")
	for node in nodes:
		assert node.who({**pair, "api_secret": "wrong"}).status_code == 401  # after a poll
	# What a node writes that has seen it used, some seconds later.
	sql(nodes[0].database, f"UPDATE session SET expires_us = expires_us + 60000000 WHERE name = '{names['used' * 14]}'")
	time.sleep(max(0, over - time.time()))  # pause: until they are over
	for node in nodes:
		said = [node.guest("GET", WHO_AM_I, headers={"Cookie": f"sid={sid}"}).json().get("message") for sid in names]
		assert said[0] == "ivy@nodes.test" and said[1] != said[0]


def test_a_session_ended_on_one_node_ends_everywhere(nodes, admins):
	make_user(admins[0], "kim@nodes.test", new_password="Qz11-Gr4nite-Kim")
	session = nodes[1].login("kim@nodes.test", "Qz11-Gr4nite-Kim")
	for node in nodes:
		assert session.get(node.url + WHO_AM_I, timeout=30).json()["message"] == "kim@nodes.test"
	[listed] = admins[2].call("symbolon.sessions.list", user="kim@nodes.test")
	assert admins[0].call("symbolon.sessions.end", user="kim@nodes.test", session=listed["session"])["ended"] == 1
	assert session.get(nodes[0].url + WHO_AM_I, timeout=30).json().get("message") != "kim@nodes.test"
	end_within(nodes[1:], lambda node: session.get(node.url + WHO_AM_I, timeout=30).json().get("message") == "kim@nodes.test")


def test_a_user_of_one_node_logs_in_on_the_others_at_once(nodes, admins):
	for i in range(6):
		email, word = f"new{i}@nodes.test", f"Qz11-Gr4nite-New{i}"
		make_user(admins[i % 3], email, new_password=word)
		session = nodes[(i + 1) % 3].login(email, word)
		assert session.get(nodes[(i + 2) % 3].url + WHO_AM_I, timeout=30).json()["message"] == email


def test_a_password_of_one_node_counts_on_the_others_at_once(nodes, admins):
	make_user(admins[0], "eva@nodes.test", new_password="Qz11-Gr4nite-Old")
	body = {"usr": "eva@nodes.test", "pwd": "Qz11-Gr4nite-Old"}
	assert nodes[1].guest("POST", "/api/method/login", json=body).status_code == 200
	assert admins[2]("PUT", "/api/resource/User/eva@nodes.test", json={"enabled": 0}).status_code == 200
	assert nodes[1].guest("POST", "/api/method/login", json=body).status_code == 401
	assert admins[2]("PUT", "/api/resource/User/eva@nodes.test", json={"enabled": 1}).status_code == 200
	assert nodes[1].guest("POST", "/api/method/login", json=body).status_code == 200


def test_a_role_of_one_node_counts_on_the_others_at_once(nodes, admins):
	"""The list of methods, the rights to read a DocType, those to write one: whoever says no says it by the latest roles."""
	rob, with_role, without = "/api/resource/User/rob@nodes.test", {"roles": [{"role": "System Manager"}]}, {"roles": []}
	make_user(admins[0], "rob@nodes.test", new_password="Qz11-Gr4nite-Rob")
	asks = (("POST", GENERATE, {"user": "eli@nodes.test"}), ("GET", "/api/resource/User/eli@nodes.test", None),
		("PUT", "/api/resource/User/eli@nodes.test", {"bio": "x"}))
	make_user(admins[0], "eli@nodes.test")
	pair = nodes[0].json("keys", "generate", "rob@nodes.test")
	for i in range(ROUNDS):
		giver, user = admins[i % 3], nodes[(i + 1) % 3].with_token(pair)
		verb, path, body = asks[i // 3 % 3]
		assert giver("PUT", rob, json=with_role).status_code == 200
		answer = user(verb, path, json=body)
		assert answer.status_code == 200, (i, answer.text)
		assert giver("PUT", rob, json=without).status_code == 200
		refused_soon(user, verb, path, body)


def refused_soon(caller, *request):
	"""The caller is told that he may not, in time."""
	end_within([caller], lambda one: one(*request[:2], json=request[2]).status_code == 200)
	answer = told(lambda: caller(*request[:2], json=request[2]))
	assert answer.status_code == 403, answer.text


def test_a_doctype_of_one_node_is_known_to_the_others(admins):
	admin = admins
	field = {"fieldname": "title", "label": "Title", "fieldtype": "Data"}
	body = {"name": "Node Note", "module": "Custom", "custom": 1, "fields": [field], "permissions": [{"role": "System Manager"}]}
	body["permissions"][0].update(read=1, write=1, create=1, delete=1)
	assert admin[0]("POST", "/api/resource/DocType", json=body).status_code == 200
	end_within([admin[1]], lambda caller: caller("GET", "/api/resource/Node Note").status_code != 200, 20)
	assert admin[1]("POST", "/api/resource/Node Note", json={"title": "x"}).status_code == 200
	# A column that is added while others write: nobody sees an error of the database.
	body["fields"] = [field, {"fieldname": "more", "label": "More", "fieldtype": "Int"}]
	assert admin[2]("PUT", "/api/resource/DocType/Node Note", json={"fields": body["fields"]}).status_code == 200
	for caller in admin:
		assert caller("POST", "/api/resource/Node Note", json={"title": "y"}).status_code == 200


def test_nodes_that_write_the_same_document_lose_no_count(admins):
	admin = admins
	name = admin[0]("POST", "/api/resource/ToDo", json={"description": "0"}).json()["data"]["name"]

	def write(i):
		return admin[i % 3]("PUT", f"/api/resource/ToDo/{name}", json={"description": str(i)}).status_code

	with ThreadPoolExecutor(12) as pool:
		answers = list(pool.map(write, range(60)))
	assert set(answers) == {200}, answers


def test_nodes_that_seal_the_audit_log_at_the_same_time_make_one_chain(nodes, admins):
	"""Each seals every second what all of them have written: no row twice, none left out."""
	for i in range(3):
		make_user(admins[i], f"seal{i}@nodes.test")
	before = nodes[0].json("audit", "verify")

	def rotate(i):
		begun, n = time.monotonic(), 0
		while time.monotonic() - begun < 4:
			admins[i % 3].call("frappe.core.doctype.user.user.generate_keys", user=f"seal{(i + n) % 3}@nodes.test")
			n += 1
		return n

	with ThreadPoolExecutor(6) as pool:
		made = sum(pool.map(rotate, range(6)))
	after = [node.json("audit", "verify") for node in nodes]
	deadline = time.monotonic() + 10
	while after[0]["unsealed"] > 0 and time.monotonic() < deadline:
		after = [node.json("audit", "verify") for node in nodes]
	assert all(report["intact"] and report["unsealed"] == 0 for report in after), after
	assert after[0]["rows"] - before["rows"] - before["unsealed"] >= made > 50
	assert after[0]["seals"] >= before["seals"] + 3
	rows = sql(nodes[0].database, "SELECT count(*), count(DISTINCT sequence) FROM \"tabAudit Log\"")[0].split("|")
	assert rows[0] == rows[1]


def test_the_thread_that_polls_runs_before_others_where_it_may(nodes):
	if subprocess.run(["nice", "-n", "-15", "true"], capture_output=True, text=True, check=False).stderr:
		pytest.skip("needs the right to be less nice")
	nice = {}
	for task in glob.glob(f"/proc/{nodes[0].server.pid}/task/*/stat"):
		with open(task, encoding="utf-8") as f:
			name, rest = f.read().split("(", 1)[1].rsplit(")", 1)
		nice[name] = int(rest.split()[16])
	assert nice["feed"] == -15 and nice["loop-0"] == 0, nice


def test_a_wrong_secret_is_refused_by_all_and_counted_once(nodes, pair):
	for node in nodes:
		assert node.who({**pair, "api_secret": "wrong"}).status_code == 401
	assert nodes[0].who({**pair, "api_secret": "wrong"}).status_code == 401


def test_without_its_key_file_a_node_does_not_start(nodes, tmp_path):
	stranger = Site(tmp_path / "stranger", database=nodes[0].database)
	said = stranger.run("serve", "--listen", "127.0.0.1:0", exit=1).stderr
	assert "symbolon.key" in said and "copy" in said
	assert not os.path.exists(f"{stranger.path}/symbolon.key")


def test_two_first_starts_make_one_site(tmp_path):
	one = Site(tmp_path / "one")
	two = Site(tmp_path / "two", database=one.database)
	with ThreadPoolExecutor(2) as pool:
		outcomes = list(pool.map(start, (one, two)))
	assert sorted(outcomes) == [False, True], (one.said, two.said)
	assert sql(one.database, "SELECT count(*) FROM site") == ["1"]
	one.kill()
	two.kill()


def start(site):
	try:
		site.start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
		return True
	except AssertionError:
		return False


def backends(node):
	"""The processes that serve this node's database."""
	name = sql(node.database, "SELECT current_database()")[0]
	query = f"SELECT pid FROM pg_stat_activity WHERE datname = '{name}' AND application_name = 'symbolon'"
	return [int(pid) for pid in sql(node.database, query)]


def test_a_frozen_database_ends_all_trust_and_a_thawed_one_brings_it_back(tmp_path):
	site = Site(tmp_path / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	pair = site.json("keys", "generate", "Administrator")
	assert site.who(pair).status_code == 200
	frozen = backends(site)
	for pid in frozen:
		os.kill(pid, signal.SIGSTOP)
	sql(DATABASE.format("postgres"), "ALTER DATABASE {} ALLOW_CONNECTIONS false".format(site.database.split("/")[3].split("?")[0]))
	try:
		deadline = time.monotonic() + 3 * LEASE_S
		while site.who(pair).status_code == 200:
			assert time.monotonic() < deadline
		answer = site.who(pair)
		assert answer.status_code == 503 and "Retry-After" in answer.headers
		assert site.guest("GET", "/api/method/ping").status_code == 200
	finally:
		for pid in frozen:
			os.kill(pid, signal.SIGCONT)
		sql(DATABASE.format("postgres"), "ALTER DATABASE {} ALLOW_CONNECTIONS true".format(site.database.split("/")[3].split("?")[0]))
	deadline = time.monotonic() + 20
	while site.who(pair).status_code != 200:
		assert time.monotonic() < deadline
	site.stop()


@pytest.mark.parametrize("doubt", [
	"UPDATE counter SET value = 0 WHERE name = 'change'",
	"UPDATE site SET id = 'ffffffffffffffffffffffffffffffff'",
	"UPDATE counter SET value = value + 1 WHERE name = 'change'",
	f"UPDATE change SET at_us = at_us + 1 WHERE seq = {LAST}",
	f"UPDATE change SET at_us = at_us + 1 WHERE seq = {LAST};"
	f"INSERT INTO change (seq, kind, name, at_us) SELECT {LAST} + 1, 5, '', 1;"
	"UPDATE counter SET value = value + 1 WHERE name = 'change'",
], ids=["the counter went back", "another incarnation", "a gap", "another last change", "another change before the last"])
def test_on_doubt_everything_is_loaded_anew(tmp_path, doubt):
	site = Site(tmp_path / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	kept = site.json("keys", "generate", "Administrator")
	make_user(site.with_token(kept), "gone@nodes.test")
	lost = site.json("keys", "generate", "gone@nodes.test")
	assert site.who({**lost, "api_secret": "wrong"}).status_code == 401  # after a poll: all of this is seen
	# What no record of a change tells of.
	sql(site.database, f"DELETE FROM secret WHERE api_key = '{lost['api_key']}'")
	assert site.who(lost).status_code == 200
	sql(site.database, doubt)
	site.wait_for(r"(everything is loaded anew)")
	deadline = time.monotonic() + 10
	while site.who(kept).status_code != 200:
		assert time.monotonic() < deadline
	assert site.who(lost).status_code == 401
	site.stop()
