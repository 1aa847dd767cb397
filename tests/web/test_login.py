"""Coming, going, coming back."""

import pytest

from conftest import USER_PASSWORD
from sites import PASSWORD


def test_a_deep_link_is_there_after_the_login(stranger):
	stranger.open("/app/user?type=System+User").heading("Log in")
	stranger.fill("E-mail or user name", "Administrator").fill("Password", PASSWORD).click("button", "Log in")

	stranger.at("/app/user?type=System+User").heading("Users")


@pytest.mark.parametrize("target", ["//elsewhere.example/x", "https://elsewhere.example/", "/\\elsewhere.example", "javascript:alert(1)"])
def test_a_login_never_leads_to_another_host(stranger, target):
	stranger.open("/login?redirect-to=" + target)
	stranger.fill("E-mail or user name", "Administrator").fill("Password", PASSWORD).click("button", "Log in")

	stranger.wait("a page of this server", lambda: stranger.browser.current_url.startswith(stranger.url + "/") and "/login" not in stranger.path())


def test_a_wrong_password_is_told_and_may_be_typed_again(stranger):
	stranger.open("/login").fill("E-mail or user name", "Administrator").fill("Password", "wrong-one").click("button", "Log in")
	stranger.see("Invalid login credentials")

	stranger.fill("Password", PASSWORD).click("button", "Log in").at("/app")


def test_logging_out_ends_the_session(own_admin):
	own_admin.open("/app/user").heading("Users").click("button", "Administrator: account menu").click("button", "Log out")
	own_admin.at("/login").open("/app/keys").heading("Log in")


def test_a_user_changes_the_password(as_user, make_user, server):
	name = make_user()
	ada = as_user(name).open("/me").heading("Ada Lovelace")
	ada.fill("Current password", "not-it").fill("New password", "Qu4rtz-New-Zz99").fill("New password again", "Qu4rtz-New-Zz99")
	ada.click("button", "Change password").see("Incorrect password")
	ada.fill("Current password", USER_PASSWORD).fill("New password again", "Qu4rtz-Other-Zz9")
	ada.click("button", "Change password").see("The two new passwords differ")
	ada.fill("New password again", "Qu4rtz-New-Zz99").click("button", "Change password").see("Password changed")

	server.login(name, "Qu4rtz-New-Zz99")
	ada.open("/me").heading("Ada Lovelace")


def typed(person):
	"""The title, which cannot be reached while a dialog lies over it."""
	return person.browser.find_element("css selector", "[data-field=title]").get_property("value")


def test_what_was_typed_survives_the_end_of_the_session(own_admin, server):
	own_admin.open("/app/note/new").fill("Title", "Typed before the end")
	sid = own_admin.browser.get_cookie("sid")["value"]
	assert server.guest("GET", "/api/method/logout", headers={"Cookie": f"sid={sid}"}).status_code == 200
	own_admin.click("button", "Save")

	own_admin.find("dialog", "Your session has ended")
	assert typed(own_admin) == "Typed before the end"
	own_admin.find("dialog", "Your session has ended").find_element("name", "pwd").send_keys(PASSWORD)
	own_admin.click("button", "Log in").heading("Typed before the end")
	[note] = server.admin("GET", '/api/resource/Note?filters=[["title","=","Typed before the end"]]').json()["data"]
	own_admin.at(f"/app/note/{note['name']}")


def test_who_stays_logged_out_keeps_what_was_typed(admin, server):
	admin.open("/app/note/new").fill("Title", "Still here")
	admin.browser.delete_all_cookies()
	admin.click("button", "Save").click("button", "Not now").see("You are logged out")

	assert typed(admin) == "Still here"
