"""A PostgreSQL of one's own, from Debian's package: it lives in a directory and goes with it."""

import glob
import os
import pwd
import shutil
import signal
import subprocess
import sys

# Nothing here has to outlive the machine.
SETTINGS = {
	"listen_addresses": "''",
	"max_connections": "400",
	"shared_buffers": "64MB",
	"fsync": "off",
	"full_page_writes": "off",
	"autovacuum": "off",
	"log_min_messages": "warning",
}

# As durable as Debian sets it up, where tests need not be.
DURABLE = {"fsync": "on", "full_page_writes": "on", "autovacuum": "on", "shared_buffers": "128MB", "max_connections": "1200"}


def programs():
	"""Where initdb and pg_ctl are: Debian keeps them out of PATH."""
	found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))
	if found:
		return os.path.dirname(found[-1])
	there = shutil.which("initdb")
	if there is None:
		sys.exit(f"{os.path.basename(sys.argv[0])}: initdb is missing: apt-get install postgresql")
	return os.path.dirname(there)


def as_unprivileged(directory):
	"""How to run what refuses to be root, in a directory that becomes its own; for subprocess."""
	if os.geteuid() != 0:
		return {}
	user = pwd.getpwnam("postgres")
	os.chown(directory, user.pw_uid, user.pw_gid)
	return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


class Postgres:
	"""Listens on a Unix socket in its directory; its only role is symbolon."""

	def __init__(self, directory, **settings):
		self.directory = directory
		self.data = os.path.join(directory, "data")
		self.settings = {**SETTINGS, **settings}
		self.as_user = as_unprivileged(directory)
		os.chmod(directory, 0o755)

	def program(self, name, *args):
		subprocess.run(
			[os.path.join(programs(), name), *args], check=True, cwd=self.directory, stdout=subprocess.DEVNULL,
			**self.as_user,
		)

	def make(self):
		# Another collation than C, so that a comparison that leans on the default is found out.
		self.program(
			"initdb", "-D", self.data, "-U", "symbolon", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8",
			"--no-sync", "--no-instructions",
		)
		return self.start()

	def start(self):
		options = " ".join(f"-c {name}={value}" for name, value in self.settings.items())
		self.program(
			"pg_ctl", "-D", self.data, "-w", "-s", "-l", os.path.join(self.directory, "server.log"),
			"-o", f"-k {self.directory} {options}", "start",
		)
		return self

	def standby(self, directory):
		"""Another one, in another directory, that follows this one."""
		other = Postgres(directory)
		other.settings = self.settings
		other.program("pg_basebackup", "-h", self.directory, "-U", "symbolon", "-D", other.data, "-R", "-c", "fast")
		return other.start()

	def promote(self):
		self.program("pg_ctl", "-D", self.data, "-w", "-s", "promote")

	def stop(self, mode="immediate"):
		self.program("pg_ctl", "-D", self.data, "-s", "-m", mode, "stop")

	def url(self):
		"""With {} for the name of a database."""
		return f"postgresql://symbolon@/{{}}?host={self.directory}"

	def pids(self):
		"""The server, then those that it has forked."""
		with open(os.path.join(self.data, "postmaster.pid"), encoding="utf-8") as f:
			pid = int(f.readline())
		with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
			return [pid, *map(int, f.read().split())]

	def signal(self, number):
		"""To all of them, also to those that are forked meanwhile."""
		seen = set()
		while new := [pid for pid in self.pids() if pid not in seen]:
			for pid in new:
				seen.add(pid)
				try:
					os.kill(pid, number)
				except ProcessLookupError:
					pass

	def freeze(self):
		self.signal(signal.SIGSTOP)

	def thaw(self):
		self.signal(signal.SIGCONT)
