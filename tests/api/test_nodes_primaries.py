"""Two PostgreSQL that both take themselves for the primary: the one that a standby took over from is never believed again."""

import os
import sys
import tempfile
import time

import pytest

from sites import DATABASE, PASSWORD, ROOT, Site, sql
from test_nodes import join, make_user
from test_nodes_faults import BACK_S, SOME_TODO, add_todo, are, until

sys.path.insert(0, os.path.join(ROOT, "tools"))
from postgres import Postgres  # noqa: E402

pytestmark = pytest.mark.skipif(not DATABASE, reason="needs a PostgreSQL (tools/with-postgres)")
CUT = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'symbolon'"
CONNECTED = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'symbolon' AND datname = 'split'"


@pytest.fixture
def pair_of_servers():
	"""The primary, and the standby that follows it."""
	with tempfile.TemporaryDirectory(prefix="symbolon-old-") as one, tempfile.TemporaryDirectory(prefix="symbolon-new-") as two:
		old = Postgres(one).make()
		new = old.standby(two)
		yield old, new
		old.thaw()
		old.stop()
		new.stop()


def description(node, pair, name):
	return node.with_token(pair)("GET", f"{SOME_TODO}/{name}").json().get("data", {}).get("description")


def test_an_old_primary_that_comes_back_is_refused(pair_of_servers, tmp_path):
	old, new = pair_of_servers
	sql(old.url().format("postgres"), "CREATE DATABASE split")
	# libpq tries the old one first.
	url = f"postgresql://symbolon@/split?host={old.directory},{new.directory}&connect_timeout=2"
	first = Site(tmp_path / "one", database=url).start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	nodes = [first, join(first, tmp_path / "two").start()]
	pair = first.json("keys", "generate", "Administrator")
	make_user(first.with_token(pair), "ada@split.test")
	ended = first.json("keys", "generate", "ada@split.test")
	name = add_todo(first, pair, "before").json()["data"]["name"]
	until(lambda: sql(new.url().format("split"), f"SELECT count(*) FROM \"tabToDo\" WHERE name = '{name}'") == ["1"], BACK_S)

	old.freeze()
	new.promote()
	until(lambda: are(nodes, pair, 503), BACK_S)  # what they know of the old one
	until(lambda: are(nodes, pair, 200), BACK_S)
	first.run("keys", "revoke", "ada@split.test")
	body = {"description": "after"}
	until(lambda: first.with_token(pair)("PUT", f"{SOME_TODO}/{name}", json=body).status_code == 200, BACK_S)

	old.thaw()
	assert sql(old.url().format("split"), "SELECT pg_is_in_recovery()") == ["f"]  # it would be written to
	for _ in range(3):
		sql(new.url().format("postgres"), CUT)
		until(lambda: are(nodes, pair, 200), BACK_S)
		until(lambda: all(add_todo(node, pair, "more").status_code == 200 for node in nodes), BACK_S)
		for node in nodes:
			assert node.who(ended).status_code == 401
			assert description(node, pair, name) == "after"
	# A node that has seen nothing of it yet looks at both before it believes one.
	nodes[1].stop()
	nodes[1].start()
	assert nodes[1].who(ended).status_code == 401 and description(nodes[1], pair, name) == "after"
	until(lambda: sql(old.url().format("postgres"), CONNECTED) == ["0"], BACK_S)
	assert sql(old.url().format("split"), "SELECT count(*) FROM \"tabToDo\" WHERE description = 'more'") == ["0"]

	# And when only the old one is there, nobody is believed.
	new.stop()
	until(lambda: are(nodes, pair, 503), BACK_S)
	begun = time.monotonic()
	while time.monotonic() - begun < 3:
		assert are(nodes, pair, 503)
	assert add_todo(first, pair, "lost").status_code == 503
	with open(f"{first.path}.log", encoding="utf-8") as f:
		assert "an old primary that came back" in f.read()
	new.start()
	until(lambda: are(nodes, pair, 200), BACK_S)
	for node in nodes:
		node.kill()
