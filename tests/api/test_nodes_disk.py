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
DISK_MB = 96
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


@pytest.fixture
def two(disk, tmp_path):
	"""Two nodes on a database whose tables lie on the small disk."""
	with tempfile.TemporaryDirectory(prefix="symbolon-postgres-") as directory:
		server = Postgres(directory).make()
		os.mkdir(f"{disk}/tables")
		os.chown(f"{disk}/tables", os.stat(server.data).st_uid, os.stat(server.data).st_gid)
		sql(server.url().format("postgres"), f"CREATE TABLESPACE small LOCATION '{disk}/tables'")
		sql(server.url().format("postgres"), "CREATE DATABASE small TABLESPACE small")
		first = Site(tmp_path / "one", database=server.url().format("small")).start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
		nodes = [first, join(first, tmp_path / "two").start()]
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


def test_a_full_disk_of_the_database_loses_nothing_that_was_answered(disk, two):
	pair = two[0].json("keys", "generate", "Administrator")
	kept, refused, ended = [], [], threading.Event()

	def write(i):
		while not ended.is_set():
			answer = add_todo(two[i % 2], pair, os.urandom(4096).hex())
			if answer.status_code == 200:
				kept.append(answer.json()["data"]["name"])
			else:
				refused.append(answer)

	writers = [threading.Thread(target=write, args=(i,)) for i in range(WRITERS)]
	for writer in writers:
		writer.start()
	try:
		until(lambda: len(kept) > 50, BACK_S)
		fill(disk)
		until(lambda: len(refused) > 50, BACK_S)
		assert {answer.status_code for answer in refused} == {503}, refused[0].text
		assert all("Retry-After" in answer.headers for answer in refused)
		assert any("disk is full" in answer.text for answer in refused), refused[0].text
		# Who may come in still does, and what is there is read.
		assert are(two, pair, 200)
		assert two[1].with_token(pair)("GET", f"{SOME_TODO}/{kept[0]}").status_code == 200
		os.remove(f"{disk}/filler")
		before = len(kept)
		until(lambda: len(kept) > before + 50, BACK_S)
	finally:
		ended.set()
		for writer in writers:
			writer.join()
	there = set(sql(two[0].database, "SELECT name FROM \"tabToDo\""))
	assert set(kept) <= there and len(set(kept)) == len(kept)
	assert len(there) == len(kept)  # and nothing that was refused
	assert two[0].json("audit", "verify")["intact"]
