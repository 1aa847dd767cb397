"""What nodes promise each other, under load: nothing is refused that one of them made, nothing accepted that one ended."""

import multiprocessing
import queue
import random
import select
import sys
import threading
import time

from nodes_site import GENERATE, Line, pair
from servers import PASSWORD

LEASE_S = 1.5
WHO = "/api/method/frappe.auth.get_logged_user"
TODO = "/api/resource/ToDo"
PROCESSES = 3
THREADS = 6
CHECKERS = 12
SETTINGS = ("--auth.token_tries", "1000000", "--log.level", "warn")


def make_user(line, token, name):
	ask(line, "POST", "/api/resource/User", token, {
		"email": name, "first_name": "Load", "send_welcome_email": 0, "roles": [{"role": "System Manager"}],
	})


class Away(Exception):
	"""503: the machine is so busy that a node has lost its lease. That is no refusal, and is counted apart."""


def ask(line, *args, **kwargs):
	"""The head and the body of what must be granted."""
	status, head, body = line.ask(*args, **kwargs)
	if status == 503:
		raise Away()
	if status != 200:
		raise PermissionError(f"{args[:2]}: {status} {body[:200]}")
	return head, body


def new_pair(line, token, name):
	return pair(ask(line, "POST", GENERATE, token, {"user": name})[1])


class Counts:
	"""What one process has seen; any of its threads."""

	def __init__(self):
		self.lock = threading.Lock()
		self.seen = {}
		self.said = []

	def add(self, what, n=1):
		with self.lock:
			self.seen[what] = self.seen.get(what, 0) + n

	def broken(self, what, said):
		self.add(what)
		with self.lock:
			if len(self.said) < 5:
				self.said.append(f"{what}: {said}")


def tried(counts, what, step):
	"""Counts a step as what, as a refusal, or as neither, if a node had lost the database."""
	try:
		made = step()
	except Away:
		counts.add("away")
		return None
	except PermissionError as e:
		counts.broken("refusals", e)
		return None
	counts.add(what)
	return made


def rotate(lines, counts, ended, user, i, pace):
	"""One key: a new secret by one node, used on the next at once and now and then for a write on the third."""
	pace()
	old = user["token"]
	made = tried(counts, "rotations", lambda: new_pair(lines[i % 3], old, user["name"]))
	if made is None:
		return
	user["token"] = made
	ended.put((time.monotonic(), i % 3, old))
	tried(counts, "uses", lambda: ask(lines[(i + 1) % 3], "GET", WHO, made))
	if i % 4 == 0:
		tried(counts, "writes", lambda: ask(lines[(i + 2) % 3], "POST", TODO, made, {"description": "load"}))


def check_ended(urls, counts, ended):
	"""A lease later no other node has missed that a secret ended. Runs until it is told None."""
	lines = [Line(url) for url in urls]
	while (item := ended.get()) is not None:
		at, where, token = item
		time.sleep(max(0, at + LEASE_S - time.monotonic()))  # pause: the lease
		for i in range(3):
			if i != where and lines[i].ask("GET", WHO, token)[0] == 200:
				counts.broken("missed", "a node accepts an old secret")
		counts.add("checked")


def paced(rate):
	"""Waits so that it is called rate times a second at most, by all threads together."""
	lock, at = threading.Lock(), [time.monotonic()]

	def pace():
		with lock:
			at[0] = max(at[0] + 1 / rate, time.monotonic() - 1)
			wait = at[0] - time.monotonic()
		if wait > 0:
			time.sleep(wait)  # pause: the rate that was asked for

	return pace


def run_threads(targets):
	threads = [threading.Thread(target=target, args=args) for target, args in targets]
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join()


def load(urls, users, n, rate, out):
	"""One process of load: n rotations over its users."""
	counts, ended, pace = Counts(), queue.Queue(), paced(rate)
	checkers = [threading.Thread(target=check_ended, args=(urls, counts, ended)) for _ in range(CHECKERS)]

	def rotate_some(own, own_n):
		lines = [Line(url) for url in urls]
		start = random.randrange(3)
		for i in range(own_n):
			# Round by round each user is at another node.
			rotate(lines, counts, ended, own[i % len(own)], start + i + i // len(own), pace)

	for checker in checkers:
		checker.start()
	run_threads([(rotate_some, (users[k::THREADS], n // THREADS + (k < n % THREADS))) for k in range(THREADS)])
	for _ in checkers:
		ended.put(None)
	for checker in checkers:
		checker.join()
	out.put((counts.seen, counts.said))


def create(urls, admin, n, out):
	"""Users that one node makes, with their keys, and the next one knows."""
	counts, lines = Counts(), [Line(url) for url in urls]
	for i in range(n):
		name = f"made{i}@nodes.test"
		made = tried(counts, "made", lambda: make_user(lines[i % 3], admin, name) or new_pair(lines[i % 3], admin, name))
		if made is not None:
			tried(counts, "creates", lambda: ask(lines[(i + 1) % 3], "GET", WHO, made))
	out.put((counts.seen, counts.said))


def log_in(urls, n, out):
	"""Sessions that one node begins and the next one knows."""
	counts, lines = Counts(), [Line(url) for url in urls]
	for i in range(n):
		body = {"usr": "Administrator", "pwd": PASSWORD}
		made = tried(counts, "begun", lambda: ask(lines[i % 3], "POST", "/api/method/login", None, body))
		if made is not None:
			sid = next(line.split(": ")[1].split(";")[0] for line in made[0].split("\r\n") if "sid=" in line)
			tried(counts, "logins", lambda: ask(lines[(i + 1) % 3], "GET", WHO, cookie=sid))
	out.put((counts.seen, counts.said))


def time_revoke(lines, old, revoke):
	"""For each other node how long after the revocation's answer it still accepted a request that was sent then."""
	for line in lines:
		ask(line, "GET", WHO, old)
	fresh = revoke()
	ended = time.monotonic()
	took, sent = {}, {}
	for line in lines:
		line.send("GET", WHO, old)
		sent[line], took[line] = time.monotonic(), 0.0
	waiting = list(lines)
	while waiting:
		for line in select.select(waiting, [], [], 30)[0]:
			if line.receive()[0] != 200:
				waiting.remove(line)
				continue
			took[line] = sent[line] - ended
			line.send("GET", WHO, old)
			sent[line] = time.monotonic()
	return fresh, list(took.values())


def revoke(urls, admin, n, out):
	counts, lines, took = Counts(), [Line(url) for url in urls], []
	make_user(lines[0], admin, "victim@nodes.test")
	token = new_pair(lines[0], admin, "victim@nodes.test")
	for i in range(n):
		here = lines[i % 3]
		others = [line for line in lines if line is not here]
		again = (lambda here=here: new_pair(here, admin, "victim@nodes.test"))
		timed = tried(counts, "revokes", lambda: time_revoke(others, token, again))
		token = timed[0] if timed else until_made(again)
		took += timed[1] if timed else []
		time.sleep(random.uniform(0, 0.05))  # pause: no step with the polls
	out.put((counts.seen, counts.said, took))


def until_made(make):
	while True:
		try:
			return make()
		except Away:
			time.sleep(0.1)  # pause: the database is away


def figure(what, measured, wanted="", kept=True):
	return {"what": what, "measured": measured, "wanted": wanted, "kept": kept}


def milliseconds(what, seconds, goal, kept=True):
	holds = "holds" if seconds * 1000 <= goal else "misses"
	return figure(what, f"{seconds * 1000:.1f} ms", f"goal {goal} ms: {holds}", kept)


def promise(what, n):
	return figure(what, str(n), "must be 0", n == 0)


def measure(nodes, options):
	for _ in range(3):
		nodes.add(*SETTINGS)
	urls, admin = nodes.urls(), nodes.administrator()
	# So many that none is rotated twice before it is known whether the first time was seen everywhere.
	users = [{"name": f"load{i}@nodes.test"} for i in range(min(3 * options["rate"], options["changes"]))]
	line = Line(urls[0])
	for user in users:
		until_made(lambda user=user: make_user(line, admin, user["name"]))
		user["token"] = until_made(lambda user=user: new_pair(line, admin, user["name"]))
	context = multiprocessing.get_context("fork")
	out, took = context.Queue(), context.Queue()
	share = [options["changes"] // PROCESSES + (k < options["changes"] % PROCESSES) for k in range(PROCESSES)]
	jobs = [(load, (urls, users[k::PROCESSES], share[k], options["rate"] / PROCESSES, out)) for k in range(PROCESSES)]
	jobs += [(create, (urls, admin, options["creates"], out)), (log_in, (urls, options["logins"], out))]
	begun = time.monotonic()
	processes = [context.Process(target=target, args=args) for target, args in jobs]
	processes.append(context.Process(target=revoke, args=(urls, admin, options["revokes"], took)))
	for process in processes:
		process.start()
	seen, said = {}, []
	for _ in jobs:
		one, words = out.get()
		said += words
		for what, n in one.items():
			seen[what] = seen.get(what, 0) + n
		if "rotations" in one:
			seconds = time.monotonic() - begun
	one, words, revoked = took.get()
	said += words
	for what in ("refusals", "away"):
		seen[what] = seen.get(what, 0) + one.get(what, 0)
	for process in processes:
		process.join()
	for words in said:
		print(f"nodes: {words}", file=sys.stderr)
	return report(seen, sorted(revoked), seconds)


def report(seen, revoked, seconds):
	def at(part):
		return revoked[min(len(revoked) - 1, int(len(revoked) * part))]

	uses = seen["uses"] + seen["creates"] + seen["logins"]
	return [
		figure("rotations a second from 3 nodes, each with a read", f"{seen['rotations'] / seconds:.1f}"),
		figure("documents written meanwhile", str(seen.get("writes", 0))),
		figure("made on one node and used on another at once", str(uses)),
		figure("  of these rotations, users, logins", f"{seen['uses']}, {seen['creates']}, {seen['logins']}"),
		promise("  refused", seen["refusals"]),
		figure("answered 503, the lease being lost: the machine was too busy", str(seen["away"])),
		figure("changes looked for on every other node", str(seen["checked"])),
		promise("  missed", seen.get("missed", 0)),
		figure("revocations timed on another node", str(len(revoked))),
		milliseconds("  still accepted after the answer: median", at(0.5), 40),
		milliseconds("  90 %", at(0.9), 100),
		milliseconds("  99 %", at(0.99), 100),
		milliseconds("  longest", revoked[-1], LEASE_S * 1000, revoked[-1] <= LEASE_S),
	]
