"""Idempotency-Key: a POST that is sent again is done once, and answered as it was."""

import concurrent.futures
import hashlib
import itertools
import json
import os
import shutil

import pytest

from sites import DATABASE, GENERATE, PASSWORD, Site, answers, send, sql

TODO = "/api/resource/ToDo"
KEYS = "/api/resource/API Key"
NUMBERS = itertools.count(1)
REPLAYED = "Idempotency-Replayed"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
	"""A site with Administrator's token, and ada, who may read and write what is hers."""
	made = Site(tmp_path_factory.mktemp("idempotency") / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	made.admin = made.with_token(made.json("keys", "generate", "Administrator"))
	made.run("user", "add", "ada@example.com", "--first-name", "Ada", "--role", "Newsletter Manager")
	made.ada = made.with_token(made.json("keys", "generate", "ada@example.com"))
	yield made
	made.stop()


@pytest.fixture
def key():
	return f"key {next(NUMBERS)}"


def post(caller, key, path=TODO, headers=None, **kwargs):
	kwargs = kwargs or {"json": {"description": key}}
	return caller("POST", path, headers={"Idempotency-Key": key, **(headers or {})}, **kwargs)


def count(site, text):
	return site.admin.call("frappe.client.get_count", doctype="ToDo", filters={"description": text})


def assert_same(first, again):
	assert (again.status_code, again.content) == (first.status_code, first.content)
	assert REPLAYED not in first.headers and again.headers[REPLAYED] == "true"
	assert again.headers["Content-Type"] == first.headers["Content-Type"]


@pytest.mark.parametrize("path", [TODO, "/api/v2/document/ToDo", "/api/v1/resource/ToDo"])
def test_a_request_that_is_sent_again_is_done_once_and_answered_as_it_was(site, key, path):
	first, again, third = (post(site.admin, key, path) for _ in range(3))
	assert first.status_code == 200, first.text
	assert_same(first, again)
	assert_same(first, third)
	assert count(site, key) == 1


def test_without_a_key_each_is_done(site, key):
	for _ in range(2):
		assert REPLAYED not in site.admin("POST", TODO, json={"description": key}).headers
	assert count(site, key) == 2


def test_methods_and_documents_methods_are_done_once(site, key):
	name = site.admin("POST", TODO, json={"description": key}).json()["data"]["name"]
	arguments = {"reference_doctype": "ToDo", "reference_name": name, "content": key, "comment_email": "a@example.com", "comment_by": "a"}
	for number, (path, body) in enumerate([
		("/api/method/frappe.desk.form.utils.add_comment", arguments),
		(f"/api/resource/ToDo/{name}?run_method=add_comment", {"text": key}),
	], 1):
		first, again = (post(site.admin, f"{key} {number}", path, json=body) for _ in range(2))
		assert first.status_code == 200, first.text
		assert_same(first, again)
		filters = {"reference_name": name, "comment_type": "Comment"}
		assert site.admin.call("frappe.client.get_count", doctype="Comment", filters=filters) == number


def test_what_a_preference_or_a_message_added_is_there_again(site, key):
	first, again = (post(site.admin, key, headers={"Prefer": "return=minimal"}) for _ in range(2))
	assert_same(first, again)
	assert again.headers["Preference-Applied"] == "return=minimal"


def test_another_request_with_the_same_key_is_refused(site, key):
	first = post(site.admin, key)
	for other in (
		post(site.admin, key, json={"description": "other"}), post(site.admin, key, TODO + "?x=1"),
		post(site.admin, key, "/api/resource/Note", json={"title": key}),
		post(site.admin, key, data={"description": key}),
	):
		assert other.status_code == 422 and other.json()["exc_type"] == "IdempotencyKeyReused", other.text
		assert REPLAYED not in other.headers
	assert_same(first, post(site.admin, key))
	assert count(site, key) == 1


def test_the_key_of_another_user_is_another_key(site, key):
	body = {"json": {"description": key, "assigned_by": "ada@example.com"}}
	got = [post(caller, key, **body) for caller in (site.admin, site.ada, site.admin, site.ada)]
	assert [answer.status_code for answer in got] == [200] * 4, [answer.text for answer in got]
	assert_same(got[0], got[2])
	assert_same(got[1], got[3])
	assert got[0].json()["data"]["name"] != got[1].json()["data"]["name"] and count(site, key) == 2


def test_a_session_and_a_token_of_one_user_share_their_keys(site, key):
	session = site.login()
	first = session.post(site.url + TODO, json={"description": key}, headers={"Idempotency-Key": key}, timeout=30)
	assert first.status_code == 200, first.text
	again = post(site.admin, key)
	assert (again.content, again.headers[REPLAYED]) == (first.content, "true")
	assert "Set-Cookie" not in again.headers


def named(site, **fields):
	made = site.admin("POST", KEYS, json={"user": "Administrator", "label": "limited", **fields})
	assert made.status_code == 200, made.text
	return made.json()["data"]


def scope(target):
	return {"kind": "DocType", "target": target, "rights": "read, write, create"}


def test_a_narrower_key_never_sees_what_a_wider_one_was_told(site, key):
	limited = named(site, scopes=[scope("ToDo"), scope("Note")])
	other = named(site, scopes=[scope("ToDo")])
	first = [post(caller, key) for caller in (site.admin, *map(site.with_token, (limited, other)))]
	assert [answer.status_code for answer in first] == [200] * 3, [answer.text for answer in first]
	assert not any(REPLAYED in answer.headers for answer in first) and count(site, key) == 3
	assert_same(first[1], post(site.with_token(limited), key))

	# Narrowed, it is another one.
	changed = site.admin("PUT", f"{KEYS}/{limited['name']}", json={"scopes": [scope("ToDo")]})
	assert changed.status_code == 200, changed.text
	assert REPLAYED not in post(site.with_token(limited), key).headers and count(site, key) == 4


def test_a_limited_key_keeps_its_keys_when_its_secret_is_rotated(site, key):
	limited = named(site, scopes=[scope("ToDo")])
	first = post(site.with_token(limited), key)
	new = {"api_key": limited["name"], **site.admin.call("symbolon.keys.rotate", key=limited["name"])}
	assert_same(first, post(site.with_token(new), key))


def test_a_limited_key_is_still_judged_by_its_scopes(site, key):
	only_notes = named(site, scopes=[scope("Note")])
	assert post(site.with_token(only_notes), key).status_code == 403


def without_secret(first, again):
	"""The second answer, which must have everything of the first but the secret."""
	assert first.status_code == again.status_code == 200, first.text + again.text
	assert again.headers[REPLAYED] == "true" and REPLAYED not in first.headers
	told = json.loads(again.json().pop("_server_messages"))
	assert "secret was shown then" in json.loads(told[-1])["message"]
	return again.json()


def test_a_secret_is_shown_once(site, key):
	site.run("user", "add", "eve@example.com", "--first-name", "Eve")
	ask = {"json": {"user": "eve@example.com"}}
	first, again = (post(site.admin, key, GENERATE, **ask) for _ in range(2))
	pair = first.json()["message"]
	assert without_secret(first, again)["message"] == {"api_key": pair["api_key"], "api_secret": None}
	assert site.who(pair).status_code == 200  # the second request has not made another

	ask = {"json": {"user": "eve@example.com", "label": key}}
	first, again = (post(site.admin, key + " named", KEYS, **ask) for _ in range(2))
	named_key = first.json()["data"]
	assert named_key["api_secret"] not in again.text
	assert without_secret(first, again)["data"] == {**named_key, "api_secret": None}

	ask = {"json": {"key": named_key["name"]}}
	first, again = (post(site.admin, key + " rotated", "/api/method/symbolon.keys.rotate", **ask) for _ in range(2))
	assert first.json()["message"]["api_secret"] not in again.text
	assert without_secret(first, again)["message"]["api_secret"] is None
	assert site.who({"api_key": named_key["name"], **first.json()["message"]}).status_code == 200


def test_no_secret_is_kept_in_the_database(tmp_path):
	site = Site(tmp_path / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	site.admin = site.with_token(site.json("keys", "generate", "Administrator"))
	site.run("user", "add", "eve@example.com", "--first-name", "Eve")
	secrets = [post(site.admin, "one", GENERATE, json={"user": "eve@example.com"}).json()["message"]["api_secret"]]
	secrets.append(post(site.admin, "two", KEYS, json={"user": "eve@example.com", "label": "x"}).json()["data"]["api_secret"])
	site.stop()
	if DATABASE:
		text = "\n".join(sql(site.database, "SELECT body FROM kept_answer"))
	else:
		with open(f"{site.path}/symbolon.db", "rb") as f:
			text = f.read().decode("latin-1")
	assert "eve@example.com" in text and not any(secret in text for secret in secrets)


def test_a_login_is_done_each_time_and_no_cookie_is_kept(site, key):
	session = site.login()
	seen = []
	for _ in range(2):
		answer = session.post(
			site.url + "/api/method/login", json={"usr": "Administrator", "pwd": PASSWORD}, timeout=30,
			headers={"Idempotency-Key": key},
		)
		assert answer.status_code == 200 and REPLAYED not in answer.headers, answer.text
		seen.append(answer.cookies["sid"])
	assert len(set(seen)) == 2
	# Guests are many: their keys mean nothing.
	assert site.guest("POST", "/api/method/login", json={"usr": "Administrator", "pwd": PASSWORD},
		headers={"Idempotency-Key": ""}).status_code == 200


@pytest.mark.parametrize("bad", ["", '""', "x" * 256, "tab\there", "umlaut \xe4", '"' + "x" * 256 + '"'])
def test_keys_that_are_none_are_refused(site, bad):
	answer = post(site.admin, bad.encode("latin-1"), json={"description": "malformed"})
	assert answer.status_code == 400 and answer.json()["exc_type"] == "BadRequest", answer.text
	assert count(site, "malformed") == 0


def test_two_keys_are_none(site):
	body = b'{"description":"twice"}'
	head = (
		f"POST {TODO} HTTP/1.1\r\nHost: x\r\nAuthorization: {site.admin.headers['Authorization']}\r\nConnection: close\r\n"
		f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nIdempotency-Key: a\r\nIdempotency-Key: b\r\n\r\n"
	)
	assert answers(send(site, head.encode() + body))[0].status == 400


def test_the_longest_key_and_one_in_quotes(site):
	for sent, known in (("k" * 255, "k" * 255), ('"8e03978e"', "8e03978e")):
		body = {"json": {"description": known}}
		assert_same(post(site.admin, sent, **body), post(site.admin, known, **body))


def test_other_verbs_and_what_only_reads_take_no_notice(site, key):
	name = post(site.admin, key).json()["data"]["name"]
	for text in ("one", "two"):
		answer = site.admin("PUT", f"{TODO}/{name}", json={"description": text}, headers={"Idempotency-Key": key})
		assert answer.json()["data"]["description"] == text and REPLAYED not in answer.headers
	answer = post(site.admin, key, "/api/method/frappe.client.get_value", json={"doctype": "ToDo", "filters": name, "fieldname": "description"})
	assert answer.json()["message"] == {"description": "two"}


def test_a_refusal_is_not_kept_and_the_same_request_runs_again(site, key):
	body = {"json": {"reference_type": "ToDo", "reference_name": "later-" + key.replace(" ", ""), "description": key}}
	refused = [post(site.admin, key, json={**body["json"], "allocated_to": f"{key.replace(' ', '')}@example.com"}) for _ in range(2)]
	assert [answer.status_code for answer in refused] == [417, 417], refused[0].text
	assert not any(REPLAYED in answer.headers for answer in refused) and count(site, key) == 0

	site.run("user", "add", f"{key.replace(' ', '')}@example.com", "--first-name", "Late")
	body["json"]["allocated_to"] = f"{key.replace(' ', '')}@example.com"
	del body["json"]["reference_type"], body["json"]["reference_name"]
	assert post(site.admin, key, **body).status_code == 200


def upload(caller, key, content=b"bytes", name="kept.txt", **fields):
	return post(caller, key, "/api/method/upload_file", files={"file": (name, content)}, data=fields)


@pytest.mark.parametrize("size", [5, 300_000])
def test_uploads_are_known_by_their_parts(site, key, size):
	"""Each has delimiters of its own, and large ones are spooled."""
	content = hashlib.sha512(key.encode()).digest() * (size // 64 + 1)
	first, again = (upload(site.admin, key, content, f"{size}.bin", is_private="1") for _ in range(2))
	assert first.status_code == 200, first.text
	assert_same(first, again)
	for other in (
		upload(site.admin, key, content + b"x", f"{size}.bin", is_private="1"),
		upload(site.admin, key, content, "other.bin", is_private="1"), upload(site.admin, key, content, f"{size}.bin"),
	):
		assert other.status_code == 422
	found = site.admin.call("frappe.client.get_count", doctype="File", filters={"file_name": ["like", f"{size}%.bin"]})
	assert found == 1


def test_of_an_answer_that_is_too_large_what_it_is_known_by_is_kept(site, key):
	body = {"json": {"description": key + "x" * 70_000}}
	first, again = (post(site.admin, key, **body) for _ in range(2))
	made = first.json()["data"]
	assert again.status_code == 200 and again.headers[REPLAYED] == "true"
	assert again.json()["data"] == {"name": made["name"], "modified": made["modified"], "doctype": "ToDo"}
	assert "too large to be kept" in json.loads(json.loads(again.json()["_server_messages"])[0])["message"]

	v2 = [post(site.admin, key + " v2", "/api/v2/document/ToDo", **body) for _ in range(2)]
	assert v2[1].json()["data"]["name"] == v2[0].json()["data"]["name"] and v2[1].json()["messages"]


def test_of_another_answer_that_is_too_large_nothing_is_kept(site, key):
	ask = {"data": {"doc": json.dumps({"doctype": "ToDo", "__islocal": 1, "description": key + "x" * 70_000}), "action": "Save"}}
	first, again = (post(site.admin, key, "/api/method/frappe.desk.form.save.savedocs", **ask) for _ in range(2))
	assert first.status_code == 200, first.text
	assert again.status_code == 409 and again.json()["exc_type"] == "DuplicateEntryError", again.text
	assert "not done again" in again.json()["exception"]
	assert site.admin.call("frappe.client.get_count", doctype="ToDo", filters={"description": ["like", key + "xx%"]}) == 1


def test_of_twenty_at_once_one_is_done(site, key):
	with concurrent.futures.ThreadPoolExecutor(20) as pool:
		got = list(pool.map(lambda _: post(site.admin, key), range(20)))
	assert {answer.status_code for answer in got} == {200}, [answer.text for answer in got]
	assert len({answer.content for answer in got}) == 1
	assert sum(REPLAYED in answer.headers for answer in got) == 19
	assert count(site, key) == 1


def test_an_answer_survives_a_crash_with_its_change(tmp_path):
	"""The server is killed with requests under way; each is sent again until it is answered."""
	site = Site(tmp_path / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	pair = site.json("keys", "generate", "Administrator")
	for round_of in range(5):
		admin = site.with_token(pair)

		def one(number, admin=admin, round_of=round_of):
			try:
				return post(admin, f"{round_of}-{number}").json()["data"]["name"]
			except OSError:  # the server was killed
				return None

		with concurrent.futures.ThreadPoolExecutor(8) as pool:
			waiting = [pool.submit(one, number) for number in range(200)]
			next(concurrent.futures.as_completed(waiting))
			site.kill()
		before = [done.result() for done in waiting]
		site.start()
		admin = site.with_token(pair)
		after = [post(admin, f"{round_of}-{number}") for number in range(200)]
		assert all(told in (None, answer.json()["data"]["name"]) for told, answer in zip(before, after, strict=True))
		assert all(REPLAYED in answer.headers for told, answer in zip(before, after, strict=True) if told)
		names = admin.call("frappe.client.get_list", doctype="ToDo", limit_page_length=0,
			filters={"description": ["like", f"{round_of}-%"]})
		assert len(names) == 200
	site.stop()


def test_an_answer_ends_after_a_day(tmp_path):
	site = Site(tmp_path / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	pair = site.json("keys", "generate", "Administrator")
	first = post(site.with_token(pair), "daily")
	site.stop()
	site.tell_database("UPDATE kept_answer SET expires_us = expires_us - 86000000000")  # 400 s are left
	site.start()
	assert_same(first, post(site.with_token(pair), "daily"))
	site.stop()
	site.tell_database("UPDATE kept_answer SET expires_us = expires_us - 400000000")
	site.start()
	again = post(site.with_token(pair), "daily")
	assert again.status_code == 200 and REPLAYED not in again.headers
	assert again.json()["data"]["name"] != first.json()["data"]["name"]
	assert_same(again, post(site.with_token(pair), "daily"))
	site.stop()


def test_a_user_has_room_for_so_many_answers(tmp_path):
	site = Site(tmp_path / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD, SYMBOLON_HTTP_MAX_KEPT="1M")
	admin = site.with_token(site.json("keys", "generate", "Administrator"))
	site.run("user", "add", "ada@example.com", "--first-name", "Ada")
	ada = site.with_token(site.json("keys", "generate", "ada@example.com"))
	site.admin = admin
	got = []
	while not got or got[-1].status_code == 200 and len(got) < 30:
		got.append(post(admin, f"{len(got)}", json={"description": f"{len(got)}" + "x" * 60_000}))
	refused = got.pop()
	assert refused.status_code == 429 and refused.json()["exc_type"] == "TooManyRequestsError", refused.text
	assert 0 < int(refused.headers["Retry-After"]) <= 86400 and "Idempotency-Key" in refused.json()["exception"]
	assert 16 < len(got) < 20 and count(site, ["like", "%xx"]) == len(got)

	# What was kept is told again, what has no key is done, and others have room of their own.
	assert_same(got[0], post(admin, "0", json={"description": "0" + "x" * 60_000}))
	assert admin("POST", TODO, json={"description": "without"}).status_code == 200
	body = {"reference_doctype": "ToDo", "reference_name": got[0].json()["data"]["name"], "content": "x", "comment_email": "a", "comment_by": "a"}
	share = {"doctype": "ToDo", "name": body["reference_name"], "user": "ada@example.com", "read": 1}
	assert admin("POST", "/api/method/frappe.share.add", json=share).status_code == 200
	assert post(ada, "1", "/api/method/frappe.desk.form.utils.add_comment", json=body).status_code == 200
	site.stop()


def test_a_password_is_not_asked_for_anew(site, key):
	"""What would be judged before the change is made has changed with it."""
	site.run("user", "add", "pat@example.com", "--first-name", "Pat", "--password-stdin", stdin=PASSWORD + "\n")
	pat = site.with_token(site.json("keys", "generate", "pat@example.com"))
	ask = {"json": {"old_password": PASSWORD, "new_password": "An0ther-Granite-Qz12"}}
	path = "/api/method/frappe.core.doctype.user.user.update_password"
	first, again = (post(pat, key, path, **ask) for _ in range(2))
	assert first.status_code == again.status_code == 200, first.text + again.text


@pytest.mark.skipif(not DATABASE, reason="needs a PostgreSQL (tools/with-postgres)")
def test_two_nodes_do_it_once(site, tmp_path, key):
	os.mkdir(tmp_path / "two", 0o700)
	shutil.copy(f"{site.path}/symbolon.key", tmp_path / "two" / "symbolon.key")
	other = Site(tmp_path / "two", database=site.database).start()
	callers = [site.admin, type(site.admin)(other, site.admin.headers)]
	with concurrent.futures.ThreadPoolExecutor(20) as pool:
		got = list(pool.map(lambda n: post(callers[n % 2], key), range(20)))
	assert {answer.status_code for answer in got} == {200} and len({answer.content for answer in got}) == 1
	assert count(site, key) == 1
	other.stop()
