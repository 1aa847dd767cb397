"""Conditional requests and preferences: tags, 304, 412, short answers."""

import concurrent.futures
import hashlib

import pytest

from sites import PASSWORD, Site

TODO = "/api/resource/ToDo"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
	"""A site with Administrator's token, and ada, who may read and write what is hers."""
	made = Site(tmp_path_factory.mktemp("conditional") / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	made.admin = made.with_token(made.json("keys", "generate", "Administrator"))
	made.run("user", "add", "ada@example.com", "--first-name", "Ada", "--role", "Newsletter Manager")
	made.ada = made.with_token(made.json("keys", "generate", "ada@example.com"))
	yield made
	made.stop()


def make(site, **values):
	answer = site.admin("POST", TODO, json={"description": "first", **values})
	assert answer.status_code == 200, answer.text
	return f"{TODO}/{answer.json()['data']['name']}"


def tag_of(caller, path, **kwargs):
	answer = caller("GET", path, **kwargs)
	assert answer.status_code == 200, answer.text
	return answer.headers["ETag"]


def test_a_tag_is_half_the_digest_of_the_body_and_ends_in_gzip_when_that_is_compressed(site):
	path = make(site, description="long " * 1000)
	plain = site.admin("GET", path, headers={"Accept-Encoding": "identity"})
	packed = site.admin("GET", path, headers={"Accept-Encoding": "gzip"})

	assert plain.headers["ETag"] == f'"{hashlib.sha256(plain.content).hexdigest()[:32]}"'
	assert packed.headers["Content-Encoding"] == "gzip"
	assert packed.headers["ETag"] == plain.headers["ETag"][:-1] + '-gzip"'
	assert site.admin("HEAD", path, headers={"Accept-Encoding": "identity"}).headers["ETag"] == plain.headers["ETag"]


@pytest.mark.parametrize("prefix", ["/api/resource", "/api/v1/resource", "/api/v2/document"])
def test_who_has_the_document_already_gets_304_with_the_tag_as_he_knows_it(site, prefix):
	path = prefix + make(site).removeprefix("/api/resource")
	tag = tag_of(site.admin, path)
	packed = tag[:-1] + '-gzip"'

	for sent, back in ((tag, tag), (packed, packed), (f"W/{tag}", tag), (f'"other", {packed}', packed), ("*", tag)):
		answer = site.admin("GET", path, headers={"If-None-Match": sent})
		assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", back), sent
		assert "Content-Length" not in answer.headers
	assert site.admin("HEAD", path, headers={"If-None-Match": tag}).status_code == 304
	assert site.admin("GET", path, headers={"If-None-Match": '"other"'}).status_code == 200
	site.admin("PUT", path, json={"description": "second"})
	assert site.admin("GET", path, headers={"If-None-Match": tag}).status_code == 200


def test_a_condition_tells_nothing_to_who_may_not_read(site):
	path = make(site)
	tag = tag_of(site.admin, path)

	for verb in ("GET", "PUT", "DELETE"):
		body = {} if verb == "GET" else {"json": {}}
		assert site.guest(verb, path, headers={"If-None-Match": tag, "If-Match": '"x"'}, **body).status_code == 403
		assert site.ada(verb, path, headers={"If-None-Match": tag, "If-Match": '"x"'}, **body).status_code == 403
	assert site.admin("GET", f"{TODO}/nothing", headers={"If-None-Match": "*"}).status_code == 404
	assert site.admin("PUT", f"{TODO}/nothing", headers={"If-Match": "*"}, json={}).status_code == 404
	assert site.admin("DELETE", f"{TODO}/nothing", headers={"If-Match": "*"}).status_code == 404


def test_callers_who_see_different_bodies_have_different_tags(site):
	site.admin("POST", "/api/resource/Custom Field", json={
		"dt": "ToDo", "fieldname": "inner", "fieldtype": "Data", "label": "Inner", "permlevel": 1}).raise_for_status()
	path = make(site, inner="for few", allocated_to="ada@example.com")
	mine, hers = (caller("GET", path) for caller in (site.admin, site.ada))

	assert "inner" in mine.json()["data"] and "inner" not in hers.json()["data"]
	assert mine.headers["ETag"] != hers.headers["ETag"]
	assert site.ada("PUT", path, headers={"If-Match": mine.headers["ETag"]}, json={"description": "x"}).status_code == 412
	assert site.ada("PUT", path, headers={"If-Match": hers.headers["ETag"]}, json={"description": "x"}).status_code == 200


@pytest.mark.parametrize("prefix, verb", [
	("/api/resource", "PUT"), ("/api/v2/document", "PATCH"), ("/api/resource", "DELETE"), ("/api/v2/document", "DELETE")])
def test_a_change_that_rests_on_another_state_is_refused(site, prefix, verb):
	path = make(site)
	here = prefix + path.removeprefix("/api/resource")
	tag = tag_of(site.admin, path)
	body = {"json": {"description": "third"}} if verb != "DELETE" else {}
	site.admin("PUT", path, json={"description": "second"}).raise_for_status()

	for conditions in ({"If-Match": tag}, {"If-Match": "W/" + tag_of(site.admin, path)}, {"If-None-Match": "*"},
		{"If-None-Match": tag_of(site.admin, path)}):
		answer = site.admin(verb, here, headers=conditions, **body)
		assert answer.status_code == 412, conditions
		assert "PreconditionFailed" in answer.text
	assert site.admin("GET", path).json()["data"]["description"] == "second"
	now = tag_of(site.admin, path, headers={"Accept-Encoding": "identity"})
	assert site.admin(verb, here, headers={"If-Match": f'"other", {now[:-1]}-gzip"'}, **body).status_code in (200, 202)


def test_a_read_that_rests_on_another_state_is_refused_too(site):
	path = make(site)

	assert site.admin("GET", path, headers={"If-Match": '"other"'}).status_code == 412
	assert site.admin("GET", path, headers={"If-Match": tag_of(site.admin, path)}).status_code == 200


def test_of_many_who_saw_the_same_state_one_changes_it(site):
	path = make(site)
	tag = tag_of(site.admin, path)

	with concurrent.futures.ThreadPoolExecutor(8) as pool:
		answers = list(pool.map(
			lambda i: site.admin("PUT", path, headers={"If-Match": tag}, json={"description": f"by {i}"}).status_code, range(8)))
	assert sorted(answers) == [200] + [412] * 7


def test_single_doctypes_have_tags_and_conditions(site):
	path = "/api/resource/System Settings"
	tag = tag_of(site.admin, path)

	assert site.admin("GET", path, headers={"If-None-Match": tag}).status_code == 304
	with concurrent.futures.ThreadPoolExecutor(4) as pool:
		answers = list(pool.map(
			lambda i: site.admin("PUT", path, headers={"If-Match": tag}, json={"session_expiry": f"1{i}:00"}).status_code, range(4)))
	assert sorted(answers) == [200, 412, 412, 412]
	assert site.admin("GET", path, headers={"If-None-Match": tag}).status_code == 200


def test_methods_of_documents_are_judged(site):
	path = make(site)

	answer = site.admin("POST", path, headers={"If-Match": '"other"'}, json={"run_method": "rename", "name": "renamed"})
	assert answer.status_code == 412
	assert site.admin("GET", path).status_code == 200


@pytest.mark.parametrize("prefix", ["/api/resource/ToDo", "/api/v2/document/ToDo"])
def test_short_lists_have_tags_and_long_ones_none(site, prefix):
	path = prefix + '?fields=["name"]&filters=[["description","=","first"]]&limit=5'
	make(site)
	tag = tag_of(site.admin, path)

	assert site.admin("GET", path, headers={"If-None-Match": tag}).status_code == 304
	make(site)
	assert tag_of(site.admin, path) != tag
	make(site, description="long " * 20000)
	assert "ETag" not in site.admin("GET", prefix + '?fields=["description"]&order_by=creation desc&limit=1').headers


def test_other_calls_have_no_tag(site):
	for path in ("/api/method/frappe.auth.get_logged_user", "/api/v2/doctype/ToDo/count", "/api/method/frappe.client.get_count?doctype=ToDo"):
		answer = site.admin("GET", path, headers={"If-None-Match": "*", "If-Match": '"x"'})
		assert answer.status_code == 200 and "ETag" not in answer.headers, path


@pytest.mark.parametrize("prefer, minimal", [
	("return=minimal", True), ('Return="minimal"', True), ("respond-async, return=minimal; foo=bar", True), ("return = Minimal", True),
	("return=representation, return=minimal", False), ("return", False), ("minimal", False), ("", False)])
def test_a_client_may_ask_for_a_short_answer(site, prefer, minimal):
	made = site.admin("POST", TODO, headers={"Prefer": prefer}, json={"description": "first"})
	path = f"{TODO}/{made.json()['data']['name']}"
	saved = site.admin("PUT", path, headers={"Prefer": prefer}, json={"description": "second"})

	for answer in (made, saved):
		assert answer.status_code == 200
		assert answer.headers.get("Preference-Applied") == ("return=minimal" if minimal else None)
		assert (set(answer.json()["data"]) == {"name", "modified", "doctype"}) is minimal
	assert saved.json()["data"]["modified"] == site.admin("GET", path).json()["data"]["modified"]


def test_pages_and_their_files_keep_their_tags(site):
	page = site.guest("GET", "/login").text
	path = page[page.index("/assets/"):].split('"')[0]
	answer = site.guest("GET", path, headers={"Accept-Encoding": "gzip"})
	tag = answer.headers["ETag"]

	assert tag.endswith('-gzip"') is (answer.headers.get("Content-Encoding") == "gzip")
	known = site.guest("GET", path, headers={"If-None-Match": tag})
	assert (known.status_code, known.headers["ETag"]) == (304, tag)
