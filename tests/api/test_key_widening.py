"""A key that has scopes tries to become more, or to end others: whatever its scopes name, by every way that writes."""

import json

import pytest

from sites import GENERATE, WHO_AM_I, Site

CALL = "/api/method/"
ADA, MANAGER = "ada@example.com", "manager@example.com"
EVERYTHING = [{"kind": "DocType", "target": "*", "rights": "read write create delete share"}] + [
	{"kind": "Method", "target": target} for target in ("frappe.", "symbolon.", "upload_file", "bulk_update", "bulk_delete", "run_doc_method")
]


class World:
	"""Keys of Administrator and of a System Manager that name everything there is, and those of somebody else."""

	def __init__(self, site):
		self.site = site
		for user in (MANAGER, "other@example.com"):
			site.run("user", "add", user, "--first-name", "M", "--role", "System Manager")
		site.run("user", "add", ADA, "--first-name", "Ada")
		self.keys = {user: self.make(user, scopes=EVERYTHING) for user in ("Administrator", MANAGER)}

	def make(self, user, **fields):
		answer = self.site.admin("POST", "/api/resource/API Key", json={"user": user, **fields})
		assert answer.status_code == 200, answer.text
		return answer.json()["data"]

	def rows(self, user=None):
		"""All that is stored of keys and their scopes, but for what use changes."""
		used = {"last_used", "last_used_address", "uses"}
		names = self.site.admin("GET", "/api/resource/API Key", params={"limit_page_length": 0, "order_by": "name"}).json()["data"]
		documents = [self.site.admin("GET", f"/api/resource/API Key/{row['name']}").json()["data"] for row in names]
		return [{name: value for name, value in document.items() if name not in used} for document in documents]


@pytest.fixture(scope="module")
def world(tmp_path_factory):
	made = World(Site(tmp_path_factory.mktemp("widening") / "site").start())
	yield made
	made.site.stop()


@pytest.fixture
def victim(world):
	return world.make(ADA, label="hers", scopes=[{"kind": "DocType", "target": "ToDo", "rights": "read"}])


def scope(parent, **more):
	return {"doctype": "API Key Scope", "parent": parent, "parenttype": "API Key", "parentfield": "scopes", "kind": "Method", "target": "login", "mask": 15, **more}


def ways(key, row, victim):
	"""Everything that writes, at keys, at their rows and at users."""
	document = {"doctype": "API Key", **key, "scopes": []}
	return [
		("PUT", f"/api/resource/API Key/{key['name']}", {"scopes": []}), ("PATCH", f"/api/v2/document/API Key/{key['name']}", {"label": "x"}),
		("DELETE", f"/api/resource/API Key/{victim['name']}", None), ("POST", "/api/resource/API Key", {"user": ADA}),
		("PUT", f"/api/resource/API Key Scope/{row}", {"target": "x."}), ("DELETE", f"/api/resource/API Key Scope/{row}", None),
		("PUT", f"/api/v2/document/API Key Scope/{row}", {"target": "x."}), ("POST", "/api/resource/API Key Scope", scope(key["name"])),
		("POST", f"/api/v2/document/API Key Scope/{row}/copy", {}), ("POST", "/api/v2/document/API Key/bulk_update", {"docs": [{"name": key["name"], "label": "x"}]}),
		("POST", "/api/v2/document/API Key Scope/bulk_update", {"docs": [{"name": row, "target": "x."}]}),
		("POST", "/api/v2/document/API Key Scope/bulk_delete", {"names": [row]}), ("POST", "/api/v2/document/API Key/bulk_delete", {"names": [victim["name"]]}),
		("POST", GENERATE, {"user": ADA}), ("POST", f"/api/v2/document/User/{ADA}/method/generate_keys", {}), ("POST", "/api/v2/method/User/generate_keys", {"user": ADA}),
		("POST", "/", {"cmd": "symbolon.keys.rotate", "key": victim["name"]}),
		("PUT", f"/api/resource/User/{ADA}", {"api_key": "a" * 15, "api_secret": "b" * 15}), ("PUT", f"/api/resource/User/{ADA}", {"new_password": "Gr4nite-Zz-0012"}),
	] + [("POST", CALL + method, body) for method, body in [
		("frappe.client.set_value", {"doctype": "API Key", "name": key["name"], "fieldname": "label", "value": "x"}),
		("frappe.client.set_value", {"doctype": "API Key Scope", "name": row, "fieldname": "target", "value": "x."}),
		("frappe.client.insert", {"doc": scope(key["name"])}), ("frappe.client.insert_many", {"docs": [scope(key["name"])]}),
		("frappe.client.delete", {"doctype": "API Key Scope", "name": row}), ("frappe.client.delete", {"doctype": "API Key", "name": victim["name"]}),
		("frappe.desk.reportview.delete_items", {"doctype": "API Key Scope", "items": json.dumps([row])}),
		("frappe.client.bulk_update", {"docs": json.dumps([{"doctype": "API Key", "docname": key["name"], "label": "x"}])}),
		("frappe.client.bulk_update", {"docs": json.dumps([{"doctype": "API Key Scope", "docname": row, "target": "x."}])}),
		("frappe.client.save", {"doc": document}), ("frappe.desk.form.save.savedocs", {"doc": json.dumps(document), "action": "Save"}),
		("frappe.client.rename_doc", {"doctype": "API Key", "old_name": victim["name"], "new_name": "a" * 15}),
		("frappe.client.rename_doc", {"doctype": "User", "old_name": ADA, "new_name": "Administrator", "merge": 1}),
		("frappe.model.rename_doc.update_document_title", {"doctype": "API Key", "docname": key["name"], "title": "x"}),
		("frappe.client.attach_file", {"filename": "a.txt", "filedata": "x", "doctype": "API Key", "docname": key["name"], "docfield": "label"}),
		("frappe.share.add", {"doctype": "API Key", "name": key["name"], "user": ADA, "write": 1, "read": 1}),
		("frappe.client.set_value", {"doctype": "User", "name": ADA, "fieldname": "api_secret", "value": "b" * 15}),
		("symbolon.keys.rotate", {"key": victim["name"]}), ("symbolon.keys.end_overlap", {"key": victim["name"]}),
		("symbolon.keys.revoke", {"key": victim["name"]}), ("symbolon.keys.revoke", {"keys": [victim["name"]]}), ("symbolon.keys.revoke", {"user": ADA}),
		("run_doc_method", {"dt": "User", "dn": ADA, "method": "generate_keys"}),
	]]


@pytest.mark.parametrize("user", ["Administrator", MANAGER])
def test_a_key_with_scopes_changes_no_key_by_any_way(world, user, victim):
	key = world.keys[user]
	caller, hers = world.site.with_token(key), world.site.with_token(victim)
	before = world.rows()
	for verb, path, body in ways(key, key["scopes"][1]["name"], victim):
		answer = caller(verb, path, **({"json": body} if body is not None else {}))
		assert "smb_" not in answer.text and answer.status_code < 500, (verb, path, body, answer.text)
		assert hers("GET", WHO_AM_I).status_code == 200, (verb, path, body, answer.text)
	assert world.rows() == before


def test_a_key_that_only_reads_ends_no_keys(world, victim):
	caller = world.site.with_token(world.make(MANAGER, read_only=1))
	assert caller("POST", CALL + "symbolon.keys.revoke", json={"user": ADA}).status_code == 403
	assert world.site.with_token(victim)("GET", WHO_AM_I).status_code == 200


def test_scopes_in_other_documents_widen_no_key(world, victim):
	field = {"fieldname": "scopes", "label": "Scopes", "fieldtype": "Table", "options": "API Key Scope"}
	rights = {"role": "All", "read": 1, "write": 1, "create": 1}
	trick = {"name": "Scope Trick", "module": "Custom", "custom": 1, "autoname": "prompt", "fields": [field], "permissions": [rights]}
	assert world.site.admin("POST", "/api/resource/DocType", json=trick).status_code == 200
	row = {"kind": "Method", "target": "frappe.core.", "mask": 15}
	made = world.site.admin("POST", "/api/resource/Scope Trick", json={"name": victim["name"], "scopes": [row]})
	assert made.status_code == 200 and made.json()["data"]["name"] == victim["name"], made.text
	caller = world.site.with_token(victim)
	roles = CALL + "frappe.core.doctype.user.user.get_roles"
	assert caller("GET", roles).status_code == 403
	world.site.kill()
	world.site.start()
	assert caller("GET", roles).status_code == 403
	assert caller("GET", "/api/resource/ToDo").status_code == 200
