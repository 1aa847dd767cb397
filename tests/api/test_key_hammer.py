"""Thirty-two clients that never pause, on one key that is rotated, and on keys that are revoked."""

import asyncio
import json
import os
import urllib.parse

import pytest

from sites import DATABASE, WHO_AM_I, Site, is_instrumented

CLIENTS = 32
ROUNDS = 1000 if os.environ.get("SYMBOLON_TEST_LONG") else 20 if DATABASE or is_instrumented() else 50
CALL = "/api/method/"


@pytest.fixture
def hammered(tmp_path):
	made = Site(tmp_path / "hammered").start("--server.loops", "4")
	yield made
	made.stop()


class Line:
	"""A connection that is kept open."""

	def __init__(self, site):
		self.site, self.reader, self.writer = site, None, None

	async def open(self):
		url = urllib.parse.urlsplit(self.site.url)
		self.reader, self.writer = await asyncio.open_connection(url.hostname, url.port)
		return self

	async def ask(self, pair, verb="GET", path=WHO_AM_I, body=None):
		"""Status and body of one request."""
		sent = json.dumps(body) if body is not None else ""
		self.writer.write((
			f"{verb} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: token {pair['api_key']}:{pair['api_secret']}\r\n"
			f"Content-Type: application/json\r\nContent-Length: {len(sent)}\r\n\r\n{sent}"
		).encode())
		head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
		fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:-2])
		got = await self.reader.readexactly(int(fields["content-length"]))
		return int(head.split(" ", 2)[1]), got


class Hammer:
	"""Clients on whatever pair is current; every answer is judged by what was known when its request was sent."""

	def __init__(self, site):
		self.site, self.admin_pair = site, dict(zip(("api_key", "api_secret"), site.pair))
		self.current, self.state, self.stopped = None, "works", False
		self.judged = [0] * CLIENTS  # the epoch in which each client sent the last request that was answered
		self.wrong, self.answers = [], {}
		self.turn = asyncio.Condition()
		self.epoch = 0

	async def call(self, method, **arguments):
		status, got = await self.admin.ask(self.admin_pair, "POST", CALL + method, arguments)
		assert status == 200, got
		return json.loads(got)["message"]

	async def client(self, number):
		line = await Line(self.site).open()
		while not self.stopped:
			epoch, pair, state = self.epoch, self.current, self.state
			status, _ = await line.ask(pair)
			# One that was under way when the key was revoked may be answered either way.
			if (status == 200 and state == "over") or (status != 200 and state == "works" == self.state and epoch == self.epoch):
				self.wrong.append((status, state))
			self.answers[status] = self.answers.get(status, 0) + 1
			self.judged[number] = epoch
			async with self.turn:
				self.turn.notify_all()

	async def let_all(self, pair, state):
		"""Tells every client what is now so, and waits until each has had an answer to a request sent after that."""
		self.current, self.state = pair, state
		self.epoch += 1
		async with self.turn:
			await self.turn.wait_for(lambda: min(self.judged) >= self.epoch)

	async def run(self, rounds):
		self.admin = await Line(self.site).open()
		self.current = await self.call("frappe.client.insert", doc={"doctype": "API Key", "user": "Administrator", "label": "0"})
		clients = [asyncio.ensure_future(self.client(number)) for number in range(CLIENTS)]
		await self.let_all(self.current, "works")
		for _ in range(rounds):
			await self.round()
		self.stopped = True
		await asyncio.gather(*clients)
		return self.wrong, self.answers


class Rotation(Hammer):
	"""The overlap ends when all use the new secret. A refusal at any time is wrong."""

	async def round(self):
		key = self.current["api_key"]
		new = await self.call("symbolon.keys.rotate", key=key, overlap="1h")
		await self.let_all({"api_key": key, "api_secret": new["api_secret"]}, "works")
		assert (await self.call("symbolon.keys.end_overlap", key=key))["ended"] == 1


class Revocation(Hammer):
	async def round(self):
		key = self.current["api_key"]
		# What is sent before the reply may be accepted or not; what is sent after it may not.
		self.state = "either"
		answer = await self.call("symbolon.keys.revoke", key=key)
		assert answer["ended"] == 1
		await self.let_all(self.current, "over")
		new = await self.call("frappe.client.insert", doc={"doctype": "API Key", "user": "Administrator", "label": "next"})
		await self.let_all(new, "works")


@pytest.mark.concurrency
def test_no_request_is_refused_while_a_key_is_rotated_with_overlap_again_and_again(hammered):
	wrong, answers = asyncio.run(Rotation(hammered).run(ROUNDS))
	assert wrong == [] and set(answers) == {200} and answers[200] >= CLIENTS * ROUNDS


@pytest.mark.concurrency
def test_no_request_is_accepted_after_the_reply_to_a_revocation(hammered):
	wrong, answers = asyncio.run(Revocation(hammered).run(ROUNDS))
	assert wrong == [] and answers[200] >= CLIENTS * ROUNDS and answers[200] < sum(answers.values())
