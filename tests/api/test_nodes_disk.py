"""A PostgreSQL whose disk is full: nothing is saved, nobody is told that it was, and nobody has to do more than make room."""

import os
import subprocess
import sys
import tempfile
import threading

import pytest

from sites import DATABASE, PASSWORD, ROOT, Site, sql
from test_nodes import join
from test_nodes_faults import BACK_S, SOME_TODO, add_todo, are, until

sys.path.insert(0, os.path.join(ROOT, "tools"))
from postgres import Postgres  # noqa: E402

pytestmark = pytest.mark.skipif(not DATABASE, reason="needs a PostgreSQL (tools/with-postgres)")
DISK_MB = 192
WRITERS = 4


@pytest.fixture
def disk():
	"""A small file system, which only root can make."""
	with tempfile.TemporaryDirectory(prefix="symbolon-disk-") as path:
		if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", path], capture_output=True, check=False).returncode != 0:
			pytest.skip("a small disk needs root")
		try:
			yield path
		finally:
			subprocess.run(["umount", "-l", path], check=True)


def serve_two(server, tmp_path, more=""):
	sql(server.url().format("postgres"), f"CREATE DATABASE small {more}")
	first = Site(tmp_path / "one", database=server.url().format("small")).start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	return [first, join(first, tmp_path / "two").start()]


@pytest.fixture
def two(disk, tmp_path):
	"""Two nodes on a database whose tables lie on the small disk."""
	with tempfile.TemporaryDirectory(prefix="symbolon-postgres-") as directory:
		server = Postgres(directory).make()
		os.mkdir(f"{disk}/tables")
		os.chown(f"{disk}/tables", os.stat(server.data).st_uid, os.stat(server.data).st_gid)
		sql(server.url().format("postgres"), f"CREATE TABLESPACE small LOCATION '{disk}/tables'")
		nodes = serve_two(server, tmp_path, "TABLESPACE small")
		yield nodes
		for node in nodes:
			node.kill()
		server.stop()


def fill(disk):
	"""To the last block."""
	with open(f"{disk}/filler", "wb", buffering=0) as f:
		try:
			while True:
				f.write(b"\0" * 4096)
		except OSError:
			pass


class Writers:
	"""They write to both nodes by turns until the block ends, and remember what was answered."""

	def __init__(self, nodes, pair):
		self.nodes = nodes
		self.pair = pair
		self.kept, self.refused = [], []
		self.ended = threading.Event()
		self.threads = [threading.Thread(target=self.write, args=(i,)) for i in range(WRITERS)]

	def write(self, i):
		while not self.ended.is_set():
			answer = add_todo(self.nodes[i % 2], self.pair, os.urandom(4096).hex())
			if answer.status_code == 200:
				self.kept.append(answer.json()["data"]["name"])
			else:
				self.refused.append(answer)

	def __enter__(self):
		for thread in self.threads:
			thread.start()
		return self

	def __exit__(self, *_):
		self.ended.set()
		for thread in self.threads:
			thread.join()

	def go_on(self):
		"""They are answered 200, again and again."""
		before = len(self.kept)
		until(lambda: len(self.kept) > before + 50, BACK_S)

	def are_refused(self):
		until(lambda: len(self.refused) > 50, BACK_S)
		assert {answer.status_code for answer in self.refused} == {503}, self.refused[0].text
		assert all("Retry-After" in answer.headers for answer in self.refused)


def test_a_full_disk_of_the_database_loses_nothing_that_was_answered(disk, two):
	pair = two[0].json("keys", "generate", "Administrator")
	with Writers(two, pair) as writers:
		writers.go_on()
		fill(disk)
		writers.are_refused()
		assert any("disk is full" in answer.text for answer in writers.refused), writers.refused[0].text
		# Who may come in still does, and what is there is read.
		assert are(two, pair, 200)
		assert two[1].with_token(pair)("GET", f"{SOME_TODO}/{writers.kept[0]}").status_code == 200
		os.remove(f"{disk}/filler")
		writers.go_on()
	there = set(sql(two[0].database, "SELECT name FROM \"tabToDo\""))
	assert set(writers.kept) <= there and len(set(writers.kept)) == len(writers.kept)
	assert len(there) == len(writers.kept)  # and nothing that was refused
	assert two[0].json("audit", "verify")["intact"]


def test_a_database_whose_log_has_no_room_is_found_again_with_all_that_was_answered(disk, tmp_path):
	"""Then PostgreSQL stops itself, and somebody starts it when there is room."""
	os.mkdir(f"{disk}/postgres")
	server = Postgres(f"{disk}/postgres").make()
	nodes = serve_two(server, tmp_path)
	try:
		pair = nodes[0].json("keys", "generate", "Administrator")
		with Writers(nodes, pair) as writers:
			writers.go_on()
			fill(disk)
			# The rest of the log's file that has its room already.
			subprocess.run(["psql", "-X", "-q", "-c", "SELECT pg_switch_wal()", server.url().format("postgres")], capture_output=True, check=False)
			writers.are_refused()
			os.remove(f"{disk}/filler")
			until(lambda: is_up(server) or starts(server), BACK_S)
			until(lambda: are(nodes, pair, 200), BACK_S)
			writers.go_on()
		there = set(sql(nodes[0].database, "SELECT name FROM \"tabToDo\""))
		assert set(writers.kept) <= there and len(set(writers.kept)) == len(writers.kept)
		assert nodes[0].json("audit", "verify")["intact"]
	finally:
		for node in nodes:
			node.kill()
		server.stop()


def is_up(server):
	try:
		return sql(server.url().format("postgres"), "SELECT 1") == ["1"]
	except AssertionError:
		return False


def starts(server):
	"""It may still be on its way down."""
	try:
		return bool(server.start())
	except subprocess.CalledProcessError:
		return False
