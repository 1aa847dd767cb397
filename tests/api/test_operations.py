"""What who runs a server sees and sets: numbers, listeners, the pages' directory, limits of the system, the man page."""

import os
import re
import shutil
import socket
import subprocess
import time

import pytest
import requests

from sites import PASSWORD, PROGRAM, ROOT, WHO_AM_I, Site, connect


# ---- numbers


class Numbers:
	"""What /metrics says, by name and labels."""

	def __init__(self, url):
		answer = requests.get(url, timeout=10)
		assert answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/plain")
		self.text = answer.text
		self.values = {name: int(value) for name, value in re.findall(r"^([^#\s]\S*) (\d+)$", answer.text, re.M)}

	def __getitem__(self, name):
		return self.values["symbolon_" + name]


@pytest.fixture
def counted(tmp_path):
	site = Site(tmp_path / "site").start("--server.admin_listen", "127.0.0.1:0", "--server.loops", "2")
	site.numbers = re.search(r"^metrics on (\S+)$", site.said, re.M).group(1)
	yield site
	site.stop()


def test_the_numbers_count_what_became_of_requests(counted):
	before = Numbers(counted.numbers)
	for _ in range(3):
		assert counted.admin("GET", WHO_AM_I).status_code == 200
	assert counted.who({"api_key": counted.pair[0], "api_secret": "wrong"}).status_code == 401
	counted.guest("GET", "/api/method/ping")
	after = Numbers(counted.numbers)
	grown = {outcome: after[f'auth_total{{outcome="{outcome}"}}'] - before[f'auth_total{{outcome="{outcome}"}}']
		for outcome in ("accepted", "refused", "guest", "throttled")}
	assert grown == {"accepted": 3, "refused": 1, "guest": 2, "throttled": 0}  # who asks for the numbers is a guest, too
	assert after['connections_total{outcome="accepted"}'] - before['connections_total{outcome="accepted"}'] >= 5
	assert after["keys"] == 1 and after["secrets"] == 1 and after["read_only"] == 0


def test_the_numbers_follow_keys_and_sessions(tmp_path):
	site = Site(tmp_path / "site").start("--server.admin_listen", "127.0.0.1:0", SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	url = re.search(r"^metrics on (\S+)$", site.said, re.M).group(1)
	before = Numbers(url)
	site.json("keys", "generate", "Administrator")
	session = site.login()
	during = Numbers(url)
	assert during["keys"] == before["keys"] + (0 if before["keys"] else 1) and during["sessions"] == before["sessions"] + 1
	session.post(site.url + "/api/method/logout", timeout=10)
	assert Numbers(url)["sessions"] == before["sessions"]
	site.stop()


def test_every_number_has_its_help_and_its_type(counted):
	told = {}
	for line in Numbers(counted.numbers).text.splitlines():
		if line.startswith("# "):
			_, sort, name, text = line.split(" ", 3)
			assert (sort, name) not in told, line
			told[sort, name] = text
		else:
			name = re.match(r"\w+", line).group()
			base = re.sub(r"_(bucket|sum|count)$", "", name)
			sorts = ("counter", "gauge") if base == name else ("histogram",)
			assert told["HELP", base] and told["TYPE", base] in sorts, line


def test_the_numbers_are_not_public(counted):
	answer = counted.guest("GET", "/metrics")
	assert answer.status_code == 404 and "symbolon_" not in answer.text


# ---- listeners


@pytest.mark.parametrize("address", ["localhost:0", "[::1]:0", "127.0.0.1:0"])
def test_listens_where_it_is_told(site, tmp_path, address):
	if address == "[::1]:0" and not os.path.exists("/proc/net/if_inet6"):
		pytest.skip("this machine has no IPv6")
	site.stop()
	site.start("--listen", address)
	urls = re.findall(r"^listening on (http\S+)$", site.said, re.M)
	assert len(urls) == 2
	for url in urls:
		assert requests.get(url + "/api/method/ping", timeout=10).json() == {"message": "pong"}


@pytest.mark.parametrize("address", ["nobody.invalid:0", "127.0.0.1", "127.0.0.1:70000", "127.0.0.1:x", "::1:80", "unix:"])
def test_an_address_that_is_none_is_named(tmp_path, address):
	said = Site(tmp_path / "site").run("serve", "--listen", address, exit=1).stderr
	assert address in said and "listen" in said


def test_without_descriptors_newcomers_are_told_and_the_others_go_on(site):
	old = connect(site)
	subprocess.run(["prlimit", "--pid", str(site.server.pid), "--nofile=40:40"], check=True)
	lines = [connect(site) for _ in range(60)]
	refused = [line for line in lines if first_line(line).startswith(b"HTTP/1.1 503 ")]
	assert refused
	assert site.wait_for(r"(no descriptor is left)")
	assert b"pong" in ping(old)
	for line in lines:
		line.close()
	deadline = time.monotonic() + 10
	while site.guest("GET", "/api/method/ping").status_code == 503:  # until the server has seen them go
		assert time.monotonic() < deadline
	assert site.guest("GET", "/api/method/ping").json() == {"message": "pong"}


def first_line(line):
	"""What a connection is told before it has said anything, if it is told at all."""
	line.settimeout(0.05)
	try:
		return line.recv(65536)
	except (socket.timeout, ConnectionError):
		return b""


def ping(line):
	line.sendall(b"GET /api/method/ping HTTP/1.1\r\nHost: x\r\n\r\n")
	return line.recv(65536)


# ---- pages from a directory


@pytest.fixture
def pages(tmp_path):
	directory = tmp_path / "ui"
	shutil.copytree(os.path.join(ROOT, "ui"), directory)
	site = Site(tmp_path / "site").start("--server.ui_dir", str(directory), SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	yield site, directory
	site.stop()


def test_pages_are_read_from_the_directory_as_they_are_now(pages):
	site, directory = pages
	assert site.guest("GET", "/login").status_code == 200
	page = directory / "login.html"
	page.write_text(page.read_text() + "<!-- changed -->")
	assert "<!-- changed -->" in site.guest("GET", "/login").text
	page.unlink()
	answer = site.guest("GET", "/login")
	assert answer.status_code == 404 and "no such file" in answer.text


@pytest.mark.parametrize("path", ["../site/symbolon.key", "%2e%2e/site/symbolon.key", "link", "nothing.js", ".hidden/../../x"])
def test_nothing_else_is_read_from_it(pages, path):
	site, directory = pages
	os.symlink(os.path.join(site.path, "symbolon.key"), directory / "link")
	request = requests.Request("GET", site.url).prepare()
	request.url = f"{site.url}/assets/{path}"
	answer = requests.Session().send(request, timeout=10)
	assert answer.status_code == 404 and "pepper" not in answer.text


# ---- the man page


def test_the_man_page_has_every_command_and_setting(tmp_path):
	done = subprocess.run([PROGRAM, "manual", os.path.join(ROOT, "man", "symbolon.1.in")], text=True, capture_output=True, check=True)
	page = done.stdout.replace("\\-", "-")
	told = subprocess.run([PROGRAM, "--help"], text=True, capture_output=True, check=True).stdout
	commands = re.findall(r"^  ([a-z-]+(?: [a-z-]+)?)", told, re.M)
	written = Site(tmp_path / "site").run("check-config").stdout
	settings = [f"[{room}] {name}" for room, names in re.findall(r"^(\w+) \{\n((?:\t.*\n)+)\}", written, re.M)
		for name in re.findall(r"^\t(\w+) =", names, re.M)]
	assert len(commands) > 10 and len(settings) > 30
	assert [name for name in commands if f"symbolon {name}" not in page] == []
	assert [name for name in settings if name not in page] == []
	assert "@COMMANDS@" not in page and "@SETTINGS@" not in page


def test_a_page_that_is_not_there_is_named():
	done = subprocess.run([PROGRAM, "manual", "/nowhere/page"], text=True, capture_output=True, check=False)
	assert done.returncode == 1 and "cannot read /nowhere/page" in done.stderr and done.stdout == ""


# ---- the data directory


def test_files_without_key_and_database_are_no_empty_directory(tmp_path):
	"""A first start there would sweep them: nothing knows them any more."""
	(tmp_path / "site" / "files").mkdir(parents=True)
	site = Site(tmp_path / "site")
	assert "symbolon.key is missing" in site.run("serve", "--listen", "127.0.0.1:0", exit=1).stderr
	assert os.listdir(site.path + "/files") == [] and "symbolon.key" not in os.listdir(site.path)
