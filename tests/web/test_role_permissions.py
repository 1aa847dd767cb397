"""Who may do what: the matrix of roles by rights."""

import pytest

from test_life import make_doctype


@pytest.fixture(scope="module")
def ruled(server):
	make_doctype(server, "Web Rights", [{"fieldname": "what", "label": "What", "fieldtype": "Data"}], is_submittable=1)
	server.admin("POST", "/api/resource/Web Rights", json={"name": "W-1"}).raise_for_status()


def rules(server):
	answer = server.admin("GET", '/api/resource/Custom DocPerm?filters=[["parent","=","Web Rights"]]&fields=["role","permlevel","if_owner","read","write","create","delete","submit","cancel"]')
	return sorted(answer.json()["data"], key=lambda r: (r["role"], r["permlevel"]))


def test_a_rule_is_added_changed_and_reset(admin, server, ruled, make_user):
	user = server.login(make_user(roles=["Blogger"]), "Gr4nite-Ada-Qz11")
	path = server.url + "/api/resource/Web Rights/W-1"
	assert user.get(path).status_code == 403
	admin.open("/app/role").click("link", "Role permissions").see("No DocType is chosen").choose("DocType", "Web Rights")
	admin.see("that the DocType came with").click("button", "Add rule").fill("Role", "Blogger", role="combobox").find("option", "Blogger", exact=False).click()
	admin.agree("Add a rule")
	admin.click("checkbox", "Submit: Blogger, level 0").ticked("Write: Blogger, level 0")  # what a right needs comes with it
	admin.click("checkbox", "Delete: System Manager, level 0").see("Not saved yet").click("button", "Save").see("These rules were made on this site.")
	manager, blogger = reversed(rules(server))
	assert (manager["role"], manager["read"], manager["delete"]) == ("System Manager", 1, 0)
	assert (blogger["role"], blogger["read"], blogger["write"], blogger["submit"], blogger["create"]) == ("Blogger", 1, 1, 1, 0)
	assert user.get(path).status_code == 200

	admin.click("button", "Remove Blogger, level 0").click("button", "Save").wait("one rule", lambda: len(rules(server)) == 1)
	assert user.get(path).status_code == 403
	admin.see("These rules were made on this site.").wait("the button", lambda: admin.find("button", "Reset").is_enabled())
	admin.click("button", "Reset").agree("Reset the rules of Web Rights?")
	admin.see("that the DocType came with").ticked("Delete: System Manager, level 0")
	assert rules(server) == []


def test_the_first_change_of_a_rule_doubles_none(admin, server, ruled):
	admin.open("/app/permission-manager?doctype=Web+Rights").click("checkbox", "Create: System Manager, level 0")
	admin.click("button", "Save").see("These rules were made on this site.")
	[rule] = rules(server)
	assert (rule["role"], rule["create"], rule["read"]) == ("System Manager", 0, 1)
	admin.click("checkbox", "Create: System Manager, level 0").click("button", "Undo changes").ticked("Create: System Manager, level 0", on=False)
	admin.click("button", "Remove System Manager, level 0").see("One rule has to stay")
	admin.wait("nothing to save", lambda: not admin.find("button", "Save").is_enabled())


def test_a_rule_is_removed_without_scrolling(admin, ruled):
	admin.dress(width=1024, height=768).open("/app/permission-manager?doctype=Web+Rights").settled()
	button = admin.find("button", "Remove System Manager, level 0", exact=True)
	right, wide = admin.browser.execute_script("return [arguments[0].getBoundingClientRect().right, arguments[0].closest('.table-wrap').getBoundingClientRect().right]", button)

	assert right <= wide


def test_rules_that_do_not_go_together_change_nothing(admin, server, ruled):
	admin.open("/app/permission-manager?doctype=Web+Rights").see("These rules were made on this site.")
	before = rules(server)
	admin.click("checkbox", "Create: System Manager, level 0").click("checkbox", "Delete: System Manager, level 0")
	admin.click("button", "Add rule").fill("Role", "Blogger", role="combobox").find("option", "Blogger", exact=False).click()
	admin.agree("Add a rule")
	admin.click("checkbox", "Read: Blogger, level 0").click("button", "Save").see("No basic permissions set").see("Nothing was changed.")
	assert rules(server) == before
	admin.ticked("Create: System Manager, level 0")  # what was chosen stays
	admin.click("checkbox", "Read: Blogger, level 0").click("button", "Save").wait("two rules", lambda: len(rules(server)) == 2)
	assert {rule["role"]: rule["create"] for rule in rules(server)} == {"System Manager": 1, "Blogger": 0}


def test_rules_that_are_fixed_cannot_be_changed(admin):
	admin.open("/app/permission-manager?doctype=DocType").see("The rules of this DocType cannot be changed.")

	assert not admin.has("button", "Save") and not admin.find("checkbox", "Read: System Manager, level 0").is_enabled()


def test_whoever_is_no_system_manager_finds_no_rules(as_user, make_user):
	someone = as_user(make_user(roles=["Blogger"])).open("/app/permission-manager?doctype=ToDo").heading("Role permissions")

	someone.see("Not permitted")
	assert not someone.has("button", "Save")
