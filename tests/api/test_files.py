"""Files: uploads, attachments, downloads with ranges and conditions, who may read them, what is left of them."""

import base64
import concurrent.futures
import hashlib
import os

import pytest

from sites import PASSWORD, Site, connect, send

UPLOAD = "/api/method/upload_file"
DOWNLOAD = "/api/method/download_file"
MIB = 1 << 20


@pytest.fixture(scope="module", params=["directory", "database"])
def files(request, tmp_path_factory):
	"""A site that keeps bytes in either place, Administrator's token, and users ada and bob."""
	site = Site(tmp_path_factory.mktemp("files") / "site").start(
		SYMBOLON_ADMIN_PASSWORD=PASSWORD, SYMBOLON_FILES_IN_DATABASE="yes" if request.param == "database" else "no",
	)
	site.in_database = request.param == "database"
	site.admin = site.with_token(site.json("keys", "generate", "Administrator"))
	for user in ("ada", "bob"):
		site.run("user", "add", f"{user}@example.com", "--first-name", user, "--role", "Newsletter Manager")
		setattr(site, user, site.with_token(site.json("keys", "generate", f"{user}@example.com")))
	yield site
	site.stop()


def upload(caller, name="a.txt", content=b"hello", status=200, **fields):
	answer = caller("POST", UPLOAD, files={"file": (name, content)}, data=fields)
	assert answer.status_code == status, answer.text
	return answer.json()["message"] if status == 200 else answer


def todo(caller, **values):
	answer = caller("POST", "/api/resource/ToDo", json={"description": "x", "assigned_by": "ada@example.com", **values})
	assert answer.status_code == 200, answer.text
	return answer.json()["data"]["name"]


def stored(site):
	"""The names in the directory of files."""
	return set(os.listdir(os.path.join(site.path, "files")))


def test_an_upload_answers_with_its_document(files):
	content = b"an upload answers"
	made = upload(files.ada, "answers.txt", content)

	assert made["file_name"] == "answers.txt"
	assert made["file_url"] == "/files/answers.txt"
	assert made["file_type"] == "TXT"
	assert made["file_size"] == len(content)
	assert made["content_hash"] == hashlib.sha256(content).hexdigest()
	assert made["folder"] == "Home"
	assert made["owner"] == "ada@example.com"
	assert "attached_to_name" not in made
	assert files.guest("GET", made["file_url"]).content == content
	assert (made["content_hash"] in stored(files)) is not files.in_database


def test_the_same_bytes_are_kept_once_and_other_bytes_get_a_name_of_their_own(files):
	first = upload(files.ada, "twice.txt", b"twice")
	again = upload(files.ada, "again.txt", b"twice")
	other = upload(files.ada, "twice.txt", b"thrice")
	secret = upload(files.ada, "twice.txt", b"twice", is_private=1)

	assert again["file_name"] == "again.txt"
	assert again["file_url"] == first["file_url"] == "/files/twice.txt"
	assert other["file_name"] == f"twice{other['content_hash'][-6:]}.txt"
	assert other["file_url"] == f"/files/{other['file_name']}"
	assert secret["file_url"] == "/private/files/twice.txt"
	assert files.guest("GET", other["file_url"]).content == b"thrice"


def test_the_names_of_others_private_files_do_not_show(files):
	upload(files.ada, "salaries-of-all.txt", b"the same in both", is_private=1)

	assert upload(files.bob, "guess.txt", b"the same in both", is_private=1)["file_url"] == "/private/files/guess.txt"


@pytest.mark.parametrize("sent, kept", [
	("../../../etc/passwd", "etcpasswd"),
	("C:\\temp\\n.txt", "C:tempn.txt"),
	("a\u202etxt.exe", "atxt.exe"),
	("q?a#b%2f.txt", "q_a_b_2f.txt"),
	("<b>c.txt", "_b_c.txt"),
	("übung €.txt", "übung €.txt"),
	("x" * 300 + ".txt", "x" * 129 + ".txt"),
])
def test_a_name_is_made_harmless(files, sent, kept):
	made = upload(files.ada, sent, f"named {sent}".encode())

	assert made["file_name"] == kept
	assert made["file_url"] == f"/files/{kept}"
	assert files.guest("GET", made["file_url"]).content == f"named {sent}".encode()


@pytest.mark.parametrize("name", ["..", "/", "...", "\u200e"])
def test_a_name_of_which_nothing_is_left_is_refused(files, name):
	assert upload(files.ada, name, b"x", status=417).json()["exc_type"] == "ValidationError"


def multipart(*parts, end=b"--x--\r\n"):
	return b"".join(b"--x\r\nContent-Disposition: form-data; " + part + b"\r\n" for part in parts) + end


@pytest.mark.parametrize("body, status", [
	(multipart(b'name="file"; filename="a\0b.txt"\r\n\r\nx'), 400),
	(multipart(b'name="file"; filename="\xff.txt"\r\n\r\nx'), 400),
	(multipart(b'name="file"; filename="cut.txt"\r\n\r\nxyz', end=b""), 400),
	(multipart(b'name="file"; filename="cut.txt"\r\n\r\nxyz', end=b"--x"), 400),
	(multipart(b'filename="nameless.txt"\r\n\r\nx'), 400),
	(multipart(b'name="file"; filename="long.txt"\r\nX-Long: ' + b"y" * 9000 + b"\r\n\r\nx"), 400),
	(b"", 417),
	(multipart(b'name="file"; filename="empty.txt"\r\n\r\n'), 417),
	(multipart(b'name="is_private"\r\n\r\n1'), 417),
	(multipart(b'name="other"; filename="a.txt"\r\n\r\nx'), 417),
])
def test_a_body_that_is_no_upload_is_refused(files, body, status):
	before = stored(files)
	answer = files.ada("POST", UPLOAD, data=body, headers={"Content-Type": "multipart/form-data; boundary=x"})

	assert answer.status_code == status, answer.text
	assert "exc_type" in answer.json()
	assert stored(files) == before


def test_a_connection_that_ends_early_leaves_nothing(files):
	before = stored(files)
	head = (f"POST {UPLOAD} HTTP/1.1\r\nHost: x\r\nAuthorization: {files.ada.headers['Authorization']}\r\n"
		"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 3000000\r\n\r\n").encode()
	with connect(files) as line:
		line.sendall(head + multipart(b'name="file"; filename="early.txt"\r\n\r\n' + b"y" * MIB, end=b""))

	assert upload(files.ada, "after.txt", b"after the early one")
	assert files.admin.call("frappe.client.get_count", doctype="File", filters={"file_name": "early.txt"}) == 0
	assert {name for name in stored(files) - before if name.startswith(".new-")} == set()


@pytest.mark.parametrize("size", [1, 255 * 1024, 256 * 1024, 256 * 1024 + 1, MIB, 5 * MIB + 3])
def test_any_size_comes_back_as_it_went(files, size):
	content = os.urandom(size)
	made = upload(files.ada, f"size-{size}.bin", content, is_private=1)

	assert made["file_size"] == size
	assert files.ada("GET", made["file_url"]).content == content
	assert files.ada("GET", DOWNLOAD, params={"file_url": made["file_url"]}).content == content


def test_the_largest_file_is_taken_and_one_byte_more_is_not(files):
	content = os.urandom(25 * MIB)
	made = upload(files.ada, "largest.bin", content)

	assert hashlib.sha256(files.guest("GET", made["file_url"]).content).digest() == hashlib.sha256(content).digest()
	for more in (1, 1024 * 1024):
		assert upload(files.ada, "larger.bin", content + b"x" * more, status=413).json()["exc_type"] == "RequestEntityTooLarge"


def test_settings_bound_sizes_and_kinds(files):
	settings = "/api/resource/System Settings/System Settings"
	try:
		assert files.admin("PUT", settings, json={"max_file_size": 1, "allowed_file_extensions": "TXT\npng"}).status_code == 200
		assert files.guest("GET", "/api/method/frappe.core.api.file.get_max_file_size").json() == {"message": MIB}
		assert upload(files.ada, "full.txt", b"x" * MIB)["file_size"] == MIB
		assert upload(files.ada, "over.txt", b"x" * (MIB + 1), status=417).json()["exc_type"] == "MaxFileSizeReachedError"
		assert upload(files.ada, "kind.zip", b"x", status=417).json()["exc_type"] == "FileTypeNotAllowed"
		# Nor does another name make one of it, for it or for a copy.
		made = upload(files.ada, "kind.png", b"any bytes")
		renamed = files.ada("PUT", f"/api/resource/File/{made['name']}", json={"file_name": "kind.zip"})
		copied = files.ada("POST", UPLOAD, data={"file_url": made["file_url"], "file_name": "kind.zip"})
		assert [answer.json()["exc_type"] for answer in (renamed, copied)] == ["FileTypeNotAllowed"] * 2
		other = files.ada("PUT", f"/api/resource/File/{made['name']}", json={"file_name": "kind.txt"}).json()["data"]
		assert (other["file_type"], other["file_url"]) == ("TXT", made["file_url"])
	finally:
		assert files.admin("PUT", settings, json={"max_file_size": 0, "allowed_file_extensions": ""}).status_code == 200
	assert files.guest("GET", "/api/method/frappe.core.api.file.get_max_file_size").json() == {"message": 25 * MIB}


def test_guests_upload_only_where_settings_say_so(files):
	settings = "/api/resource/System Settings/System Settings"
	upload(files.guest, "guest.txt", b"by a guest", status=403)
	try:
		assert files.admin("PUT", settings, json={"allow_guests_to_upload_files": 1}).status_code == 200
		assert upload(files.guest, "guest.txt", b"by a guest")["owner"] == "Guest"
		upload(files.guest, "guest.html", b"<script>", status=417)
		upload(files.guest, "guest.txt", b"x" * 70000, status=413)
	finally:
		assert files.admin("PUT", settings, json={"allow_guests_to_upload_files": 0}).status_code == 200


# ---- answers


@pytest.mark.parametrize("asked, status, content, content_range", [
	("bytes=0-3", 206, b"0123", "bytes 0-3/10"),
	("bytes=7-", 206, b"789", "bytes 7-9/10"),
	("bytes=-2", 206, b"89", "bytes 8-9/10"),
	("bytes=8-99", 206, b"89", "bytes 8-9/10"),
	("bytes=10-", 416, b"", "bytes */10"),
	("bytes=-0", 416, b"", "bytes */10"),
	("bytes=5-2", 200, b"0123456789", None),
	("bytes=0-5,3-8", 200, b"0123456789", None),
	("bytes=0-1,99-", 200, b"0123456789", None),
	("lines=0-1", 200, b"0123456789", None),
])
def test_ranges(files, asked, status, content, content_range):
	made = upload(files.ada, "digits.txt", b"0123456789")
	answer = files.guest("GET", made["file_url"], headers={"Range": asked})

	assert (answer.status_code, answer.content) == (status, content)
	assert answer.headers.get("Content-Range") == content_range
	assert answer.headers["Accept-Ranges"] == "bytes"


def test_ranges_of_a_file_of_many_pieces(files):
	content = os.urandom(300 * 1024)
	url = upload(files.ada, "pieces.bin", content)["file_url"]

	for first, last in ((0, 49151), (49151, 49152), (49152, 98304), (100000, 299999), (307199, 307199)):
		answer = files.guest("GET", url, headers={"Range": f"bytes={first}-{last}"})
		assert answer.status_code == 206
		assert answer.content == content[first:last + 1]


def test_conditions_on_a_file(files):
	made = upload(files.ada, "conditions.txt", b"0123456789 conditions")
	whole = files.guest("GET", made["file_url"])
	etag = whole.headers["ETag"]

	assert etag == f'"{made["content_hash"][:32]}"'
	same = files.guest("GET", made["file_url"], headers={"If-None-Match": f'"x", W/{etag}'})
	assert (same.status_code, same.content, same.headers["ETag"]) == (304, b"", etag)
	assert files.guest("GET", made["file_url"], headers={"If-None-Match": '"x"'}).status_code == 200
	ranged = {"Range": "bytes=0-1"}
	assert files.guest("GET", made["file_url"], headers={**ranged, "If-Range": etag}).content == b"01"
	assert files.guest("GET", made["file_url"], headers={**ranged, "If-Range": '"x"'}).content == whole.content
	assert files.guest("GET", made["file_url"], headers={**ranged, "If-Range": f"W/{etag}"}).content == whole.content
	head = files.guest("HEAD", made["file_url"], headers=ranged)
	assert (head.status_code, head.content, head.headers["Content-Length"]) == (200, b"", str(len(whole.content)))
	assert files.guest("POST", made["file_url"]).status_code == 405


@pytest.mark.parametrize("name, kind, shown", [
	("a.png", "image/png", True),
	("a.PDF", "application/pdf", True),
	("a.txt", "text/plain; charset=utf-8", True),
	("a.html", "text/html; charset=utf-8", False),
	("a.png.htm", "text/html; charset=utf-8", False),
	("a.svg", "image/svg+xml", False),
	("a.xml", "application/xml", False),
	("a.xhtml", "application/xhtml+xml", False),
	("a.js", "text/javascript", False),
	("a", "application/octet-stream", False),
])
def test_nothing_that_could_run_is_shown_by_a_browser(files, name, kind, shown):
	"""The content says that it is HTML; what counts is the name, and the browser is told not to look."""
	made = upload(files.ada, name, f"<html><script>alert('{name}')</script>".encode())
	answer = files.guest("GET", made["file_url"])

	assert answer.headers["Content-Type"] == kind
	assert answer.headers["Content-Disposition"].startswith("inline;" if shown else "attachment;")
	assert answer.headers["X-Content-Type-Options"] == "nosniff"
	assert "sandbox" in answer.headers["Content-Security-Policy"]
	assert "Set-Cookie" not in answer.headers
	saved = files.guest("GET", DOWNLOAD, params={"file_url": made["file_url"]})
	assert saved.headers["Content-Disposition"].startswith("attachment;")


def test_a_disposition_names_the_file_for_old_and_new_browsers(files):
	made = upload(files.ada, "x", b"disposition", file_name="ü \"q\".txt")
	disposition = files.guest("GET", made["file_url"]).headers["Content-Disposition"]

	assert disposition == "inline; filename=\"__ _q_.txt\"; filename*=UTF-8''%C3%BC%20_q_.txt"


# ---- who may read


def test_a_private_file_is_its_owners(files):
	url = upload(files.ada, "mine.txt", b"mine alone", is_private=1)["file_url"]

	assert files.ada("GET", url).content == b"mine alone"
	assert files.admin("GET", url).content == b"mine alone"
	for caller in (files.bob, files.guest):
		assert caller("GET", url).status_code == 403
		assert caller("GET", DOWNLOAD, params={"file_url": url}).status_code == 403
		assert caller("GET", "/private/files/there-is-none.txt").status_code == 403
	assert files.ada("GET", DOWNLOAD, params={"file_url": "/private/files/there-is-none.txt"}).status_code == 404
	assert files.guest("GET", "/files/there-is-none.txt").status_code == 404


def test_a_private_file_is_read_by_those_who_read_what_it_is_attached_to(files):
	name = todo(files.ada, allocated_to="bob@example.com")
	other = todo(files.ada)
	shared = upload(files.ada, "shared.txt", b"attached and shared", is_private=1, doctype="ToDo", docname=name)
	hidden = upload(files.ada, "hidden.txt", b"attached to another", is_private=1, doctype="ToDo", docname=other)

	assert files.bob("GET", shared["file_url"]).content == b"attached and shared"
	assert files.bob("GET", hidden["file_url"]).status_code == 403
	assert files.bob("GET", f"/api/resource/File/{shared['name']}").status_code == 200
	assert files.bob("GET", f"/api/resource/File/{hidden['name']}").status_code == 403
	assert files.guest("GET", shared["file_url"]).status_code == 403
	assert files.ada("DELETE", f"/api/resource/ToDo/{name}").status_code == 202
	assert files.admin("GET", f"/api/resource/File/{shared['name']}").status_code == 404
	assert files.bob("GET", shared["file_url"]).status_code == 403


def test_nobody_attaches_to_what_he_may_not_write(files):
	name = todo(files.ada)

	upload(files.bob, "foreign.txt", b"foreign", status=403, doctype="ToDo", docname=name)
	answer = files.bob("POST", "/api/method/frappe.client.attach_file", json={
		"filename": "foreign.txt", "filedata": "foreign", "doctype": "ToDo", "docname": name})
	assert answer.status_code == 403
	mine = upload(files.bob, "moved.txt", b"moved")
	moved = files.bob("PUT", f"/api/resource/File/{mine['name']}", json={
		"attached_to_doctype": "ToDo", "attached_to_name": name})
	assert moved.status_code == 403
	assert upload(files.bob, "missing.txt", b"missing", doctype="ToDo", docname="no-such")["attached_to_name"] == "no-such"


def test_nobody_reads_by_writing_where_bytes_are(files):
	secret = upload(files.ada, "secret.txt", b"adas secret", is_private=1)
	mine = upload(files.bob, "bobs.txt", b"bobs own", is_private=1)
	stolen = {"file_url": secret["file_url"], "content_hash": secret["content_hash"], "file_size": 11}

	changed = files.bob("PUT", f"/api/resource/File/{mine['name']}", json=stolen).json()["data"]
	assert changed["file_url"] == mine["file_url"] and changed["content_hash"] == mine["content_hash"]
	made = files.bob("POST", "/api/resource/File", json={"file_name": "s.txt", **stolen})
	assert made.status_code == 417
	made = files.bob("POST", "/api/resource/File", json={
		"file_name": "s.txt", **stolen, "file_url": "https://example.com/s.txt"}).json()["data"]
	assert "content_hash" not in made and made["file_size"] == 0
	assert files.bob("POST", UPLOAD, data={"file_url": secret["file_url"]}).status_code == 417
	assert files.bob("GET", secret["file_url"], params={"fid": mine["name"]}).status_code == 403


def test_lists_show_what_may_be_read(files):
	mine = upload(files.ada, "listed.txt", b"listed", is_private=1)["name"]
	with_bob = todo(files.ada, allocated_to="bob@example.com")
	attached = upload(files.ada, "with-bob.txt", b"listed", is_private=1, doctype="ToDo", docname=with_bob)["name"]
	alone = upload(files.ada, "alone.txt", b"listed", is_private=1, doctype="ToDo", docname=todo(files.ada))["name"]
	shown = [row["name"] for row in files.ada("GET", "/api/resource/File", params={"limit": 0}).json()["data"]]
	others = [row["name"] for row in files.bob("GET", "/api/resource/File", params={"limit": 0}).json()["data"]]

	assert {mine, attached, alone} <= set(shown)
	assert not {mine, alone} & set(others) and {attached, "Home"} <= set(others)


def test_a_file_that_becomes_private_moves(files):
	made = upload(files.ada, "moves.txt", b"it moves")
	changed = files.ada("PUT", f"/api/resource/File/{made['name']}", json={"is_private": 1}).json()["data"]

	assert changed["file_url"] == "/private/files/moves.txt"
	assert files.guest("GET", made["file_url"]).status_code == 404
	assert files.guest("GET", changed["file_url"]).status_code == 403
	assert files.ada("GET", changed["file_url"]).content == b"it moves"


# ---- attachments, links, folders


def test_attach_file_stores_text_and_base64_and_sets_a_field(files):
	files.admin("PUT", "/api/resource/User/ada@example.com", json={"user_image": ""})
	made = files.ada.call("frappe.client.attach_file", filename="face.png", decode_base64=1, is_private=0,
		filedata=base64.b64encode(b"a face").decode(), doctype="User", docname="ada@example.com", docfield="user_image")

	assert made["folder"] == "Home/Attachments" and made["attached_to_field"] == "user_image"
	assert files.admin("GET", "/api/resource/User/ada@example.com").json()["data"]["user_image"] == "/files/face.png"
	assert files.guest("GET", "/files/face.png").content == b"a face"
	plain = files.ada.call("frappe.client.attach_file", filename="plain.txt", filedata="as it is: é",
		doctype="User", docname="ada@example.com")
	assert files.guest("GET", plain["file_url"]).content == "as it is: é".encode()
	bad = files.ada("POST", "/api/method/frappe.client.attach_file", json={
		"filename": "b.txt", "filedata": "not base64!", "decode_base64": 1, "doctype": "User", "docname": "ada@example.com"})
	assert bad.status_code == 417
	removed = files.ada("POST", "/api/method/frappe.desk.form.utils.remove_attach", json={"fid": plain["name"]})
	assert removed.status_code == 200
	assert files.guest("GET", plain["file_url"]).status_code == 404


def test_a_url_is_a_file_too(files):
	made = files.ada("POST", UPLOAD, data={"file_url": "https://example.com/x/y.pdf"}).json()["message"]
	assert (made["file_name"], made["file_url"]) == ("y.pdf", "https://example.com/x/y.pdf")
	first = upload(files.ada, "library.txt", b"from the library", is_private=1)
	second = files.ada("POST", UPLOAD, data={"file_url": first["file_url"], "file_name": "copy.txt"}).json()["message"]
	assert (second["file_url"], second["is_private"]) == (first["file_url"], 1)
	assert second["content_hash"] == first["content_hash"]
	for url in ("javascript:alert(1)", "file:///etc/passwd", "/etc/passwd", "https://x/" + "y" * 3000):
		assert files.ada("POST", UPLOAD, data={"file_url": url}).status_code == 417


def test_folders(files):
	made = files.ada.call("frappe.core.api.file.create_new_folder", file_name="Reports", folder="Home")
	assert made["name"] == "Home/Reports" and made["is_folder"] == 1
	inside = upload(files.ada, "inside.txt", b"inside", folder="Home/Reports")
	assert inside["folder"] == "Home/Reports"
	assert upload(files.ada, "o.txt", b"o", status=417, folder="Home/None").json()["exc_type"] == "LinkValidationError"
	full = files.ada("DELETE", "/api/resource/File/Home/Reports")
	assert (full.status_code, full.json()["exc_type"]) == (417, "FolderNotEmpty")
	assert files.ada("DELETE", f"/api/resource/File/{inside['name']}").status_code == 202
	assert files.ada("DELETE", "/api/resource/File/Home/Reports").status_code == 202
	for kept in ("Home", "Home/Attachments"):
		assert files.admin("DELETE", f"/api/resource/File/{kept}").status_code == 417


def test_files_are_found_in_their_folders_and_moved(files):
	api = "frappe.core.api.file."
	for name in ("Old", "New"):
		files.ada.call(api + "create_new_folder", file_name=name, folder="Home")
	files.ada.call(api + "create_new_folder", file_name="Inner", folder="Home/Old")
	made = [upload(files.ada, f"moved-{n}.txt", b"moved %d" % n, folder="Home/Old", is_private=1) for n in range(3)]
	found = files.ada.call(api + "get_files_in_folder", folder="Home/Old", page_length=2)
	assert [row["name"] for row in found["files"]] == ["Home/Old/Inner", made[2]["name"]] and found["has_more"] is True
	rest = files.ada.call("frappe.core.doctype.file.file.get_files_in_folder", folder="Home/Old", start=2)
	assert [row["file_url"] for row in rest["files"]] == [made[1]["file_url"], made[0]["file_url"]] and rest["has_more"] is False
	assert [row["name"] for row in files.bob.call(api + "get_files_in_folder", folder="Home/Old")["files"]] == ["Home/Old/Inner"]

	def move(caller, names, to="Home/New"):
		return caller("POST", f"/api/method/{api}move_file", json={"file_list": [{"name": name} for name in names], "new_parent": to, "old_parent": "Home/Old"})

	names = [one["name"] for one in made]
	assert move(files.bob, names).status_code == 403
	for refused in (move(files.ada, names, "Home/None"), move(files.ada, names, names[0]), move(files.ada, [*names, "Home/Old/Inner"])):
		assert refused.status_code == 417, refused.text
	assert files.ada("PUT", "/api/resource/File/Home/New", json={"folder": "Home/New"}).json()["data"]["folder"] == "Home"
	assert len(files.ada.call(api + "get_files_in_folder", folder="Home/Old")["files"]) == 4
	assert move(files.ada, names).status_code == 200
	assert {row["name"] for row in files.ada.call(api + "get_files_in_folder", folder="Home/New")["files"]} == set(names)


def test_the_files_of_documents_are_told_by_their_names(files):
	first, second = todo(files.ada), todo(files.ada)
	urls = [upload(files.ada, f"of-{n}.png", b"of %d" % n, doctype="ToDo", docname=name, is_private=1)["file_url"]
		for n, name in enumerate((first, second, first))]
	ask = {"doctype": "ToDo", "names": [first, second, "nothing"]}
	told = files.ada.call("frappe.core.api.file.get_attached_images", **ask)
	assert told == {first: [urls[0], urls[2]], second: [urls[1]]}
	assert files.bob.call("frappe.core.api.file.get_attached_images", **ask) == {}


def test_attachments_follow_the_name_of_their_document(files):
	made = files.admin("POST", "/api/resource/DocType", json={
		"name": "Plant", "module": "Custom", "custom": 1, "allow_rename": 1, "autoname": "field:title",
		"fields": [{"fieldname": "title", "fieldtype": "Data", "label": "Title"}],
		"permissions": [{"role": role, "read": 1, "write": 1, "create": 1, "delete": 1} for role in ("System Manager", "All")]})
	assert made.status_code == 200, made.text
	for title in ("Fern", "Moss"):
		assert files.admin("POST", "/api/resource/Plant", json={"title": title}).status_code == 200
	file = upload(files.admin, "leaf.txt", b"a leaf", doctype="Plant", docname="Fern", is_private=1)
	path = f"/api/resource/File/{file['name']}"

	for old, new, merge in (("Fern", "Farn", 0), ("Farn", "Moss", 1)):
		files.admin.call("frappe.client.rename_doc", doctype="Plant", old_name=old, new_name=new, merge=merge)
		assert files.admin("GET", path).json()["data"]["attached_to_name"] == new
		assert files.bob("GET", file["file_url"]).content == b"a leaf"
	# What gets the old name is another document.
	assert files.admin("POST", "/api/resource/Plant", json={"title": "Fern"}).status_code == 200
	assert files.admin("DELETE", "/api/resource/Plant/Fern").status_code == 202
	assert files.admin("GET", path).status_code == 200
	assert files.admin("DELETE", "/api/resource/Plant/Moss").status_code == 202
	assert files.admin("GET", path).status_code == 404


def test_a_doctype_bounds_its_attachments(files):
	made = files.admin("POST", "/api/resource/DocType", json={
		"name": "Narrow", "module": "Custom", "custom": 1, "max_attachments": 1,
		"fields": [{"fieldname": "title", "fieldtype": "Data"}], "permissions": [{"role": "Newsletter Manager"}]})
	assert made.status_code == 200, made.text
	name = files.ada("POST", "/api/resource/Narrow", json={"title": "x"}).json()["data"]["name"]
	upload(files.ada, "one.txt", b"the one", doctype="Narrow", docname=name)
	second = upload(files.ada, "two.txt", b"the two", status=417, doctype="Narrow", docname=name)
	assert second.json()["exc_type"] == "AttachmentLimitReached"


# ---- the store


@pytest.mark.parametrize("path", [
	"/files/../symbolon.key", "/files/..%2fsymbolon.key", "/files/%2e%2e/symbolon.key", "/private/files/../../symbolon.key",
	"/files//etc/passwd", "/files/", "/files", "/private/files/", "/private/backups/x.sql", "/backups/x.sql.gz", "/files/.new-1",
])
def test_no_path_leads_out(files, path):
	got = send(files, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())

	assert got.split()[1] in (b"403", b"404"), got


def test_a_symbolic_link_is_not_followed(files):
	if files.in_database:
		pytest.skip("there are no files")
	made = upload(files.ada, "linked.txt", b"to be replaced by a link")
	path = os.path.join(files.path, "files", made["content_hash"])
	os.rename(path, path + ".kept")
	os.symlink("/etc/hostname", path)

	assert files.guest("GET", made["file_url"]).status_code == 404
	again = upload(files.ada, "linked-again.txt", b"to be replaced by a link")
	assert not os.path.islink(path)
	assert files.guest("GET", again["file_url"]).content == b"to be replaced by a link"
	os.unlink(path + ".kept")


def test_a_hundred_uploads_at_once(files):
	def one(number):
		content = os.urandom(100_000) + str(number).encode()
		answer = files.ada("POST", UPLOAD, files={"file": (f"many-{number}.bin", content)})
		return content, answer

	with concurrent.futures.ThreadPoolExecutor(100) as pool:
		done = list(pool.map(one, range(100)))
	# A user has half of a lane; what does not fit is told to come again.
	assert {answer.status_code for _, answer in done} <= {200, 503}
	taken = [(content, answer.json()["message"]) for content, answer in done if answer.status_code == 200]
	assert len(taken) >= 20
	for content, made in taken:
		assert files.guest("GET", made["file_url"]).content == content


def test_a_list_of_many_files_is_judged_whole(files):
	"""What is attached to what is looked up first, which takes longer than a loop has time for."""
	name = todo(files.ada, description="many")
	files.admin.call("frappe.client.insert_many", docs=[
		{"doctype": "File", "file_name": f"many-{n}.txt", "file_url": f"https://example.com/{n}.txt", "is_private": 1,
			"attached_to_doctype": "ToDo", "attached_to_name": name} for n in range(200)])
	for _ in range(3):
		found = files.ada("GET", "/api/resource/File", params={"filters": '[["file_name","like","many-%.txt"]]', "limit": 500}).json()["data"]
		short = files.ada("GET", "/api/resource/File", params={"filters": f'[["attached_to_name","=","{name}"]]', "limit": 20}).json()["data"]
		assert (len(found), len(short)) == (200, 20)
	assert files.bob("GET", "/api/resource/File", params={"filters": f'[["attached_to_name","=","{name}"]]'}).json()["data"] == []
