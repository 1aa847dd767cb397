"""What people leave on a document without changing it: comments, likes, tags."""

import json

import pytest

from test_documents import define, insert

COMMENT = "frappe.desk.form.utils.add_comment"
UPDATE = "frappe.desk.form.utils.update_comment"
LIKE = "frappe.desk.like.toggle_like"
TAG = "frappe.desk.doctype.tag.tag"


@pytest.fixture(scope="module")
def made(server):
	"""Plants that members may change and readers may read; ada and bob are such, eve is neither."""
	server.admin = server.with_token(server.json("keys", "generate", "Administrator"))
	define(server, "Plant", [{"fieldname": "title", "fieldtype": "Data"}], autoname="field:title", permissions=[
		{"role": "System Manager"}, {"role": "Member"}, {"role": "Reader", "write": 0, "create": 0, "delete": 0, "share": 0}])
	for name, roles in (("ada", ("Member",)), ("bob", ("Reader",)), ("eve", ())):
		user = f"{name}@talk.test"
		server.run("user", "add", user, "--first-name", name.title(), *(word for role in roles for word in ("--role", role)),
			"--password-stdin", stdin="Gr4nite-Talk-Qz11\n")
		setattr(server, name, server.with_token(server.json("keys", "generate", user)))
	return server


@pytest.fixture
def plant(made, request):
	"""A plant of its own for each test."""
	name = f"Plant {abs(hash(request.node.name)) % 10**9}"
	insert(made, "Plant", title=name)
	return name


def call(caller, method, **args):
	return caller("POST", f"/api/method/{method}", json=args)


def done(answer):
	assert answer.status_code == 200, answer.text
	return answer.json().get("message", answer.json().get("data"))


def refused(answer, status, kind):
	assert (answer.status_code, answer.json()["exc_type"]) == (status, kind), answer.text
	return answer


def say(caller, name, content, by="Ada", email="ada@talk.test", doctype="Plant"):
	return call(caller, COMMENT, reference_doctype=doctype, reference_name=name, content=content, comment_email=email, comment_by=by)


def marks(made, name, *fields):
	"""What a list shows of one plant."""
	answer = made.admin("GET", "/api/resource/Plant", params={
		"fields": json.dumps(fields), "filters": json.dumps([["name", "=", name]])})
	return done(answer)[0]


def comments(made, name):
	return json.loads(marks(made, name, "_comments")["_comments"] or "[]")


def test_whoever_may_read_a_document_may_comment_on_it(made, plant):
	before = done(made.admin("GET", f"/api/resource/Plant/{plant}"))
	comment = done(say(made.bob, plant, "Needs water", "Bob", "bob@talk.test"))
	assert comment["doctype"] == "Comment" and comment["comment_type"] == "Comment"
	assert (comment["owner"], comment["comment_email"], comment["comment_by"]) == ("bob@talk.test", "bob@talk.test", "Bob")
	assert (comment["reference_doctype"], comment["reference_name"], comment["content"]) == ("Plant", plant, "Needs water")
	assert comments(made, plant) == [{"comment": "Needs water", "by": "bob@talk.test", "name": comment["name"]}]
	assert done(made.admin("GET", f"/api/resource/Plant/{plant}")) == before, "the document itself is as it was"


def test_whoever_may_not_read_it_says_nothing(made, plant):
	refused(say(made.eve, plant, "Hello"), 403, "PermissionError")
	refused(say(made.guest, plant, "Hello"), 403, "PermissionError")
	refused(call(made.eve, LIKE, doctype="Plant", name=plant, add="Yes"), 403, "PermissionError")
	refused(say(made.ada, "No such plant", "Hello"), 404, "DoesNotExistError")
	refused(say(made.ada, plant, "Hello", doctype="No such DocType"), 404, "DoesNotExistError")
	answer = call(made.ada, COMMENT, reference_doctype="Plant", reference_name=plant)
	refused(answer, 417, "TypeError")
	assert comments(made, plant) == []


def test_nobody_speaks_in_the_name_of_somebody_else(made, plant):
	comment = done(say(made.bob, plant, "It was me", "Ada", "ada@talk.test"))
	assert (comment["comment_email"], comment["comment_by"]) == ("bob@talk.test", "Bob")
	comment = done(say(made.admin, plant, "Said at the fair", "A visitor", "visitor@fair.test"))
	assert (comment["comment_email"], comment["comment_by"]) == ("visitor@fair.test", "A visitor"), "who may make Comments may"


def test_a_comment_is_harmless_html(made, plant):
	given = '<p onclick="x()">a</p><script>alert(1)</script>'
	kept = done(say(made.ada, plant, given))["content"]
	assert "onclick" not in kept and "<script" not in kept and "<p>a</p>" in kept
	kept = done(say(made.ada, plant, json.dumps(given)))["content"]
	assert "<script" not in kept, "what is JSON too"
	kept = done(made.admin("POST", "/api/resource/Comment", json={"content": json.dumps(given)}))["content"]
	assert "<script" not in kept


def test_a_comment_is_changed_by_its_author_alone(made, plant):
	comment = done(say(made.ada, plant, "First"))["name"]
	refused(call(made.bob, UPDATE, name=comment, content="Mine"), 403, "PermissionError")
	refused(call(made.ada, UPDATE, name="nothing", content="Mine"), 404, "DoesNotExistError")
	answer = call(made.ada, UPDATE, name=comment, content="Second<script>")
	assert (answer.status_code, answer.json()) == (200, {})
	assert [one["comment"] for one in comments(made, plant)] == ["Second&lt;script&gt;"]
	done(call(made.admin, UPDATE, name=comment, content="Third"))
	assert [one["comment"] for one in comments(made, plant)] == ["Third"]


def test_a_list_shows_the_last_hundred_comments_shortened(made, plant):
	for number in range(101):
		done(say(made.ada, plant, f"Comment {number}"))
	texts = [one["comment"] for one in comments(made, plant)]
	assert texts == [f"Comment {number}" for number in range(1, 101)]
	done(say(made.ada, plant, "ü" * 101))
	assert comments(made, plant)[-1]["comment"] == "ü" * 97 + "..."


def test_a_document_takes_a_comment_as_a_method(made, plant):
	for answer in (
		made.ada("POST", f"/api/resource/Plant/{plant}", json={"run_method": "add_comment", "text": "One"}),
		made.ada("POST", f"/api/v2/document/Plant/{plant}/method/add_comment", json={"text": "Two"}),
		made.bob("POST", "/api/method/run_doc_method", json={"dt": "Plant", "dn": plant, "method": "add_comment", "args": {"text": "Three"}}),
	):
		assert done(answer)["doctype"] == "Comment"
	assert answer.json()["docs"][0]["doctype"] == "Plant"
	assert [one["comment"] for one in comments(made, plant)] == ["One", "Two", "Three"]
	path = f"/api/resource/Plant/{plant}"
	refused(made.bob("POST", path, json={"run_method": "add_comment", "text": "x"}), 403, "PermissionError")
	refused(made.ada("GET", f"{path}?run_method=add_comment&text=x"), 403, "PermissionError")
	refused(made.ada("POST", path, json={"run_method": "add_comment", "comment_type": "Shout"}), 417, "ValidationError")
	note = done(made.ada("POST", path, json={"run_method": "add_comment", "comment_type": "Info"}))
	assert (note["comment_type"], note["content"]) == ("Info", "Info")
	assert len(comments(made, plant)) == 3, "what is no comment is not among them"


def test_comments_are_documents_of_system_managers(made, plant):
	name = done(say(made.ada, plant, "One"))["name"]
	refused(made.ada("GET", f"/api/resource/Comment/{name}"), 403, "PermissionError")
	refused(made.ada("PUT", f"/api/resource/Comment/{name}", json={"content": "x"}), 403, "PermissionError")
	refused(made.ada("POST", "/api/resource/Comment", json={"reference_doctype": "Plant", "reference_name": plant,
		"content": "x"}), 403, "PermissionError")
	insert(made, "Plant", title=f"{plant} b")
	done(made.admin("PUT", f"/api/resource/Comment/{name}", json={"reference_name": f"{plant} b"}))
	assert comments(made, plant) == []
	assert [one["name"] for one in comments(made, f"{plant} b")] == [name]
	assert made.admin("DELETE", f"/api/resource/Comment/{name}").status_code == 202
	assert comments(made, f"{plant} b") == []


def test_a_like_is_given_once_and_taken_back(made, plant):
	for _ in range(2):
		assert call(made.bob, LIKE, doctype="Plant", name=plant, add="Yes").json() == {}
	done(call(made.ada, LIKE, doctype="Plant", name=plant, add="Yes"))
	seen = done(made.bob("GET", f"/api/resource/Plant/{plant}"))
	assert seen["_liked_by"] == '["bob@talk.test", "ada@talk.test"]'
	assert list(seen)[-1] == "_liked_by"
	changed = done(made.ada("PUT", f"/api/resource/Plant/{plant}", json={"_liked_by": "[]", "_user_tags": "x"}))
	assert changed["_liked_by"] == seen["_liked_by"] and "_user_tags" not in changed, "no body sets them"
	found = made.admin("GET", "/api/resource/Plant", params={"filters": json.dumps([["_liked_by", "like", '%"bob@%'], ["name", "=", plant]])})
	assert done(found) == [{"name": plant}]
	done(call(made.bob, LIKE, doctype="Plant", name=plant, add="No"))
	assert marks(made, plant, "_liked_by") == {"_liked_by": '["ada@talk.test"]'}


def test_marks_are_not_among_all_fields(made, plant):
	done(say(made.ada, plant, "One"))
	row = done(made.admin("GET", "/api/resource/Plant", params={"fields": '["*"]', "filters": json.dumps([["name", "=", plant]])}))[0]
	assert "title" in row and not [key for key in row if key.startswith("_")]
	refused(made.admin("GET", "/api/resource/Has Role", params={"parent": "User", "fields": '["_comments"]'}), 417, "DataError")


def test_what_is_said_goes_with_the_document_and_follows_its_name(made, plant):
	done(say(made.ada, plant, "One"))
	done(call(made.admin, "frappe.client.rename_doc", doctype="Plant", old_name=plant, new_name=f"{plant} z"))
	assert [one["comment"] for one in comments(made, f"{plant} z")] == ["One"]
	about = {"filters": json.dumps([["reference_doctype", "=", "Plant"], ["reference_name", "=", f"{plant} z"]])}
	assert sorted(row["comment_type"] for row in done(made.admin("GET", "/api/resource/Comment", params={**about, "fields": json.dumps(["comment_type"])}))) == ["Comment", "Edit"]
	assert made.admin("DELETE", f"/api/resource/Plant/{plant} z").status_code == 202
	assert done(made.admin("GET", "/api/resource/Comment", params=about)) == []


def test_a_key_that_may_only_read_says_nothing(made, plant):
	pair = done(made.admin("POST", "/api/resource/API Key", json={"user": "ada@talk.test", "label": "reads", "read_only": 1}))
	reader = made.with_token({"api_key": pair["api_key"], "api_secret": pair["api_secret"]})
	assert reader("GET", f"/api/resource/Plant/{plant}").status_code == 200
	assert say(reader, plant, "Hello").status_code == 403
	assert comments(made, plant) == []


def test_tags_hang_on_documents_and_lists_find_them(made, plant):
	for word in ("urgent", "late", "URGENT"):
		assert done(call(made.ada, f"{TAG}.add_tag", tag=word, dt="Plant", dn=plant)) == word
	assert marks(made, plant, "_user_tags") == {"_user_tags": "urgent,late"}
	assert done(made.bob("GET", f"/api/resource/Plant/{plant}"))["_user_tags"] == "urgent,late"
	found = made.bob("GET", "/api/resource/Plant", params={"filters": json.dumps([["_user_tags", "like", "%late%"]])})
	assert done(found) == [{"name": plant}]
	assert done(call(made.bob, f"{TAG}.get_tags", doctype="Plant", txt="urg")) == ["urgent"]
	links = made.admin("GET", "/api/resource/Tag Link", params={"fields": '["tag","title"]',
		"filters": json.dumps([["document_name", "=", plant]]), "order_by": "tag asc"})
	assert done(links) == [{"tag": "late", "title": plant}, {"tag": "urgent", "title": plant}]
	for _ in range(2):
		assert call(made.ada, f"{TAG}.remove_tag", tag="Urgent", dt="Plant", dn=plant).json() == {}
	assert marks(made, plant, "_user_tags") == {"_user_tags": "late"}
	assert made.admin("DELETE", f"/api/resource/Plant/{plant}").status_code == 202
	links = made.admin("GET", "/api/resource/Tag Link", params={"filters": json.dumps([["document_name", "=", plant]])})
	assert done(links) == []


def test_tags_hang_on_several_documents_at_once(made, plant):
	other = done(made.ada("POST", "/api/resource/Plant", json={"title": f"Beside {plant}"}))["name"]
	for docs in (json.dumps([plant, other]), [plant, other]):
		answer = made.ada("POST", f"/api/method/{TAG}.add_tags", json={"tags": ["spring", "green"], "dt": "Plant", "docs": docs})
		assert answer.status_code == 200, answer.text
	for name in (plant, other):
		assert set(marks(made, name, "_user_tags")["_user_tags"].split(",")) == {"spring", "green"}
	found = made.ada("GET", f"/api/method/{TAG}.get_tagged_docs", params={"doctype": "Plant", "tag": "%spring%"}).json()["message"]
	assert sorted(found) == sorted([[plant], [other]])
	assert made.ada("GET", f"/api/method/{TAG}.get_tagged_docs", params={"doctype": "Plant", "tag": "%nowhere%"}).json()["message"] == []
	assert made.guest("GET", f"/api/method/{TAG}.get_tagged_docs", params={"doctype": "Plant", "tag": "%spring%"}).status_code == 403

	none = made.ada("POST", f"/api/method/{TAG}.add_tags", json={"tags": ["late"], "dt": "Plant", "docs": [plant, "nowhere"]})
	assert none.status_code == 404 and "late" not in marks(made, plant, "_user_tags")["_user_tags"]
	for tags, docs in (("late", [plant]), ([["late"]], [plant]), (["late"], plant), (["late"], [plant] * 201)):
		assert made.ada("POST", f"/api/method/{TAG}.add_tags", json={"tags": tags, "dt": "Plant", "docs": docs}).status_code == 417


def test_a_tag_needs_the_right_to_write_and_a_word(made, plant):
	for method in ("add_tag", "remove_tag"):
		refused(call(made.bob, f"{TAG}.{method}", tag="x", dt="Plant", dn=plant), 403, "PermissionError")
		refused(call(made.ada, f"{TAG}.{method}", tag="x", dt="Plant", dn="No such plant"), 404, "DoesNotExistError")
	refused(call(made.ada, f"{TAG}.add_tag", tag="a,b", dt="Plant", dn=plant), 417, "ValidationError")
	refused(call(made.ada, f"{TAG}.add_tag", tag=" ", dt="Plant", dn=plant), 417, "ValidationError")
	refused(call(made.ada, f"{TAG}.add_tag", tag="<b>", dt="Plant", dn=plant), 409, "NameError")
	refused(call(made.ada, f"{TAG}.get_tags", doctype="Plant"), 417, "TypeError")
	assert marks(made, plant, "_user_tags") == {"_user_tags": None}


def test_a_site_of_an_earlier_program_gets_the_columns(site):
	site.admin = site.with_token(site.json("keys", "generate", "Administrator"))
	define(site, "Plant", [{"fieldname": "title", "fieldtype": "Data"}], autoname="field:title")
	insert(site, "Plant", title="Fern")
	site.stop()
	for mark in ("_user_tags", "_liked_by", "_comments", "_assign"):
		site.tell_database(f"ALTER TABLE `tabPlant` DROP COLUMN `{mark}`")
		site.tell_database(f"ALTER TABLE `tabNote` DROP COLUMN `{mark}`")
	site.tell_database("UPDATE shipped SET checksum = '' WHERE name = 'doctypes/comment.tsv'")
	site.start()
	done(say(site.admin, "Fern", "Still here"))
	done(call(site.admin, LIKE, doctype="Plant", name="Fern", add="Yes"))
	assert done(site.admin("GET", "/api/resource/Plant/Fern"))["_liked_by"] == '["Administrator"]'
	assert [one["comment"] for one in comments(site, "Fern")] == ["Still here"]
	assert done(site.admin("GET", "/api/resource/Note")) == []


# --- beside a form

def test_a_form_shows_what_was_said_noted_and_hung_on_its_document(made, plant):
	done(say(made.ada, plant, "first"))
	done(say(made.bob, plant, "second", by="Bob", email="bob@talk.test"))
	done(call(made.ada, LIKE, doctype="Plant", name=plant, add="Yes"))
	for tag in ("green", "tall"):
		done(call(made.ada, f"{TAG}.add_tag", tag=tag, dt="Plant", dn=plant))
	answer = made.bob("GET", "/api/method/frappe.desk.form.load.get_docinfo", params={"doctype": "Plant", "name": plant})
	info = answer.json()["docinfo"]
	said = [(row["owner"], row["comment_type"], row["content"]) for row in info["comments"]]
	assert sorted(said) == [("ada@talk.test", "Comment", "first"), ("bob@talk.test", "Comment", "second")]
	assert [(row["owner"], row["comment_type"]) for row in info["like_logs"]] == [("ada@talk.test", "Like")]
	assert all(set(row) == {"name", "creation", "content", "owner", "comment_type"} for row in info["comments"] + info["like_logs"])
	assert sorted(info["tags"].split(",")) == ["green", "tall"]
	assert {"ada@talk.test", "bob@talk.test"} <= set(info["user_info"])
	assert info["info_logs"] == info["assignment_logs"] == info["workflow_logs"] == []
	eve = made.eve("GET", "/api/method/frappe.desk.form.load.get_docinfo", params={"doctype": "Plant", "name": plant})
	refused(eve, 403, "PermissionError")


def docinfo(caller, name):
	return caller("GET", "/api/method/frappe.desk.form.load.get_docinfo", params={"doctype": "Plant", "name": name}).json()["docinfo"]


def notes(made, name, *kinds):
	"""What the server noted of those kinds, oldest first: who did it and the words."""
	rows = done(made.admin("GET", "/api/resource/Comment", params={"fields": '["owner","comment_type","content"]', "order_by": "creation asc",
		"filters": json.dumps([["reference_name", "=", name], ["comment_type", "in", kinds]])}))
	return [(row["owner"].split("@")[0], row["comment_type"], row["content"]) for row in rows]


def test_a_share_and_its_end_are_noted(made, plant):
	shared = {"doctype": "Plant", "name": plant}
	done(call(made.ada, "frappe.share.add", **shared, user="eve@talk.test", read=1))
	done(call(made.ada, "frappe.share.add", **shared, user="eve@talk.test", write=1))
	done(call(made.ada, "frappe.share.add", **shared, everyone=1, read=1))
	said = [("ada", "Shared", "Ada shared this document with Eve"), ("ada", "Shared", "Ada shared this document with everyone")]
	assert notes(made, plant, "Shared", "Unshared") == said, "a share that changes is not told twice"
	assert {row["user"] for row in docinfo(made.bob, plant)["shared"]} == {"eve@talk.test", None}
	call(made.admin, "frappe.share.remove", **shared, user="eve@talk.test")
	[everyone] = done(made.admin("GET", "/api/resource/DocShare", params={"filters": json.dumps([["share_name", "=", plant]])}))
	assert made.admin("DELETE", f"/api/resource/DocShare/{everyone['name']}").status_code == 202
	assert notes(made, plant, "Unshared") == [("Administrator", "Unshared", "Ada un-shared this document with Eve"),
		("Administrator", "Unshared", "Ada un-shared this document with everyone")]
	refused(call(made.bob, "frappe.share.add", **shared, user="eve@talk.test"), 403, "PermissionError")
	assert len(notes(made, plant, "Shared", "Unshared")) == 4 and comments(made, plant) == []


def test_a_single_is_talked_about_shared_and_attached_to(made):
	settings = {"doctype": "System Settings", "name": "System Settings"}
	user = "heidi@example.com"
	made.run("user", "add", user, "--first-name", "Heidi")
	heidi = made.with_token(made.json("keys", "generate", user))
	path = "/api/resource/System Settings/System Settings"
	attach = {"filename": "s.txt", "filedata": "of a single", "doctype": "System Settings", "docname": "System Settings", "is_private": 1}
	assert heidi("GET", path).status_code == heidi("POST", "/api/method/frappe.client.attach_file", json=attach).status_code == 403
	file = made.admin.call("frappe.client.attach_file", **attach)
	assert heidi("GET", file["file_url"]).status_code == 403

	assert made.admin.call("frappe.share.add", **settings, user=user)["read"] == 1
	assert heidi("GET", path).status_code == 200
	assert heidi("GET", file["file_url"]).content == b"of a single"
	assert call(made.admin, "frappe.share.set_permission", **settings, user=user, permission_to="read", value=0).status_code == 200
	assert heidi("GET", path).status_code == 403
	assert [row["owner"] for row in made.admin.call("frappe.desk.form.assign_to.add", **settings, assign_to=[user])] == [user]
	noted = call(made.admin, "frappe.desk.form.load.get_docinfo", **settings).json()["docinfo"]
	assert [row["file_name"] for row in noted["attachments"]] == ["s.txt"]


def test_attachments_are_noted(made, plant):
	def attach(name, **more):
		return done(made.ada("POST", "/api/method/upload_file", data={"doctype": "Plant", "docname": plant, **more}, files={"file": (name, f"{name} {plant}")}))

	first, second = attach("a list & more.txt"), attach("<b>bold</b>.txt", is_private="1")
	rows = docinfo(made.bob, plant)["attachment_logs"]
	assert [(row["owner"], row["comment_type"]) for row in rows] == [("ada@talk.test", "Attachment")] * 2
	texts = [content for _, _, content in notes(made, plant, "Attachment")]
	assert "/files/a%20list%20%26%20more.txt" in texts[0] and ">a list &amp; more.txt</a>" in texts[0] and "target=" in texts[0]
	assert "/private/files/" in texts[1] and "fa-lock" in texts[1] and "fa-lock" not in texts[0] and "<b>" not in texts[1]
	done(made.ada("PUT", f"/api/resource/File/{second['name']}", json={"is_private": 0}))
	assert call(made.ada, "frappe.desk.form.utils.remove_attach", fid=first["name"]).status_code == 200
	assert notes(made, plant, "Attachment Removed") == [("ada", "Attachment Removed", first["file_name"])]
	assert len(docinfo(made.bob, plant)["attachment_logs"]) == 3 and comments(made, plant) == []
	loose = done(made.ada("POST", "/api/method/upload_file", data={}, files={"file": ("loose.txt", f"loose {plant}")}))
	gone = done(made.admin("POST", "/api/method/upload_file", data={"doctype": "Plant", "docname": f"No {plant}"}, files={"file": ("gone.txt", f"gone {plant}")}))
	for file in (loose, gone):
		assert made.admin("DELETE", f"/api/resource/File/{file['name']}").status_code == 202
	assert done(made.admin("GET", "/api/resource/Comment", params={"filters": json.dumps([["reference_name", "=", f"No {plant}"]])})) == []
	assert made.ada("DELETE", f"/api/resource/Plant/{plant}").status_code == 202
	assert notes(made, plant, "Attachment", "Attachment Removed") == [], "what goes with its document is not told"


def test_another_name_is_noted(made, plant):
	other = f"{plant} two"
	assert done(call(made.admin, "frappe.client.rename_doc", doctype="Plant", old_name=plant, new_name=other)) == other
	said = [("Administrator", "Edit", f"renamed from <strong>{plant}</strong> to <strong>{other}</strong>")]
	assert notes(made, other, "Edit") == said and [row["content"] for row in docinfo(made.bob, other)["info_logs"]] == [said[0][2]]
	insert(made, "Plant", title=plant)
	done(call(made.admin, "frappe.rename_doc", doctype="Plant", old=plant, new=other, merge=1))
	assert notes(made, other, "Edit") == said + [("Administrator", "Edit", f"merged <strong>{plant}</strong> into <strong>{other}</strong>")]
