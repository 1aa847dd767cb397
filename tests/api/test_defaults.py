"""What a field of a new document holds when nobody said anything (spec/documents.md 4.1)."""

import datetime

import pytest

from sites import GENERATE


def field(name, kind="Data", **more):
	return {"fieldname": name, "fieldtype": kind, "label": name.replace("_", " ").title(), **more}


def make(caller, doctype, **values):
	answer = caller("POST", f"/api/resource/{doctype}", json=values)
	assert answer.status_code == 200, answer.text
	return answer.json()["data"]


def user(server, admin, name, **values):
	make(admin, "User", email=name, first_name="u", send_welcome_email=0, roles=[{"role": "Filler"}], **values)
	return server.with_token(admin.call(GENERATE.removeprefix("/api/method/"), user=name))


@pytest.fixture(scope="module")
def admin(server):
	admin = server.admin = server.admin or server.with_token(server.json("keys", "generate", "Administrator"))
	may = [{"role": "System Manager"}, {"role": "Filler"}]
	make(admin, "Role", role_name="Filler", desk_access=1)
	make(admin, "DocType", name="House Firm", module="Custom", custom=1, autoname="prompt", fields=[field("currency"), field("pin", "Password")], permissions=may)
	for name in ("One", "Two", "Three"):
		make(admin, "House Firm", name=name, currency=f"{name[0]}UR", pin="secret")
	make(admin, "DocType", name="House Row", module="Custom", custom=1, istable=1, fields=[field("currency", default=":House Firm"), field("what", default="thing"),
		field("house_firm", "Link", options="House Firm")])
	make(admin, "DocType", name="House Paper", module="Custom", custom=1, autoname="hash", title_field="title", permissions=may, fields=[
		field("title", default="never"), field("house_firm", "Link", options="House Firm"), field("other_firm", "Link", options="House Firm", default="Three"),
		field("currency", default=":House Firm"), field("pin", default=":House Firm"), field("nowhere", default=":No Such Thing"), field("who", "Link", options="User", default="__user"),
		field("day", "Date", default="Today"), field("moment", "Datetime", default="Now"), field("clock", "Time"), field("n", "Int", default="7"), field("odd", "Int", default="x"),
		field("on", "Check", default="1"), field("first", "Select", options="A\nB"), field("empty", "Select", options="\nA\nB"), field("chosen", "Select", options="A\nB", default="B"),
		field("rows", "Table", options="House Row")])
	return admin


def test_defaults_are_filled_where_nothing_was_given(admin):
	made = make(admin, "House Paper", rows=[{}])
	today = datetime.datetime.now(datetime.timezone.utc).date()
	assert datetime.date.fromisoformat(made["day"]) - today in (datetime.timedelta(0), datetime.timedelta(-1))
	assert made["moment"][:11] == made["creation"][:11] and made["clock"].count(":") == 2
	got = {name: made.get(name) for name in ("who", "n", "odd", "on", "first", "empty", "chosen", "other_firm", "title", "currency", "nowhere", "house_firm")}
	assert got == {"who": "Administrator", "n": 7, "odd": 0, "on": 1, "first": "A", "empty": "", "chosen": "B", "other_firm": "Three", "title": None, "currency": None,
		"nowhere": None, "house_firm": None}
	assert made["rows"][0]["what"] == "thing"


def test_what_was_given_stays_and_null_is_not_given(admin):
	made = make(admin, "House Paper", who="", n=0, on=0, first="", chosen=None, other_firm="")
	assert [made[name] for name in ("who", "n", "on", "first", "chosen", "other_firm")] == ["", 0, 0, "", "B", ""]
	emptied = make(admin, "House Paper", day="", moment=" ", clock="")
	assert [emptied.get(name) for name in ("day", "moment", "clock")] == [None, None, None]
	assert make(admin, "House Paper", day=None, clock=None).keys() >= {"day", "clock"}


def test_an_update_fills_new_rows_alone(admin):
	made = make(admin, "House Paper", rows=[{"what": "kept"}])
	path = f"/api/resource/House Paper/{made['name']}"
	changed = admin("PUT", path, json={"n": None, "chosen": None, "rows": [{"name": made["rows"][0]["name"]}, {}]}).json()["data"]
	assert changed["n"] == 0 and changed.get("chosen") is None
	assert [row.get("what") for row in changed["rows"]] == [None, "thing"]


def test_a_users_default_fills_links_by_the_name_of_the_field(server, admin):
	ada = user(server, admin, "ada@defaults.test", defaults=[{"defkey": "house_firm", "defvalue": "One"}, {"defkey": "other_firm", "defvalue": "Two"}, {"defkey": "who", "defvalue": "Guest"},
		{"defkey": "n", "defvalue": "9"}])
	made = make(ada, "House Paper")
	# Links take it before their own default; links to users and what is no link never do.
	assert [made[name] for name in ("house_firm", "other_firm", "who", "n")] == ["One", "Two", "ada@defaults.test", 7]
	assert "house_firm" not in make(admin, "House Paper") and make(ada, "House Paper", house_firm="")["house_firm"] == ""
	assert make(ada, "House Paper", rows=[{}])["rows"][0]["house_firm"] == "One"
	answer = ada("PUT", "/api/resource/User/ada@defaults.test", json={"defaults": [{"defkey": "house_firm", "defvalue": "Two"}]})
	assert answer.status_code == 200, answer.text
	assert [make(ada, "House Paper")[name] for name in ("house_firm", "other_firm")] == ["Two", "Three"]


def test_a_default_that_user_permissions_forbid_is_none(server, admin):
	eve = user(server, admin, "eve@defaults.test", defaults=[{"defkey": "house_firm", "defvalue": "One"}])
	for value in ("Two", "One"):
		make(admin, "User Permission", user="eve@defaults.test", allow="House Firm", for_value=value)
	made = make(eve, "House Paper")
	assert made["house_firm"] == "One" and "other_firm" not in made  # its literal, Three, is not allowed
	answer = admin("PUT", "/api/resource/User/eve@defaults.test", json={"defaults": [{"defkey": "house_firm", "defvalue": "Three"}]})
	assert answer.status_code == 200, answer.text
	assert "house_firm" not in make(eve, "House Paper")
	make(admin, "User Permission", user="eve@defaults.test", allow="House Firm", for_value="Three", is_default=1)
	assert [make(eve, "House Paper")[name] for name in ("house_firm", "other_firm")] == ["Three", "Three"]


def test_a_default_of_another_document_comes_by_the_parent_or_by_the_site(server, admin):
	assert make(admin, "House Paper", house_firm="Two", rows=[{}])["rows"][0]["currency"] == "TUR"
	assert "currency" not in make(admin, "House Paper", rows=[{}])["rows"][0]
	make(admin, "Custom Field", dt="System Settings", fieldname="house_firm", label="House Firm", fieldtype="Link", options="House Firm")
	answer = admin("PUT", "/api/resource/System Settings/System Settings", json={"house_firm": "One"})
	assert answer.status_code == 200, answer.text
	made = make(admin, "House Paper")
	assert (made["currency"], made["house_firm"]) == ("OUR", "One") and "pin" not in made  # a secret is no default
	made = make(admin, "House Paper", house_firm="Two", currency="")
	assert made["currency"] == ""
	admin("DELETE", "/api/resource/Custom Field/System Settings-house_firm")
	assert "house_firm" not in make(admin, "House Paper")


def test_a_default_that_names_nothing_is_told(server, admin):
	bob = user(server, admin, "bob@defaults.test", defaults=[{"defkey": "house_firm", "defvalue": "No Firm"}])
	answer = bob("POST", "/api/resource/House Paper", json={})
	assert (answer.status_code, answer.json()["exc_type"]) == (417, "LinkValidationError")
	assert make(bob, "House Paper", house_firm="Two")["house_firm"] == "Two"
