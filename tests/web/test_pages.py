"""Every page: sound for those who do not see, closed to strangers' code, small, quiet."""

import json
import os
import re

import pytest
import requests

from conftest import take_session
from person import Person

AXE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "node_modules", "axe-core", "axe.min.js")
FIRST_LOAD_BYTES, FIRST_LOAD_REQUESTS, IMPORT_DEPTH = 100 * 1024, 40, 2
IMPORT = re.compile(r'^(?:import|export) (?:.*? from )?"(\.[^"]+)";', re.M | re.S)

PAGES = [
	"/app", "/app/keys", "/app/user", "/app/user/new", "/app/user/Administrator", "/app/user/{user}?tab=roles", "/app/user/{user}?tab=sessions", "/app/user/{user}?tab=settings",
	"/app/role", "/app/role/System Manager", "/app/permission-manager", "/app/permission-manager?doctype=ToDo", "/app/data", "/app/doctype", "/app/doctype/new", "/app/doctype/ToDo", "/app/todo", "/app/todo?f=[[\"status\",\"is\",\"set\"]]", "/app/todo/new", "/app/system-settings", "/app/activity", "/app/audit",
	"/app/api", "/app/api?op=get.frappe.client.get_list", "/app/api?op=v1.create.ToDo", "/app/api?op=post.upload_file", "/app/status", "/me", "/app/nothing-of-this-name",
]


@pytest.fixture(scope="module")
def user(server):
	"""A user with a key, and some data to look at."""
	server.admin("POST", "/api/resource/User", json={"email": "page@example.com", "first_name": "Page"})
	server.admin.call("frappe.core.doctype.user.user.generate_keys", user="page@example.com")
	server.admin("POST", "/api/resource/ToDo", json={"description": "Seen"}).raise_for_status()
	return "page@example.com"


def violations(person, rules=None):
	"""What axe finds; rules: only these."""
	with open(AXE, encoding="utf-8") as f:
		person.browser.execute_script(f.read())
	found = person.browser.execute_async_script(
		"const [rules, done] = arguments; axe.run({ resultTypes: ['violations'], ...(rules && { runOnly: rules }) }).then((r) => done(r.violations))", rules)
	return [f"{v['id']}: {v['help']}: {[n['html'][:160] for n in v['nodes'][:3]]}" for v in found]


def complaints(browser):
	return [entry["message"] for entry in browser.get_log("browser") if "favicon" not in entry["message"]]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_axe_finds_nothing_on_any_page(admin, user, dark):
	rules = ["color-contrast"] if dark else None  # nothing else differs in the evening
	admin.dress(dark=dark)
	found = {}
	for path in PAGES:
		admin.open(path.format(user=user)).settled()
		found[path] = violations(admin, rules)
	admin.dress(width=390, height=844, dark=dark)
	for path in ("/app", "/app/user", "/app/todo/new"):
		admin.open(path).settled()
		found["narrow " + path] = violations(admin, rules)
	admin.browser.delete_all_cookies()
	admin.open("/login").heading("Log in")
	found["/login"] = violations(admin, rules)

	assert {path: v for path, v in found.items() if v} == {}


def test_axe_finds_nothing_in_dialogs(admin, user):
	admin.open(f"/app/user/{user}?tab=settings").click("button", "Generate Keys").find("dialog", "Replace the secret?")
	asked = violations(admin.settled())
	admin.click("button", "Generate new secret").find("dialog", f"Keys of {user}")
	shown = violations(admin.settled())
	admin.click("button", "I have stored it").keys("?").find("dialog", "Keyboard")

	assert asked + shown + violations(admin.settled()) == []


def test_pages_ask_no_other_host_and_break_no_policy(admin, user):
	admin.browser.get_log("performance")
	for path in PAGES:
		admin.open(path.format(user=user)).settled()
	events = [json.loads(entry["message"])["message"] for entry in admin.browser.get_log("performance")]
	asked = {e["params"]["request"]["url"] for e in events if e["method"] == "Network.requestWillBeSent"}

	# The browser may tell late of what tests before asked, of sites of their own: those are on loopback, too.
	own = re.compile(r"http://(t\d+\.localhost|127\.0\.0\.1):\d+/|data:|blob:|about:")
	assert {url for url in asked if not own.match(url)} == set()
	assert len(asked) > 50
	assert complaints(admin.browser) == []


def test_the_policy_has_no_unsafe_word(server, admin_session):
	session = admin_session
	for path in ("/login", "/app", "/me", "/app/user/x"):
		policy = session.get(server.url + path, timeout=10).headers["Content-Security-Policy"]
		assert "default-src 'none'" in policy and "unsafe" not in policy and "frame-ancestors 'none'" in policy


def test_pages_hold_no_script_of_their_own(server, admin_session):
	session = admin_session
	for path in ("/login", "/app"):
		page = session.get(server.url + path, timeout=10).text
		for attributes, inside in re.findall(r"<script([^>]*)>(.*?)</script>", page, re.S):
			assert inside == "" or 'type="text/plain"' in attributes
		assert re.findall(r"\son\w+=|style=|javascript:", page) == []


def first_load(server, session):
	"""Path: compressed size of what /app needs before it shows anything, and the addresses that it announces."""
	page = session.get(server.url + "/app", timeout=10)
	paths = re.findall(r'(?:href|src)="(/assets/[^"]+)"', page.text)
	sizes = {"/app": len(page.content)}
	for path in paths:
		with requests.get(server.url + path, headers={"Accept-Encoding": "gzip"}, stream=True, timeout=10) as answer:
			assert answer.status_code == 200, path
			assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
			body = answer.raw.read(decode_content=False)
			assert answer.headers.get("Content-Encoding") == "gzip" or len(body) < 1100, path
			sizes[path] = len(body)
	return sizes, re.findall(r'rel="modulepreload" href="(/assets/[^"]+)"', page.text)


def modules(session, url, entry):
	"""Module: depth, from the entry on."""
	depths, waiting = {entry: 0}, [entry]
	while waiting:
		at = waiting.pop(0)
		folder = at.rsplit("/", 1)[0]
		for target in IMPORT.findall(session.get(url + at, timeout=10).text):
			path = os.path.normpath(f"{folder}/{target}")
			if path not in depths:
				depths[path] = depths[at] + 1
				waiting.append(path)
	return depths


def test_the_first_load_is_small_and_announced(server, admin_session, record_property):
	sizes, announced = first_load(server, admin_session)
	entry = next(path for path in sizes if path.endswith("/app.js"))
	depths = modules(admin_session, server.url, entry)
	record_property("bytes", sum(sizes.values()))

	assert sum(sizes.values()) <= FIRST_LOAD_BYTES, sorted(sizes.items(), key=lambda item: -item[1])[:10]
	assert len(sizes) + 2 <= FIRST_LOAD_REQUESTS, len(sizes)  # and two calls of the API
	assert set(depths) - {entry} == set(announced)
	assert max(depths.values()) <= IMPORT_DEPTH, {m: d for m, d in depths.items() if d > IMPORT_DEPTH}


def test_assets_of_another_version_are_asked_for_again(server):
	for path in ("/assets/style/base.css", "/assets/0123456789abcdef/style/base.css"):
		answer = server.guest("GET", path)
		assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-cache")
		assert server.guest("GET", path, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
	assert server.guest("GET", "/assets/0123456789abcdef/../../symbolon.key").status_code == 404


NASTY = [
	"<script>document.title='owned'</script>", "\"><img src=x onerror=\"document.title='owned'\">", "x" * 200, "שלום עולם", "emoji 😀🎉",
	"javascript:document.title='owned'", "{{constructor.constructor('document.title=1')()}}",
]


@pytest.mark.parametrize("text", NASTY, ids=range(len(NASTY)))
def test_what_is_stored_never_runs(admin, server, text):
	title = text[:140]
	doc = server.admin("POST", "/api/resource/Note", json={"title": title, "content": text}).json()["data"]
	task = server.admin("POST", "/api/resource/ToDo", json={"description": text}).json()["data"]
	user = server.admin("POST", "/api/resource/User", json={
		"email": f"n{NASTY.index(text)}@example.com", "first_name": title, "last_name": title,
	})
	for path in ("/app/note", f"/app/note/{doc['name']}", "/app/todo", f"/app/todo/{task['name']}", "/app/user", "/app"):
		admin.open(path).settled()
		assert "owned" != admin.browser.title and admin.browser.find_elements("css selector", "main img, main script") == []
		width = admin.browser.execute_script("return [document.documentElement.scrollWidth, innerWidth]")
		assert width[0] <= width[1], path
	assert complaints(admin.browser) == []
	assert user.status_code in (200, 417)


def answer_with(person, status, body):
	"""From now on every call of the API gets this answer, in the page."""
	person.browser.execute_script("""
		const [status, body] = arguments;
		window.fetch = () => status === 0 ? Promise.reject(new TypeError("offline"))
			: Promise.resolve(new Response(body, { status, headers: { "Retry-After": "7" } }));
	""", status, body)


@pytest.mark.parametrize(("status", "body", "words"), [
	(0, "", "No connection"), (403, "{}", "Not permitted"), (404, "{}", "Not found"), (417, '{"exception":"frappe.exceptions.DataError: Odd field"}', "Odd field"),
	(429, "{}", "try again in 7 seconds"), (503, "<html>", "try again in 7 seconds"), (200, "garbage", "could not be read"), (500, "", "status 500"),
])
def test_a_server_that_fails_is_told_in_words(admin, status, body, words):
	admin.open("/app/data").heading("Data")
	answer_with(admin, status, body)
	admin.click("link", "Keys").see(words).find("link", "Users")


def test_a_new_site_shows_the_way_to_the_first_call(hurried, fresh, new_site):
	person = take_session(Person(fresh, new_site), new_site.login())
	person.open("/app").heading("Welcome to symbolon").click("link", "New user").heading("New user")
	person.fill("E-mail", "first@example.com").fill("First name", "First").click("button", "Make user").heading("First")
	person.click("button", "Generate Keys").find("dialog", "Keys of first@example.com")
	pair = {"api_key": person.value("API Key"), "api_secret": person.value("API Secret")}
	person.click("button", "I have stored it").click("link", "Start").see("Waiting for a request with the new key")
	assert new_site.who(pair).status_code == 200
	# Uses are written down every ten seconds, and the page looks every five.
	person.see("It arrived: first@example.com, last used just now from 127.0.0.1, 1 time in all.", patience=30)
	assert violations(person.settled()) == []
	person.click("button", "Go on").heading("Start").see("first@example.com")
	person.open("/app").heading("Start")
