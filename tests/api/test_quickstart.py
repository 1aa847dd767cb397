"""Pages whose commands are run as they stand: word for word, but for the ports, which are free ones."""

import contextlib
import os
import random
import re
import signal
import socket
import subprocess

import pytest

from sites import PROGRAM, ROOT, new_database

TIMEOUT = 120
MARK = "--- end of block ---"
RUNS = {
	"sh": "{}",
	"python": "/usr/bin/python3 - <<'END-OF-PYTHON'\n{}END-OF-PYTHON\n",
	"javascript": "node --input-type=module - <<'END-OF-SCRIPT'\n{}END-OF-SCRIPT\n",
	"nginx": "{}",
}
# What README.md supposes: a server that somebody has started, and an nginx that includes what the page shows.
SERVER = """
symbolon serve 2>/dev/null &
curl -sS -o ready --retry 20 --retry-connrefused --retry-delay 1 http://127.0.0.1:8000/readyz
"""
NGINX = """
cat >nginx.conf <<'END'
daemon off; pid nginx.pid; error_log nginx.log; events {}
http {
  access_log off;
  client_body_temp_path tmp-1; proxy_temp_path tmp-2; fastcgi_temp_path tmp-3; uwsgi_temp_path tmp-4; scgi_temp_path tmp-5;
  server { listen 127.0.0.1:8080; include page.conf; }
  server { listen 127.0.0.1:8081; return 200 "Hello $http_x_user\\n"; }
}
END
nginx -p "$PWD" -c nginx.conf 2>/dev/null &
curl -sS -o refused -w '%{http_code}\\n' --retry 20 --retry-connrefused --retry-delay 1 http://127.0.0.1:8080/
curl -sS -H "Authorization: token $TOKEN" -H 'X-User: Administrator' http://127.0.0.1:8080/
"""
# What docs/pepper.md supposes: a server with two secrets, and later that both were used after the rotation.
PEPPER = SERVER + """
symbolon user add ada@example.com --first-name Ada >said
symbolon keys generate ada@example.com --output json >one.json
symbolon keys generate Administrator --output json >two.json
OLD_PEPPER=$(symbolon pepper status --output json | sed 's/.*"current":"\\([^"]*\\)".*/\\1/')
"""
USED = """
! symbolon pepper remove "$OLD_PEPPER" 2>refused
grep -o '2 secrets rest on' refused
for pair in one.json two.json; do
  curl -fsS -o who -H "Authorization: token $(sed 's/.*"api_key":"\\(.*\\)","api_secret":"\\(.*\\)".*/\\1:\\2/' $pair)" \\
    http://127.0.0.1:8000/api/method/frappe.auth.get_logged_user
done
for i in $(seq 100); do symbolon pepper status >status; ! grep -q 'old *0 ' status || break; sleep 0.2; done
"""
STOP = "kill $(jobs -p)\nwait\n"


def blocks(page):
	"""Triples: the language, what is run, and what must come of it, empty if the page does not say."""
	with open(os.path.join(ROOT, page), encoding="utf-8") as f:
		text = f.read()
	known = "|".join(RUNS)
	return re.findall(rf"^```({known})\n(.*?)^```\n(?:```text\n(.*?)^```$)?", text, re.M | re.S)


def free_door():
	"""Takes a port that no outgoing connection gets, so that it stays free when this door is closed."""
	with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="utf-8") as f:
		least = int(f.read().split()[0])
	while True:
		with contextlib.suppress(OSError):
			return socket.create_server(("127.0.0.1", random.randrange(1024, max(least, 2048))))


def with_free_ports(steps):
	"""The steps with ports that are free now, and the one that stands for 8000."""
	doors = {}
	for port in sorted(set(re.findall(r"127\.0\.0\.1:(\d+)", repr(steps)))):
		doors[port] = free_door()
	ports = {port: str(door.getsockname()[1]) for port, door in doors.items()}
	for door in doors.values():
		door.close()

	def free(text):
		return re.sub(r"127\.0\.0\.1:(\d+)", lambda m: f"127.0.0.1:{ports[m[1]]}", text)

	return [(language, free(text), free(shown)) for language, text, shown in steps], ports["8000"]


def matches(shown, came):
	return re.fullmatch(".*".join(map(re.escape, shown.split("…"))), came) is not None


def run(script, directory, environment):
	"""What bash says to it; whatever the script started is ended with it."""
	with subprocess.Popen(
		["bash", "-e", "-c", script], cwd=directory, env=environment, text=True, start_new_session=True,
		stdout=subprocess.PIPE, stderr=subprocess.PIPE,
	) as bash:
		try:
			out, err = bash.communicate(timeout=TIMEOUT)
		finally:
			try:
				os.killpg(bash.pid, signal.SIGKILL)
				left_something = True
			except ProcessLookupError:
				left_something = False
	return bash.returncode, out, err, left_something


def does_what_it_says(steps, directory, database=""):
	"""Runs all steps in one shell, in a clean directory, and compares what each says."""
	steps, port = with_free_ports(steps)
	environment = {
		"PATH": f"{os.path.dirname(os.path.abspath(PROGRAM))}:{os.environ['PATH']}:/usr/sbin",
		"HOME": str(directory), "SYMBOLON_SERVER_LISTEN": f"127.0.0.1:{port}",
	}
	if database:
		environment["SYMBOLON_DATABASE_URL"] = database
	script = "".join(RUNS[language].format(text) + f"\necho '{MARK}'\n" for language, text, _ in steps)
	code, out, err, left_something = run(script, directory, environment)
	came = out.split(MARK + "\n")

	for (_, text, shown), said in zip(steps, came):
		assert matches(shown, said), f"{text}\nis to say\n{shown}\nand said\n{said}\n{err[-1500:]}"
	assert code == 0 and len(came) == len(steps) + 1, err
	assert not left_something


def test_the_quickstart_does_what_it_says(tmp_path):
	steps = blocks("docs/quickstart.md")
	assert len(steps) >= 10 and sum(shown != "" for _, _, shown in steps) >= 8
	does_what_it_says(steps, tmp_path)


@pytest.mark.parametrize("page, least", [("keys", 5), ("sessions", 1)])
def test_a_page_about_access_does_what_it_says(tmp_path, page, least):
	steps = blocks(f"docs/{page}.md")
	assert len(steps) >= least and all(shown for _, _, shown in steps)
	does_what_it_says([*steps, ("sh", STOP, "")], tmp_path, new_database())


def test_the_readme_does_what_it_says(tmp_path):
	steps = blocks("README.md")
	assert {language for language, _, _ in steps} == set(RUNS)
	for at, (language, text, _) in enumerate(steps):
		if language == "nginx":
			steps[at] = ("sh", f"cat >page.conf <<'END'\n{text}END\n{NGINX}", "401\nHello ada@example.com\n")
	does_what_it_says([("sh", SERVER, ""), *steps, ("sh", STOP, "")], tmp_path)


def test_the_page_about_the_pepper_does_what_it_says(tmp_path):
	rotate, remove = blocks("docs/pepper.md")
	assert rotate[2] and remove[2]
	does_what_it_says(
		[("sh", PEPPER, ""), rotate, ("sh", USED, "2 secrets rest on\n"), remove, ("sh", STOP, "")], tmp_path, new_database(),
	)
