"""What may go wrong with a PostgreSQL, one fault a test: everyone is told what to do, nothing is lost, it comes back."""

import datetime
import email.utils
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from sites import DATABASE, PASSWORD, ROOT, Site, is_instrumented, one_day, sql
from test_nodes import LEASE_S, end_within, join, make_user, refused_within

sys.path.insert(0, os.path.join(ROOT, "tools"))
from postgres import Postgres  # noqa: E402

pytestmark = pytest.mark.skipif(not DATABASE, reason="needs a PostgreSQL (tools/with-postgres)")

BACK_S = 20  # a connection that hangs is given up after 5 s, and tried again within 2 s
SILENT_S = 6  # 4 s after it was last heard of, and some
SOME_TODO = "/api/resource/ToDo"


@pytest.fixture(scope="module")
def own():
	"""A PostgreSQL that a test may freeze and stop."""
	with tempfile.TemporaryDirectory(prefix="symbolon-postgres-") as directory:
		server = Postgres(directory).make()
		yield server
		server.stop()


@pytest.fixture
def two(own, tmp_path):
	"""Two nodes on it, and Administrator's pair."""
	name = os.path.basename(str(tmp_path)).replace("-", "_")
	sql(own.url().format("postgres"), f'CREATE DATABASE "{name}"')
	first = Site(tmp_path / "one", database=own.url().format(name)).start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	made = [first, join(first, tmp_path / "two").start()]
	yield made, first.json("keys", "generate", "Administrator")
	for node in made:
		node.kill()


def until(condition, seconds):
	"""Asks again and again; how long it took."""
	begun = time.monotonic()
	while not condition():
		assert time.monotonic() - begun < seconds
	return time.monotonic() - begun


def are(nodes, pair, status):
	return all(node.who(pair).status_code == status for node in nodes)


def add_todo(node, pair, text):
	return node.with_token(pair)("POST", SOME_TODO, json={"description": text})


def test_a_database_that_is_started_anew_is_found_again_with_all_that_was_answered(own, two):
	nodes, pair = two
	kept = [add_todo(node, pair, "kept").json()["data"]["name"] for node in nodes]
	own.stop("fast")
	until(lambda: are(nodes, pair, 503), 3 * LEASE_S)
	assert add_todo(nodes[0], pair, "lost").status_code == 503
	own.start()
	until(lambda: are(nodes, pair, 200), BACK_S)
	for node in nodes:
		for name in kept:
			assert node.with_token(pair)("GET", f"{SOME_TODO}/{name}").status_code == 200
		until(lambda node=node: add_todo(node, pair, "after").status_code == 200, BACK_S)


def test_a_frozen_database_makes_every_node_refuse_within_the_lease(own, two):
	nodes, pair = two
	assert are(nodes, pair, 200)
	own.freeze()
	try:
		end_within(nodes, lambda node: node.who(pair).status_code == 200)
		for node in nodes:
			assert node.who(pair).status_code == 503
			assert "Retry-After" in node.who(pair).headers
			assert node.who({**pair, "api_secret": "wrong"}).status_code == 503
			assert node.guest("GET", "/api/method/ping").status_code == 200
	finally:
		own.thaw()
	until(lambda: are(nodes, pair, 200), BACK_S)
	until(lambda: all(add_todo(node, pair, "after").status_code == 200 for node in nodes), BACK_S)


def test_a_call_that_a_database_leaves_alone_is_answered_within_seconds(own, two):
	"""A frozen machine closes no connection: who waits for it is told so by the clock, and does not wait out any timeout of it."""
	nodes, pair = two
	name = add_todo(nodes[0], pair, "before").json()["data"]["name"]
	calls = (("GET", f"{SOME_TODO}/{name}", None), ("POST", SOME_TODO, {"description": "x"}), ("PUT", f"{SOME_TODO}/{name}", {"idx": 1}))

	def ask(call):
		begun = time.monotonic()
		answer = nodes[0].with_token(pair)(call[0], call[1], json=call[2], timeout=60)
		return answer, time.monotonic() - begun

	with ThreadPoolExecutor(30) as pool:
		own.freeze()
		try:
			asked = list(pool.map(ask, calls * 10))
			assert any(took > LEASE_S for _, took in asked)
			assert max(took for _, took in asked) < SILENT_S
			assert {answer.status_code for answer, _ in asked} == {503}
			assert all("Retry-After" in answer.headers for answer, _ in asked)
			begun = time.monotonic()
			body = {"usr": "Administrator", "pwd": PASSWORD}
			assert nodes[0].guest("POST", "/api/method/login", json=body).status_code == 503
			assert time.monotonic() - begun < LEASE_S
		finally:
			own.thaw()
	until(lambda: are(nodes, pair, 200), BACK_S)
	until(lambda: add_todo(nodes[0], pair, "after").status_code == 200, BACK_S)


def test_fail_open_lets_in_for_a_while_whom_the_node_knew_and_nobody_else(own, two):
	nodes, pair = two
	open_s = 3
	nodes[1].stop()
	nodes[1].start("--database.fail_open", f"{open_s}s")
	assert are(nodes, pair, 200)
	own.freeze()
	begun = time.monotonic()
	try:
		until(lambda: nodes[0].who(pair).status_code == 503, 3 * LEASE_S)
		assert nodes[1].who(pair).status_code == 200
		assert nodes[1].who({**pair, "api_secret": "wrong"}).status_code == 503
		assert nodes[1].guest("GET", "/api/method/frappe.auth.get_logged_user", headers={"Cookie": "sid=x"}).status_code == 503
		end_within(nodes[1:], lambda node: node.who(pair).status_code == 200, LEASE_S + open_s, begun)
		assert time.monotonic() - begun > open_s
	finally:
		own.thaw()
	until(lambda: are(nodes, pair, 200), BACK_S)


def test_a_connection_that_is_cut_in_mid_transaction_changes_nothing(two):
	nodes, pair = two
	name = add_todo(nodes[0], pair, "before").json()["data"]["name"]
	url = nodes[0].database
	waits = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'symbolon' AND wait_event_type = 'Lock'"
	cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'symbolon' AND wait_event_type = 'Lock'"
	hold = f"BEGIN; UPDATE \"tabToDo\" SET idx = idx WHERE name = '{name}'; SELECT pg_sleep(60)"

	def write():
		return nodes[0].with_token(pair)("PUT", f"{SOME_TODO}/{name}", json={"description": "after"})

	with ThreadPoolExecutor(2) as pool:
		holder = pool.submit(pytest.raises, AssertionError, sql, url, hold)
		until(lambda: sql(url, "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'BEGIN; UPDATE%' AND wait_event = 'PgSleep'") == ["1"], 10)
		writer = pool.submit(write)
		until(lambda: sql(url, waits) == ["1"], 10)
		sql(url, cut)
		answer = writer.result()
		sql(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
		holder.result()
	assert answer.status_code == 503 and "Retry-After" in answer.headers, answer.text
	assert nodes[1].with_token(pair)("GET", f"{SOME_TODO}/{name}").json()["data"]["description"] == "before"
	assert write().status_code == 200


def test_slow_queries_that_take_every_connection_do_not_cost_the_lease(own, tmp_path):
	sql(own.url().format("postgres"), "CREATE DATABASE slow")
	site = Site(tmp_path / "slow", database=own.url().format("slow"))
	site.start("--database.max_connections", "2", SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	pair = site.json("keys", "generate", "Administrator")
	name = add_todo(site, pair, "x").json()["data"]["name"]
	hold = f"BEGIN; UPDATE \"tabToDo\" SET idx = idx WHERE name = '{name}'; SELECT pg_sleep(60)"
	with ThreadPoolExecutor(4) as pool:
		holder = pool.submit(pytest.raises, AssertionError, sql, site.database, hold)
		until(lambda: sql(site.database, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'") == ["1"], 10)
		writers = [pool.submit(site.with_token(pair), "PUT", f"{SOME_TODO}/{name}", json={"priority": "Low"}) for _ in range(3)]
		begun = time.monotonic()
		while time.monotonic() - begun < 2 * LEASE_S:
			assert site.who(pair).status_code == 200
		sql(site.database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
		holder.result()
		assert 200 in {writer.result().status_code for writer in writers}
	site.stop()


def test_a_host_that_never_answers_costs_time_and_not_the_service(own, tmp_path):
	"""The first of two hosts takes connections and is silent, as a frozen machine does: the other one is found each time."""
	sql(own.url().format("postgres"), "CREATE DATABASE silent")
	with tempfile.TemporaryDirectory(prefix="symbolon-silent-") as silent, socket.socket(socket.AF_UNIX) as listener:
		listener.bind(f"{silent}/.s.PGSQL.5432")
		listener.listen(64)
		url = f"postgresql://symbolon@/silent?host={silent},{own.directory}&connect_timeout=2"
		site = Site(tmp_path / "silent", database=url).start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
		pair = site.json("keys", "generate", "Administrator")
		assert site.who(pair).status_code == 200
		cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = 'silent' AND application_name = 'symbolon'"
		sql(own.url().format("postgres"), cut)
		until(lambda: site.who(pair).status_code == 503, 3 * LEASE_S)
		until(lambda: site.who(pair).status_code == 200, BACK_S)
		site.stop()


# ---- clocks ----

CLOCK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

static int (*real)(clockid_t, struct timespec *);
static const volatile long *offset;

__attribute__((constructor)) static void begin(void)
{
	real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
	offset = mmap(NULL, sizeof(*offset), PROT_READ, MAP_SHARED, open(getenv("TEST_CLOCK"), O_RDONLY), 0);
}

int clock_gettime(clockid_t id, struct timespec *t)
{
	const int rc = real(id, t);
	if (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)
		t->tv_sec += *offset;
	return rc;
}
"""


@pytest.mark.skipif(is_instrumented(), reason="a sanitizer wants to be loaded first")
@pytest.mark.parametrize("days", [1, -1])
def test_a_clock_that_jumps_by_a_day_changes_nothing_about_the_lease(own, two, tmp_path, days):
	"""The wall clock of one node jumps, as an administrator or a bad time server makes it."""
	nodes, pair = two
	(tmp_path / "clock.c").write_text(CLOCK, encoding="utf-8")
	subprocess.run(
		["cc", "-shared", "-fPIC", "-o", tmp_path / "clock.so", tmp_path / "clock.c", "-ldl"], check=True,
	)
	(tmp_path / "clock").write_bytes(struct.pack("l", 0))
	nodes[1].stop()
	nodes[1].start(LD_PRELOAD=str(tmp_path / "clock.so"), TEST_CLOCK=str(tmp_path / "clock"))
	make_user(nodes[0].with_token(pair), "ada@clock.test")
	with open(tmp_path / "clock", "r+b") as f:
		f.write(struct.pack("l", days * 86400))
	date = email.utils.parsedate_to_datetime(until_date(nodes[1]).headers["Date"])
	assert abs((date - datetime.datetime.now(datetime.timezone.utc)).total_seconds() - days * 86400) < 60
	for _ in range(4):
		for one, other in (nodes, nodes[::-1]):
			made = one.json("keys", "generate", "ada@clock.test")
			assert other.who(made).status_code == 200 and one.who(made).status_code == 200
			one.run("keys", "revoke", "ada@clock.test")
			refused_within([other], made)
	assert are(nodes, pair, 200)
	for node in nodes:
		with open(f"{node.path}.log", encoding="utf-8") as f:
			assert "loaded anew" not in f.read()


def until_date(node):
	"""An answer of the day to which the clock has jumped: the line is made once a second."""
	one_day()
	today = datetime.datetime.now(datetime.timezone.utc).strftime("%d %b")
	answers = []

	def has_jumped():
		answers[:] = [node.guest("GET", "/api/method/ping")]
		return today not in answers[0].headers["Date"]

	until(has_jumped, 5)
	return answers[0]


# ---- starts that must fail ----

def refused(own, tmp_path, name, *setup, role="symbolon", exit=1):
	"""What a node says that may not start on that database; nothing of ours is in it."""
	admin = own.url().format("postgres")
	sql(admin, f"CREATE DATABASE {name}")
	url = own.url().format(name)
	for statement in setup:
		sql(url, statement)
	count = "SELECT count(*), sum(hashtext(table_name::text)) FROM information_schema.tables WHERE table_schema = 'public'"
	before = sql(url, count)
	site = Site(tmp_path / name, database=url.replace("symbolon@", f"{role}@"))
	said = site.run("serve", "--listen", "127.0.0.1:0", exit=exit).stderr
	assert sql(url, count) == before
	return said


def test_a_role_that_the_database_does_not_know_is_told_by_the_setting(own, tmp_path):
	said = refused(own, tmp_path, "unknown_role", role="nobody_of_that_name")
	assert "[database] url" in said and "nobody_of_that_name" in said


def test_a_wrong_password_is_told_by_the_setting_and_not_shown(own, tmp_path):
	with open(f"{own.data}/pg_hba.conf", encoding="utf-8") as f:
		rules = f.read()
	with open(f"{own.data}/pg_hba.conf", "w", encoding="utf-8") as f:
		f.write("local all guarded scram-sha-256\n" + rules)
	sql(own.url().format("postgres"), "CREATE ROLE guarded LOGIN PASSWORD 'the-right-one'")
	sql(own.url().format("postgres"), "SELECT pg_reload_conf()")
	said = refused(own, tmp_path, "wrong_password", role="guarded:the-wrong-one")
	assert "[database] url" in said and "password" in said and "the-wrong-one" not in said


def test_a_database_that_is_not_there_is_told_by_its_name(own, tmp_path):
	site = Site(tmp_path / "none", database=own.url().format("no_such_database"))
	said = site.run("serve", "--listen", "127.0.0.1:0", exit=1).stderr
	assert "[database] url" in said and "no_such_database" in said


def test_a_database_of_another_program_is_left_alone(own, tmp_path):
	said = refused(own, tmp_path, "another", "CREATE TABLE invoice (n int)")
	assert "another program" in said and "[database] url" in said


def test_a_role_without_rights_is_told_so(own, tmp_path):
	sql(own.url().format("postgres"), "CREATE ROLE weak LOGIN")
	said = refused(own, tmp_path, "rights", "REVOKE CREATE ON SCHEMA public FROM PUBLIC", role="weak")
	assert "rights" in said, said


def test_too_few_connections_are_told_with_what_to_change(own, tmp_path):
	sql(own.url().format("postgres"), "CREATE ROLE few LOGIN CONNECTION LIMIT 0")
	said = refused(own, tmp_path, "few", role="few")
	assert "[database] url" in said and "too many connections" in said


def test_where_the_database_gives_fewer_connections_than_the_setting_those_do(own, tmp_path):
	for statement in ("CREATE ROLE three LOGIN CONNECTION LIMIT 3", "CREATE DATABASE three OWNER three"):
		sql(own.url().format("postgres"), statement)
	site = Site(tmp_path / "three", database=own.url().format("three").replace("symbolon@", "three@"))
	site.start("--database.lock_timeout_s", "20", SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	pair = site.json("keys", "generate", "Administrator")
	name = add_todo(site, pair, "x").json()["data"]["name"]
	with ThreadPoolExecutor(16) as pool:
		answers = list(pool.map(lambda n: add_todo(site, pair, f"n{n}").status_code, range(160)))
	assert answers == [200] * 160

	# Two are in use for long; whoever waits for them in vain is told so, and the log what to change.
	url = own.url().format("three")
	hold = f"BEGIN; UPDATE \"tabToDo\" SET idx = idx WHERE name = '{name}'; SELECT pg_sleep(60)"
	waiting = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'three' AND wait_event_type = 'Lock'"
	with ThreadPoolExecutor(4) as pool:
		holder = pool.submit(pytest.raises, AssertionError, sql, url, hold)
		until(lambda: sql(url, "SELECT count(*) FROM pg_stat_activity WHERE datname = 'three' AND wait_event = 'PgSleep'") == ["1"], 10)
		writers = [pool.submit(site.with_token(pair), "PUT", f"{SOME_TODO}/{name}", json={"priority": "Low"}) for _ in range(2)]
		until(lambda: sql(url, waiting) == ["2"], 10)
		late = add_todo(site, pair, "late")
		sql(url, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'three' AND wait_event = 'PgSleep'")
		holder.result()
		assert {writer.result().status_code for writer in writers} <= {200, 409, 417}
	assert late.status_code == 503 and "Retry-After" in late.headers and "busy" in late.text
	site.stop()
	with open(f"{site.path}.log", encoding="utf-8") as f:
		assert "[database] max_connections" in f.read()


def test_a_database_of_a_newer_symbolon_is_left_alone(two):
	nodes, pair = two
	for node in nodes:
		node.stop()
	sql(nodes[0].database, "INSERT INTO migration SELECT '9999_later', checksum, at_us FROM migration LIMIT 1")
	said = nodes[0].run("serve", "--listen", "127.0.0.1:0", exit=1).stderr
	assert "newer symbolon" in said
	sql(nodes[0].database, "DELETE FROM migration WHERE name = '9999_later'")
	assert nodes[0].start().who(pair).status_code == 200


def test_a_node_with_another_key_file_does_not_start(two, tmp_path):
	nodes, pair = two
	stranger = Site(tmp_path / "stranger").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	stranger.stop()
	stranger.database = nodes[0].database
	said = stranger.run("serve", "--listen", "127.0.0.1:0", exit=1).stderr
	assert "symbolon.key" in said and "copy" in said
	assert are(nodes, pair, 200)
