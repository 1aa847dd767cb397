"""The command line: the same on a stopped data directory and on a running server."""

import json
import os
import re
import signal
import socket
import subprocess
import time

import pytest
import requests

from sites import PROGRAM, WHO_AM_I, Site

GENERATE = "frappe.core.doctype.user.user.generate_keys"


@pytest.fixture(params=["running", "stopped"])
def either(request, site):
	"""A site with ada, served or not."""
	site.run("user", "add", "ada@example.com", "--first-name", "Ada", "--role", "System Manager")
	if request.param == "stopped":
		site.stop()
	return site


def test_the_line_that_a_first_start_prints_can_be_pasted(site):
	line = re.search(r"^  (curl .*)$", site.said, re.M).group(1)
	done = subprocess.run(line, shell=True, capture_output=True, text=True, timeout=10, check=True)

	assert json.loads(done.stdout) == {"message": "Administrator"}


def test_the_password_is_said_once_and_works(site):
	password = re.search(r"^  Password  (\S+)", site.said, re.M).group(1)
	answer = requests.post(
		site.url + "/api/method/login", data={"usr": "Administrator", "pwd": password}, timeout=10
	)

	assert answer.status_code == 200
	site.stop()
	site.start()
	assert "Password" not in site.said and "curl" not in site.said


def test_a_given_password_is_not_said(tmp_path):
	site = Site(str(tmp_path / "site")).start(SYMBOLON_ADMIN_PASSWORD="hunter2-hunter2")

	assert "hunter2" not in site.said and "Password" not in site.said
	answer = requests.post(
		site.url + "/api/method/login", data={"usr": "Administrator", "pwd": "hunter2-hunter2"}, timeout=10
	)
	site.stop()
	assert answer.status_code == 200


def test_generates_a_key_that_the_server_accepts(either):
	pair = json.loads(either.run("keys", "generate", "ada@example.com").stdout)

	assert sorted(pair) == ["api_key", "api_secret"]
	if either.server is None:
		either.start()
	assert either.who(pair).json() == {"message": "ada@example.com"}


def test_a_new_secret_ends_the_old_one(either):
	first = either.json("keys", "generate", "ada@example.com")
	second = either.json("keys", "generate", "ada@example.com")

	assert second["api_key"] == first["api_key"]
	if either.server is None:
		either.start()
	assert either.who(first).status_code == 401
	assert either.who(second).status_code == 200


def test_revokes_all_secrets(either):
	pair = either.json("keys", "generate", "ada@example.com")
	assert either.json("keys", "revoke", "ada@example.com") == {"user": "ada@example.com", "ended": 1}
	if either.server is None:
		either.start()
	assert either.who(pair).status_code == 401


def test_lists_keys_without_secrets(either):
	pair = either.json("keys", "generate", "ada@example.com")
	done = either.run("keys", "list", "ada@example.com", "--output", "json")

	assert pair["api_key"] in done.stdout and pair["api_secret"] not in done.stdout
	assert pair["api_key"] in either.run("keys", "list").stdout


def test_verifies_a_token_from_standard_input(either):
	pair = either.json("keys", "generate", "ada@example.com")
	token = f"{pair['api_key']}:{pair['api_secret']}"

	assert either.json("keys", "verify", stdin=token + "\n")["user"] == "ada@example.com"
	wrong = either.run("keys", "verify", stdin=token[:-1] + "\n", exit=1)
	assert "checksum" in wrong.stderr and pair["api_secret"][:-1] not in wrong.stderr
	either.run("keys", "verify", stdin=f"{pair['api_key']}:0123456789abcde\n", exit=1)


def test_a_disabled_user_is_refused_at_once(site):
	site.run("user", "add", "ada@example.com", "--first-name", "Ada")
	pair = site.json("keys", "generate", "ada@example.com")
	site.run("user", "disable", "ada@example.com")
	assert site.who(pair).status_code == 401
	site.run("user", "enable", "ada@example.com")
	assert site.who(pair).status_code == 200


def test_adds_and_lists_users(either):
	either.run(
		"user", "add", "bob@example.com", "--first-name", "Bob", "--last-name", "Baker", "--password-stdin",
		stdin="correct horse battery staple\n",
	)
	users = {user["name"]: user for user in either.json("user", "list")}

	assert users["bob@example.com"]["full_name"] == "Bob Baker"
	assert users["ada@example.com"]["enabled"] == 1
	twice = either.run("user", "add", "bob@example.com", "--first-name", "Bob", exit=1)
	assert twice.stderr == "symbolon user: User bob@example.com already exists\n"
	if either.server is None:
		either.start()
	login = requests.post(
		either.url + "/api/method/login",
		data={"usr": "bob@example.com", "pwd": "correct horse battery staple"}, timeout=10,
	)
	assert login.status_code == 200


def test_sets_a_password(either):
	either.run("user", "set-password", "ada@example.com", stdin="correct horse battery staple\n")
	if either.server is None:
		either.start()
	login = requests.post(
		either.url + "/api/method/login",
		data={"usr": "ada@example.com", "pwd": "correct horse battery staple"}, timeout=10,
	)
	assert login.status_code == 200


def test_gives_and_takes_roles(either):
	assert either.json("user", "roles", "ada@example.com") == ["System Manager"]
	both = either.json("user", "roles", "ada@example.com", "--add", "Accounts User")
	assert sorted(both) == ["Accounts User", "System Manager"]
	one = either.json("user", "roles", "ada@example.com", "--remove", "System Manager")
	assert one == ["Accounts User"]


# What `bench execute` prints: tests/golden/cli.json.
EXECUTED = [
	(["frappe.ping"], r"pong\n", 0),
	(["frappe.auth.get_logged_user"], r"Administrator\n", 0),
	([GENERATE, "--args", "['ada@example.com']"], r'\{"api_key": "[0-9a-f]{15}", "api_secret": "smb_\w+"\}\n', 0),
	([GENERATE, "--args", "[ada@example.com]"], r'\{"api_key": .*\}\n', 0),
	([GENERATE, "--args", '["Administrator"]'], r'\{"api_key": .*\}\n', 0),
	([GENERATE, "--kwargs", "{'user':'ada@example.com'}"], r'\{"api_key": .*\}\n', 0),
	(
		["frappe.client.get_list", "--kwargs", "{'doctype':'Role','limit_page_length':2,'order_by':'name asc'}"],
		r'\[\{"name": "Accounts Manager"\}, \{"name": "Accounts User"\}\]\n', 0,
	),
	(["frappe.db.commit"], r"", 0),
	([GENERATE, "--args", "['nobody@golden.test']"], "DoesNotExistError: User nobody@golden.test not found", 1),
	([GENERATE], r"TypeError: generate_keys\(\) missing 1 required positional argument: 'user'", 1),
	([GENERATE, "--args", "['a', 'b']"], r"TypeError: generate_keys\(\) takes 1 positional", 1),
	([GENERATE, "--args", "['a"], "quote", 1),
	(["frappe.nosuch.fn"], "frappe.nosuch.fn", 1),
	(["../../etc/passwd"], "no name of a method", 1),
]


@pytest.mark.parametrize("name", ["symbolon", "bench"])
def test_executes_as_bench_does(either, tmp_path, name):
	bench = tmp_path / "bench"
	bench.symlink_to(PROGRAM)
	start = [str(bench), "--site", "any"] if name == "bench" else [PROGRAM]
	for args, says, code in EXECUTED:
		done = subprocess.run(
			[*start, "execute", *args], text=True, capture_output=True, timeout=60, check=False,
			env=either.environment({"SYMBOLON_SERVER_DATA": either.path}),
		)
		assert done.returncode == code, (args, done)
		if code == 0:
			assert re.fullmatch(says, done.stdout), (args, done)
		else:
			assert re.search(says, done.stderr) and done.stdout == "", (args, done)


@pytest.mark.sqlite
def test_backs_up_and_restores(either, tmp_path):
	pair = either.json("keys", "generate", "ada@example.com")
	file = str(tmp_path / "backup.db")
	either.run("backup", file)
	assert os.stat(file).st_mode & 0o777 == 0o600
	either.run("backup", file, exit=1)
	either.run("restore", file, exit=1)

	other = Site(str(tmp_path / "other"))
	assert f"cannot read the backup {file}.none" in other.run("restore", file + ".none", exit=1).stderr
	other.run("restore", file)
	other.start()
	answer = other.who(pair)
	other.stop()
	assert answer.json() == {"message": "ada@example.com"}
	assert not [name for name in os.listdir(either.path) if name.startswith("backup")]


def test_a_second_server_on_the_directory_says_who_has_it(site):
	done = site.run("serve", "--listen", "127.0.0.1:0", exit=1)

	assert f"process {site.server.pid} " in done.stderr


def test_a_second_server_on_the_address_is_refused(site, tmp_path):
	address = site.url.removeprefix("http://")
	other = Site(str(tmp_path / "other"))

	assert address in other.run("serve", "--listen", address, exit=1).stderr


def test_refuses_directories_that_are_not_its_own(site, tmp_path):
	foreign = tmp_path / "foreign"
	foreign.mkdir()
	(foreign / "thesis.tex").write_text("x")
	assert "thesis.tex" in Site(str(foreign)).run("serve", exit=1).stderr
	assert "no site" in Site(str(tmp_path / "none")).run("keys", "list", exit=1).stderr


@pytest.mark.sqlite
def test_a_site_without_its_key_file_does_not_start(site):
	site.stop()
	os.rename(site.path + "/symbolon.key", site.path + "/away")

	assert "symbolon.key is missing" in site.run("serve", exit=1).stderr


@pytest.mark.sqlite
def test_a_damaged_database_does_not_start_and_can_be_restored(site, tmp_path):
	file = str(tmp_path / "backup.db")
	site.run("backup", file)
	site.stop()
	with open(site.path + "/symbolon.db", "r+b") as f:
		f.write(os.urandom(4096))
	done = site.run("serve", exit=1)
	assert "damaged" in done.stderr and "restore" in done.stderr

	os.remove(site.path + "/symbolon.db")
	site.run("restore", file)
	site.start()


def test_a_first_start_that_was_killed_is_begun_again(tmp_path):
	site = Site(str(tmp_path / "site"))
	for delay in [0.0, 0.002, 0.005, 0.01, 0.02, 0.05]:
		with subprocess.Popen(
			[PROGRAM, "serve", "--data", site.path, "--listen", "127.0.0.1:0"], stderr=subprocess.DEVNULL
		) as server:
			time.sleep(delay)  # pause: the kill falls anywhere in the first start
			server.kill()
	site.start()
	site.stop()


def test_settings_are_checked_with_file_and_line(tmp_path):
	config = tmp_path / "symbolon.conf"
	config.write_text('server {\n\tlisten = "127.0.0.1:0"\n\tcolour = red\n}\n')
	site = Site(str(tmp_path / "site"))

	assert f"{config}:3:" in site.run("check-config", "--config", str(config), exit=1).stderr
	assert "--nope" in site.run("serve", "--nope", "1", exit=2).stderr
	assert "SYMBOLON_NOPE" in site.run("check-config", SYMBOLON_NOPE="1").stderr
	config.write_text('http { max_json = 2M }\n')
	printed = site.run("check-config", "--config", str(config)).stdout
	assert f"max_json = 2M # {config}:1" in printed


@pytest.mark.parametrize(
	"args",
	[[], ["nope"], ["keys"], ["keys", "gen"], ["keys", "generate"], ["user", "add", "a", "b"], ["keys", "list", "--output", "xml"]],
)
def test_misuse_is_told_from_failure(args):
	done = subprocess.run([PROGRAM, *args], capture_output=True, text=True, timeout=10, check=False)

	assert done.returncode == 2 and "--help" in done.stderr + done.stdout
	assert args != ["keys", "gen"] or 'there is no command "keys gen"' in done.stderr


def test_every_command_has_help():
	listed = subprocess.run([PROGRAM, "--help"], capture_output=True, text=True, timeout=10, check=True).stdout
	names = re.findall(r"^  ([a-z][a-z -]*[a-z])(?: [A-Z\[].*?)?  +", listed, re.M)

	assert {"serve", "user add", "keys generate", "execute", "backup", "restore", "version"} <= set(names)
	for name in names:
		done = subprocess.run([PROGRAM, *name.split(), "--help"], capture_output=True, text=True, timeout=10, check=True)
		assert done.stdout.startswith(f"Usage: symbolon {name}")


@pytest.mark.concurrency
def test_stops_gracefully_and_answers_what_it_has_read(site):
	host, port = site.url.removeprefix("http://").split(":")
	with socket.create_connection((host, int(port)), timeout=10) as slow:
		slow.sendall(
			f"POST {WHO_AM_I} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n".encode()
		)
		assert slow.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
		site.server.send_signal(signal.SIGTERM)
		site.wait_for(r"(draining)")
		slow.sendall(b"{}")
		assert slow.recv(65536).startswith(b"HTTP/1.1 403 ")
	assert site.server.wait(40) == 0
	site.server = None


def test_a_reload_keeps_serving(site):
	site.server.send_signal(signal.SIGHUP)
	site.wait_for(r"event=(reload)")
	assert requests.get(site.url + "/healthz", timeout=10).status_code == 200


def test_tells_the_service_manager(tmp_path):
	with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
		manager.bind(str(tmp_path / "notify"))
		manager.settimeout(20)
		site = Site(str(tmp_path / "site")).start(NOTIFY_SOCKET=str(tmp_path / "notify"))
		assert manager.recv(100) == b"READY=1"
		site.stop()
		assert manager.recv(100) == b"STOPPING=1"


def is_sanitized():
	with open(PROGRAM, "rb") as f:
		text = f.read()
	return b"__asan_init" in text or b"__tsan_init" in text


def test_runs_in_a_sandbox(site):
	if is_sanitized():
		pytest.skip("a sanitizer needs more than a server may have")
	with open(f"/proc/{site.server.pid}/status", encoding="utf-8") as f:
		status = f.read()

	assert re.search(r"^NoNewPrivs:\s+1$", status, re.M)
	assert re.search(r"^Seccomp:\s+2$", status, re.M)
