"""What a key can have, from the command line: given, changed and taken away; on a stopped directory and on a running server."""

import datetime
import os

import pytest

from sites import PASSWORD, WHO_AM_I, Site

KEYS = "/api/resource/API Key"
MANUAL = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "man", "symbolon.1.in")
ADDRESS, ELSEWHERE = "203.0.113.7", "198.51.100.9"


@pytest.fixture(scope="module", params=["running", "stopped"])
def place(request, tmp_path_factory):
	"""A site with ada; keys are made and changed while it is served, or while nobody uses it."""
	site = Site(tmp_path_factory.mktemp(request.param) / "site")
	start(site)
	site.run("user", "add", "ada@example.com", "--first-name", "Ada", "--role", "System Manager")
	yield Place(site, request.param == "running")
	site.stop()


def start(site):
	site.start("--http.trusted_proxies", "127.0.0.1", SYMBOLON_ADMIN_PASSWORD=PASSWORD)


class Place:
	def __init__(self, site, is_served):
		self.site, self.is_served = site, is_served

	def tell(self, *commands):
		"""What each command, a tuple of words, answers."""
		if self.is_served:
			return [self.site.json(*command) for command in commands]
		self.site.stop()
		answers = [self.site.json(*command) for command in commands]
		start(self.site)
		return answers

	def made(self, *options):
		return self.tell(("keys", "create", "ada@example.com", *options))[0]

	def changed(self, key, *options):
		"""What the command says, which is what is stored."""
		told = self.tell(("keys", "change", key["api_key"], *options))[0]
		stored = self.site.admin("GET", f"{KEYS}/{key['api_key']}").json()["data"]
		assert {**told, "scopes": None} == {**{name: stored.get(name) for name in told}, "scopes": None}
		assert [scope.split(":")[:2] for scope in told["scopes"]] == [[row["kind"], row["target"].split(":")[0]] for row in stored["scopes"]]
		return told

	def ask(self, key, method="GET", path=WHO_AM_I, address=ADDRESS, **kwargs):
		return self.site.with_token(key)(method, path, headers={"X-Forwarded-For": address}, **kwargs)

	def status(self, key, **kwargs):
		return self.ask(key, **kwargs).status_code


def text_in(seconds):
	moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
	return moment.strftime("%Y-%m-%d %H:%M:%S")


def test_a_label_is_changed_and_all_else_stays(place):
	key = place.made("--label", "one", "--quota", "500", "--deny", ELSEWHERE, "--scope", "DocType:ToDo:read")
	document = place.changed(key, "--label", "two")
	assert (document["label"], document["quota"], document["denied_networks"], document["scopes"]) == ("two", 500, ELSEWHERE, ["DocType:ToDo:read"])
	assert place.status(key) == 200 and place.status(key, address=ELSEWHERE) == 401
	assert place.changed(key, "--label", "")["label"] in (None, "")


def test_a_key_begins_later(place):
	key = place.made("--not-before", text_in(3600))
	assert place.status(key) == 401
	assert place.changed(key, "--not-before", text_in(-60))["not_before"] < text_in(0)
	assert place.status(key) == 200
	place.changed(key, "--not-before", text_in(3600))
	assert place.status(key) == 401
	assert place.changed(key, "--not-before", "")["not_before"] is None
	assert place.status(key) == 200


def test_a_key_ends(place):
	key = place.made("--expires", text_in(3600))
	later = text_in(7200)
	assert place.changed(key, "--expires", later)["expires"].startswith(later)
	assert place.status(key) == 200
	refused = place.site.run("keys", "change", key["api_key"], "--expires", text_in(-60), exit=1)
	assert "Expires must be in the future" in refused.stderr
	assert place.changed(key, "--expires", "")["expires"] is None


def test_a_key_is_refused_from_denied_networks_and_outside_the_allowed(place):
	key = place.made("--deny", "203.0.113.0/24")
	assert [place.status(key, address=a) for a in (ADDRESS, ELSEWHERE)] == [401, 200]
	place.changed(key, "--deny", ELSEWHERE)
	assert [place.status(key, address=a) for a in (ADDRESS, ELSEWHERE)] == [200, 401]
	place.changed(key, "--deny", "", "--allow", "203.0.113.0/24,2001:db8::/32")
	assert [place.status(key, address=a) for a in (ADDRESS, ELSEWHERE, "2001:db8::1")] == [200, 401, 200]
	refused = place.site.run("keys", "change", key["api_key"], "--deny", "10.0.0.0/33", exit=1)
	assert "10.0.0.0/33 is not a network" in refused.stderr
	assert place.changed(key, "--allow", "")["allowed_networks"] is None
	assert [place.status(key, address=a) for a in (ADDRESS, ELSEWHERE)] == [200, 200]


def test_a_key_only_reads_and_writes_again(place):
	key = place.made("--read-only")

	def writes():
		return place.status(key, method="POST", path="/api/resource/ToDo", json={"description": "Written"})
	assert writes() == 403
	assert place.changed(key, "--read-write")["read_only"] == 0
	assert writes() == 200
	assert place.changed(key, "--read-only")["read_only"] == 1
	assert writes() == 403 and place.status(key) == 200


def test_scopes_are_replaced_and_taken_away(place):
	key = place.made("--scope", "DocType:ToDo:read", "--scope", "Path:/shop/:GET")

	def reads(doctype):
		return place.status(key, path=f"/api/resource/{doctype}")
	assert (reads("ToDo"), reads("Note")) == (200, 403)
	assert place.changed(key, "--scope", "DocType:Note:read,write", "--scope", "Name:orders:read")["scopes"] == ["DocType:Note:read write", "Name:orders:read"]
	assert (reads("ToDo"), reads("Note")) == (403, 200)
	assert place.changed(key, "--no-scopes")["scopes"] == []
	assert (reads("ToDo"), reads("Note")) == (200, 200)


def test_a_rate_and_a_quota_are_changed_and_taken_away(place):
	key = place.made("--rate", "2/3600", "--quota", "1000")
	assert [place.status(key) for _ in range(3)] == [200, 200, 429]
	document = place.changed(key, "--rate", "100/60", "--quota", "5000")
	assert (document["rate_limit"], document["rate_window_s"], document["quota"]) == (100, 60, 5000)
	answer = place.ask(key)
	assert answer.status_code == 200 and answer.headers["RateLimit-Policy"] == '"rate";q=100;w=60, "quota";q=5000'
	document = place.changed(key, "--rate", "", "--quota", "")
	assert (document["rate_limit"], document["quota"]) == (0, 0)
	assert "RateLimit" not in place.ask(key).headers


def test_a_key_is_disabled_enabled_and_deleted(place):
	key = place.made()
	assert place.tell(("keys", "disable", key["api_key"])) == [{"api_key": key["api_key"], "enabled": 0}]
	assert place.status(key) == 401
	assert place.tell(("keys", "enable", key["api_key"])) == [{"api_key": key["api_key"], "enabled": 1}]
	assert place.status(key) == 200
	place.site.run("keys", "delete", key["api_key"])
	assert place.status(key) == 401
	assert "not found" in place.site.run("keys", "change", key["api_key"], "--label", "x", exit=1).stderr


@pytest.mark.parametrize("options, said", [
	((), "say what changes"), (("--read-only", "--read-write"), "not both"), (("--scope", "DocType:ToDo", "--no-scopes"), "not both"),
	(("--rate", "100"), "a rate is REQUESTS/SECONDS"), (("--scope", ""), "a scope is KIND:TARGET"),
], ids=str)
def test_a_change_that_says_nothing_or_too_much_is_misuse(site, options, said):
	assert said in site.run("keys", "change", "key", *options, exit=2).stderr


def test_the_help_and_the_manual_name_every_command(site):
	names = ["keys " + name for name in ("create", "change", "rotate", "end-overlap", "disable", "enable", "delete", "revoke", "undo-revoke", "list", "report", "secrets", "uses")]
	for text in (site.run("--help").stdout, site.run("manual", MANUAL).stdout.replace("\\-", "-")):
		assert [name for name in names if name not in text] == []
	shown = site.run("keys", "change", "--help").stdout
	for option in ("--label TEXT", "--not-before", "--expires", "--allow", "--deny", "--read-only", "--read-write", "--rate", "--quota", "--scope", "--no-scopes"):
		assert option in shown
