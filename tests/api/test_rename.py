"""Documents get other names: what names them follows, and nobody renames what he may not."""

import json

import pytest

from test_documents import define, insert

RENAME = "frappe.client.rename_doc"


def read(site, doctype, name):
	answer = site.admin("GET", f"/api/resource/{doctype}/{name}")
	assert answer.status_code == 200, answer.text
	return answer.json()["data"]


def refused(answer, status, text):
	assert answer.status_code == status, answer.text
	assert text in answer.text
	return answer


def rename(caller, doctype, old, new, **more):
	return caller("POST", f"/api/method/{RENAME}", json={"doctype": doctype, "old_name": old, "new_name": new, **more})


@pytest.fixture(scope="module")
def made(server):
	"""Plants, what links to them in every way, and a gardener who may do little."""
	server.admin = server.with_token(server.json("keys", "generate", "Administrator"))
	define(server, "Soil", [{"fieldname": "title", "fieldtype": "Data"}], autoname="field:title")
	define(server, "Root", [{"fieldname": "depth", "fieldtype": "Int"},
		{"fieldname": "soil", "fieldtype": "Link", "options": "Soil"}], istable=1, permissions=[])
	define(server, "Plant", [
		{"fieldname": "title", "fieldtype": "Data"},
		{"fieldname": "label", "fieldtype": "Data"},
		{"fieldname": "pin", "fieldtype": "Password"},
		{"fieldname": "roots", "fieldtype": "Table", "options": "Root"},
	], autoname="field:title", title_field="label")
	define(server, "Bed", [
		{"fieldname": "first", "fieldtype": "Link", "options": "Plant"},
		{"fieldname": "kind", "fieldtype": "Link", "options": "DocType"},
		{"fieldname": "any", "fieldtype": "Dynamic Link", "options": "kind"},
	])
	define(server, "Garden Settings", [{"fieldname": "best", "fieldtype": "Link", "options": "Plant"}], issingle=1)
	define(server, "Stone", [{"fieldname": "title", "fieldtype": "Data"}], autoname="field:title", allow_rename=0)
	define(server, "Ticket", [{"fieldname": "title", "fieldtype": "Data"}], autoname="autoincrement")
	return server


@pytest.fixture
def gardener(made, request):
	"""A user with a role that may read plants, and no more."""
	number = abs(hash(request.node.name)) % 10**9
	user = f"gardener{number}@rename.test"
	made.run("user", "add", user, "--first-name", "Gardener", "--role", "System Manager", "--password-stdin",
		stdin="Gr4nite-Rename-Qz11\n")
	return user, made.with_token(made.json("keys", "generate", user))


def test_rows_links_and_secrets_follow_a_document(made):
	insert(made, "Plant", title="Fern", pin="s3cret", roots=[{"depth": 1}, {"depth": 2}])
	insert(made, "Soil", title="Clay")
	insert(made, "Plant", title="Moss", roots=[{"depth": 3, "soil": "Clay"}])
	bed = insert(made, "Bed", first="fern", kind="Plant", any="Fern")
	other = insert(made, "Bed", kind="DocType", any="Plant")
	assert made.admin("PUT", "/api/resource/Garden Settings/Garden Settings", json={"best": "Fern"}).status_code == 200

	assert rename(made.admin, "Soil", "Clay", "Loam").status_code == 200
	answer = rename(made.admin, "Plant", "fern", " Royal Fern ")

	assert answer.json()["message"] == "Royal Fern"
	said = json.loads(json.loads(answer.json()["_server_messages"])[0])
	assert said["message"] == "Document renamed from <strong>Fern</strong> to <strong>Royal Fern</strong>"
	assert said["alert"] == 1
	fern = read(made, "Plant", "Royal Fern")
	assert fern["title"] == "Royal Fern"
	assert [(row["parent"], row["depth"]) for row in fern["roots"]] == [("Royal Fern", 1), ("Royal Fern", 2)]
	assert read(made, "Plant", "Moss")["roots"][0]["soil"] == "Loam"
	assert (read(made, "Bed", bed["name"])["first"], read(made, "Bed", bed["name"])["any"]) == ("Royal Fern", "Royal Fern")
	assert read(made, "Bed", other["name"])["any"] == "Plant"
	assert read(made, "Garden Settings", "Garden Settings")["best"] == "Royal Fern"
	assert made.admin.call("frappe.client.get_password", doctype="Plant", name="Royal Fern", fieldname="pin") == "s3cret"
	assert made.admin("GET", "/api/resource/Plant/Fern").status_code == 404
	refused(made.admin("DELETE", "/api/resource/Plant/Royal Fern"), 417, "LinkExistsError")


def test_a_new_document_of_the_old_name_has_nothing_of_the_old_one(made):
	insert(made, "Plant", title="Ivy", pin="old", roots=[{"depth": 1}])
	rename(made.admin, "Plant", "Ivy", "Old Ivy")

	assert insert(made, "Plant", title="Ivy")["roots"] == []
	lost = made.admin("POST", "/api/method/frappe.client.get_password",
		json={"doctype": "Plant", "name": "Ivy", "fieldname": "pin"})
	assert lost.status_code == 401


def test_a_name_may_change_in_case_only(made):
	insert(made, "Plant", title="rose", roots=[{"depth": 1}])
	bed = insert(made, "Bed", first="rose")

	assert rename(made.admin, "Plant", "rose", "ROSE").json()["message"] == "ROSE"
	assert read(made, "Plant", "rose")["name"] == "ROSE"
	assert read(made, "Plant", "rose")["roots"][0]["parent"] == "ROSE"
	assert read(made, "Bed", bed["name"])["first"] == "ROSE"


def test_a_document_is_merged_into_another_one(made):
	insert(made, "Plant", title="Oak", roots=[{"depth": 5}])
	insert(made, "Plant", title="Acorn", pin="x", roots=[{"depth": 1}])
	bed = insert(made, "Bed", first="Acorn")

	assert rename(made.admin, "Plant", "Acorn", "oak", merge=1).json()["message"] == "Oak"
	assert read(made, "Bed", bed["name"])["first"] == "Oak"
	assert [row["depth"] for row in read(made, "Plant", "Oak")["roots"]] == [5]
	assert made.admin("GET", "/api/resource/Plant/Acorn").status_code == 404


@pytest.mark.parametrize("doctype, old, new, more, status, text", [
	("Plant", "Nothing", "Something", {}, 404, "Plant Nothing not found"),
	("Plant", "Elm", "Elm", {}, 417, "No changes made because old and new name are the same."),
	("Plant", "Elm", "beech", {}, 417, "Another Plant with name beech exists, select another name"),
	("Plant", "Elm", "Larch", {"merge": True}, 417, "Plant Larch does not exist"),
	("Plant", "Elm", "", {}, 417, "No Name Specified for Plant"),
	("Plant", "Elm", "a<b>", {}, 409, "Name cannot contain special characters"),
	("Plant", "Elm", "x" * 141, {}, 417, "too long"),
	("Stone", "Flint", "Slate", {}, 417, "Stone not allowed to be renamed"),
	("Stone", "Flint", "Slate", {"force": 0}, 417, "Stone not allowed to be renamed"),
	("Ticket", "1", "2", {}, 417, "Ticket not allowed to be renamed"),
	("Garden Settings", "Garden Settings", "X", {}, 404, "not found"),
	("DocType", "Plant", "Tree", {}, 417, "DocType Plant cannot be renamed"),
	("Role", "System Manager", "Chief", {}, 417, "Standard roles cannot be renamed"),
	("User", "Administrator", "root@rename.test", {}, 417, "User Administrator cannot be renamed"),
	("User", "Guest", "guest@rename.test", {}, 417, "User Guest cannot be renamed"),
])
def test_what_cannot_be_renamed_is_refused(made, doctype, old, new, more, status, text):
	for name in ("Elm", "Beech"):
		made.admin("POST", "/api/resource/Plant", json={"title": name})
	made.admin("POST", "/api/resource/Stone", json={"title": "Flint"})
	made.admin("POST", "/api/resource/Ticket", json={"title": "t"})

	refused(rename(made.admin, doctype, old, new, **more), status, text)


def test_a_system_manager_may_force_what_a_doctype_forbids(made):
	insert(made, "Stone", title="Granite")
	answer = made.admin("POST", "/api/method/frappe.rename_doc",
		json={"doctype": "Stone", "old": "Granite", "new": "Marble", "force": 1})
	assert answer.json()["message"] == "Marble"


def test_without_the_right_to_write_nothing_is_renamed(made):
	define(made, "Peony", [{"fieldname": "title", "fieldtype": "Data"}], autoname="field:title", permissions=[
		{"role": "All", "write": 0, "delete": 0}, {"role": "System Manager"}])
	made.run("user", "add", "weed@rename.test", "--first-name", "Weed")
	weed = made.with_token(made.json("keys", "generate", "weed@rename.test"))
	insert(made, "Peony", title="Pink")

	refused(rename(weed, "Peony", "Pink", "Red"), 417, "You need write permission on Peony Pink to rename")
	refused(rename(weed, "User", "weed@rename.test", "boss@rename.test"), 417, "Only System Managers may rename users")
	refused(rename(made.guest, "Peony", "Pink", "Red"), 403, "PermissionError")
	assert read(made, "Peony", "Pink")["title"] == "Pink"


def test_merging_needs_the_right_to_delete(made):
	define(made, "Tulip", [{"fieldname": "title", "fieldtype": "Data"}], autoname="field:title", permissions=[
		{"role": "All", "delete": 0}, {"role": "System Manager"}])
	made.run("user", "add", "bee@rename.test", "--first-name", "Bee")
	bee = made.with_token(made.json("keys", "generate", "bee@rename.test"))
	insert(made, "Tulip", title="A")
	insert(made, "Tulip", title="B")

	refused(rename(bee, "Tulip", "A", "B", merge=1), 417, "You need delete permission on Tulip A to rename")
	assert rename(bee, "Tulip", "A", "C").status_code == 200


def test_a_renamed_user_keeps_his_keys_sessions_password_and_documents(made, gardener):
	old, token = gardener
	new = f"new-{old}"
	session = made.login(old, "Gr4nite-Rename-Qz11")
	note = token("POST", "/api/resource/Plant", json={"title": f"Plant of {old}"}).json()["data"]
	todo = insert(made, "ToDo", description="water", allocated_to=old)

	assert rename(made.admin, "User", old, new.upper()).json()["message"] == new
	assert token("GET", "/api/method/frappe.auth.get_logged_user").json()["message"] == new
	assert session.get(made.url + "/api/method/frappe.auth.get_logged_user", timeout=30).json()["message"] == new
	made.login(new, "Gr4nite-Rename-Qz11")
	assert made.guest("POST", "/api/method/login", json={"usr": old, "pwd": "Gr4nite-Rename-Qz11"}).status_code == 401
	stored = read(made, "Plant", note["name"])
	assert (stored["owner"], stored["modified_by"]) == (new, new)
	assert read(made, "ToDo", todo["name"])["allocated_to"] == new
	user = read(made, "User", new)
	assert (user["email"], user["roles"][0]["parent"]) == (new, new)
	assert token("GET", "/api/resource/User").status_code == 200
	made.stop()
	made.start()
	assert token("GET", "/api/method/frappe.auth.get_logged_user").json()["message"] == new


def test_a_renamed_user_is_not_merged_into_another_one(made, gardener):
	old, _ = gardener
	refused(rename(made.admin, "User", old, "weed2@rename.test", merge=1), 417, "Users cannot be merged")
	refused(rename(made.admin, "User", old, "no address"), 417, "InvalidEmailAddressError")


def test_holders_of_a_renamed_role_keep_what_it_grants(made):
	made.admin("POST", "/api/resource/Role", json={"role_name": "Florist"})
	define(made, "Lily", [{"fieldname": "title", "fieldtype": "Data"}], permissions=[
		{"role": "Florist"}, {"role": "System Manager"}])
	made.run("user", "add", "flo@rename.test", "--first-name", "Flo", "--role", "Florist")
	flo = made.with_token(made.json("keys", "generate", "flo@rename.test"))
	assert flo("GET", "/api/resource/Lily").status_code == 200

	assert rename(made.admin, "Role", "Florist", "Head Florist").status_code == 200
	assert flo("GET", "/api/resource/Lily").status_code == 200
	assert "Head Florist" in [row["role"] for row in read(made, "User", "flo@rename.test")["roles"]]
	made.admin("POST", "/api/resource/Role", json={"role_name": "Florist"})
	made.admin("PUT", "/api/resource/User/flo@rename.test", json={"roles": [{"role": "Florist"}]})
	assert flo("GET", "/api/resource/Lily").status_code == 403


def test_a_document_renames_itself_when_asked(made):
	insert(made, "Plant", title="Ash")
	by_route = made.admin("POST", "/api/resource/Plant/Ash", json={"run_method": "rename", "name": "White Ash"})
	assert by_route.status_code == 200, by_route.text
	path = "/api/v2/document/Plant/White Ash/method/rename"
	assert made.admin("POST", path, json={"name": "Black Ash"}).status_code == 200
	answer = made.admin("POST", "/api/method/run_doc_method",
		json={"dt": "Plant", "dn": "Black Ash", "method": "rename", "args": json.dumps({"name": "Red Ash"})})
	assert answer.json()["docs"][0]["name"] == "Red Ash"
	refused(made.admin("GET", "/api/resource/Plant/Red Ash", params={"run_method": "rename", "name": "X"}), 403, "POST")


def test_title_and_name_change_together(made):
	insert(made, "Plant", title="Box", label="small")
	update = "frappe.model.rename_doc.update_document_title"

	assert made.admin.call(update, doctype="Plant", docname="Box", title="large", name="Boxwood") == "Boxwood"
	assert read(made, "Plant", "Boxwood")["label"] == "large"
	assert made.admin.call(update, doctype="Plant", docname="Boxwood", title="huge") == "Boxwood"
	assert read(made, "Plant", "Boxwood")["label"] == "huge"
	assert made.admin.call(update, doctype="Plant", docname="Boxwood") == "Boxwood"
