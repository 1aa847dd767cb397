"""Pages whose commands are run as they stand: word for word, but for the ports, which are free ones."""

import os
import re
import signal
import socket
import subprocess

from sites import PROGRAM, ROOT

TIMEOUT = 120
MARK = "--- end of block ---"


def blocks(page):
	"""Pairs of what is run and what must come of it, None if the page does not say."""
	with open(os.path.join(ROOT, page), encoding="utf-8") as f:
		text = f.read()
	return re.findall(r"^```sh\n(.*?)^```\n(?:```text\n(.*?)^```$)?", text, re.M | re.S)


def with_free_ports(pairs):
	doors = {}
	for port in sorted(set(re.findall(r"127\.0\.0\.1:(\d+)", repr(pairs)))):
		doors[port] = socket.create_server(("127.0.0.1", 0))
	ports = {port: str(door.getsockname()[1]) for port, door in doors.items()}
	for door in doors.values():
		door.close()

	def free(text):
		return re.sub(r"127\.0\.0\.1:(\d+)", lambda m: f"127.0.0.1:{ports[m[1]]}", text)

	return [(free(run), free(says)) for run, says in pairs], ports


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


def test_the_quickstart_does_what_it_says(tmp_path):
	pairs, ports = with_free_ports(blocks("docs/quickstart.md"))
	# The first server of the page has the default address, which the tests may not use.
	environment = {
		"PATH": f"{os.path.dirname(os.path.abspath(PROGRAM))}:{os.environ['PATH']}:/usr/sbin",
		"HOME": str(tmp_path), "SYMBOLON_SERVER_LISTEN": f"127.0.0.1:{ports['8000']}",
	}
	script = "".join(f"{block}\necho '{MARK}'\n" for block, _ in pairs)

	code, out, err, left_something = run(script, tmp_path, environment)

	came = out.split(MARK + "\n")
	for (block, shown), said in zip(pairs, came):
		assert matches(shown, said), f"{block}\nis to say\n{shown}\nand said\n{said}\n{err[-1500:]}"
	assert code == 0 and len(came) == len(pairs) + 1, err
	assert not left_something
	assert len(pairs) >= 10 and sum(shown != "" for _, shown in pairs) >= 8
