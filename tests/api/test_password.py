"""Passwords: changed, aged, forgotten and set anew, line by line (spec/auth.md 5, 12, 13)."""

import json
import re

import pytest

from browsers import SETTINGS, USER, Browser, add_user, database
from browsers import ada, browser, server, settings  # fixtures
from sites import PASSWORD, WHO_AM_I, Site

OLD_HASH = "$pbkdf2-sha256$6400$.6UI/S.nXIk8jcbdHx3Fhg$98jZicV16ODfEsEZeYPGHU3kbrUrvUEXOPimVSQDD44"  # "password"


def change_password(browser, **arguments):
	return browser("POST", f"/api/method/{USER}.update_password", json=arguments)


def test_a_changed_password_changes_the_session(server, ada, settings):
	settings(logout_on_password_reset=0)
	here, there = Browser(server), Browser(server)
	here.login(ada)
	there.login(ada)
	old = dict(here.cookies)
	answer = change_password(here, new_password="Gr4nite-New-Qz12", old_password=PASSWORD)
	assert answer.json() == {"message": "/app", "home_page": "/app", "full_name": "Ada"}
	assert here.cookies["sid"] != old["sid"]
	assert here.who() == ada and there.who() == ada
	here.cookies, new = old, here.cookies
	assert here.who() == 403
	here.cookies = new
	Browser(server).login(ada, PASSWORD, status=401)
	again = change_password(here, new_password=PASSWORD, old_password="Gr4nite-New-Qz12", logout_all_sessions=1)
	assert again.status_code == 200
	assert here.who() == ada and there.who() == 403
	there.login(ada)
	settings(logout_on_password_reset=1)
	assert change_password(here, new_password="Gr4nite-New-Qz12", old_password=PASSWORD).status_code == 200
	assert here.who() == ada and there.who() == 403


def test_a_token_changes_its_password_without_cookies(server, ada):
	caller = server.with_token(server.json("keys", "generate", ada))
	answer = caller("POST", f"/api/method/{USER}.update_password",
		json={"new_password": "Gr4nite-New-Qz12", "old_password": PASSWORD})
	assert answer.status_code == 200 and "Set-Cookie" not in answer.headers
	assert caller("GET", WHO_AM_I).status_code == 200
	Browser(server).login(ada, "Gr4nite-New-Qz12")


def test_an_own_password_needs_the_old_one(server, browser):
	user = add_user(server)
	browser.login(user)
	path = f"/api/resource/User/{user}"
	assert browser("PUT", path, json={"new_password": "Gr4nite-New-Qz12"}).status_code == 417
	assert browser("PUT", path, json={"new_password": "Gr4nite-New-Qz12", "old_password": "no"}).status_code == 401
	browser.login(user)  # every 401 takes the cookies along
	answer = browser("PUT", path, json={"new_password": "Gr4nite-New-Qz12", "old_password": PASSWORD})
	assert answer.status_code == 200
	assert "Gr4nite" not in answer.text
	Browser(server).login(user, "Gr4nite-New-Qz12")


def test_a_weak_password_is_refused_with_a_hint(server, browser, ada, settings):
	browser.login(ada)
	weak = change_password(browser, new_password="ada12345", old_password=PASSWORD)
	[message] = json.loads(weak.json()["_server_messages"])
	assert weak.status_code == 417 and json.loads(message)["title"] == "Invalid Password"
	settings(enable_password_policy=0)
	assert change_password(browser, new_password="ada12345", old_password=PASSWORD).status_code == 200


@pytest.mark.sqlite
def test_an_old_hash_is_made_anew_at_login(tmp_path):
	site = Site(tmp_path / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	site.stop()
	with database(site) as db:
		db.execute("UPDATE password SET hash = ?1", [OLD_HASH])
	site.start()
	Browser(site).login("Administrator", "wrong", status=401)
	Browser(site).login("Administrator", "password")
	site.stop()
	with database(site) as db:
		[(stored,)] = db.execute("SELECT hash FROM password").fetchall()
	assert stored.startswith("$argon2id$")
	site.start()
	Browser(site).login("Administrator", "password")
	site.stop()


def test_verify_password_says_yes_or_no(browser, ada):
	browser.login(ada)
	verify = f"/api/method/{USER}.verify_password"
	assert browser("POST", verify, json={"password": PASSWORD}).json() == {}
	wrong = browser("POST", verify, json={"password": "no"})
	assert (wrong.status_code, wrong.json()["message"]) == (401, "Incorrect password")


# --- passwords that age (5, 12)


@pytest.mark.sqlite
def test_an_old_password_leads_to_a_new_one_and_not_to_a_session(tmp_path):
	site = Site(tmp_path / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	ada, eve = add_user(site), add_user(site, first_name="Eve")
	assert site.admin("PUT", SETTINGS, json={"force_user_to_reset_password": 90}).status_code == 200
	Browser(site).login(ada)
	site.stop()
	with database(site) as db:
		db.execute("UPDATE password SET changed_us = changed_us - 91 * 86400 * 1000000")
		db.execute("UPDATE password SET hash = ?1 WHERE user = ?2", [OLD_HASH, ada])
	site.start()
	Browser(site).login("Administrator")  # whom nobody could help

	browser = Browser(site)
	said = browser.login(ada, "password").json()
	assert said["message"] == "Password Reset" and "home_page" not in said
	assert browser.cookies.get("sid", "Guest") == "Guest" and browser.who() == 403
	key = re.fullmatch(r"/update-password\?key=([0-9a-f]{56})", said["redirect_to"])[1]
	assert browser("GET", said["redirect_to"]).status_code == 200
	assert Browser(site).login(ada, "password").json()["message"] == "Password Reset"  # a new hash is no new password
	assert change_password(browser, new_password="Gr4nite-New-Qz12", key=key).status_code == 410  # the second key ended it
	key = browser.login(ada, "password").json()["redirect_to"].partition("=")[2]

	foreign = browser("POST", f"/api/method/{USER}.update_password", headers={"Origin": "https://evil.example"},
		json={"new_password": "Gr4nite-New-Qz12", "key": key})
	assert foreign.status_code == 400
	assert change_password(browser, new_password="ada", key=key).status_code == 417
	done = change_password(browser, new_password="Gr4nite-New-Qz12", key=key)
	assert done.json() == {"message": "me", "home_page": "/me", "full_name": "Ada"}
	assert browser.who() == ada
	assert change_password(Browser(site), new_password="Gr4nite-New-Qz13", key=key).status_code == 410
	assert Browser(site).login(ada, "Gr4nite-New-Qz12").json()["message"] == "No App"

	other = Browser(site)
	late = other.login(eve).json()["redirect_to"].partition("=")[2]
	site.stop()
	with database(site) as db:
		db.execute("UPDATE tabUser SET last_reset_password_key_generated_on = '2020-01-01 00:00:00.000000' WHERE name = ?1", [eve])
	site.start()
	assert change_password(other, new_password="Gr4nite-New-Qz12", key=late).status_code == 410
	with open(site.path + ".log", encoding="utf-8") as log:
		assert key not in log.read()
	site.stop()


def test_a_key_that_is_none_is_of_no_use(server):
	assert change_password(Browser(server), new_password="Gr4nite-New-Qz12", key="0" * 56).status_code == 410
	assert change_password(Browser(server), new_password="Gr4nite-New-Qz12", key="").status_code == 417
	assert change_password(Browser(server), new_password="Gr4nite-New-Qz12", old_password=PASSWORD).status_code == 401


def test_a_forgotten_password_is_answered_the_same_for_everyone(server, ada):
	answers = [Browser(server)("POST", f"/api/method/{USER}.reset_password", json={"user": user})
		for user in (ada, "nobody@example.com", "Administrator")]
	assert {answer.status_code for answer in answers} == {200}
	assert len({answer.text for answer in answers}) == 1
	assert "Ask an administrator" in answers[0].text
