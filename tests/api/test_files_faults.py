"""Uploads onto a disk that is full half-way: refused whole, nothing is left of them, and what was there is read."""

import os

import pytest

from sites import Site
from test_faults import LimitedFiles, SmallDisk

UPLOAD = "/api/method/upload_file"
SIZES = [100_000, 600_000, 3_000_000]  # in memory, one piece, several pieces
IN_DATABASE = [100_000, 400_000, 1_000_000]  # the file, its journal and its way out share a disk


@pytest.fixture(params=["no", "yes"])
def in_database(request, monkeypatch):
	monkeypatch.setenv("SYMBOLON_FILES_IN_DATABASE", request.param)
	return request.param == "yes"


@pytest.fixture(params=[LimitedFiles, SmallDisk])
def disk(request, tmp_path, in_database):
	made = request.param(Site(tmp_path / "site"))
	made.in_database = in_database
	made.sizes = IN_DATABASE if in_database else SIZES
	yield made
	made.remove()


def upload(site, name, content):
	return site.admin("POST", UPLOAD, files={"file": (name, content)})


def stored(site):
	return set(os.listdir(site.path + "/files"))


def test_a_full_disk_refuses_uploads_and_keeps_what_it_has(disk):
	site = disk.site
	kept = {}
	for size in disk.sizes:
		content = os.urandom(size)
		kept[upload(site, f"kept-{size}.bin", content).json()["message"]["file_url"]] = content
	before = stored(site)
	disk.fill()
	for size in disk.sizes[1:]:
		answer = upload(site, f"refused-{size}.bin", os.urandom(size))
		assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0, answer.text
		assert answer.json()["exc_type"] and site.path not in answer.text
		assert stored(site) == before
		for url, content in kept.items():
			back = site.admin("GET", url)
			# What comes from the database needs room on its way.
			assert back.content == content or disk.in_database and back.status_code == 503 and int(back.headers["Retry-After"]) > 0
	disk.heal()
	again = os.urandom(disk.sizes[-1])
	made = upload(site, "again.bin", again).json()["message"]
	assert site.admin("GET", made["file_url"]).content == again
	assert stored(site) == (before if disk.in_database else before | {made["content_hash"]})
	for url, content in kept.items():
		assert site.admin("GET", url).content == content
	names = site.admin("GET", '/api/resource/File?fields=["file_name"]&filters=[["is_folder","=",0]]&limit=0').json()["data"]
	assert sorted(row["file_name"] for row in names) == sorted(["again.bin", *(f"kept-{size}.bin" for size in disk.sizes)])
