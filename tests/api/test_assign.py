"""Documents that are given to users to work on (frappe.desk.form.assign_to)."""

import json

from test_conversation import call, done, made, marks, plant, refused  # noqa: F401 (fixtures)

ASSIGN = "frappe.desk.form.assign_to"
ADA, BOB, EVE = "ada@talk.test", "bob@talk.test", "eve@talk.test"


def assign(caller, name, *users, **more):
	return call(caller, f"{ASSIGN}.add", assign_to=json.dumps(users), doctype="Plant", name=name, **more)


def end(caller, how, name, user):
	return call(caller, f"{ASSIGN}.{how}", doctype="Plant", name=name, assign_to=user)


def assigned(made, name):
	return json.loads(marks(made, name, "_assign")["_assign"] or "[]")


def docinfo(caller, name):
	return caller("GET", "/api/method/frappe.desk.form.load.get_docinfo", params={"doctype": "Plant", "name": name}).json()["docinfo"]


def test_a_document_is_given_to_users(made, plant):
	rows = done(assign(made.ada, plant, ADA, BOB, description="Water it", priority="High", date="2026-12-01"))
	assert sorted(row["owner"] for row in rows) == [ADA, BOB] and all(set(row) == {"owner", "name"} for row in rows)
	todo = done(made.admin("GET", f"/api/resource/ToDo/{next(row['name'] for row in rows if row['owner'] == BOB)}"))
	assert (todo["allocated_to"], todo["assigned_by"], todo["status"], todo["priority"], todo["date"]) == (BOB, ADA, "Open", "High", "2026-12-01")
	assert (todo["reference_type"], todo["reference_name"]) == ("Plant", plant) and "Water it" in todo["description"]
	assert sorted(assigned(made, plant)) == [ADA, BOB]
	assert sorted(row["owner"] for row in done(call(made.bob, f"{ASSIGN}.get", doctype="Plant", name=plant))) == [ADA, BOB]
	info = docinfo(made.bob, plant)
	assert sorted((row["owner"], row["status"]) for row in info["assignments"]) == [(ADA, "Open"), (BOB, "Open")]
	assert sorted(row["content"] for row in info["assignment_logs"]) == ["Ada assigned bob@talk.test: Water it", "Ada self assigned this task: Water it"]


def test_a_description_is_made_and_one_alone_is_a_list_too(made, plant):
	[row] = done(call(made.ada, f"{ASSIGN}.add", assign_to=ADA, doctype="Plant", name=plant))
	todo = done(made.ada("GET", f"/api/resource/ToDo/{row['name']}"))
	assert f"Assignment for Plant {plant}" in todo["description"] and todo["priority"] == "Medium" and todo["date"]


def test_twice_is_once(made, plant):
	first = done(assign(made.ada, plant, BOB))
	again = assign(made.ada, plant, BOB, BOB.upper())
	assert done(again) == first and "on the list already" in again.json()["_server_messages"]


def test_who_cannot_read_it_gets_a_share(made, plant):
	assert made.eve("GET", f"/api/resource/Plant/{plant}").status_code == 403
	answer = assign(made.ada, plant, EVE)
	assert [row["owner"] for row in done(answer)] == [EVE] and "with: eve@talk.test" in answer.json()["_server_messages"]
	assert done(made.eve("GET", f"/api/resource/Plant/{plant}"))["name"] == plant


def test_who_may_not_share_cannot_give_it_to_who_cannot_read_it(made, plant):
	refused(assign(made.bob, plant, EVE), 403, "PermissionError")
	assert assigned(made, plant) == [] and done(call(made.ada, f"{ASSIGN}.get", doctype="Plant", name=plant)) == []
	assert done(made.admin("GET", "/api/resource/ToDo", params={"filters": json.dumps([["reference_name", "=", plant]])})) == []


def test_an_assignment_ends(made, plant):
	done(assign(made.ada, plant, ADA, BOB))
	refused(end(made.ada, "close", plant, BOB), 417, "ValidationError")
	assert [row["owner"] for row in done(end(made.bob, "close", plant, BOB))] == [ADA]
	assert assigned(made, plant) == [ADA]
	assert done(end(made.bob, "remove", plant, ADA)) == [] and assigned(made, plant) == []
	assert done(end(made.bob, "remove", plant, ADA)) == []
	states = done(made.admin("GET", "/api/resource/ToDo", params={
		"filters": json.dumps([["reference_name", "=", plant]]), "fields": '["allocated_to","status"]'}))
	assert sorted((row["allocated_to"], row["status"]) for row in states) == [(ADA, "Cancelled"), (BOB, "Closed")]
	notes = [row["content"] for row in docinfo(made.ada, plant)["assignment_logs"] if row["comment_type"] == "Assignment Completed"]
	assert sorted(notes) == ["Assignment of ada@talk.test removed by Bob", "Bob removed their assignment."]
	done(assign(made.ada, plant, BOB))
	assert assigned(made, plant) == [BOB]


def test_a_todo_that_is_written_by_hand_counts(made, plant):
	todo = done(made.ada("POST", "/api/resource/ToDo", json={
		"description": "Prune", "allocated_to": BOB, "assigned_by": ADA, "reference_type": "Plant", "reference_name": plant}))["name"]
	assert assigned(made, plant) == [BOB]
	done(made.admin("PUT", f"/api/resource/ToDo/{todo}", json={"allocated_to": ADA}))
	assert assigned(made, plant) == [ADA]
	assert made.admin("DELETE", f"/api/resource/ToDo/{todo}").status_code == 202
	assert assigned(made, plant) == []


def test_nobody_notes_anything_beside_what_he_cannot_read(made, plant):
	written = made.eve("POST", "/api/resource/ToDo", json={
		"description": "Look", "allocated_to": EVE, "reference_type": "Plant", "reference_name": plant})
	assert written.status_code == 200, written.text
	assert docinfo(made.ada, plant)["assignment_logs"] == []


def test_it_goes_and_moves_with_its_document(made, plant):
	done(assign(made.ada, plant, BOB))
	renamed = f"{plant} renamed"
	assert done(call(made.admin, "frappe.client.rename_doc", doctype="Plant", old_name=plant, new_name=renamed)) == renamed
	assert assigned(made, renamed) == [BOB]
	assert made.admin("DELETE", f"/api/resource/Plant/{renamed}").status_code == 202
	assert done(made.admin("GET", "/api/resource/ToDo", params={"filters": json.dumps([["reference_name", "=", renamed]])})) == []


def test_what_is_refused(made, plant):
	refused(assign(made.eve, plant, EVE), 403, "PermissionError")
	refused(assign(made.ada, "nope", BOB), 404, "DoesNotExistError")
	refused(assign(made.ada, plant, "nobody@talk.test"), 417, "LinkValidationError")
	refused(assign(made.ada, plant), 417, "ValidationError")
	refused(call(made.ada, f"{ASSIGN}.add", assign_to="[1]", doctype="Plant", name=plant), 417, "ValidationError")
	refused(assign(made.ada, plant, *[f"u{i}@talk.test" for i in range(101)]), 417, "ValidationError")
	refused(assign(made.ada, plant, BOB, priority="Huge"), 417, "ValidationError")
	refused(assign(made.guest, plant, BOB), 403, "PermissionError")
	assert assigned(made, plant) == []
