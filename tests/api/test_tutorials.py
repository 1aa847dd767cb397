"""The newcomers' pages, run word for word, and the request shapes of the Python client."""

import json

import pytest
import requests

from sites import PASSWORD
from test_quickstart import blocks, does_what_it_says


@pytest.mark.parametrize("page, least", [("docs/backend.md", 11), ("docs/move.md", 3)])
def test_a_tutorial_does_what_it_says(tmp_path, page, least):
	steps = blocks(page)
	assert len(steps) >= least
	does_what_it_says(steps, tmp_path)


class PythonClient:
	"""What frappe-client sends: forms, documents as JSON in data, commands at /."""

	def __init__(self, site):
		self.session = site.login("Administrator", PASSWORD)
		self.url = site.url
		pair = site.json("keys", "generate", "Administrator")
		self.session.cookies.clear()
		self.session.headers["Authorization"] = f"token {pair['api_key']}:{pair['api_secret']}"

	def command(self, cmd, verb="POST", **arguments):
		body = {"cmd": cmd, **{name: v if isinstance(v, str) else json.dumps(v) for name, v in arguments.items()}}
		return self.session.post(self.url, data=body, timeout=30) if verb == "POST" else self.session.get(self.url, params=body, timeout=30)

	def document(self, verb, path, doc=None):
		return self.session.request(verb, f"{self.url}/api/resource/{path}", data=None if doc is None else {"data": json.dumps(doc)}, timeout=30)


def test_forms_with_cmd_and_data_are_understood(server):
	client = PythonClient(server)
	made = client.document("POST", "Note", {"title": "form", "content": "c", "public": 1})
	assert made.status_code == 200 and made.json()["data"]["public"] == 1
	name = made.json()["data"]["name"]
	assert client.document("PUT", f"Note/{name}", {"title": "changed"}).json()["data"]["title"] == "changed"
	assert client.document("GET", f"Note/{name}").json()["data"]["title"] == "changed"
	got = client.command("frappe.client.get_value", "GET", doctype="Note", fieldname=["title", "public"], filters={"name": name})
	assert got.json()["message"] == {"title": "changed", "public": 1}
	assert client.command("frappe.client.set_value", doctype="Note", name=name, fieldname="title", value="set").json()["message"]["title"] == "set"
	assert client.command("frappe.client.get_list", "GET", doctype="Note", filters={"title": "set"}).json()["message"] == [{"name": name}]
	saved = client.command("frappe.client.get", "GET", doctype="Note", name=name).json()["message"]
	assert client.command("frappe.client.save", doc={**saved, "title": "saved"}).json()["message"]["title"] == "saved"
	assert client.command("frappe.client.delete", doctype="Note", name=name).status_code == 200
	assert client.document("GET", f"Note/{name}").status_code == 404
	assert client.command("no.such.method").status_code in (403, 417)


def test_a_login_by_form_at_the_root_makes_a_session(server):
	session = requests.Session()
	answer = session.post(server.url, data={"cmd": "login", "usr": "Administrator", "pwd": PASSWORD}, timeout=30)
	assert answer.status_code == 200 and answer.json()["message"] == "Logged In"
	assert session.get(server.url + "/api/method/frappe.auth.get_logged_user", timeout=30).json()["message"] == "Administrator"
	assert session.get(server.url, params={"cmd": "logout"}, timeout=30).status_code == 200
