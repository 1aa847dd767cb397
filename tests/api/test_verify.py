"""/auth/verify, asked directly and by a real nginx with auth_request, over TCP and over a Unix socket."""

import http.client
import http.server
import json
import os
import re
import shutil
import socket
import subprocess
import threading

import pytest
import requests

from sites import PASSWORD, Site

NGINX = shutil.which("nginx", path="/usr/sbin:" + os.environ["PATH"])
ADA = "ada@example.com"
VERIFY = "/auth/verify"

NGINX_CONF = """
daemon off;
user root;
worker_processes 1;
pid {dir}/nginx.pid;
error_log {dir}/error.log;
events {{ worker_connections 64; }}
http {{
	access_log off;
	client_body_temp_path {dir}/t1; proxy_temp_path {dir}/t2; fastcgi_temp_path {dir}/t3;
	uwsgi_temp_path {dir}/t4; scgi_temp_path {dir}/t5;
	upstream symbolon {{ server {symbolon}; keepalive 4; }}
	server {{
		listen 127.0.0.1:{port};
		location / {{
			auth_request /verify;
			auth_request_set $user $upstream_http_x_symbolon_user;
			auth_request_set $roles $upstream_http_x_symbolon_roles;
			proxy_set_header X-User $user;
			proxy_set_header X-Symbolon-User $user;
			proxy_set_header X-Symbolon-Roles $roles;
			proxy_pass http://127.0.0.1:{backend};
		}}
		location /managers/ {{
			auth_request /verify-managers;
			proxy_pass http://127.0.0.1:{backend};
		}}
		location = /verify {{
			internal;
			proxy_pass http://symbolon/auth/verify;
			include {dir}/verify.conf;
		}}
		location = /verify-managers {{
			internal;
			proxy_pass http://symbolon/auth/verify?role=Website%20Manager&role=All;
			include {dir}/verify.conf;
		}}
	}}
}}
"""

VERIFY_CONF = """
proxy_http_version 1.1;
proxy_set_header Connection "";
proxy_pass_request_body off;
proxy_set_header Content-Length "";
proxy_set_header X-Original-Method $request_method;
proxy_set_header X-Original-URI $request_uri;
proxy_set_header X-Forwarded-Method "";
proxy_set_header X-Forwarded-Uri "";
proxy_set_header X-Forwarded-For $remote_addr;
"""


class Backend(http.server.ThreadingHTTPServer):
	"""An application that trusts its proxy: it answers the fields and the body that it was sent."""

	def __init__(self):
		super().__init__(("127.0.0.1", 0), Echo)
		self.asked = 0
		threading.Thread(target=self.serve_forever, daemon=True).start()


class Echo(http.server.BaseHTTPRequestHandler):
	def do_GET(self):
		self.server.asked += 1
		body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
		fields = {name: self.headers.get_all(name) for name in self.headers}
		text = json.dumps({"fields": fields, "body": body}).encode()
		self.send_response(200)
		self.send_header("Content-Length", str(len(text)))
		self.end_headers()
		self.wfile.write(text)

	do_POST = do_GET

	def log_message(self, *args):
		pass


def start_nginx(directory, symbolon, backend):
	"""nginx on a port that the system chose; it inherits the socket."""
	door = socket.create_server(("127.0.0.1", 0))
	port = door.getsockname()[1]
	(directory / "verify.conf").write_text(VERIFY_CONF)
	(directory / "nginx.conf").write_text(
		NGINX_CONF.format(dir=directory, symbolon=symbolon, port=port, backend=backend.server_port))
	process = subprocess.Popen(
		[NGINX, "-p", str(directory), "-c", str(directory / "nginx.conf")], stderr=subprocess.DEVNULL,
		pass_fds=[door.fileno()], env={**os.environ, "NGINX": f"{door.fileno()};"})
	door.close()
	return process, f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
	directory = tmp_path_factory.mktemp("verify")
	made = Site(directory / "site")
	made.socket = f"unix:{directory}/s"
	made.start("--listen", made.socket, "--http.trusted_proxies", "127.0.0.1,unix", "--auth.token_tries", "3",
		SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	made.run("user", "add", ADA, "--first-name", "Ada", "--last-name", "Zo\u00eb, 100%", "--role", "Website Manager")
	made.pair = made.json("keys", "generate", ADA)
	made.ada = made.with_token(made.pair)
	yield made
	made.stop()


@pytest.fixture(scope="module", params=["tcp", "unix"])
def proxy(request, server, tmp_path_factory):
	directory = tmp_path_factory.mktemp("nginx")
	backend = Backend()
	address = server.url.removeprefix("http://") if request.param == "tcp" else server.socket
	process, url = start_nginx(directory, address, backend)
	yield Proxy(url, backend)
	process.terminate()
	process.wait()
	backend.shutdown()


class Proxy:
	def __init__(self, url, backend):
		self.url, self.backend = url, backend

	def ask(self, caller, verb="GET", path="/orders", headers=None, **kwargs):
		return requests.request(
			verb, self.url + path, headers={**caller.headers, **(headers or {})}, timeout=30, **kwargs)


# --- behind nginx


def test_the_backend_sees_who_it_is(server, proxy):
	answer = proxy.ask(server.ada, "POST", data="a=b").json()

	assert answer["body"] == "a=b"
	assert answer["fields"]["X-User"] == [ADA]
	assert answer["fields"]["X-Symbolon-User"] == [ADA]
	assert "Website Manager" in answer["fields"]["X-Symbolon-Roles"][0].split(",")


def test_an_identity_that_the_client_sends_does_not_pass(server, proxy):
	lies = {"X-User": "Administrator", "X-Symbolon-User": "Administrator", "X-Symbolon-Roles": "System Manager"}
	fields = proxy.ask(server.ada, headers=lies).json()["fields"]
	before = proxy.backend.asked

	assert fields["X-User"] == fields["X-Symbolon-User"] == [ADA]
	assert "System Manager" not in fields["X-Symbolon-Roles"][0]
	assert proxy.ask(server.guest, headers=lies).status_code == 401
	assert proxy.backend.asked == before


def test_nobody_is_refused_with_a_challenge(server, proxy):
	before = proxy.backend.asked
	for fields in ({}, {"Authorization": "token a:b"}, {"Authorization": "Basic abc"}, {"Cookie": "sid=" + "f" * 56}):
		answer = proxy.ask(server.guest, headers=fields)
		assert answer.status_code == 401
		assert answer.headers["WWW-Authenticate"] == 'token realm="symbolon"'
	assert proxy.backend.asked == before


def test_a_revoked_key_is_refused_at_once(server, proxy):
	user = f"r{proxy.backend.server_port}@example.com"
	server.run("user", "add", user, "--first-name", "R")
	first = server.json("keys", "generate", user)
	assert proxy.ask(server.with_token(first)).status_code == 200
	second = server.json("keys", "generate", user)
	assert proxy.ask(server.with_token(first)).status_code == 401
	assert proxy.ask(server.with_token(second)).status_code == 200
	server.run("keys", "revoke", user)
	assert proxy.ask(server.with_token(second)).status_code == 401
	third = server.json("keys", "generate", user)
	server.run("user", "disable", user)
	assert proxy.ask(server.with_token(third)).status_code == 401


def test_a_role_is_demanded(server, proxy):
	user = f"m{proxy.backend.server_port}@example.com"
	server.run("user", "add", user, "--first-name", "M")
	plain = server.with_token(server.json("keys", "generate", user))

	assert proxy.ask(server.ada, path="/managers/x").status_code == 200
	assert proxy.ask(plain, path="/managers/x").status_code == 403
	assert proxy.ask(server.guest, path="/managers/x").status_code == 401


def test_a_session_counts_too(server, proxy):
	sid = server.login().cookies["sid"]

	assert proxy.ask(server.guest, headers={"Cookie": f"sid={sid}"}).json()["fields"]["X-User"] == ["Administrator"]


def test_the_address_of_the_client_counts(server, proxy):
	user = f"i{proxy.backend.server_port}@example.com"
	server.run("user", "add", user, "--first-name", "I")
	caller = server.with_token(server.json("keys", "generate", user))
	root = server.login()

	def restrict(to):
		answer = root.put(f"{server.url}/api/resource/User/{user}", json={"restrict_ip": to}, timeout=30)
		assert answer.status_code == 200, answer.text

	assert proxy.ask(caller).status_code == 200
	restrict("10.0.0.0/8")
	assert proxy.ask(caller, headers={"X-Forwarded-For": "10.0.0.1"}).status_code == 401
	restrict("127.0.0.0/8")
	assert proxy.ask(caller).status_code == 200


def test_the_log_names_the_request_that_was_asked_about(server, proxy):
	path = f"/orders/{proxy.backend.server_port}"
	proxy.ask(server.ada, "POST", path + "?secret=hunter2", data="x")
	proxy.ask(server.guest, "GET", path + "/refused?secret=hunter2")

	line = server.wait_for(rf"^(.*original_path={path} .*)$")
	assert "original_method=POST" in line and "status=204" in line and f"user={ADA}" in line
	line = server.wait_for(rf"^(.*original_path={path}/refused .*)$")
	assert "original_method=GET" in line and "status=401" in line
	assert "hunter2" not in server.said


# --- asked directly


def test_names_are_encoded_and_fields_of_the_client_are_not_answered(server):
	lies = {"X-Symbolon-User": "Administrator", "X-Symbolon-Key": "x", "X-User": "y", "X-Symbolon-Roles": "z"}
	answer = server.ada("GET", VERIFY, headers=lies)

	assert answer.status_code == 204
	assert answer.headers["X-Symbolon-User"] == ADA
	assert answer.headers["X-Symbolon-Full-Name"] == "Ada Zo%C3%AB%2C 100%25"
	assert answer.headers["X-Symbolon-Key"] == server.pair["api_key"]
	assert "X-User" not in answer.headers
	for refused in (server.guest("GET", VERIFY, headers=lies), server.ada("GET", VERIFY + "?role=No", headers=lies)):
		assert not [name for name in refused.headers if name.startswith("X-Symbolon")]


def test_a_throttled_try_is_a_401_that_says_when_to_come_back(server):
	wrong = {"Authorization": f"token {server.pair['api_key']}:smb_wrong"}
	tries = [server.guest("GET", VERIFY, headers=wrong) for _ in range(5)]

	assert [answer.status_code for answer in tries] == [401] * 5
	assert "Retry-After" not in tries[0].headers
	assert 1 <= int(tries[4].headers["Retry-After"]) <= 60
	assert server.ada("GET", VERIFY).status_code == 204
	direct = server.guest("GET", "/api/method/ping", headers=wrong)
	assert (direct.status_code, direct.headers["Retry-After"] != "") == (429, True)


def test_every_denial_is_empty_and_keeps_its_connection(server):
	line = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
	token = {"Authorization": server.ada.headers["Authorization"]}
	asked = [
		(401, "", {}),
		(401, "", {"Authorization": "token a:b"}),
		(401, "", {"Authorization": "Basic !"}),
		(403, "?role=No%20Such", token),
		(403, "", {**token, "X-Original-URI": "no path"}),
		(204, "", token),
	]
	for status, query, fields in asked:
		line.request("GET", VERIFY + query, headers=fields)
		answer = line.getresponse()
		assert (answer.status, answer.read(), answer.getheader("Content-Length")) == (status, b"", "0")
		assert answer.getheader("Set-Cookie") is None and not answer.will_close
	line.close()


SAID = [
	({"X-Original-Method": "PUT", "X-Original-URI": "/a%20b?c=d"}, "original_method=PUT original_path=/a%20b "),
	({"X-Forwarded-Method": "GET", "X-Forwarded-Uri": "/f"}, "original_method=GET original_path=/f "),
	({"X-Original-URL": "https://shop.example.com/u?x"}, "original_path=/u "),
	({"X-Original-URL": "http://shop.example.com"}, "original_path=/ "),
	({"X-Original-URI": "/same?a", "X-Forwarded-Uri": "/same?b"}, "original_path=/same "),
]


def test_every_spelling_of_proxies_is_read(server):
	for number, (fields, _) in enumerate(SAID):
		assert server.ada("GET", VERIFY, headers={**fields, "X-Frappe-Request-Id": f"said-{number}"}).status_code == 204
	for number, (_, logged) in enumerate(SAID):
		assert logged in server.wait_for(rf"^(.* id=said-{number} .*)$")


def test_the_path_below_counts_if_the_proxy_says_nothing_else(server):
	assert server.ada("PATCH", VERIFY + "/envoy/path?q=hunter3").status_code == 204
	assert "original_method=PATCH" in server.wait_for(r"^(.* original_path=/envoy/path .*)$")
	assert "hunter3" not in server.said


@pytest.mark.parametrize("fields", [
	{"X-Original-URI": "/mine", "X-Forwarded-Uri": "/yours"},
	{"X-Original-Method": "GET", "X-Forwarded-Method": "DELETE"},
	{"X-Original-URI": "relative"},
	{"X-Original-URL": "javascript://x"},
	{"X-Original-Method": "NOT A METHOD"},
	{"X-Original-Method": "M" * 33},
])
def test_what_a_proxy_cannot_have_said_is_denied(server, fields):
	assert server.ada("GET", VERIFY, headers=fields).status_code == 403


def test_a_field_that_comes_twice_is_denied(server):
	line = http.client.HTTPConnection(server.url.removeprefix("http://"), timeout=30)
	line.putrequest("GET", VERIFY)
	line.putheader("Authorization", server.ada.headers["Authorization"])
	line.putheader("X-Original-URI", "/a")
	line.putheader("X-Original-URI", "/a")
	line.endheaders()
	assert line.getresponse().status == 403
	line.close()


def test_others_than_trusted_proxies_say_nothing(site):
	fields = {"X-Original-URI": "/mine", "X-Forwarded-Uri": "/yours", "X-Original-Method": "DELETE"}
	assert site.admin("GET", VERIFY + "/below", headers=fields).status_code == 204
	line = site.wait_for(r"^(.* path=/auth/verify/below .*)$")
	assert re.search("original|mine|DELETE", line) is None
