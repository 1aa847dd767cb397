"""What documents leave behind: versions of those whose changes are tracked, and copies of deleted ones."""

import json

import pytest

from test_documents import define, insert

RESTORE = "/api/method/frappe.core.doctype.deleted_document.deleted_document.restore"


@pytest.fixture(scope="module")
def made(server):
	"""A submittable DocType with changes tracked, rows and a secret."""
	server.admin = server.with_token(server.json("keys", "generate", "Administrator"))
	define(server, "Measure", [{"fieldname": "what", "fieldtype": "Data"}, {"fieldname": "length", "fieldtype": "Float"}],
		istable=1, permissions=[])
	define(server, "Survey", [
		{"fieldname": "title", "fieldtype": "Data"},
		{"fieldname": "area", "fieldtype": "Float"},
		{"fieldname": "day", "fieldtype": "Date"},
		{"fieldname": "pin", "fieldtype": "Password"},
		{"fieldname": "secretly", "fieldtype": "Data", "permlevel": 2},
		{"fieldname": "measures", "fieldtype": "Table", "options": "Measure"},
	], track_changes=1, is_submittable=1, permissions=[{"role": "System Manager", "submit": 1, "cancel": 1},
		{"role": "All"}])
	define(server, "Scrap", [{"fieldname": "title", "fieldtype": "Data"}])
	server.run("user", "add", "ann@history.test", "--first-name", "Ann")
	server.ann = server.with_token(server.json("keys", "generate", "ann@history.test"))
	return server


def change(site, name, caller=None, **values):
	answer = (caller or site.admin)("PUT", f"/api/resource/Survey/{name}", json=values)
	assert answer.status_code == 200, answer.text
	return answer.json()["data"]


def versions(site, name, doctype="Survey"):
	rows = site.admin("GET", "/api/resource/Version", params={
		"filters": json.dumps([["ref_doctype", "=", doctype], ["docname", "=", name]]),
		"fields": '["data","owner"]', "order_by": "creation asc, name asc", "limit": 0}).json()["data"]
	return [json.loads(row["data"]) for row in rows]


def kept(site, doctype, name):
	rows = site.admin("GET", "/api/resource/Deleted Document", params={
		"filters": json.dumps([["deleted_doctype", "=", doctype], ["deleted_name", "=", name]]),
		"fields": '["*"]'}).json()["data"]
	assert len(rows) == 1
	return rows[0]


def test_a_save_that_changes_something_leaves_a_version(made):
	name = insert(made, "Survey", title="north", area=1, day="2026-01-02", pin="old")["name"]
	assert versions(made, name) == []

	change(made, name, title="south", area=1234.5, day="2026-01-03", pin="new-secret")
	change(made, name, title="south", day="2026-01-03")

	assert versions(made, name) == [{
		"changed": [["title", "north", "south"], ["area", "1", "1,234.500"], ["day", "2026-01-02", "2026-01-03"]],
		"added": [], "removed": [], "row_changed": [], "data_import": None, "updater_reference": None}]


def test_versions_tell_rows_apart(made):
	stored = insert(made, "Survey", measures=[{"what": "a", "length": 1}, {"what": "b", "length": 2}])
	first, second = stored["measures"]

	change(made, stored["name"], measures=[{"name": second["name"], "what": "B", "length": 2}, {"what": "c"}])

	(version,) = versions(made, stored["name"])
	assert version["changed"] == []
	assert version["row_changed"] == [["measures", 0, second["name"], [["what", "b", "B"]]]]
	assert [(table, row["what"]) for table, row in version["added"]] == [("measures", "c")]
	assert [(table, row["name"], row["length"]) for table, row in version["removed"]] == [("measures", first["name"], 1)]


def test_a_change_of_docstatus_is_a_version(made):
	name = insert(made, "Survey", title="t")["name"]
	change(made, name, docstatus=1)
	change(made, name, docstatus="2")
	assert [v["changed"] for v in versions(made, name)] == [[["docstatus", 0, 1]], [["docstatus", 1, 2]]]


def test_what_is_not_tracked_leaves_no_version(made):
	name = insert(made, "Scrap", title="a")["name"]
	made.admin("PUT", f"/api/resource/Scrap/{name}", json={"title": "b"})
	assert versions(made, name, "Scrap") == []


def test_only_system_managers_read_versions_and_deleted_documents(made):
	name = insert(made, "Survey", title="t")["name"]
	change(made, name, title="u")
	for doctype in ("Version", "Deleted Document"):
		assert made.ann("GET", f"/api/resource/{doctype}").status_code == 403
		assert made.ann("POST", f"/api/resource/{doctype}", json={"data": "{}"}).status_code == 403


def test_versions_go_along_with_a_renamed_document_and_end_with_a_deleted_one(made):
	name = insert(made, "Survey", title="t")["name"]
	change(made, name, title="u")
	made.admin.call("frappe.client.rename_doc", doctype="Survey", old_name=name, new_name="Renamed")

	assert versions(made, name) == []
	assert versions(made, "Renamed")[0]["changed"] == [["title", "t", "u"]]
	assert made.admin("DELETE", "/api/resource/Survey/Renamed").status_code == 202
	assert versions(made, "Renamed") == []


def test_a_deleted_document_is_kept_without_its_secrets_and_comes_back(made):
	stored = insert(made, "Survey", title="gone", pin="s3cret-pin", secretly="deep", measures=[{"what": "a", "length": 2}])
	assert made.ann("DELETE", f"/api/resource/Survey/{stored['name']}").status_code == 202

	row = kept(made, "Survey", stored["name"])
	data = json.loads(row["data"])
	assert (row["owner"], row["restored"]) == ("ann@history.test", 0)
	assert (data["title"], data["secretly"], data["measures"][0]["length"]) == ("gone", "deep", 2)
	assert "pin" not in data and "s3cret-pin" not in row["data"] and "*" not in row["data"]

	answer = made.admin("POST", RESTORE, json={"name": row["name"]})
	assert answer.status_code == 200, answer.text
	assert "message" not in answer.json() and "Document Restored" in answer.text
	row = kept(made, "Survey", stored["name"])
	assert row["restored"] == 1
	back = made.admin("GET", f"/api/resource/Survey/{row['new_name']}").json()["data"]
	assert (back["title"], back["secretly"], back["measures"][0]["what"]) == ("gone", "deep", "a")
	again = made.admin("POST", RESTORE, json={"name": row["name"]})
	assert (again.status_code, again.json()["exc_type"]) == (417, "DocumentAlreadyRestored")


def test_a_cancelled_document_comes_back_as_a_draft(made):
	name = insert(made, "Survey", title="done", docstatus=1)["name"]
	change(made, name, docstatus=2)
	assert made.admin("DELETE", f"/api/resource/Survey/{name}").status_code == 202

	answer = made.admin("POST", RESTORE, json={"name": kept(made, "Survey", name)["name"]})
	assert answer.status_code == 200 and "restored as Draft" in answer.text
	back = made.admin("GET", f"/api/resource/Survey/{kept(made, 'Survey', name)['new_name']}").json()["data"]
	assert (back["title"], back["docstatus"]) == ("done", 0)


def test_restoring_needs_the_right_to_read_what_was_deleted(made):
	name = insert(made, "Survey", title="mine")["name"]
	made.admin("DELETE", f"/api/resource/Survey/{name}")
	row = kept(made, "Survey", name)["name"]

	assert made.ann("POST", RESTORE, json={"name": row}).status_code == 403
	assert made.admin("POST", RESTORE, json={"name": "nothing"}).status_code == 404


def test_a_deletion_that_is_refused_keeps_nothing(made):
	name = insert(made, "Survey", title="held", docstatus=1)["name"]
	assert made.admin("DELETE", f"/api/resource/Survey/{name}").status_code == 417
	rows = made.admin("GET", "/api/resource/Deleted Document", params={
		"filters": json.dumps([["deleted_name", "=", name]])}).json()["data"]
	assert rows == []


def test_a_deleted_doctype_comes_back_empty(made):
	define(made, "Fleeting", [{"fieldname": "title", "fieldtype": "Data"}])
	insert(made, "Fleeting", title="x")
	assert made.admin("DELETE", "/api/resource/DocType/Fleeting").status_code == 202

	assert made.admin("POST", RESTORE, json={"name": kept(made, "DocType", "Fleeting")["name"]}).status_code == 200
	assert made.admin("GET", "/api/resource/Fleeting").json()["data"] == []


def test_a_deleted_deleted_document_is_gone(made):
	name = insert(made, "Scrap", title="a")["name"]
	made.admin("DELETE", f"/api/resource/Scrap/{name}")
	row = kept(made, "Scrap", name)["name"]

	assert made.admin("DELETE", f"/api/resource/Deleted Document/{row}").status_code == 202
	rows = made.admin("GET", "/api/resource/Deleted Document", params={
		"filters": json.dumps([["deleted_name", "in", [name, row]]])}).json()["data"]
	assert rows == []
