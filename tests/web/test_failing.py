"""A server that fails, for each view: what happened is told, the way on stays, and nothing typed is lost."""

import pytest
from selenium.webdriver.common.by import By

from test_pages import answer_with, complaints

VIEWS = [
	"/app", "/app/keys", "/app/user", "/app/user/{user}", "/app/user/{user}?tab=roles", "/app/user/{user}?tab=sessions", "/app/user/{user}?tab=settings",
	"/app/role", "/app/role/System%20Manager", "/app/todo", "/app/todo/{task}", "/app/note", "/app/system-settings", "/app/activity", "/app/audit",
	"/app/status", "/app/permission-manager?doctype=ToDo", "/app/doctype", "/app/doctype/ToDo", "/app/api",
]
FAILURES = {
	"401": (401, "{}", "Log in again"), "403": (403, "{}", "Not permitted"), "417": (417, '{"exception":"frappe.exceptions.DataError: Odd field"}', "Odd field"),
	"429": (429, "{}", "try again in 7 seconds"), "503": (503, "<html>", "try again in 7 seconds"), "garbage": (200, "garbage", "could not be read"),
	"nothing": (200, "", "could not be read"), "no answer": (0, "", "No connection"),
}
LAZY = ["api_list", "builder", "doctypes", "permissions", "status", "user_sessions"]
# Those that come when they are first shown come before the server fails.
FETCH_MODULES = """
const done = arguments[0], folder = document.querySelector("script[type=module]").src.replace("app.js", "views/");
Promise.all(["LAZY"].map((name) => import(`${folder}${name}.js`))).then(() => done());
""".replace("LAZY", '", "'.join(LAZY))


@pytest.fixture(scope="module")
def seen(server):
	server.admin("POST", "/api/resource/User", json={"email": "failing@example.com", "first_name": "Failing"}).raise_for_status()
	server.admin.call("frappe.core.doctype.user.user.generate_keys", user="failing@example.com")
	task = server.admin("POST", "/api/resource/ToDo", json={"description": "Seen"}).json()["data"]["name"]
	return {"user": "failing@example.com", "task": task}


def go(person, path):
	"""By a link, within the page."""
	person.browser.execute_script("""
		const link = document.createElement("a");
		link.href = arguments[0];
		document.body.append(link);
		link.click();
		link.remove();
	""", path)


@pytest.mark.parametrize("failure", FAILURES)
def test_each_view_tells_in_words_that_the_server_fails(admin, seen, failure):
	status, body, words = FAILURES[failure]
	silent = []
	for path in VIEWS:
		admin.open("/app/data").heading("Data")
		admin.browser.execute_async_script(FETCH_MODULES)
		answer_with(admin, status, body)
		go(admin, path.format(**seen))
		try:
			admin.see(words).sure("a way on, and a heading", lambda: admin.has("link", "Users") and admin.browser.find_elements(By.CSS_SELECTOR, "main h1"))
		except AssertionError as missing:
			silent.append((path, str(missing)[:300]))
	assert silent == []
	assert [said for said in complaints(admin.browser) if "TypeError" in said or "Uncaught" in said] == []


@pytest.mark.parametrize("failure", FAILURES)
def test_what_is_shown_stays_when_the_next_look_fails(hurried, admin, seen, failure):
	status, body, _words = FAILURES[failure]
	admin.open("/app/status").heading("Status").see("Token table in memory")
	answer_with(admin, status, body)
	admin.see("What you see may be old.").see("Token table in memory")


# Where one types: the page, what is typed into which field, the button that saves.
FORMS = [
	("/app/user/new", {"E-mail": "kept@example.com", "First name": "Kept"}, "Make user"),
	("/app/user/{user}", {"Last Name": "Kept"}, "Save"),
	("/app/todo/{task}", {"Description": "Kept"}, "Save"),
	("/app/todo/new", {"Description": "Kept"}, "Save"),
	("/app/role/new", {"Role Name": "Kept"}, "Save"),
	("/me", {"Current password": "Kept-1", "New password": "Kept-Qz-123", "New password again": "Kept-Qz-123"}, "Change password"),
]


@pytest.mark.parametrize("failure", FAILURES)
def test_nothing_typed_is_lost(admin, seen, failure):
	status, body, words = FAILURES[failure]
	lost = []
	for path, typed, button in FORMS:
		admin.open(path.format(**seen)).settled()
		for name, text in typed.items():
			admin.fill(name, text)
		answer_with(admin, status, body)
		words = {"403": "You may not do this", "no answer": "The server does not answer"}.get(failure, words)
		admin.click("button", button).see(words)
		lost += [(path, name, value) for name, text in typed.items() if (value := admin.value(name)) != text]
		admin.browser.execute_script("window.onbeforeunload = null")
	assert lost == []


def test_a_choice_of_roles_stays_when_it_could_not_be_saved(admin, seen):
	admin.open(f"/app/user/{seen['user']}?tab=roles").heading("Failing").click("checkbox", "Blogger")
	answer_with(admin, 503, "<html>")
	admin.click("button", "Save roles").see("try again in 7 seconds").ticked("Blogger")
