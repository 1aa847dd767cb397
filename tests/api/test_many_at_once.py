"""Connections that are heard in one turn of a loop: each gets its own answers, whole and in their order."""

import itertools
import random
import socket

import pytest

from sites import PASSWORD, Site, answers

CONNECTIONS = 100
NUMBERS = itertools.count(1)
NOTES = []  # their names, from small to large


@pytest.fixture(scope="module")
def one_loop(tmp_path_factory):
	"""All connections share a loop."""
	made = Site(tmp_path_factory.mktemp("one") / "site").start("--server.loops", "1", SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	for size in (10, 3_000, 30_000, 300_000):
		answer = made.admin("POST", "/api/resource/Note", json={"title": f"of {size}", "content": "x" * size, "public": 1})
		NOTES.append(answer.json()["data"]["name"])
	yield made
	made.stop()


class Line:
	"""A connection that knows what it has asked."""

	def __init__(self, site):
		self.site = site
		self.line = socket.create_connection(tuple(site.url.split("://")[1].split(":")), timeout=30)
		self.asked = []

	def ask(self, path, status, says, verb="GET", last=False):
		mark = f"m-{next(NUMBERS)}"
		self.asked.append((mark, status, says))
		end = "Connection: close\r\n" if last else ""
		return (f"{verb} {path} HTTP/1.1\r\nHost: a.example\r\nX-Frappe-Request-Id: {mark}\r\n{end}"
			f"Authorization: token {':'.join(self.site.pair)}\r\n\r\n")

	def take(self):
		"""Reads all that was asked for; nothing more may come."""
		got = b""
		while self.line is not None and self.asked:
			piece = self.line.recv(1 << 20)
			got += piece
			if not piece or is_whole(got, len(self.asked)):
				break
		told = answers(got)
		assert [(a.headers["x-frappe-request-id"], a.status) for a in told] == [asked[:2] for asked in self.asked]
		for answer, (_, _, says) in zip(told, self.asked):
			assert says in answer.text
		self.asked = []


def is_whole(got, number):
	for _ in range(number):
		head, end, rest = got.partition(b"\r\n\r\n")
		length = [line for line in head.split(b"\r\n") if line.lower().startswith(b"content-length: ")]
		if not end or len(rest) < int(length[0].split()[1]):
			return False
		got = rest[int(length[0].split()[1]):]
	return True


def questions(line, number):
	"""What a connection sends at once: one request, or several in a row; of memory, of the database, large, wrong."""
	kinds = [
		lambda: line.ask("/api/method/ping", 200, "pong"),
		lambda: line.ask("/api/method/frappe.auth.get_logged_user", 200, "Administrator"),
		lambda: line.ask(f"/api/resource/Note/{NOTES[number % 4]}", 200, "xxxxxxxxxx"),
		lambda: line.ask("/api/resource/Note?fields=[%22name%22]", 200, NOTES[0]),
		lambda: line.ask("/api/resource/Note/none", 404, "DoesNotExist"),
		lambda: line.ask("/api/method/nothing.of.that.name", 417, "exc_type"),
	]
	return "".join(random.choice(kinds)() for _ in range(random.choice((1, 1, 1, 2, 16))))


def test_each_connection_gets_its_own_answers(one_loop):
	random.seed(20261124)
	lines = [Line(one_loop) for _ in range(CONNECTIONS)]
	for _ in range(20):
		said = [(line, questions(line, number).encode()) for number, line in enumerate(lines)]
		for line, text in said:
			line.line.sendall(text)
		for line in lines:
			line.take()
	for line in lines:
		line.line.close()


def test_of_many_some_close_and_some_go_away(one_loop):
	random.seed(20261125)
	for _ in range(10):
		lines = [Line(one_loop) for _ in range(CONNECTIONS)]
		for number, line in enumerate(lines):
			line.line.sendall(line.ask("/api/method/ping", 200, "pong").encode())
		for number, line in enumerate(lines):
			text = line.ask("/api/method/ping", 200, "pong", last=number % 3 == 1)
			line.line.sendall(text.encode())
			if number % 3 == 2:
				line.line.close()
		for number, line in enumerate(lines):
			if number % 3 != 2:
				line.take()
			if number % 3 == 1:
				assert line.line.recv(1) == b""
			line.line.close()
	assert one_loop.guest("GET", "/api/method/ping").status_code == 200
