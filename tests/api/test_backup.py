"""Backup and restore, on a running and on a stopped site; updates make a backup first; a first start that did not end."""

import os
import re
import shutil
import socket
import sqlite3

import pytest

from sites import GENERATE, PASSWORD, ROOT, Site


@pytest.fixture(params=["running", "stopped"])
def either(request, tmp_path):
	"""A site with a to-do, a user with a password and a pair, and a DocType of its own."""
	made = Site(tmp_path / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	fill(made)
	if request.param == "stopped":
		made.stop()
	yield made
	made.stop()


def fill(site):
	doctype = {"name": "Coin", "module": "Custom", "custom": 1, "fields": [{"fieldname": "metal", "fieldtype": "Data", "label": "Metal"}],
		"permissions": [{"role": "System Manager", "read": 1, "write": 1, "create": 1}]}
	for path, body in [
		("/api/resource/ToDo", {"description": "remember"}),
		("/api/resource/User", {"email": "ada@example.com", "first_name": "Ada", "send_welcome_email": 0, "new_password": "Gr4nite-Ada-Qz82"}),
		("/api/resource/DocType", doctype),
		("/api/resource/Coin", {"metal": "silver"}),
	]:
		answer = site.admin("POST", path, json=body)
		assert answer.status_code == 200, answer.text
	site.ada = site.admin("POST", GENERATE, json={"user": "ada@example.com"}).json()["message"]


def check(site, ada):
	"""All that fill() has made is there."""
	assert site.who(ada).json() == {"message": "ada@example.com"}
	assert site.admin("GET", '/api/resource/ToDo?fields=["description"]').json()["data"] == [{"description": "remember"}]
	assert site.admin("GET", '/api/resource/Coin?fields=["metal"]').json()["data"] == [{"metal": "silver"}]
	site.login("ada@example.com", "Gr4nite-Ada-Qz82")
	site.login()


def restored(file, path, like):
	site = Site(path)
	site.run("restore", str(file))
	site.admin = Site.with_token(site, dict(zip(("api_key", "api_secret"), like.pair)))
	return site.start()


def test_a_backup_holds_everything_and_its_key_file(either, tmp_path):
	file = tmp_path / "backup.db"
	assert either.run("backup", str(file)).stdout.splitlines() == [str(file), f"{file}.key"]
	for name in (file, f"{file}.key"):
		assert os.stat(name).st_mode & 0o777 == 0o600
	with open(f"{file}.key", "rb") as copy, open(either.path + "/symbolon.key", "rb") as key:
		assert copy.read() == key.read()
	other = restored(file, tmp_path / "other", either)
	check(other, either.ada)
	other.stop()
	assert [name for name in os.listdir(either.path) if name.startswith("backup")] == []


def test_a_backup_is_of_one_moment_while_others_write(tmp_path):
	site = Site(tmp_path / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	before = site.admin("POST", "/api/resource/ToDo", json={"description": "before"}).json()["data"]["name"]
	site.run("backup", str(tmp_path / "backup.db"))
	after = site.admin("POST", "/api/resource/ToDo", json={"description": "after"}).json()["data"]["name"]
	other = restored(tmp_path / "backup.db", tmp_path / "other", site)
	assert other.admin("GET", f"/api/resource/ToDo/{before}").status_code == 200
	assert other.admin("GET", f"/api/resource/ToDo/{after}").status_code == 404
	other.stop()
	site.stop()


def test_nothing_is_overwritten(either, tmp_path):
	file = tmp_path / "backup.db"
	either.run("backup", str(file))
	assert str(file) in either.run("backup", str(file), exit=1).stderr
	os.rename(file, tmp_path / "away.db")
	assert str(file) in either.run("backup", str(file), exit=1).stderr  # its key file is still there
	assert not os.path.exists(file)
	os.rename(tmp_path / "away.db", file)
	said = either.run("restore", str(file), exit=1).stderr
	assert "move" in said or "in use" in said or "process" in said
	if either.server is None:
		either.start()
	check(either, either.ada)


def test_a_backup_that_cannot_be_written_leaves_nothing(either, tmp_path):
	said = either.run("backup", str(tmp_path / "no" / "such" / "backup.db"), exit=1).stderr
	assert "no/such" in said
	assert [name for name in os.listdir(either.path) if name.startswith("backup")] == []
	assert not [name for name in os.listdir(tmp_path) if "backup" in name]


def spoil(path, at, size):
	with open(path, "r+b") as f:
		f.seek(at)
		f.write(os.urandom(size))


@pytest.mark.parametrize("damage", [
	lambda file: spoil(file, 0, 100),
	lambda file: spoil(file, 8192, os.path.getsize(file) // 2),
	lambda file: os.truncate(file, os.path.getsize(file) // 2),
	lambda file: os.truncate(file, 0),
	lambda file: os.remove(file),
	lambda file: os.remove(file + ".key"),
	lambda file: os.truncate(file + ".key", 10),
	lambda file: os.chmod(file + ".key", 0o644),
	lambda file: shutil.copy(os.path.dirname(file) + "/other/symbolon.key", file + ".key"),
	lambda file: open(file + "-wal", "wb").write(b"x"),
], ids=["header", "pages", "half", "empty", "gone", "no key", "half a key", "an open key", "another key", "a log beside it"])
def test_a_damaged_backup_is_refused_and_makes_nothing(tmp_path, damage):
	site = Site(tmp_path / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	file = str(tmp_path / "backup.db")
	site.run("backup", file)
	site.stop()
	Site(tmp_path / "other").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD).stop()
	damage(file)
	empty = Site(tmp_path / "empty")
	said = empty.run("restore", file, exit=1).stderr
	assert file in said, said
	assert not os.path.exists(empty.path) or set(os.listdir(empty.path)) <= {"lock"}


def test_a_restore_into_a_first_start_that_did_not_end_stays(either, tmp_path):
	file = tmp_path / "backup.db"
	either.run("backup", str(file))
	half = tmp_path / "half"
	half.mkdir()
	for name in ("first-start", "symbolon.key", "symbolon.db"):
		(half / name).write_text("")
	other = restored(file, half, either)
	check(other, either.ada)
	other.stop()
	other.start()
	check(other, either.ada)
	other.stop()


# --- updates


def before_the_first_migration(database):
	tables = [row[0] for row in database.execute("SELECT name FROM sqlite_schema WHERE type = 'table' AND (name NOT LIKE 'tab%' OR name IN ('tabAPI Key', 'tabAPI Key Scope', 'tabAudit Log'))")]
	for table in tables:
		database.execute(f"DROP TABLE \"{table}\"")


def with_an_older_doctype(database):
	database.execute("UPDATE shipped SET checksum = 'x' WHERE name LIKE '%todo.tsv'")


@pytest.mark.parametrize("age", [before_the_first_migration, with_an_older_doctype])
def test_an_update_makes_a_backup_first(tmp_path, age):
	site = Site(tmp_path / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	fill(site)
	site.stop()
	with sqlite3.connect(site.path + "/symbolon.db") as database:
		age(database)
	database.close()
	site.start()
	made = [name for name in os.listdir(site.path) if name.startswith("backup-before-")]
	assert len(made) == 1 and site.wait_for(r"before the update is in \S*/(backup-before-\S+\.db)") == made[0]
	assert os.stat(f"{site.path}/{made[0]}").st_mode & 0o777 == 0o600
	with sqlite3.connect(f"file:{site.path}/{made[0]}?immutable=1", uri=True) as copy:
		assert copy.execute("SELECT description FROM tabToDo").fetchall() == [("remember",)]
		old = {row[0] for row in copy.execute("SELECT name FROM sqlite_schema")}
	copy.close()
	assert ("migration" in old) == (age is with_an_older_doctype)
	site.stop()
	site.start()
	assert [name for name in os.listdir(site.path) if name.startswith("backup-before-")] == made
	site.stop()


def test_an_update_whose_backup_fails_does_not_begin(tmp_path):
	site = Site(tmp_path / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	site.stop()
	with sqlite3.connect(site.path + "/symbolon.db") as database:
		with_an_older_doctype(database)
	database.close()
	newest = sorted(name[:4] for name in os.listdir(ROOT + "/sql") if name.endswith(".sql"))[-1]
	for i in range(1, 101):
		os.mkdir(f"{site.path}/backup-before-{newest}{'' if i == 1 else f'-{i}'}.db")
	assert "backup-before" in site.run("serve", "--listen", "127.0.0.1:0", exit=1).stderr
	with sqlite3.connect(site.path + "/symbolon.db") as database:
		assert database.execute("SELECT checksum FROM shipped WHERE name LIKE '%todo.tsv'").fetchone() == ("x",)
	database.close()


# --- first starts that do not end


def password_of(said):
	return re.search(r"^  Password  (\S+)", said, re.M).group(1)


def test_a_first_start_on_a_taken_address_loses_no_password(tmp_path):
	site = Site(tmp_path / "site")
	with socket.create_server(("127.0.0.1", 0)) as taken:
		said = site.run("serve", "--listen", f"127.0.0.1:{taken.getsockname()[1]}", exit=1).stderr
	assert "Password" not in said
	site.start()
	site.login("Administrator", password_of(site.said))
	site.stop()


def test_a_first_start_that_was_killed_before_it_spoke_is_begun_again(tmp_path):
	"""Killed at every moment, until one start has told its password: that one works."""
	site = Site(tmp_path / "site")
	for attempt in range(100):
		site.start_killed_after(attempt * 0.015)
		if "Password" in site.said:
			break
	told = site.said
	site.start()
	if "Password" in site.said:  # it had been told, but nobody was served yet
		told = site.said
	site.login("Administrator", password_of(told))
	assert site.who(dict(zip(("api_key", "api_secret"), re.search(r"token (\w+):(\w+)'", told).groups()))).status_code == 200
	site.stop()


def test_commands_leave_a_first_start_that_did_not_end_alone(tmp_path):
	site = Site(tmp_path / "site")
	os.mkdir(site.path)
	open(site.path + "/first-start", "w", encoding="utf-8").close()
	assert "symbolon serve" in site.run("keys", "list", exit=1).stderr
	assert set(os.listdir(site.path)) <= {"first-start", "lock"}
	site.start()
	assert "Password" in site.said and not os.path.exists(site.path + "/first-start")
	site.stop()
