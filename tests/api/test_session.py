"""Logins and cookie sessions, line by line (spec/auth.md 4-7, 9, 14)."""

import json
import re
import threading
import time

import pytest

from browsers import LOGIN, Browser, activity, add_user, database, update
from browsers import ada, browser, server, settings  # fixtures
from sites import PASSWORD, WHO_AM_I, Site

NAMES = ["sid", "system_user", "full_name", "user_id", "user_image", "user_lang"]


# --- cookies (4.1)


def test_a_login_sets_six_cookies_with_their_attributes(server, browser, ada):
	browser.login(ada)

	assert sorted(browser.set) == sorted(name for name in NAMES if name != "user_image")
	sid = browser.set["sid"]
	assert re.fullmatch(r"[0-9a-f]{56}", sid.value)
	assert (sid["httponly"], sid["path"], sid["samesite"], sid["secure"]) == (True, "/", "Lax", "")
	assert int(sid["max-age"]) == 170 * 3600
	assert browser.set["user_id"].value == ada.replace("@", "%40")
	assert browser.set["full_name"].value == "Ada" and browser.set["system_user"].value == "yes"
	for name in browser.set.keys() - {"sid"}:
		morsel = browser.set[name]
		assert (morsel["httponly"], morsel["path"], morsel["samesite"], morsel["max-age"]) == ("", "/", "Lax", "")


def test_cookies_are_secure_over_https(server, ada):
	browser = Browser(server, scheme="https")
	browser.login(ada)
	assert all(morsel["secure"] for morsel in browser.set.values())
	browser("GET", "/api/method/logout")
	assert sorted(browser.set) == sorted(NAMES) and all(morsel["secure"] for morsel in browser.set.values())


def test_only_the_sid_is_sent_again(browser, ada):
	browser.login(ada)
	sid = browser.cookies["sid"]
	assert browser.who() == ada
	assert list(browser.set) == ["sid"]
	assert browser.set["sid"].value == sid and int(browser.set["sid"]["max-age"]) == 170 * 3600


def test_values_of_cookies_are_encoded(server, browser):
	user = add_user(server, first_name="Zo\u00eb; a=b")
	browser.login(user)
	assert browser.set["full_name"].coded_value == "Zo%C3%AB%3B%20a%3Db"


def test_a_sid_counts_in_its_cookie_only(server, browser, ada):
	browser.login(ada)
	sid = browser.cookies["sid"]
	for answer in (
		server.guest("GET", f"{WHO_AM_I}?sid={sid}"),
		server.guest("POST", WHO_AM_I, data={"sid": sid}),
		server.guest("POST", WHO_AM_I, json={"sid": sid}),
		server.guest("GET", WHO_AM_I, headers={"Sid": sid}),
	):
		assert answer.status_code == 403


def test_every_login_has_a_sid_of_its_own_and_none_is_taken_over(server, ada):
	first, second = Browser(server), Browser(server)
	second.cookies["sid"] = "f" * 56
	first.login(ada)
	second.login(ada)
	assert len({first.cookies["sid"], second.cookies["sid"], "f" * 56}) == 3
	again = second.cookies["sid"]
	second.login(ada)
	assert second.cookies["sid"] != again


# --- lifetime (4.2)


def test_an_unknown_session_is_a_guest_who_is_told(server, browser):
	browser.cookies = {"sid": "f" * 56, "user_id": "x"}
	answer = browser("GET", WHO_AM_I)
	assert (answer.status_code, answer.json()["session_expired"]) == (403, 1)
	assert sorted(browser.set) == sorted(NAMES) and browser.cookies == {}
	browser.cookies = {"sid": "f" * 56}
	assert browser("GET", "/api/method/ping").json() == {"message": "pong", "session_expired": 1}
	assert browser("GET", "/api/method/ping").json() == {"message": "pong"}


@pytest.mark.sqlite
def test_a_session_slides_and_ends(tmp_path):
	site = Site(tmp_path / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	live, dead = Browser(site), Browser(site)
	live.login("Administrator")
	dead.login("Administrator")
	site.stop()
	now = time.time()
	with database(site) as db:
		[(created,)] = db.execute("SELECT min(created_us) FROM session").fetchall()
		db.execute("UPDATE session SET expires_us = ?1", [int((now + 3600) * 1e6)])
		db.execute("UPDATE session SET expires_us = ?1 WHERE created_us > ?2", [int((now - 1) * 1e6), created])
	site.start()

	assert live.who() == "Administrator"
	assert dead.who() == 403
	site.stop()
	with database(site) as db:
		[(slid,)] = db.execute("SELECT expires_us FROM session WHERE created_us = ?1", [created]).fetchall()
	assert slid >= int((now + 170 * 3600 - 60) * 1e6)


def test_session_expiry_is_a_setting(server, browser, ada, settings):
	settings(session_expiry="02:30")
	browser.login(ada)
	assert int(browser.set["sid"]["max-age"]) == 9000


def test_older_sessions_end_if_there_may_be_few(server, ada, settings):
	settings(deny_multiple_sessions=1)
	browsers = [Browser(server) for _ in range(3)]
	for browser in browsers:
		browser.login(ada)
	assert [browser.who() for browser in browsers] == [403, ada, ada]
	update(server, ada, simultaneous_sessions=1)
	last = Browser(server)
	last.login(ada)
	assert [browser.who() for browser in browsers + [last]] == [403, 403, 403, ada]


@pytest.mark.parametrize("end", ["disable", "delete", "logout"])
def test_a_session_ends_at_once(server, browser, ada, end):
	browser.login(ada)
	kept = dict(browser.cookies)
	if end == "disable":
		server.run("user", "disable", ada)
	elif end == "delete":
		assert server.admin("DELETE", f"/api/resource/User/{ada}").status_code == 202
	else:
		browser("POST", "/api/method/logout")
		assert browser.cookies == {}
	browser.cookies = kept
	answer = browser("GET", WHO_AM_I)
	assert (answer.status_code, answer.json()["session_expired"]) == (403, 1)
	if end == "disable":
		server.run("user", "enable", ada)
		browser.cookies = kept
		assert browser.who() == 403


# --- login (5)


@pytest.mark.parametrize("path", [LOGIN, "/api/v1/method/login", "/api/v2/method/login", "//api/method/login"])
def test_a_login_has_these_paths(browser, ada, path):
	answer = browser("POST", path, data={"usr": ada, "pwd": PASSWORD})
	said = answer.json()
	assert answer.status_code == 200
	assert said["full_name"] == "Ada" and said["home_page"] == "/app"
	assert browser.who() == ada


def test_cmd_is_for_the_root_only(browser, ada):
	form = {"cmd": "login", "usr": ada, "pwd": PASSWORD}
	browser("POST", "/api/method/ping", data=form)
	assert browser.who() == 403
	assert browser("POST", "/", data=form).json()["message"] == "Logged In"
	assert browser.who() == ada


def test_who_a_login_finds(server, ada, settings):
	update(server, ada, username="adalove", mobile_no="0170-77")
	for usr, status in ((ada.upper(), 200), (f"  {ada} ", 200), ("adalove", 401), ("0170-77", 401)):
		Browser(server).login(usr, status=status)
	settings(allow_login_using_user_name=1, allow_login_using_mobile_number=1)
	for usr in ("adalove", "0170-77"):
		assert Browser(server).login(usr).json()["full_name"] == "Ada"


def test_what_a_user_type_is_told(server, browser):
	user = add_user(server)
	assert server.admin("GET", f"/api/resource/User/{user}").json()["data"]["user_type"] == "Website User"
	assert browser.login(user).json() == {"message": "No App", "home_page": "/me", "full_name": "Ada"}
	assert browser.set["system_user"].value == "no"


def test_passwords_may_be_switched_off(server, browser, ada, settings):
	settings(disable_user_pass_login=1)
	assert browser.login(ada, status=401).json()["exc_type"] == "AuthenticationError"
	settings(disable_user_pass_login=0)
	browser.login(ada)


def test_a_disabled_user_is_told_only_with_the_right_password(server, browser, ada):
	server.run("user", "disable", ada)
	assert browser.login(ada, "wrong", status=401).json()["message"] == "Invalid login credentials"
	assert browser.login(ada, status=401).json()["message"] == "User disabled or missing"


def test_a_failed_login_leaves_the_session_that_there_is(browser, ada):
	browser.login(ada)
	browser.login(ada, "wrong", status=401)
	assert browser.set == {}
	assert browser.who() == ada


def test_hours_of_login(server, browser, ada):
	hour = time.gmtime().tm_hour
	update(server, ada, login_after=hour + 2, login_before=hour + 3)
	assert browser.login(ada, status=401).json()["message"] == "Login not allowed at this time"
	update(server, ada, login_after=0, login_before=0)
	browser.login(ada)


def test_a_login_is_not_for_another_site(server, browser, ada):
	for fields in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}):
		assert browser.login(ada, status=400, headers=fields).json()["exc_type"] == "CSRFTokenError"
	browser.login(ada, headers={"Origin": "https://friend.example", "Sec-Fetch-Site": "cross-site"})


# --- logout (5)


@pytest.mark.parametrize("verb", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/api/method/logout", "/api/v1/method/logout", "/?cmd=logout"])
def test_a_logout_ends_the_session_and_clears_the_cookies(server, browser, ada, verb, path):
	browser.login(ada)
	sid = browser.cookies["sid"]
	assert browser(verb, path).json() == {"message": "No App", "home_page": "/login", "full_name": "Guest"}
	assert sorted(browser.set) == sorted(NAMES) and browser.cookies == {}
	browser.cookies = {"sid": sid}
	assert browser.who() == 403


def test_guests_and_tokens_may_log_out_and_nothing_happens(server, browser):
	assert browser("GET", "/api/method/logout").status_code == 200
	assert server.admin("POST", "/api/method/logout").status_code == 200
	assert server.admin("GET", WHO_AM_I).status_code == 200


def test_a_page_logout_answers_a_page(browser, ada):
	browser.login(ada)
	answer = browser("GET", "/api/method/web_logout")
	assert answer.headers["Content-Type"].startswith("text/html") and browser.cookies == {}


# --- throttling (6)


def test_the_twelfth_try_is_refused_whatever_the_password(server, ada):
	browser = Browser(server)
	tries = [browser("POST", LOGIN, json={"usr": ada, "pwd": "wrong"}).status_code for _ in range(11)]
	assert tries == [401] * 11
	locked = browser.login(ada, status=429)
	assert locked.json()["exc_type"] == "SecurityException"
	assert "Your account has been locked and will resume after 60 seconds" in locked.text
	assert 1 <= int(locked.headers["Retry-After"]) <= 60
	other = Browser(server)
	assert other.login(ada, status=429).status_code == 429  # the user is locked
	assert browser.login(add_user(server), status=429).status_code == 429  # the address is locked
	other.login(add_user(server))
	token = server.with_token(server.json("keys", "generate", ada))
	assert token("GET", WHO_AM_I, headers=browser.headers).status_code == 200  # tokens are not


def test_a_success_forgets_the_failures(server, ada):
	browser = Browser(server)
	for _ in range(2):
		for _ in range(8):
			browser.login(ada, "wrong", status=401)
		browser.login(ada)


def test_tries_may_be_unlimited(server, ada, settings):
	settings(allow_consecutive_login_attempts=0)
	browser = Browser(server)
	for _ in range(13):
		browser.login(ada, "wrong", status=401)


@pytest.mark.concurrency
def test_many_wrong_passwords_at_once_do_not_slip_through(server, ada):
	statuses = []

	def guess():
		statuses.append(Browser(server)("POST", LOGIN, json={"usr": ada, "pwd": "wrong"}).status_code)

	threads = [threading.Thread(target=guess) for _ in range(24)]
	for thread in threads:
		thread.start()
	for thread in threads:
		thread.join(30)
	assert statuses.count(401) <= 12 and set(statuses) <= {401, 429, 503}


# --- addresses (7)


def test_a_user_may_be_bound_to_addresses(server, ada):
	inside, outside = Browser(server, address="192.0.2.7"), Browser(server, address="198.51.100.7")
	outside.login(ada)
	update(server, ada, restrict_ip="192.0.2.0/24")
	assert outside("GET", WHO_AM_I).status_code == 401
	assert Browser(server, address="198.51.100.8").login(ada, status=401).json()["message"] == \
		"Access not allowed from this IP Address"
	inside.login(ada)
	assert inside.who() == ada
	token = server.with_token(server.json("keys", "generate", ada))
	assert token("GET", WHO_AM_I, headers=inside.headers).status_code == 200
	assert token("GET", WHO_AM_I, headers=outside.headers).status_code == 401
	update(server, ada, restrict_ip="192.0.2.")
	assert inside.who() == ada


# --- foreign requests (9)


FOREIGN = [
	{"Origin": "https://evil.example"},
	{"Origin": "null"},
	{"Sec-Fetch-Site": "cross-site"},
	{"Origin": "https://127.0.0.1.evil.example"},
	{"Referer": "https://evil.example/page"},
]


@pytest.mark.parametrize("with_token", [False, True], ids=["before-a-token", "with-a-token"])
def test_another_origin_is_refused_always(server, browser, ada, with_token):
	browser.login(ada)
	fields = {}
	if with_token:
		page = browser("GET", "/app").text
		fields["X-Frappe-CSRF-Token"] = re.search(r'csrf_token = "([0-9a-f]+)"', page)[1]
	body = {"description": "x", "allocated_to": ada}
	for foreign in FOREIGN:
		answer = browser("POST", "/api/resource/ToDo", json=body, headers={**fields, **foreign})
		assert (answer.status_code, answer.json()["exc_type"]) == (400, "CSRFTokenError"), foreign
	for own in ({}, {"Origin": server.url}, {"Origin": "https://friend.example", "Sec-Fetch-Site": "cross-site"},
			{"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}, {"Referer": server.url + "/app"}):
		assert browser("POST", "/api/resource/ToDo", json=body, headers={**fields, **own}).status_code == 200, own


def test_a_token_needs_no_origin(server, ada):
	caller = server.with_token(server.json("keys", "generate", ada))
	for foreign in FOREIGN:
		assert caller("POST", "/api/method/ping", headers=foreign).status_code == 200


def test_another_site_cannot_log_out(browser, ada):
	browser.login(ada)
	for verb, foreign in (("GET", {"Referer": "https://evil.example/"}), ("GET", {"Sec-Fetch-Site": "cross-site"}),
			("GET", {"Origin": "https://evil.example"}), ("POST", {"Origin": "https://evil.example"})):
		assert browser(verb, "/api/method/logout", headers=foreign).status_code == 400
	assert browser.who() == ada


# --- logging (14)


def test_logins_and_logouts_are_in_the_activity_log(server, browser, ada):
	browser.login(ada, "wrong", status=401)
	browser.login(ada)
	browser("POST", "/api/method/logout")
	address = browser.headers["X-Forwarded-For"]
	said = {"user": ada, "full_name": "Ada", "ip_address": address}

	assert activity(server, user=ada) == [
		{"operation": "Login", "status": "Failed", "subject": "Invalid login credentials", **said},
		{"operation": "Login", "status": "Success", "subject": "Ada logged in", **said},
		{"operation": "Logout", "status": "Success",
			"subject": "Ada logged out: <strong>User Manually Logged Out</strong>", **said},
	]


def test_what_an_unknown_user_typed_is_not_kept(server, browser):
	browser.login("S3cret-typed-as-name", status=401)
	[row] = activity(server, ip_address=browser.headers["X-Forwarded-For"])
	assert (row["status"], row["user"]) == ("Failed", "")
	everything = json.dumps(activity(server))
	assert "S3cret" not in everything
	with open(server.path + ".log", encoding="utf-8") as log:
		assert "S3cret" not in log.read()


def test_what_costs_no_hash_is_not_in_the_activity_log(server, browser, ada):
	browser("POST", LOGIN, json={"usr": ada})
	browser.login(ada, "x" * 600, status=401)
	assert activity(server, ip_address=browser.headers["X-Forwarded-For"]) == []


def test_refusals_with_the_right_password_are_in_the_activity_log(server, browser, ada):
	server.run("user", "disable", ada)
	browser.login(ada, status=401)
	assert [row["subject"] for row in activity(server, user=ada)] == ["User disabled or missing"]


def test_a_login_is_remembered_on_the_user(server, browser, ada):
	before = server.admin("GET", f"/api/resource/User/{ada}").json()["data"]
	assert "last_login" not in before
	browser.login(ada)
	after = server.admin("GET", f"/api/resource/User/{ada}").json()["data"]

	assert after["last_ip"] == browser.headers["X-Forwarded-For"]
	assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6}", str(after["last_login"]))
	assert after["last_active"] == after["last_login"]
	assert after["modified"] == before["modified"]


def test_a_token_writes_no_activity(server, ada):
	caller = server.with_token(server.json("keys", "generate", ada))
	assert caller("GET", WHO_AM_I).status_code == 200
	assert caller("GET", WHO_AM_I, headers={"Authorization": "token a:b"}).status_code == 401
	assert activity(server, user=ada) == []
