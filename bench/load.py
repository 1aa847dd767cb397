"""Load from wrk (Debian's): runs it against one address and says what came back."""

import os
import re
import subprocess
from dataclasses import dataclass

HERE = os.path.dirname(os.path.abspath(__file__))
CONNECTIONS = 64


@dataclass
class Load:
	"""What one run saw: answers in all, those that were errors, and for how long it ran."""

	answers: int
	errors: int  # 4xx and 5xx
	broken: int  # connections, reads and writes that failed
	seconds: float
	cpu_s: float  # of the server meanwhile


def command(url, seconds, script=None, token=None, arguments=()):
	made = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--timeout", "20s"]
	if token is not None:
		made += ["-H", f"Authorization: token {token}"]
	if script is not None:
		made += ["-s", f"{HERE}/{script}"]
	return [*made, url, "--", *map(str, arguments)]


def read(text, cpu_s):
	"""What wrk's report says."""
	def number(pattern, default=0):
		found = re.search(pattern, text)
		return int(found.group(1)) if found else default

	unit = {"s": 1, "ms": 1e-3, "us": 1e-6, "m": 60}
	took = re.search(r"requests in ([\d.]+)(\w+),", text)
	if took is None:
		raise SystemExit(f"bench: wrk says:\n{text}")
	socket = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+)", text)
	return Load(
		answers=number(r"(\d+) requests in"),
		errors=number(r"Non-2xx or 3xx responses: (\d+)"),
		broken=sum(map(int, socket.groups())) if socket else 0,
		seconds=float(took.group(1)) * unit[took.group(2)],
		cpu_s=cpu_s,
	)


def run(server, path, seconds, **how):
	"""64 connections for that long; the CPU that the server spent on them."""
	before = server.cpu_s()
	done = subprocess.run(
		command(server.url + path, seconds, **how), capture_output=True, text=True, check=False,
		timeout=seconds + 60,
	)
	return read(done.stdout + done.stderr, server.cpu_s() - before)


def begin(server, path, seconds, **how):
	"""The same, not waited for: end() does."""
	return subprocess.Popen(
		command(server.url + path, seconds, **how), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
		text=True,
	)


def end(process):
	return read(process.communicate(timeout=120)[0], 0.0)
