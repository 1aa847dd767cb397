"""The commands with which docs/databases.md moves a site, word for word but for where things lie, and what must come of them."""

import os
import re
import subprocess
import sys
import tempfile

import pytest
import requests

from sites import DATABASE, PASSWORD, PROGRAM, ROOT, WHO_AM_I, Site, sql
from test_quickstart import free_door

sys.path.insert(0, os.path.join(ROOT, "tools"))
from postgres import Postgres, programs  # noqa: E402

pytestmark = pytest.mark.skipif(not DATABASE, reason="needs a PostgreSQL (tools/with-postgres)")
TODO = "/api/resource/ToDo"
# What becomes another user in a test that is one user only.
SUDO = '#!/bin/sh\n[ "$1" = -u ] && [ "$2" = postgres ] && shift 2 && exec "$@"\n'


@pytest.fixture
def postgres():
	"""As Debian sets one up: its owner is postgres, and there is nobody else."""
	with tempfile.TemporaryDirectory(prefix="symbolon-postgres-") as directory:
		server = Postgres(directory).make()
		sql(server.url().format("postgres"), "CREATE ROLE postgres SUPERUSER LOGIN")
		sql(server.url().format("postgres").replace("symbolon@", "postgres@"), "ALTER ROLE symbolon RENAME TO nobody_else")
		yield server
		server.stop()


def blocks():
	"""The commands of the page's section, a list for each block."""
	with open(os.path.join(ROOT, "docs", "databases.md"), encoding="utf-8") as f:
		section = f.read().split("## Move to PostgreSQL")[1].split("\n## ")[0]
	found = re.findall(r"(?:^    .+\n)+", section, re.M)
	return [[line.strip() for line in block.splitlines()] for block in found]


class Machine:
	"""Where the page's directories and its host are, in a test."""

	def __init__(self, root, server):
		self.root = str(root)
		self.host = server.directory
		for path in ("bin", "root", "var", "srv"):
			os.mkdir(f"{self.root}/{path}")
		os.symlink(os.path.abspath(PROGRAM), f"{self.root}/bin/symbolon")
		with open(f"{self.root}/bin/sudo", "w", encoding="utf-8") as f:
			f.write(SUDO)
		os.chmod(f"{self.root}/bin/sudo", 0o755)
		with free_door() as door:
			self.address = f"127.0.0.1:{door.getsockname()[1]}"
		self.environment = {
			**{name: value for name, value in os.environ.items() if not name.startswith("SYMBOLON_")},
			"PATH": f"{self.root}/bin:{programs()}:{os.environ['PATH']}", "PGHOST": self.host, "PGUSER": "postgres",
			"SYMBOLON_SERVER_LISTEN": self.address,
		}

	def here(self, text):
		"""The same with the places of this machine."""
		text = re.sub(r"postgresql://symbolon@db\.example/symbolon", f"postgresql://symbolon@/symbolon?host={self.host}", text)
		return re.sub(r"/(var/lib|srv|root)/", lambda m: f"{self.root}/{m[1].split('/')[0]}/", text)

	def run(self, command):
		# No terminal: the password that is asked for comes from here.
		done = subprocess.run(
			["bash", "-e", "-c", self.here(command)], env=self.environment, input="Qz11-Word\nQz11-Word\n", text=True,
			capture_output=True, timeout=120, check=False, start_new_session=True,
		)
		assert done.returncode == 0, (command, done.stdout + done.stderr)
		return done.stdout + done.stderr

	def serve(self, command):
		"""The server of a command that goes on until it is ended."""
		server = subprocess.Popen(
			["bash", "-c", f"exec {self.here(command)}"], env=self.environment, stderr=subprocess.PIPE, text=True,
		)
		for line in server.stderr:
			if line.startswith("listening on"):
				return server
		raise AssertionError(f"{command}: ended with {server.wait()}")


def test_the_page_of_the_move_does_what_it_says(postgres, tmp_path):
	machine = Machine(tmp_path, postgres)
	there, away, back = blocks()
	assert [line.split()[0] for line in there + away + back] == [
		"sudo", "sudo", "symbolon", "mv", "symbolon", "symbolon", "symbolon",
	]
	old = Site(f"{machine.root}/var/symbolon", database="").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	pair = old.json("keys", "generate", "Administrator")
	name = old.with_token(pair)("POST", TODO, json={"description": "moved"}).json()["data"]["name"]
	old.stop()
	token = {"Authorization": f"token {pair['api_key']}:{pair['api_secret']}"}

	def lives():
		url = f"http://{machine.address}"
		assert requests.get(url + WHO_AM_I, headers=token, timeout=30).json()["message"] == "Administrator"
		assert requests.get(f"{url}{TODO}/{name}", headers=token, timeout=30).json()["data"]["description"] == "moved"
		made = requests.post(url + TODO, headers=token, json={"description": "more"}, timeout=30)
		assert made.status_code == 200, made.text

	for command in there:
		said = machine.run(command)
	assert "ToDo" in said, said
	machine.run(away[0])
	assert not os.path.exists(f"{machine.root}/var/symbolon/symbolon.db")
	for before, command in (([], away[1]), (back[:-1], back[-1])):
		for step in before:
			machine.run(step)
		server = machine.serve(command)
		try:
			lives()
		finally:
			server.terminate()
			assert server.wait(40) == 0
			server.stderr.close()
	assert os.path.exists(f"{machine.root}/srv/symbolon/symbolon.db")
