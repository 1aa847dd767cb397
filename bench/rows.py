"""The rows of the table: what is measured, against what, and what the budget is."""

import os
import re
import statistics
import subprocess
import time
from dataclasses import dataclass
from typing import Callable

import load
import sites
from measure import Bench, Request
from servers import Symbolon

LOGGED_USER = Request("/api/method/frappe.auth.get_logged_user")
NGINX = "nginx return 200"
UNKNOWN = "0123456789abcde:smb_000000000000000000000000000000000"
MIB = 1024 * 1024


@dataclass
class Row:
	name: str
	what: str
	peer: str
	budget: float | None
	budget_text: str
	unit: str
	text: Callable[[float], str]
	measure: Callable[[Bench], float | None]
	at_least: bool = False

	def holds(self, figure):
		return figure >= self.budget if self.at_least else figure <= self.budget


# --- CPU a request ---


def by_nginx(name, request):
	def measure(bench):
		bench.need_site()
		return bench.ratio(name, request, NGINX, bench.need_nginx(), LOGGED_USER)

	return measure


def by_first_row(name, request_of):
	def measure(bench):
		server = bench.need_site()
		return bench.ratio(name, request_of(bench), "get_logged_user", server, LOGGED_USER)

	return measure


def verify_limited(bench):
	"""What a proxy asks with a key that has scopes, networks, a rate and a quota, by one that has none."""
	server = bench.need_site()

	def asks(token):
		return Request("/auth/verify", "verify.lua", (token,), with_token=False)

	return bench.ratio("verify, limited", asks(sites.limited_key(server, bench.site.token)), "verify, for a proxy", server, asks(bench.site.token))


def from_addresses(bench, lead, token, refused):
	"""The first row's request with a token, from so many addresses that each tries fewer than 100 times."""
	most = bench.options.rounds * bench.options.seconds * 400_000  # requests that a row may make
	addresses = min(max(most // 80, 256), 60_000)
	return Request(
		LOGGED_USER.path, "addresses.lua", (lead, token, addresses), with_token=False, refused=refused
	)


def refusal(name, lead, token_of):
	"""A refused token by a good one, both from ever other addresses, so that no refusal is a 429."""

	def measure(bench):
		server = bench.need_site()
		token = bench.site.token
		good = from_addresses(bench, 9, token, refused=False)
		before = bench.metric('auth_total{outcome="throttled"}')
		ratio = bench.ratio(name, from_addresses(bench, lead, token_of(token), refused=True),
			"get_logged_user, by a proxy", server, good)
		if bench.metric('auth_total{outcome="throttled"}') != before:
			raise SystemExit("bench: tries were throttled; take fewer --rounds or --seconds")
		return ratio

	return measure


# --- writes ---


def inserts(name, doctype, script):
	"""Documents a second."""

	def measure(bench):
		server = bench.need_site()
		seconds = 2 * bench.options.seconds
		done = load.run(server, f"/api/resource/{doctype}", seconds, script=script, token=bench.site.token)
		if done.errors or done.broken:
			raise SystemExit(f"bench: {name}: not all were answered well: {done}")
		bench.cpu_us.setdefault(name, []).append(round(done.cpu_s / done.answers * 1e6, 3))
		return done.answers / done.seconds

	return measure


def lost(bench):
	"""Answered inserts that are not in the database after kill -9."""
	server = bench.need_site()
	server.stop()
	before = sites.count_readings(bench.site)
	server = bench.symbolon = bench.start("site")
	wrk = load.begin(server, "/api/resource/Reading", 2, script="insert.lua", token=bench.site.token)
	try:
		time.sleep(1)
		server.kill()
		done = load.end(wrk)
	finally:
		wrk.kill()
		bench.symbolon = None
	with bench.start("site"):
		pass
	if done.answers == 0:
		raise SystemExit("bench: nothing was inserted before the kill")
	return max(0, before + done.answers - sites.count_readings(bench.site))


# --- memory ---


def empty_memory(bench):
	bench.make("empty")
	with bench.start("empty") as server:
		return server.resident()


def idle_memory(bench):
	site, bench.site = bench.site, bench.make("idle")
	try:
		with bench.start("idle") as server:
			warm = bench.connections(server, 16)
			before = server.resident()
			many = bench.connections(server, bench.options.idle)
			figure = (server.resident() - before) / len(many)
			for s in (*warm, *many):
				s.close()
			return figure
	finally:
		bench.site = site


# --- starting ---


def first_start(bench):
	return statistics.median(
		bench.make(f"new{i}").start_s for i in range(bench.options.starts)
	)


def later_start(bench):
	bench.make("later")

	def once():
		with bench.start("later") as server:
			return server.start_s

	return statistics.median(once() for _ in range(bench.options.starts))


def need_keys(bench):
	"""Starts of a site without and with many keys: seconds and bytes, of both."""
	if not hasattr(bench, "keys"):
		site = bench.make("keys")
		with bench.start("keys") as few:
			without = (few.start_s, few.resident("RssAnon"))
		bench.say(f"makes {bench.options.keys} keys")
		sites.add_keys(site, bench.options.keys)
		with bench.start("keys") as many:
			bench.keys = (without, (many.start_s, many.resident("RssAnon")))
	return bench.keys


def keys_load(bench):
	without, with_keys = need_keys(bench)
	return with_keys[0] - without[0]


def keys_memory(bench):
	without, with_keys = need_keys(bench)
	return (with_keys[1] - without[1]) / bench.options.keys


def judge(bench):
	"""What bench/verify says of the verify function, in the same build: nanoseconds a good pair."""
	build = os.path.dirname(bench.options.program)
	if subprocess.run(["ninja", "-C", build, "bench/verify"], capture_output=True, check=False).returncode != 0:
		return None
	said = subprocess.run(
		[f"{build}/bench/verify", "--direct", "--keys", str(bench.options.keys), "--only", "right"],
		capture_output=True, text=True, check=True,
	)
	return float(re.search(r"^judge right\t([\d.]+)\tns$", said.stdout, re.M).group(1)) * 1e-9


def times(figure):
	return f"{figure:.2f} x"


def ms(figure):
	return f"{figure * 1000:.0f} ms"


def bytes_each(figure):
	return f"{figure:.0f} B"


ROWS = [
	Row("get_logged_user", "GET frappe.auth.get_logged_user with a token", NGINX, 1.0, "<= 1.0 x", "ratio",
		times, by_nginx("get_logged_user", LOGGED_USER)),
	Row("pipelined", "the same, 16 in one write", NGINX, 0.15, "<= 0.15 x", "ratio",
		times, by_nginx("pipelined", Request(LOGGED_USER.path, "pipeline.lua"))),
	Row("verify", "GET /auth/verify with a token", NGINX, 1.0, "<= 1.0 x", "ratio",
		times, by_nginx("verify", Request("/auth/verify"))),
	Row("verify-limited", "the same for a proxy, with all limits", "without any", 1.1, "<= 1.1 x", "ratio",
		times, verify_limited),
	Row("wrong-secret", "a known key with a wrong secret", "the right one", 1.1, "<= 1.1 x", "ratio",
		times, refusal("wrong secret", 10, lambda token: token[:-9] + "000000000")),
	Row("unknown-key", "a key that nobody has", "the right one", 1.1, "<= 1.1 x", "ratio",
		times, refusal("unknown key", 11, lambda token: UNKNOWN)),
	Row("read", "GET one document of 14 fields, of 1 M", "get_logged_user", 2.0, "<= 2.0 x", "ratio",
		times, by_first_row("read", lambda b: Request("/", "documents.lua", (b.options.rows,)))),
	Row("list", "GET 20 documents, 8 fields, by an index", "get_logged_user", 12.0, "<= 12 x", "ratio",
		times, by_first_row("list", lambda b: Request("/", "lists.lua", (b.stations,)))),
	Row("inserts", "POST documents, durably, 64 connections", "", 5000, ">= 5000 /s", "1/s",
		lambda n: f"{n:.0f} /s", inserts("inserts", "Reading", "insert.lua"), at_least=True),
	Row("insert-rows", "POST with links and 5 rows, the same way", "", 2000, ">= 2000 /s", "1/s",
		lambda n: f"{n:.0f} /s", inserts("insert-rows", "Visit", "insert_rows.lua"), at_least=True),
	Row("lost", "inserts answered, but gone after kill -9", "", 0, "0", "",
		lambda n: f"{n:.0f}", lost),
	Row("empty-memory", "resident memory of an empty site", "", 20 * MIB, "<= 20 MB", "bytes",
		lambda n: f"{n / MIB:.1f} MB", empty_memory),
	Row("idle-memory", "resident memory of an idle connection", "", 1024, "<= 1 KiB", "bytes",
		bytes_each, idle_memory),
	Row("first-start", "first start to first answer", "", 0.150, "<= 150 ms", "s", ms, first_start),
	Row("later-start", "a later start to first answer", "", None, "", "s", ms, later_start),
	Row("keys-load", "1 M keys: time that a start takes longer", "", 2.0, "<= 2 s", "s", ms, keys_load),
	Row("keys-memory", "1 M keys: resident memory of a key", "", 140, "<= 140 B", "bytes",
		bytes_each, keys_memory),
	Row("judge", "1 M keys: the verify function alone", "", 0.5e-6, "<= 500 ns", "s",
		lambda s: f"{s * 1e9:.0f} ns", judge),
]
