"""Sessions that end while their last request is under way."""

import pytest

BOSS = "boss@example.com"


@pytest.fixture
def boss(server):
	"""A session of a user who may change users, and is not the last who may."""
	for email in (BOSS, "second@example.com"):
		server.admin("POST", "/api/resource/User", json={
			"email": email, "first_name": "Boss", "new_password": "Gr4nite-Boss-Qz11", "send_welcome_email": 0,
			"roles": [{"role": "System Manager"}],
		})
	session = server.login(BOSS, "Gr4nite-Boss-Qz11")
	page = session.get(server.url + "/app", timeout=30)
	assert page.status_code == 200
	session.headers["X-Frappe-CSRF-Token"] = page.text.split('csrf_token = "')[1].split('"')[0]
	return session


def test_a_user_who_ends_his_own_session_still_gets_his_answer(server, boss):
	changed = boss.put(f"{server.url}/api/resource/User/{BOSS}", json={"enabled": 0}, timeout=30)
	assert changed.status_code == 200
	assert server.guest("GET", "/api/method/ping").status_code == 200
	assert boss.get(server.url + "/api/method/frappe.auth.get_logged_user", timeout=30).status_code in (401, 403)
