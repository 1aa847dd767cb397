"""The API page: an operation is found, tried by session and by token, and its lines of code do the same."""

import json
import os
import subprocess

import pytest
from selenium.webdriver.common.by import By

PYTHON = "/usr/bin/python3"


@pytest.fixture(scope="module", autouse=True)
def tasks_of_others_alone(server):
	"""The ToDos that are made here go again: tests of lists count theirs."""
	names = lambda: {row["name"] for row in server.admin("GET", "/api/resource/ToDo?limit=0").json()["data"]}  # noqa: E731
	before = names()
	yield
	for name in names() - before:
		server.admin("DELETE", f"/api/resource/ToDo/{name}").raise_for_status()


def answer(person):
	"""The body of the answer that is shown."""
	return json.loads(person.wait("an answer", lambda: person.browser.find_element(By.CSS_SELECTOR, "section[aria-label=Answer] figure code").text))


def code(person, language):
	person.browser.execute_script("scrollTo(0, 0)")
	person.click("button", language)
	text = person.wait("the code", lambda: person.browser.find_element(By.CSS_SELECTOR, f'[aria-label="{language} code"]').text)
	return text.replace(person.url, person.site.url)  # a name that browsers alone know


def run(command, pair, **kwargs):
	names = {"API_KEY": pair["api_key"], "API_SECRET": pair["api_secret"]}
	done = subprocess.run(command, env={**os.environ, **names}, text=True, capture_output=True, timeout=60, check=False, **kwargs)
	assert done.returncode == 0, done.stderr
	return done.stdout


def pair_of(server, user):
	return server.admin.call("frappe.core.doctype.user.user.generate_keys", user=user)


def test_an_operation_is_found_and_read_with_the_session(admin, server):
	server.admin("POST", "/api/resource/ToDo", json={"description": "Found by its address"}).raise_for_status()
	admin.open("/app").click("link", "API").heading("API").see("that you may call")
	admin.fill("Search the API", "list documents todo", role="searchbox").see("/api/resource/ToDo").miss("/api/method/ping")
	admin.choose("Group", "ToDo").click("link", "/api/resource/ToDo").heading("List documents: ToDo")
	admin.fill("fields", '["name", "description"]').fill("limit_page_length", "5").click("button", "Send GET").see("200 OK")
	assert {"name", "description"} == set(answer(admin)["data"][0])
	admin.wait("the operation in the address", lambda: "op=v1.list.ToDo" in admin.path())
	admin.browser.back()
	admin.heading("API")


def test_what_is_sent_is_done(admin, server):
	admin.open("/app/api?op=v1.create.ToDo").heading("Create a document: ToDo").see("no rehearsal")
	admin.fill("The document, as JSON", '{"description": "Made on the page"').click("button", "Send POST").see("This is no JSON")
	admin.fill("The document, as JSON", '{"description": "Made on the page"}')
	admin.click("button", "Conditions and preferences").fill("Idempotency-Key", "from-the-page").click("button", "Send POST").see("200 OK").miss("This is no JSON")
	name = answer(admin)["data"]["name"]
	admin.click("button", "Fields of the answer").miss("idempotency-replayed").click("button", "Send POST").see("idempotency-replayed: true")
	assert server.admin("GET", f"/api/resource/ToDo/{name}").json()["data"]["description"] == "Made on the page"
	assert server.admin.call("frappe.client.get_count", doctype="ToDo", filters={"description": "Made on the page"}) == 1


def test_a_part_of_the_address_is_needed(admin):
	admin.open("/app/api?op=v1.read.ToDo").heading("Read a document: ToDo").click("button", "Send GET").see("it is a part of the address")
	admin.wait("the focus", lambda: admin.browser.switch_to.active_element.accessible_name.startswith("name"))
	admin.fill("name needed", "a/b").click("button", "Send GET").see("404 Not Found")
	assert "a%2Fb" in code(admin, "curl")


def test_a_token_is_another_and_is_not_kept(admin, server, make_user):
	user = make_user("Tove")
	pair = pair_of(server, user)
	admin.open("/app/api?op=get.frappe.auth.get_logged_user").heading("The name of the calling user").see("It takes nothing")
	admin.click("button", "Send GET")
	assert answer(admin)["message"] == "Administrator"
	admin.click("radio", "Another, by a token")
	admin.wait("nothing to send", lambda: not admin.find("button", "Send GET").is_enabled())
	admin.fill("Token", f"{pair['api_key']}:{pair['api_secret']}").click("button", "Send GET")
	admin.wait("her answer", lambda: answer(admin).get("message") == user)
	assert pair["api_secret"] not in code(admin, "curl") + admin.text() + admin.browser.current_url
	admin.fill("Token", "wrong:secret").click("button", "Send GET").see("401 Unauthorized")
	admin.open("/app").see("Keys")  # the session is what it was


def test_the_code_does_what_the_page_does(admin, server):
	pair = server.admin("POST", "/api/resource/API Key", json={"user": "Administrator", "label": "code"}).json()["data"]
	server.admin("POST", "/api/resource/ToDo", json={"description": "It's \"quoted\" & $HOME"}).raise_for_status()
	admin.open("/app/api?op=get.frappe.client.get_list").heading("List documents")
	admin.fill("doctype", "ToDo").fill("fields", '["description"]').fill("filters", '{"description": "It\'s \\"quoted\\" & $HOME"}')
	admin.click("button", "Send GET")
	rows = answer(admin)["message"]
	assert rows == [{"description": "It's \"quoted\" & $HOME"}]
	assert json.loads(run(code(admin, "curl") + " -sS", pair, shell=True))["message"] == rows
	assert repr(rows) in run([PYTHON, "-c", code(admin, "Python")], pair)
	assert "quoted" in run(["node", "--input-type=module", "-e", code(admin, "JavaScript")], pair)

	admin.open("/app/api?op=post.frappe.client.insert").heading("Create a document")
	admin.fill("doc", '{"doctype": "Note", "title": "By code", "public": true}')
	for i, (language, command) in enumerate([
		("curl", lambda text: ["sh", "-c", text + " -sS"]), ("Python", lambda text: [PYTHON, "-c", text]),
		("JavaScript", lambda text: ["node", "--input-type=module", "-e", text]),
	]):
		assert "By code" in run(command(code(admin, language).replace("By code", f"By code {i}")), pair)
	assert server.admin.call("frappe.client.get_count", doctype="Note", filters={"title": ["like", "By code%"]}) == 3


def test_a_file_is_sent(admin, tmp_path):
	path = tmp_path / "from the page.txt"
	path.write_text("bytes from the page")
	admin.open("/app/api?op=post.upload_file").heading("Store a file (multipart/form-data)")
	admin.wait("where a file is chosen", lambda: admin.browser.find_element(By.CSS_SELECTOR, "input[type=file]")).send_keys(str(path))
	admin.choose("is_private", "1").click("button", "Send POST").see("200 OK")
	made = answer(admin)["message"]
	assert made["is_private"] == 1 and made["file_size"] == len("bytes from the page")


def test_a_document_is_asked_and_a_file_is_read(admin, server):
	name = server.admin("POST", "/api/resource/ToDo", json={"description": "asked on the page"}).json()["data"]["name"]
	admin.open("/app/api?op=v2.method.ToDo").heading("Ask a document to do something: ToDo")
	admin.fill("name needed", name).choose("method needed", "add_comment").fill("text", "said on the page")
	admin.click("button", "Send POST").see("200 OK")
	said = server.admin.call("frappe.client.get_list", doctype="Comment", filters={"reference_name": name}, fields=["content"])
	assert [row["content"] for row in said] == ["said on the page"]

	file = server.admin("POST", "/api/method/upload_file", files={"file": ("read.txt", b"read on the page")}, data={"is_private": 1}).json()["message"]
	admin.open("/app/api?op=file.private").heading("Read a private file")
	admin.fill("file needed", file["file_url"].removeprefix("/private/files/")).click("button", "Send GET").see("read on the page")


def test_a_text_of_a_form_names_no_file_for_curl(admin, server):
	admin.open("/app/api?op=post.upload_file").heading("Store a file (multipart/form-data)").fill("folder", "@/etc/hostname")
	pair = server.admin("POST", "/api/resource/API Key", json={"user": "Administrator", "label": "form"}).json()["data"]

	assert "hostname" in run(code(admin, "curl").replace("curl", "curl -sS --trace-ascii - ", 1), pair, shell=True).split("name=\"folder\"")[1].split("--")[0]


def test_a_user_sees_what_he_may_call_alone(as_user, make_user):
	person = as_user(make_user("Una"))
	person.open("/app").click("link", "API").heading("API").see("/api/method/ping")
	assert "Audit Log" not in person.text()
	person.open("/app/api?op=v1.list.Audit_Log").see("No such operation")


def test_it_is_found_by_keys_alone(admin):
	admin.open("/app/keys").heading("Keys").keys("g", "p").heading("API").find("searchbox", "Search the API")
	admin.keys("/").focused("Search the API").keys("calling user name").see("The name of the calling user").miss("Log in again")


def test_it_fits_a_phone_and_is_reached_there(admin):
	admin.dress(width=390, height=844)
	for path in ("/app/api", "/app/api?page=2", "/app/api?op=v1.create.ToDo", "/app/api?op=get.frappe.client.get_list"):
		admin.open(path).settled()
		assert admin.browser.execute_script("return document.documentElement.scrollWidth") == 390, path
	admin.open("/app/keys").heading("Keys").click("button", "account menu", exact=False).click("link", "API").heading("API")
