"""Documents of which there is but one: frappe.client.get_value gives what is stored, as text (spec/rpc.md 5)."""

import pytest

from sites import GENERATE, PASSWORD, Site

GET_VALUE = "/api/method/frappe.client.get_value"


def field(name, fieldtype, **more):
	return {"fieldname": name, "label": name.title(), "fieldtype": fieldtype, **more}


@pytest.fixture(scope="module")
def lamps(tmp_path_factory):
	"""A site with two singles: Lamp is saved, Torch never was."""
	site = Site(tmp_path_factory.mktemp("singles") / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	site.admin = site.with_token(site.json("keys", "generate", "Administrator"))
	fields = [field("title", "Data"), field("n", "Int"), field("rate", "Float"), field("lit", "Check"), field("day", "Date"),
		field("code", "Password"), field("hidden", "Data", permlevel=1)]
	for name in ("Lamp", "Torch"):
		body = {"name": name, "module": "Custom", "custom": 1, "issingle": 1, "fields": fields,
			"permissions": [{"role": "System Manager", "read": 1, "write": 1}]}
		assert site.admin("POST", "/api/resource/DocType", json=body).status_code == 200
	values = {"n": 3, "title": "Aurum", "rate": 1.5, "code": "s3cret-of-lamp", "hidden": "below"}
	assert site.admin("PUT", "/api/resource/Lamp/Lamp", json=values).status_code == 200
	yield site
	site.stop()


def get(site, fieldname, doctype="Lamp", **more):
	return site.admin("POST", GET_VALUE, json={"doctype": doctype, "fieldname": fieldname, **more})


@pytest.mark.parametrize("fieldname, value", [
	("title", {"title": "Aurum"}), ("n", {"n": "3"}), ("rate", {"rate": "1.5"}), ("lit", {"lit": "0"}), ("day", {"day": None}),
	(["rate", "title"], {"title": "Aurum", "rate": "1.5"}), (["n"], {"n": "3"}), ("idx", {"idx": "0"}),
])
def test_what_is_stored_comes_as_text(lamps, fieldname, value):
	assert get(lamps, fieldname).json() == {"message": value}


def test_lists_come_in_the_order_of_the_fields(lamps):
	assert get(lamps, ["rate", "n", "title"], as_dict=False).json() == {"message": ["Aurum", "3", "1.5"]}


@pytest.mark.parametrize("as_dict, value", [(True, {}), (False, [])])
def test_what_was_never_stored_is_missing(lamps, as_dict, value):
	assert get(lamps, ["title", "n", "rate"], doctype="Torch", as_dict=as_dict).json() == {"message": value}


@pytest.mark.parametrize("filters", [None, "Lamp", "anything", {"title": "other"}, {}])
def test_filters_choose_nothing_where_there_is_but_one(lamps, filters):
	assert get(lamps, "n", filters=filters).json() == {"message": {"n": "3"}}


@pytest.mark.parametrize("fieldname", ["nothing", ["title", "nothing"], "doctype", "n; DROP TABLE single"])
def test_a_field_that_is_none_is_refused(lamps, fieldname):
	answer = get(lamps, fieldname)
	assert answer.status_code == 417 and answer.json()["exc_type"] == "DataError"
	assert "Field not permitted in query" in answer.json()["exception"]


def test_secrets_are_not_among_the_texts(lamps):
	assert get(lamps, "code").json()["message"]["code"] == "*" * len("s3cret-of-lamp")


def test_who_may_not_read_it_gets_nothing(lamps):
	assert lamps.admin("POST", "/api/resource/User", json={"email": "eve@lamps.test", "first_name": "Eve"}).status_code == 200
	eve = lamps.with_token(lamps.admin("POST", GENERATE, json={"user": "eve@lamps.test"}).json()["message"])
	for caller in (eve, lamps.guest):
		answer = caller("POST", GET_VALUE, json={"doctype": "Lamp", "fieldname": "title"})
		assert answer.status_code == 403 and "Aurum" not in answer.text


def test_a_hidden_field_stays_hidden(lamps):
	assert lamps.admin("POST", "/api/resource/User", json={"email": "ida@lamps.test", "first_name": "Ida",
		"roles": [{"role": "System Manager"}]}).status_code == 200
	ida = lamps.with_token(lamps.admin("POST", GENERATE, json={"user": "ida@lamps.test"}).json()["message"])
	answer = ida("POST", GET_VALUE, json={"doctype": "Lamp", "fieldname": ["title", "hidden"]})
	assert answer.status_code == 200 and "below" not in answer.text and answer.json()["message"]["title"] == "Aurum"


# --- one value, by its type


def single(site, field, doctype="Lamp", caller=None):
	return (caller or site.admin)("POST", "/api/method/frappe.client.get_single_value", json={"doctype": doctype, "field": field})


@pytest.mark.parametrize("field, doctype, value", [
	("title", "Lamp", "Aurum"), ("n", "Lamp", 3), ("rate", "Lamp", 1.5), ("lit", "Lamp", 0), ("code", "Lamp", "*" * 14),
	("title", "Torch", ""), ("n", "Torch", 0), ("title", "Note", ""),
])
def test_one_value_comes_by_its_type(lamps, field, doctype, value):
	assert single(lamps, field, doctype).json() == {"message": value}


def test_a_field_that_there_is_not_is_named(lamps):
	answer = single(lamps, "nothing")
	assert answer.status_code == 417 and "Field <strong>nothing</strong> does not exist on <strong>Lamp</strong>" in answer.text
	assert single(lamps, "title", "No Such").status_code == 404
	assert single(lamps, "title", caller=lamps.guest).status_code == 403


def test_a_value_takes_the_right_and_the_level(lamps):
	lamps.run("user", "add", "eve@example.com", "--first-name", "Eve")
	eve = lamps.with_token(lamps.json("keys", "generate", "eve@example.com"))
	assert single(lamps, "title", caller=eve).status_code == 403
	lamps.run("user", "roles", "eve@example.com", "--add", "System Manager")
	assert single(lamps, "title", caller=eve).json() == {"message": "Aurum"}
	assert single(lamps, "hidden", caller=eve).json() == {"message": ""}
