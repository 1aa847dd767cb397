"""Where the bytes of files are: what is kept, what is swept, what several nodes share, and what is left by kill -9."""

import concurrent.futures
import contextlib
import hashlib
import os
import re
import shutil
import sqlite3
import time

import pytest

from sites import DATABASE, PASSWORD, Site, sql
from test_files import UPLOAD, stored, upload


def open_site(path, place):
	site = Site(path)
	site.place = {"SYMBOLON_FILES_IN_DATABASE": "yes" if place == "database" else "no"}
	site.start(SYMBOLON_ADMIN_PASSWORD=PASSWORD, **site.place)
	site.admin = site.with_token(site.json("keys", "generate", "Administrator"))
	return site


def contents(site):
	"""The hashes of the bytes in the database; no server may be on it."""
	for table in ("file_content", "file_part"):
		statement = f"SELECT DISTINCT hash FROM {table}"
		if site.database:
			yield set(sql(site.database, statement))
		else:
			with contextlib.closing(sqlite3.connect(site.path + "/symbolon.db")) as database:
				yield {row[0] for row in database.execute(statement)}


def test_what_no_document_names_is_swept_at_the_next_start(site):
	kept = upload(site.admin, "kept.txt", b"kept")
	gone = upload(site.admin, "gone.txt", b"gone")
	lost = upload(site.admin, "lost.txt", b"lost")
	folder = os.path.join(site.path, "files")
	assert site.admin("DELETE", f"/api/resource/File/{gone['name']}").status_code == 202
	site.stop()
	os.unlink(os.path.join(folder, lost["content_hash"]))
	for name in (".new-1234", "0" * 64):
		with open(os.path.join(folder, name), "wb") as f:
			f.write(b"x")
	os.mkdir(os.path.join(folder, "1" * 64))
	with open(os.path.join(folder, "somebody-elses"), "wb") as f:
		f.write(b"x")
	site.start()

	assert site.wait_for(r"file-without-content name=(\S+)") == lost["name"]
	assert site.wait_for(r"files-swept removed=(\d+) missing=1") == "3"
	assert stored(site) == {kept["content_hash"], "somebody-elses", "1" * 64}


def test_young_bytes_are_not_swept(site):
	"""A start sweeps what is older than itself: the clock of a file that was just used is newer."""
	made = upload(site.admin, "young.txt", b"young")
	site.stop()
	folder = os.path.join(site.path, "files")
	with open(os.path.join(folder, "2" * 64), "wb") as f:
		f.write(b"x")
	os.utime(os.path.join(folder, "2" * 64), (time.time() + 60, time.time() + 60))
	with open(os.path.join(folder, "3" * 64), "wb") as f:
		f.write(b"x")
	site.start()

	assert site.wait_for(r"files-swept removed=(\d+)") == "1"
	assert stored(site) == {made["content_hash"], "2" * 64}


def test_what_no_document_names_is_swept_from_the_database(tmp_path):
	site = open_site(tmp_path / "site", "database")
	kept = upload(site.admin, "kept.bin", os.urandom(100_000))
	gone = upload(site.admin, "gone.bin", os.urandom(100_000))
	lost = upload(site.admin, "lost.bin", os.urandom(100_000))
	assert site.admin("DELETE", f"/api/resource/File/{gone['name']}").status_code == 202
	site.stop()
	# Young bytes stay: their document may be coming, on another node.
	site.start(**site.place)
	site.stop()
	assert list(contents(site)) == [{made["content_hash"] for made in (kept, gone, lost)}] * 2

	site.tell_database("UPDATE file_content SET used_us = used_us - 700000000")
	site.tell_database(f"DELETE FROM file_content WHERE hash = '{lost['content_hash']}'")
	site.tell_database(f"DELETE FROM file_part WHERE hash = '{lost['content_hash']}'")
	site.start(**site.place)
	assert site.wait_for(r"file-without-content name=(\S+)") == lost["name"]
	assert site.wait_for(r"files-swept removed=(\d+) missing=1") == "1"
	assert site.admin("GET", kept["file_url"]).status_code == 200
	assert site.admin("GET", lost["file_url"]).status_code == 404
	site.stop()
	assert list(contents(site)) == [{kept["content_hash"]}] * 2


@pytest.mark.parametrize("place", ["directory", "database"])
def test_another_file_of_the_same_bytes_keeps_them(tmp_path, place):
	"""A sweep looks at the time of the last use while the other document may be under way."""
	site = open_site(tmp_path / "site", place)
	first = upload(site.admin, "first.txt", b"the bytes of both")
	site.stop()
	if place == "directory":
		os.utime(os.path.join(site.path, "files", first["content_hash"]), (1, 1))
	site.tell_database("UPDATE file_content SET used_us = 1")
	site.tell_database("UPDATE file_path SET used_us = 1")
	site.start(**site.place)

	copy = site.admin("POST", UPLOAD, data={"file_url": first["file_url"], "file_name": "copy.txt"}).json()["message"]
	assert copy["content_hash"] == first["content_hash"]
	if place == "directory":
		assert os.stat(os.path.join(site.path, "files", first["content_hash"])).st_mtime > 1
		os.unlink(os.path.join(site.path, "files", first["content_hash"]))
		# Without the bytes there is nothing to have another name.
		again = site.admin("POST", UPLOAD, data={"file_url": first["file_url"], "file_name": "again.txt"})
		assert again.status_code == 417 and "does not exist" in again.text
		site.stop()
		return
	site.stop()
	site.tell_database("DELETE FROM `tabFile` WHERE content_hash <> ''")
	site.start(**site.place)
	site.stop()
	assert list(contents(site)) == [{first["content_hash"]}] * 2  # young


@pytest.mark.skipif(not DATABASE, reason="needs a PostgreSQL (tools/with-postgres)")
def test_nodes_share_the_bytes_in_the_database(tmp_path):
	one = open_site(tmp_path / "one", "database")
	os.mkdir(tmp_path / "two", 0o700)
	shutil.copy(f"{one.path}/symbolon.key", tmp_path / "two" / "symbolon.key")
	two = Site(tmp_path / "two", database=one.database).start(**one.place)
	admins = [one.admin, type(one.admin)(two, one.admin.headers)]
	content = os.urandom(3_000_000)
	made = upload(admins[0], "shared.bin", content, is_private=1)

	whole = admins[1]("GET", made["file_url"])
	assert (whole.content, whole.headers["ETag"]) == (content, admins[0]("GET", made["file_url"]).headers["ETag"])
	part = admins[1]("GET", made["file_url"], headers={"Range": "bytes=1000000-1999999"})
	assert (part.status_code, part.content) == (206, content[1_000_000:2_000_000])
	assert two.guest("GET", made["file_url"]).status_code == 403
	# The same bytes at the same time, on both: kept once, under one path.
	again = os.urandom(500_000)
	with concurrent.futures.ThreadPoolExecutor(8) as pool:
		files = list(pool.map(lambda n: upload(admins[n % 2], f"again-{n}.bin", again), range(8)))
	assert len({file["name"] for file in files}) == 8 and {file["content_hash"] for file in files} == {hashlib.sha256(again).hexdigest()}
	assert all(admin("GET", file["file_url"]).content == again for admin in admins for file in files)
	# Other bytes of one name have paths of their own.
	with concurrent.futures.ThreadPoolExecutor(8) as pool:
		files = list(pool.map(lambda n: upload(admins[n % 2], "same.bin", b"%d" % n), range(8)))
	assert len({file["file_url"] for file in files}) == 8
	assert all(admins[(n + 1) % 2]("GET", file["file_url"]).content == b"%d" % n for n, file in enumerate(files))

	assert admins[1]("DELETE", f"/api/resource/File/{made['name']}").status_code == 202
	assert admins[0]("GET", made["file_url"]).status_code == 403
	assert stored(one) == stored(two) == set()
	two.stop()
	one.stop()


def check_whole(site, caller):
	"""Every File has its bytes, and there are no others."""
	rows = caller("GET", "/api/resource/File", params={
		"fields": '["name","content_hash","file_url","file_size"]', "limit": 0, "filters": '[["is_folder","=",0]]'}).json()["data"]
	for row in rows:
		content = caller("GET", row["file_url"], params={"fid": row["name"]}).content
		assert hashlib.sha256(content).hexdigest() == row["content_hash"]
	return {row["content_hash"] for row in rows}


@pytest.mark.parametrize("place", ["directory", "database"])
@pytest.mark.parametrize("rounds", [50 if os.environ.get("SYMBOLON_TEST_LONG") else 3])
def test_kill_9_during_uploads(tmp_path, rounds, place):
	"""No file without its document after the sweep, no document without its file."""
	site = open_site(tmp_path / "site", place)
	caller = site.admin
	answered = set()

	def storm(number):
		for i in range(1000):
			content = os.urandom(200_000 + 17 * i)
			try:
				answer = caller("POST", UPLOAD, files={"file": (f"{number}-{i}.bin", content)})
			except OSError:
				return
			if answer.status_code == 200:
				answered.add(answer.json()["message"]["content_hash"])

	try:
		for round in range(rounds):
			before = len(answered)
			with concurrent.futures.ThreadPoolExecutor(4) as pool:
				storms = [pool.submit(storm, f"{round}-{i}") for i in range(4)]
				deadline = time.monotonic() + 20
				while len(answered) < before + 3 + round % 5 and time.monotonic() < deadline:
					time.sleep(0.002)  # pause: the kill falls anywhere in the storm
				site.kill()
				for one in storms:
					one.result()
			left = {name for name in stored(site) if not name.startswith(".")}
			site.start(**site.place)
			named = check_whole(site, caller)
			assert answered <= named
			there = named if place == "directory" else set()
			deadline = time.monotonic() + 20
			while stored(site) != there and time.monotonic() < deadline:
				time.sleep(0.01)  # pause: the sweep of the start, up to the deadline
			assert stored(site) == there, left - named
			assert not re.search("file-without-content", site.said)
		if place == "database":
			site.stop()
			assert list(contents(site)) == [named] * 2
	finally:
		site.kill()
