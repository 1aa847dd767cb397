"""Users: found, made, changed, ended."""

import json

from conftest import USER_PASSWORD


def rows(person):
	return person.browser.execute_script("return [...document.querySelectorAll('tbody tr')].map((r) => r.querySelector('.main').innerText)")


def test_the_list_is_searched_filtered_and_sorted_in_the_address(admin, make_user, server):
	off = make_user("Zacharias")
	on = make_user("Zora")
	server.admin("PUT", f"/api/resource/User/{off}", json={"enabled": 0}).raise_for_status()
	admin.open("/app/user").heading("Users").fill("Search users", "z", role="searchbox")
	admin.wait("the search in the address", lambda: "q=z" in admin.path())
	admin.fill("Search users", "zacharias", role="searchbox").wait("one row", lambda: rows(admin) == [f"Zacharias Lovelace\n{off}"])
	admin.fill("Search users", "lovelace", role="searchbox").choose("State", "Disabled")
	admin.wait("the disabled", lambda: f"Zacharias Lovelace\n{off}" in rows(admin) and f"Zora Lovelace\n{on}" not in rows(admin))
	admin.wait("the state in the address", lambda: "enabled=0" in admin.path())

	admin.open("/app/user?q=z&sort=full_name.desc").wait("both, backwards", lambda: [r.split()[0] for r in rows(admin)][:2] == ["Zora", "Zacharias"])
	admin.click("button", "User").wait("both, forwards", lambda: [r.split()[0] for r in rows(admin)][-2:] == ["Zacharias", "Zora"])


def test_nothing_found_says_so_and_leads_back(admin):
	admin.open("/app/user?q=nobody-of-this-name").heading("No user matches").click("link", "show all users").at("/app/user")
	admin.wait("the others", lambda: len(rows(admin)) > 1)


def test_many_users_come_in_pages(admin, server):
	for i in range(25):
		server.admin("POST", "/api/resource/User", json={"email": f"leaf{i:02}@example.com", "first_name": "Leaf"}).raise_for_status()
	admin.open("/app/user?q=leaf&sort=name.asc").see("1 to 20 of 25").click("button", "Older").see("21 to 25 of 25")
	admin.wait("the rest", lambda: "page=2" in admin.path() and len(rows(admin)) == 5)
	admin.click("button", "Newer").see("1 to 20 of 25")


def test_a_user_is_made(admin, server):
	admin.open("/app/user").heading("Users").keys("n").heading("New user")
	admin.fill("E-mail", "made@example.com").fill("First name", "Made").fill("Password", USER_PASSWORD).click("button", "Make user")

	admin.heading("Made").at("/app/user/made%40example.com?tab=settings")
	assert server.login("made@example.com", USER_PASSWORD)
	admin.open("/app/user/new").fill("E-mail", "made@example.com").fill("First name", "Twice").click("button", "Make user")
	admin.see("There is a user with this e-mail already.")


def test_details_are_changed(admin, server, make_user):
	name = make_user()
	admin.open(f"/app/user/{name}").heading("Ada Lovelace").fill("Last Name", "King").see("Not saved yet").click("button", "Save").heading("Ada King")

	assert server.admin("GET", f"/api/resource/User/{name}").json()["data"]["full_name"] == "Ada King"


def test_roles_are_given_and_taken(admin, server, make_user):
	name = make_user(roles=["Blogger"])
	admin.open(f"/app/user/{name}?tab=roles").click("checkbox", "Report Manager").click("checkbox", "Blogger").click("button", "Save roles")
	admin.see("has 1 role")

	roles = server.admin("GET", f"/api/resource/User/{name}").json()["data"]["roles"]
	assert [row["role"] for row in roles] == ["Report Manager"]


def test_disabling_says_what_it_ends(admin, server, make_user):
	name = make_user()
	pair = server.admin.call("frappe.core.doctype.user.user.generate_keys", user=name)
	admin.open(f"/app/user/{name}").click("button", "Disable").find("dialog", "Disable Ada Lovelace?")
	admin.wait("the safe answer", lambda: admin.browser.switch_to.active_element.text == "Keep enabled")
	admin.agree("Disable Ada Lovelace?").see("Disabled: every login")
	assert server.who(pair).status_code == 401
	admin.click("button", "Enable").find("button", "Disable")
	assert server.who(pair).status_code == 200


def test_a_password_is_set_for_someone(admin, server, make_user):
	name = make_user()
	admin.open(f"/app/user/{name}?tab=settings").click("button", "Set password").find("dialog", f"New password for {name}")
	admin.fill("New password", "Qu4rtz-Given-Zz9").click("button", "Set password").see("is set")
	assert server.login(name, "Qu4rtz-Given-Zz9")


def test_a_user_is_deleted_only_on_purpose(admin, server, make_user):
	name = make_user()
	admin.open(f"/app/user/{name}?tab=settings").click("button", "Delete user").click("button", "Keep user")
	assert server.admin("GET", f"/api/resource/User/{name}").status_code == 200
	admin.click("button", "Delete user").agree(f"Delete {name}?")
	admin.at("/app/user")
	assert server.admin("GET", f"/api/resource/User/{name}").status_code == 404


def test_leaving_with_unsaved_changes_asks(admin, make_user):
	name = make_user()
	admin.open(f"/app/user/{name}").fill("First Name", "Changed").click("link", "Keys").find("dialog", "Leave without saving?")
	admin.click("button", "Stay").holds("First Name", "Changed").click("link", "Keys").click("button", "Leave").at("/app/keys")


def test_the_request_behind_a_view_gives_what_it_shows(admin, server, make_user):
	name = make_user("Curled")
	admin.open("/app/user?q=curled").see(name).click("button", "Show as request")
	line = admin.wait("the line", lambda: admin.browser.find_element("css selector", ".request pre code").text)
	path = line.split(admin.url)[1].rstrip("'")

	assert [row["name"] for row in json.loads(server.admin("GET", path).text)["data"]] == [name]
