"""Who may do what to whom (spec/permissions.md 7), every way up that is closed (7.3), and the holes of 10, each tried."""

import json

import pytest

from sites import GENERATE

PASSWORD = "Gr4nite-Ada-Qz82"
METHOD = "/api/method/"


def make(caller, doctype, **values):
	answer = caller("POST", f"/api/resource/{doctype}", json=values)
	assert answer.status_code == 200, answer.text
	return answer.json()["data"]


def permission(role, rights, **more):
	every = ("read", "write", "create", "delete", "report", "export", "share", "print", "email")
	return {"role": role, **{right: int(right in rights.split()) for right in every}, **more}


class World:
	"""Administrator, two System Managers, two ordinary users, a guest."""

	def __init__(self, site):
		self.site = site
		site.admin = site.admin or site.with_token(site.json("keys", "generate", "Administrator"))
		self.callers = {"Administrator": site.admin, "Guest": site.guest}
		make(site.admin, "Role", role_name="Plain", desk_access=1)
		make(site.admin, "Role", role_name="Off", desk_access=1)
		for name, role in (("manager", "System Manager"), ("other", "System Manager"), ("plain", "Plain"), ("victim", "Plain")):
			self.add(name, role)
		make(site.admin, "DocType", name="Part", module="Custom", custom=1, istable=1, fields=[self.field("item"), self.field("hush", permlevel=1)])
		make(site.admin, "DocType", name="Hidden", module="Custom", custom=1, autoname="prompt", fields=[self.field("title")],
			permissions=[permission("System Manager", "read write create"), permission("Plain", "read", if_owner=1)])
		make(site.admin, "DocType", name="Work", module="Custom", custom=1, fields=[self.field("title"), self.field("secret", permlevel=1),
			self.field("parts", "Table", options="Part"), self.field("boss", "Link", options="Hidden")],
			permissions=[permission("System Manager", "read write create delete share"), permission("System Manager", "read write", permlevel=1),
				permission("Plain", "read write create delete share", if_owner=1)])
		make(site.admin, "Hidden", name="H", title="HIDDEN")
		self.work = make(self.callers["victim"], "Work", title="of victim", parts=[{"item": "i"}])
		self.work = site.admin("GET", f"/api/resource/Work/{self.work['name']}").json()["data"]
		site.admin("PUT", f"/api/resource/Work/{self.work['name']}", json={"secret": "S3CRET", "parts": [{**self.work["parts"][0], "hush": "HUSHED"}]})

	@staticmethod
	def field(name, kind="Data", **more):
		return {"fieldname": name, "fieldtype": kind, "label": name.title(), **more}

	def add(self, name, *roles):
		make(self.site.admin, "User", email=self.email(name), first_name=name, send_welcome_email=0, new_password=PASSWORD,
			roles=[{"role": role} for role in roles])
		self.callers[name] = self.site.with_token(self.site.admin("POST", GENERATE, json={"user": self.email(name)}).json()["message"])

	@staticmethod
	def email(name):
		return name if name in ("Administrator", "Guest") else f"{name}@example.com"

	def user(self, name):
		return self.site.admin("GET", f"/api/resource/User/{self.email(name)}").json()["data"]

	def roles(self, name):
		return {row["role"] for row in self.user(name)["roles"]}


@pytest.fixture(scope="module")
def world(server):
	return World(server)


# Actor and target; then the answers to: read, edit level 0, edit level 1, new_password, generate_keys, delete. 0: 200 and no effect; None: not
# asked. One's own new_password needs the old one (7.3.6).
MATRIX = [
	("Administrator", "manager", 200, 200, 200, 200, 200, None),
	("Administrator", "plain", 200, 200, 200, 200, 200, None),
	("Administrator", "Administrator", 200, 200, 200, None, None, 417),
	("Administrator", "Guest", 200, 200, 200, None, None, 417),
	("manager", "manager", 200, 200, 200, 200, None, None),
	("manager", "other", 200, 200, 200, 200, 200, None),
	("manager", "plain", 200, 200, 200, 200, 200, None),
	("manager", "Administrator", 403, 403, 403, 403, 403, (403, 417)),
	("manager", "Guest", 403, 403, 403, 403, 403, (403, 417)),
	("plain", "plain", 200, 200, 0, 417, 403, 403),
	("plain", "victim", 403, 403, 403, 403, 403, 403),
	("plain", "manager", 403, 403, 403, 403, 403, 403),
	("plain", "Administrator", 403, 403, 403, 403, 403, 403),
	("Guest", "victim", 403, 403, 403, 403, 403, 403),
	("Guest", "Guest", 403, 403, 403, 403, 403, 403),
	("Guest", "Administrator", 403, 403, 403, 403, 403, 403),
]


@pytest.mark.parametrize("actor, target, read, edit, level, password, keys, delete", MATRIX)
def test_the_matrix_of_rights_on_users(world, actor, target, read, edit, level, password, keys, delete):
	call, path = world.callers[actor], f"/api/resource/User/{world.email(target)}"

	def says(want, answer):
		if want is not None:
			assert answer.status_code in (want if isinstance(want, tuple) else (want or 200,)), answer.text

	says(read, call("GET", path))
	says(edit, call("PUT", path, json={"bio": f"by {actor}"}))
	before = world.user(target)
	says(level, call("PUT", path, json={"login_after": 0, "restrict_ip": "10.9.9.9" if level == 0 else before.get("restrict_ip")}))
	if level == 0:
		assert world.user(target).get("restrict_ip") == before.get("restrict_ip")
	if password is not None:
		says(password, call("PUT", path, json={"new_password": "Gr4nite-New-Qz99"}))
	if keys is not None:
		answer = call("POST", GENERATE, json={"user": world.email(target)})
		says(keys, answer)
		if keys == 200:
			world.callers[target] = world.site.with_token(answer.json()["message"])
	if delete is not None:
		says(delete, call("DELETE", path))


# --- 7.3: ways up, each tried by an ordinary user; what he is stays what it was

def ways_up(world):
	me, victim = world.email("plain"), world.email("victim")
	role = {"doctype": "Has Role", "parent": me, "parenttype": "User", "parentfield": "roles", "role": "System Manager"}
	return [
		("PUT", f"/api/resource/User/{me}", {"roles": [{"role": "System Manager"}]}),
		("PUT", f"/api/resource/User/{me}", {"user_type": "System User", "role_profile_name": "x", "api_key": "a" * 15, "enabled": 0}),
		("POST", "/api/resource/Has Role", role),
		("POST", METHOD + "frappe.client.insert", {"doc": role}),
		("POST", METHOD + "frappe.client.insert_many", {"docs": [role]}),
		("POST", METHOD + "frappe.client.set_value", {"doctype": "User", "name": me, "fieldname": {"roles": [{"role": "System Manager"}]}}),
		("POST", METHOD + "frappe.client.bulk_update", {"docs": json.dumps([{"doctype": "User", "docname": me, "roles": [{"role": "System Manager"}]}])}),
		("POST", "/api/resource/Role Profile", {"role_profile": "up", "roles": [{"role": "System Manager"}]}),
		("POST", "/api/resource/Role", {"role_name": "Mine", "desk_access": 1}),
		("PUT", "/api/resource/Role/Plain", {"desk_access": 0}),
		("POST", "/api/resource/Custom DocPerm", {"parent": "User", "role": "Plain", "read": 1, "write": 1}),
		("POST", "/api/resource/DocType", {"name": "Up", "module": "Custom", "custom": 1, "fields": [{"fieldname": "a", "fieldtype": "Data"}],
			"permissions": [{"role": "Plain"}]}),
		("PUT", "/api/resource/DocType/Work", {"permissions": [permission("Plain", "read write")]}),
		("POST", "/api/resource/DocPerm", {"parent": "Work", "parenttype": "DocType", "parentfield": "permissions", "role": "Plain", "read": 1}),
		("POST", "/api/resource/Custom Field", {"dt": "User", "label": "x", "fieldtype": "Data"}),
		("POST", "/api/resource/Property Setter", {"doctype_or_field": "DocField", "doc_type": "Work", "field_name": "secret", "property": "permlevel", "value": "0"}),
		("POST", "/api/resource/User Permission", {"user": me, "allow": "User", "for_value": victim}),
		("POST", "/api/resource/DocShare", {"user": me, "share_doctype": "User", "share_name": "Administrator", "read": 1, "write": 1}),
		("POST", METHOD + "frappe.share.add", {"doctype": "User", "name": victim, "user": me, "write": 1}),
		("POST", METHOD + "frappe.share.add", {"doctype": "User", "name": "Administrator", "user": me, "write": 1}),
		("POST", METHOD + "frappe.share.add", {"doctype": "Work", "name": world.work["name"], "user": me}),
		("POST", METHOD + "frappe.client.get_password", {"doctype": "User", "name": me, "fieldname": "api_secret"}),
		("POST", METHOD + "frappe.client.rename_doc", {"doctype": "User", "old_name": me, "new_name": "Administrator2@example.com"}),
		("POST", METHOD + "frappe.core.doctype.user.user.generate_keys", {"user": me}),
		("PUT", f"/api/resource/Work/{world.work['name']}", {"owner": me}),
		("PUT", f"/api/resource/System Settings/System Settings", {"allow_login_using_user_name": 1}),
	]


def test_no_way_up_is_open_to_an_ordinary_user(world):
	for verb, path, body in ways_up(world):
		answer = world.callers["plain"](verb, path, json=body)
		if answer.status_code == 200:  # what he may write is written, and nothing else
			assert path.endswith(world.email("plain")) or "set_value" in path or "bulk_update" in path, (verb, path, answer.text)
		else:
			assert answer.status_code in (403, 404, 417), (verb, path, answer.text)
			assert answer.status_code != 404 or "rename" in path or "insert_many" in path or "bulk" in path, (verb, path, answer.text)
		user = world.user("plain")
		assert (world.roles("plain"), user["enabled"], user.get("role_profile_name")) == ({"Plain"}, 1, None), (verb, path)
		assert user.get("api_key") != "a" * 15
	assert world.callers["plain"]("GET", "/api/resource/Work", params={"fields": '["secret"]', "limit": "0"}).json()["data"] == []


def test_a_system_manager_does_not_reach_administrator(world):
	manager, me = world.callers["manager"], world.email("manager")
	tries = [
		("POST", "/api/resource/DocShare", {"user": me, "share_doctype": "User", "share_name": "Administrator", "read": 1, "write": 1}),
		("POST", METHOD + "frappe.share.add", {"doctype": "User", "name": "Administrator", "user": me, "write": 1}),
		("POST", METHOD + "frappe.client.set_value", {"doctype": "User", "name": "Administrator", "fieldname": "bio", "value": "x"}),
		("POST", METHOD + "frappe.client.get", {"doctype": "User", "name": "Administrator"}),
		("POST", METHOD + "frappe.client.get_password", {"doctype": "User", "name": "Administrator", "fieldname": "api_secret"}),
		("POST", "/api/resource/Has Role", {"parent": "Administrator", "parenttype": "User", "parentfield": "roles", "role": "Plain"}),
		("POST", GENERATE, {"user": "ADMINISTRATOR"}),
	]
	for verb, path, body in tries:
		answer = manager(verb, path, json=body)
		assert answer.status_code in (403, 417) or answer.json().get("message") in (None, {}), (path, answer.text)
	assert "Administrator" not in {row["name"] for row in manager("GET", "/api/resource/User", params={"limit_page_length": "0"}).json()["data"]}


def test_a_role_that_is_switched_off_grants_nothing_from_the_next_request_on(world):
	world.add("off", "Off")
	make(world.site.admin, "DocType", name="Offs", module="Custom", custom=1, fields=[world.field("a")], permissions=[permission("Off", "read create")])
	assert world.callers["off"]("GET", "/api/resource/Offs").status_code == 200
	assert world.site.admin("PUT", "/api/resource/Role/Off", json={"disabled": 1}).status_code == 200
	assert world.callers["off"]("GET", "/api/resource/Offs").status_code == 403


def test_nobody_learns_the_roles_and_keys_of_others(world):
	plain, victim = world.callers["plain"], world.email("victim")
	listed = plain("GET", "/api/resource/Has Role", params={"parent": "User", "fields": '["parent","role"]', "limit_page_length": "0"})
	assert listed.status_code == 403 or {row["parent"] for row in listed.json()["data"]} <= {world.email("plain")}
	roles = plain("GET", METHOD + "frappe.core.doctype.user.user.get_roles", params={"uid": victim})
	assert roles.status_code == 403
	users = plain("GET", "/api/resource/User", params={"fields": '["name","api_key","mobile_no","last_ip","birth_date"]', "limit_page_length": "0"})
	assert users.status_code == 403 or all(set(row) <= {"name", "full_name", "user_image", "enabled", "user_type"} for row in users.json()["data"])
	for filters in ('[["api_key","like","%"]]', '[["mobile_no","is","set"]]'):
		asked = plain("GET", "/api/resource/User", params={"filters": filters})
		assert asked.status_code in (403, 417) or filters.startswith('[["mobile'), asked.text
	assert "api_key" not in plain("GET", f"/api/resource/User/{world.email('plain')}").json()["data"]


# --- 10: holes that are closed

def test_what_counts_and_asks_is_judged_like_what_lists(world):
	plain, name = world.callers["plain"], world.work["name"]
	assert plain.call("frappe.client.get_count", doctype="Work") == 0
	assert plain("POST", METHOD + "frappe.client.get_count", json={"doctype": "Work", "filters": {"secret": "S3CRET"}}).status_code == 417
	assert plain("POST", METHOD + "frappe.client.get_count", json={"doctype": "Error Log"}).status_code in (403, 404)
	rights = plain.call("frappe.client.get_doc_permissions", doctype="Work", docname=name)["permissions"]
	assert not any(value for right, value in rights.items() if right != "if_owner")
	assert plain.call("frappe.client.get_value", doctype="Work", fieldname="title", filters=name) in ({}, None)
	assert plain("GET", METHOD + "frappe.client.get_single_value", params={"doctype": "System Settings", "field": "language"}).status_code in (403, 404, 417)


def test_rows_are_neither_stolen_nor_listed_without_their_parent(world):
	plain, row = world.callers["plain"], world.work["parts"][0]["name"]
	mine = make(plain, "Work", title="mine", parts=[{"name": row, "item": "stolen"}])
	assert plain("GET", f"/api/resource/Work/{mine['name']}").json()["data"]["parts"][0]["name"] != row
	assert plain("PUT", f"/api/resource/Work/{mine['name']}", json={"parts": [{"name": row, "item": "stolen"}]}).status_code in (200, 417)
	kept = world.site.admin("GET", f"/api/resource/Work/{world.work['name']}").json()["data"]["parts"]
	assert [(part["name"], part["item"]) for part in kept] == [(row, "i")]
	assert plain("GET", f"/api/resource/Part/{row}").status_code == 403
	listed = plain("GET", "/api/resource/Part", params={"parent": "Work", "fields": '["name","item"]', "limit_page_length": "0"}).json()["data"]
	assert row not in {part["name"] for part in listed}
	assert plain("GET", "/api/resource/Part", params={"parent": "Work", "fields": '["hush"]'}).text.count("HUSHED") == 0


@pytest.mark.parametrize("arguments", [{"filters": '[["secret","like","S%"]]'}, {"or_filters": '[["secret","=","S3CRET"]]'}, {"order_by": "secret asc"},
	{"group_by": "secret"}, {"filters": '[["Part","hush","=","HUSHED"]]'}])
def test_levels_are_no_oracle_for_who_may_read_the_document(world, arguments):
	assert world.callers["victim"]("GET", "/api/resource/Work", params=arguments).status_code == 417


def test_links_show_nothing_that_may_not_be_read_and_tell_no_names(world):
	victim, name = world.callers["victim"], world.work["name"]
	world.site.admin("PUT", f"/api/resource/Work/{name}", json={"boss": "H"})
	rows = victim("GET", "/api/resource/Work", params={"fields": '["name","boss.title"]', "filters": json.dumps({"name": name})}).json()["data"]
	assert rows == [{"name": name, "title": None}]
	for link in ("H", "No Such"):  # without the right to create, both answers are one
		answer = world.site.guest("POST", "/api/resource/Work", json={"boss": link})
		assert (answer.status_code, "Could not find" in answer.text) == (403, False)


def test_rights_end_with_the_role_at_once(world):
	world.add("brief", "Plain")
	mine = make(world.callers["brief"], "Work", title="x")["name"]
	assert world.callers["brief"]("GET", f"/api/resource/Work/{mine}").status_code == 200
	world.site.admin("PUT", f"/api/resource/User/{world.email('brief')}", json={"roles": []})
	assert world.callers["brief"]("GET", f"/api/resource/Work/{mine}").status_code == 403
	assert world.callers["brief"]("GET", "/api/resource/Work").status_code == 403


# --- Custom DocPerm

def test_the_first_custom_permission_keeps_the_ones_that_are_there(world):
	admin = world.site.admin
	make(admin, "DocType", name="Kept", module="Custom", custom=1, fields=[world.field("a")], permissions=[permission("System Manager", "read write create")])
	make(admin, "Kept", a="x")
	assert world.callers["plain"]("GET", "/api/resource/Kept").status_code == 403
	made = make(admin, "Custom DocPerm", parent="Kept", role="Plain", read=1)
	assert world.callers["plain"]("GET", "/api/resource/Kept").status_code == 200
	assert world.callers["manager"]("GET", "/api/resource/Kept").status_code == 200  # its own row was copied first
	assert admin("DELETE", f"/api/resource/Custom DocPerm/{made['name']}").status_code == 202
	assert world.callers["plain"]("GET", "/api/resource/Kept").status_code == 403
	for body in ({"parent": "DocType", "role": "Plain", "read": 1}, {"parent": "Part", "role": "Plain", "read": 1}, {"parent": "No Such", "role": "Plain", "read": 1},
		{"parent": "Kept", "role": "Plain", "read": 1, "permlevel": 10}, {"parent": "Kept", "role": "No Such", "read": 1}):
		assert admin("POST", "/api/resource/Custom DocPerm", json=body).status_code == 417, body


def test_the_roles_of_profiles_take_the_place_of_a_users_own(world):
	def roles(answer):
		assert answer.status_code == 200, answer.text
		return [row["role"] for row in answer.json()["data"]["roles"]], answer.json()["data"]["user_type"]

	admin = world.site.admin
	for name, desk in (("Profile A", 0), ("Profile B", 1), ("Profile C", 0)):
		assert admin("POST", "/api/resource/Role", json={"role_name": name, "desk_access": desk}).status_code == 200
	for name, held in (("Group 1", ("Profile A",)), ("Group 2", ("Profile A", "Profile B"))):
		assert admin("POST", "/api/resource/Role Profile", json={"role_profile": name, "roles": [{"role": role} for role in held]}).status_code == 200
	made = admin("POST", "/api/resource/User", json={"email": "grouped@example.com", "first_name": "g", "send_welcome_email": 0, "roles": [{"role": "Profile C"}]})
	path = "/api/resource/User/grouped@example.com"
	assert roles(made) == (["Profile C"], "Website User")
	assert roles(admin("PUT", path, json={"role_profiles": [{"role_profile": "Group 1"}]})) == (["Profile A"], "Website User")
	assert roles(admin("PUT", path, json={"role_profiles": [{"role_profile": "Group 1"}, {"role_profile": "Group 2"}], "roles": [{"role": "System Manager"}]}))[0] == ["Profile A", "Profile B"]
	assert roles(admin("PUT", path, json={"bio": "x"})) == (["Profile A", "Profile B"], "System User")
	assert admin("PUT", "/api/resource/Role Profile/Group 2", json={"roles": [{"role": "Profile C"}]}).status_code == 200
	assert roles(admin("GET", path)) == (["Profile A", "Profile C"], "Website User")
	assert admin.call("frappe.core.doctype.user.user.get_roles", uid="grouped@example.com").count("Profile B") == 0
	assert roles(admin("PUT", path, json={"role_profiles": [], "roles": [{"role": "Profile B"}]})) == (["Profile B"], "System User")
	assert admin("PUT", "/api/resource/Role Profile/Group 2", json={"roles": []}).status_code == 200 and roles(admin("GET", path))[0] == ["Profile B"]
