"""The programs under measurement: each is started, asked for its CPU and memory, and ended."""

import os
import re
import resource
import socket
import subprocess
import time
import urllib.request

TICK = os.sysconf("SC_CLK_TCK")
PASSWORD = "Gr4nite-Bench-Qz11"


class Server:
	"""A process, with those it has forked. Leaving its block ends it."""

	process = None
	url = None

	def __enter__(self):
		return self

	def __exit__(self, *_):
		self.stop()

	def pids(self):
		pid = self.process.pid
		with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
			return [pid, *map(int, f.read().split())]

	def cpu_s(self):
		"""User and system seconds of all its threads so far."""
		ticks = 0
		for pid in self.pids():
			with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
				fields = f.read().rpartition(")")[2].split()
			ticks += int(fields[11]) + int(fields[12])
		return ticks / TICK

	def resident(self, kind="VmRSS"):
		"""Bytes of memory that are in use and resident; RssAnon: without what belongs to files."""
		with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as f:
			return int(re.search(rf"{kind}:\s+(\d+) kB", f.read()).group(1)) * 1024

	def stop(self):
		if self.process is not None:
			self.process.terminate()
			self.process.wait(60)
			self.process = None

	def kill(self):
		self.process.kill()
		self.process.wait()
		self.process = None


class Nginx(Server):
	"""Debian's nginx, answering every request with the same few bytes, and writing no log."""

	CONF = """
		daemon off;
		pid nginx.pid;
		worker_processes %(loops)d;
		events { worker_connections 1024; }
		http {
			access_log off;
			keepalive_requests 1000000000;
			default_type application/json;
			server {
				listen 127.0.0.1:%(port)d;
				location / { return 200 '{"message":"bench@example.com"}'; }
			}
		}
	"""

	def __init__(self, directory, loops):
		os.makedirs(directory)
		with socket.socket() as s:
			s.bind(("127.0.0.1", 0))
			port = s.getsockname()[1]
		with open(f"{directory}/nginx.conf", "w", encoding="ascii") as f:
			f.write(self.CONF % {"loops": loops, "port": port})
		self.url = f"http://127.0.0.1:{port}"
		self.process = subprocess.Popen(
			["/usr/sbin/nginx", "-p", directory, "-c", "nginx.conf", "-e", "error.log"]
		)
		self.wait_for(port)

	def wait_for(self, port):
		deadline = time.monotonic() + 10
		while time.monotonic() < deadline:
			with socket.socket() as s:
				if s.connect_ex(("127.0.0.1", port)) == 0:
					return
			if self.process.poll() is not None:
				break
			time.sleep(0.01)
		raise SystemExit("bench: nginx does not start; its error.log says why")


class Symbolon(Server):
	"""The program that is measured, on a data directory. Its log goes where an operator's would: to a file."""

	under = ()  # a program that runs it, with its arguments

	def __init__(self, program, data, loops, *settings):
		self.log = f"{data}.log"
		began = time.monotonic()
		with open(self.log, "ab") as log:
			log.truncate(0)
			self.process = subprocess.Popen(
				[*self.under, program, "serve", "--data", data, "--listen", "127.0.0.1:0",
				 "--server.loops", str(loops), *settings],
				stderr=log, env={**os.environ, "SYMBOLON_ADMIN_PASSWORD": PASSWORD},
			)
		self.url = self.wait_for(r"^listening on (\S+)$")
		self.get("/api/method/ping")
		self.start_s = time.monotonic() - began
		printed = re.search(r"token (\w+:\w+)'", self.said)
		self.administrator = printed and printed.group(1)

	def wait_for(self, pattern):
		deadline = time.monotonic() + 120
		while time.monotonic() < deadline:
			with open(self.log, encoding="utf-8") as f:
				self.said = f.read()
			found = re.search(pattern, self.said, re.M)
			if found:
				return found.group(1)
			if self.process.poll() is not None:
				break
			time.sleep(0.001)
		raise SystemExit(f"bench: symbolon does not start:\n{self.said}")

	def request(self, verb, path, token=None, body=None):
		headers = {"Authorization": f"token {token}"} if token else {}
		if body is not None:
			headers["Content-Type"] = "application/json"
		return self.fetch(urllib.request.Request(self.url + path, body, headers, method=verb))

	@staticmethod
	def fetch(request):
		with urllib.request.urlopen(request, timeout=60) as answer:
			return answer.read()

	def get(self, path, token=None):
		return self.request("GET", path, token)


def raise_descriptors():
	"""As many open files as the system allows; returns how many."""
	_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
	resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
	return hard
