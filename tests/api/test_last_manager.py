"""The last System Manager does not shut himself out; the command line still may."""

import pytest

ADA, GRACE = "ada@example.com", "grace@example.com"
USER = "/api/resource/User/"


@pytest.fixture
def ada(site):
	"""The only System Manager beside Administrator, and her requests."""
	site.run("user", "add", ADA, "--first-name", "Ada", "--role", "System Manager")
	return site.with_token(site.json("keys", "generate", ADA))


def row_of(site):
	return site.admin("GET", USER + ADA).json()["data"]["roles"][0]["name"]


def ways(site):
	"""How one may try to go, and what the command line says about it."""
	return [
		("PUT", USER + ADA, {"enabled": 0}, f"symbolon user disable {ADA}"),
		("PUT", USER + ADA, {"roles": []}, f"symbolon user roles --remove \\\\\\\"System Manager\\\\\\\" {ADA}"),
		("PUT", USER + ADA, {"roles": [{"role": "Blogger"}]}, "symbolon user roles --remove"),
		("DELETE", f"/api/resource/Has Role/{row_of(site)}", None, "symbolon user roles --remove"),
		("DELETE", USER + ADA, None, "symbolon execute frappe.client.delete --args"),
	]


def test_the_last_one_stays_and_is_told_the_way_out(site, ada):
	for verb, path, body, way in ways(site):
		answer = ada(verb, path, json=body)
		assert answer.status_code == 417 and "You are the last System Manager" in answer.text, (verb, path, answer.text)
		assert way.split(" --")[0] in answer.text
	assert ada("PUT", USER + ADA, json={"bio": "stays"}).status_code == 200
	assert ada.call("symbolon.audit.verify")["intact"]


def test_a_disabled_one_is_no_other_one(site, ada):
	site.run("user", "add", GRACE, "--role", "System Manager")
	site.run("user", "disable", GRACE)
	assert ada("PUT", USER + ADA, json={"enabled": 0}).status_code == 417


@pytest.mark.parametrize("at", range(5))
def test_who_leaves_another_one_may_go(site, ada, at):
	site.run("user", "add", GRACE, "--role", "System Manager")
	verb, path, body, _ = ways(site)[at]
	assert ada(verb, path, json=body).status_code in (200, 202)


def test_the_command_line_and_administrator_may(site, ada):
	site.run("user", "roles", ADA, "--remove", "System Manager")
	assert ada("GET", "/api/resource/Role").status_code == 403
	site.run("user", "roles", ADA, "--add", "System Manager")
	assert site.admin("PUT", USER + ADA, json={"enabled": 0}).status_code == 200
	site.run("execute", "frappe.client.delete", "--args", f"['User', '{ADA}']")
	assert site.admin("GET", USER + ADA).status_code == 404


def ways_of_keys(site, ada):
	"""How one may end one's last key by that key."""
	key = ada.headers["Authorization"].split()[1].partition(":")[0]
	return [
		("POST", "/api/method/symbolon.keys.revoke", {"key": key}),
		("POST", "/api/method/symbolon.keys.revoke", {"keys": [key]}),
		("POST", "/api/method/symbolon.keys.revoke", {"user": ADA}),
		("PUT", f"/api/resource/API Key/{key}", {"enabled": 0}),
		("PUT", f"/api/resource/API Key/{key}", {"read_only": 1}),
		("PUT", f"/api/resource/API Key/{key}", {"not_before": "2100-01-01 00:00:00"}),
		("PUT", f"/api/resource/API Key/{key}", {"scopes": [{"kind": "DocType", "target": "ToDo"}]}),
		("PUT", USER + ADA, {"api_secret": ""}),
		("PUT", USER + ADA, {"api_key": ""}),
		("DELETE", f"/api/resource/API Key/{key}", None),
	]


def test_the_last_one_keeps_a_key(site, ada):
	for verb, path, body in ways_of_keys(site, ada):
		answer = ada(verb, path, json=body)
		assert answer.status_code == 417 and f"symbolon keys revoke {ADA}" in answer.text, (verb, path, answer.text)
		assert "the last System Manager" in answer.text
		assert ada("GET", "/api/method/frappe.auth.get_logged_user").status_code == 200
	made = ada.call("frappe.core.doctype.user.user.generate_keys", user=ADA)
	assert site.who(made).status_code == 200
	site.run("keys", "revoke", ADA)
	assert site.who(made).status_code == 401


@pytest.mark.parametrize("at", range(10))
def test_who_has_another_key_or_another_manager_may_end_it(site, ada, at):
	verb, path, body = ways_of_keys(site, ada)[at]
	if at == 2:  # which ends all of them
		site.run("user", "add", GRACE, "--role", "System Manager")
	else:
		site.json("keys", "create", ADA, "--label", "other")
	answer = ada(verb, path, json=body)
	assert answer.status_code in (200, 202), answer.text
	assert ada("POST", "/api/method/symbolon.keys.revoke", json={"key": "x"}).status_code in (401, 403)


def test_a_limited_key_is_no_other_one(site, ada):
	site.json("keys", "create", ADA, "--label", "other", "--read-only")
	site.json("keys", "create", ADA, "--label", "other", "--scope", "DocType:ToDo")
	verb, path, body = ways_of_keys(site, ada)[0]
	assert ada(verb, path, json=body).status_code == 417
