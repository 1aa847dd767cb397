"""How a figure comes about: servers that are started when a row first asks for them, and runs in turn."""

import os
import platform
import re
import socket
import statistics
import sys
from dataclasses import dataclass, field

import load
import sites
from servers import Nginx, Symbolon, raise_descriptors

# An admin address, for /metrics; addresses.lua speaks as a trusted proxy does.
SETTINGS = ("--server.admin_listen", "127.0.0.1:0", "--http.trusted_proxies", "127.0.0.1")
RUNS = 10  # until one has a figure


@dataclass
class Options:
	program: str
	only: list = field(default_factory=list)
	rounds: int = 5
	seconds: int = 2
	rows: int = 1_000_000
	keys: int = 1_000_000
	idle: int = 10_000
	starts: int = 7
	loops: int = os.cpu_count()


@dataclass
class Request:
	"""A request that wrk repeats, and what must come back: all errors (True), or none."""

	path: str
	script: str = None
	arguments: tuple = ()
	with_token: bool = True
	refused: bool = False


class Bench:
	"""Owns all that runs; leaving its block ends it."""

	def __init__(self, options, directory):
		self.options = options
		self.directory = directory
		self.cpu_us = {}  # microseconds of CPU a request, by name of the request: every run
		self.site = self.stations = self.symbolon = self.nginx = None
		raise_descriptors()

	def __enter__(self):
		return self

	def __exit__(self, *_):
		for server in (self.symbolon, self.nginx):
			if server is not None:
				server.stop()

	@staticmethod
	def say(text):
		print(f"bench: {text}", file=sys.stderr, flush=True)

	def start(self, data):
		return Symbolon(self.options.program, f"{self.directory}/{data}", self.options.loops, *SETTINGS)

	def make(self, data):
		return sites.make(self.options.program, f"{self.directory}/{data}", self.options.loops)

	def need_site(self):
		"""The site with a table of documents, and its server."""
		if self.site is None:
			self.site = self.make("site")
			self.say(f"fills a table with {self.options.rows} documents")
			self.stations = sites.add_readings(self.site, self.options.rows)
		if self.symbolon is None:
			self.symbolon = self.start("site")
		return self.symbolon

	def need_nginx(self):
		if self.nginx is None:
			self.nginx = Nginx(f"{self.directory}/nginx", self.options.loops)
		return self.nginx

	def run(self, name, server, request):
		"""One run, again if the machine gave the server less than a tick of the clock that counts CPU."""
		for _ in range(RUNS):
			done = load.run(
				server, request.path, self.options.seconds, script=request.script,
				token=self.site.token if request.with_token else None, arguments=request.arguments,
			)
			if done.broken or done.errors != (done.answers if request.refused else 0):
				raise SystemExit(f"bench: {name}: the answers are not as they should be: {done}")
			if done.cpu_s > 0:
				return done
		raise SystemExit(f"bench: {name}: the machine is too busy to measure anything; take more --seconds")

	def cpu(self, name, server, request):
		"""Microseconds of CPU a request, of one run."""
		done = self.run(name, server, request)
		figure = done.cpu_s / done.answers * 1e6
		self.cpu_us.setdefault(name, []).append(round(figure, 3))
		return figure

	def ratio(self, name, request, peer_name, peer_server, peer):
		"""CPU a request by that of the peer's, in turn; the median of all rounds."""
		server = self.need_site()
		ratios = []
		for _ in range(self.options.rounds):
			below = self.cpu(peer_name, peer_server, peer)
			ratios.append(self.cpu(name, server, request) / below)
		return statistics.median(ratios)

	def metric(self, name):
		"""One number of /metrics."""
		url = re.search(r"^metrics on (\S+)/metrics$", self.symbolon.said, re.M).group(1)
		text = self.symbolon.fetch(f"{url}/metrics").decode()
		return float(re.search(rf"^symbolon_{re.escape(name)} (\S+)$", text, re.M).group(1))

	def connections(self, server, n):
		"""n connections that have asked once, and then say nothing."""
		host, port = server.url.removeprefix("http://").split(":")
		asked = (
			f"GET /api/method/frappe.auth.get_logged_user HTTP/1.1\r\nHost: bench\r\n"
			f"Authorization: token {self.site.token}\r\n\r\n"
		).encode()
		made = []
		for _ in range(n):
			s = socket.create_connection((host, int(port)))
			s.sendall(asked)
			if not s.recv(4096).startswith(b"HTTP/1.1 200 "):
				raise SystemExit("bench: an idle connection was not answered before")
			made.append(s)
		return made

	@staticmethod
	def machine():
		with open("/proc/cpuinfo", encoding="utf-8") as f:
			model = re.search(r"model name\s*: (.*)", f.read())
		return {
			"cpu": model.group(1) if model else platform.machine(),
			"cores": os.cpu_count(),
			"system": f"{platform.system()} {platform.release()}",
		}
