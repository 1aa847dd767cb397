"""A server that is killed, and a disk that is full: what was acknowledged stays, over HTTP (DESIGN.md 4)."""

import http.client
import json
import os
import random
import resource
import shutil
import subprocess
import threading

import pytest

from sites import GENERATE, PASSWORD, Site, is_instrumented

KILLS = 10 if is_instrumented() else 50
WRITERS, HOLDERS = 4, 3
LOST = (OSError, http.client.HTTPException)
REVOKE = {"enabled": 0}
ADMIT = {"enabled": 1}


class Line:
	"""One keep-alive connection; an answer that does not come raises one of LOST."""

	def __init__(self, site, pair):
		self.http = http.client.HTTPConnection(site.url.removeprefix("http://"), timeout=30)
		self.fields = {"Authorization": "token {api_key}:{api_secret}".format(**pair), "Content-Type": "application/json"}

	def __call__(self, verb, path, body=None):
		self.http.request(verb, path, None if body is None else json.dumps(body), self.fields)
		answer = self.http.getresponse()
		return answer.status, answer.read()


class Writer:
	"""Inserts to-dos, and knows which ones the server said it has."""

	def __init__(self, number, told):
		self.number = number
		self.told = told  # a semaphore
		self.next = 0
		self.acknowledged = []

	def storm(self, line):
		while True:
			text = f"{self.number}-{self.next}"
			self.next += 1
			status, body = line("POST", "/api/resource/ToDo", {"description": text})
			assert status == 200, body
			self.acknowledged.append((json.loads(body)["data"]["name"], text))
			self.told.release()


class Holder:
	"""A user whose keys are made, replaced and revoked, and what the server must say to each of them."""

	def __init__(self, site, number):
		self.user = f"holder{number}@example.com"
		body = {"email": self.user, "first_name": "Holder", "send_welcome_email": 0}
		assert site.admin("POST", "/api/resource/User", json=body).status_code == 200
		self.pair = None  # the last that was acknowledged
		self.ended = []  # pairs that an acknowledged answer has ended
		self.is_enabled = True
		self.under_way = None  # what was asked and not answered

	def ask(self, line, what, verb, path, body):
		self.under_way = what
		status, text = line(verb, path, body)
		assert status == 200, text
		self.under_way = None
		return json.loads(text)

	def storm(self, line):
		while True:
			made = self.ask(line, "rotate", "POST", GENERATE, {"user": self.user})["message"]
			if self.pair:
				self.ended.append(self.pair)
			self.pair = made
			self.is_enabled = self.switch(line, False) if random.random() < 0.3 else self.is_enabled
			if not self.is_enabled:
				self.is_enabled = self.switch(line, True)

	def switch(self, line, on):
		path = f"/api/resource/User/{self.user}"
		self.ask(line, "switch", "PUT", path, ADMIT if on else REVOKE)
		return on

	def check(self, site, ended):
		"""Every acknowledged answer holds; what was under way went one way or the other."""
		for pair in ended:
			assert site.who(pair).status_code == 401
		status = site.who(self.pair).status_code if self.pair else None
		if self.pair and self.under_way is None:
			assert status == (200 if self.is_enabled else 401), (self.user, self.is_enabled)
		elif self.pair:
			assert status in (200, 401)
		if self.under_way == "rotate" and self.pair and status == 401 and self.is_enabled:
			self.ended.append(self.pair)
			self.pair = None
		if self.under_way == "switch":
			stored = site.admin("GET", f"/api/resource/User/{self.user}").json()["data"]
			self.is_enabled = stored["enabled"] == 1
			assert status == (200 if self.is_enabled else 401)
		self.under_way = None


def storm_until_killed(site, workers, pair, told, acknowledgements):
	failures = []

	def work(worker):
		try:
			worker.storm(Line(site, pair))
		except LOST:
			pass
		except Exception as failure:  # an answer that is wrong, not one that is missing
			failures.append(repr(failure))

	threads = [threading.Thread(target=work, args=(worker,)) for worker in workers]
	for thread in threads:
		thread.start()
	for _ in range(acknowledgements):
		told.acquire(timeout=10)
	site.kill()
	for thread in threads:
		thread.join()
	assert not failures


def stored_todos(site):
	"""All of them, in pages that need no room on the disk (an answer of 1 MiB and more does)."""
	path = '/api/resource/ToDo?fields=["name","description"]&order_by=name&limit_page_length=40&limit_start='
	stored = {}
	while page := site.admin("GET", f"{path}{len(stored)}").json()["data"]:
		stored.update((row["name"], row["description"]) for row in page)
	return stored


def test_a_server_that_is_killed_in_a_storm_of_writes_loses_nothing(tmp_path):
	site = Site(tmp_path / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	pair = dict(zip(("api_key", "api_secret"), site.pair))
	told = threading.Semaphore(0)
	writers = [Writer(number, told) for number in range(WRITERS)]
	holders = [Holder(site, number) for number in range(HOLDERS)]

	for _ in range(KILLS):
		known = [len(writer.acknowledged) for writer in writers]
		storm_until_killed(site, writers + holders, pair, told, random.randint(5, 100))
		site.start()
		assert site.who(pair).status_code == 200
		for holder in holders:
			holder.check(site, holder.ended[-3:])
		for writer, already in zip(writers, known):
			for name, text in writer.acknowledged[already:][-3:]:
				answer = site.admin("GET", f"/api/resource/ToDo/{name}")
				assert answer.status_code == 200 and answer.json()["data"]["description"] == text

	stored = stored_todos(site)
	acknowledged = [entry for writer in writers for entry in writer.acknowledged]
	assert len(acknowledged) > 5 * KILLS
	assert [entry for entry in acknowledged if stored.get(entry[0]) != entry[1]] == []
	for holder in holders:
		holder.check(site, holder.ended[:90])
	site.stop()


class LimitedFiles:
	"""Files that may not be written beyond their first page: works everywhere, and no write succeeds."""

	def __init__(self, site):
		self.site = site
		site.start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)

	def limit(self, size):
		resource.prlimit(self.site.server.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

	def fill(self):
		self.limit(4096)

	def heal(self):
		self.limit(resource.RLIM_INFINITY)

	def remove(self):
		self.site.kill()


class SmallDisk:
	"""A file system of its own with hardly any room: writes succeed until it is full, and now and then later."""

	def __init__(self, site):
		self.site = site
		os.mkdir(site.path)
		done = subprocess.run(
			["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", site.path], capture_output=True, text=True, check=False
		)
		if done.returncode != 0:
			pytest.skip("needs the right to mount (limited files are tested everywhere): " + done.stderr.strip())
		site.start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)

	def fill(self):
		with open(self.site.path + "/filler", "wb", buffering=0) as f:
			while shutil.disk_usage(self.site.path).free > 300_000:
				f.write(bytes(65536))

	def heal(self):
		os.remove(self.site.path + "/filler")

	def remove(self):
		self.site.kill()
		subprocess.run(["umount", self.site.path], check=True)


@pytest.fixture(params=[LimitedFiles, SmallDisk])
def disk(request, tmp_path):
	made = request.param(Site(tmp_path / "site"))
	yield made
	made.remove()


def is_taken(answer):
	"""Was the write acknowledged? If not, the answer is the one for a full disk."""
	if answer.status_code == 200:
		return True
	assert answer.status_code == 503 and int(answer.headers["Retry-After"]) > 0, answer.text
	assert answer.json()["exc_type"] and "disk" in answer.text and "/site" not in answer.text
	return False


def insert_until_refused(site, stored):
	for _ in range(1000):
		body = {"description": "x" * 20_000}
		answer = site.admin("POST", "/api/resource/ToDo", json=body)
		if not is_taken(answer):
			return
		stored[answer.json()["data"]["name"]] = body["description"]
	raise AssertionError("the disk is not full")


@pytest.mark.sqlite
def test_a_full_disk_refuses_writes_and_nothing_else(disk):
	site = disk.site
	pair = dict(zip(("api_key", "api_secret"), site.pair))
	stored = {site.admin("POST", "/api/resource/ToDo", json={"description": "before"}).json()["data"]["name"]: "before"}
	name = next(iter(stored))
	disk.fill()
	for attempt in range(10):
		insert_until_refused(site, stored)
		if is_taken(site.admin("PUT", f"/api/resource/ToDo/{name}", json={"description": f"{attempt}"})):
			stored[name] = f"{attempt}"
		assert site.admin("GET", f"/api/resource/ToDo/{name}").json()["data"]["description"] == stored[name]
		assert site.who(pair).status_code == 200
		assert site.who({**pair, "api_secret": "0123456789abcde"}).status_code == 401
		assert site.guest("GET", "/healthz").status_code == 200
	assert stored_todos(site) == stored

	disk.heal()
	again = site.admin("POST", "/api/resource/ToDo", json={"description": "again"})
	assert again.status_code == 200, again.text
	stored[again.json()["data"]["name"]] = "again"
	assert stored_todos(site) == stored
	site.kill()
	site.start()
	assert stored_todos(site) == stored


@pytest.mark.sqlite
def test_a_list_of_less_than_a_mebibyte_needs_no_disk(disk):
	site = disk.site
	for _ in range(30):
		site.admin("POST", "/api/resource/ToDo", json={"description": "x" * 20_000}).raise_for_status()
	path = '/api/resource/ToDo?fields=["description"]&limit_page_length=30&order_by=name'
	before = site.admin("GET", path)
	assert 600_000 < len(before.content) < 1_000_000
	disk.fill()
	insert_until_refused(site, {})
	assert site.admin("GET", path).content == before.content


@pytest.mark.sqlite
def test_a_key_is_replaced_on_a_full_disk_or_stays_as_it_is(disk):
	site = disk.site
	site.admin("POST", "/api/resource/User", json={"email": "ada@example.com", "first_name": "Ada", "send_welcome_email": 0})
	pair = site.admin("POST", GENERATE, json={"user": "ada@example.com"}).json()["message"]
	disk.fill()
	for _ in range(10):
		insert_until_refused(site, {})
		answer = site.admin("POST", GENERATE, json={"user": "ada@example.com"})
		if is_taken(answer):
			assert site.who(pair).status_code == 401
			pair = answer.json()["message"]
		assert site.who(pair).status_code == 200
	disk.heal()
	new = site.admin("POST", GENERATE, json={"user": "ada@example.com"}).json()["message"]
	assert (site.who(pair).status_code, site.who(new).status_code) == (401, 200)


@pytest.mark.sqlite
def test_a_doctype_that_a_full_disk_refused_does_not_exist(disk):
	site = disk.site
	doctype = {"name": "Coin", "module": "Custom", "custom": 1, "fields": [{"fieldname": "metal", "fieldtype": "Data", "label": "Metal"}],
		"permissions": [{"role": "System Manager", "read": 1, "write": 1, "create": 1}]}
	disk.fill()
	insert_until_refused(site, {})
	made = is_taken(site.admin("POST", "/api/resource/DocType", json=doctype))
	assert site.admin("GET", "/api/resource/Coin").status_code == (200 if made else 404)
	disk.heal()
	if not made:
		assert site.admin("POST", "/api/resource/DocType", json=doctype).status_code == 200
	assert site.admin("POST", "/api/resource/Coin", json={"metal": "silver"}).status_code == 200


@pytest.mark.sqlite
def test_a_backup_on_a_full_disk_fails_and_leaves_nothing(disk, tmp_path):
	site = disk.site
	disk.fill()
	assert "disk" in site.run("backup", str(tmp_path / "backup.db"), exit=1).stderr
	assert not [name for name in os.listdir(site.path) if name.startswith("backup")]
	disk.heal()
	site.run("backup", str(tmp_path / "backup.db"))
	other = Site(tmp_path / "other")
	other.run("restore", str(tmp_path / "backup.db"))
