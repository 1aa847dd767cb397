"""The wire: routes, arguments, envelopes, errors, cookies, verifier, pages (spec/rpc.md, rest.md, auth.md)."""

import base64
import json
import re

import pytest
import requests

from sites import GENERATE, PASSWORD, WHO_AM_I, Caller, Site

ORIGIN = "https://allowed.example"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
	made = Site(tmp_path_factory.mktemp("wire") / "site")
	yield made.start(SYMBOLON_ADMIN_PASSWORD=PASSWORD, SYMBOLON_HTTP_ALLOW_CORS=ORIGIN)
	made.stop()


@pytest.fixture(scope="module")
def ada(server):
	"""An ordinary user with a role that may keep notes."""
	body = {"email": "ada@example.com", "first_name": "Ada", "send_welcome_email": 0, "new_password": "Gr4nite-Ada-Qz82",
		"roles": [{"role": "Website Manager"}]}
	answer = server.admin("POST", "/api/resource/User", json=body)
	assert answer.status_code == 200, answer.text
	pair = server.admin("POST", GENERATE, json={"user": body["email"]}).json()["message"]
	return server.with_token(pair)


def first_message(answer):
	return json.loads(json.loads(answer.json()["_server_messages"])[0])


# --- routes


@pytest.mark.parametrize("path", [
	"/api/method/ping", "/api/method/ping/", "/api/method/ping/any/thing", "/api/v1/method/ping", "//api/method/ping",
	"/api/method/frappe.ping", "/?cmd=ping", "/api/method?cmd=ping", "/api/method/?cmd=frappe.ping",
])
def test_ping_answers_on_every_path_it_has(server, path):
	answer = server.guest("GET", path)
	assert (answer.status_code, answer.json()) == (200, {"message": "pong"})
	assert answer.headers["Content-Type"] == "application/json"
	assert answer.headers["Cache-Control"] == "no-store,no-cache,must-revalidate,max-age=0"


def test_v2_has_its_own_envelope(server):
	assert server.guest("GET", "/api/v2/method/ping").json() == {"data": "pong"}
	missing = server.admin("GET", "/api/v2/document/ToDo/nope")
	assert missing.status_code == 404
	assert missing.json()["errors"] == [
		{"type": "DoesNotExistError", "message": "ToDo nope not found", "title": "Message", "indicator": "red"}
	]


@pytest.mark.parametrize("path", [
	"/api/", "/api/unknown", "/api/resource", "/api/resource/", "/api/method", "/api/method//ping", "/api/v1/document/ToDo",
	"/api/v3/resource/ToDo", "/api/resource//ToDo",
])
def test_an_unknown_path_under_api_is_a_404_in_json(server, path):
	answer = server.admin("GET", path, headers={"Accept": "text/html"})
	assert (answer.status_code, answer.json()) == (404, {"exc_type": "DoesNotExistError"})


@pytest.mark.parametrize("path", ["/api", "/API/method/ping", "/nosuchpage", "/assets/nope.css", "/assets/..%2fsymbolon.key"])
def test_an_unknown_page_is_a_404_in_html(server, path):
	answer = server.guest("GET", path)
	assert answer.status_code == 404
	assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("verb, path, status, allow", [
	("PUT", "/api/resource/ToDo", 405, "GET, HEAD, POST"),
	("BREW", "/api/resource/ToDo", 405, "GET, HEAD, POST"),
	("POST", "/api/v2/doctype/ToDo/count", 405, "GET, HEAD"),
	("PATCH", "/api/resource/ToDo/x", 404, None),
	("PATCH", "/api/method/ping", 403, None),
	("TRACE", "/api/method/ping", 403, None),
	("HEAD", "/api/method/ping", 403, None),
])
def test_a_wrong_verb_is_refused(server, verb, path, status, allow):
	answer = server.admin(verb, path)
	assert answer.status_code == status
	assert answer.headers.get("Allow") == allow


@pytest.mark.parametrize("path", ["/api/method/ping", "/api/unknown", "/api/resource/ToDo/x", "/anything"])
def test_options_is_answered_empty(server, path):
	answer = server.guest("OPTIONS", path)
	assert (answer.status_code, answer.content) == (200, b"")
	assert "Set-Cookie" not in answer.headers
	refused = server.guest("OPTIONS", path, headers={"Authorization": "token a:b"})
	assert refused.status_code == 401


# --- methods


def test_an_unknown_method_is_a_417(server):
	answer = server.admin("GET", "/api/method/nosuch")
	assert answer.status_code == 417
	assert answer.json()["exc_type"] == "ValidationError"
	assert first_message(answer)["message"] == "Failed to get method for command nosuch with 'nosuch'"
	other = server.admin("GET", "/api/method/other.app.method")
	assert first_message(other)["message"] == "App other is not installed"


def test_a_name_in_a_text_cannot_be_html(server):
	answer = server.admin("GET", "/api/method/%3Cimg%20src=x%3E")
	assert "<img" not in answer.text


def test_guests_get_403_where_a_user_is_needed(server):
	answer = server.guest("GET", WHO_AM_I)
	assert answer.status_code == 403
	assert "frappe.auth.get_logged_user" in first_message(answer)["message"]
	assert first_message(answer)["title"] == "Method Not Allowed"


def test_exc_is_a_list_in_a_string_with_the_line_and_the_request(server):
	body = server.guest("GET", WHO_AM_I, headers={"X-Frappe-Request-Id": "mine-1"}).json()
	[line] = json.loads(body["exc"])
	assert line == body["exception"] + " (request mine-1)"


def test_methods_of_the_command_line_do_not_exist_over_http(server):
	assert server.admin("POST", "/api/method/symbolon.keys.verify", json={"token": "a:b"}).status_code == 417


def test_keys_are_made_with_post_by_system_managers_only(server, ada):
	get = server.admin("GET", GENERATE + "?user=ada@example.com")
	assert get.status_code == 403 and "POST" in first_message(get)["message"]
	assert server.admin("PUT", GENERATE, json={"user": "ada@example.com"}).status_code == 403
	denied = ada("POST", GENERATE, json={"user": "ada@example.com"})
	assert denied.status_code == 403 and "_server_messages" not in denied.json()
	assert server.guest("POST", GENERATE, json={"user": "ada@example.com"}).status_code == 403
	assert server.admin("POST", GENERATE, json={"user": "nobody@example.com"}).status_code == 404
	assert server.admin("POST", GENERATE, json={"user": 5}).json()["exc_type"] == "FrappeTypeError"
	missing = server.admin("POST", GENERATE)
	assert "missing 1 required positional argument: 'user'" in missing.json()["exception"]


def test_a_new_secret_ends_the_old_one_and_keeps_the_key(server):
	body = {"email": "keys@example.com", "first_name": "Keys", "send_welcome_email": 0}
	assert server.admin("POST", "/api/resource/User", json=body).status_code == 200
	first = server.admin("POST", GENERATE, json={"user": "keys@example.com"}).json()["message"]
	second = server.admin("POST", GENERATE + '?user="keys@example.com"').json()["message"]
	third = server.admin("POST", "/api/v2/method/User/generate_keys", json={"user": "keys@example.com"}).json()["data"]
	assert first["api_key"] == second["api_key"] == third["api_key"]

	def status(pair):
		return server.guest("GET", WHO_AM_I, headers={"Authorization": f"token {pair['api_key']}:{pair['api_secret']}"}).status_code

	assert [status(first), status(second), status(third)] == [401, 401, 200]
	ended = server.admin("POST", "/api/method/symbolon.keys.revoke", json={"user": "keys@example.com"}).json()["message"]
	assert ended == {"user": "keys@example.com", "ended": 1}
	assert status(third) == 401


def test_roles_of_others_are_for_system_managers(server, ada):
	get_roles = "/api/method/frappe.core.doctype.user.user.get_roles"
	assert ada("GET", get_roles).json()["message"][0] == "Website Manager"
	assert ada("GET", get_roles + "?uid=Administrator").status_code == 403
	assert "Website Manager" in server.admin("GET", get_roles + "?uid=ada@example.com").json()["message"]


def test_user_info_is_open_to_guests(server):
	info = server.guest("GET", "/api/method/frappe.realtime.get_user_info").json()["message"]
	assert info["user"] == "Guest" and info["installed_apps"] == ["frappe"]


# --- documents


@pytest.fixture(params=["token", "Basic", "Bearer"])
def scheme(request, server):
	pair = ":".join(server.pair)
	credential = base64.b64encode(pair.encode()).decode() if request.param == "Basic" else pair
	return Caller(server, {"Authorization": f"{request.param} {credential}"})


def test_a_todo_lives_and_dies_over_rest(scheme):
	made = scheme("POST", "/api/resource/ToDo", json={"description": "buy milk"})
	assert made.status_code == 200, made.text
	todo = made.json()["data"]
	path = f"/api/resource/ToDo/{todo['name']}"
	read = scheme("GET", path).json()["data"]
	assert read["description"] == "buy milk" and None not in read.values()
	assert scheme("HEAD", path).status_code == 200
	changed = scheme("PUT", path, json={"status": "Closed"})
	assert changed.json()["data"]["status"] == "Closed"
	rows = scheme("GET", "/api/resource/ToDo", params={
		"filters": json.dumps([["name", "=", todo["name"]]]), "fields": json.dumps(["name", "status"])}).json()
	assert rows == {"data": [{"name": todo["name"], "status": "Closed"}]}
	gone = scheme("DELETE", path)
	assert (gone.status_code, gone.text) == (202, '{"data":"ok"}')
	again = scheme("DELETE", path)
	assert (again.status_code, again.json()) == (404, {"exc_type": "DoesNotExistError"})
	assert "ToDo" in first_message(scheme("GET", path))["message"]


@pytest.mark.parametrize("kwargs", [
	{"json": {"description": "form"}},
	{"json": {"data": {"description": "form"}}},
	{"json": {"data": '{"description":"form"}'}},
	{"data": {"description": "form"}},
	{"data": {"data": '{"description":"form"}'}},
	{"data": '{"description":"form"}'},
	{"data": '{"description":"form"}', "headers": {"Content-Type": "text/plain"}},
	{"files": {"description": (None, "form")}},
	{"params": {"description": "form"}},
	{"json": {"description": "form"}, "params": {"description": "query"}},
])
def test_every_form_of_body_makes_a_document(server, kwargs):
	answer = server.admin("POST", "/api/resource/ToDo", **kwargs)
	assert answer.status_code == 200, answer.text
	assert answer.json()["data"]["description"] == "form"


@pytest.mark.parametrize("body, status, exc_type", [
	(b'{"description":', 400, "JSONDecodeError"),
	(b'{"description":1,"description":2}', 400, "JSONDecodeError"),
	(b'\xef\xbb\xbf{}', 400, "JSONDecodeError"),
	(b'{"description":"\xff"}', 400, "JSONDecodeError"),
	(b"[" * 100 + b"]" * 100, 400, "JSONDecodeError"),
	(b'"text"', 417, "ValidationError"),
	(b'[{"description":"x"}]', 417, "TypeError"),
])
def test_what_is_no_json_object_is_refused(server, body, status, exc_type):
	answer = server.admin("POST", "/api/resource/ToDo", data=body, headers={"Content-Type": "application/json"})
	assert (answer.status_code, answer.json()["exc_type"]) == (status, exc_type)


def test_a_name_may_hold_slashes_and_blanks(server):
	name = "a/b c+d"
	made = server.admin("POST", "/api/resource/Role", json={"role_name": name})
	assert made.status_code == 200, made.text
	for path in ("a/b%20c+d", "a%2Fb%20c%2Bd", "a%2Fb%20c%2Bd/"):
		assert server.admin("GET", "/api/resource/Role/" + path).json()["data"]["name"] == name


def test_documents_over_rpc_carry_nulls(server):
	call = server.admin
	made = call("POST", "/api/method/frappe.client.insert", data={"doc": '{"doctype":"ToDo","description":"rpc"}'})
	assert made.status_code == 200, made.text
	todo = made.json()["message"]
	assert todo["allocated_to"] is None
	key = {"doctype": "ToDo", "name": todo["name"]}
	assert call("GET", "/api/method/frappe.client.get", params=key).json()["message"]["name"] == todo["name"]
	value = {"doctype": "ToDo", "fieldname": "description", "filters": json.dumps({"name": todo["name"]})}
	assert call("GET", "/api/method/frappe.client.get_value", params=value).json() == {"message": {"description": "rpc"}}
	value["as_dict"] = "false"
	assert call("GET", "/api/method/frappe.client.get_value", params=value).json() == {"message": ["rpc"]}
	none = {"doctype": "ToDo", "fieldname": '["description"]', "filters": "nope"}
	assert call("GET", "/api/method/frappe.client.get_value", params=none).json() == {"message": {}}
	changed = call("POST", "/api/method/frappe.client.set_value", json={**key, "fieldname": "priority", "value": "High"})
	assert changed.json()["message"]["priority"] == "High"
	several = call("POST", "/api/method/frappe.client.set_value", data={**key, "fieldname": '{"priority":"Low"}'})
	assert several.json()["message"]["priority"] == "Low"
	standard = call("POST", "/api/method/frappe.client.set_value", json={**key, "fieldname": "owner", "value": "x"})
	assert standard.status_code == 417
	whole = several.json()["message"]
	stale = call("POST", "/api/method/frappe.client.save", json={"doc": {**whole, "modified": todo["modified"]}})
	assert stale.json()["exc_type"] == "TimestampMismatchError"
	assert call("POST", "/api/method/frappe.client.save", json={"doc": whole}).status_code == 200
	count = call("GET", "/api/method/frappe.client.get_count", params={"doctype": "ToDo", "filters": json.dumps({"name": todo["name"]})})
	assert count.json() == {"message": 1}
	rows = call("GET", "/api/method/frappe.client.get_list", params={"doctype": "ToDo", "limit_page_length": 1})
	assert len(rows.json()["message"]) == 1
	assert call("GET", "/api/method/frappe.client.delete", params=key).status_code == 403
	assert call("POST", "/api/method/frappe.client.delete", json=key).json() == {}
	assert call("GET", "/api/method/frappe.client.get", params=key).status_code == 404


def test_an_unknown_doctype_is_404_on_every_route(server):
	for verb, path in (("GET", "/api/resource/Nope"), ("GET", "/api/resource/Nope/x"), ("POST", "/api/resource/Nope"),
			("PUT", "/api/resource/Nope/x"), ("DELETE", "/api/resource/Nope/x"), ("GET", "/api/v2/doctype/Nope/count"),
			("GET", "/api/v2/method/Nope/method")):
		answer = server.admin(verb, path, json={} if verb in ("POST", "PUT") else None)
		assert answer.status_code == 404, (verb, path, answer.text)


def test_document_methods_are_not_whitelisted(server):
	for verb, path in (("POST", "/api/resource/ToDo/x?run_method=delete"), ("GET", "/api/v2/document/ToDo/x/method/delete")):
		assert server.admin(verb, path).status_code == 403


# --- sessions


def test_a_login_sets_cookies_that_a_logout_takes(server):
	session = requests.Session()
	answer = session.post(server.url + "/", data={"cmd": "login", "usr": "Administrator", "pwd": PASSWORD}, timeout=10)
	assert answer.json() == {"message": "Logged In", "home_page": "/app", "full_name": "Administrator"}
	assert session.cookies["user_id"] == "Administrator"
	assert session.get(server.url + WHO_AM_I, timeout=10).json() == {"message": "Administrator"}
	sid = session.cookies["sid"]
	out = session.get(server.url + "/?cmd=logout", timeout=10)
	assert (out.status_code, out.json()["home_page"]) == (200, "/login")
	after = server.guest("GET", WHO_AM_I, headers={"Cookie": f"sid={sid}"})
	assert (after.status_code, after.json()["session_expired"]) == (403, 1)


@pytest.mark.parametrize("body, message", [
	({"usr": "Administrator", "pwd": "wrong"}, "Invalid login credentials"),
	({"usr": "nobody@example.com", "pwd": "wrong"}, "Invalid login credentials"),
	({"usr": "Administrator"}, "Incomplete login details"),
	({"usr": ["x"], "pwd": {"a": 1}}, "Incomplete login details"),
	({"usr": "Administrator", "pwd": "x" * 600}, "Password size exceeded the maximum allowed size"),
])
def test_a_failed_login_says_why_and_clears_nothing(server, body, message):
	answer = server.guest("POST", "/api/method/login", json=body)
	assert (answer.status_code, answer.json()["message"]) == (401, message)
	assert answer.json()["exc_type"] == "AuthenticationError"
	assert "Set-Cookie" not in answer.headers


def test_passwords_do_not_come_in_urls(server):
	answer = server.guest("GET", f"/api/method/login?usr=Administrator&pwd={PASSWORD}")
	assert answer.status_code == 403


def test_a_page_hands_out_a_csrf_token_that_is_asked_for_from_then_on(server):
	session = server.login()
	path = server.url + "/api/resource/ToDo"
	assert session.post(path, json={"description": "before"}, timeout=10).status_code == 200
	page = session.get(server.url + "/app", timeout=10)
	[token] = re.findall(r'<script type="text/plain" id="boot">csrf_token = "([0-9a-f]+)"</script>', page.text)
	assert session.get(server.url + "/me", timeout=10).text.count(token) == 1
	refused = session.post(path, json={"description": "without"}, timeout=10)
	assert refused.status_code == 400
	assert refused.json()["exc_type"] == "CSRFTokenError" and "exc" not in refused.json()
	given = session.post(path, json={"description": "with"}, headers={"X-Frappe-CSRF-Token": token}, timeout=10)
	assert given.status_code == 200
	form = session.post(path, data={"description": "with", "csrf_token": token}, timeout=10)
	assert form.status_code == 200


def test_another_site_cannot_use_a_session(server):
	session = server.login()
	path = server.url + "/api/resource/ToDo"
	for origin, status in (("https://evil.example", 400), ("null", 400), (ORIGIN, 200), ("http://127.0.0.1:3000", 200)):
		answer = session.post(path, json={"description": "x"}, headers={"Origin": origin}, timeout=10)
		assert answer.status_code == status, origin
	link = session.get(server.url + "/api/method/logout", headers={"Referer": "https://evil.example/"}, timeout=10)
	assert link.status_code == 400
	evil = server.guest("POST", "/api/method/login", json={"usr": "Administrator", "pwd": PASSWORD},
		headers={"Origin": "https://evil.example"})
	assert evil.status_code == 400


def test_a_token_wins_over_a_cookie_and_sets_none(server, ada):
	session = server.login()
	answer = session.get(server.url + WHO_AM_I, headers=ada.headers, timeout=10)
	assert answer.json() == {"message": "ada@example.com"}
	assert "Set-Cookie" not in answer.headers


def test_a_refused_token_is_401_with_a_challenge(server):
	for path in (WHO_AM_I, "/api/method/ping", "/api/v2/method/ping"):
		answer = server.guest("GET", path, headers={"Authorization": "token a:b"})
		assert answer.status_code == 401
		assert answer.headers["WWW-Authenticate"] == 'token realm="symbolon"'
		assert "_server_messages" not in answer.json()
		assert "sid=;" in answer.headers["Set-Cookie"]


def test_a_password_is_changed_with_the_old_one(server):
	body = {"email": "pw@example.com", "first_name": "Pw", "send_welcome_email": 0, "new_password": "Gr4nite-Pw-Qz71"}
	assert server.admin("POST", "/api/resource/User", json=body).status_code == 200
	session = server.login("pw@example.com", "Gr4nite-Pw-Qz71")
	change = server.url + "/api/method/frappe.core.doctype.user.user.update_password"
	wrong = session.post(change, data={"new_password": "Gr4nite-Pw-Qz72", "old_password": "bad"}, timeout=10)
	assert (wrong.status_code, wrong.json()["message"]) == (401, "Incorrect password")
	session = server.login("pw@example.com", "Gr4nite-Pw-Qz71")
	verify = server.url + "/api/method/frappe.core.doctype.user.user.verify_password"
	assert session.post(verify, data={"password": "Gr4nite-Pw-Qz71"}, timeout=10).json() == {}
	assert session.post(change, data={"new_password": "abc", "old_password": "Gr4nite-Pw-Qz71"}, timeout=10).status_code == 417
	right = session.post(change, data={"new_password": "Gr4nite-Pw-Qz72", "old_password": "Gr4nite-Pw-Qz71"}, timeout=10)
	assert right.json() == {"message": "me", "home_page": "/me", "full_name": "Pw"}
	server.login("pw@example.com", "Gr4nite-Pw-Qz72")
	expired = server.guest("POST", "/api/method/frappe.core.doctype.user.user.update_password",
		json={"new_password": "x", "key": "0" * 56})
	assert expired.status_code == 410


# --- around every answer


def test_cors_is_for_the_named_origin_on_every_answer(server):
	for path, status in (("/api/method/ping", 200), ("/api/unknown", 404), ("/api/resource/ToDo", 403), ("/nosuchpage", 404)):
		answer = server.guest("GET", path, headers={"Origin": ORIGIN})
		assert answer.status_code == status
		assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
		assert answer.headers["Access-Control-Allow-Credentials"] == "true"
		assert "X-Frappe-Request-Id" in answer.headers["Access-Control-Expose-Headers"]
		assert answer.headers["Vary"] == "Origin"
		other = server.guest("GET", path, headers={"Origin": "https://evil.example"})
		assert "Access-Control-Allow-Origin" not in other.headers
		assert other.headers["Vary"] == "Origin"
	refused = server.guest("PUT", "/api/resource/ToDo", headers={"Origin": ORIGIN})
	assert (refused.status_code, refused.headers["Access-Control-Allow-Origin"]) == (405, ORIGIN)


def test_a_preflight_echoes_what_it_asks(server):
	answer = server.guest("OPTIONS", "/api/resource/ToDo/x", headers={
		"Origin": ORIGIN, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization"})
	assert answer.headers["Access-Control-Allow-Methods"] == "PUT"
	assert answer.headers["Access-Control-Allow-Headers"] == "authorization"
	assert answer.headers["Access-Control-Max-Age"] == "86400"


def test_guests_send_little_and_json_has_a_limit(server):
	assert server.guest("POST", "/api/method/ping", data=b"x" * (65 * 1024)).status_code == 413
	big = server.admin("POST", "/api/method/ping", json={"x": "y" * (5 * 1024 * 1024)})
	assert (big.status_code, big.json()["exc_type"]) == (413, "RequestEntityTooLarge")


def test_json_that_is_parsed_off_the_loop_is_the_same(server):
	answer = server.admin("POST", "/api/method/ping", json={"x": ["y" * 1000] * 200})
	assert answer.json() == {"message": "pong"}
	broken = server.admin("POST", "/api/method/ping", data=b'{"x":"' + b"y" * 100000, headers={"Content-Type": "application/json"})
	assert (broken.status_code, broken.json()["exc_type"]) == (400, "JSONDecodeError")


def test_processing_time_is_limited(tmp_path):
	server = Site(tmp_path / "site").start("--http.rate_limit", "0.000001/86400")
	try:
		first = server.guest("GET", "/api/method/ping")
		assert first.status_code == 200
		assert first.headers["X-RateLimit-Limit"] == "1"
		second = server.guest("GET", "/api/v2/method/ping")
		assert second.status_code == 429
		assert second.json()["errors"][0]["type"] == "TooManyRequestsError"
		assert second.headers["X-RateLimit-Remaining"] == "0"
		assert int(second.headers["Retry-After"]) <= 86400
		assert server.guest("OPTIONS", "/api/method/ping").status_code == 429
		assert server.guest("GET", "/healthz").status_code == 200
	finally:
		server.stop()


# --- verifier, health, pages


def test_the_verifier_says_who_a_request_is_from(server, ada):
	for verb, path in (("GET", "/auth/verify"), ("POST", "/auth/verify/any/thing"), ("BREW", "/auth/verify")):
		answer = ada(verb, path, data=b"ignored", headers={"X-Symbolon-User": "Administrator"})
		assert (answer.status_code, answer.content) == (204, b"")
		assert answer.headers["Content-Length"] == "0"
		assert answer.headers["X-Symbolon-User"] == "ada@example.com"
		assert answer.headers["X-Symbolon-Full-Name"] == "Ada"
		assert "Website Manager" in answer.headers["X-Symbolon-Roles"].split(",")
		assert answer.headers["X-Symbolon-Auth"] == "token"
		assert answer.headers["X-Symbolon-Key"] == ada.headers["Authorization"].split()[1].split(":")[0]
		assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("query, status", [
	("?role=Website%20Manager", 204), ("?role=Website+Manager&role=All", 204), ("?role=System%20Manager", 403),
	("?role=Website%20Manager&role=System%20Manager", 403), ("?role=No%20Such%20Role", 403), ("?role=", 403),
])
def test_the_verifier_demands_every_role_that_is_named(ada, query, status):
	answer = ada("GET", "/auth/verify" + query)
	assert answer.status_code == status
	assert answer.headers["Content-Length"] == "0"


@pytest.mark.parametrize("headers", [{}, {"Authorization": "token a:b"}, {"Authorization": "Basic abc"}, {"Cookie": "sid=" + "f" * 56}])
def test_the_verifier_refuses_nobody_with_an_empty_401(server, headers):
	answer = server.guest("GET", "/auth/verify", headers=headers)
	assert (answer.status_code, answer.content) == (401, b"")
	assert answer.headers["Content-Length"] == "0"
	assert "Set-Cookie" not in answer.headers


def test_the_verifier_encodes_what_a_field_cannot_hold(server):
	body = {"email": "zoe@example.com", "first_name": "Zo\u00eb, 100%", "send_welcome_email": 0}
	assert server.admin("POST", "/api/resource/User", json=body).status_code == 200
	pair = server.admin("POST", GENERATE, json={"user": "zoe@example.com"}).json()["message"]
	answer = server.guest("GET", "/auth/verify", headers={"Authorization": f"token {pair['api_key']}:{pair['api_secret']}"})
	assert answer.headers["X-Symbolon-Full-Name"] == "Zo%C3%AB%2C 100%25"


def test_health_is_plain(server):
	for path in ("/healthz", "/readyz"):
		answer = server.guest("GET", path)
		assert (answer.status_code, answer.text) == (200, "ok\n")
		assert "Set-Cookie" not in answer.headers


def test_pages_lead_to_the_login_and_carry_a_policy(server):
	assert server.guest("GET", "/").headers["Location"] == "/login"
	assert server.admin("GET", "/").headers["Location"] == "/app"
	assert server.guest("GET", "/app").headers["Location"] == "/login?redirect-to=/app"
	login = server.guest("GET", "/login")
	assert "default-src 'none'" in login.headers["Content-Security-Policy"]
	assert login.headers["X-Content-Type-Options"] == "nosniff"
	for path in re.findall(r'(?:href|src)="(/assets/[^"]+)"', login.text):
		asset = server.guest("GET", path)
		assert asset.status_code == 200
		again = server.guest("GET", path, headers={"If-None-Match": asset.headers["ETag"]})
		assert (again.status_code, again.content) == (304, b"")


def test_a_name_in_a_page_is_escaped(server):
	body = {"email": "html@example.com", "first_name": "A & B", "last_name": "\"C\" 'D'", "send_welcome_email": 0}
	assert server.admin("POST", "/api/resource/User", json=body).status_code == 200
	pair = server.admin("POST", GENERATE, json={"user": "html@example.com"}).json()["message"]
	page = server.guest("GET", "/me", headers={"Authorization": f"token {pair['api_key']}:{pair['api_secret']}"})
	assert "A &amp; B &quot;C&quot; &#39;D&#39;" in page.text


def test_an_error_outside_api_is_a_page_unless_json_is_asked_for(server):
	refused = server.admin("POST", "/", data={"cmd": "nosuch"})
	assert (refused.status_code, refused.headers["Content-Type"]) == (417, "text/html; charset=utf-8")
	asked = server.admin("POST", "/", data={"cmd": "nosuch"}, headers={"Accept": "application/json"})
	assert asked.json()["exc_type"] == "ValidationError"
