"""What a request costs the system: which calls the program makes for it, as strace saw them."""

import re
import signal
import socket
import ssl
import subprocess
import time

import pytest

from sites import PASSWORD, PROGRAM, WHO_AM_I, Site
from test_reload import make_certificate

ROUNDS = 20


class Traced:
	"""A site whose server runs under strace. A leak checker cannot, where the program has one."""

	def __init__(self, path, *args):
		self.calls = f"{path}.calls"
		self.site = Site(path)
		self.site.start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)  # the first start tells the token
		self.pair = dict(zip(("api_key", "api_secret"), self.site.pair))
		self.site.stop()
		with open(f"{path}.log", "w", encoding="utf-8") as log:
			self.site.server = subprocess.Popen(
				["strace", "-f", "-qq", "-yy", "-o", self.calls, PROGRAM, "serve", "--data", str(path), "--listen", "127.0.0.1:0",
					"--server.loops", "1", "--server.sandbox", "no", *args],
				stderr=log, env=self.site.environment({"ASAN_OPTIONS": "detect_leaks=0"}))
		self.site.url = self.site.wait_for(r"^listening on (http://\S+)$")

	def stop(self):
		"""strace ends with the program it runs, which is its child."""
		pid = int(subprocess.run(["pgrep", "-P", str(self.site.server.pid)], capture_output=True, text=True, check=True).stdout)
		subprocess.run(["kill", f"-{signal.SIGTERM.value}", str(pid)], check=True)
		assert self.site.server.wait(60) == 0
		self.site.server = None

	def traced(self):
		"""What strace wrote, once it has written all that the loop did before: a request of its own is in it then; and its port."""
		deadline = time.monotonic() + 30
		with connected(self.site.url) as line:
			port = line.getsockname()[1]
			line.sendall(b"GET /api/method/ping HTTP/1.1\r\nHost: a.example\r\n\r\n")
			while True:
				with open(self.calls, encoding="utf-8") as f:
					text = f.read()
				if re.search(rf"sendto\(\d+<TCP:\[[^]]*:{port}\]>", text):
					return text, f":{port}]"
				assert time.monotonic() < deadline, text[-1000:]
				time.sleep(0.01)  # pause: looks again, up to the deadline

	def during(self, work, on="TCP"):
		"""The calls on descriptors of that kind that were made while work() ran, in order."""
		before, one = self.traced()
		work()
		after, other = self.traced()
		lines = [line for line in after[len(before):].splitlines() if not any(word in line for word in (one, other, "accept4("))]
		return [found.group(1) for line in lines if (found := re.search(rf"^\d+ +(\w+)\(\d+<{re.escape(on)}", line))]


@pytest.fixture(scope="module")
def traced(tmp_path_factory):
	made = Traced(tmp_path_factory.mktemp("traced") / "site")
	yield made
	made.stop()


def request(pair):
	return (f"GET {WHO_AM_I} HTTP/1.1\r\nHost: a.example\r\n"
		f"Authorization: token {pair['api_key']}:{pair['api_secret']}\r\n\r\n").encode()


def take(line, answers):
	"""Reads so many answers of the same kind; each must be good."""
	got = b""
	while got.count(b'{"message":"Administrator"}') < answers:
		piece = line.recv(65536)
		assert piece, got
		got += piece
	assert got.count(b"HTTP/1.1 200 OK") == answers


def connected(url):
	host, port = url.split("://")[1].split(":")
	return socket.create_connection((host, int(port)), timeout=30)


def calls_of(traced, line, together):
	"""The calls for ROUNDS times so many requests that are sent together, on a connection that has asked before."""
	def ask():
		line.sendall(request(traced.pair) * together)
		take(line, together)

	ask()
	return traced.during(lambda: [ask() for _ in range(ROUNDS)])


def test_a_request_costs_one_receive_and_one_send(traced):
	with connected(traced.site.url) as line:
		calls = calls_of(traced, line, 1)
	assert calls == ["recvfrom", "sendto"] * ROUNDS


def test_requests_that_come_together_are_answered_together(traced):
	with connected(traced.site.url) as line:
		calls = calls_of(traced, line, 16)
	assert calls == ["recvfrom", "sendto"] * ROUNDS


def test_lines_of_the_log_are_written_many_at_a_time_and_soon(traced):
	with connected(traced.site.url) as line:
		def work():
			for number in range(ROUNDS):
				line.sendall(f"GET /api/method/ping HTTP/1.1\r\nHost: a.example\r\nX-Frappe-Request-Id: mark-{number}\r\n\r\n".encode())
				assert b"pong" in line.recv(65536)
			traced.site.wait_for(rf"( id=mark-{ROUNDS - 1} )")

		writes = traced.during(work, f"{traced.site.path}.log")
	for number in range(ROUNDS):
		assert f" id=mark-{number} " in traced.site.said
	assert 1 <= len(writes) < ROUNDS / 2, writes  # and one each second


def test_over_tls_a_request_costs_one_receive_and_one_send_too(tmp_path):
	make_certificate(tmp_path, "localhost")
	traced = Traced(
		tmp_path / "site", "--tls.listen", "127.0.0.1:0", "--tls.certificate", str(tmp_path / "certificate.pem"),
		"--tls.key", str(tmp_path / "key.pem"))
	url = traced.site.wait_for(r"^listening on (https://\S+)$")
	context = ssl.create_default_context()
	context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
	with context.wrap_socket(connected(url)) as line:
		calls = calls_of(traced, line, 1)
	traced.stop()
	assert calls == ["recvfrom", "sendto"] * ROUNDS
