"""A wall clock that jumps a day forward and back under a server: what ends by date obeys it, what is a span of time does not."""

import email.utils
import struct
import subprocess
import time

import pytest

from sites import PASSWORD, Caller, Site, is_instrumented
from test_nodes_faults import CLOCK

pytestmark = pytest.mark.skipif(is_instrumented(), reason="a sanitizer wants to be loaded first")

ADA = "ada@example.com"
KEYS = "/api/resource/API Key"
TODO = "/api/resource/ToDo"
HOUR_S, DAY_S = 3600, 86400
LOOKS_S = 15


class Clock:
	"""The wall clock of one server: so many seconds beside ours."""

	def __init__(self, directory):
		self.path, self.library = directory / "clock", directory / "clock.so"
		(directory / "clock.c").write_text(CLOCK, encoding="utf-8")
		subprocess.run(["cc", "-shared", "-fPIC", "-o", self.library, directory / "clock.c", "-ldl"], check=True)
		self.path.write_bytes(struct.pack("l", 0))
		self.site = None

	def start(self, site, *args, **env):
		self.site = site.start(*args, LD_PRELOAD=str(self.library), TEST_CLOCK=str(self.path), **env)
		return site

	def jump(self, seconds):
		"""Returns when the server's answers have the new time: the statuses until then."""
		with open(self.path, "r+b") as f:
			f.write(struct.pack("l", seconds))
		deadline, seen = time.monotonic() + LOOKS_S, set()
		while True:
			answer = self.site.guest("GET", "/api/method/ping")
			seen.add(answer.status_code)
			date = answer.headers["Date"]
			if abs(email.utils.parsedate_to_datetime(date).timestamp() - time.time() - seconds) < 60:
				return seen
			assert time.monotonic() < deadline, date
			time.sleep(0.02)  # pause: looks again, up to the deadline


@pytest.fixture
def clock(tmp_path):
	return Clock(tmp_path)


@pytest.fixture
def site(clock, tmp_path):
	made = clock.start(Site(tmp_path / "site"), SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	made.admin = made.with_token(made.json("keys", "generate", "Administrator"))
	made.run("user", "add", ADA, "--first-name", "Ada", "--password-stdin", stdin=PASSWORD)
	yield made
	made.stop()


def make(site, **fields):
	answer = site.admin("POST", KEYS, json={"user": ADA, "label": "x", **fields})
	assert answer.status_code == 200, answer.text
	return answer.json()["data"]


def stamp(seconds):
	"""A moment beside now, as documents have it: in UTC, the zone of a site that was not told another."""
	return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() + seconds))


def statuses(site, *pairs):
	return [site.who(pair).status_code for pair in pairs]


def test_a_key_begins_and_ends_by_the_wall_clock(site, clock):
	ends = make(site, expires=stamp(HOUR_S))
	begins = make(site, not_before=stamp(HOUR_S))
	always = make(site)
	for offset, expected in ((0, [200, 401]), (DAY_S, [401, 200]), (0, [200, 401]), (-DAY_S, [200, 401]), (0, [200, 401])):
		clock.jump(offset)
		assert statuses(site, ends, begins, always) == [*expected, 200], offset


def test_an_overlap_ends_by_the_wall_clock_and_the_new_secret_always_works(site, clock):
	old = make(site)
	new = {**old, **site.admin.call("symbolon.keys.rotate", key=old["api_key"], overlap="1h")}
	for offset, expected in ((0, 200), (DAY_S, 401), (-DAY_S, None), (0, None)):
		clock.jump(offset)
		assert site.who(new).status_code == 200
		assert expected is None or site.who(old).status_code == expected
	site.admin.call("symbolon.keys.end_overlap", key=old["api_key"])
	for offset in (-DAY_S, 0, DAY_S):
		clock.jump(offset)
		assert statuses(site, old, new) == [401, 200]


@pytest.mark.parametrize("days", [1, -1])
def test_a_window_of_requests_is_a_span_of_time(site, clock, days):
	key = make(site, rate_limit=3, rate_window_s=HOUR_S)
	assert statuses(site, *[key] * 4) == [200] * 3 + [429]
	for offset in (days * DAY_S, 0):
		clock.jump(offset)
		answer = site.who(key)
		assert answer.status_code == 429 and HOUR_S - 120 < int(answer.headers["Retry-After"]) <= HOUR_S


def test_a_quota_does_not_come_back(site, clock):
	key = make(site, quota=5)
	asked = []
	for offset in (0, DAY_S, 0, -DAY_S, 0):
		clock.jump(offset)
		asked += statuses(site, key, key)
	assert asked == [200] * 5 + [429] * 5


@pytest.mark.parametrize("days", [1, -1])
def test_wrong_tries_are_not_forgotten(clock, tmp_path, days):
	site = clock.start(Site(tmp_path / "site"), "--auth.token_tries", "20")
	pair = dict(zip(("api_key", "api_secret"), site.pair))
	wrong = {**pair, "api_secret": "wrong"}
	assert statuses(site, *[wrong] * 21) == [401] * 20 + [429]
	clock.jump(days * DAY_S)
	assert statuses(site, wrong, pair) == [429, 200]
	site.stop()


@pytest.mark.parametrize("days", [1, -1])
def test_a_login_stays_locked(site, clock, days):
	site.admin("PUT", "/api/resource/System Settings/System Settings", json={"allow_consecutive_login_attempts": 2, "allow_login_after_fail": HOUR_S})

	def log_in(password):
		return site.guest("POST", "/api/method/login", json={"usr": ADA, "pwd": password}).status_code

	assert [log_in("wrong") for _ in range(4)] == [401, 401, 401, 429]
	for offset in (days * DAY_S, 0):
		clock.jump(offset)
		assert log_in(PASSWORD) == 429


@pytest.mark.parametrize("days", [1, -1])
def test_what_all_may_use_together_is_a_span_of_time(clock, tmp_path, days):
	site = clock.start(Site(tmp_path / "site"), "--http.rate_limit", "0.000001/86400")
	site.admin("GET", TODO)
	assert site.admin("GET", TODO).status_code == 429
	assert clock.jump(days * DAY_S) == {429}
	site.stop()


def test_a_session_ends_by_the_wall_clock_and_lives_on_if_it_is_set_right(site, clock):
	site.admin("PUT", "/api/resource/System Settings/System Settings", json={"session_expiry": "12:00"})
	session = site.login(ADA)

	def who():
		return session.get(site.url + "/api/method/frappe.auth.get_logged_user", timeout=30, cookies=dict(session.cookies)).status_code

	saved = dict(session.cookies)
	for offset, expected in ((0, 200), (HOUR_S, 200), (-DAY_S, 200), (2 * DAY_S, 401), (0, 200)):
		clock.jump(offset)
		session.cookies.clear()
		session.cookies.update(saved)
		assert (who() == 200) == (expected == 200), offset


def test_the_audit_log_stays_whole(site, clock):
	seen = 0
	for offset in (0, DAY_S, -DAY_S, 0, DAY_S, 0):
		clock.jump(offset)
		make(site)
		deadline = time.monotonic() + LOOKS_S
		while True:
			report = site.admin.call("symbolon.audit.verify")
			if report["unsealed"] == 0 and report["rows"] > seen:
				break
			assert time.monotonic() < deadline, report
			time.sleep(0.02)  # pause: looks again, up to the deadline
		assert report["intact"] is True
		seen = report["rows"]
	site.run("audit", "verify", "--head", report["head"])


def test_a_post_that_is_sent_again_is_done_once(site, clock):
	caller = Caller(site, {**site.admin.headers, "Idempotency-Key": "jump"})
	for number, offset in enumerate((0, DAY_S - HOUR_S, 0, -DAY_S, 0)):
		clock.jump(offset)
		answer = caller("POST", TODO, json={"description": "once"})
		assert answer.status_code == 200 and ("Idempotency-Replayed" in answer.headers) == (number > 0), offset
	assert len(site.admin("GET", TODO).json()["data"]) == 1
