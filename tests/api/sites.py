"""What every test over HTTP stands on: a data directory, the server on it while there is one, and callers."""

import contextlib
import itertools
import json
import os
import re
import socket
import sqlite3
import subprocess
import time

import requests

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("SYMBOLON", os.path.join(ROOT, "build", "release", "symbolon"))
PASSWORD = "Gr4nite-Admin-Qz11"
GENERATE = "/api/method/frappe.core.doctype.user.user.generate_keys"
WHO_AM_I = "/api/method/frappe.auth.get_logged_user"
# The URL of a PostgreSQL with {} for the name of a database (tools/with-postgres), or empty: SQLite.
DATABASE = os.environ.get("SYMBOLON_TEST_DATABASE", "")
NUMBERS = itertools.count(1)


def is_instrumented():
	"""Was the program built with a sanitizer or for coverage? It is slow then."""
	with open(PROGRAM, "rb") as f:
		text = f.read()
	return any(mark in text for mark in (b"__asan_init", b"__tsan_init", b"__gcov_"))


def sql(url, statement):
	"""Asks a PostgreSQL something as its owner does; the rows as text."""
	done = subprocess.run(
		["psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement, url], text=True,
		capture_output=True, check=False,
	)
	assert done.returncode == 0, done.stderr
	return done.stdout.splitlines()


def new_database():
	"""The URL of an empty database of its own; empty where sites live in files."""
	if not DATABASE:
		return ""
	name = f"site_{os.getpid()}_{next(NUMBERS)}"
	sql(DATABASE.format("postgres"), f"CREATE DATABASE {name}")
	return DATABASE.format(name)


def one_day(seconds=120):
	"""Waits over midnight (UTC) where it is so near that a test that speaks of today would see two of them."""
	left = 86400 - time.time() % 86400
	if left < seconds:
		time.sleep(left + 1)  # pause: until the next day has begun


class Caller:
	"""Sends every request with the same fields."""

	def __init__(self, site, headers=None):
		self.site = site
		self.headers = headers or {}

	def __call__(self, verb, path, headers=None, **kwargs):
		return requests.request(
			verb, self.site.url + path, headers={**self.headers, **(headers or {})},
			**{"timeout": 30, "allow_redirects": False, **kwargs},
		)

	def call(self, method, **arguments):
		"""The message of a remote call that must succeed."""
		answer = self("POST", f"/api/method/{method}", json=arguments)
		assert answer.status_code == 200, answer.text
		return answer.json()["message"]


class Site:
	"""A data directory, the server on it while there is one, and the command line for both."""

	def __init__(self, path, database=None):
		self.path = str(path)
		self.database = new_database() if database is None else database
		self.server = None
		self.url = None
		self.said = ""  # what the server wrote since its last start
		self.pair = None  # Administrator's (key, secret), if this start printed them
		self.guest = Caller(self)
		self.admin = None

	def start(self, *args, **env):
		"""Serves on a port of its own; waits until the server listens."""
		with open(f"{self.path}.log", "w", encoding="utf-8") as log:
			self.server = subprocess.Popen(
				[PROGRAM, "serve", "--data", self.path, "--listen", "127.0.0.1:0", *args],
				stderr=log, env=self.environment(env),
			)
		self.url = self.wait_for(r"^listening on (https?://\S+)$")
		printed = re.search(r"token (\w+):(\w+)'", self.said)
		if printed:
			self.pair = printed.groups()
			self.admin = self.with_token({"api_key": self.pair[0], "api_secret": self.pair[1]})
		return self

	def start_killed_after(self, seconds):
		"""Begins to serve and is killed, perhaps before it listens."""
		with open(f"{self.path}.log", "w", encoding="utf-8") as log:
			with subprocess.Popen([PROGRAM, "serve", "--data", self.path, "--listen", "127.0.0.1:0"], stderr=log,
				env=self.environment({})) as server:
				time.sleep(seconds)  # pause: the kill falls anywhere in the first start
				server.kill()
		with open(f"{self.path}.log", encoding="utf-8") as f:
			self.said = f.read()

	def environment(self, more):
		"""What the program finds: the site's database, and what a test adds."""
		own = {name: value for name, value in os.environ.items() if not name.startswith("SYMBOLON_TEST_")}
		if self.database:
			own["SYMBOLON_DATABASE_URL"] = self.database
		return {**own, **more}

	def wait_for(self, pattern):
		"""The first group of pattern in what the server says, as soon as it is there."""
		deadline = time.monotonic() + 30
		while time.monotonic() < deadline:
			with open(f"{self.path}.log", encoding="utf-8") as f:
				self.said = f.read()
			found = re.search(pattern, self.said, re.M)
			if found:
				return found.group(1)
			assert self.server.poll() is None, self.said
			time.sleep(0.01)  # pause: looks again, up to the deadline
		raise AssertionError(f"{pattern} is not in: {self.said}")

	def stop(self):
		"""Ends the server as an operator does; it must end well."""
		if self.server is not None:
			self.server.terminate()
			assert self.server.wait(40) == 0
			self.server = None

	def kill(self):
		if self.server is not None:
			self.server.kill()
			self.server.wait()
			self.server = None

	def run(self, *args, stdin="", exit=0, **env):
		done = subprocess.run(
			[PROGRAM, *args, "--data", self.path], input=stdin, text=True, capture_output=True,
			timeout=60, check=False, env=self.environment(env),
		)
		assert done.returncode == exit, done.stderr + done.stdout
		return done

	def json(self, *args, **kwargs):
		return json.loads(self.run(*args, "--output", "json", **kwargs).stdout)

	def tell_database(self, statement):
		"""Writes to the database what no request could, such as a time long ago; the server must not run."""
		if self.database:
			sql(self.database, statement.replace("`", '"'))
			return
		with contextlib.closing(sqlite3.connect(self.path + "/symbolon.db")) as database, database:
			database.execute(statement)

	def with_token(self, pair):
		return Caller(self, {"Authorization": f"token {pair['api_key']}:{pair['api_secret']}"})

	def who(self, pair):
		return self.with_token(pair)("GET", WHO_AM_I)

	def login(self, usr="Administrator", pwd=PASSWORD):
		"""A session of cookies."""
		session = requests.Session()
		answer = session.post(self.url + "/api/method/login", json={"usr": usr, "pwd": pwd}, timeout=30)
		assert answer.status_code == 200, answer.text
		return session


class Answer:
	"""A response as it came over the wire."""

	def __init__(self, status, headers, body):
		self.status = status
		self.headers = headers
		self.body = body
		self.text = body.decode()

	def json(self):
		return json.loads(self.body)


def connect(site):
	"""A plain connection to the server."""
	host, port = site.url.split("://")[1].split(":")
	return socket.create_connection((host, int(port)), timeout=20)


def send(site, request_bytes):
	"""Sends bytes as they are, and returns all that comes until the server closes."""
	got = b""
	with connect(site) as line:
		line.sendall(request_bytes)
		while piece := line.recv(65536):
			got += piece
	return got


def answers(got):
	"""Takes responses apart, of which each has its length."""
	all_of_them = []
	while got:
		head, _, rest = got.partition(b"\r\n\r\n")
		lines = head.decode("latin-1").split("\r\n")
		headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines[1:])}
		length = int(headers["content-length"])
		assert len(rest) >= length and lines[0].startswith("HTTP/1.1 "), got
		all_of_them.append(Answer(int(lines[0].split()[1]), headers, rest[:length]))
		got = rest[length:]
	return all_of_them
