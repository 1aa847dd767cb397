"""Where a user is logged in, as his page tells it, and ending it there."""

import requests

from conftest import USER_PASSWORD, take_session
from test_pages import violations

WHO = "/api/method/frappe.auth.get_logged_user"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def alive(server, session):
	return session.get(server.url + WHO, timeout=10).status_code == 200


def log_in_from(server, name, agent):
	session = requests.Session()
	session.post(server.url + "/api/method/login", json={"usr": name, "pwd": USER_PASSWORD}, headers={"User-Agent": agent}, timeout=10).raise_for_status()
	return session


def rows(person):
	return person.browser.execute_script("return document.querySelectorAll('tbody tr').length")


def test_one_ends_ones_own_other_sessions(stranger, server, make_user):
	name = make_user()
	mine = server.login(name, USER_PASSWORD)
	firefox, script = log_in_from(server, name, FIREFOX), log_in_from(server, name, "<b>x</b>")
	person = take_session(stranger, mine)
	person.open(f"/app/user/{name}").click("link", "Sessions").see("Firefox on Linux").see("This one").see("<b>x</b>").see("127.0.0.1")
	person.wait("three rows", lambda: rows(person) == 3)
	assert violations(person.settled()) == []
	person.click("button", "End the session from 127.0.0.1, Firefox on Linux").find("dialog", "End this session?")
	person.wait("the safe answer", lambda: person.browser.switch_to.active_element.text == "Keep")
	person.click("button", "End session").see("The session has ended.").miss("Firefox on Linux")
	assert not alive(server, firefox) and alive(server, script)

	person.click("button", "End all other sessions").click("button", "End all others").see("1 session ended.")
	person.wait("one row", lambda: rows(person) == 1)
	assert not alive(server, script) and alive(server, mine)
	person.gone("button", "End all other sessions")


def test_a_manager_ends_all_sessions_of_a_user(admin, server, make_user):
	name = make_user("Lena")
	sessions = [log_in_from(server, name, FIREFOX) for _ in range(2)]
	admin.open(f"/app/user/{name}?tab=sessions").heading("Sessions").see("Firefox on Linux")
	admin.click("button", "End all sessions").find("dialog", f"End all sessions of {name}?")
	admin.see("2 browsers are logged out at once").click("button", "End all").see("2 sessions ended.").see("Nowhere logged in")
	assert [alive(server, s) for s in sessions] == [False, False]


def test_a_list_that_fails_says_so_and_is_tried_again(admin, make_user):
	name = make_user()
	admin.open(f"/app/user/{name}").heading("Ada Lovelace")
	admin.browser.execute_script("""
		window.real = window.fetch;
		window.fetch = (path, ...rest) => String(path).includes("sessions.list") ? Promise.resolve(new Response("{}", { status: 503 })) : window.real(path, ...rest);
	""")
	admin.click("link", "Sessions").see("The server is busy")
	admin.browser.execute_script("window.fetch = window.real")
	admin.click("button", "Try again").see("Nowhere logged in")
