"""Lists that are larger than memory: they go to a file piece by piece (docs/DESIGN.md 2), and come whole."""

import json

import pytest

from sites import Site

ROWS, LEN = 400, 60_000  # 24 MB, and [server] memory is 16 MiB in all
CLIENT = "/api/method/frappe.client.get_list"


def text_of(n):
	return f"{n:04}" + "Ab9\u00e4\u4e2d\n"[n % 6] * (LEN - 4)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
	site = Site(tmp_path_factory.mktemp("large") / "site").start("--server.memory", "16M")
	answer = site.admin("POST", "/api/resource/DocType", json={"name": "Page Of Text", "module": "Custom", "custom": 1, "autoname": "prompt",
		"fields": [{"fieldname": "text", "fieldtype": "Long Text", "label": "Text"}, {"fieldname": "n", "fieldtype": "Int", "label": "N", "search_index": 1}]})
	assert answer.status_code == 200, answer.text
	for first in range(0, ROWS, 10):
		site.admin.call("frappe.client.insert_many", docs=[{"doctype": "Page Of Text", "name": f"p{n}", "n": n, "text": text_of(n)} for n in range(first, first + 10)])
	yield site
	site.stop()


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
@pytest.mark.parametrize("path, key", [("/api/resource/Page Of Text", "data"), ("/api/v2/document/Page Of Text", "data"), (CLIENT, "message")])
def test_a_list_larger_than_all_memory_comes_whole(large, path, key, encoding):
	params = {"doctype": "Page Of Text", "fields": '["n","text"]', "order_by": "n asc", "limit_page_length": "0", "limit": "0"}
	answer = large.admin("GET", path, params=params, headers={"Accept-Encoding": encoding}, timeout=120)
	assert answer.status_code == 200, answer.text[:500]
	assert ("gzip" in answer.headers.get("Content-Encoding", "")) is (encoding == "gzip")
	body = answer.json()
	assert [row["n"] for row in body[key]] == list(range(ROWS)) and all(row["text"] == text_of(row["n"]) for row in body[key])
	assert path == CLIENT or "next" not in body or body["next"] is None


def test_a_report_larger_than_all_memory_comes_whole(large):
	params = {"doctype": "Page Of Text", "fields": '["n","text"]', "order_by": "n asc", "page_length": "0"}
	answer = large.admin("GET", "/api/method/frappe.desk.reportview.get", params=params, timeout=120).json()["message"]
	assert answer["keys"] == ["n", "text"] and answer["user_info"] == {}
	assert [row[0] for row in answer["values"]] == list(range(ROWS)) and all(text == text_of(n) for n, text in answer["values"])
	assert large.admin("GET", "/api/method/frappe.desk.reportview.get", params={**params, "filters": '{"n":-1}'}).json()["message"] == []


def test_a_page_of_large_rows_leaves_the_loop(large):
	"""At most 200 rows by an index are read on a loop, where no file is written."""
	for _ in range(4):  # a shape that went over goes elsewhere at once
		answer = large.admin("GET", "/api/v2/document/Page Of Text", params={"fields": '["n","text"]', "order_by": "n asc", "limit": "150"})
		assert [row["n"] for row in answer.json()["data"]] == list(range(150))
		assert answer.json()["has_next_page"] is True and answer.json()["next"]
	assert large.admin("HEAD", "/api/resource/Page Of Text", params={"fields": '["text"]', "limit": "100"}).status_code == 200


def test_a_list_beyond_the_limit_of_answers_is_refused_and_leaves_nothing_behind(large):
	large.stop()
	large.start("--server.memory", "16M", "--http.max_response", "4M")
	answer = large.admin("GET", "/api/resource/Page Of Text", params={"fields": '["text"]', "limit": "0"})
	assert (answer.status_code, answer.json()["exc_type"]) == (413, "RequestEntityTooLarge")
	assert len(json.dumps(answer.json())) < 2000
	assert large.admin("GET", "/api/resource/Page Of Text", params={"fields": '["text"]', "limit": "20"}).status_code == 200
