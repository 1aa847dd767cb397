"""SIGHUP: certificates and the settings that need no new start, in a server that goes on."""

import http.client
import re
import signal
import ssl
import subprocess
import threading
import time

import pytest

from sites import PASSWORD, WHO_AM_I, Site


class Served:
	"""A site with a settings file that can be written again."""

	def __init__(self, directory, text="", *args, **env):
		self.file = directory / "settings.conf"
		self.file.write_text(text)
		self.site = Site(directory / "site")
		self.site.start("--config", str(self.file), *args, **env)
		self.read = 0  # of the log

	def reload(self, text):
		"""Writes the file and has the server read it; what the server then says."""
		self.file.write_text(text)
		self.site.server.send_signal(signal.SIGHUP)
		said = ""
		deadline = time.monotonic() + 30
		with open(self.site.path + ".log", encoding="utf-8") as log:
			log.seek(self.read)
			while re.search(r"\bevent\W+reload\b.*\n", said) is None:
				assert time.monotonic() < deadline and self.site.server.poll() is None, said
				time.sleep(0.005)  # pause: looks again, up to the deadline
				said += log.read()
			self.read = log.tell()
		return said


@pytest.fixture
def served(tmp_path):
	made = Served(tmp_path, "", SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	yield made
	made.site.stop()


def test_settings_change_while_requests_run(served):
	site = served.site
	assert site.guest("POST", "/api/method/ping", data=b"x" * 5000).status_code == 200
	failures = []
	stop = threading.Event()

	def ask():
		line = http.client.HTTPConnection(site.url.removeprefix("http://"), timeout=30)
		while not stop.is_set():
			line.request("GET", "/api/method/ping")
			answer = line.getresponse()
			if (answer.status, answer.read()) != (200, b'{"message":"pong"}'):
				failures.append(answer.status)
		line.close()

	threads = [threading.Thread(target=ask) for _ in range(3)]
	for thread in threads:
		thread.start()
	for limit in ["2K", "8K"] * 10:
		served.reload(f"http {{ max_guest_body = {limit}; trusted_proxies = {{10.0.0.0/8, 127.0.0.1}} }}".replace(";", "\n"))
		status = site.guest("POST", "/api/method/ping", data=b"x" * 5000).status_code
		assert status == (413 if limit == "2K" else 200)
	stop.set()
	for thread in threads:
		thread.join(30)
	assert failures == []


def cors(site):
	return "Access-Control-Allow-Origin" in site.guest("GET", "/api/method/ping", headers={"Origin": "https://a.example"}).headers


def proxied(site):
	return "Secure" in site.guest("GET", "/api/method/ping", headers={"X-Forwarded-Proto": "https"}).headers["Set-Cookie"]


def packed(site):
	answer = site.guest("GET", "/login", headers={"Accept-Encoding": "gzip"})
	return answer.headers.get("Content-Encoding") == "gzip"


def long_head(site):
	return site.guest("GET", "/api/method/ping", headers={"X-Long": "x" * 3000}).status_code


def wrong_tries(site):
	wrong = {"Authorization": "token reload:wrong"}
	return [site.guest("GET", WHO_AM_I, headers=wrong).status_code for _ in range(4)][-1]


def rate(site):
	return site.guest("GET", "/api/method/ping").headers.get("X-RateLimit-Limit")


def write_of_a_session(site):
	return site.login().post(site.url + "/api/method/ping", timeout=30).status_code


def home(site):
	return site.guest("POST", "/api/method/login", json={"usr": "Administrator", "pwd": PASSWORD}).json()["home_page"]


LIVE = {
	"allow_cors": ("http { allow_cors = https://a.example }", cors, False, True),
	"trusted_proxies": ("http { trusted_proxies = 127.0.0.1 }", proxied, False, True),
	"max_head": ("http { max_head = 2K }", long_head, 200, 431),
	"gzip": ("http { gzip = no }", packed, True, False),
	"token_tries": ("auth { token_tries = 2 }", wrong_tries, 401, 429),
	"rate_limit": ('http { rate_limit = "60/3600" }', rate, None, "60000000"),
	"strict_csrf": ("auth { strict_csrf = yes }", write_of_a_session, 200, 400),
	"home_page": ("site { home_page = /desk }", home, "/app", "/desk"),
}


def test_each_setting_counts_from_the_next_request_on(served):
	for name, (text, ask, before, after) in LIVE.items():
		assert ask(served.site) == before, name
		said = served.reload(text)
		assert re.search(rf"\] {name} is .* now", said), said
		assert ask(served.site) == after, name
		served.reload("")
		if name != "token_tries":  # whose tries are still counted
			assert ask(served.site) == before, name


def test_an_idle_connection_waits_as_long_as_the_settings_say(served):
	line = http.client.HTTPConnection(served.site.url.removeprefix("http://"), timeout=30)
	served.reload("http { idle_timeout_s = 1 }")
	line.request("GET", "/api/method/ping")
	line.getresponse().read()
	assert line.sock.recv(1) == b""  # within the timeout of this side, and not after 75 s
	line.close()


def test_the_log_changes_its_form(served):
	served.reload("log { format = json }")
	served.site.guest("GET", "/api/method/ping", headers={"X-Frappe-Request-Id": "as-json"})
	assert served.site.wait_for(r'^(\{.*"id":"as-json".*\})$')


def test_what_waits_for_a_restart_is_named_and_stays(served):
	said = served.reload('server { loops = 7\n listen = "127.0.0.1:1" }\nhttp { max_connections = 1 }\nsite { time_zone = "Europe/Berlin" }')
	for name, value in (("[server] loops", "7"), ("[http] max_connections", "1"), ("[site] time_zone", "Europe/Berlin")):
		assert re.search(rf"{re.escape(name)} needs a restart to become .*{value}", said), said
	assert "[server] listen" not in said  # the flag is above the file
	assert served.site.guest("GET", "/api/method/ping").status_code == 200
	for line in said.splitlines():
		assert "level=error" not in line


@pytest.mark.parametrize("broken, says", [
	("http { max_json = red }", "settings.conf:1"),
	("http { colour = red }", "settings.conf:1"),
	("http { gzip = no", "settings.conf:2"),
	("http { trusted_proxies = nowhere }", "nowhere"),
])
def test_what_is_wrong_changes_nothing(served, broken, says):
	served.reload("http { allow_cors = https://a.example }")
	said = served.reload(broken + "\n")
	assert "level=error" in said and says in said
	assert said.count("event=") == 1
	assert cors(served.site)
	served.reload("")
	assert not cors(served.site)


def test_a_secret_in_a_file_is_not_needed_again(tmp_path):
	secret = tmp_path / "secret"
	secret.write_text(PASSWORD + "\n")
	served = Served(tmp_path, "", SYMBOLON_ADMIN_PASSWORD_FILE=str(secret))
	secret.unlink()
	said = served.reload("http { allow_cors = https://a.example }")
	assert "level=error" not in said and "admin_password" not in said and PASSWORD not in said
	assert cors(served.site)
	served.site.login()
	served.site.stop()


def make_certificate(directory, name):
	subprocess.run(
		["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
			"-subj", f"/CN={name}", "-addext", "subjectAltName=IP:127.0.0.1",
			"-keyout", str(directory / "key.pem"), "-out", str(directory / "certificate.pem")],
		check=True, capture_output=True, timeout=60)
	return ssl.PEM_cert_to_DER_cert((directory / "certificate.pem").read_text())


def test_a_new_certificate_is_shown_and_open_connections_go_on(tmp_path):
	first = make_certificate(tmp_path, "first")
	served = Served(
		tmp_path, "", "--tls.listen", "127.0.0.1:0", "--tls.certificate", str(tmp_path / "certificate.pem"),
		"--tls.key", str(tmp_path / "key.pem"))
	address = served.site.wait_for(r"^listening on https://(\S+)$")
	context = ssl.create_default_context()
	context.check_hostname, context.verify_mode = False, ssl.CERT_NONE

	def connect():
		line = http.client.HTTPSConnection(address, timeout=30, context=context)
		line.connect()
		return line

	def ask(line):
		line.request("GET", "/api/method/ping")
		answer = line.getresponse()
		answer.read()
		return answer.status

	old = connect()
	assert old.sock.getpeercert(True) == first and ask(old) == 200
	second = make_certificate(tmp_path, "second")
	served.reload("")
	new = connect()
	assert new.sock.getpeercert(True) == second != first
	assert ask(old) == ask(new) == 200
	(tmp_path / "key.pem").write_text("damaged")
	assert "level=error" in served.reload("")
	assert connect().sock.getpeercert(True) == second
	for line in (old, new):
		line.close()
	served.site.stop()
