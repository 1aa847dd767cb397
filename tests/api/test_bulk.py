"""One thing done to many documents, each its own success or failure (spec/rpc.md 6.1, 6.3; spec/rest.md 1.2)."""

import concurrent.futures
import json
import time

import pytest

from test_permissions import allow, field, make, make_user, said

UPDATE = "/api/method/frappe.client.bulk_update"
DELETE_ITEMS = "/api/method/frappe.desk.reportview.delete_items"
BOXES = "/api/v2/document/Box"


@pytest.fixture(scope="module")
def world(server):
	server.admin = server.with_token(server.json("keys", "generate", "Administrator"))
	make(server, "Role", role_name="Packer", desk_access=1)
	make(server, "DocType", name="Box Row", module="Custom", custom=1, istable=1, fields=[field("item", reqd=1)], permissions=[])
	make(server, "DocType", name="Box", module="Custom", custom=1, autoname="prompt", fields=[
		field("title", reqd=1), field("weight", "Int"), field("code", unique=1), field("inside", "Link", options="Box"), field("rows", "Table", options="Box Row")],
		permissions=[allow("Packer", "read write create", delete=0), allow("System Manager", "read write create delete")])
	make(server, "DocType", name="Counted", module="Custom", custom=1, autoname="autoincrement", fields=[field("title")], permissions=[allow("System Manager", "read write create delete")])
	server.packer = make_user(server, "packer", "Packer")
	server.made = 0
	return server


def boxes(world, n, **values):
	"""New ones, by name."""
	made = []
	for _ in range(n):
		world.made += 1
		made.append(make(world, "Box", name=f"B{world.made}", **{"title": "old", **values})["name"])
	return made


def box(world, name):
	answer = world.admin("GET", f"/api/resource/Box/{name}")
	return answer.json()["data"] if answer.status_code == 200 else None


def failed_docs(caller, docs):
	answer = caller("POST", UPDATE, json={"docs": json.dumps(docs)})
	assert answer.status_code == 200, answer.text
	assert list(answer.json()) == ["message"] and list(answer.json()["message"]) == ["failed_docs"]
	return answer.json()["message"]["failed_docs"]


# --- frappe.client.bulk_update

def test_many_documents_are_changed(world):
	a, b = boxes(world, 2)
	assert failed_docs(world.admin, [{"doctype": "Box", "docname": a, "title": "new", "weight": 3}, {"doctype": "Box", "docname": b, "rows": [{"item": "x"}]}]) == []
	assert (box(world, a)["title"], box(world, a)["weight"], box(world, b)["rows"][0]["item"]) == ("new", 3, "x")


def test_one_that_fails_leaves_the_others_alone_and_nothing_of_itself(world):
	a, b, c = boxes(world, 3)
	bad = {"doctype": "Box", "docname": b, "title": "half", "rows": [{"item": "kept?"}, {"item": ""}]}
	[failed] = failed_docs(world.admin, [{"doctype": "Box", "docname": a, "title": "1"}, bad, {"doctype": "Box", "docname": c, "title": "3"}])
	assert failed["doc"] == bad and failed["exc"].startswith("frappe.exceptions.MandatoryError: ")
	assert [box(world, name)["title"] for name in (a, b, c)] == ["1", "old", "3"] and box(world, b)["rows"] == []


@pytest.mark.parametrize("item, kind", [
	({"doctype": "Box", "docname": "nope", "title": "x"}, "DoesNotExistError"), ({"doctype": "No Such", "docname": "x"}, "DoesNotExistError"),
	({"docname": "x"}, "ValidationError"), ({"doctype": "Box", "title": "x"}, "ValidationError"), ("text", "ValidationError"), (None, "ValidationError"),
	(7, "ValidationError"), ([], "ValidationError"), ({"doctype": "User", "docname": "packer@example.com", "new_password": "Gr4nite-Bulk-Pw"}, "ValidationError"),
	({"doctype": "Box", "docname": ["x"]}, "ValidationError"), ({"doctype": "Box", "docname": "{made}", "modified": "2001-01-01 00:00:00"}, "TimestampMismatchError"),
])
def test_an_item_fails_by_itself(world, item, kind):
	[made, other] = boxes(world, 2)
	if isinstance(item, dict) and item.get("docname") == "{made}":
		item = {**item, "docname": made}
	[failed] = failed_docs(world.admin, [item, {"doctype": "Box", "docname": other, "title": "after"}])
	assert failed["doc"] == item and f".{kind}: " in failed["exc"]
	assert box(world, other)["title"] == "after"


def test_each_is_changed_with_the_callers_rights(world):
	[made] = boxes(world, 1)
	failed = failed_docs(world.packer, [{"doctype": "Box", "docname": made, "title": "packed"}, {"doctype": "Role", "docname": "Packer", "disabled": 1}])
	assert [f["doc"]["doctype"] for f in failed] == ["Role"] and "PermissionError: You need the 'write' permission" in failed[0]["exc"]
	assert box(world, made)["title"] == "packed" and box(world, made)["modified_by"] == world.packer.name
	assert world.guest("POST", UPDATE, json={"docs": "[]"}).status_code == 403


def test_two_of_the_same_unique_value_do_not_both_win(world):
	a, b = boxes(world, 2)
	[failed] = failed_docs(world.admin, [{"doctype": "Box", "docname": a, "code": "same"}, {"doctype": "Box", "docname": b, "code": "same"}])
	assert failed["doc"]["docname"] == b and "code" not in box(world, b)


@pytest.mark.parametrize("docs", ["{}", "7", "text", "", "null"])
@pytest.mark.parametrize("path", [UPDATE, "/api/v2/method/bulk_update", "/api/v2/method/bulk_delete", f"{BOXES}/bulk_update"])
def test_what_is_no_list_is_refused(world, path, docs):
	answer = world.admin("POST", path, json={"docs": docs})
	assert answer.status_code == 417, answer.text


@pytest.mark.parametrize("path, argument", [(UPDATE, "docs"), ("/api/v2/method/bulk_update", "docs"), (f"{BOXES}/bulk_delete", "names"), (f"{BOXES}/bulk_update", "docs")])
def test_a_list_that_is_missing_is_named(world, path, argument):
	answer = world.admin("POST", path, json={})
	assert answer.status_code == 417 and f"'{argument}'" in answer.text


def test_a_thousand_are_enough(world):
	answer = world.admin("POST", UPDATE, json={"docs": [{"doctype": "Box", "docname": "nope"}] * 1001})
	assert answer.status_code == 417 and "Only 1000 documents" in answer.text


def test_others_write_while_many_are_changed(world):
	names = boxes(world, 4)
	docs = [{"doctype": "Box", "docname": names[i % 4], "weight": i} for i in range(400)]

	def change_many():
		return failed_docs(world.admin, docs), time.monotonic()

	def written_meanwhile():
		written = []
		with concurrent.futures.ThreadPoolExecutor() as pool:
			many = pool.submit(change_many)
			while not many.done():
				boxes(world, 1)
				written.append(time.monotonic())
		failed, ended = many.result()
		assert failed == []
		return len([at for at in written if at < ended])

	# The first may have come before; on a machine with other work, others may not get their turn each time.
	assert any(written_meanwhile() >= 2 for _ in range(10))
	assert [box(world, name)["weight"] for name in names] == [396, 397, 398, 399]


def test_the_command_line_does_the_same(world):
	a, b = boxes(world, 2)
	world.run("execute", "frappe.client.bulk_update", "--kwargs", json.dumps({"docs": [{"doctype": "Box", "docname": n, "title": "cli"} for n in (a, "nope", b)]}))
	assert [box(world, name)["title"] for name in (a, b)] == ["cli", "cli"]


@pytest.mark.parametrize("path, what", [(UPDATE, lambda a: {"docs": [{"doctype": "Box", "docname": a, "title": "once"}, {"doctype": "Box", "docname": "nope"}]}),
	(f"{BOXES}/bulk_update", lambda a: {"docs": [{"name": a, "title": "once"}, {"name": "nope"}]})])
def test_the_same_request_with_the_same_key_is_done_once(world, path, what):
	[a] = boxes(world, 1)
	key = {"Idempotency-Key": f"bulk-{a}"}
	first = world.admin("POST", path, json=what(a), headers=key)
	assert first.status_code == 200 and box(world, a)["title"] == "once"
	world.admin("PUT", f"/api/resource/Box/{a}", json={"title": "since"}).raise_for_status()
	again = world.admin("POST", path, json=what(a), headers=key)
	assert (again.json(), again.headers["Idempotency-Replayed"]) == (first.json(), "true") and box(world, a)["title"] == "since"
	other = world.admin("POST", path, json={"docs": []}, headers=key)
	assert other.status_code == 422 and box(world, a)["title"] == "since"


def test_of_two_at_once_with_the_same_key_one_is_done(world):
	names = boxes(world, 20)
	docs = [{"name": name, "rows": [{"item": "x"}]} for name in names]
	with concurrent.futures.ThreadPoolExecutor() as pool:
		both = [pool.submit(world.admin, "POST", f"{BOXES}/bulk_update", json={"docs": docs}, headers={"Idempotency-Key": "both"}) for _ in range(4)]
	answers = [answer.result() for answer in both]
	assert {answer.status_code for answer in answers} <= {200, 409} and len([a for a in answers if a.status_code == 200 and "Idempotency-Replayed" not in a.headers]) == 1
	assert [len(box(world, name)["rows"]) for name in names] == [1] * 20


# --- v2

def test_documents_of_a_doctype_are_changed(world):
	a, b = boxes(world, 2)
	answer = world.admin("POST", f"{BOXES}/bulk_update", json={"docs": [{"name": a, "title": "v2"}, {"name": "nope"}, {"name": b, "title": ""}, 3]})
	data = answer.json()["data"]
	assert answer.status_code == 200 and list(data) == ["updated", "failed", "total", "success_count", "failure_count"]
	assert data["updated"] == [a] and [f["name"] for f in data["failed"]] == ["nope", b, "3"]
	assert "not found" in data["failed"][0]["error"] and set(data["failed"][0]) == {"name", "error"}
	assert (data["total"], data["success_count"], data["failure_count"]) == (4, 1, 3)
	assert (box(world, a)["title"], box(world, b)["title"]) == ("v2", "old")


def test_documents_of_a_doctype_are_deleted(world):
	a, b = boxes(world, 2)
	[c] = boxes(world, 1, inside=a)
	data = world.admin("POST", f"{BOXES}/bulk_delete", json={"names": [a, b, None]}).json()["data"]
	assert data["deleted"] == [b] and data["total"] == 3
	assert [f["name"] for f in data["failed"]] == [a, None] and "linked" in data["failed"][0]["error"]
	assert box(world, a) and box(world, c) and not box(world, b)


@pytest.mark.parametrize("method, key", [("bulk_update", "updated"), ("bulk_delete", "deleted")])
def test_documents_of_several_doctypes_say_their_own(world, method, key):
	[a] = boxes(world, 1)
	number = make(world, "Counted", title="x")["name"]
	answer = world.admin("POST", f"/api/v2/method/{method}", json={"docs": [
		{"doctype": "Box", "name": a, "title": "y"}, {"doctype": "Counted", "name": number, "title": "y"}, {"name": "x"}, {"doctype": "Box"}]})
	data = answer.json()["data"]
	assert data[key] == [{"doctype": "Box", "name": a}, {"doctype": "Counted", "name": str(number)}]
	assert [(f["doctype"], f["name"]) for f in data["failed"]] == [(None, "x"), ("Box", None)] and data["failure_count"] == 2
	assert (box(world, a) or {"title": None})["title"] == ("y" if key == "updated" else None)


def test_a_document_may_be_called_like_that(world):
	make(world, "Box", name="bulk_update", title="mine")
	assert world.admin("GET", f"{BOXES}/bulk_update").json()["data"]["title"] == "mine"
	assert world.admin("PUT", f"{BOXES}/bulk_update", json={"title": "yours"}).json()["data"]["title"] == "yours"
	assert world.admin("POST", f"{BOXES}/other", json={}).status_code == 404


def test_rights_count_for_each(world):
	[a] = boxes(world, 1)
	data = world.packer("POST", f"{BOXES}/bulk_delete", json={"names": [a]}).json()["data"]
	assert data["deleted"] == [] and "You need the 'delete' permission" in data["failed"][0]["error"]
	for path in (f"{BOXES}/bulk_delete", f"{BOXES}/bulk_update", "/api/v2/method/bulk_update", "/api/v2/method/bulk_delete"):
		assert world.guest("POST", path, json={"names": [a], "docs": [a]}).status_code == 403
	assert box(world, a)


def test_a_key_that_only_reads_changes_none(world):
	[a] = boxes(world, 1)
	made = make(world, "API Key", user="Administrator", read_only=1)
	key = world.with_token({"api_key": made["api_key"], "api_secret": made["api_secret"]})
	answer = key("POST", f"{BOXES}/bulk_update", json={"docs": [{"name": a, "title": "no"}]})
	assert answer.status_code == 403 or answer.json()["data"]["updated"] == []
	assert key("POST", "/api/v2/method/bulk_update", json={"docs": []}).status_code == 403
	assert box(world, a)["title"] == "old"


def test_doctypes_are_changed_by_themselves_too(world):
	data = world.admin("POST", "/api/v2/document/DocType/bulk_update", json={"docs": [{"name": "Box Row", "description": "rows"}, {"name": "Box", "description": "boxes"}]}).json()["data"]
	assert data["updated"] == ["Box Row", "Box"]
	assert world.admin("GET", "/api/v2/doctype/Box/meta").json()["data"]["description"] == "boxes"


# --- frappe.desk.reportview.delete_items

def test_items_are_deleted_without_an_answer(world):
	names = boxes(world, 3)
	assert world.admin("POST", DELETE_ITEMS, data={"doctype": "Box", "items": json.dumps(names)}).json() == {}
	assert [box(world, name) for name in names] == [None] * 3


def test_items_that_hold_each_other_are_deleted_in_their_order(world):
	[a] = boxes(world, 1)
	[b] = boxes(world, 1, inside=a)
	[c] = boxes(world, 1, inside=b)
	assert world.admin("POST", DELETE_ITEMS, json={"doctype": "Box", "items": [a, b, c]}).json() == {}
	assert [box(world, name) for name in (a, b, c)] == [None] * 3


def test_items_that_stay_are_named(world):
	a, b = boxes(world, 2)
	boxes(world, 1, inside=a)
	answer = world.admin("POST", DELETE_ITEMS, json={"doctype": "Box", "items": [a, b, "nope"]})
	assert answer.status_code == 200 and said(answer) == f"Failed to delete 2 documents: {a}, nope" and "message" not in answer.json()
	assert box(world, a) and not box(world, b)


# --- more than a few go on after the answer

def job_of(caller, answer, key="data"):
	"""The job that an answer names, once it has ended."""
	assert answer.status_code == 202 and list(answer.json()) == [key] and list(answer.json()[key]) == ["job_id"], answer.text
	deadline = time.monotonic() + 30
	while time.monotonic() < deadline:
		job = caller("GET", f"/api/v2/document/Bulk Job/{answer.json()[key]['job_id']}").json()["data"]
		if job["status"] not in ("Queued", "Started"):
			return job
		time.sleep(0.02)  # pause: looks again, up to the deadline
	raise AssertionError(job)


def test_more_than_twenty_are_changed_after_the_answer(world):
	names = boxes(world, 20)
	at_once = world.admin("POST", f"{BOXES}/bulk_update", json={"docs": [{"name": name, "weight": 1} for name in names]})
	assert at_once.status_code == 200 and at_once.json()["data"]["success_count"] == 20
	job = job_of(world.admin, world.admin("POST", f"{BOXES}/bulk_update", json={"docs": [{"name": name, "weight": 2} for name in names] + [{"name": "nope"}]}))
	assert (job["status"], job["work"], job["total"], job["success_count"], job["failure_count"], job["owner"]) == ("Finished", "update", 21, 20, 1, "Administrator")
	result = json.loads(job["result"])
	assert result["updated"] == names and result["failed"][0]["name"] == "nope" and set(result["failed"][0]) == {"name", "error"}
	assert {box(world, name)["weight"] for name in names} == {2}


@pytest.mark.parametrize("path, body", [
	(f"{BOXES}/bulk_delete", lambda names: {"names": names}),
	("/api/v2/method/bulk_delete", lambda names: {"docs": [{"doctype": "Box", "name": name} for name in names]}),
])
def test_more_than_twenty_are_deleted_after_the_answer(world, path, body):
	names = boxes(world, 21)
	job = job_of(world.admin, world.admin("POST", path, json=body(names)))
	assert job["status"] == "Finished" and json.loads(job["result"])["failure_count"] == 0
	assert [name for name in names if box(world, name)] == []


def test_more_than_ten_items_are_deleted_after_the_answer(world):
	[first] = boxes(world, 1)
	names = [first, *boxes(world, 10, inside=first)]
	job = job_of(world.admin, world.admin("POST", DELETE_ITEMS, json={"doctype": "Box", "items": names}), "message")
	assert (job["success_count"], job["failure_count"]) == (11, 0) and not box(world, first)


def test_a_job_has_its_starters_rights_and_is_his_to_read(world):
	names = boxes(world, 21)
	answer = world.packer("POST", f"{BOXES}/bulk_delete", json={"names": names})
	job = job_of(world.packer, answer)
	assert (job["success_count"], job["failure_count"], job["owner"]) == (0, 21, world.packer.name)
	assert "You need the 'delete' permission" in json.loads(job["result"])["failed"][0]["error"] and all(box(world, name) for name in names)
	other = make_user(world, "onlooker", "Packer")
	assert other("GET", f"/api/resource/Bulk Job/{job['name']}").status_code == 403
	for verb, path in (("PUT", f"/api/resource/Bulk Job/{job['name']}"), ("POST", "/api/resource/Bulk Job"), ("DELETE", f"/api/resource/Bulk Job/{job['name']}")):
		assert world.packer(verb, path, json={"status": "Queued"}).status_code == 403


def test_a_job_ends_with_its_key(world):
	names = boxes(world, 400)
	doomed = make_user(world, "doomed", "System Manager")
	answer = doomed("POST", f"{BOXES}/bulk_update", json={"docs": [{"name": name, "title": "late"} for name in names]})
	assert answer.status_code == 202
	world.admin("PUT", "/api/resource/User/doomed@example.com", json={"enabled": 0}).raise_for_status()
	changed = sum(box(world, name)["title"] == "late" for name in names)
	assert changed < 400
	assert sum(box(world, name)["title"] == "late" for name in names) == changed


@pytest.mark.parametrize("path", [f"{BOXES}/bulk_update", "/api/v2/method/bulk_update"])
def test_a_key_that_only_reads_starts_no_job(world, path):
	made = make(world, "API Key", user="Administrator", read_only=1)
	key = world.with_token({"api_key": made["api_key"], "api_secret": made["api_secret"]})
	assert key("POST", path, json={"docs": [{"doctype": "Box", "name": "x"}] * 21}).status_code == 403


def test_five_thousand_are_the_most_of_a_job(world):
	answer = world.admin("POST", f"{BOXES}/bulk_delete", json={"names": ["nope"] * 5001})
	assert answer.status_code == 417 and "Only 5000 documents" in answer.text


def test_a_job_is_started_once_with_the_same_key(world):
	names = boxes(world, 21)
	body = {"docs": [{"name": name, "weight": 5} for name in names]}
	first = world.admin("POST", f"{BOXES}/bulk_update", json=body, headers={"Idempotency-Key": "job"})
	again = world.admin("POST", f"{BOXES}/bulk_update", json=body, headers={"Idempotency-Key": "job"})
	assert again.json() == first.json() and again.status_code == 202 and again.headers["Idempotency-Replayed"] == "true"
	assert job_of(world.admin, first)["success_count"] == 21


@pytest.mark.sqlite
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_job_that_the_end_of_the_server_broke_off_says_so(site, end):
	make(site, "DocType", name="Crate", module="Custom", custom=1, autoname="prompt", fields=[field("title")], permissions=[allow("System Manager")])
	names = [make(site, "Crate", name=f"C{i}")["name"] for i in range(50)]
	pair = site.json("keys", "generate", "Administrator")
	answer = site.with_token(pair)("POST", "/api/v2/document/Crate/bulk_update", json={"docs": [{"name": names[i % 50], "title": str(i)} for i in range(5000)]})
	assert answer.status_code == 202
	getattr(site, end)()
	site.start()
	job = job_of(site.with_token(pair), answer)
	done = job["success_count"]
	assert (job["status"], job["total"]) == ("Interrupted", 5000) and done < 5000
	titles = [int(site.with_token(pair)("GET", f"/api/resource/Crate/{name}").json()["data"].get("title", -1)) for name in names]
	assert max(titles) == done - 1
