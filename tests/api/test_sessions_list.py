"""Where a user is logged in, and ending it there: symbolon.sessions.list and .end."""

import datetime
import hashlib
import json

import pytest

from browsers import Browser, add_user
from browsers import ada, browser, server  # fixtures
from sites import Site

LIST, END = "/api/method/symbolon.sessions.list", "/api/method/symbolon.sessions.end"


def listed(browser, **params):
	answer = browser("GET", LIST, params=params)
	assert answer.status_code == 200, answer.text
	return answer.json()["message"]


def end(browser, status=200, **args):
	page = browser("GET", "/me").text
	token = page.split('csrf_token = "')[1].split('"')[0]
	answer = browser("POST", END, json=args, headers={"X-Frappe-CSRF-Token": token})
	assert answer.status_code == status, answer.text
	return answer.json().get("message")


def id_of(browser):
	return hashlib.sha256(browser.cookies["sid"].encode()).hexdigest()[:16]


@pytest.fixture
def bob(server):
	"""Someone who manages nothing, in two browsers."""
	name = add_user(server, first_name="Bob")
	first, second = Browser(server), Browser(server)
	first.login(name, headers={"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) First/1"})
	second.login(name, headers={"User-Agent": "<b>Second</b>"})
	first.name = name
	return first, second


def test_one_sees_where_one_is_logged_in(bob):
	first, second = bob
	newest, oldest = listed(first)

	assert set(oldest) == {"session", "current", "created", "last_seen", "expires", "address", "user_agent"}
	assert (oldest["session"], newest["session"]) == (id_of(first), id_of(second))
	assert (oldest["current"], newest["current"]) == (True, False)
	assert (oldest["user_agent"], newest["user_agent"]) == ("Mozilla/5.0 (X11; Linux x86_64) First/1", "<b>Second</b>")
	assert oldest["address"] == first.headers["X-Forwarded-For"] and newest["address"] == second.headers["X-Forwarded-For"]
	for row in (newest, oldest):
		made, seen, over = (datetime.datetime.fromisoformat(row[name]) for name in ("created", "last_seen", "expires"))
		assert made <= seen < made + datetime.timedelta(minutes=1)
		assert datetime.timedelta(hours=169) < over - made < datetime.timedelta(hours=171)


def test_the_list_opens_nothing(server, bob):
	first, _second = bob
	text = first("GET", LIST).text
	assert first.cookies["sid"] not in text and hashlib.sha256(first.cookies["sid"].encode()).hexdigest() not in text
	for row in listed(first):
		stranger = Browser(server)
		stranger.cookies["sid"] = row["session"]
		assert stranger.who() == 403


def test_one_ends_one_of_ones_own(bob):
	first, second = bob

	assert end(first, session=id_of(second)) == {"user": first.name, "ended": 1}
	assert (first.who(), second.who()) == (first.name, 403)
	assert [row["current"] for row in listed(first)] == [True]
	assert end(first, 404, session=id_of(first)[:15] + "x") is None


def test_one_ends_all_others_and_stays(server, bob):
	first, second = bob
	third = Browser(server)
	third.login(first.name)

	assert end(first, others=1)["ended"] == 2
	assert [b.who() for b in (first, second, third)] == [first.name, 403, 403]
	assert end(first, others=1)["ended"] == 0


def test_one_may_end_the_very_session_one_asks_with(bob):
	first, second = bob
	assert end(first, session=id_of(first))["ended"] == 1
	assert (first.who(), second.who()) == (403, first.name)


def test_a_system_manager_sees_and_ends_those_of_others(server, ada, browser, bob):
	browser.login(ada)
	rows = listed(browser, user=bob[0].name)
	assert [row["current"] for row in rows] == [False, False]
	assert end(browser, user=bob[0].name.upper(), session=rows[0]["session"]) == {"user": bob[0].name, "ended": 1}
	assert (bob[0].who(), bob[1].who()) == (bob[0].name, 403)
	assert end(browser, user=bob[0].name, others=1)["ended"] == 1
	assert bob[0].who() == 403 and browser.who() == ada
	told = server.admin("GET", "/api/resource/Audit Log", params={
		"fields": '["reference_doctype", "reference_name", "details"]', "filters": f'[["user", "=", "{ada}"], ["event", "=", "Logout"]]'}).json()["data"]
	assert [(e["reference_doctype"], e["reference_name"], json.loads(e["details"])) for e in told] == [("User", bob[0].name, {"sessions": 1})] * 2


def test_an_id_of_anothers_session_ends_nothing(server, ada, browser, bob):
	browser.login(ada)
	end(browser, 404, session=id_of(bob[0]))
	end(browser, 404, user=ada, session=id_of(bob[0]))
	assert bob[0].who() == bob[0].name


def test_who_manages_nothing_reaches_only_himself(server, ada, browser, bob):
	browser.login(ada)
	first = bob[0]
	assert first("GET", LIST, params={"user": ada}).status_code == 403
	assert first("GET", LIST, params={"user": "nobody@example.com"}).status_code == 403
	end(first, 403, user=ada, others=1)
	end(first, 403, user="Administrator", others=1)
	assert browser.who() == ada
	assert len(listed(first, user=first.name.upper())) == 2


def test_administrator_is_nobodys_to_look_at_or_end(server, ada, browser):
	browser.login(ada)
	assert browser("GET", LIST, params={"user": "Administrator"}).status_code == 403
	end(browser, 403, user="Administrator", others=1)
	assert browser("GET", LIST, params={"user": "Guest"}).status_code == 403
	assert server.admin.call("symbolon.sessions.list") == []


@pytest.mark.parametrize("args", [{}, {"others": 0}, {"session": ""}, {"others": "false"}], ids=str)
def test_nothing_named_ends_nothing(bob, args):
	end(bob[0], 417, **args)
	assert bob[1].who() == bob[0].name


@pytest.mark.parametrize("value", [7, [], {}, "' OR 1=1 --", "%", "\u0000", "x" * 5000], ids=lambda v: str(v)[:12])
def test_odd_ids_end_nothing(bob, value):
	page = bob[0]("GET", "/me").text
	token = page.split('csrf_token = "')[1].split('"')[0]
	answer = bob[0]("POST", END, json={"session": value}, headers={"X-Frappe-CSRF-Token": token})
	assert 400 <= answer.status_code < 500
	assert bob[1].who() == bob[0].name


def test_guests_and_get_are_refused(server, bob):
	assert Browser(server)("GET", LIST).status_code == 403
	assert Browser(server)("POST", END, json={"others": 1}).status_code == 403
	assert bob[0]("GET", END, params={"others": 1}).status_code == 403
	bob[0]("GET", "/me")
	assert bob[0]("POST", END, json={"others": 1}).status_code == 400  # without the token of the page
	assert bob[1].who() == bob[0].name


def test_a_key_lists_and_ends_too(server, bob):
	pair = server.json("keys", "generate", bob[0].name)
	client = server.with_token(pair)
	assert [row["current"] for row in client.call("symbolon.sessions.list")] == [False, False]
	assert client.call("symbolon.sessions.end", others=1)["ended"] == 2
	assert bob[0].who() == 403


def test_what_is_over_is_not_listed(tmp_path):
	site = Site(tmp_path / "site").start()
	name = add_user(site)
	Browser(site).login(name)
	Browser(site).login(name)
	assert len(site.admin.call("symbolon.sessions.list", user=name)) == 2
	site.stop()
	site.tell_database("UPDATE session SET expires_us = 1 WHERE name = (SELECT min(name) FROM session)")
	site.start()
	assert len(site.admin.call("symbolon.sessions.list", user=name)) == 1
	site.stop()
