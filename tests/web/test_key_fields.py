"""What a key can have, on its page: each field set by hand, in force, taken away; who finds which keys."""

import datetime

import pytest
from selenium.webdriver.common.keys import Keys

from conftest import USER_PASSWORD, take_session
from person import Person
from sites import WHO_AM_I
from test_pages import violations

KEYS = "/api/resource/API Key"


def text_in(seconds):
	moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
	return moment.strftime("%Y-%m-%d %H:%M:%S")


def make(server, user, **fields):
	answer = server.admin("POST", KEYS, json={"user": user, "label": "a program", **fields})
	assert answer.status_code == 200, answer.text
	return answer.json()["data"]


def stored(server, key):
	return server.admin("GET", f"{KEYS}/{key['name']}").json()["data"]


def put_time(person, name, text):
	"""As its control gives it: how a date is typed differs by language."""
	person.browser.execute_script(
		"const [e, text] = arguments; e.value = text; e.dispatchEvent(new Event('input', { bubbles: true }));",
		field(person, name), text.replace(" ", "T"))


def field(person, name):
	"""The control with this label, whatever its role is called."""
	return person.wait(name, lambda: person.browser.execute_script(
		"return [...document.querySelectorAll('main label')].find((l) => l.textContent.trim() === arguments[0])?.control", name))


def error_at(person, name):
	return person.wait(f"an error at {name}", lambda: person.browser.execute_script(
		"return document.getElementById(arguments[0].getAttribute('aria-describedby')?.split(' ').find((id) => id.endsWith('-error')) ?? '')?.textContent", field(person, name)))


def save(person):
	"""Until it is stored: the word of an earlier one may still be there."""
	person.click("button", "Save")
	person.wait("nothing left to save", lambda: not person.has("button", "Undo changes"))


@pytest.fixture
def key(server, make_user):
	return make(server, make_user(roles=["System Manager"]))


@pytest.fixture
def page(admin, key):
	return admin.open(f"/app/api-key/{key['name']}").heading("a program")


def test_a_key_begins_and_ends(page, server, key):
	put_time(page, "Not Before", text_in(3600))
	put_time(page, "Expires", text_in(7200))
	save(page)
	assert server.who(key).status_code == 401
	put_time(page, "Not Before", "")
	save(page)
	assert server.who(key).status_code == 200 and "expires" in stored(server, key)
	put_time(page, "Expires", text_in(-60))
	page.click("button", "Save")
	assert "Expires must be in the future" in error_at(page, "Expires")
	put_time(page, "Expires", "")
	save(page)
	assert stored(server, key).get("expires") is None and server.who(key).status_code == 200


def test_networks_are_allowed_and_denied(page, server, key):
	page.fill("Allowed Networks", "10.0.0.0/8, 2001:db8::/32")
	save(page)
	assert server.who(key).status_code == 401
	page.fill("Allowed Networks", "127.0.0.0/8")
	save(page)
	assert server.who(key).status_code == 200
	page.fill("Denied Networks", "127.0.0.1")
	save(page)
	assert server.who(key).status_code == 401
	page.fill("Denied Networks", "").fill("Allowed Networks", "")
	save(page)
	assert server.who(key).status_code == 200


@pytest.mark.parametrize("name", ["Allowed Networks", "Denied Networks"])
def test_a_typo_in_a_network_is_shown_at_its_field(page, server, key, name):
	page.fill("Allowed Networks", "127.0.0.1").fill("Denied Networks", "10.0.0.1").fill(name, "127.0.0.1, 10.0.0.0/33").click("button", "Save")
	assert "10.0.0.0/33 is not a network: write 10.0.0.0/8" in error_at(page, name)
	page.find("link", name)
	assert field(page, name).get_attribute("aria-invalid") == "true"
	other = ({"Allowed Networks", "Denied Networks"} - {name}).pop()
	assert field(page, other).get_attribute("aria-invalid") is None
	assert violations(page.settled()) == [] and stored(server, key).get("allowed_networks") is None
	page.fill(name, "127.0.0.0/8" if name.startswith("Allowed") else "10.0.0.0/8")
	save(page)
	assert server.who(key).status_code == 200


def test_a_new_key_shows_a_typo_at_its_field_too(admin, server, make_user):
	user = make_user()
	admin.open(f"/app/api-key/new?user={user}").fill("Label", "mistyped").fill("Denied Networks", "example.com").click("button", "Save")
	assert "example.com is not a network" in error_at(admin, "Denied Networks")
	admin.fill("Denied Networks", "").click("button", "Save").find("dialog", f"Keys of {user}")


def test_a_key_only_reads(page, server, key):
	def writes():
		return server.with_token(key)("POST", "/api/resource/ToDo", json={"description": "Written by a key"}).status_code
	page.click("checkbox", "Read Only")
	save(page)
	assert (writes(), server.who(key).status_code) == (403, 200)
	page.click("checkbox", "Read Only")
	save(page)
	assert writes() == 200


def test_scopes_narrow_a_key(page, server, key):
	def reads(doctype):
		return server.with_token(key)("GET", f"/api/resource/{doctype}").status_code
	page.click("button", "Add a row to Scopes").choose("Kind, row 1", "DocType").fill("Target, row 1", "Nothing Of This Name").fill("Rights, row 1", "read").click("button", "Save")
	page.see("A scope's target Nothing Of This Name is not")
	page.fill("Target, row 1", "ToDo")
	save(page)
	assert (reads("ToDo"), reads("Note")) == (200, 403)
	page.click("button", "Remove row 1")
	save(page)
	assert (reads("ToDo"), reads("Note")) == (200, 200)


def test_a_rate_and_a_quota_limit_a_key(page, server, key):
	page.fill("Rate Limit", "two").click("button", "Save")
	assert error_at(page, "Rate Limit") == "This is no number."
	page.fill("Rate Limit", "2").fill("Rate Window S", "3600").fill("Quota", "1000")
	save(page)
	assert [server.who(key).status_code for _ in range(3)] == [200, 200, 429]
	page.fill("Rate Limit", "")
	save(page)
	answer = server.with_token(key)("GET", WHO_AM_I)
	assert answer.status_code == 200 and answer.headers["RateLimit-Policy"] == '"quota";q=1000'


def test_a_key_is_switched_off_and_on_and_deleted(page, server, key):
	page.click("checkbox", "Enabled")
	save(page)
	assert server.who(key).status_code == 401
	page.click("checkbox", "Enabled")
	save(page)
	assert server.who(key).status_code == 200
	page.click("button", "Delete").find("dialog", "Delete this API Key?")
	page.keys(Keys.TAB, Keys.ENTER)
	page.wait("the key to go", lambda: server.admin("GET", f"{KEYS}/{key['name']}").status_code == 404)
	assert server.who(key).status_code == 401


def test_the_desk_shows_each_finding_of_the_report(fresh, new_site):
	for user in ("off@example.com", "weak@example.com"):
		new_site.admin("POST", "/api/resource/User", json={"email": user, "first_name": "Some"}).raise_for_status()
	for label in ("never", "stale"):
		make(new_site, "Administrator", label=label)
	make(new_site, "Administrator", label="ends", expires=text_in(7 * 86400))
	make(new_site, "off@example.com", label="off")
	new_site.admin("PUT", "/api/resource/User/off@example.com", json={"enabled": 0}).raise_for_status()
	new_site.admin("PUT", "/api/resource/User/weak@example.com", json={"api_key": "0123456789abcde", "api_secret": "by-hand-0123456"}).raise_for_status()
	new_site.stop()
	new_site.tell_database("UPDATE `tabAPI Key` SET creation = '2020-01-01 00:00:00.000000' WHERE label IN ('never', 'stale')")
	new_site.tell_database("UPDATE `tabAPI Key` SET last_used = '2020-01-02 00:00:00.000000' WHERE label = 'stale'")
	new_site.start()
	person = take_session(Person(fresh, new_site), new_site.login())
	person.open("/app/keys").heading("Keys")
	for kind, label in (("Never used", "never"), ("Stale", "stale"), ("Expiring", "ends"), ("Owner disabled", "off"), ("Weak", "weak@example.com")):
		person.click("button", kind, exact=False).see(label)
		for other in {"never", "stale", "ends", "off", "weak@example.com"} - {label}:
			person.wait(f"{other} to go", lambda other=other: other not in rows(person))
	assert violations(person.settled()) == []


def rows(person):
	return person.browser.execute_script("return [...document.querySelectorAll('tbody .main')].flatMap((e) => e.innerText.split('\\n'))")


def test_a_role_that_manages_its_own_keys_finds_them(fresh, new_site):
	user = "ada@example.com"
	new_site.admin("POST", "/api/resource/User", json={
		"email": user, "first_name": "Ada", "new_password": USER_PASSWORD, "roles": [{"role": "Blogger"}]}).raise_for_status()
	for role in ("System Manager", "Blogger"):
		new_site.admin("POST", "/api/resource/Custom DocPerm", json={
			"parent": "API Key", "role": role, **dict.fromkeys(("read", "write", "create", "delete"), 1)}).raise_for_status()
	mine, other = make(new_site, user, label="mine"), make(new_site, "Administrator", label="another's")
	person = take_session(Person(fresh, new_site), new_site.login(user, USER_PASSWORD))
	person.open(f"/app/user/{user}?tab=settings").heading("Named keys").see("Active")
	assert violations(person.settled()) == []
	person.click("link", "mine").heading("mine").fill("Label", "still mine")
	save(person)
	assert stored(new_site, mine)["label"] == "still mine"
	person.open("/app/api-key").see("still mine")
	assert "another's" not in person.text()
	person.open(f"/app/api-key/{other['name']}").see("Not permitted")
	person.open(f"/app/user/{user}?tab=settings").click("link", "New key").fill("Label", "second").click("button", "Save").find("dialog", f"Keys of {user}")
	pair = {"api_key": person.value("API Key"), "api_secret": person.value("API Secret")}
	assert new_site.who(pair).json() == {"message": user}
	person.click("button", "I have stored it").heading("second").open(f"/app/user/{user}?tab=settings").see("second").see("still mine")
