"""The ways to end a token: after the reply, no request is accepted (DESIGN.md 3)."""

import http.client
import itertools
import json
import threading
import time
import urllib.parse

import pytest

from sites import GENERATE, WHO_AM_I, Site

LOOPS = 4
CONNECTIONS = 12
HAMMERS = 3
TRIES_AFTER = 8  # of a hammering thread; all of them together stay below the throttle
NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
	made = Site(tmp_path_factory.mktemp("revocation") / "site").start("--server.loops", str(LOOPS))
	yield made
	made.stop()


class Line:
	"""One connection that is kept open."""

	def __init__(self, site, pair, scheme="token"):
		host = urllib.parse.urlsplit(site.url).netloc
		self.line = http.client.HTTPConnection(host, timeout=30)
		self.headers = {"Authorization": f"{scheme} {pair['api_key']}:{pair['api_secret']}"}

	def ask(self, verb="GET", path=WHO_AM_I, body=None):
		fields = {**self.headers, "Content-Type": "application/json"} if body else self.headers
		self.line.request(verb, path, body, fields)
		answer = self.line.getresponse()
		answer.read()
		assert body or not answer.will_close  # whose body is not read, has no next request
		return answer.status

	def close(self):
		self.line.close()


def rotate(site, user):
	assert site.admin("POST", GENERATE, json={"user": user}).status_code == 200


def put(**values):
	def change(site, user):
		answer = site.admin("PUT", f"/api/resource/User/{user}", json=values)
		assert answer.status_code == 200, answer.text

	return change


def delete(site, user):
	assert site.admin("DELETE", f"/api/resource/User/{user}").status_code == 202


def revoke_by_call(site, user):
	assert site.admin.call("symbolon.keys.revoke", user=user) == {"user": user, "ended": 1}


def revoke_by_command(site, user):
	assert site.json("keys", "revoke", user)["ended"] == 1


WAYS = {
	"a new secret": rotate,
	"an empty secret": put(api_secret=""),
	"no secret": put(api_secret=None),
	"no key": put(api_key=None),
	"a disabled user": put(enabled=0),
	"a deleted user": delete,
	"the revoking call": revoke_by_call,
	"the revoking command": revoke_by_command,
}


@pytest.fixture(params=WAYS, ids=[way.replace(" ", "-") for way in WAYS])
def way(request):
	return WAYS[request.param]


@pytest.fixture
def ada(server):
	"""A user of her own for each test: her name and her token."""
	user = f"ada{next(NUMBERS)}@example.com"
	server.run("user", "add", user, "--first-name", "Ada", "--role", "System Manager")
	return user, server.json("keys", "generate", user)


def test_an_ended_token_is_refused_on_every_open_connection(server, way, ada):
	user, pair = ada
	lines = [Line(server, pair, scheme) for scheme in ["token", "Bearer"] * (CONNECTIONS // 2)]

	assert [line.ask() for line in lines] == [200] * CONNECTIONS
	way(server, user)
	assert [line.ask() for line in lines] == [401] * CONNECTIONS
	assert [line.ask("GET", "/auth/verify") for line in lines[:LOOPS]] == [401] * LOOPS
	for line in lines:
		line.close()


class Hammer(threading.Thread):
	"""Asks without a pause until it has asked often enough since the token ended."""

	def __init__(self, line, ended, *request):
		super().__init__()
		self.line, self.ended, self.request = line, ended, request
		self.asked = []  # (when it was sent, what came)
		self.running = threading.Event()

	def run(self):
		left = TRIES_AFTER
		while left > 0:
			left -= self.ended.is_set()
			sent = time.monotonic()
			self.asked.append((sent, self.line.ask(*self.request)))
			self.running.set()
		self.line.close()


@pytest.mark.parametrize(
	"request_of_all",
	[("GET", WHO_AM_I), ("POST", "/api/resource/ToDo", json.dumps({"description": "x"}))],
	ids=["reading", "writing"],
)
@pytest.mark.concurrency
def test_no_request_is_accepted_after_the_reply(server, way, ada, request_of_all):
	user, pair = ada
	ended = threading.Event()
	hammers = [Hammer(Line(server, pair), ended, *request_of_all) for _ in range(HAMMERS)]

	for hammer in hammers:
		hammer.start()
	for hammer in hammers:
		assert hammer.running.wait(30)
	way(server, user)
	replied = time.monotonic()
	ended.set()
	for hammer in hammers:
		hammer.join(30)
	statuses = [asked for hammer in hammers for asked in hammer.asked]
	after = [status for sent, status in statuses if sent >= replied]

	# A slow command leaves time for more wrong tries than the throttle bears.
	assert {200, 401} <= {status for _, status in statuses} <= {200, 401, 429}
	assert len(after) >= HAMMERS * (TRIES_AFTER - 1) and set(after) <= {401, 429}


def test_what_ended_stays_ended_over_a_restart(site):
	pairs = {}
	for number, (name, end) in enumerate(WAYS.items()):
		user = f"u{number}@example.com"
		site.run("user", "add", user, "--first-name", "U")
		pairs[name] = site.json("keys", "generate", user)
		end(site, user)
	site.stop()
	site.start()

	assert {name: site.who(pair).status_code for name, pair in pairs.items()} == dict.fromkeys(WAYS, 401)


def test_an_enabled_user_has_the_old_token_again(server):
	server.run("user", "add", "back@example.com", "--first-name", "Back")
	pair = server.json("keys", "generate", "back@example.com")
	put(enabled=0)(server, "back@example.com")
	assert server.who(pair).status_code == 401
	put(enabled=1)(server, "back@example.com")
	assert server.who(pair).status_code == 200


def test_a_lost_role_counts_on_the_next_request(server):
	server.run("user", "add", "role@example.com", "--first-name", "Role", "--role", "System Manager")
	line = Line(server, server.json("keys", "generate", "role@example.com"))
	body = json.dumps({"user": "role@example.com"})

	assert line.ask("GET", "/auth/verify?role=System%20Manager") == 204
	assert line.ask("POST", "/api/method/symbolon.keys.list", body) == 200
	server.run("user", "roles", "role@example.com", "--remove", "System Manager")
	assert line.ask("GET", "/auth/verify?role=System%20Manager") == 403
	assert line.ask("POST", "/api/method/symbolon.keys.list", body) == 403
	line.close()
