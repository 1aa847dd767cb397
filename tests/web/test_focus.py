"""Where the focus goes when what had it is gone, and the search that leads anywhere."""

import pytest
from selenium.webdriver.common.keys import Keys

from conftest import USER_PASSWORD, take_session
from test_life import make_doctype
from test_pages import answer_with, violations


def focused(person):
	"""What has the focus now, as it is read out; None: nothing."""
	element = person.browser.switch_to.active_element
	return element.accessible_name if element.tag_name != "body" else None


def press(person, role, name):
	"""By the keyboard alone."""
	person.find(role, name).send_keys(Keys.ENTER)
	return person


@pytest.fixture(scope="module")
def chores(server):
	make_doctype(server, "Focus Step", [
		{"fieldname": "what", "label": "What", "fieldtype": "Data", "in_list_view": 1, "default": "sweep"},
		{"fieldname": "times", "label": "Times", "fieldtype": "Int", "in_list_view": 1, "default": "3"},
		{"fieldname": "often", "label": "Often", "fieldtype": "Check", "in_list_view": 1, "default": "1"},
	], istable=1)
	make_doctype(server, "Focus Chore", [
		{"fieldname": "title", "label": "Title", "fieldtype": "Data"}, {"fieldname": "fixed", "label": "Fixed", "fieldtype": "Data", "read_only": 1},
		{"fieldname": "steps", "label": "Steps", "fieldtype": "Table", "options": "Focus Step"},
	])
	return "/api/resource/Focus Chore"


def test_the_focus_goes_on_to_the_next_session_and_then_to_the_heading(stranger, server, make_user):
	name = make_user("Lost")
	mine = server.login(name, USER_PASSWORD)
	for _ in range(2):
		server.login(name, USER_PASSWORD)
	person = take_session(stranger, mine)
	person.open(f"/app/user/{name}?tab=sessions").see("This one")
	ends = person.wait("the others", lambda: [e for e in person.find_all("button", "End the session", exact=False) if e.text == "End"])
	assert len(ends) == 2
	ends[0].send_keys(Keys.ENTER)
	person.agree("End this session?").wait("its row to go", lambda: len(person.find_all("button", "End the session", exact=False)) == 1)
	person.wait("the other's button", lambda: person.browser.switch_to.active_element.text == "End")
	person.keys(Keys.ENTER)
	person.agree("End this session?").miss("End all other sessions")
	person.focused("Lost Lovelace")


def test_the_filter_builder_takes_the_focus_and_gives_it_back(admin, server):
	server.admin("POST", "/api/resource/ToDo", json={"description": "To be filtered"}).raise_for_status()
	admin.open("/app/todo").see("Changed")
	press(admin, "button", "Add filter")
	admin.focused("Field").keys(Keys.ESCAPE)
	admin.focused("Add filter").keys(Keys.ENTER)
	admin.focused("Field").keys("Status", Keys.TAB, Keys.TAB)
	admin.focused("Value").keys("Open", Keys.TAB, Keys.ENTER)
	admin.see("Status is Open")
	admin.focused("Add filter")
	press(admin, "button", "Remove filter: Status is Open").miss("Status is Open")
	admin.focused("Add filter")


def test_rows_that_go_pass_the_focus_on(admin, server, chores):
	server.admin("POST", chores, json={"name": "passing on", "steps": [{"what": what} for what in ("a", "b")]}).raise_for_status()
	admin.open("/app/focus-chore/passing%20on").heading("passing on")
	press(admin, "button", "Remove row 2")
	admin.focused("Remove row 1").keys(Keys.ENTER)
	admin.see("No rows.")
	admin.focused("Add a row to Steps")


def test_whoever_put_the_focus_down_is_left_alone(admin, server, chores):
	server.admin("POST", chores, json={"name": "put down", "steps": [{"what": what} for what in ("a", "b", "c")]}).raise_for_status()
	admin.open("/app/focus-chore/put%20down").heading("put down")
	mine = admin.find("button", "Remove row 2")
	admin.browser.execute_script("arguments[0].focus(); arguments[0].blur()", mine)
	admin.browser.execute_async_script("const [row, done] = arguments; setTimeout(() => { row.click(); done(); })", mine)  # pause: none, a turn later
	admin.gone("button", "Remove row 3")
	admin.browser.execute_async_script("const done = arguments[0]; requestAnimationFrame(() => setTimeout(() => setTimeout(done, 50)))")  # pause: it would be passed on now
	assert focused(admin) is None


def test_after_a_bulk_delete_the_heading_has_the_focus(admin, server):
	name = server.admin("POST", "/api/resource/Note", json={"title": "Focus gone"}).json()["data"]["name"]
	admin.open("/app/note?q=focus+gone").see("1 row").click("checkbox", f"Choose {name}")
	press(admin, "button", "Delete")
	admin.agree("Delete 1 document?").see("1 document deleted.")
	admin.focused("Note")


def test_a_new_row_begins_with_the_defaults_of_its_fields(admin, server, chores):
	admin.open("/app/focus-chore/new").heading("New Focus Chore").fill("ID", "with rows").click("button", "Add a row to Steps")
	admin.holds("What, row 1", "sweep").holds("Times, row 1", "3").ticked("Often, row 1")
	assert "Fixed" not in admin.text()  # it is not there to be typed in, and says nothing yet
	admin.fill("Times, row 1", "5").click("button", "Save").see("was made").see("Fixed")
	step = server.admin("GET", f"{chores}/with rows").json()["data"]["steps"][0]
	assert (step["what"], step["times"], step["often"]) == ("sweep", 5, 1)


def test_a_field_that_was_begun_is_not_dropped_unasked(admin):
	admin.open("/app/doctype/ToDo").click("button", "Add custom field").find("dialog", "New field of ToDo")
	admin.keys(Keys.ESCAPE).gone("dialog", "New field of ToDo")  # nothing was typed
	admin.click("button", "Add custom field").fill("Label", "Half a thought").keys(Keys.ESCAPE).find("dialog", "Leave without saving?")
	admin.focused("Stay").keys(Keys.ENTER)
	admin.holds("Label", "Half a thought")
	admin.click("button", "Cancel").click("button", "Leave").gone("dialog", "New field of ToDo")
	admin.focused("Add custom field")


def test_the_search_leads_to_pages_doctypes_users_and_keys(admin, server, make_user):
	name = make_user("Sought", last_name="Mayer")
	key = server.admin("POST", "/api/resource/API Key", json={"user": name, "label": "nightly sought"}).json()["data"]["name"]
	admin.open("/app/todo/new").heading("New ToDo").chord(Keys.CONTROL, "k").find("dialog", "Search")
	assert violations(admin.settled()) == []
	for words, option, path in (
		("stat", "Status", "/app/status"), ("system set", "System Settings", "/app/system-settings"), ("mayer", name, f"/app/user/{name.replace('@', '%40')}"),
		("nightly sought", key, f"/app/api-key/{key}"),
	):
		admin.fill("Page, DocType, user or key", words, role="combobox").find("option", option, exact=False)
		admin.keys(Keys.ENTER).at(path).gone("dialog", "Search").wait("its page", lambda: admin.find_all("heading", "", exact=False))
		admin.chord(Keys.CONTROL, "k").find("dialog", "Search")
	admin.fill("Page, DocType, user or key", "no such thing", role="combobox").see("No page matches")
	admin.keys(Keys.ESCAPE, Keys.ESCAPE).gone("dialog", "Search")


def test_the_search_finds_nothing_that_may_not_be_read(as_user, make_user):
	other = make_user("Hidden")
	person = as_user(make_user("Curious")).open("/app").heading("Hello, Curious Lovelace").keys("/")
	person.fill("Page, DocType, user or key", other, role="combobox").see("No page matches").fill("Page, DocType, user or key", "accou", role="combobox")
	person.find("option", "Your account", exact=False).click()
	person.at("/me")


def test_the_search_says_when_the_server_is_away(admin):
	admin.open("/app/system-settings").heading("System Settings").click("button", "Search").find("dialog", "Search")
	answer_with(admin, 0, "")
	admin.fill("Page, DocType, user or key", "audit", role="combobox").find("option", "Audit log", exact=False)  # what needs no answer is found
