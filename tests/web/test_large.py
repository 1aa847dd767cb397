"""Much data: 10,000 rows, 10,000 keys, 500 columns. What is asserted is how much the page holds; how long it took is printed."""

import contextlib
import secrets
import sqlite3

import pytest

from conftest import take_session
from person import Person
from sites import PASSWORD, Site

ROWS, COLUMNS = 10_000, 500
STAMP = "2026-01-02 03:04:05.000001"

# Scrolls from the top to the end and back as a wheel does; resolves to the long tasks meanwhile, in milliseconds.
SCROLL = """
const done = arguments[0], tasks = [], watch = new PerformanceObserver((list) => tasks.push(...list.getEntries().map((e) => Math.round(e.duration))));
let step = Math.max(120, Math.ceil(document.documentElement.scrollHeight / 120)), at = 0;
function turn() {
	scrollBy(0, step);
	at++;
	if (at === 150)
		step = -step;
	if (at < 300)
		requestAnimationFrame(turn);
	else
		setTimeout(() => { tasks.push(...watch.takeRecords().map((e) => Math.round(e.duration))); watch.disconnect(); done(tasks); }, 200);  // pause: what was under way is told
}
requestIdleCallback(() => requestIdleCallback(() => {
	watch.observe({ type: "longtask" });
	requestAnimationFrame(turn);
}));
"""


def insert(site, table, rows):
	with contextlib.closing(sqlite3.connect(site.path + "/symbolon.db")) as db, db:
		names = list(rows[0])
		db.executemany(f"INSERT INTO `{table}` ({', '.join(f'`{n}`' for n in names)}) VALUES ({', '.join('?' * len(names))})", [list(r.values()) for r in rows])


@pytest.fixture(scope="module")
def large(tmp_path_factory):
	site = Site(tmp_path_factory.mktemp("large") / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	site.admin("POST", "/api/resource/DocType", json={
		"name": "Wide", "module": "Custom", "custom": 1, "autoname": "prompt", "permissions": [{"role": "System Manager", "read": 1, "write": 1, "create": 1}],
		"fields": [{"fieldname": f"field_{i}", "label": f"Field {i}", "fieldtype": ["Data", "Int", "Check", "Date", "Small Text"][i % 5], "in_list_view": int(i < 40)}
			for i in range(COLUMNS)]}).raise_for_status()
	site.admin("POST", "/api/resource/Wide", json={"name": "one", **{f"field_{i}": f"value {i}" for i in range(0, COLUMNS, 5)}}).raise_for_status()
	site.stop()
	base = {"owner": "Administrator", "creation": STAMP, "modified": STAMP, "modified_by": "Administrator"}
	insert(site, "tabToDo", [{**base, "name": f"todo-{i:05}", "description": f"Rotate the key of service {i}", "status": "Open", "priority": "Medium"} for i in range(ROWS)])
	insert(site, "tabAPI Key", [{**base, "name": secrets.token_hex(8)[:15], "user": "Administrator", "label": f"key {i}", "enabled": 1} for i in range(ROWS)])
	site.start()
	yield site
	site.kill()


@pytest.fixture
def person(fresh, large):
	return take_session(Person(fresh, large), large.login())


def count(person, selector):
	return len(person.browser.find_elements("css selector", selector))


def scrolled(person, what):
	tasks = person.browser.execute_async_script(SCROLL)
	print(f"\n{what}: tasks of more than 50 ms while scrolling: {tasks or 'none'}; {count(person, '*')} elements")


def test_a_list_of_ten_thousand_rows_holds_a_page_of_them(person):
	person.open("/app/todo").see("1 to 20 of 10,000").settled()
	person.wait("20 rows", lambda: count(person, "tbody tr") == 20)
	person.choose("Rows on a page", "500 a page").see("1 to 500 of 10,000").settled()
	person.wait("500 rows", lambda: count(person, "tbody tr") == 500)
	scrolled(person, "500 of 10,000 rows")
	person.click("button", "Older").see("501 to 1,000 of 10,000")
	person.wait("500 rows", lambda: count(person, "tbody tr") == 500)


def test_the_desk_of_ten_thousand_keys_holds_a_page_of_them(person):
	person.open("/app/keys").see("1 to 50 of 10,0").settled()
	person.wait("50 rows", lambda: count(person, "tbody tr") == 50)
	scrolled(person, "50 of 10,000 keys")
	person.fill("Search keys", "key 9999", role="searchbox").wait("one key", lambda: count(person, "tbody tr") == 1)


def test_a_doctype_of_500_columns_opens(person, large):
	person.open("/app/wide").see("one").settled()
	person.wait("one row", lambda: count(person, "tbody tr") == 1)
	assert count(person, "thead th") <= 10
	person.open("/app/wide/one").heading("one").settled()
	person.wait("all fields", lambda: count(person, ".field input, .field textarea, .check input") >= COLUMNS)
	person.holds("Field 495", "value 495")
	scrolled(person, "a form of 500 fields")
	person.fill("Field 495", "changed").click("button", "Save").see("Saved.")
	assert large.admin("GET", "/api/resource/Wide/one").json()["data"]["field_495"] == "changed"
