"""The life of a document in the browser: rules of its fields, submit, cancel, amend, copy, rename, versions, files."""

import pytest

from test_pages import answer_with, violations

RIGHTS = ("read", "write", "create", "delete", "submit", "cancel", "amend", "report", "export")


def make_doctype(server, name, fields, **more):
	answer = server.admin("POST", "/api/resource/DocType", json={
		"name": name, "module": "Custom", "custom": 1, "autoname": None if more.get("istable") else "prompt", "fields": fields,
		"permissions": [{"role": "System Manager", **dict.fromkeys(RIGHTS if more.get("is_submittable") else RIGHTS[:4] + RIGHTS[7:], 1)}], **more,
	})
	assert answer.ok, answer.text


@pytest.fixture(scope="module")
def orders(server):
	"""Web Order: submittable, its changes are kept, one field may change after it is submitted."""
	make_doctype(server, "Web Order Row", [
		{"fieldname": "item", "label": "Item", "fieldtype": "Data", "in_list_view": 1, "reqd": 1},
		{"fieldname": "free", "label": "Free", "fieldtype": "Check", "in_list_view": 1},
		{"fieldname": "price", "label": "Price", "fieldtype": "Int", "in_list_view": 1, "depends_on": "eval:!doc.free"},
	], istable=1)
	make_doctype(server, "Web Order", [
		{"fieldname": "customer", "label": "Customer", "fieldtype": "Data", "reqd": 1},
		{"fieldname": "remark", "label": "Remark", "fieldtype": "Data", "allow_on_submit": 1, "description": "May change <b>later</b>"},
		{"fieldname": "once", "label": "Once", "fieldtype": "Data", "no_copy": 1},
		{"fieldname": "rows", "label": "Rows", "fieldtype": "Table", "options": "Web Order Row"},
	], is_submittable=1, track_changes=1)
	return "/api/resource/Web Order"


def test_a_document_is_submitted_cancelled_and_amended(admin, server, orders):
	server.admin("POST", orders, json={"name": "ORD-1", "customer": "Ada", "once": "x", "rows": [{"item": "Tea", "price": 3}]}).raise_for_status()
	admin.open("/app/web-order/ORD-1").see("Draft").click("button", "Submit").find("dialog", "Submit this Web Order?")
	assert violations(admin.settled()) == []
	admin.browser.switch_to.active_element.send_keys("\n")
	admin.miss("becomes final").see("Draft")  # the safe answer had the focus
	admin.click("button", "Submit").agree("Submit this Web Order?")
	admin.see("Submitted ·").see("only what its DocType leaves open can be changed")
	admin.gone("textbox", "Customer").gone("textbox", "Item, row 1").gone("button", "Delete")

	admin.fill("Remark", "sent").wait("no other step before it is saved", lambda: not admin.find("button", "Cancel document").is_enabled())
	admin.click("button", "Save").see("Saved.").click("button", "Cancel document")
	admin.agree("Cancel this Web Order?")
	admin.see("Cancelled ·").see("This document is cancelled; it cannot be edited.")
	admin.click("link", "Amend").heading("Amend ORD-1").holds("Customer", "Ada").holds("Item, row 1", "Tea").holds("Once", "")
	admin.fill("Customer", "Grace").click("button", "Save").see("was made").at("/app/web-order/ORD-1-1").see("Draft")
	admin.open("/app/web-order/ORD-1").click("link", "Amended as ORD-1-1").at("/app/web-order/ORD-1-1")

	stored = server.admin("GET", f"{orders}/ORD-1").json()["data"]
	amended = server.admin("GET", f"{orders}/ORD-1-1").json()["data"]
	assert (stored["docstatus"], stored["remark"]) == (2, "sent")
	assert (amended["docstatus"], amended["amended_from"], amended["customer"], amended.get("once")) == (0, "ORD-1", "Grace", None)


def test_what_someone_else_changed_is_not_submitted_unseen(admin, server, orders):
	server.admin("POST", orders, json={"name": "ORD-S", "customer": "Ada"}).raise_for_status()
	admin.open("/app/web-order/ORD-S").see("Draft")
	server.admin("PUT", f"{orders}/ORD-S", json={"customer": "Someone else"}).raise_for_status()
	admin.click("button", "Submit").agree("Submit this Web Order?")
	admin.see("Someone else changed this in the meantime").holds("Customer", "Someone else")

	assert server.admin("GET", f"{orders}/ORD-S").json()["data"]["docstatus"] == 0


def test_whoever_may_not_submit_finds_no_such_button(as_user, make_user, server):
	make_doctype(server, "Web Draft", [{"fieldname": "what", "label": "What", "fieldtype": "Data"}], is_submittable=1)
	server.admin("POST", "/api/resource/Custom DocPerm", json={"parent": "Web Draft", "role": "Blogger", "read": 1, "write": 1}).raise_for_status()
	server.admin("POST", "/api/resource/Web Draft", json={"name": "D-1"}).raise_for_status()
	writer = as_user(make_user(roles=["Blogger"])).open("/app/web-draft/D-1").heading("D-1")

	writer.find("button", "Save")
	assert [b for b in ("Submit", "Delete", "Cancel document") if writer.has("button", b)] == [] and not writer.has("link", "Copy")


def test_versions_show_the_old_value_and_the_new_one(admin, server, orders):
	server.admin("POST", orders, json={"name": "ORD-V", "customer": "Before", "rows": [{"item": "Tea", "price": 3}]}).raise_for_status()
	row = server.admin("GET", f"{orders}/ORD-V").json()["data"]["rows"][0]
	server.admin("PUT", f"{orders}/ORD-V", json={"customer": "<b>After</b>", "rows": [
		{**row, "price": 5}, {"item": "Milk", "price": 1}]}).raise_for_status()
	server.admin("PUT", f"{orders}/ORD-V", json={"rows": [{**row, "price": 5}]}).raise_for_status()
	admin.open("/app/web-order/ORD-V").heading("ORD-V").click("button", "Versions").see("Rows, row 1: Price")
	lines = admin.browser.execute_script(
		"return [...document.querySelectorAll('.versions tbody tr')].map((r) => [...r.children].map((c) => c.innerText))")

	assert ["Customer", "Before", "After"] in lines
	assert ["Rows, row 1: Price", "3", "5"] in lines
	assert ["Rows: row added", "(empty)", "Milk, 1"] in lines and ["Rows: row removed", "Milk, 1", "(empty)"] in lines
	assert violations(admin) == []


def test_many_versions_are_read_page_by_page(admin, server, orders):
	server.admin("POST", orders, json={"name": "ORD-M", "customer": "0"}).raise_for_status()
	for i in range(1, 24):
		server.admin("PUT", f"{orders}/ORD-M", json={"customer": str(i)}).raise_for_status()
	admin.open("/app/web-order/ORD-M").heading("ORD-M").click("button", "Versions").click("button", "Older")
	admin.wait("all of them", lambda: admin.browser.execute_script("return document.querySelectorAll('.versions > li').length") == 23)

	admin.gone("button", "Older")


def test_a_document_is_renamed_and_merged(admin, server, orders):
	for name in ("ORD-A", "ORD-B"):
		server.admin("POST", orders, json={"name": name, "customer": name}).raise_for_status()
	server.admin("POST", "/api/resource/ToDo", json={"description": "linked", "reference_type": "Web Order", "reference_name": "ORD-A"}).raise_for_status()
	admin.open("/app/web-order/ORD-A").heading("ORD-A").click("button", "Rename").find("dialog", "Rename ORD-A")
	admin.fill("New name", "ORD-B")
	rename(admin).see("Another Web Order with name ORD-B exists")
	admin.fill("New name", "ORD/C ü")
	rename(admin).at("/app/web-order/ORD%2FC%20%C3%BC").heading("ORD/C ü")
	admin.click("button", "Rename").fill("New name", "ORD-B").click("checkbox", "Merge into the document that has this name")
	rename(admin).at("/app/web-order/ORD-B").holds("Customer", "ORD-B")

	assert server.admin("GET", f"{orders}/ORD%2FC ü").status_code == 404
	[task] = server.admin("GET", '/api/resource/ToDo?filters=[["description","=","linked"]]&fields=["reference_name"]').json()["data"]
	assert task["reference_name"] == "ORD-B"


def rename(person):
	return person.agree("Rename", exact=False)


def test_a_copy_begins_as_the_document_that_it_copies(admin, server, orders):
	server.admin("POST", orders, json={"name": "ORD-K", "customer": "Kept", "once": "not", "rows": [{"item": "Tea", "price": 3}]}).raise_for_status()
	admin.open("/app/web-order/ORD-K").heading("ORD-K").click("link", "Copy").heading("New Web Order").fill("ID", "ORD-K2").click("button", "Save")
	admin.see("was made").at("/app/web-order/ORD-K2")

	copied = server.admin("GET", f"{orders}/ORD-K2").json()["data"]
	assert (copied["customer"], copied.get("once"), copied["rows"][0]["item"]) == ("Kept", None, "Tea")


@pytest.fixture(scope="module")
def ruled(server):
	"""Web Ruled: fields that are shown, needed and fixed by what others hold; one rule is no rule that can be read."""
	make_doctype(server, "Web Ruled", [
		{"fieldname": "kind", "label": "Kind", "fieldtype": "Select", "options": "\nplain\nodd\nfixed"},
		{"fieldname": "odd_only", "label": "Odd only", "fieldtype": "Data", "depends_on": "eval:doc.kind=='odd'"},
		{"fieldname": "why", "label": "Why", "fieldtype": "Data", "mandatory_depends_on": "eval:in_list(['odd', 'strange'], doc.kind)"},
		{"fieldname": "kept", "label": "Kept", "fieldtype": "Data", "read_only_depends_on": "eval:doc.kind === \"fixed\" && !doc.why"},
		{"fieldname": "part", "label": "Part", "fieldtype": "Section Break", "depends_on": "kind"},
		{"fieldname": "inside", "label": "Inside", "fieldtype": "Data"},
		{"fieldname": "always", "label": "Always", "fieldtype": "Section Break"},
		{"fieldname": "unread", "label": "Unread", "fieldtype": "Data", "depends_on": "eval:document.title='owned'"},
		{"fieldname": "stars", "label": "Stars", "fieldtype": "Rating"},
		{"fieldname": "paper", "label": "Paper", "fieldtype": "Attach"},
	])
	return "/api/resource/Web Ruled"


def test_fields_are_shown_needed_and_fixed_by_what_others_hold(admin, server, ruled):
	admin.open("/app/web-ruled/new").heading("New Web Ruled").fill("ID", "R-1").gone("textbox", "Odd only").gone("textbox", "Inside")
	admin.find("textbox", "Unread")  # what cannot be read is no rule, and never runs
	assert admin.browser.title != "owned"
	admin.choose("Kind", "odd").fill("Odd only", "here").fill("Inside", "there").click("button", "Save").see("Why: This is needed.")
	admin.fill("Why", "because").click("button", "Save").see("was made")
	admin.choose("Kind", "fixed").fill("Why", "").gone("textbox", "Kept").gone("textbox", "Odd only")
	admin.choose("Kind", "plain").find("textbox", "Kept")

	assert server.admin("GET", f"{ruled}/R-1").json()["data"]["odd_only"] == "here"


def test_rows_have_rules_too(admin, server, orders):
	server.admin("POST", orders, json={"name": "ORD-R", "customer": "x", "rows": [{"item": "Tea", "price": 3}]}).raise_for_status()
	admin.open("/app/web-order/ORD-R").heading("ORD-R").click("checkbox", "Free, row 1").gone("textbox", "Price, row 1")
	admin.click("button", "Add a row to Rows").click("button", "Save").see("Rows: Row 2, Item: This is needed.")
	admin.fill("Item, row 2", "Milk").click("button", "Save").see("Saved.")

	assert len(server.admin("GET", f"{orders}/ORD-R").json()["data"]["rows"]) == 2


def test_a_file_is_attached_and_taken_away(admin, server, ruled, tmp_path):
	(tmp_path / "paper.txt").write_text("words")
	server.admin("POST", ruled, json={"name": "R-F"}).raise_for_status()
	admin.open("/app/web-ruled/R-F").heading("R-F").find("textbox", "Paper").send_keys(str(tmp_path / "paper.txt"))
	admin.find("link", "/private/files/paper", exact=False)
	admin.choose("Stars", "4 of 5").click("button", "Save").see("Saved.")
	stored = server.admin("GET", f"{ruled}/R-F").json()["data"]
	assert stored["stars"] == pytest.approx(0.8) and stored["paper"].startswith("/private/files/paper")
	[kept] = server.admin("GET", '/api/resource/File?filters=[["attached_to_name","=","R-F"]]&fields=["attached_to_field","is_private"]').json()["data"]
	assert kept == {"attached_to_field": "paper", "is_private": 1}
	admin.click("button", "Take away").click("button", "Save").wait(
		"the file to be gone", lambda: not server.admin("GET", f"{ruled}/R-F").json()["data"].get("paper"))


def test_an_address_that_is_no_file_is_no_link(admin, server, ruled):
	server.admin("POST", ruled, json={"name": "R-J", "paper": "javascript:document.title='owned'"}).raise_for_status()
	admin.open("/app/web-ruled/R-J").heading("R-J").see("javascript:document.title")

	assert admin.browser.find_elements("css selector", "main a[href^='javascript']") == []


@pytest.mark.parametrize(("status", "body", "words"), [
	(0, "", "The server does not answer"), (403, "{}", "You may not do this"), (429, "{}", "try again in 7 seconds"),
	(503, "<html>", "try again in 7 seconds"), (200, "garbage", "could not be read"),
])
def test_a_save_that_fails_keeps_what_was_typed(admin, server, ruled, status, body, words):
	name = f"R-{status}-{len(body)}"
	server.admin("POST", ruled, json={"name": name}).raise_for_status()
	admin.open(f"/app/web-ruled/{name}").heading(name).fill("Kept", "typed")
	answer_with(admin, status, body)
	admin.click("button", "Save").see(words).holds("Kept", "typed")


def test_what_is_typed_before_the_next_frame_is_kept(inject, admin, server, ruled):
	"""A busy machine draws late; whoever is quicker than that loses nothing, and is asked before it is left behind."""
	server.admin("POST", ruled, json={"name": "R-Q"}).raise_for_status()
	inject("const frame = requestAnimationFrame, later = setTimeout; window.requestAnimationFrame = (draw) => later(() => frame(draw), 700);"
		"window.setTimeout = (work, ms, ...all) => later(work, ms === 100 ? 700 : ms, ...all);")  # what preact draws by, and by when at the latest
	admin.open("/app/web-ruled/R-Q").fill("Why", "Kept").see("Not saved yet").holds("Why", "Kept")
	admin.click("link", "Keys").find("dialog", "Leave without saving?")
	admin.click("button", "Stay").see("Not saved yet").holds("Why", "Kept")
