"""What is stored is only ever shown: scripts, long words, right-to-left text in every text field of every DocType and in every view."""

import contextlib
import sqlite3
import urllib.parse

import pytest

from conftest import USER_PASSWORD, take_session
from person import Person
from sites import PASSWORD, Site
from test_pages import complaints

SCRIPT = ("\"'><xss-mark onclick=\"document.title='owned'\"></xss-mark><img src=x onerror=\"document.title='owned'\">"
	"<script>document.title='owned'</script><iframe srcdoc=\"<script>parent.document.title='owned'</script>\"></iframe>")
NAME = "\"'><xss-mark><img src=x onerror=document.title='owned'>"
SHOWN = {"script": (NAME, SCRIPT), "link": ("javascript:document.title='owned'",) * 2, "long": ("x" * 130, "x" * 200),
	"rtl": ("שלום עולם (abc) مرحبا", "\u202eשלום עולם\n" * 20), "emoji": ("😀🎉👩‍👩‍👧", "👩‍👩‍👧😀🎉" * 40)}

# The database's own knowledge of its shape and of who may do what: filled by the API alone, below.
BY_API = {"DocType", "DocField", "DocPerm", "Custom Field", "Custom DocPerm", "Property Setter", "User", "Role", "Has Role", "User Type",
	"Document Naming Rule", "Document Naming Rule Condition"}
PLAIN = {"name", "owner", "creation", "modified", "modified_by", "parent", "parenttype", "parentfield", "docstatus", "idx"}

FOUND = """
return [...document.querySelectorAll("xss-mark, [onerror], [onclick], iframe, main script, main img, a[href^='javascript' i], [srcdoc]")].map((e) => e.outerHTML.slice(0, 200));
"""
SEEN = """
const [name, text] = arguments, has = (s) => s.includes(name) || s.includes(text);
return has(document.body.innerText) || [...document.querySelectorAll("input, textarea, select")].some((e) => has(e.value));
"""
WIDTHS = "return [document.documentElement.scrollWidth, innerWidth]"


def fill_tables(site, name, text):
	"""A row of every stored DocType, all of its text columns filled, past every rule. Returns the DocTypes."""
	filled = []
	with contextlib.closing(sqlite3.connect(site.path + "/symbolon.db")) as db, db:
		tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'tab%'")]
		for table in sorted(tables):
			doctype = table.removeprefix("tab")
			if doctype in BY_API:
				continue
			columns = [(c[1], c[2]) for c in db.execute(f"PRAGMA table_info(`{table}`)")]
			values = {"name": name, "owner": "Administrator", "creation": "2026-01-02 03:04:05.000001", "modified": "2026-01-02 03:04:05.000001",
				"modified_by": "Administrator", "parent": name, "parenttype": "Note", "parentfield": "seen_by", "idx": 0, "docstatus": 0}
			row = {column: values[column] if column in PLAIN else text if kind.upper().startswith("TEXT") else 0 for column, kind in columns}
			db.execute(f"INSERT OR REPLACE INTO `{table}` ({', '.join(f'`{c}`' for c in row)}) VALUES ({', '.join('?' * len(row))})", list(row.values()))
			filled.append(doctype)
		user_columns = [c[1] for c in db.execute("PRAGMA table_info(`tabUser`)") if c[2].upper().startswith("TEXT") and c[1] not in PLAIN | {
			"email", "api_key", "api_secret", "user_type", "restrict_ip", "username", "mobile_no", "phone", "role_profile_name", "module_profile", "language", "time_zone"}]
		db.execute(f"UPDATE `tabUser` SET {', '.join(f'`{c}` = ?1' for c in user_columns)} WHERE name = 'shown@example.com'", (text,))
		db.execute("UPDATE session SET agent = ?1, address = ?1 WHERE user = 'shown@example.com'", (text[:250],))
		db.execute("UPDATE `tabAPI Key` SET label = ?1, last_used_address = ?1, last_used = '2026-01-02 03:04:05.000001', revoke_reason = ?1 WHERE user = 'shown@example.com'", (text[:140],))
	return filled


def fill_by_api(site, name, text):
	"""What the API takes of it, as labels, descriptions, names of roles and of DocTypes."""
	admin = site.admin
	admin("POST", "/api/resource/User", json={"email": "shown@example.com", "first_name": "Shown", "new_password": USER_PASSWORD}).raise_for_status()
	admin.call("frappe.core.doctype.user.user.generate_keys", user="shown@example.com")
	site.login("shown@example.com", USER_PASSWORD)
	admin("POST", "/api/resource/DocType", json={
		"name": "Shown Type", "module": "Custom", "custom": 1, "autoname": "prompt", "description": text, "title_field": "one",
		"permissions": [{"role": "System Manager", "read": 1, "write": 1, "create": 1, "delete": 1}],
		"fields": [
			{"fieldname": "one", "label": text[:140], "fieldtype": "Data", "description": text, "in_list_view": 1, "in_standard_filter": 1},
			{"fieldname": "two", "label": name, "fieldtype": "Select", "options": text.replace("\n", " ")[:100], "in_list_view": 1},
			{"fieldname": "three", "label": name, "fieldtype": "Section Break", "description": text},
			{"fieldname": "four", "label": name, "fieldtype": "HTML", "options": text},
			{"fieldname": "five", "label": name, "fieldtype": "Attach"},
		]}).raise_for_status()
	for doctype, values in (
		("Role", {"role_name": name}), ("DocType", {"name": name, "module": "Custom", "custom": 1, "fields": [{"fieldname": "a", "fieldtype": "Data"}]}),
		("Custom Field", {"dt": "Note", "fieldname": "shown", "label": text[:140], "fieldtype": "Data", "description": text}),
		("Shown Type", {"name": name, "one": text[:140], "two": text.replace("\n", " ")[:100], "five": text[:140]}),
	):
		admin("POST", f"/api/resource/{doctype}", json=values)  # some are refused, and that is right too


@pytest.fixture(scope="module", params=SHOWN)
def shown(request, tmp_path_factory):
	name, text = SHOWN[request.param]
	site = Site(tmp_path_factory.mktemp("shown") / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	fill_by_api(site, name, text)
	site.stop()
	fill_tables(site, name, text)
	site.start()
	yield site, name, text, request.param
	site.kill()


def look(person, path, faults):
	"""Opens the page, and says what is wrong with it."""
	person.open(path).settled()
	found = person.browser.execute_script(FOUND)
	width, room = person.browser.execute_script(WIDTHS)
	if found or person.browser.title == "owned":
		faults.append((path, person.browser.title, found))
	if width > room:
		faults.append((path, f"{width} px wide in {room}"))
	faults.extend((path, said) for said in complaints(person.browser) if "404" not in said and "403" not in said)


def test_nothing_stored_is_more_than_text(fresh, shown):
	site, name, text, kind = shown
	person = take_session(Person(fresh, site), site.login())
	person.dress(width=390 if kind in ("long", "rtl") else 1200)
	there = urllib.parse.quote(name, safe="")
	faults, seen = [], 0
	for doctype in site.admin.call("symbolon.meta.list"):
		slug = urllib.parse.quote(doctype["name"].lower().replace(" ", "-"), safe="")
		look(person, f"/app/{slug}", faults)
		if not doctype.get("issingle"):
			look(person, f"/app/{slug}/{there}", faults)
			seen += person.browser.execute_script(SEEN, name, text[:60])
			look(person, f"/app/{slug}/new", faults)
	views = ["/app", "/app/keys", "/app/data", "/app/activity", "/app/audit", "/app/status", "/app/api", "/me", "/app/permission-manager", "/app/doctype/Shown%20Type",
		"/app/permission-manager?doctype=Shown%20Type", f"/app/permission-manager?doctype={there}", f"/app/permission-manager?role={there}", f"/app/{there}",
		f"/app/user/{there}", f"/app/todo?q={there}", f"/app/todo?f={there}", f"/app/keys?q={there}&kind={there}&sort={there}", f"/app/audit?q={there}&event={there}",
		f"/app/activity?q={there}"]
	views += [f"/app/user/shown@example.com?tab={tab}" for tab in ("details", "roles", "sessions", "settings", there)]
	for path in views:
		look(person, path, faults)

	assert faults == []
	assert seen >= 15  # it is there, as text


def test_what_a_server_says_is_only_text(fresh, shown):
	site, _name, text, _kind = shown
	person = take_session(Person(fresh, site), site.login())
	person.open("/app/data").heading("Data")
	person.browser.execute_script("""
		const text = arguments[0], messages = JSON.stringify([JSON.stringify({ message: text, title: text })]);
		window.fetch = () => Promise.resolve(new Response(JSON.stringify({ exception: `frappe.exceptions.ValidationError: ${text}`, exc_type: "ValidationError",
			_server_messages: messages }), { status: 417 }));
	""", text)
	faults = []
	for link in ("Keys", "Users", "Audit log", "Status"):
		person.click("link", link).wait("the failure", lambda: person.browser.find_elements("css selector", "[role=alert]"))
		found = person.browser.execute_script(FOUND)
		width, room = person.browser.execute_script(WIDTHS)
		if found or person.browser.title == "owned" or width > room:
			faults.append((link, found, width, room))
	assert faults == []


def test_names_of_files_are_only_text(admin, server, tmp_path):
	server.admin("POST", "/api/resource/DocType", json={
		"name": "Shown Files", "module": "Custom", "custom": 1, "autoname": "prompt", "fields": [{"fieldname": "paper", "label": "Paper", "fieldtype": "Attach"}],
		"permissions": [{"role": "System Manager", "read": 1, "write": 1, "create": 1}]}).raise_for_status()
	server.admin("POST", "/api/resource/Shown Files", json={"name": "one"}).raise_for_status()
	paper = tmp_path / "\"'><xss-mark><img src=x onerror=document.title='owned'>.txt"
	paper.write_text("words")
	admin.open("/app/shown-files/one").heading("one").find("textbox", "Paper").send_keys(str(paper))
	admin.find("link", "/private/files/", exact=False)
	admin.click("button", "Save").see("Saved.")
	assert admin.browser.execute_script(FOUND) == [] and admin.browser.title != "owned"
	faults = []
	for file in server.admin("GET", '/api/resource/File?limit_page_length=0').json()["data"]:
		look(admin, f"/app/file/{file['name']}", faults)
	look(admin, "/app/file", faults)
	assert faults == []
