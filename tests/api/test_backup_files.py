"""Backups with files: their bytes go along and come back, and what is damaged is refused."""

import os
import shutil

import pytest

from sites import PASSWORD, Site

UPLOAD = "/api/method/upload_file"


@pytest.fixture
def held(tmp_path):
	"""A site with a public and a private file, and what they hold."""
	site = Site(tmp_path / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	site.bytes = {}
	for name, content, private in (("open.txt", b"open to all", 0), ("closed.bin", os.urandom(700_000), 1)):
		site.bytes[upload(site.admin, name, content, private)["file_url"]] = content
	yield site
	site.stop()


def upload(caller, name, content, private=0):
	answer = caller("POST", UPLOAD, files={"file": (name, content)}, data={"is_private": private})
	assert answer.status_code == 200, answer.text
	return answer.json()["message"]


def hashes(path):
	return {name for name in os.listdir(path) if not name.startswith(".")}


def restored(file, path, like):
	site = Site(path)
	site.run("restore", str(file))
	site.admin = Site.with_token(site, dict(zip(("api_key", "api_secret"), like.pair)))
	return site.start()


@pytest.mark.sqlite
@pytest.mark.parametrize("running", [True, False])
def test_files_go_along_and_come_back(held, tmp_path, running):
	file = tmp_path / "backup.db"
	if not running:
		held.stop()
	assert held.run("backup", str(file)).stdout.splitlines() == [str(file), f"{file}.key", f"{file}.files"]
	assert os.stat(f"{file}.files").st_mode & 0o777 == 0o700
	assert hashes(f"{file}.files") == hashes(held.path + "/files")
	other = restored(file, tmp_path / "other", held)
	for url, content in held.bytes.items():
		assert other.admin("GET", url).content == content
	other.stop()
	assert "file-without-content" not in other.said


@pytest.mark.sqlite
def test_only_whole_files_of_ours_go_along(held, tmp_path):
	file = tmp_path / "backup.db"
	kept = hashes(held.path + "/files")
	os.symlink("/etc/hostname", held.path + "/files/" + "a" * 64)
	os.mkdir(held.path + "/files/" + "b" * 64)
	for name in (".new-1", "somebody-elses"):
		with open(f"{held.path}/files/{name}", "wb") as f:
			f.write(b"x")
	held.run("backup", str(file))
	assert set(os.listdir(f"{file}.files")) == kept


@pytest.mark.sqlite
def test_a_backup_without_files_has_no_directory_of_them(tmp_path):
	site = Site(tmp_path / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	file = tmp_path / "backup.db"
	assert site.run("backup", str(file)).stdout.splitlines() == [str(file), f"{file}.key"]
	site.stop()
	restored(file, tmp_path / "other", site).stop()


@pytest.mark.sqlite
def test_a_damaged_file_is_refused_and_makes_nothing(held, tmp_path):
	file = tmp_path / "backup.db"
	held.run("backup", str(file))
	damaged = f"{file}.files/" + min(hashes(f"{file}.files"))
	with open(damaged, "ab") as f:
		f.write(b"x")
	other = Site(tmp_path / "other")
	assert f"{damaged} is damaged" in other.run("restore", str(file), exit=1).stderr
	assert not os.path.exists(other.path + "/symbolon.db") and not os.path.exists(other.path + "/files")


@pytest.mark.sqlite
def test_files_that_are_there_are_not_overwritten(held, tmp_path):
	file = tmp_path / "backup.db"
	os.mkdir(f"{file}.files")
	assert f"{file}.files is there already" in held.run("backup", str(file), exit=1).stderr
	assert not os.path.exists(file) and os.listdir(f"{file}.files") == []


@pytest.mark.sqlite
def test_a_backup_that_fails_takes_its_files_away(held, tmp_path):
	held.run("backup", str(tmp_path / "no" / "such" / "backup.db"), exit=1)
	held.stop()
	os.rename(held.path + "/symbolon.db", held.path + "/away")
	file = tmp_path / "backup.db"
	held.run("backup", str(file), exit=1)
	assert not [name for name in os.listdir(tmp_path) if name.startswith("backup")]
	os.rename(held.path + "/away", held.path + "/symbolon.db")


@pytest.mark.sqlite
def test_a_backup_without_its_files_is_not_restored_unseen(held, tmp_path):
	file = tmp_path / "backup.db"
	held.run("backup", str(file))
	os.rename(f"{file}.files", tmp_path / "elsewhere")
	other = Site(tmp_path / "other")
	refused = other.run("restore", str(file), exit=1).stderr
	assert "backup.db.files is missing" in refused and "names 2 files" in refused
	assert not os.path.exists(f"{other.path}/symbolon.db")

	os.mkdir(f"{file}.files")  # they are lost, and that is known
	gone = next(iter(hashes(tmp_path / "elsewhere")))
	for name in hashes(tmp_path / "elsewhere") - {gone}:
		os.link(tmp_path / "elsewhere" / name, f"{file}.files/{name}")
	assert "1 files that the database names are not in" in other.run("restore", str(file)).stderr
	other.start()
	found = [other.with_token(dict(zip(("api_key", "api_secret"), held.pair)))("GET", url).status_code for url in held.bytes]
	assert sorted(found) == [200, 404]
	other.stop()


@pytest.mark.sqlite
def test_files_that_are_there_already_are_not_missed(held, tmp_path):
	file = tmp_path / "backup.db"
	held.run("backup", str(file))
	os.makedirs(tmp_path / "other", mode=0o700)
	os.rename(f"{file}.files", tmp_path / "other" / "files")
	shutil.copy(f"{file}.key", tmp_path / "other" / "symbolon.key")
	assert Site(tmp_path / "other").run("restore", str(file)).stderr == ""
