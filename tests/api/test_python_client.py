"""The requests of Frappe's Python client, shape by shape: cmd= at /, documents as text in a form field, slashes at the end."""

import base64
import json

import pytest
import requests

from sites import PASSWORD

DATA = {"description": "by the client"}


@pytest.fixture
def session(server):
	"""Logged in as FrappeClient does."""
	made = requests.Session()
	made.headers["Accept"] = "application/json"
	answer = made.post(server.url, data={"cmd": "login", "usr": "Administrator", "pwd": PASSWORD}, timeout=10)
	assert answer.status_code == 200 and answer.json()["message"] == "Logged In"
	return made


def post(session, server, **form):
	answer = session.post(server.url, data={key: json.dumps(value) if isinstance(value, (dict, list)) else value for key, value in form.items()}, timeout=10)
	assert answer.status_code == 200, answer.text
	assert "exc" not in answer.json()
	return answer.json().get("message")


def test_documents_are_text_in_a_form_field(server, session):
	url = server.url + "/api/resource/ToDo"
	made = session.post(url, data={"data": json.dumps(DATA)}, timeout=10).json()["data"]
	assert made["description"] == DATA["description"]
	listed = session.get(url, params={"fields": json.dumps(["name"]), "filters": json.dumps({"name": made["name"]}), "limit_start": 0, "limit_page_length": 0}, timeout=10)
	assert listed.json()["data"] == [{"name": made["name"]}]
	one = f"{url}/{made['name']}"
	changed = session.put(one, data={"data": json.dumps({**made, "status": "Closed"})}, timeout=10).json()["data"]
	assert changed["status"] == "Closed"
	assert session.get(one, timeout=10).json()["data"] == changed
	assert post(session, server, cmd="frappe.client.delete", doctype="ToDo", name=made["name"]) is None
	assert session.get(one, timeout=10).status_code == 404


def test_methods_are_called_by_cmd(server, session):
	made = post(session, server, cmd="frappe.client.insert", doc={"doctype": "ToDo", **DATA})
	name = made["name"]
	query = {"cmd": "frappe.client.get_value", "doctype": "ToDo", "fieldname": json.dumps("description"), "filters": json.dumps({"name": name})}
	assert session.get(server.url, params=query, timeout=10).json()["message"] == DATA
	assert post(session, server, cmd="frappe.client.set_value", doctype="ToDo", name=name, fieldname="priority", value="High")["priority"] == "High"
	read = session.get(server.url, params={"cmd": "frappe.client.get", "doctype": "ToDo", "name": name}, timeout=10).json()["message"]
	assert read["priority"] == "High"
	saved = post(session, server, cmd="frappe.client.save", doc={**read, "status": "Closed"})
	assert saved["status"] == "Closed"
	names = post(session, server, cmd="frappe.client.insert_many", docs=[{"doctype": "ToDo", "description": text} for text in "ab"])
	assert len(names) == 2
	assert post(session, server, cmd="frappe.client.get_count", doctype="ToDo", filters={"name": ["in", names]}) == 2
	for one in (name, *names):
		post(session, server, cmd="frappe.client.delete", doctype="ToDo", name=one)


def test_a_document_is_renamed_by_cmd(server, session):
	post(session, server, cmd="frappe.client.insert", doc={"doctype": "Role", "role_name": "Scribe of old"})
	assert post(session, server, cmd="frappe.client.rename_doc", doctype="Role", old_name="Scribe of old", new_name="Scribe") == "Scribe"
	post(session, server, cmd="frappe.client.delete", doctype="Role", name="Scribe")


def test_errors_are_known_by_exc(server, session):
	refused = session.post(server.url + "/api/resource/ToDo", data={"data": json.dumps({"priority": "High"})}, timeout=10)
	assert "MandatoryError" in json.loads(refused.json()["exc"])[0]
	refused = session.post(server.url, data={"cmd": "frappe.client.insert", "doc": json.dumps({"doctype": "ToDo"})}, timeout=10)
	assert "MandatoryError" in json.loads(refused.json()["exc"])[0]
	assert "exc" not in session.get(server.url + "/api/resource/ToDo/none", timeout=10).json()


def test_keys_are_taken_as_basic_and_methods_with_a_slash(server):
	pair = base64.b64encode(":".join(server.pair).encode()).decode()
	session = requests.Session()
	session.headers["Authorization"] = f"Basic {pair}"
	for ask in (session.get, session.post):
		answer = ask(server.url + "/api/method/frappe.auth.get_logged_user/", params={}, timeout=10)
		assert answer.json() == {"message": "Administrator"}
	answer = session.post(server.url + "/api/method/frappe.client.get_count/", params={"doctype": "User", "filters": json.dumps({"name": "Guest"})}, timeout=10)
	assert answer.json() == {"message": 1}


def test_a_session_ends_by_cmd(server, session):
	session.get(server.url, params={"cmd": "logout"}, timeout=10)
	assert session.get(server.url + "/api/method/frappe.auth.get_logged_user", timeout=10).status_code == 403
