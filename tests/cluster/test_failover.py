"""The cluster of docs/cluster.md: nobody loses what was answered, nothing that was revoked comes back, no hand is needed."""

import os
import tempfile
import threading
import time

import pytest
import requests

from machines import ADMIN, MACHINES, Cluster, until

GENERATE = "/api/method/frappe.core.doctype.user.user.generate_keys"
WHO = "/api/method/frappe.auth.get_logged_user"
TODO = "/api/resource/ToDo"
BACK_S = 90  # ttl is 20; the machine may be busy
LEASE_S = 1.5
WRITERS = 4


@pytest.fixture(scope="module")
def cluster():
	with tempfile.TemporaryDirectory(prefix="symbolon-cluster-") as directory:
		made = Cluster(directory)
		try:
			yield made.start()
		finally:
			made.close()


@pytest.fixture(scope="module")
def session(cluster):
	"""Administrator's, over HAProxy."""
	made = requests.Session()
	answer = made.post(cluster.url + "/api/method/login", json={"usr": "Administrator", "pwd": ADMIN}, timeout=60)
	assert answer.status_code == 200, answer.text
	return made


def generate(cluster, session, user, url=None):
	made = session.post((url or cluster.url) + GENERATE, json={"user": user}, timeout=60)
	assert made.status_code == 200, made.text
	pair = made.json()["message"]
	return {"Authorization": f"token {pair['api_key']}:{pair['api_secret']}"}


def status(url, headers):
	try:
		return requests.get(url + WHO, headers=headers, timeout=60).status_code
	except requests.ConnectionError:
		return 0


class Writers:
	"""Write one document after the other over HAProxy, and remember which were answered."""

	def __init__(self, cluster, headers):
		self.cluster = cluster
		self.headers = headers
		self.kept = []
		self.other = {}
		self.ended = threading.Event()
		self.threads = [threading.Thread(target=self.write, args=(i,)) for i in range(WRITERS)]
		for thread in self.threads:
			thread.start()

	def write(self, i):
		with requests.Session() as session:
			n = 0
			while not self.ended.is_set():
				n += 1
				try:
					answer = session.post(
						self.cluster.url + TODO, json={"description": f"{i} {n}"}, headers=self.headers, timeout=60,
					)
				except requests.RequestException as e:
					self.other[type(e).__name__] = self.other.get(type(e).__name__, 0) + 1
					continue
				if answer.status_code == 200:
					self.kept.append(answer.json()["data"]["name"])
				else:
					self.other[answer.status_code] = self.other.get(answer.status_code, 0) + 1

	def stop(self):
		self.ended.set()
		for thread in self.threads:
			thread.join()


def there(cluster, headers):
	"""The names of all documents."""
	answer = requests.get(
		cluster.url + TODO, params={"limit_page_length": 0, "fields": '["name"]'}, headers=headers, timeout=60,
	)
	assert answer.status_code == 200, answer.text
	return {row["name"] for row in answer.json()["data"]}


def kill_postgres(cluster, leader):
	cluster.kill_postgres(leader)


def kill_machine(cluster, leader):
	cluster.kill_machine(leader)


def freeze_machine(cluster, leader):
	cluster.freeze_machine(leader)


def switch_over(cluster, leader):
	cluster.switch_over(leader)


@pytest.mark.parametrize("strike", [switch_over, kill_postgres, kill_machine, freeze_machine])
def test_a_failover_while_all_write_loses_nothing_that_was_answered(cluster, session, strike):
	pids = {machine: cluster.processes[f"symbolon {machine}"].pid for machine in MACHINES}
	headers = generate(cluster, session, "Administrator")
	user = f"{strike.__name__}@cluster.test"
	answer = requests.post(
		cluster.url + "/api/resource/User", json={"email": user, "first_name": "Ada", "send_welcome_email": 0},
		headers=headers, timeout=60,
	)
	assert answer.status_code == 200, answer.text
	leader = cluster.leader()
	writers = Writers(cluster, headers)
	try:
		until(lambda: len(writers.kept) > 50, 60, "nobody writes")
		ended = generate(cluster, session, user)
		live = generate(cluster, session, user)  # which ends the one before
		begun = time.monotonic()
		strike(cluster, leader)
		# While nobody is the primary, and after that: what was revoked is not let in.
		let_in = []

		def is_back():
			sent = time.monotonic()
			if status(cluster.url, ended) == 200:
				let_in.append(sent - begun)
			return cluster.leader() not in (None, leader) and status(cluster.url, live) == 200

		until(is_back, BACK_S, "the service does not come back")
		before = len(writers.kept)
		until(lambda: len(writers.kept) > before + 20, BACK_S, f"nobody writes: {writers.other}")
		took = time.monotonic() - begun
	finally:
		writers.stop()
	for machine in MACHINES:
		until(lambda machine=machine: status(cluster.node_url(machine), live) == 200, BACK_S, f"{machine} is not back")
		assert status(cluster.node_url(machine), ended) == 401
		assert cluster.processes[f"symbolon {machine}"].poll() is None
		assert cluster.processes[f"symbolon {machine}"].pid == pids[machine]
	assert max(let_in, default=0) < LEASE_S
	assert session.get(cluster.url + WHO, timeout=60).json()["message"] == "Administrator"
	lost = set(writers.kept) - there(cluster, headers)
	print(f"{strike.__name__}: {len(writers.kept)} written, {len(lost)} lost, back in {took:.1f} s, else {writers.other}")
	assert not lost
	cluster.mend_machine(leader, strike is freeze_machine)


CUT = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'symbolon'"


def test_an_old_primary_that_comes_back_beside_the_new_one_is_never_believed(cluster, session):
	if cluster.leader() != "one":  # the first host of the URL, so that whoever connects anew comes to it first
		cluster.switch_over("two")
		until(lambda: cluster.is_whole() and cluster.leader() == "one", BACK_S, "one does not become the primary")
	headers = generate(cluster, session, "Administrator")
	user = "thawed@cluster.test"
	answer = requests.post(
		cluster.url + "/api/resource/User", json={"email": user, "first_name": "Ada", "send_welcome_email": 0},
		headers=headers, timeout=60,
	)
	assert answer.status_code == 200, answer.text
	ended = generate(cluster, session, user)
	cluster.freeze_machine("one")
	until(
		lambda: cluster.leader() == "two" and status(cluster.url, headers) == 200, BACK_S, "the service does not come back",
	)
	live = generate(cluster, session, user)  # ends the one before: the old primary has not heard of it
	writers = Writers(cluster, headers)
	try:
		until(lambda: len(writers.kept) > 20, BACK_S, f"nobody writes: {writers.other}")
		cluster.thaw_postgres("one")
		until(lambda: cluster.ask("one", "SELECT pg_is_in_recovery()") == "f", 20, "the old primary does not come back")
		for _ in range(3):
			assert int(cluster.ask("two", CUT)) > 0
			begun = len(writers.kept)
			for machine in MACHINES:
				assert status(cluster.node_url(machine), ended) != 200
				until(lambda machine=machine: status(cluster.node_url(machine), live) == 200, 30, f"{machine} is not back")
				assert status(cluster.node_url(machine), ended) == 401
			until(lambda begun=begun: len(writers.kept) > begun + 20, 30, f"nobody writes: {writers.other}")
		cluster.restart_node("three")  # remembers nothing, and looks at both
		assert status(cluster.node_url("three"), live) == 200
		assert status(cluster.node_url("three"), ended) == 401
		assert cluster.ask("one", "SELECT pg_is_in_recovery()") == "f"
	finally:
		writers.stop()
		cluster.mend_machine("one", True)  # as the watchdog would
	for machine in MACHINES:
		assert status(cluster.node_url(machine), ended) == 401
		assert status(cluster.node_url(machine), live) == 200
	lost = set(writers.kept) - there(cluster, headers)
	print(f"old_primary: {len(writers.kept)} written, {len(lost)} lost, else {writers.other}")
	assert not lost


def test_a_node_that_dies_is_left_out_and_taken_back(cluster, session):
	headers = generate(cluster, session, "Administrator")
	process = cluster.processes["symbolon three"]
	os.kill(process.pid, 9)
	process.wait()
	until(lambda: [status(cluster.url, headers) for _ in range(6)] == [200] * 6, 20, "HAProxy keeps a dead node")
