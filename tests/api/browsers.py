"""Browsers at addresses of their own, users to log in with, and settings that last one test (spec/auth.md 4-7)."""

import contextlib
import http.cookies
import itertools
import json
import sqlite3

import pytest
import requests

from sites import PASSWORD, WHO_AM_I, Site

USER = "frappe.core.doctype.user.user"
LOGIN = "/api/method/login"
SETTINGS = "/api/resource/System%20Settings/System%20Settings"
NUMBERS = itertools.count(1)


class Browser:
	"""A client that keeps cookies, at an address of its own, behind a trusted proxy."""

	def __init__(self, site, scheme="http", address=None):
		self.site = site
		self.cookies = {}
		self.set = {}  # the last Set-Cookie of each name
		n = next(NUMBERS)
		self.headers = {"X-Forwarded-For": address or f"10.9.{n // 250}.{n % 250}", "X-Forwarded-Proto": scheme}

	def __call__(self, verb, path, headers=None, **kwargs):
		fields = {**self.headers, **(headers or {})}
		if self.cookies:
			fields["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
		answer = requests.request(
			verb, self.site.url + path, headers=fields, timeout=30, allow_redirects=False, **kwargs)
		self.set = {}
		for line in answer.raw.headers.getlist("Set-Cookie"):
			for name, morsel in http.cookies.SimpleCookie(line).items():
				assert name not in self.set, "a cookie is set twice"
				self.set[name] = morsel
				if morsel["expires"].startswith("Thu, 01 Jan 1970"):
					self.cookies.pop(name, None)
				else:
					self.cookies[name] = morsel.coded_value
		return answer

	def login(self, usr, pwd=PASSWORD, status=200, **kwargs):
		answer = self("POST", LOGIN, json={"usr": usr, "pwd": pwd}, **kwargs)
		assert answer.status_code == status, answer.text
		return answer

	def who(self):
		answer = self("GET", WHO_AM_I)
		return answer.json()["message"] if answer.status_code == 200 else answer.status_code


@pytest.fixture(scope="module")
def server(tmp_path_factory):
	made = Site(tmp_path_factory.mktemp("session") / "site")
	made.start("--http.trusted_proxies", "127.0.0.1", "--http.allow_cors", "https://friend.example")
	yield made
	made.stop()


def add_user(site, *more, first_name="Ada"):
	name = f"u{next(NUMBERS)}@example.com"
	site.run("user", "add", name, "--first-name", first_name, "--password-stdin", *more, stdin=PASSWORD + "\n")
	return name


@pytest.fixture
def ada(server):
	"""A System User of her own for each test."""
	return add_user(server, "--role", "System Manager")


@pytest.fixture
def browser(server):
	return Browser(server)


def update(site, user, **values):
	answer = site.admin("PUT", f"/api/resource/User/{user}", json=values)
	assert answer.status_code == 200, answer.text
	return answer.json()["data"]


@pytest.fixture
def settings(server):
	"""Changes System Settings for one test."""
	before = server.admin("GET", SETTINGS).json()["data"]
	changed = {}

	def change(**values):
		changed.update({name: before.get(name) for name in values})
		answer = server.admin("PUT", SETTINGS, json=values)
		assert answer.status_code == 200, answer.text

	yield change
	if changed:
		assert server.admin("PUT", SETTINGS, json=changed).status_code == 200


def rows(site, doctype, fields, **filters):
	answer = site.admin("GET", f"/api/resource/{doctype}", params={
		"fields": json.dumps(fields), "filters": json.dumps(filters), "limit_page_length": 0, "order_by": "creation asc"})
	assert answer.status_code == 200, answer.text
	return answer.json()["data"]


def activity(site, **filters):
	return rows(site, "Activity Log", ["operation", "status", "subject", "user", "full_name", "ip_address"], **filters)


@contextlib.contextmanager
def database(site):
	"""The file of a stopped site; committed and closed at the end of the block."""
	db = sqlite3.connect(site.path + "/symbolon.db")
	with contextlib.closing(db), db:
		yield db
