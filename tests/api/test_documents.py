"""Documents over HTTP: lists and their filters, fields of every type, what is refused."""

import datetime
import json

import pytest

TODO = "/api/resource/ToDo"


def define(site, name, fields, **more):
	"""A custom DocType that System Managers may do everything with."""
	answer = site.admin("POST", "/api/resource/DocType", json={
		"name": name, "module": "Custom", "custom": 1, "fields": fields,
		"permissions": [{"role": "System Manager"}], **more,
	})
	assert answer.status_code == 200, answer.text


def insert(site, doctype, **values):
	answer = site.admin("POST", f"/api/resource/{doctype}", json=values)
	assert answer.status_code == 200, answer.text
	return answer.json()["data"]


def names(site, doctype, filters, **more):
	params = {"filters": json.dumps(filters), "order_by": "name asc", **more}
	answer = site.admin("GET", f"/api/resource/{doctype}", params=params)
	assert answer.status_code == 200, answer.text
	return [row["name"] for row in answer.json()["data"]]


@pytest.fixture(scope="module")
def made(server):
	"""A site with an Administrator's token and a DocType of moments and rows."""
	server.admin = server.with_token(server.json("keys", "generate", "Administrator"))
	define(server, "Part", [{"fieldname": "item", "fieldtype": "Data"}, {"fieldname": "qty", "fieldtype": "Int"}],
		istable=1, permissions=[])
	define(server, "Shift", [
		{"fieldname": "code", "fieldtype": "Data"},
		{"fieldname": "start", "fieldtype": "Time"},
		{"fieldname": "day", "fieldtype": "Date"},
		{"fieldname": "seen", "fieldtype": "Datetime"},
		{"fieldname": "parts", "fieldtype": "Table", "options": "Part"},
	], autoname="field:code")
	today = datetime.datetime.now(datetime.timezone.utc).date()
	insert(server, "Shift", code="early", start="9:05:03", day=str(today), seen=f"{today} 23:59:59",
		parts=[{"item": "red", "qty": 1}, {"item": "green", "qty": 5}])
	insert(server, "Shift", code="late", start="22:30:00", day=str(today - datetime.timedelta(1)),
		seen=f"{today} 00:00:00", parts=[{"item": "green", "qty": 2}])
	insert(server, "Shift", code="old", start="00:00:00", day="2001-02-03", seen="2001-02-03 04:05:06")
	return server


@pytest.mark.parametrize("filters, found", [
	([["start", "=", "9:05:03"]], ["early"]),
	([["start", "=", "09:05:03"]], ["early"]),
	([["start", "!=", "9:05:03"]], ["late", "old"]),
	([["start", "<", "10:00"]], ["early", "old"]),
	([["start", ">=", "9:5:3"]], ["early", "late"]),
	([["start", "in", ["9:05:03", "22:30"]]], ["early", "late"]),
	([["start", "in", "9:05:03, 22:30"]], ["early", "late"]),
	([["start", "between", ["8:00", "9:05:03"]]], ["early"]),
	([["start", "in", ["no time"]]], []),
])
def test_times_are_compared_in_any_spelling(made, filters, found):
	assert names(made, "Shift", filters) == found


def test_lists_show_times_as_documents_do(made):
	rows = made.admin("GET", "/api/resource/Shift", params={
		"fields": '["start", "max(start) as last"]', "filters": '{"code": "early"}', "group_by": "start",
	}).json()["data"]
	assert rows == [{"start": "9:05:03", "last": "9:05:03"}]
	assert made.admin("GET", "/api/resource/Shift/early").json()["data"]["start"] == "9:05:03"


def test_a_time_that_is_none_is_refused(made):
	answer = made.admin("GET", "/api/resource/Shift", params={"filters": '[["start", "=", "soon"]]'})
	assert answer.status_code == 417
	assert answer.json()["exc_type"] == "ValidationError"


@pytest.mark.parametrize("filters, found", [
	([["day", "timespan", "today"]], ["early"]),
	([["day", "Timespan", "yesterday"]], ["late"]),
	([["day", "timespan", "last 7 days"]], ["early", "late"]),
	([["seen", "timespan", "today"]], ["early", "late"]),
	([["seen", "timespan", "tomorrow"]], []),
	([["day", "next", "1 year"]], []),
	([["seen", "between", ["2001-02-03", "2001-02-03"]]], ["old"]),
	([["day", "between", ["2001-02-03"]]], ["early", "late", "old"]),
])
def test_spans_of_days_are_filters(made, filters, found):
	assert names(made, "Shift", filters) == found


@pytest.mark.parametrize("one", [
	["day", "timespan", "some day"], ["code", "timespan", "today"], ["day", "previous", "2 weeks"],
	["day", "previous", ["1 week"]], ["day", "timespan", None],
])
def test_a_span_that_is_none_is_refused(made, one):
	answer = made.admin("GET", "/api/resource/Shift", params={"filters": json.dumps([one])})
	assert answer.status_code == 417, answer.text


def test_a_document_is_listed_once_for_each_row_that_matches(made):
	green = [["Part", "item", "=", "green"]]
	both = [["Part", "item", "in", ["red", "green"]]]
	assert names(made, "Shift", green) == ["early", "late"]
	assert names(made, "Shift", both) == ["early", "early", "late"]
	assert names(made, "Shift", both, distinct="1") == ["early", "late"]
	assert made.admin.call("frappe.client.get_count", doctype="Shift", filters=both) == 2


def test_filters_on_one_child_table_mean_the_same_row(made):
	assert names(made, "Shift", [["Part", "item", "=", "red"], ["Part", "qty", ">", 2]]) == []
	assert names(made, "Shift", [["Part", "item", "=", "green"], ["Part", "qty", ">", 2]]) == ["early"]


def test_rights_on_rows_hold_beside_a_child_filter(made):
	"""User has a condition in code: Administrator and Guest are hidden from others."""
	made.run("user", "add", "mia@example.org", "--first-name", "Mia", "--role", "System Manager")
	mia = made.with_token(made.json("keys", "generate", "mia@example.org"))
	filters = '[["Has Role", "role", "=", "System Manager"]]'
	rows = mia("GET", "/api/resource/User", params={"filters": filters}).json()["data"]
	assert rows == [{"name": "mia@example.org"}]
