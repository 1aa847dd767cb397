#!/usr/bin/python3
"""Writes the seeds of the fuzz targets into corpus/: one file for each thing worth knowing of."""

import base64
import pathlib

CORPUS = pathlib.Path(__file__).parent / "corpus"
HOST = b"Host: a\r\n"

HEADS = {
    "get": b"GET /api/method/ping HTTP/1.1\r\n" + HOST + b"\r\n",
    "browser": b"GET /api/resource/ToDo?fields=[%22name%22]&limit=20 HTTP/1.1\r\nHost: example.com:8000\r\n"
    b"User-Agent: Mozilla/5.0\r\nAccept: */*\r\nAccept-Encoding: gzip, br\r\nCookie: sid=Guest; a=b\r\n"
    b"Origin: http://example.com\r\nConnection: keep-alive\r\n\r\n",
    "token": b"GET / HTTP/1.1\r\n" + HOST + b"Authorization: token k:s\r\n\r\n",
    "http10": b"HEAD / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    "absolute": b"GET http://a:80/b?c=d HTTP/1.1\r\n" + HOST + b"\r\n",
    "absolute-no-path": b"GET https://[::1]?c HTTP/1.1\r\n" + HOST + b"\r\n",
    "asterisk": b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
    "empty-line": b"\r\nDELETE /a HTTP/1.1\r\n" + HOST + b"\r\n",
    "length": b"PUT / HTTP/1.1\r\n" + HOST + b"Content-Type: a/b\r\nContent-Length: 3\r\n\r\nabc",
    "expect": b"PATCH / HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx",
    "close": b"POST / HTTP/1.1\r\n" + HOST + b"Connection: upgrade, close\r\nUpgrade: h2c\r\n\r\n",
    "pipelined": (b"GET / HTTP/1.1\r\n" + HOST + b"\r\n") * 2,
    "chunked": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
    b"3\r\nabc\r\nA;x=y;z=\"q\\\"\"\r\n0123456789\r\n0\r\nX-T: v\r\n\r\n",
    "length-and-chunked": b"POST / HTTP/1.1\r\n" + HOST
    + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two-lengths": b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "gzip-chunked": b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n",
    "obs-fold": b"GET / HTTP/1.1\r\n" + HOST + b"A: b\r\n c\r\n\r\n",
    "bare-lf": b"GET / HTTP/1.1\n" + HOST + b"\r\n",
    "bare-cr": b"GET / HTTP/1.1\r\nA: b\rc\r\n" + HOST + b"\r\n",
    "blank-before-colon": b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
    "obs-text": b"GET / HTTP/1.1\r\n" + HOST + b"A: \xe9\xff\t b\r\n\r\n",
    "nul": b"GET / HTTP/1.1\r\n" + HOST + b"A: \0\r\n\r\n",
    "two-authorizations": b"GET / HTTP/1.1\r\n" + HOST + b"Authorization: a\r\nauthorization: b\r\n\r\n",
    "connect": b"CONNECT a:1 HTTP/1.1\r\n" + HOST + b"\r\n",
    "http2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "unknown-method": b"BREW /pot HTTP/1.1\r\n" + HOST + b"\r\n",
    "tls": b"\x16\x03\x01\x02\x00\x01",
}

CHUNKED = {
    "two": b"3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n",
    "extensions": b"1;a;b=c;d=\"e\\\" \"\r\nx\r\n0;f\r\n\r\n",
    "trailer": b"1\r\nx\r\n0\r\nA: b\r\nC: d\r\n\r\nrest",
    "large": b"FFFFFFFFFFFFFFFF\r\nx",
    "overlong": b"1FFFFFFFFFFFFFFFF\r\nx",
    "zeros": b"0" * 300 + b"\r\n\r\n",
    "bare-lf": b"1;a\nx\r\n",
    "too-long": b"1\r\nxy\r\n0\r\n\r\n",
}

PERCENT, FORM, FIELDS, NUMBERS = range(4)
DISPOSITION = b"Content-Disposition: form-data; name="

TEXT = {
    "percent": (PERCENT, b"a%2Fb+c%C3%A9"),
    "percent-cut": (PERCENT, b"a%2"),
    "percent-nul": (PERCENT, b"%00"),
    "form": (FORM, b"a=1&b=x+y%26&&a=2&c"),
    "cookie": (FIELDS, b"sid\na=1; sid=x=y; sid=z"),
    "coding": (FIELDS, b"a\nbr;q=1.0, gzip;q=0.5, *;q=0"),
    "date": (NUMBERS, b"2024-01-31 09:05:03.123456"),
    "day-first": (NUMBERS, b"05-06-2024"),
    "digits": (NUMBERS, b"20240229"),
    "number": (NUMBERS, b"-9223372036854775808"),
}

MULTIPART = {
    "parts": b"multipart/form-data; boundary=\"--x\"\n----x\r\n" + DISPOSITION + b"\"a\"\r\n\r\n1\r\n----x\r\n"
    + DISPOSITION + b"f; filename=\"b\\\" c.txt\"\r\nContent-Type: text/plain\r\n\r\n\xff\r\n----x--\r\n",
    "preamble": b"m; charset=a; boundary=x\npreamble\r\n--x\r\n" + DISPOSITION + b"a\r\n\r\n--x--",
    "traps": b"m; boundary=x\n--x\r\n" + DISPOSITION + b"a\r\n\r\n\r\n--\r\r\n-\r\n--x--",
    "cut": b"m; boundary=x\n--x\r\n" + DISPOSITION + b"a; filename=f\r\n\r\nabc\r\n--",
}

JSON = {
    "object": b'{"a": [1, -2.5e3, "x\\u00e9\\ud83d\\ude00", null, true, false], "b": {"c": {}}}',
    "twice": b'{"a": 1, "a": 2}',
    "deep": b"[" * 65 + b"]" * 65,
    "deepest": b"[" * 64 + b"]" * 64,
    "escapes": b'"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000"',
    "surrogate": b'"\\ud800"',
    "bom": b"\xef\xbb\xbf{}",
    "numbers": b"[9223372036854775807, -9223372036854775808, 1e-7, 0.1, 1E308, 123456789.123456789]",
    "large": b"9223372036854775808",
}

CREDENTIALS = {
    "token": b"token 0123456789abcde:smb_0123456789",
    "bearer": b"BEARER\t k:s:t ",
    "basic": b"Basic " + base64.b64encode(b"key:secret"),
    "basic-foreign": b"basic a2V5!OnNl-Y3JldA==",
    "basic-padding": b"Basic a2V5OnNlY3JldA=",
    "extra": b"token k:s x",
    "scheme-only": b"token",
    "unknown": b"Digest a:b",
}


def write(target, seeds):
    directory = CORPUS / target
    directory.mkdir(parents=True, exist_ok=True)
    for name, data in seeds.items():
        (directory / name).write_bytes(data)


def main():
    write("fuzz_request", {name: b"\0" + head for name, head in HEADS.items()})
    write("fuzz_request", {"line-limit": b"\1GET /" + b"a" * 40, "head-limit": b"\1GET / HTTP/1.1\r\nA: " + b"b" * 80,
                           "field-limit": b"\1GET / HTTP/1.0\r\nA:\r\nB:\r\nC:\r\n\r\n"})
    write("fuzz_request_llhttp", HEADS)
    write("fuzz_chunked", {name: b"\3\0\1\7" + body for name, body in CHUNKED.items()})
    write("fuzz_text", {name: bytes([test]) + text for name, (test, text) in TEXT.items()})
    write("fuzz_multipart", MULTIPART)
    write("fuzz_json", JSON)
    write("fuzz_credential", CREDENTIALS)


main()
