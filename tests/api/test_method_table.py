"""Every method that is documented, called over both versions of the API, and every route of v2 (spec/rpc.md 6, spec/rest.md 1.2)."""

import json
import re

import pytest

from test_permissions import PASSWORD, allow, field, make, make_user

ANY, WRITES, POST, ENDS = ("GET", "POST", "PUT", "DELETE"), ("POST", "PUT"), ("POST",), ("DELETE", "POST")
NOTHING = object()
PAGE = "frappe.core.page.permission_manager.permission_manager."


class World:
	"""Documents to call methods on."""

	def __init__(self, site):
		self.site, self.admin = site, site.admin
		make(site, "DocType", name="Part", module="Custom", custom=1, istable=1, fields=[field("item")], permissions=[])
		make(site, "DocType", name="Parcel", module="Custom", custom=1, is_submittable=1, allow_rename=1, autoname="prompt", title_field="title",
			fields=[field("title", reqd=1), field("weight", "Int"), field("secret", "Password"), field("parts", "Table", options="Part")],
			permissions=[allow("System Manager", "read write create delete submit cancel amend share")])
		self.user = make_user(site, "table", "System Manager")
		self.count = 0
		self.name = self.other = self.body = None
		self.keyed = []

	def parcel(self, **values):
		"""A new one; its name, which stays in self.name."""
		self.count += 1
		self.name = make(self.site, "Parcel", name=f"P{self.count}", **{"title": "a", "weight": self.count, **values})["name"]
		return self.name

	def read(self, name=None):
		answer = self.admin("GET", f"/api/resource/Parcel/{name or self.name}")
		return answer.json()["data"] if answer.status_code == 200 else None

	def whole(self, **changes):
		name = self.parcel(parts=[{"item": "x"}])
		return {**self.admin.call("frappe.client.get", doctype="Parcel", name=name), **changes}

	def submitted(self):
		self.parcel()
		self.admin("PUT", f"/api/resource/Parcel/{self.name}", json={"docstatus": 1}).raise_for_status()
		return self.name

	def deleted(self):
		self.admin("DELETE", f"/api/resource/Parcel/{self.parcel()}").raise_for_status()
		rows = self.admin("GET", "/api/resource/Deleted Document", params={"filters": json.dumps([["deleted_name", "=", self.name]])})
		return rows.json()["data"][0]["name"]

	def kind(self, *more):
		"""A new DocType for System Managers, and for more roles."""
		self.count += 1
		self.name = make(self.site, "DocType", name=f"Kind {self.count}", module="Custom", custom=1, fields=[field("title")],
			permissions=[allow(role) for role in ("System Manager", *more)])["name"]
		return self.name

	def roles(self):
		return {rule["role"] for rule in self.admin.call(PAGE + "get_permissions", doctype=self.name)}

	def file(self):
		self.other = self.user("POST", "/api/method/upload_file", files={"file": ("t.txt", b"table")}, data={"is_private": "1"}).json()["message"]
		return self.other


def on_parcel(w, **more):
	"""The arguments doctype and name of a new document."""
	return {"doctype": "Parcel", "name": w.parcel(), **more}


def has_docs(m, w):
	return m is NOTHING and w.body["docs"][0]["name"] == w.name


# Method, its verbs, is it open to guests, arguments, what its value must be. In the order of the pages.
FILTERS = '[["Parcel","name","=","%s"]]'
# fmt: off
METHODS = [
	("frappe.client.get_list", ANY, False, lambda w: {"doctype": "Parcel", "fields": '["name","weight"]', "filters": FILTERS % w.parcel()}, lambda m, w: m == [{"name": w.name, "weight": w.count}]),
	("frappe.client.get_count", ANY, False, lambda w: {"doctype": "Parcel", "filters": FILTERS % w.parcel()}, lambda m, w: m == 1),
	("frappe.client.get", ANY, False, on_parcel, lambda m, w: m["name"] == w.name and m["amended_from"] is None),
	("frappe.client.get_value", ANY, False, lambda w: {"doctype": "Parcel", "fieldname": '["weight"]', "filters": w.parcel()}, lambda m, w: m == {"weight": w.count}),
	("frappe.client.get_single_value", ANY, False, lambda w: {"doctype": "System Settings", "field": "allow_error_traceback"}, lambda m, w: m == 1),
	("frappe.client.set_value", WRITES, False, lambda w: on_parcel(w, fieldname="weight", value=99), lambda m, w: m["weight"] == 99 and w.read()["weight"] == 99),
	("frappe.client.insert", WRITES, False, lambda w: {"doc": {"doctype": "Parcel", "name": "Made", "title": "x"}}, lambda m, w: m["name"] == "Made" and m["weight"] == 0),
	("frappe.client.insert_many", WRITES, False, lambda w: {"docs": [{"doctype": "Parcel", "name": "Many 1", "title": "x"}, {"doctype": "Parcel", "name": "Many 2", "title": "x"}]},
		lambda m, w: m == ["Many 1", "Many 2"]),
	("frappe.client.save", WRITES, False, lambda w: {"doc": w.whole(title="saved")}, lambda m, w: m["title"] == "saved" and w.read()["title"] == "saved"),
	("frappe.client.rename_doc", WRITES, False, lambda w: {"doctype": "Parcel", "old_name": w.parcel(), "new_name": f"Renamed {w.name}"}, lambda m, w: m == f"Renamed {w.name}" and not w.read()),
	("frappe.client.submit", WRITES, False, lambda w: {"doc": w.whole()}, lambda m, w: m["docstatus"] == 1),
	("frappe.client.cancel", WRITES, False, lambda w: {"doctype": "Parcel", "name": w.submitted()}, lambda m, w: m["docstatus"] == 2),
	("frappe.client.delete", ENDS, False, on_parcel, lambda m, w: m is NOTHING and not w.read()),
	("frappe.client.bulk_update", WRITES, False, lambda w: {"docs": json.dumps([{"doctype": "Parcel", "docname": w.parcel(), "weight": 7}, {"doctype": "Parcel", "docname": "nope"}])},
		lambda m, w: [f["doc"]["docname"] for f in m["failed_docs"]] == ["nope"] and "DoesNotExistError" in m["failed_docs"][0]["exc"] and w.read()["weight"] == 7),
	("frappe.client.has_permission", ANY, False, lambda w: {"doctype": "Parcel", "docname": w.parcel(), "perm_type": "write"}, lambda m, w: m == {"has_permission": True}),
	("frappe.client.get_doc_permissions", ANY, False, lambda w: {"doctype": "Parcel", "docname": w.parcel()}, lambda m, w: m["permissions"]["submit"] == 1),
	("frappe.client.get_password", ANY, False, lambda w: {"doctype": "Parcel", "name": w.parcel(secret="s3cret"), "fieldname": "secret"}, lambda m, w: m == "s3cret"),
	("frappe.client.validate_link", ANY, False, lambda w: {"doctype": "Parcel", "docname": w.parcel().lower(), "fields": '["weight"]'}, lambda m, w: m == {"name": w.name, "weight": w.count}),
	("frappe.client.attach_file", WRITES, False, lambda w: {"doctype": "Parcel", "docname": w.parcel(), "filename": "a.txt", "filedata": "text"}, lambda m, w: m["attached_to_name"] == w.name),
	("frappe.client.is_document_amended", ANY, False, lambda w: {"doctype": "Parcel", "docname": w.parcel()}, lambda m, w: m is NOTHING),
	("frappe.client.get_time_zone", ANY, True, lambda w: {}, lambda m, w: m == {"time_zone": "UTC"}),

	("frappe.auth.get_logged_user", ANY, False, lambda w: {}, lambda m, w: m == w.user.name),
	("login", POST, True, lambda w: {"usr": w.user.name, "pwd": PASSWORD}, lambda m, w: m == "Logged In" and w.body["full_name"] == "table"),
	("logout", ("GET", "POST"), True, lambda w: {}, None),
	("frappe.core.doctype.user.user.generate_keys", POST, False, lambda w: {"user": make_user(w.site, f"keys{len(w.keyed)}").name}, lambda m, w: w.keyed.append(m) or set(m) == {"api_key", "api_secret"}),
	("frappe.core.doctype.user.user.get_roles", ANY, False, lambda w: {"uid": w.user.name}, lambda m, w: "System Manager" in m),
	("frappe.core.doctype.user.user.get_all_roles", ANY, False, lambda w: {}, lambda m, w: "System Manager" in m and "Guest" not in m and m == sorted(m)),
	("frappe.core.doctype.user.user.reset_password", POST, True, lambda w: {"user": "nobody@example.com"}, lambda m, w: m is not None),
	("frappe.core.doctype.user.user.verify_password", POST, False, lambda w: {"password": PASSWORD}, lambda m, w: m is NOTHING),

	("frappe.desk.search.search_link", ANY, False, lambda w: {"doctype": "Parcel", "txt": w.parcel()}, lambda m, w: w.name in [r["value"] for r in m] and "description" in m[0]),
	("frappe.desk.reportview.get", ANY, False, lambda w: {"doctype": "Parcel", "fields": '["name","weight"]', "filters": FILTERS % w.parcel()},
		lambda m, w: m == {"keys": ["name", "weight"], "values": [[w.name, w.count]], "user_info": {}}),
	("frappe.desk.reportview.get_list", ANY, False, lambda w: {"doctype": "Parcel", "fields": '["name"]', "filters": FILTERS % w.parcel()}, lambda m, w: m == [{"name": w.name}]),
	("frappe.desk.reportview.get_count", ANY, False, lambda w: {"doctype": "Parcel", "filters": FILTERS % w.parcel()}, lambda m, w: m == 1),
	("frappe.desk.reportview.delete_items", ENDS, False, lambda w: {"doctype": "Parcel", "items": json.dumps([w.parcel()])}, lambda m, w: m is NOTHING and not w.read()),
	("frappe.desk.form.load.getdoc", ANY, False, on_parcel, lambda m, w: has_docs(m, w) and w.body["docinfo"]["name"] == w.name),
	("frappe.desk.form.load.getdoctype", ANY, False, lambda w: {"doctype": "Parcel"}, lambda m, w: [d["name"] for d in w.body["docs"]] == ["Parcel", "Part"] and w.body["user_settings"] == "{}"),
	("frappe.desk.form.load.get_docinfo", ANY, False, on_parcel, lambda m, w: w.body["docinfo"]["name"] == w.name),
	("frappe.desk.form.save.savedocs", WRITES, False, lambda w: {"doc": json.dumps(w.whole(title="form")), "action": "Save"}, lambda m, w: has_docs(m, w) and w.read()["title"] == "form"),
	("frappe.desk.form.save.cancel", WRITES, False, lambda w: {"doctype": "Parcel", "name": w.submitted()}, lambda m, w: has_docs(m, w) and w.read()["docstatus"] == 2),
	("frappe.desk.form.save.discard", WRITES, False, on_parcel, lambda m, w: has_docs(m, w) and w.read()["docstatus"] == 2),
	("frappe.desk.form.utils.add_comment", WRITES, False, lambda w: {"reference_doctype": "Parcel", "reference_name": w.parcel(), "content": "hello", "comment_email": w.user.name, "comment_by": "table"},
		lambda m, w: m["reference_name"] == w.name and m["comment_type"] == "Comment"),
	("frappe.desk.form.utils.update_comment", WRITES, False, lambda w: {"name": make(w.site, "Comment", who=w.user, comment_type="Comment", reference_doctype="Parcel", reference_name=w.parcel(),
		content="first")["name"], "content": "second"}, lambda m, w: m is NOTHING),
	("frappe.desk.form.utils.remove_attach", ENDS, False, lambda w: {"fid": w.file()["name"]}, lambda m, w: w.admin("GET", f"/api/resource/File/{w.other['name']}").status_code == 404),
	("frappe.desk.form.assign_to.add", WRITES, False, lambda w: on_parcel(w, assign_to=json.dumps([w.user.name]), description="do"), lambda m, w: m[0]["owner"] == w.user.name and m[0]["name"]),
	("frappe.desk.form.assign_to.remove", WRITES, False, lambda w: on_parcel(w, assign_to=w.user.name), lambda m, w: m == []),
	("frappe.desk.form.assign_to.close", WRITES, False, lambda w: on_parcel(w, assign_to=w.user.name), lambda m, w: m == []),
	("frappe.desk.like.toggle_like", WRITES, False, lambda w: on_parcel(w, add="Yes"), lambda m, w: m is NOTHING and w.user.name in w.read()["_liked_by"]),
	("frappe.desk.doctype.tag.tag.add_tag", WRITES, False, lambda w: {"tag": "hot", "dt": "Parcel", "dn": w.parcel()}, lambda m, w: m == "hot" and "hot" in w.read()["_user_tags"]),
	("frappe.desk.doctype.tag.tag.remove_tag", WRITES, False, lambda w: {"tag": "hot", "dt": "Parcel", "dn": w.parcel()}, lambda m, w: "hot" not in w.read().get("_user_tags", "")),
	("frappe.desk.doctype.tag.tag.get_tags", ANY, False, lambda w: {"doctype": "Parcel", "txt": ""}, lambda m, w: isinstance(m, list)),
	("frappe.share.add", WRITES, False, lambda w: on_parcel(w, user=w.user.name, read=1), lambda m, w: m["share_name"] == w.name and m["read"] == 1),
	("frappe.share.set_permission", WRITES, False, lambda w: on_parcel(w, user=w.user.name, permission_to="write", value=1), lambda m, w: m["write"] == 1),
	("frappe.share.get_users", ANY, False, on_parcel, lambda m, w: m == []),
	("frappe.model.rename_doc.update_document_title", WRITES, False, lambda w: {"doctype": "Parcel", "docname": w.parcel(), "title": "new"}, lambda m, w: m == w.name and w.read()["title"] == "new"),
	("frappe.rename_doc", WRITES, False, lambda w: {"doctype": "Parcel", "old": w.parcel(), "new": f"Also {w.name}"}, lambda m, w: m == f"Also {w.name}"),
	("frappe.core.doctype.deleted_document.deleted_document.restore", WRITES, False, lambda w: {"name": w.deleted()}, lambda m, w: w.read()["title"] == "a"),
	(PAGE + "get_roles_and_doctypes", ANY, False, lambda w: {}, lambda m, w: {"label": "Parcel", "value": "Parcel"} in m["doctypes"] and m["roles"]),
	(PAGE + "get_permissions", ANY, False, lambda w: {"doctype": "Parcel"}, lambda m, w: [(r["role"], r["permlevel"], r["submit"]) for r in m] == [("System Manager", 0, 1)]),
	(PAGE + "add", WRITES, False, lambda w: {"parent": w.kind(), "role": "All", "permlevel": 0}, lambda m, w: m is NOTHING and w.roles() == {"System Manager", "All"}),
	(PAGE + "update", WRITES, False, lambda w: {"doctype": w.kind(), "role": "System Manager", "permlevel": 0, "ptype": "write", "value": 0}, lambda m, w: m == "refresh"),
	(PAGE + "remove", WRITES, False, lambda w: {"doctype": w.kind("All"), "role": "System Manager", "permlevel": 0}, lambda m, w: m is NOTHING and w.roles() == {"All"}),
	("symbolon.permissions.set", POST, False, lambda w: {"doctype": w.kind(), "rules": [{"role": "All", "read": 1}]}, lambda m, w: m is NOTHING and w.roles() == {"All"}),
	(PAGE + "reset", WRITES, False, lambda w: {"doctype": w.kind()}, lambda m, w: m is NOTHING and w.roles() == {"System Manager"}),

	("download_file", ("GET",), True, lambda w: {"file_url": w.file()["file_url"]}, None),
	("ping", ANY, True, lambda w: {}, lambda m, w: m == "pong"),
	("frappe.ping", ANY, True, lambda w: {}, lambda m, w: m == "pong"),
	("frappe.realtime.get_user_info", ANY, True, lambda w: {}, lambda m, w: m["user"] == w.user.name and m["user_type"] == "System User" and "frappe" in m["installed_apps"]),
	("frappe.utils.change_log.get_versions", ANY, False, lambda w: {}, lambda m, w: set(m["frappe"]) == {"title", "description", "branch", "version"}),
	("frappe.core.api.file.get_max_file_size", ANY, True, lambda w: {}, lambda m, w: m > 1 << 20),
]
# fmt: on
NAMES = [row[0] for row in METHODS]
# Answers of their own, the same in both versions.
WITHOUT_ENVELOPE = {
	"download_file": b"table", "logout": b'{"message":"No App","home_page":"/login","full_name":"Guest"}',
}


@pytest.fixture(scope="module")
def world(server):
	server.admin = server.with_token(server.json("keys", "generate", "Administrator"))
	return World(server)


def send(caller, verb, path, arguments):
	if verb == "GET":
		return caller("GET", path, params={k: v if isinstance(v, str) else json.dumps(v) for k, v in arguments.items()})
	return caller(verb, path, json=arguments)


@pytest.mark.parametrize("version, key", [("", "message"), ("v2/", "data")], ids=["v1", "v2"])
@pytest.mark.parametrize("name, verbs, guest, arguments, holds", METHODS, ids=NAMES)
def test_a_method_answers_as_documented_with_each_of_its_verbs(world, name, verbs, guest, arguments, holds, version, key):
	for verb in verbs:
		for made in ("Made", "Many 1", "Many 2"):
			world.admin("DELETE", f"/api/resource/Parcel/{made}")
		answer = send(world.user, verb, f"/api/{version}method/{name}", arguments(world))
		assert answer.status_code == 200, (verb, answer.text)
		if name in WITHOUT_ENVELOPE:
			assert answer.content == WITHOUT_ENVELOPE[name]
			continue
		world.body = answer.json()
		if name == "login":
			key = "message"  # it writes its keys itself, in both versions
		assert not {"message", "data"} - {key} & set(world.body), world.body
		assert holds(world.body.get(key, NOTHING), world), (verb, world.body)


@pytest.mark.parametrize("name, verbs, guest, arguments, holds", METHODS, ids=NAMES)
def test_a_method_refuses_other_verbs_and_guests(world, name, verbs, guest, arguments, holds):
	for verb in {*ANY, "PATCH"} - {*verbs, *(ANY if name == "download_file" else ())}:
		answer = world.user(verb, f"/api/method/{name}")
		assert (answer.status_code, answer.json()["exc_type"]) == (403, "PermissionError"), verb
	if not guest:
		answer = world.site.guest(verbs[0], f"/api/method/{name}")
		assert answer.status_code == 403 and "is not whitelisted" in answer.text


@pytest.mark.parametrize("name", [row[0] for row in METHODS if not row[2] and not re.search(r"get_(time_zone|all_roles|logged_user|versions|roles|tags|roles_and_doctypes|permissions)$", row[0])])
def test_a_method_names_the_argument_that_is_missing(world, name):
	verbs = next(row[1] for row in METHODS if row[0] == name)
	answer = world.user("POST" if "POST" in verbs else "GET", f"/api/method/{name}", json={})
	assert answer.status_code == 417 and answer.json()["exc_type"] == "TypeError", answer.text
	assert re.search(r"missing 1 required positional argument: '\w+'", answer.json()["exception"])


@pytest.mark.parametrize("name", ["frappe.no.such", "nosuch", "other.app.method", "frappe.client"])
@pytest.mark.parametrize("version", ["", "v2/"], ids=["v1", "v2"])
def test_what_is_no_method_is_told_so(world, name, version):
	body = world.user("GET", f"/api/{version}method/{name}")
	assert body.status_code == 417 and "Failed to get method" in body.text


@pytest.mark.parametrize("version, key", [("", "message"), ("v2/", "data")], ids=["v1", "v2"])
def test_an_upload_answers_with_its_file(world, version, key):
	made = world.user("POST", f"/api/{version}method/upload_file", files={"file": ("u.txt", b"up")}, data={"doctype": "Parcel", "docname": world.parcel()})
	assert made.status_code == 200 and made.json()[key]["attached_to_name"] == world.name and "content" not in made.json()[key]


# --- routes of v2: verb, path, body, status, what the body must be
V2 = [
	("GET", "document/Parcel?limit=1", None, 200, lambda b, w: len(b["data"]) == 1 and set(b["data"][0]) == {"name"}),
	("GET", "document/Parcel?limit=2&start=1&order_by=name", None, 200, lambda b, w: [r["name"] for r in b["data"]] == w.all()[1:3] and b["has_next_page"] is True),
	("GET", "document/Parcel?limit=2&limit_start=1&order_by=name", None, 200, lambda b, w: [r["name"] for r in b["data"]] == w.all()[1:3]),
	("POST", "document/Parcel", {"name": "V2 Made", "title": "x"}, 200, lambda b, w: b["data"]["name"] == "V2 Made" and "amended_from" not in b["data"]),
	("GET", "document/Parcel/{name}", None, 200, lambda b, w: b["data"]["name"] == w.name),
	("HEAD", "document/Parcel/{name}", None, 200, None),
	("PATCH", "document/Parcel/{name}", {"title": "p"}, 200, lambda b, w: b["data"]["title"] == "p"),
	("PUT", "document/Parcel/{name}", {"title": "q"}, 200, lambda b, w: b["data"]["title"] == "q"),
	("DELETE", "document/Parcel/{name}", None, 202, lambda b, w: b == {"data": "ok"}),
	("POST", "document/Parcel/{name}/method/submit", {}, 200, lambda b, w: b["data"]["docstatus"] == 1),
	("GET", "document/Parcel/{name}/method/submit", None, 403, lambda b, w: b["errors"][0]["type"] == "PermissionError"),
	("GET", "doctype/Parcel/meta", None, 200, lambda b, w: b["data"]["name"] == "Parcel" and {"fields", "permissions", "links", "actions", "states"} <= set(b["data"])),
	("GET", "doctype/Parcel/count", None, 200, lambda b, w: b["data"] == len(w.all())),
	("GET", "doctype/Parcel/count?limit=2", None, 200, lambda b, w: b["data"] == 2),
	("GET", "method/User/get_all_roles", None, 200, lambda b, w: "System Manager" in b["data"]),
	("POST", "method/ping", {}, 200, lambda b, w: b == {"data": "pong"}),
	("POST", "document/Parcel/bulk_update", {"docs": [{"name": "nope"}]}, 200, lambda b, w: b["data"]["updated"] == [] and set(b["data"]["failed"][0]) == {"name", "error"} and b["data"]["total"] == 1),
	("POST", "document/Parcel/bulk_delete", {"names": ["nope"]}, 200, lambda b, w: b["data"]["deleted"] == [] and b["data"]["failure_count"] == 1),
	("POST", "method/bulk_update", {"docs": []}, 200, lambda b, w: b == {"data": {"updated": [], "failed": [], "total": 0, "success_count": 0, "failure_count": 0}}),
	("POST", "method/bulk_delete", {"docs": []}, 200, lambda b, w: b["data"]["deleted"] == []),
	("POST", "method/run_doc_method", {"method": "submit", "document": "{whole}"}, 200, lambda b, w: b["docs"][0]["docstatus"] == 1),
	("POST", "document/Parcel/{name}", {}, 404, lambda b, w: b["errors"][0]["type"] == "DoesNotExistError"),
	("PUT", "document/Parcel", {}, 405, lambda b, w: b["errors"]),
	("POST", "doctype/Parcel/meta", {}, 405, lambda b, w: b["errors"]),
	("GET", "document/No Such", None, 404, lambda b, w: "exception" not in b["errors"][0]),
	("GET", "doctype/No Such/meta", None, 404, lambda b, w: b["errors"]),
	("GET", "doctype/No Such/count", None, 404, lambda b, w: b["errors"]),
]


@pytest.mark.parametrize("verb, path, body, status, holds", V2, ids=[f"{row[0]} {row[1]}" for row in V2])
def test_a_route_of_v2_answers_as_documented(world, verb, path, body, status, holds):
	for _ in range(3):
		world.parcel()
	world.admin("DELETE", "/api/resource/Parcel/V2 Made")
	world.all = lambda: sorted(r["name"] for r in world.admin("GET", "/api/resource/Parcel?limit=0").json()["data"])
	if body and "document" in body:
		body = {**body, "document": world.whole()}
	answer = world.user(verb, "/api/v2/" + path.format(name=world.name), json=body) if body is not None else world.user(verb, "/api/v2/" + path.format(name=world.name))
	assert answer.status_code == status, answer.text
	assert answer.headers["Content-Type"] == "application/json"
	if holds is not None:
		assert holds(answer.json(), world), answer.text
