"""Bad input: a clear JSON error with the right status, nothing changed, and closed where nothing more can be understood."""

import os
import re
import socket
import sqlite3
import subprocess

import pytest

from sites import GENERATE, PASSWORD, PROGRAM, WHO_AM_I, Site, answers, connect, send

NEXT = b"GET /api/method/ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
PING = b"GET /api/method/ping HTTP/1.1\r\n"
POST = b"POST /api/method/ping HTTP/1.1\r\nHost: x\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
HOST = b"Host: x\r\n"
END = b"\r\n"


# --- malformed HTTP

MALFORMED = [
	("a bare LF after the request line", b"GET /api/method/ping HTTP/1.1\nHost: x\r\n\r\n", 400),
	("a bare LF after a field", PING + b"Host: x\n\r\n", 400),
	("a bare LF at the end", PING + b"Host: x\r\n\n", 400),
	("only bare LFs", b"GET /api/method/ping HTTP/1.1\nHost: x\n\n", 400),
	("a bare CR in the request line", b"GET /api\r/method/ping HTTP/1.1\r\nHost: x\r\n\r\n", 400),
	("a bare CR in a value", PING + HOST + b"A: b\rc\r\n\r\n", 400),
	("a bare CR as the end of a line", PING + b"Host: x\rA: b\r\n\r\n", 400),
	("two CRs", PING + HOST + b"A: b\r\r\n\r\n", 400),
	("obs-fold", PING + HOST + b"A: b\r\n c\r\n\r\n", 400),
	("obs-fold with a tab", PING + HOST + b"A: b\r\n\tc\r\n\r\n", 400),
	("a blank before the first field", PING + b" Host: x\r\n\r\n", 400),
	("a blank before the colon", PING + b"Host : x\r\n\r\n", 400),
	("a tab before the colon", PING + HOST + b"A\t: b\r\n\r\n", 400),
	("a field without a colon", PING + HOST + b"A\r\n\r\n", 400),
	("a field without a name", PING + HOST + b": b\r\n\r\n", 400),
	("a name with a blank", PING + HOST + b"A b: c\r\n\r\n", 400),
	("a name with a bracket", PING + HOST + b"A[: c\r\n\r\n", 400),
	("a name beyond ASCII", PING + HOST + b"\xc3\xa4: c\r\n\r\n", 400),
	("no Host", PING + END, 400),
	("two Hosts", PING + HOST + HOST + END, 400),
	("two different Hosts", PING + HOST + b"hOST: y\r\n\r\n", 400),
	("an empty Host", PING + b"Host:\r\n\r\n", 400),
	("a Host with a path", PING + b"Host: x/y\r\n\r\n", 400),
	("a Host with a user", PING + b"Host: a@x\r\n\r\n", 400),
	("a Host that is a list", PING + b"Host: a, b\r\n\r\n", 400),
	("a Host with a port of letters", PING + b"Host: x:y\r\n\r\n", 400),
	("two Authorizations", PING + HOST + b"Authorization: token a:b\r\nAuthorization: token a:b\r\n\r\n", 400),
	("a second Authorization that is empty", PING + HOST + b"Authorization: token a:b\r\nauthorization:\r\n\r\n", 400),
	("two Content-Types", POST + b"Content-Type: a/b\r\nContent-Type: a/c\r\nContent-Length: 0\r\n\r\n", 400),
	("two Origins", POST + b"Origin: http://a\r\nOrigin: http://b\r\nContent-Length: 0\r\n\r\n", 400),
	("length and chunks", POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
	("chunks and length", POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400),
	("gzip", POST + b"Transfer-Encoding: gzip\r\n\r\n", 501),
	("gzip, chunked", POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
	("chunked, gzip", POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", 501),
	("chunked, chunked", POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 501),
	("identity", POST + b"Transfer-Encoding: identity\r\n\r\n", 501),
	("xchunked", POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 501),
	("an empty Transfer-Encoding", POST + b"Transfer-Encoding:\r\n\r\n0\r\n\r\n", 501),
	("chunked with a vertical tab", POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n", 400),
	("chunked behind a tab", POST + b"Transfer-Encoding:\tchunked\r\n\r\n0\r\n\r\n", 400),
	("chunked with a quote", POST + b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n', 501),
	("two Transfer-Encodings", POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
	("Transfer-Encoding in HTTP/1.0", b"POST /api/method/ping HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
	("two Content-Lengths", POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", 400),
	("the same Content-Length twice", POST + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n", 400),
	("a Content-Length that is a list", POST + b"Content-Length: 0, 0\r\n\r\n", 400),
	("a Content-Length with a plus", POST + b"Content-Length: +0\r\n\r\n", 400),
	("a Content-Length with a minus", POST + b"Content-Length: -1\r\n\r\n", 400),
	("a Content-Length of hex", POST + b"Content-Length: 0x0\r\n\r\n", 400),
	("a Content-Length with a point", POST + b"Content-Length: 0.0\r\n\r\n", 400),
	("a Content-Length with an underscore", POST + b"Content-Length: 1_0\r\n\r\n0123456789", 400),
	("a Content-Length with a blank inside", POST + b"Content-Length: 0 0\r\n\r\n", 400),
	("an empty Content-Length", POST + b"Content-Length:\r\n\r\n", 400),
	("a Content-Length beyond 64 bits", POST + b"Content-Length: 18446744073709551616\r\n\r\n", 400),
	("a Content-Length of other digits", POST + "Content-Length: ٠\r\n\r\n".encode(), 400),
	("NUL in the target", b"GET /api/method/ping\0 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
	("NUL in a name", PING + HOST + b"A\0: b\r\n\r\n", 400),
	("NUL in a value", PING + HOST + b"A: b\0c\r\n\r\n", 400),
	("BEL in a value", PING + HOST + b"A: b\x07c\r\n\r\n", 400),
	("DEL in a value", PING + HOST + b"A: b\x7fc\r\n\r\n", 400),
	("ESC in the target", b"GET /api/method/ping\x1b HTTP/1.1\r\nHost: x\r\n\r\n", 400),
	("a target beyond ASCII", "GET /api/method/pïng HTTP/1.1\r\nHost: x\r\n\r\n".encode(), 400),
	("a fragment", b"GET /api/method/ping#x HTTP/1.1\r\nHost: x\r\n\r\n", 400),
	("a target without a slash", b"GET api/method/ping HTTP/1.1\r\nHost: x\r\n\r\n", 400),
	("no target", b"GET HTTP/1.1\r\nHost: x\r\n\r\n", 400),
	("two blanks", b"GET  /api/method/ping HTTP/1.1\r\nHost: x\r\n\r\n", 400),
	("a tab between the parts", b"GET\t/api/method/ping\tHTTP/1.1\r\nHost: x\r\n\r\n", 400),
	("a blank after the version", b"GET /api/method/ping HTTP/1.1 \r\nHost: x\r\n\r\n", 400),
	("a blank before the method", b" GET /api/method/ping HTTP/1.1\r\nHost: x\r\n\r\n", 400),
	("a method with a bracket", b"G(T /api/method/ping HTTP/1.1\r\nHost: x\r\n\r\n", 400),
	("no version", b"GET /api/method/ping\r\nHost: x\r\n\r\n", 400),
	("a version in lower case", b"GET /api/method/ping http/1.1\r\nHost: x\r\n\r\n", 400),
	("a version with two digits", b"GET /api/method/ping HTTP/1.10\r\nHost: x\r\n\r\n", 400),
	("HTTP/1.2", b"GET /api/method/ping HTTP/1.2\r\nHost: x\r\n\r\n", 505),
	("HTTP/0.9", b"GET /api/method/ping HTTP/0.9\r\nHost: x\r\n\r\n", 505),
	("HTTP/2.0", b"GET /api/method/ping HTTP/2.0\r\nHost: x\r\n\r\n", 505),
	("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", (400, 505)),
	("TLS", b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n", 400),
	("CONNECT", b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
	("an asterisk with GET", b"GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400),
	("absolute-form with another scheme", b"GET ftp://x/api/method/ping HTTP/1.1\r\nHost: x\r\n\r\n", 400),
	("absolute-form without a host", b"GET http:///api/method/ping HTTP/1.1\r\nHost: x\r\n\r\n", 400),
	("absolute-form with a user", b"GET http://a@x/api/method/ping HTTP/1.1\r\nHost: x\r\n\r\n", 400),
	("absolute-form and no Host", b"GET http://x/api/method/ping HTTP/1.1\r\n\r\n", 400),
	("a chunk size with a sign", CHUNKED + b"+1\r\nx\r\n0\r\n\r\n", 400),
	("a negative chunk size", CHUNKED + b"-1\r\nx\r\n0\r\n\r\n", 400),
	("a chunk size of hex with its mark", CHUNKED + b"0x1\r\nx\r\n0\r\n\r\n", 400),
	("a chunk size with a blank before", CHUNKED + b" 1\r\nx\r\n0\r\n\r\n", 400),
	("a chunk size with a blank behind", CHUNKED + b"1 \r\nx\r\n0\r\n\r\n", 400),
	("a chunk size with an underscore", CHUNKED + b"1_0\r\n0123456789abcdef\r\n0\r\n\r\n", 400),
	("no chunk size", CHUNKED + b"\r\nx\r\n0\r\n\r\n", 400),
	("a chunk size beyond 64 bits", CHUNKED + b"10000000000000001\r\nx\r\n0\r\n\r\n", 400),
	("a chunk size that is never said", CHUNKED + b"0" * 300 + b"1\r\nx\r\n0\r\n\r\n", 413),
	("a bare LF after a chunk size", CHUNKED + b"1\nx\r\n0\r\n\r\n", 400),
	("a bare CR after a chunk size", CHUNKED + b"1\rx\r\n0\r\n\r\n", 400),
	("a bare LF after a chunk", CHUNKED + b"1\r\nx\n0\r\n\r\n", 400),
	("a chunk longer than its size", CHUNKED + b"1\r\nxy\r\n0\r\n\r\n", 400),
	("an extension with a bare LF", CHUNKED + b"1;a\n0\r\nx\r\n0\r\n\r\n", 400),
	("an extension without a name", CHUNKED + b"1;\r\nx\r\n0\r\n\r\n", 400),
	("an extension that is too long", CHUNKED + b"1;" + b"a" * 300 + b"\r\nx\r\n0\r\n\r\n", 413),
	("too many extensions", CHUNKED + (b"1;" + b"a" * 200 + b"\r\nx\r\n") * 30 + b"0\r\n\r\n", 413),
	("a trailer that is too long", CHUNKED + b"0\r\n" + b"A: b\r\n" * 1000 + b"\r\n", 413),
	("a trailer with a bare LF", CHUNKED + b"0\r\nA: b\n\r\n", 400),
	("a trailer that is no field", CHUNKED + b"0\r\nA b\r\n\r\n", 400),
	("two empty lines before", b"\r\n\r\n" + PING + HOST + END, 400),
]

WELL_FORMED = [
	("one empty line before", b"\r\n" + PING + HOST + END),
	("absolute-form", b"GET http://y/api/method/ping HTTP/1.1\r\nHost: x\r\n\r\n"),
	("absolute-form in capitals", b"GET HTTP://y:80/api/method/ping HTTP/1.1\r\nHost: x\r\n\r\n"),
	("an asterisk with OPTIONS", b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"),
	("a value with bytes beyond ASCII", PING + HOST + b"A: \xff\r\n\r\n"),
	("an empty value", PING + HOST + b"A:\r\n\r\n"),
	("blanks around a value", PING + b"Host: \t x \t\r\n\r\n"),
	("Content-Length of a GET", PING + HOST + b"Content-Length: 2\r\n\r\n{}"),
	("a Content-Length with zeroes", POST + b"Content-Length: 0000000000000000000\r\n\r\n"),
	("chunks", CHUNKED + b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"),
	("chunks with extensions and a trailer", CHUNKED + b'2;a=b;c="d\\""\r\n{}\r\n000;x\r\nA: b\r\n\r\n'),
	("CHUNKED", POST + b"Transfer-Encoding: CHUNKED\r\n\r\n0\r\n\r\n"),
	("a Host that is an address", PING + b"Host: [::1]:80\r\n\r\n"),
]


@pytest.mark.parametrize("request_bytes, status", [case[1:] for case in MALFORMED], ids=[case[0] for case in MALFORMED])
def test_malformed_http_is_refused_and_closed(server, request_bytes, status):
	got = answers(send(server, request_bytes + NEXT))

	assert len(got) == 1, "what stood behind the malformed request was answered"
	assert got[0].status in (status if isinstance(status, tuple) else (status,))
	assert got[0].headers["connection"] == "close" and got[0].headers["content-type"] == "application/json"
	assert got[0].json()["exc_type"] and got[0].headers["x-frappe-request-id"]
	assert server.path not in got[0].text and "SELECT" not in got[0].text


@pytest.mark.parametrize("request_bytes", [case[1] for case in WELL_FORMED], ids=[case[0] for case in WELL_FORMED])
def test_what_is_well_formed_is_answered_and_so_is_what_follows(server, request_bytes):
	got = answers(send(server, request_bytes + NEXT))

	assert [one.status for one in got] == [200, 200]
	assert got[1].json() == {"message": "pong"}


def test_a_credential_in_a_trailer_is_none(server):
	key, secret = server.pair
	trailer = f"0\r\nAuthorization: token {key}:{secret}\r\n\r\n".encode()
	request_bytes = f"POST {WHO_AM_I} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"

	assert answers(send(server, request_bytes.encode() + trailer))[0].status == 403


# --- what changes nothing: every test below leaves the site as it found it

COUNTED = ["ToDo", "Note", "User", "Role", "DocType"]


@pytest.fixture
def unchanged(server):
	def state():
		counts = [server.admin.call("frappe.client.get_count", doctype=doctype) for doctype in COUNTED]
		return counts, server.admin("GET", "/api/resource/User/Administrator").json()["data"]["modified"]

	before = state()
	yield server
	assert state() == before


def refused(answer, status, exc_type=None):
	assert answer.status_code == status, answer.text
	assert answer.headers["Content-Type"] == "application/json"
	assert exc_type is None or answer.json()["exc_type"] == exc_type, answer.text


# --- too large

def chunks(*sizes):
	return b"".join(b"%x\r\n%s\r\n" % (size, b"x" * size) for size in sizes) + b"0\r\n\r\n"


OVERSIZE = [
	("a request line over 8 KiB", b"GET /" + b"a" * 8200 + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
	("a request line that does not end", b"GET /" + b"a" * 100_000, 414),
	("a head over 16 KiB", PING + HOST + b"A: " + b"a" * 17_000 + b"\r\n\r\n", 431),
	("a head that does not end", PING + HOST + b"A: " + b"a" * 100_000, 431),
	("101 fields", PING + HOST + b"A: a\r\n" * 100 + END, 431),
	("a length over the Guest's 64 KiB", POST + b"Content-Length: 65537\r\n\r\n", 413),
	("a length of 19 digits", POST + b"Content-Length: 9999999999999999999\r\n\r\n", 413),
	("a length that a client waits with", POST + b"Content-Length: 65537\r\nExpect: 100-continue\r\n\r\n", 413),
	("chunks over 64 KiB", CHUNKED + chunks(16_384, 16_384, 16_384, 16_384, 1), 413),
	("a chunk over 64 KiB that does not come", CHUNKED + b"10001\r\n", 413),
	("a chunk of 60 bits", CHUNKED + b"fffffffffffffff\r\n", 413),
]


@pytest.mark.parametrize("request_bytes, status", [case[1:] for case in OVERSIZE], ids=[case[0] for case in OVERSIZE])
def test_what_is_too_large_is_refused_and_closed(unchanged, request_bytes, status):
	got = answers(send(unchanged, request_bytes))

	assert [(one.status, one.headers["connection"]) for one in got] == [(status, "close")]
	assert got[0].json()["exc_type"]


@pytest.mark.parametrize("request_bytes", [
	b"GET /api/method/ping?" + b"a" * 8100 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
	PING + HOST + b"A: a\r\n" * 99 + END,
	CHUNKED + chunks(16_384, 16_384, 16_384, 16_384),
	POST + b"Content-Length: 65536\r\n\r\n" + b"x" * 65_536,
])
def test_what_is_just_small_enough_is_answered(server, request_bytes):
	assert [one.status for one in answers(send(server, request_bytes + NEXT))] == [200, 200]


def test_a_user_may_send_more_than_a_guest_and_json_has_a_limit_of_its_own(unchanged):
	text = {"x": "y" * 100_000}
	refused(unchanged.guest("POST", "/api/method/ping", json=text), 413, "RequestEntityTooLarge")
	assert unchanged.admin("POST", "/api/method/ping", json=text).status_code == 200
	refused(unchanged.admin("POST", "/api/resource/ToDo", json={"description": "y" * (4 << 20)}), 413, "RequestEntityTooLarge")
	refused(unchanged.admin("POST", "/api/resource/ToDo", data={"description": "y" * (4 << 20)}), 413, "RequestEntityTooLarge")
	refused(unchanged.admin("POST", "/api/method/ping", data={f"a{i}": "" for i in range(1001)}), 413, "RequestEntityTooLarge")


# --- JSON, UTF-8, types

NO_JSON = [
	("nothing but a bracket", b"{"),
	("a key twice", b'{"description":"a","description":"b"}'),
	("a key twice, further in", b'{"description":"a","x":{"y":1,"y":1}}'),
	("a key twice, once escaped", b'{"description":"a","descriptio\\u006e":"b"}'),
	("a comma too many", b'{"description":"a",}'),
	("two values", b'{"description":"a"}{}'),
	("single quotes", b"{'description':'a'}"),
	("a comment", b'{"description":"a"} // b'),
	("NaN", b'{"description":NaN}'),
	("a control byte", b'{"description":"\x01"}'),
	("a BOM", b'\xef\xbb\xbf{"description":"a"}'),
	("UTF-16", '{"description":"a"}'.encode("utf-16")),
	("a byte that is no UTF-8", b'{"description":"\xff"}'),
	("an overlong slash", b'{"description":"\xc0\xaf"}'),
	("a surrogate", b'{"description":"\xed\xa0\x80"}'),
	("a lone surrogate, escaped", b'{"description":"\\ud800"}'),
	("beyond Unicode", b'{"description":"\xf4\x90\x80\x80"}'),
	("a NUL", b'{"description":"a\\u0000b"}'),
	("a NUL in a key", b'{"descr\\u0000":"b"}'),
	("65 levels", b'{"description":' + b"[" * 64 + b"]" * 64 + b"}"),
	("many levels", b"[" * 100_000),
]


@pytest.mark.parametrize("body", [case[1] for case in NO_JSON], ids=[case[0] for case in NO_JSON])
def test_what_is_no_json_is_refused(unchanged, body):
	for path in ["/api/resource/ToDo", "/api/v2/document/ToDo", "/api/method/frappe.client.insert", GENERATE]:
		answer = unchanged.admin("POST", path, data=body, headers={"Content-Type": "application/json"})
		assert answer.status_code == 400
		told = answer.json()["errors"][0]["type"] if "/v2/" in path else answer.json()["exc_type"]
		assert told == "JSONDecodeError"


@pytest.mark.parametrize("number", ["1e999", "-1e999", "9223372036854775808", "-9223372036854775809", "9" * 400])
def test_a_number_that_nothing_can_hold_is_refused(unchanged, number):
	for path in ["/api/resource/ToDo", "/api/method/frappe.client.insert", GENERATE]:
		body = '{"description":%s}' % number
		answer = unchanged.admin("POST", path, data=body, headers={"Content-Type": "application/json"})
		refused(answer, 417, "CharacterLengthExceededError")


def test_64_levels_of_json_are_read(server):
	body = b'{"x":' + b"[" * 63 + b"]" * 63 + b"}"
	answer = server.admin("POST", "/api/method/ping", data=body, headers={"Content-Type": "application/json"})
	assert answer.json() == {"message": "pong"}


NO_UTF8 = ["%ff", "%c0%af", "%ed%a0%80", "%f4%90%80%80", "a%00b"]


@pytest.mark.parametrize("bad", NO_UTF8)
def test_what_is_no_utf8_is_refused_in_path_query_and_form(unchanged, bad):
	form = {"Content-Type": "application/x-www-form-urlencoded"}
	part = b'--x\r\nContent-Disposition: form-data; name="description"\r\n\r\n%s\r\n--x--\r\n'
	raw = bytes.fromhex(bad.replace("a%00b", "610062").replace("%", ""))

	refused(unchanged.admin("GET", f"/api/resource/ToDo/{bad}"), 400)
	refused(unchanged.admin("GET", f"/api/resource/{bad}"), 400)
	refused(unchanged.admin("GET", f"/api/method/{bad}"), 400)
	refused(unchanged.admin("GET", f"/api/resource/ToDo?filters={bad}"), 400)
	refused(unchanged.admin("GET", f"/api/method/ping?{bad}=x"), 400)
	refused(unchanged.admin("POST", "/api/resource/ToDo", data=f"description={bad}", headers=form), 400)
	refused(unchanged.admin("POST", "/api/resource/ToDo", data=b"description=" + raw, headers=form), 400)
	refused(unchanged.admin("POST", "/api/resource/ToDo", data=part % raw, headers={"Content-Type": "multipart/form-data; boundary=x"}), 400)


@pytest.mark.parametrize("value", [b"token \xff:\xff", b"Basic /////w==", b"Bearer \xc0\xaf:x"])
def test_a_credential_that_is_no_utf8_is_refused(server, value):
	got = answers(send(server, PING + HOST + b"Connection: close\r\nAuthorization: " + value + b"\r\n\r\n"))
	assert got[0].status == 401 and got[0].json()["exc_type"] == "AuthenticationError"


UNKNOWN = [
	("GET", "/api/resource/Nope", None, 404), ("POST", "/api/resource/Nope", {"a": 1}, 404), ("PUT", "/api/resource/Nope/x", {"a": 1}, 404),
	("DELETE", "/api/resource/Nope/x", None, 404), ("GET", "/api/resource/todo/x", None, 404), ("GET", "/api/resource/ToDo/nope", None, 404),
	("PUT", "/api/resource/ToDo/nope", {"description": "a"}, 404), ("DELETE", "/api/resource/ToDo/nope", None, 404),
	("POST", "/api/method/frappe.client.insert", {"doc": {"doctype": "Nope"}}, 404),
	("POST", "/api/method/frappe.client.get_list", {"doctype": "Nope"}, 404),
	("POST", "/api/method/frappe.client.delete", {"doctype": "ToDo", "name": "nope"}, 404),
	("POST", "/api/method/nope", None, 417), ("POST", "/api/method/frappe.client.nope", None, 417), ("POST", "/api/method/os.system", {"x": "id"}, 417),
	("POST", "/api/v2/method/Nope/x", None, 404), ("POST", "/api/v2/method/ToDo/nope", None, 417), ("GET", "/api/v2/document/Nope", None, 404),
	("POST", "/?cmd=nope", None, 417),
]


@pytest.mark.parametrize("verb, path, body, status", UNKNOWN)
def test_what_is_unknown_is_refused(unchanged, verb, path, body, status):
	refused(unchanged.admin(verb, path, json=body, headers={"Accept": "application/json"}), status)


WRONG_TYPES = [
	(GENERATE, {"user": 5}), (GENERATE, {"user": None}), (GENERATE, {"user": ["Administrator"]}), (GENERATE, {}),
	("/api/method/login", {"usr": {"$ne": None}, "pwd": {"$ne": None}}), ("/api/method/login", {"usr": ["Administrator"], "pwd": PASSWORD}),
	("/api/method/frappe.client.insert", {"doc": 5}), ("/api/method/frappe.client.insert", {"doc": "x"}), ("/api/method/frappe.client.insert", {"doc": []}),
	("/api/method/frappe.client.insert", {"doc": [{"doctype": "ToDo"}]}), ("/api/method/frappe.client.insert", {"doc": {"doctype": 5}}),
	("/api/method/frappe.client.insert", {"doc": {"doctype": ["ToDo"], "description": "x"}}), ("/api/method/frappe.client.insert", {"doc": {}}),
	("/api/method/frappe.client.get_list", {"doctype": {"a": 1}}), ("/api/method/frappe.client.get_list", {"doctype": "ToDo", "filters": 5}),
	("/api/method/frappe.client.get_list", {"doctype": "ToDo", "filters": [[1, 2, 3, 4, 5]]}), ("/api/method/frappe.client.get_list", {"doctype": "ToDo", "fields": {"a": 1}}),
	("/api/method/frappe.client.get_list", {"doctype": "ToDo", "fields": [["name"]]}), ("/api/method/frappe.client.get_list", {"doctype": "ToDo", "order_by": 5}),
	("/api/method/frappe.client.get_list", {"doctype": "ToDo", "limit_page_length": -1}), ("/api/method/frappe.client.get_value", {"doctype": "ToDo", "fieldname": 5}),
	("/api/method/frappe.client.set_value", {"doctype": "ToDo", "name": 5, "fieldname": {}, "value": 1}),
	("/api/method/frappe.client.set_value", {"doctype": "User", "name": "Administrator", "fieldname": 5, "value": 1}),
	("/api/resource/ToDo", {"description": {"a": 1}}), ("/api/resource/ToDo", {"description": "x", "date": "no date"}), ("/api/resource/ToDo", {"description": "x", "date": 5}),
	("/api/resource/ToDo", {"description": "x", "status": "Nope"}), ("/api/resource/ToDo", {"description": "x", "status": ["Open"]}), ("/api/resource/ToDo", {"description": "x", "name": {"a": 1}}),
	("/api/resource/ToDo", {"description": "x", "allocated_to": ["Administrator"]}), ("/api/resource/ToDo", {"description": "x", "allocated_to": "nobody@example.com"}),
	("/api/resource/ToDo", {"description": "x", "docstatus": 3}), ("/api/resource/ToDo", {"description": "x", "docstatus": [0]}), ("/api/resource/ToDo", []), ("/api/resource/ToDo", "x"), ("/api/resource/ToDo", 5),
	("/api/resource/User", {"email": "x1@example.com", "first_name": "X", "roles": "System Manager"}), ("/api/resource/User", {"email": "x2@example.com", "first_name": "X", "roles": [5]}),
	("/api/resource/User", {"email": "x3@example.com", "first_name": "X", "roles": [{"role": ["System Manager"]}]}), ("/api/resource/User", {"email": ["x4@example.com"], "first_name": "X"}),
	("/api/resource/User", {"email": "no address", "first_name": "X"}), ("/api/resource/User", {"email": "x5@example.com"}),
	("/api/resource/DocType", {"name": "X6", "module": "Custom", "custom": 1, "fields": "x"}), ("/api/resource/DocType", {"name": "X7", "module": "Custom", "custom": 1, "fields": [{"fieldname": 5, "fieldtype": 6}]}),
	("/api/resource/DocType", {"name": "X8", "module": "Custom", "custom": 1, "fields": [{"fieldname": "a", "fieldtype": "Nope", "label": "A"}]}),
]


@pytest.mark.parametrize("path, body", WRONG_TYPES)
def test_a_wrong_type_is_refused(unchanged, path, body):
	answer = unchanged.admin("POST", path, json=body)
	assert answer.status_code in (401, 404, 409, 417), answer.text
	assert answer.json()["exc_type"] and "SQL" not in answer.text


# --- bodies that do not come

TODO = "POST /api/resource/ToDo HTTP/1.1\r\nHost: x\r\nAuthorization: token {}:{}\r\nContent-Type: application/json\r\n"


@pytest.mark.parametrize("rest", [
	"Content-Length: 50\r\n\r\n" + '{"description":"cut off"}',
	"Content-Length: 400000\r\n\r\n" + '{"description":"' + "x" * 300_000,
	"Transfer-Encoding: chunked\r\n\r\n19\r\n" + '{"description":"cut off"}\r\n',
	"Transfer-Encoding: chunked\r\n\r\n19\r\n" + '{"description":"cut off"}\r\n0\r\n',
	"Content-Length: 25\r\n",
], ids=["by length", "in the spool", "before the last chunk", "in the last chunk", "in the head"])
def test_a_request_that_is_cut_off_changes_nothing(unchanged, rest):
	with connect(unchanged) as line:
		line.sendall((TODO.format(*unchanged.pair) + rest).encode())
		line.shutdown(socket.SHUT_WR)
		got = b""
		while piece := line.recv(65536):
			got += piece
	assert [one.status for one in answers(got)] in ([], [400])


def test_what_comes_too_slowly_is_refused_and_closed(tmp_path):
	site = Site(tmp_path / "site").start("--http.head_timeout_s", "1", SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	head, body = connect(site), connect(site)
	head.sendall(b"GET /api/method/ping HTTP/1.1\r\nHost: x\r\n")
	body.sendall((TODO.format(*site.pair) + "Content-Length: 25\r\n\r\n{").encode())
	for line in (head, body):
		got = b""
		with line:
			while piece := line.recv(65536):
				got += piece
		refusal = answers(got)
		assert [(one.status, one.headers["connection"]) for one in refusal] == [(408, "close")]
		assert refusal[0].json()["exc_type"] == "RequestTimeout"
	assert site.admin.call("frappe.client.get_count", doctype="ToDo") == 0
	site.stop()


# --- settings


def test_settings_say_where_they_are_wrong(tmp_path):
	config = tmp_path / "symbolon.conf"
	site = Site(tmp_path / "site")
	for text, line in [
		("server {\n\tcolour = red\n}\n", 2),
		("\n\nnope {\n}\n", 3),
		("http {\n\tmax_json = much\n}\n", 2),
		("http {\n\tmax_json = -1\n}\n", 2),
		("http {\n\tmax_json = 1M\n", None),
		('server {\n\tlisten = {"127.0.0.1:0"\n', None),
		("http {\n\tmax_json = 1M\n}\n/* log {\n", None),
		('log {\n\tlevel = "loud"\n}\n', 2),
	]:
		config.write_text(text)
		said = site.run("serve", "--config", str(config), exit=1).stderr
		assert (f"{config}:{line}:" if line else "the file ends inside") in said, (text, said)
		assert not re.search("colour|nope", text) or "--help lists them" in said, said
		assert not os.path.exists(site.path)
	assert "none.conf" in site.run("serve", "--config", str(tmp_path / "none.conf"), exit=1).stderr
	for command in ("serve", "check-config"):
		assert "10.0.0.0/33" in site.run(command, "--http.trusted_proxies", "10.0.0.0/33", exit=1).stderr


def test_unknown_flags_are_refused_and_unknown_variables_are_told(tmp_path):
	site = Site(tmp_path / "site")
	for flags, code in [(["--nope", "1"], 2), (["--http.nope=1"], 2), (["stray"], 2), (["--http.max_json", "much"], 1)]:
		assert flags[0].split("=")[0] in site.run("serve", *flags, exit=code).stderr
	assert not os.path.exists(site.path)
	site.start(SYMBOLON_HTTP_MAX_JOSN="1M")
	assert "SYMBOLON_HTTP_MAX_JOSN" in site.said
	site.stop()


# --- data directories and databases

def serve(site, *flags, **env):
	"""What a server says that must not start."""
	return site.run("serve", "--listen", "127.0.0.1:0", *flags, exit=1, **env).stderr


@pytest.fixture
def stopped(tmp_path):
	made = Site(tmp_path / "site").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	made.stop()
	return made


def change(site, sql):
	with sqlite3.connect(site.path + "/symbolon.db") as database:
		database.execute(sql)
	database.close()


def test_a_directory_that_cannot_be_written_is_refused(tmp_path):
	for path in ["/proc/none/site", "/proc/none", str(tmp_path / "no" / "such" / "site")]:
		said = serve(Site(path))
		assert path in said and "--data" in said
	(tmp_path / "file").write_text("x")
	said = serve(Site(tmp_path / "file"))
	assert "no directory" in said and "--data" in said


def as_nobody(site, *args):
	"""Runs the program as somebody else, as far as we may."""
	if os.geteuid() == 0:
		return subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", PROGRAM, *args, "--data", site.path],
			capture_output=True, text=True, check=False, timeout=20)
	os.chmod(site.path, 0o500)
	try:
		return subprocess.run([PROGRAM, *args, "--data", site.path], capture_output=True, text=True, check=False, timeout=20)
	finally:
		os.chmod(site.path, 0o700)


def test_a_directory_of_another_user_is_refused(stopped):
	done = as_nobody(stopped, "serve", "--listen", "127.0.0.1:0")
	assert done.returncode == 1 and stopped.path in done.stderr, done


def test_a_directory_of_something_else_is_refused(tmp_path):
	(tmp_path / "thesis.tex").write_text("x")
	said = serve(Site(tmp_path))
	assert "thesis.tex" in said and "--data" in said and os.listdir(tmp_path) == ["thesis.tex"]


def test_a_second_server_on_the_same_unix_socket_is_refused(tmp_path):
	address = f"unix:{tmp_path}/socket"
	first = Site(tmp_path / "first")
	first.start("--listen", address, SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	assert address.removeprefix("unix:") in Site(tmp_path / "second").run("serve", "--listen", address, exit=1).stderr
	with socket.socket(socket.AF_UNIX) as line:
		line.connect(f"{tmp_path}/socket")
		line.sendall(NEXT)
		assert b"pong" in line.recv(65536)
	first.kill()  # leaves the socket's file behind
	first.start("--listen", address)
	first.stop()
	assert not os.path.exists(f"{tmp_path}/socket")


@pytest.mark.sqlite
def test_a_database_of_a_newer_symbolon_is_refused(stopped):
	change(stopped, "PRAGMA user_version = 99")
	said = serve(stopped)
	assert "newer symbolon" in said and "restore" in said
	change(stopped, "PRAGMA user_version = 1")
	change(stopped, "INSERT INTO migration SELECT '9999_future', checksum, at_us FROM migration LIMIT 1")
	assert "newer symbolon" in serve(stopped)


@pytest.mark.sqlite
def test_a_database_of_another_program_is_refused(stopped):
	change(stopped, "PRAGMA application_id = 7")
	assert "another program" in serve(stopped)


@pytest.mark.sqlite
def test_a_migration_that_was_changed_is_refused(stopped):
	change(stopped, "UPDATE migration SET checksum = 'x'")
	assert "restore" in serve(stopped)


def spoil(path, at, size):
	with open(path, "r+b") as f:
		f.seek(at)
		f.write(os.urandom(size))


def size_of(site):
	return os.path.getsize(site.path + "/symbolon.db")


@pytest.mark.sqlite
@pytest.mark.parametrize("damage", [
	lambda site: spoil(site.path + "/symbolon.db", 0, 100),
	lambda site: spoil(site.path + "/symbolon.db", 0, 4096),
	lambda site: spoil(site.path + "/symbolon.db", 8192, size_of(site) // 2),
	lambda site: os.truncate(site.path + "/symbolon.db", size_of(site) // 2),
	lambda site: os.truncate(site.path + "/symbolon.db", 5000),
], ids=["the header", "the first page", "half of the pages", "cut in half", "cut to a page"])
def test_a_damaged_database_is_refused_and_says_how_to_restore(stopped, damage):
	damage(stopped)
	for said in (serve(stopped), stopped.run("keys", "list", exit=1).stderr):
		assert "damaged" in said and "symbolon restore" in said, said
		assert "SELECT" not in said


@pytest.mark.sqlite
def test_an_empty_database_file_is_refused(stopped):
	os.truncate(stopped.path + "/symbolon.db", 0)
	assert "restore" in serve(stopped) or "no database" in serve(stopped)


# --- symbolon.key


def test_a_key_file_that_others_can_read_is_refused(stopped):
	for mode in (0o644, 0o640, 0o604, 0o620):
		os.chmod(stopped.path + "/symbolon.key", mode)
		said = serve(stopped)
		assert "chmod 600" in said and f"{mode:03o}" in said
	os.chmod(stopped.path + "/symbolon.key", 0o600)
	stopped.start()
	stopped.stop()


def test_a_missing_key_file_is_not_replaced(stopped):
	os.remove(stopped.path + "/symbolon.key")
	assert "symbolon.key is missing" in serve(stopped)
	assert not os.path.exists(stopped.path + "/symbolon.key")


def test_the_key_file_of_another_site_is_refused(stopped, tmp_path):
	other = Site(tmp_path / "other").start(SYMBOLON_ADMIN_PASSWORD=PASSWORD)
	other.stop()
	os.replace(other.path + "/symbolon.key", stopped.path + "/symbolon.key")
	assert "symbolon.key" in serve(stopped)


@pytest.mark.parametrize("text", ["", "nonsense\n", "\0" * 100, "pepper\n", "pepper x y\n"])
def test_a_damaged_key_file_is_refused(stopped, text):
	with open(stopped.path + "/symbolon.key", "w", encoding="utf-8") as f:
		f.write(text)
	said = serve(stopped)
	assert "symbolon.key" in said and "backup" in said
