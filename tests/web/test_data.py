"""Documents of any DocType: lists and forms."""

import csv
import io
import json

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from sites import PASSWORD, Site


@pytest.fixture(scope="module")
def server(tmp_path_factory):
	"""A site of these tests alone: they count documents."""
	made = Site(tmp_path_factory.mktemp("data") / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	yield made
	made.stop()


@pytest.fixture(scope="module")
def admin_session(server):
	return server.login()


@pytest.fixture(scope="module")
def tasks(server):
	"""Thirty ToDos, of which every third is closed."""
	return [server.admin("POST", "/api/resource/ToDo", json={
		"description": f"Task {i:02}", "status": "Closed" if i % 3 == 0 else "Open", "priority": ["Low", "High"][i % 2],
		"date": f"2026-01-{i + 1:02}",
	}).json()["data"]["name"] for i in range(30)]


def titles(person):
	return person.browser.execute_script("return [...document.querySelectorAll('tbody tr')].map((r) => r.querySelector('.main a').innerText)")


def filtered(*filters):
	return "f=" + json.dumps(filters).replace("%", "%25").replace("=", "%3D").replace("&", "%26")


def test_a_list_pages_and_sorts(admin, tasks):
	admin.open("/app/todo?sort=date.asc").see("1 to 20 of 30").wait("the first page", lambda: titles(admin)[0] == "Task 00")
	admin.click("button", "Older").see("21 to 30 of 30").wait("the second page", lambda: titles(admin)[0] == "Task 20")
	admin.click("button", "Date").wait("the last first", lambda: titles(admin)[0] == "Task 29")


def test_the_way_back_and_a_link_lead_to_the_same_page(admin, tasks):
	admin.open("/app/todo?sort=date.asc").see("1 to 20 of 30").click("button", "Older").see("21 to 30 of 30")
	there = admin.path()
	admin.click("button", "Newer").see("1 to 20 of 30").wait("the first page", lambda: titles(admin)[0] == "Task 00")
	admin.browser.back()
	admin.see("21 to 30 of 30")
	admin.open(there).see("21 to 30 of 30").wait("the second page", lambda: titles(admin)[0] == "Task 20")
	admin.open("/app/todo?size=100&sort=date.asc").see("30 rows").wait("all of them", lambda: len(titles(admin)) == 30)
	admin.open("/app/todo?page=9&sort=date.asc").see("Nothing more").click("link", "Go to the first page").see("1 to 20 of 30")


@pytest.mark.parametrize(("filters", "count"), [
	([["status", "=", "Open"]], 20),
	([["status", "!=", "Open"], ["priority", "=", "High"]], 5),
	([["description", "like", "%Task 0%"]], 10),
	([["description", "not like", "%Task 0%"]], 20),
	([["status", "in", ["Closed", "Cancelled"]]], 10),
	([["status", "not in", ["Closed"]]], 20),
	([["date", ">", "2026-01-28"]], 2),
	([["date", "<=", "2026-01-02"]], 2),
	([["date", "between", ["2026-01-05", "2026-01-09"]]], 5),
	([["allocated_to", "is", "not set"]], 30),
	([["creation", "timespan", "last 7 days"]], 30),
	([["creation", "previous", "1 year"]], 0),
])
def test_a_filter_stands_in_the_address(admin, tasks, filters, count):
	admin.open("/app/todo?" + filtered(*filters)).settled()
	admin.see(f" of {count}" if count > 20 else f"{count} rows" if count else "Nothing matches")


def test_a_filter_is_built_by_hand(admin, tasks):
	admin.open("/app/todo").heading("ToDo").click("button", "Add filter").choose("Field", "Status").choose("Value", "Closed")
	admin.click("button", "Apply").see("Status is Closed").see("10 rows")
	admin.click("button", "Add filter").choose("Field", "Date").choose("Comparison", "is in the time").choose("Value", "this year")
	admin.click("button", "Apply").see("Date is in the time this year")
	admin.click("button", "Remove filter: Status is Closed").miss("Status is Closed").click("button", "Clear").see("of 30")


def test_a_filter_of_rows_finds_their_documents_once(admin, server, kinds, downloads):
	for i in range(23):
		server.admin("POST", kinds, json={"name": f"rowed {i:02}", "plain": "rowed", "rows": [{"what": "tea", "many": i}, {"what": "tea", "many": 5}]}).raise_for_status()
	server.admin("POST", kinds, json={"name": "rowed other", "plain": "rowed", "rows": [{"what": "coffee"}]}).raise_for_status()
	admin.open("/app/web-kinds?sort=name.asc&" + filtered(["plain", "=", "rowed"])).see("of 24").click("button", "Add filter")
	admin.choose("Field", "Rows: What").fill("Value", "tea").click("button", "Apply").see("Rows: What is tea").see("1 to 20 of 23")
	admin.wait("each once", lambda: titles(admin) == [f"rowed {i:02}" for i in range(20)])
	admin.click("button", "Older").see("21 to 23 of 23").wait("the rest", lambda: titles(admin) == ["rowed 20", "rowed 21", "rowed 22"])
	admin.click("button", "Export CSV").see("23 rows exported.")
	admin.wait("the file", lambda: next((f for f in downloads.iterdir() if f.name == "web-kinds.csv"), None)).unlink()
	admin.click("button", "Add filter").choose("Field", "Rows: Many").choose("Comparison", "is more than").fill("Value", "20").click("button", "Apply").see("2 rows")
	admin.click("button", "Remove filter: Rows: What is tea").see("2 rows").miss("Rows: What is tea")


def test_columns_are_chosen(admin, tasks):
	admin.open("/app/todo").heading("ToDo").click("button", "Columns").click("checkbox", "Color").wait(
		"the column", lambda: "Color" in admin.browser.execute_script("return [...document.querySelectorAll('thead th')].map((h) => h.innerText.trim())"))
	admin.wait("the columns in the address", lambda: "cols=" in admin.path() and "color" in admin.path())


def test_a_list_is_exported(admin, tasks, downloads):
	admin.open("/app/todo?" + filtered(["status", "=", "Closed"]) + "&sort=date.asc").see("10 rows").click("button", "Export CSV")
	file = downloads / "todo.csv"
	lines = lambda: [*csv.DictReader(io.StringIO(file.read_text()))]  # noqa: E731
	admin.wait("all of the file", lambda: file.exists() and [line["description"] for line in lines()] == [f"Task {i:02}" for i in range(0, 30, 3)])

	assert lines()[0]["date"] == "2026-01-01"
	file.unlink()


def test_chosen_documents_are_deleted(admin, server):
	names = [server.admin("POST", "/api/resource/Note", json={"title": f"Bulk {i}"}).json()["data"]["name"] for i in range(3)]
	admin.open("/app/note?q=bulk").see("3 rows")
	for name in names[:2]:
		admin.click("checkbox", f"Choose {name}")
	admin.see("2 chosen").click("button", "Delete").find("dialog", "Delete 2 documents?")
	admin.keys(Keys.TAB, Keys.ENTER).see("2 documents deleted.").see("1 row")
	assert server.admin("GET", f"/api/resource/Note/{names[2]}").status_code == 200
	assert server.admin("GET", f"/api/resource/Note/{names[0]}").status_code == 404


def test_what_could_not_be_deleted_is_told(admin, server, make_user):
	role = server.admin("POST", "/api/resource/Role", json={"role_name": "Bulk held"}).json()["data"]["name"]
	make_user("Holder", roles=[role])
	server.admin("POST", "/api/resource/Role", json={"role_name": "Bulk free"}).raise_for_status()
	admin.open("/app/role?q=bulk").see("2 rows").click("checkbox", "Choose Bulk held").click("checkbox", "Choose Bulk free").click("button", "Delete")
	admin.find("dialog", "Delete 2 documents?")
	admin.keys(Keys.TAB, Keys.ENTER).find("dialog", "1 document could not be deleted")
	admin.see("Bulk held").click("button", "Close").see("1 row")


def test_deleting_many_shows_how_far_it_is_and_stops(admin, server):
	for i in range(6):
		server.admin("POST", "/api/resource/Note", json={"title": f"Slow {i}"}).raise_for_status()
	admin.open("/app/note?q=slow").see("6 rows").click("checkbox", "Choose all 6 rows shown").click("button", "Delete").find("dialog", "Delete 6 documents?")
	admin.browser.execute_script("""
		const real = window.fetch;
		window.go = [];
		window.fetch = (path, init) => init?.method === "DELETE" ? new Promise((done) => window.go.push(() => done(real(path, init)))) : real(path, init);
	""")
	admin.keys(Keys.TAB, Keys.ENTER).find("dialog", "Deleting 6 documents")
	admin.see("0 of 6").browser.execute_script("window.go.shift()()")
	admin.see("1 of 6").click("button", "Stop").see("Stopping after what is under way.")
	admin.wait("the request under way", lambda: admin.browser.execute_script("return window.go.length === 1"))
	admin.browser.execute_script("window.go.shift()()")
	admin.see("2 documents deleted; stopped, 4 are left.").see("4 rows")


def test_a_document_is_made_changed_and_deleted(admin, server, make_user):
	name = make_user("Linked")
	admin.open("/app/todo").heading("ToDo").keys("n").heading("New ToDo").click("button", "Save").see("Not saved yet: something is missing or wrong.")
	admin.fill("Description", "Water the <b>plants</b>").choose("Priority", "High").fill("Allocated To", "linked", role="combobox")
	admin.find("option", name, exact=False).click()
	admin.chord(Keys.CONTROL, "s").see("was made")
	admin.wait("the document's address", lambda: "/new" not in admin.path())
	document = admin.path().rsplit("/", 1)[1]
	stored = server.admin("GET", f"/api/resource/ToDo/{document}").json()["data"]
	assert (stored["allocated_to"], stored["priority"]) == (name, "High")

	admin.choose("Status", "Closed").see("Not saved yet").click("button", "Save").see("Saved.")
	assert server.admin("GET", f"/api/resource/ToDo/{document}").json()["data"]["status"] == "Closed"
	admin.click("button", "Delete").find("dialog", "Delete this ToDo?")
	admin.keys(Keys.TAB, Keys.ENTER).at("/app/todo")
	assert server.admin("GET", f"/api/resource/ToDo/{document}").status_code == 404


def test_a_conflict_shows_both_versions(admin, server):
	doc = server.admin("POST", "/api/resource/Note", json={"title": "Base", "content": "old"}).json()["data"]
	path = f"/api/resource/Note/{doc['name']}"
	admin.open(f"/app/note/{doc['name']}").heading("Base").fill("Title", "Mine").fill("Content", "my words")
	server.admin("PUT", path, json={"title": "Theirs", "public": 1}).raise_for_status()
	admin.click("button", "Save").find("dialog", "Someone else changed this")
	admin.see("Yours:\nMine").see("Theirs:\nTheirs").see("Changed by them alone, and kept: Public.")
	admin.click("radio", "Theirs: Theirs").click("button", "Save this choice").heading("Theirs")

	stored = server.admin("GET", path).json()["data"]
	assert (stored["title"], stored["content"], stored["public"]) == ("Theirs", "my words", 1)


def test_what_is_typed_during_a_save_stays(admin, server):
	doc = server.admin("POST", "/api/resource/Note", json={"title": "Slow", "content": "old"}).json()["data"]
	path = f"/api/resource/Note/{doc['name']}"
	admin.open(f"/app/note/{doc['name']}").heading("Slow").browser.execute_script("""
		const real = window.fetch;
		window.fetch = (...given) => new Promise((done) => { window.go = () => done(real(...given)); });
	""")
	admin.fill("Title", "Slower").click("button", "Save").wait("the save to begin", lambda: admin.browser.execute_script("return window.go !== undefined"))
	admin.fill("Content", "typed meanwhile").browser.execute_script("window.go()")
	admin.see("Saved.").see("Not saved yet").holds("Content", "typed meanwhile")
	assert server.admin("GET", path).json()["data"]["content"] == "old"


FIELDS = [
	("Data", "plain", {"value": "words"}), ("Small Text", "small", {"value": "some words"}), ("Int", "whole", {"value": "7", "stored": 7}),
	("Float", "real", {"value": "2.5", "stored": 2.5}), ("Currency", "money", {"value": "9.99", "stored": 9.99}),
	("Percent", "share", {"value": "50", "stored": 50.0}), ("Long Text", "long", {"value": "many words"}), ("Code", "code", {"value": "x = 1"}),
	("Password", "pass", {"value": "hidden", "stored": "******"}), ("Color", "color", {"value": "#ff0000"}),
]


@pytest.fixture(scope="module")
def kinds(server):
	"""DocType Web Kinds: a field of every type that is typed in, times, and a table of Web Row."""
	def make(body):
		answer = server.admin("POST", "/api/resource/DocType", json={"module": "Custom", "custom": 1, **body})
		assert answer.status_code == 200, answer.text
	right = {"role": "System Manager", "read": 1, "write": 1, "create": 1, "delete": 1, "report": 1}
	make({"name": "Web Row", "istable": 1, "fields": [
		{"fieldname": "what", "label": "What", "fieldtype": "Data", "in_list_view": 1},
		{"fieldname": "many", "label": "Many", "fieldtype": "Int", "in_list_view": 1},
		{"fieldname": "remark", "label": "Remark", "fieldtype": "Small Text"},
	]})
	make({"name": "Web Kinds", "autoname": "prompt", "permissions": [right], "fields": [
		*({"fieldname": name, "label": name.title(), "fieldtype": kind} for kind, name, _ in FIELDS),
		{"fieldname": "day", "label": "Day", "fieldtype": "Date"}, {"fieldname": "moment", "label": "Moment", "fieldtype": "Datetime"},
		{"fieldname": "hour", "label": "Hour", "fieldtype": "Time"}, {"fieldname": "yes", "label": "Yes", "fieldtype": "Check"},
		{"fieldname": "one", "label": "One", "fieldtype": "Select", "options": "\nfirst\nsecond"},
		{"fieldname": "rows", "label": "Rows", "fieldtype": "Table", "options": "Web Row"},
	]})
	return "/api/resource/Web Kinds"


def test_every_type_of_field_is_typed_in_and_stored(admin, server, kinds):
	admin.open("/app/web-kinds/new").heading("New Web Kinds").fill("ID", "all kinds/1")
	for _, name, values in FIELDS:
		admin.fill(name.title(), values["value"])
	for name, text in (("day", "2026-02-28"), ("moment", "2026-02-28T10:20:30"), ("hour", "09:05:03")):
		admin.browser.execute_script(
			"const [n, v] = arguments, e = document.querySelector(`[data-field=${n}]`); e.value = v; e.dispatchEvent(new Event('input', { bubbles: true }));", name, text)
	admin.click("checkbox", "Yes").choose("One", "second").click("button", "Save").see("was made").at("/app/web-kinds/all%20kinds%2F1")

	stored = server.admin("GET", f"{kinds}/all kinds%2F1").json()["data"]
	for _, name, values in FIELDS:
		assert stored[name] == values.get("stored", values["value"]), name
	assert (stored["day"], stored["moment"][:19], stored["hour"], stored["yes"], stored["one"]) == (
		"2026-02-28", "2026-02-28 10:20:30", "9:05:03", 1, "second")


def test_rows_of_a_table_are_edited_in_place(admin, server, kinds):
	server.admin("POST", kinds, json={"name": "table", "rows": [{"what": "a", "many": 1, "remark": "kept"}, {"what": "b", "many": 2}]}).raise_for_status()
	admin.open("/app/web-kinds/table").heading("table").fill("Many, row 1", "11").click("button", "Remove row 2").click("button", "Add a row to Rows")
	admin.fill("What, row 2", "c").click("button", "More of row 2").find("dialog", "Rows: row 2")
	admin.fill("Remark", "typed in the dialog").click("button", "Done").click("button", "Save").see("Saved.")

	rows = server.admin("GET", f"{kinds}/table").json()["data"]["rows"]
	assert [(row["what"], row["many"], row.get("remark")) for row in rows] == [("a", 11, "kept"), ("c", 0, "typed in the dialog")]


def test_rows_of_a_table_are_moved_by_arrows_and_by_dragging(admin, server, kinds):
	server.admin("POST", kinds, json={"name": "moved", "rows": [{"what": what} for what in "abcd"]}).raise_for_status()
	order = lambda: "".join(row["what"] for row in server.admin("GET", f"{kinds}/moved").json()["data"]["rows"])  # noqa: E731
	admin.open("/app/web-kinds/moved").heading("moved").find("button", "Move row 1 of Rows").send_keys(Keys.ARROW_DOWN)
	admin.holds("What, row 2", "a").focused("Move row 2 of Rows")
	admin.find("textbox", "What, row 4").send_keys(Keys.ALT, Keys.ARROW_UP)
	admin.holds("What, row 3", "d").click("button", "Save").see("Saved.")
	assert order() == "badc"

	admin.browser.execute_script("arguments[0].scrollIntoView({ block: 'center' })", admin.find("textbox", "What, row 1"))
	ActionChains(admin.browser).move_to_element(admin.find("button", "Move row 4 of Rows")).click_and_hold().move_to_element(
		admin.find("textbox", "What, row 1")).move_by_offset(0, -15).release().perform()
	admin.holds("What, row 1", "c").click("button", "Save").wait("the order", lambda: order() == "cbad")


def test_what_may_only_be_read_cannot_be_typed_in(as_user, make_user, server):
	doc = server.admin("POST", "/api/resource/Note", json={"title": "Read me", "public": 1}).json()["data"]
	reader = as_user(make_user(roles=["Blogger"])).open(f"/app/note/{doc['name']}").heading("Read me")
	reader.see("You may read this, not change it.")

	assert not reader.has("button", "Save") and not reader.has("button", "Delete")
	assert [e for e in reader.browser.find_elements("css selector", "main input, main textarea") if e.is_enabled()] == []


def test_a_field_of_a_higher_level_is_shown_but_fixed(as_user, make_user):
	writer = as_user(make_user(roles=["Blogger"])).open("/app/note/new").heading("New Note")

	writer.find("textbox", "Title")
	assert not writer.has("checkbox", "Public") or not writer.find("checkbox", "Public").is_enabled()


def test_only_what_may_be_read_is_offered(as_user, make_user):
	someone = as_user(make_user(roles=["Blogger"])).open("/app/data").heading("Data")

	someone.find("link", "ToDo", exact=False)
	assert not someone.find_all("link", "DocType", exact=False)
	someone.open("/app/doctype").heading("Nothing here")


def test_an_error_of_the_server_is_told_at_the_form(admin, server):
	server.admin("POST", "/api/resource/Role", json={"role_name": "Taken"}).raise_for_status()
	admin.open("/app/role/new").heading("New Role").fill("Role Name", "Taken").click("button", "Save").see("already exists").holds("Role Name", "Taken")
