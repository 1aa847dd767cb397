"""The machines of docs/cluster.md, all of them here: its files with other addresses, ports and directories."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path[:0] = [f"{ROOT}/tests/api", f"{ROOT}/tools"]

from postgres import as_unprivileged, programs  # noqa: E402
from sites import PROGRAM  # noqa: E402

MACHINES = ("one", "two", "three")
ADMIN = "Gr4nite-Cluster-Qz11"
PASSWORDS = ("SUPERUSER-PASSWORD", "REPLICATOR-PASSWORD", "SYMBOLON-PASSWORD")


def blocks():
	"""The files that the page shows, by their names."""
	with open(f"{ROOT}/docs/cluster.md", encoding="utf-8") as f:
		return dict(re.findall(r"^```\w+ (\S+)\n(.*?)^```$", f.read(), re.M | re.S))


def until(condition, seconds, what):
	begun = time.monotonic()
	while not (got := condition()):
		assert time.monotonic() - begun < seconds, what
		time.sleep(0.05)  # pause: looks again, up to the deadline
	return got


class Cluster:
	"""Everything but the tests. Nothing of it listens beyond this machine, and all of it goes with close()."""

	def __init__(self, directory):
		self.directory = directory
		os.chmod(directory, 0o755)
		self.ports = {}
		self.held = []
		self.files = blocks()
		self.processes = {}
		os.mkdir(f"{directory}/shared")
		self.as_user = as_unprivileged(f"{directory}/shared")

	# ---- files ----

	def port(self, address):
		"""An ephemeral port that stands for an address of the page."""
		if address not in self.ports:
			s = socket.socket()
			s.bind(("127.0.0.1", 0))
			self.held.append(s)  # until all are known, so that none is given twice
			self.ports[address] = s.getsockname()[1]
		return f"127.0.0.1:{self.ports[address]}"

	def text(self, name, machine):
		"""A file of the page as it stands on a machine."""
		n = MACHINES.index(machine) + 1
		own = "".join(
			line.replace("10.0.0.1", f"10.0.0.{n}").replace(" one ", f" {machine} ") if "# own" in line else line
			for line in self.files[name].splitlines(keepends=True)
		)
		local = re.sub(r"10\.0\.0\.\d:\d+", lambda found: self.port(found.group()), own)
		local = local.replace("10.0.0.0/24", "127.0.0.0/8").replace("10.0.0.9", "127.0.0.1")
		for path in ("/var/lib/etcd", "/var/lib/postgresql/15", "/var/run/postgresql", "/var/lib/symbolon"):
			local = local.replace(path, f"{self.directory}/shared/{machine}{path}")
		for word in PASSWORDS:
			local = local.replace(word, word.lower().replace("-", ""))
		return local.replace("/usr/lib/postgresql/15/bin", programs())

	def write(self, name, machine):
		path = f"{self.directory}/shared/{machine}/{name}"
		with open(path, "w", encoding="utf-8") as f:
			f.write(self.text(name, machine))
		os.chmod(path, 0o644)
		return path

	# ---- processes ----

	def run(self, name, *command, as_user=False, **env):
		with open(f"{self.directory}/{name.replace(' ', '-')}.log", "ab") as log:
			self.processes[name] = subprocess.Popen(
				command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=f"{self.directory}/shared",
				env={**os.environ, "PATH": f"{programs()}:{os.environ['PATH']}", **env}, start_new_session=True,
				**(self.as_user if as_user else {}),
			)

	def start(self):
		for machine in MACHINES:
			os.mkdir(f"{self.directory}/shared/{machine}")
			for path in ("var/lib/etcd", "var/lib/postgresql/15", "var/run/postgresql", "var/lib"):
				os.makedirs(f"{self.directory}/shared/{machine}/{path}", exist_ok=True)
			for name in ("etcd.yml", "patroni.yml", "symbolon.conf", "haproxy.cfg", "database.url"):
				self.write(name, machine)
		if self.as_user:
			subprocess.run(["chown", "-R", "postgres:", f"{self.directory}/shared"], check=True)
		for s in self.held:
			s.close()
		for machine in MACHINES:
			self.run(f"etcd {machine}", "etcd", "--config-file", f"{self.directory}/shared/{machine}/etcd.yml", as_user=True)
		for machine in MACHINES[:2]:
			self.start_patroni(machine)
		until(self.is_whole, 90, "Patroni shows no leader with a synchronous standby")
		subprocess.run(["sh", "-c", self.text("database", "one")], check=True, stdout=subprocess.DEVNULL)
		until(self.has_database, 30, "the standby does not get the database")
		for machine in MACHINES:
			self.start_node(machine)
		self.run("haproxy", "haproxy", "-f", f"{self.directory}/shared/one/haproxy.cfg")
		self.url = f"http://{self.port('10.0.0.9:80')}"
		until(lambda: self.status("/readyz") == 200, 20, "HAProxy finds no node")
		return self

	def has_database(self):
		"""On both: a standby applies by and by what it has."""
		url = self.text("database.url", "one").strip()
		one, other = (self.port(f"10.0.0.{n}:5432") for n in (1, 2))
		for host in (one, other):
			alone = url.replace(f"{one},{other}", host).replace("read-write", "any")
			if subprocess.run(["psql", "-c", "SELECT 1", alone], capture_output=True, check=False).returncode != 0:
				return False
		return True

	def start_patroni(self, machine):
		self.run(f"patroni {machine}", "patroni", f"{self.directory}/shared/{machine}/patroni.yml", as_user=True, HOME=f"{self.directory}/shared/{machine}")

	def start_node(self, machine):
		data = f"{self.directory}/shared/{machine}/var/lib/symbolon"
		if machine != "one" and not os.path.isdir(data):
			os.mkdir(data, 0o700)
			subprocess.run(
				["cp", "-p", f"{self.directory}/shared/one/var/lib/symbolon/symbolon.key", data], check=True,
			)
		self.run(
			f"symbolon {machine}", PROGRAM, "serve", "--config", f"{self.directory}/shared/{machine}/symbolon.conf",
			SYMBOLON_ADMIN_PASSWORD=ADMIN, SYMBOLON_DATABASE_URL_FILE=f"{self.directory}/shared/{machine}/database.url",
		)
		until(lambda: self.status("/readyz", self.node_url(machine)) == 200, 30, f"symbolon {machine} does not start")

	def close(self):
		for name, process in reversed(self.processes.items()):
			if name.startswith("patroni"):
				self.kill_machine(name.split()[1])
			elif process.poll() is None:
				process.kill()
			process.wait()

	# ---- what it is like ----

	def node_url(self, machine):
		return f"http://{self.port(f'10.0.0.{MACHINES.index(machine) + 1}:8000')}"

	def status(self, path, url=None):
		try:
			with urllib.request.urlopen((url or self.url) + path, timeout=5) as answer:
				return answer.status
		except urllib.error.HTTPError as e:
			return e.code
		except OSError:
			return 0

	def members(self):
		"""What Patroni says: the role of each member that is well."""
		for machine in MACHINES[:2]:
			n = MACHINES.index(machine) + 1
			try:
				with urllib.request.urlopen(f"http://{self.port(f'10.0.0.{n}:8008')}/cluster", timeout=3) as answer:
					members = json.load(answer)["members"]
				return {m["name"]: m["role"] for m in members if m["state"] in ("running", "streaming")}
			except (OSError, KeyError, ValueError):
				continue
		return {}

	def is_whole(self):
		return sorted(self.members().values()) == ["leader", "sync_standby"]

	def leader(self):
		return next((name for name, role in self.members().items() if role == "leader"), None)

	# ---- what happens to it ----

	def postgres_pid(self, machine):
		try:
			with open(f"{self.directory}/shared/{machine}/var/lib/postgresql/15/symbolon/postmaster.pid", encoding="ascii") as f:
				return int(f.readline())
		except (OSError, ValueError):
			return None

	def signal_postgres(self, machine, number):
		"""The server, and those that it has forked, which would see its end only by and by."""
		pid = self.postgres_pid(machine)
		try:
			with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
				pids = [pid, *map(int, f.read().split())]
		except OSError:
			return
		for one in pids:
			try:
				os.kill(one, number)
			except ProcessLookupError:
				pass

	def kill_postgres(self, machine):
		self.signal_postgres(machine, signal.SIGKILL)

	def freeze_machine(self, machine):
		"""It is not gone, and the network does not say so: it just never answers again."""
		os.kill(self.processes[f"patroni {machine}"].pid, signal.SIGSTOP)
		self.signal_postgres(machine, signal.SIGSTOP)

	def thaw_postgres(self, machine):
		"""Only the server: Patroni, which would tell it that it is the primary no more, stays frozen.

		One that goes on in the middle of its round may take the lock back, and the new primary goes back to its past
		(docs/cluster.md: the watchdog is there for that).
		"""
		self.signal_postgres(machine, signal.SIGCONT)

	def ask(self, machine, sql):
		"""What that machine's server answers its superuser: text."""
		n = MACHINES.index(machine) + 1
		url = f"postgresql://postgres:{PASSWORDS[0].lower().replace('-', '')}@{self.port(f'10.0.0.{n}:5432')}/postgres"
		asked = subprocess.run(["psql", "-AtXc", sql, url], capture_output=True, text=True, timeout=30, check=True)
		return asked.stdout.strip()

	def restart_node(self, machine):
		process = self.processes[f"symbolon {machine}"]
		process.kill()
		process.wait()
		self.start_node(machine)

	def kill_machine(self, machine):
		process = self.processes[f"patroni {machine}"]
		if process.poll() is None:
			process.kill()
			process.wait()
		self.kill_postgres(machine)

	def mend_machine(self, machine, is_frozen):
		if is_frozen:
			self.kill_machine(machine)
		if self.processes[f"patroni {machine}"].poll() is not None:
			self.start_patroni(machine)
		until(self.is_whole, 120, f"{machine} does not come back as a standby")

	def switch_over(self, leader):
		n = MACHINES.index(leader) + 1
		request = urllib.request.Request(
			f"http://{self.port(f'10.0.0.{n}:8008')}/switchover", json.dumps({"leader": leader}).encode(),
			{"Content-Type": "application/json"}, method="POST",
		)
		with urllib.request.urlopen(request, timeout=60) as answer:
			assert answer.status == 200, answer.read()
