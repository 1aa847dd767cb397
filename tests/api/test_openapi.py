"""/api/openapi.json: an OpenAPI document of what its caller may call (tests/clients/test_openapi.mjs validates it)."""

import hashlib
import re

import pytest

from sites import PASSWORD, Site


@pytest.fixture(scope="module")
def site(tmp_path_factory):
	made = Site(tmp_path_factory.mktemp("openapi") / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	made.admin = made.with_token(made.json("keys", "generate", "Administrator"))
	made.run("user", "add", "ada@example.com", "--first-name", "Ada")
	made.ada = made.with_token(made.json("keys", "generate", "ada@example.com"))
	made.admin("POST", "/api/resource/Custom Field", json={
		"dt": "ToDo", "fieldname": "inner", "fieldtype": "Data", "label": "Inner", "permlevel": 1}).raise_for_status()
	yield made
	made.stop()


def document(caller):
	answer = caller("GET", "/api/openapi.json")
	assert answer.status_code == 200
	assert answer.headers["Content-Type"] == "application/json"
	return answer.json()


def references(node):
	"""All that is referred to, anywhere."""
	if isinstance(node, dict):
		if isinstance(node.get("$ref"), str):
			yield node["$ref"]
		for value in node.values():
			yield from references(value)
	elif isinstance(node, list):
		for value in node:
			yield from references(value)


def operations(made):
	return [operation for path in made["paths"].values() for operation in path.values()]


@pytest.mark.parametrize("who", ["guest", "ada", "admin"])
def test_the_document_is_whole(site, who):
	made = document(getattr(site, who))

	assert made["openapi"] == "3.1.0"
	for reference in set(references(made)):
		node = made
		for part in reference.removeprefix("#/").split("/"):
			node = node[part]
	ids = [operation["operationId"] for operation in operations(made)]
	assert len(ids) == len(set(ids))
	for path, item in made["paths"].items():
		assert item, path
		for operation in item.values():
			shared = [made["components"]["parameters"][p["$ref"].split("/")[-1]] for p in operation.get("parameters", []) if "$ref" in p]
			assert set(re.findall(r"\{(\w+)\}", path)) == {p["name"] for p in shared if p["in"] == "path"}, path


def test_a_guest_sees_only_what_a_guest_may_call(site):
	made = document(site.guest)

	assert {"/api/method/ping", "/api/method/login"} <= set(made["paths"])
	assert "/api/method/frappe.client.get" not in made["paths"]
	assert [path for path in made["paths"] if path.startswith(("/api/resource/", "/api/v2/"))] == []
	assert set(made["components"]["schemas"]) == {"Error.", "Method."}
	assert "/files/{file}" in made["paths"] and "/private/files/{file}" not in made["paths"]
	assert all({} in operation["security"] for operation in operations(made))


def test_a_user_sees_what_he_may_read_and_do(site):
	hers, all_of_it = document(site.ada), document(site.admin)

	assert set(hers["paths"]) < set(all_of_it["paths"])
	assert "/api/resource/DocType" in all_of_it["paths"] and "/api/resource/DocType" not in hers["paths"]
	assert set(all_of_it["paths"]["/api/resource/System%20Settings"]) == {"get", "put"}
	assert set(all_of_it["paths"]["/api/resource/ToDo/{name}"]) == {"get", "post", "put", "delete"}
	assert set(all_of_it["paths"]["/api/v2/document/ToDo/{name}"]) == {"get", "put", "patch", "delete"}
	for path, item in hers["paths"].items():
		if path.startswith("/api/resource/") and "{" not in path:
			assert site.ada("GET", path).status_code == 200, path
	for path, item in all_of_it["paths"].items():
		if path.startswith("/api/resource/") and "{" not in path and "get" in item and path not in hers["paths"]:
			assert site.ada("GET", path).status_code == 403, path


def test_methods_have_their_verbs_and_arguments(site):
	paths = document(site.admin)["paths"]

	get = paths["/api/method/frappe.client.get_count"]["get"]
	assert [p["name"] for p in get["parameters"]] == ["doctype", "filters"]
	insert = paths["/api/method/frappe.client.insert"]
	assert "get" not in insert
	assert list(insert["post"]["requestBody"]["content"]["application/json"]["schema"]["properties"]) == ["doc"]
	assert not [path for path in paths if path.startswith("/api/method/symbolon.backup")]


def test_a_document_can_be_asked_what_the_document_says(site):
	made = document(site.admin)
	methods = made["components"]["schemas"]["Method."]["enum"]
	assert {"submit", "rename", "add_comment"} <= set(methods)
	name = site.admin("POST", "/api/resource/ToDo", json={"description": "asked"}).json()["data"]["name"]
	for path, ask in (("/api/v2/document/ToDo/{name}/method/{method}", "/api/v2/document/ToDo/{}/method/{}"),
		("/api/resource/ToDo/{name}", "/api/resource/ToDo/{}?run_method={}")):
		operation = made["paths"][path]["post"]
		body = made["components"]["requestBodies"][operation["requestBody"]["$ref"].split("/")[-1]]
		assert {"name", "text"} <= set(body["content"]["application/json"]["schema"]["properties"])
		for method in methods:  # each is known; most do not suit this document
			assert site.admin("POST", ask.format(name, method), json={"text": path}).status_code in (200, 417), method
		assert site.admin("POST", ask.format(name, "no_such"), json={}).status_code == 404


def test_every_path_that_is_read_is_answered(site):
	made = document(site.admin)
	upload = site.admin("POST", "/api/method/upload_file", files={"file": ("seen.txt", b"seen")}, data={"is_private": 1}).json()["message"]
	for path, item in made["paths"].items():
		if path.startswith("/api/method/") or "get" not in item:
			continue
		if path == "/private/files/{file}":
			path = upload["file_url"]
		if "{" not in path:
			assert str(site.admin("GET", path).status_code) in item["get"]["responses"], path
	assert made["paths"]["/api/method/download_file"]["get"]["responses"]["200"] == {"$ref": "#/components/responses/Bytes"}
	assert set(made["paths"]["/files/{file}"]["get"]["responses"]) == {"200", "206", "304", "416", "default"}


def body_of(paths, method):
	(kind, content), = paths[f"/api/method/{method}"]["post"]["requestBody"]["content"].items()
	return kind, content["schema"]["properties"]


def test_arguments_of_methods_have_types(site):
	paths = document(site.admin)["paths"]
	get = {p["name"]: p["schema"] for p in paths["/api/method/frappe.client.get_list"]["get"]["parameters"]}
	assert get["doctype"] == {"type": "string"} and get["limit_start"] == {"type": "integer", "minimum": 0}
	assert get["filters"] == {"type": "string", "contentMediaType": "application/json"}

	kind, list_of = body_of(paths, "frappe.client.get_list")
	assert kind == "application/json" and list_of["filters"]["type"] == ["array", "object", "string"]
	assert body_of(paths, "frappe.client.insert")[1]["doc"]["required"] == ["doctype"]
	assert body_of(paths, "login")[1]["pwd"]["format"] == "password"
	kind, upload = body_of(paths, "upload_file")
	assert kind == "multipart/form-data" and "contentMediaType" in upload["file"] and upload["is_private"]["enum"] == [0, 1, True, False]


def test_every_argument_of_a_method_is_known_by_its_type(site):
	"""A word that is none is a help text that its colon cuts wrongly, or a new argument that needs a type."""
	named = {"value"}  # it may be anything
	paths = document(site.admin)["paths"]
	for path, item in paths.items():
		if path.startswith("/api/method/") and "post" in item:
			untyped = {name for name, schema in body_of(paths, path.removeprefix("/api/method/"))[1].items() if not schema}
			assert untyped <= named, (path, untyped)


def test_a_method_that_writes_may_be_sent_again_with_a_key(site):
	paths = document(site.admin)["paths"]
	key = {"$ref": "#/components/parameters/idempotency_key"}
	assert key in paths["/api/method/frappe.client.insert"]["post"]["parameters"]
	assert key in paths["/api/resource/ToDo"]["post"]["parameters"]
	assert key not in paths["/api/method/frappe.client.get_list"]["post"]["parameters"]


def test_who_has_the_document_already_gets_304(site):
	for caller in (site.admin, site.ada, site.guest):
		first = caller("GET", "/api/openapi.json", headers={"Accept-Encoding": "identity"})
		tag = first.headers["ETag"]
		assert tag == f'"{hashlib.sha256(first.content).hexdigest()[:32]}"'
		packed = caller("GET", "/api/openapi.json").headers["ETag"]
		assert packed == tag[:-1] + '-gzip"'
		for sent in (tag, packed):
			again = caller("GET", "/api/openapi.json", headers={"If-None-Match": sent})
			assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", sent)
	assert caller("GET", "/api/openapi.json", headers={"If-None-Match": '"other"'}).status_code == 200


def test_schemas_follow_types_and_levels(site):
	schemas = document(site.admin)["components"]["schemas"]
	todo = schemas["ToDo"]["properties"]

	assert todo["status"]["enum"] == ["Open", "Closed", "Cancelled", "", None]
	assert todo["date"]["format"] == "date"
	assert todo["name"]["type"] == "string" and todo["name"]["readOnly"]
	assert todo["allocated_to"]["x-links-to"] == "User"
	assert todo["doctype"] == {"const": "ToDo"}
	assert "inner" in todo
	assert "description" in schemas["ToDo"]["x-required-on-create"]
	user = schemas["User"]["properties"]
	assert user["enabled"]["enum"] == [0, 1]
	assert user["roles"]["type"] == "array"
	assert user["roles"]["items"]["properties"]["role"]["x-links-to"] == "Role"
	assert "System_Settings" in schemas and "Has_Role" not in schemas
	assert "inner" not in document(site.ada)["components"]["schemas"].get("ToDo", {"properties": {}})["properties"]


def test_a_key_that_is_less_than_its_user_sees_less(site):
	made = site.admin("POST", "/api/resource/API Key", json={"user": "Administrator", "label": "reader", "read_only": 1}).json()["data"]
	reader = document(site.with_token({"api_key": made["name"], "api_secret": made["api_secret"]}))

	assert set(reader["paths"]["/api/resource/ToDo"]) == {"get"}
	assert "/api/method/frappe.client.insert" not in reader["paths"]


def test_only_reading_verbs_are_answered(site):
	assert site.admin("HEAD", "/api/openapi.json").status_code == 200
	refused = site.admin("POST", "/api/openapi.json", json={})
	assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD")
