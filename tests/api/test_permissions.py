"""User permissions, shares, Custom DocPerm, and the matrix of who may do what to whom (spec/permissions.md)."""

import json
import random

import pytest

from sites import GENERATE

PASSWORD = "Gr4nite-Ada-Qz82"


def field(name, kind="Data", **more):
	return {"fieldname": name, "fieldtype": kind, "label": name.title(), **more}


def allow(role, rights="read write create", **more):
	return {"role": role, **{right: 1 for right in rights.split()}, **more}


def make(site, doctype, who=None, **values):
	answer = (who or site.admin)("POST", f"/api/resource/{doctype}", json=values)
	assert answer.status_code == 200, answer.text
	return answer.json()["data"]


def make_user(site, name, *roles):
	"""A caller with a key of his own."""
	make(site, "User", email=f"{name}@example.com", first_name=name, send_welcome_email=0, new_password=PASSWORD,
		roles=[{"role": role} for role in roles])
	pair = site.admin("POST", GENERATE, json={"user": f"{name}@example.com"}).json()["message"]
	caller = site.with_token(pair)
	caller.name = f"{name}@example.com"
	caller.pair = pair
	return caller


def names(caller, doctype, **more):
	"""What the caller's list holds."""
	answer = caller("GET", f"/api/resource/{doctype}", params={"limit_page_length": "0", **more})
	assert answer.status_code == 200, answer.text
	return {row["name"] for row in answer.json()["data"]}


def said(answer):
	"""The texts of an answer's messages."""
	return " ".join(json.loads(m)["message"] for m in json.loads(answer.json().get("_server_messages", "[]")))


def share(site, who=None, **arguments):
	return (who or site.admin)("POST", "/api/method/frappe.share.add", json=arguments)


DOCTYPES = [
	{"name": "Region", "autoname": "prompt", "is_tree": 1, "fields": [field("parent_region", "Link", options="Region", ignore_user_permissions=1)],
		"permissions": [allow("Seller", "read")]},
	{"name": "Stop", "istable": 1, "fields": [field("region", "Link", options="Region")], "permissions": []},
	{"name": "Trip", "autoname": "prompt", "is_submittable": 1, "fields": [
		field("title"), field("region", "Link", options="Region"), field("other", "Link", options="Region", ignore_user_permissions=1),
		field("stops", "Table", options="Stop"), field("cost", "Int", permlevel=1)],
		"permissions": [allow("Seller", "read write create delete submit share"), allow("Owner", "read write create share", if_owner=1),
			allow("Seller", "read", permlevel=1)]},
	{"name": "Bill", "autoname": "prompt", "fields": [field("region", "Link", options="Region")], "permissions": [allow("Seller")]},
]


class World:
	def __init__(self, site):
		self.site = site
		for role in ("Seller", "Owner", "Nothing"):
			make(site, "Role", role_name=role, desk_access=1)
		for doctype in DOCTYPES:
			make(site, "DocType", module="Custom", custom=1, **doctype)
		for name, above in (("World", None), ("North", "World"), ("South", "World"), ("Far North", "North"), ("Pole", "Far North")):
			make(site, "Region", name=name, parent_region=above)
		self.seller = make_user(site, "seller", "Seller")
		self.owner = make_user(site, "owner", "Owner")
		self.nobody = make_user(site, "nobody", "Nothing")
		self.manager = make_user(site, "manager", "System Manager")

	def limit(self, who, value, allow="Region", **more):
		return make(self.site, "User Permission", user=who.name, allow=allow, for_value=value, **more)["name"]


@pytest.fixture(scope="module")
def world(server):
	server.admin = server.admin or server.with_token(server.json("keys", "generate", "Administrator"))
	return World(server)


@pytest.fixture
def limits(world):
	"""Makes user permissions that end with the test."""
	made = []

	def limit(who, value, **more):
		made.append(world.limit(who, value, **more))
		return made[-1]

	yield limit
	for name in made:
		assert world.site.admin("DELETE", f"/api/resource/User Permission/{name}").status_code == 202


@pytest.fixture
def trips(world):
	made = [make(world.site, "Trip", name=name, region=region, other="South", stops=[{"region": stop}] if stop else [])["name"]
		for name, region, stop in (("n", "North", None), ("s", "South", None), ("e", None, None), ("f", "Far North", None), ("ns", "North", "South"))]
	yield made
	for name in made:
		world.site.admin("DELETE", f"/api/resource/Trip/{name}")


# --- user permissions

def test_a_user_permission_cuts_lists_reads_counts_and_link_searches(world, trips, limits):
	limits(world.seller, "South")
	assert names(world.seller, "Trip") == {"s", "e"}
	assert names(world.seller, "Region") == {"South"}
	assert world.seller.call("frappe.client.get_count", doctype="Trip") == 2
	assert [row["value"] for row in world.seller.call("frappe.desk.search.search_link", doctype="Region", txt="")] == ["South"]
	assert world.seller("GET", "/api/resource/Trip/s").status_code == 200
	refused = world.seller("GET", "/api/resource/Trip/n")
	assert refused.status_code == 403 and refused.json()["exc_type"] == "PermissionError"
	assert "You are not allowed to access this DocType record because it is linked to Region 'North' in field Region" in said(refused)
	refused = world.seller("GET", "/api/resource/Region/North")
	assert refused.status_code == 403 and "Not allowed for Region: North" in said(refused)
	for change in ("PUT", "DELETE"):
		assert world.seller(change, "/api/resource/Trip/n", json={"title": "x"}).status_code == 403


def test_the_rows_of_a_document_count_in_reads_and_in_lists(world, trips, limits):
	limits(world.seller, "North")
	refused = world.seller("GET", "/api/resource/Trip/ns")
	assert refused.status_code == 403 and "linked to Region 'South' in row 1, field Region" in said(refused)
	assert names(world.seller, "Trip") == {"n", "e", "f"}


def test_what_is_below_an_allowed_node_is_allowed_unless_it_is_hidden(world, trips, limits):
	limits(world.seller, "North", hide_descendants=1)
	assert names(world.seller, "Region") == {"North"} and names(world.seller, "Trip") == {"n", "e"}
	limits(world.seller, "Far North")
	assert names(world.seller, "Region") == {"North", "Far North", "Pole"} and names(world.seller, "Trip") == {"n", "e", "f"}


def test_empty_links_pass_unless_the_setting_is_strict(world, trips, limits):
	limits(world.seller, "South")
	try:
		assert world.site.admin("PUT", "/api/resource/System Settings/System Settings", json={"apply_strict_user_permissions": 1}).status_code == 200
		assert names(world.seller, "Trip") == {"s"}
		assert world.seller("GET", "/api/resource/Trip/e").status_code == 403
	finally:
		world.site.admin("PUT", "/api/resource/System Settings/System Settings", json={"apply_strict_user_permissions": 0})
	assert names(world.seller, "Trip") == {"s", "e"}


def test_a_user_permission_may_be_for_one_doctype_alone(world, trips, limits):
	make(world.site, "Bill", name="b", region="North")
	limits(world.seller, "South", applicable_for="Bill")
	assert names(world.seller, "Trip") == set(trips) and names(world.seller, "Bill") == set()
	assert len(names(world.seller, "Region")) == 5
	world.site.admin("DELETE", "/api/resource/Bill/b")


def test_a_field_that_ignores_user_permissions_ignores_them(world, trips, limits):
	limits(world.seller, "North")
	assert "n" in names(world.seller, "Trip")  # its other region is South


def test_a_document_is_not_made_nor_moved_where_its_writer_may_not_go(world, trips, limits):
	limits(world.seller, "South")
	assert world.seller("POST", "/api/resource/Trip", json={"name": "x", "region": "North"}).status_code == 403
	moved = world.seller("PUT", "/api/resource/Trip/s", json={"region": "North"})
	assert moved.status_code == 403 and "linked to Region 'North'" in said(moved)
	assert world.site.admin("GET", "/api/resource/Trip/s").json()["data"]["region"] == "South"
	assert world.seller("PUT", "/api/resource/Trip/s", json={"title": "stays"}).status_code == 200


def test_the_only_value_or_the_default_presets_new_links(world, trips, limits):
	limits(world.seller, "South")
	assert make(world.site, "Trip", world.seller, name="p1")["region"] == "South"
	limits(world.seller, "North", hide_descendants=1)
	assert "region" not in make(world.site, "Trip", world.seller, name="p2")
	limits(world.seller, "Pole", is_default=1)
	assert make(world.site, "Trip", world.seller, name="p3")["region"] == "Pole"
	for name in ("p1", "p2", "p3"):
		world.site.admin("DELETE", f"/api/resource/Trip/{name}")


def test_owners_keep_what_is_theirs_as_owners_alone(world, limits):
	make(world.site, "Trip", world.owner, name="mine", region="North")
	limits(world.owner, "South")
	assert names(world.owner, "Trip") == {"mine"}
	assert world.owner("GET", "/api/resource/Trip/mine").status_code == 200
	world.site.admin("DELETE", "/api/resource/Trip/mine")


def test_administrator_is_not_limited(world, trips):
	name = make(world.site, "User Permission", user="Administrator", allow="Region", for_value="South")["name"]
	assert names(world.site.admin, "Trip") == set(trips)
	world.site.admin("DELETE", f"/api/resource/User Permission/{name}")


@pytest.mark.parametrize("body, text", [
	({"for_value": "South"}, "User permission already exists"),
	({"for_value": "North", "is_default": 1}, "has already assigned default value for Region."),
	({"for_value": "Nowhere"}, "Could not find"),
	({"for_value": "South", "allow": "No Such"}, "Could not find"),
])
def test_a_user_permission_is_checked(world, limits, body, text):
	limits(world.seller, "South", is_default=1)
	answer = world.site.admin("POST", "/api/resource/User Permission", json={"user": world.seller.name, "allow": "Region", **body})
	assert answer.status_code == 417 and text in said(answer)


def test_system_managers_alone_write_user_permissions_shares_and_permissions(world, trips):
	for doctype, body in (
		("User Permission", {"user": world.seller.name, "allow": "Region", "for_value": "South"}),
		("DocShare", {"user": world.seller.name, "share_doctype": "Trip", "share_name": "n", "read": 1}),
		("Custom DocPerm", {"parent": "Trip", "role": "Seller", "read": 1}),
		("Role", {"role_name": "Mine"}),
	):
		assert world.seller("POST", f"/api/resource/{doctype}", json=body).status_code == 403, doctype
		assert world.seller("GET", f"/api/resource/{doctype}").status_code == 403, doctype


# --- shares

def test_a_shared_document_is_read_and_listed_by_whom_it_is_shared_with(world, trips):
	assert world.nobody("GET", "/api/resource/Trip").status_code == 403
	row = share(world.site, doctype="Trip", name="n", user=world.nobody.name).json()["message"]
	assert (row["doctype"], row["read"], row["write"], row["user"]) == ("DocShare", 1, 0, world.nobody.name)
	assert names(world.nobody, "Trip") == {"n"}
	assert world.nobody("GET", "/api/resource/Trip/n").status_code == 200
	assert world.nobody("GET", "/api/resource/Trip/s").status_code == 403
	assert world.nobody("PUT", "/api/resource/Trip/n", json={"title": "x"}).status_code == 403
	assert "cost" not in world.nobody("GET", "/api/resource/Trip/n").json()["data"] or \
		world.nobody("GET", "/api/resource/Trip/n").json()["data"]["cost"] == 0
	share(world.site, doctype="Trip", name="n", user=world.nobody.name, write=1)
	assert world.nobody("PUT", "/api/resource/Trip/n", json={"title": "x"}).status_code == 200
	assert world.nobody("DELETE", "/api/resource/Trip/n").status_code == 403
	assert world.nobody.call("frappe.share.get_users", doctype="Trip", name="s") == []
	assert [r["user"] for r in world.nobody.call("frappe.share.get_users", doctype="Trip", name="n")] == [world.nobody.name]
	world.site.admin.call("frappe.share.remove", doctype="Trip", name="n", user=world.nobody.name)
	assert world.nobody("GET", "/api/resource/Trip/n").status_code == 403
	assert world.nobody("GET", "/api/resource/Trip").status_code == 403


def test_a_share_for_everyone_is_for_who_is_logged_in(world, trips):
	share(world.site, doctype="Trip", name="s", everyone=1)
	assert names(world.nobody, "Trip") == {"s"} and names(world.owner, "Trip") == {"s"}
	assert world.site.guest("GET", "/api/resource/Trip/s").status_code == 403
	assert world.site.guest("GET", "/api/resource/Trip").status_code == 403


def test_a_share_reaches_over_user_permissions_and_owners(world, trips, limits):
	limits(world.seller, "South")
	share(world.site, doctype="Trip", name="n", user=world.seller.name)
	assert names(world.seller, "Trip") == {"s", "e", "n"}
	assert world.seller("GET", "/api/resource/Trip/n").status_code == 200
	assert world.seller("PUT", "/api/resource/Trip/n", json={"title": "x"}).status_code == 403


def test_a_share_reaches_over_the_code_rule_in_lists_as_in_reads(world):
	note = make(world.site, "Note", title="private", content="x")["name"]
	assert note not in names(world.manager, "Note")
	share(world.site, doctype="Note", name=note, user=world.manager.name)
	assert note in names(world.manager, "Note")
	assert world.manager("GET", f"/api/resource/Note/{note}").status_code == 200


def test_rights_of_a_share_change_one_by_one_and_one_without_rights_goes(world, trips):
	def change(right, value):
		return world.site.admin.call("frappe.share.set_permission", doctype="Trip", name="n", user=world.nobody.name, permission_to=right, value=value)

	row = change("submit", 1)
	assert (row["read"], row["write"], row["submit"], row["share"]) == (1, 1, 1, 0)
	assert change("submit", 0)["write"] == 1
	assert change("read", 0) == {}
	assert world.site.admin.call("frappe.share.get_users", doctype="Trip", name="n") == []


def test_nobody_passes_on_what_he_does_not_hold(world, trips):
	share(world.site, doctype="Trip", name="n", user=world.nobody.name, share=1)
	assert share(world.site, world.nobody, doctype="Trip", name="n", user=world.owner.name).status_code == 200
	for right in ("write", "submit"):
		assert share(world.site, world.nobody, doctype="Trip", name="n", user=world.nobody.name, share=1, **{right: 1}).status_code == 403
	assert share(world.site, world.owner, doctype="Trip", name="n", user=world.nobody.name).status_code == 403
	assert world.nobody("PUT", "/api/resource/Trip/n", json={"title": "mine"}).status_code == 403


@pytest.mark.parametrize("arguments, status, text", [
	({"doctype": "Bill", "name": "b9", "user": "seller@example.com", "submit": 1}, 417, "is not submittable"),
	({"doctype": "Bill", "name": "none"}, 404, "not found"),
	({"doctype": "No Such", "name": "n"}, 404, "not found"),
	({"doctype": "User", "name": "Administrator", "user": "manager@example.com"}, 403, "No permission to share User Administrator"),
])
def test_a_share_is_checked(world, arguments, status, text):
	if arguments["doctype"] == "Bill" and world.site.admin("GET", "/api/resource/Bill/b9").status_code == 404:
		make(world.site, "Bill", name="b9")
	answer = share(world.site, **arguments)
	assert (answer.status_code, text in answer.text) == (status, True), answer.text


def test_sharing_can_be_switched_off_for_all_but_administrator(world, trips):
	try:
		world.site.admin("PUT", "/api/resource/System Settings/System Settings", json={"disable_document_sharing": 1})
		assert share(world.site, world.seller, doctype="Trip", name="n", user=world.nobody.name).status_code == 403
		assert share(world.site, doctype="Trip", name="n", user=world.nobody.name).status_code == 200
	finally:
		world.site.admin("PUT", "/api/resource/System Settings/System Settings", json={"disable_document_sharing": 0})
	assert share(world.site, world.seller, doctype="Trip", name="n", user=world.nobody.name).status_code == 200


def test_a_share_ends_with_its_document(world):
	make(world.site, "Bill", name="once")
	share(world.site, doctype="Bill", name="once", user=world.nobody.name)
	assert world.site.admin("DELETE", "/api/resource/Bill/once").status_code == 202
	make(world.site, "Bill", name="once")
	assert world.nobody("GET", "/api/resource/Bill/once").status_code == 403
	world.site.admin("DELETE", "/api/resource/Bill/once")


# --- lists and reads agree

def test_a_document_is_listed_exactly_if_it_can_be_read(world, trips):
	"""Random users, limits, shares and documents: the list's condition and the judgement of one document are one rule."""
	rng = random.Random(20)
	site, regions = world.site, ("World", "North", "South", "Far North", "Pole", None)
	for name in range(12):
		owner = rng.choice((site.admin, world.seller, world.owner))
		body = {"name": f"r{name}", "region": rng.choice(regions), "stops": [{"region": rng.choice(regions)} for _ in range(rng.randrange(3))]}
		make(site, "Trip", owner, **body)
	for turn in range(6):
		kept = []
		for who in (world.seller, world.owner, world.nobody):
			for region in rng.sample([r for r in regions if r], rng.randrange(3)):
				kept.append(("User Permission", world.limit(who, region, hide_descendants=rng.randrange(2),
					**({"applicable_for": rng.choice(("Trip", "Bill", "Region"))} if rng.randrange(2) else {}))))
		for name in rng.sample(range(12), 4):
			who = rng.choice((world.seller, world.owner, world.nobody))
			answer = share(site, doctype="Trip", name=f"r{name}", **rng.choice(({"user": who.name}, {"user": who.name, "write": 1}, {"everyone": 1})))
			kept.append(("DocShare", answer.json()["message"]["name"]))
		for who in (world.seller, world.owner, world.nobody, site.admin):
			listed = names(who, "Trip")
			read = {name for name in names(site.admin, "Trip") if who("GET", f"/api/resource/Trip/{name}").status_code == 200}
			assert listed == read, (turn, getattr(who, "name", "Administrator"))
			assert who.call("frappe.client.get_count", doctype="Trip") == len(read)
		for doctype, name in set(kept):
			assert site.admin("DELETE", f"/api/resource/{doctype}/{name}").status_code == 202
	for name in range(12):
		site.admin("DELETE", f"/api/resource/Trip/r{name}")
