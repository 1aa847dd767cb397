#include "tests/unit/unit.h"

#include "base/buf.h"
#include "http/request.h"

static const struct http_limits LIMITS = { .line = 256, .head = 1024, .fields = 8 };

#define HOST "Host: a\r\n"

static const struct {
	const char *what;
	struct str text;
	enum http_parsed parsed;
	enum err_kind kind;
} HEADS[] = {
	{ "the least", STR_INIT("GET / HTTP/1.1\r\n" HOST "\r\n"), HTTP_COMPLETE, 0 },
	{ "an empty line before", STR_INIT("\r\nGET / HTTP/1.1\r\n" HOST "\r\n"), HTTP_COMPLETE,
	    0 },
	{ "HTTP/1.0 without Host", STR_INIT("GET / HTTP/1.0\r\n\r\n"), HTTP_COMPLETE, 0 },
	{ "absolute-form", STR_INIT("GET http://a/b?c HTTP/1.1\r\n" HOST "\r\n"), HTTP_COMPLETE,
	    0 },
	{ "asterisk-form", STR_INIT("OPTIONS * HTTP/1.1\r\n" HOST "\r\n"), HTTP_COMPLETE, 0 },
	{ "an unknown verb", STR_INIT("BREW / HTTP/1.1\r\n" HOST "\r\n"), HTTP_COMPLETE, 0 },
	{ "an empty value", STR_INIT("GET / HTTP/1.1\r\n" HOST "X:\r\n\r\n"), HTTP_COMPLETE, 0 },
	{ "a body by length", STR_INIT("PUT / HTTP/1.1\r\n" HOST "Content-Length: 12\r\n\r\n"),
	    HTTP_COMPLETE, 0 },
	{ "a chunked body",
	    STR_INIT("PUT / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"), HTTP_COMPLETE,
	    0 },
	{ "no end", STR_INIT("GET / HTTP/1.1\r\n" HOST), HTTP_INCOMPLETE, 0 },
	{ "nothing", STR_INIT(""), HTTP_INCOMPLETE, 0 },
	{ "a bare LF", STR_INIT("GET / HTTP/1.1\n" HOST "\r\n"), HTTP_REFUSED, ERR_BAD_REQUEST },
	{ "a bare CR", STR_INIT("GET / HTTP/1.1\r\nA: b\rc\r\n" HOST "\r\n"), HTTP_REFUSED,
	    ERR_BAD_REQUEST },
	{ "a folded line", STR_INIT("GET / HTTP/1.1\r\n" HOST "A: b\r\n c\r\n\r\n"), HTTP_REFUSED,
	    ERR_BAD_REQUEST },
	{ "a blank before the colon", STR_INIT("GET / HTTP/1.1\r\nHost : a\r\n\r\n"), HTTP_REFUSED,
	    ERR_BAD_REQUEST },
	{ "no colon", STR_INIT("GET / HTTP/1.1\r\n" HOST "A\r\n\r\n"), HTTP_REFUSED,
	    ERR_BAD_REQUEST },
	{ "no name", STR_INIT("GET / HTTP/1.1\r\n" HOST ": a\r\n\r\n"), HTTP_REFUSED,
	    ERR_BAD_REQUEST },
	{ "a NUL", STR_INIT("GET / HTTP/1.1\r\n" HOST "A: \0\r\n\r\n"), HTTP_REFUSED,
	    ERR_BAD_REQUEST },
	{ "a control byte", STR_INIT("GET / HTTP/1.1\r\n" HOST "A: \x01\r\n\r\n"), HTTP_REFUSED,
	    ERR_BAD_REQUEST },
	{ "no Host", STR_INIT("GET / HTTP/1.1\r\n\r\n"), HTTP_REFUSED, ERR_BAD_REQUEST },
	{ "two Hosts", STR_INIT("GET / HTTP/1.1\r\n" HOST HOST "\r\n"), HTTP_REFUSED,
	    ERR_BAD_REQUEST },
	{ "two Authorizations",
	    STR_INIT("GET / HTTP/1.1\r\n" HOST "Authorization: a\r\nauthorization: a\r\n\r\n"),
	    HTTP_REFUSED, ERR_BAD_REQUEST },
	{ "two lengths",
	    STR_INIT("PUT / HTTP/1.1\r\n" HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n"),
	    HTTP_REFUSED, ERR_BAD_REQUEST },
	{ "a signed length", STR_INIT("PUT / HTTP/1.1\r\n" HOST "Content-Length: +1\r\n\r\n"),
	    HTTP_REFUSED, ERR_BAD_REQUEST },
	{ "an overlong length",
	    STR_INIT("PUT / HTTP/1.1\r\n" HOST "Content-Length: 99999999999999999999\r\n\r\n"),
	    HTTP_REFUSED, ERR_BAD_REQUEST },
	{ "length and chunks",
	    STR_INIT("PUT / HTTP/1.1\r\n" HOST
		     "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
	    HTTP_REFUSED, ERR_BAD_REQUEST },
	{ "another encoding",
	    STR_INIT("PUT / HTTP/1.1\r\n" HOST "Transfer-Encoding: gzip, chunked\r\n\r\n"),
	    HTTP_REFUSED, ERR_NOT_IMPLEMENTED },
	{ "chunks in HTTP/1.0", STR_INIT("PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
	    HTTP_REFUSED, ERR_BAD_REQUEST },
	{ "HTTP/2", STR_INIT("PRI * HTTP/2.0\r\n\r\n"), HTTP_REFUSED, ERR_VERSION_UNSUPPORTED },
	{ "no version", STR_INIT("GET /\r\n\r\n"), HTTP_REFUSED, ERR_BAD_REQUEST },
	{ "two blanks", STR_INIT("GET  / HTTP/1.1\r\n" HOST "\r\n"), HTTP_REFUSED,
	    ERR_BAD_REQUEST },
	{ "a fragment", STR_INIT("GET /#x HTTP/1.1\r\n" HOST "\r\n"), HTTP_REFUSED,
	    ERR_BAD_REQUEST },
	{ "a target that is no ASCII", STR_INIT("GET /\xc3\xa9 HTTP/1.1\r\n" HOST "\r\n"),
	    HTTP_REFUSED, ERR_BAD_REQUEST },
	{ "authority-form", STR_INIT("CONNECT a:1 HTTP/1.1\r\n" HOST "\r\n"), HTTP_REFUSED,
	    ERR_BAD_REQUEST },
	{ "an IPv6 host", STR_INIT("GET / HTTP/1.1\r\nHost: [::1]:8000\r\n\r\n"), HTTP_COMPLETE,
	    0 },
	{ "a host with a port", STR_INIT("GET / HTTP/1.1\r\nHost: a.b-c:1\r\n\r\n"), HTTP_COMPLETE,
	    0 },
	{ "a port that is empty", STR_INIT("GET / HTTP/1.1\r\nHost: a:\r\n\r\n"), HTTP_COMPLETE,
	    0 },
	{ "an empty Host", STR_INIT("GET / HTTP/1.1\r\nHost: \r\n\r\n"), HTTP_REFUSED,
	    ERR_BAD_REQUEST },
	{ "a Host with a path", STR_INIT("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), HTTP_REFUSED,
	    ERR_BAD_REQUEST },
	{ "a Host with user information", STR_INIT("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"),
	    HTTP_REFUSED, ERR_BAD_REQUEST },
	{ "two names in a Host", STR_INIT("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"), HTTP_REFUSED,
	    ERR_BAD_REQUEST },
	{ "a port that is no number", STR_INIT("GET / HTTP/1.1\r\nHost: a:x\r\n\r\n"), HTTP_REFUSED,
	    ERR_BAD_REQUEST },
	{ "a bracket without its twin", STR_INIT("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
	    HTTP_REFUSED, ERR_BAD_REQUEST },
	{ "absolute-form without a path", STR_INIT("GET https://a?b HTTP/1.1\r\n" HOST "\r\n"),
	    HTTP_COMPLETE, 0 },
	{ "absolute-form with user information",
	    STR_INIT("GET http://u@a/ HTTP/1.1\r\n" HOST "\r\n"), HTTP_REFUSED, ERR_BAD_REQUEST },
	{ "absolute-form without a host", STR_INIT("GET http:///a HTTP/1.1\r\n" HOST "\r\n"),
	    HTTP_REFUSED, ERR_BAD_REQUEST },
	{ "another scheme", STR_INIT("GET ftp://a/b HTTP/1.1\r\n" HOST "\r\n"), HTTP_REFUSED,
	    ERR_BAD_REQUEST },
	{ "a relative target", STR_INIT("GET a/b HTTP/1.1\r\n" HOST "\r\n"), HTTP_REFUSED,
	    ERR_BAD_REQUEST },
	{ "an asterisk for GET", STR_INIT("GET * HTTP/1.1\r\n" HOST "\r\n"), HTTP_REFUSED,
	    ERR_BAD_REQUEST },
	{ "CONNECT with a path", STR_INIT("CONNECT / HTTP/1.1\r\n" HOST "\r\n"), HTTP_REFUSED,
	    ERR_BAD_REQUEST },
	{ "the method of an HTTP/2 preface", STR_INIT("PRI / HTTP/1.1\r\n" HOST "\r\n"),
	    HTTP_REFUSED, ERR_BAD_REQUEST },
	{ "a tab for a blank", STR_INIT("GET\t/ HTTP/1.1\r\n" HOST "\r\n"), HTTP_REFUSED,
	    ERR_BAD_REQUEST },
	{ "a blank behind the line", STR_INIT("GET / HTTP/1.1 \r\n" HOST "\r\n"), HTTP_REFUSED,
	    ERR_BAD_REQUEST },
	{ "a blank before the line", STR_INIT(" GET / HTTP/1.1\r\n" HOST "\r\n"), HTTP_REFUSED,
	    ERR_BAD_REQUEST },
	{ "a method that is no token", STR_INIT("G@T / HTTP/1.1\r\n" HOST "\r\n"), HTTP_REFUSED,
	    ERR_BAD_REQUEST },
	{ "a version in small letters", STR_INIT("GET / http/1.1\r\n" HOST "\r\n"), HTTP_REFUSED,
	    ERR_BAD_REQUEST },
	{ "HTTP/1.2", STR_INIT("GET / HTTP/1.2\r\n" HOST "\r\n"), HTTP_REFUSED,
	    ERR_VERSION_UNSUPPORTED },
	{ "HTTP/0.9 by name", STR_INIT("GET / HTTP/0.9\r\n" HOST "\r\n"), HTTP_REFUSED,
	    ERR_VERSION_UNSUPPORTED },
	{ "a blank line before the fields", STR_INIT("GET / HTTP/1.1\r\n " HOST "\r\n"),
	    HTTP_REFUSED, ERR_BAD_REQUEST },
	{ "two empty lines before", STR_INIT("\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n"),
	    HTTP_REFUSED, ERR_BAD_REQUEST },
	{ "a TLS hello", STR_INIT("\x16\x03\x01"), HTTP_REFUSED, ERR_BAD_REQUEST },
	{ "obs-text and tabs in a value",
	    STR_INIT("GET / HTTP/1.1\r\n" HOST "A: \xe9\t\xff\r\n\r\n"), HTTP_COMPLETE, 0 },
	{ "DEL in a value", STR_INIT("GET / HTTP/1.1\r\n" HOST "A: \x7f\r\n\r\n"), HTTP_REFUSED,
	    ERR_BAD_REQUEST },
	{ "a control byte behind eight others",
	    STR_INIT("GET / HTTP/1.1\r\n" HOST "A: 12345678\x1f\r\n\r\n"), HTTP_REFUSED,
	    ERR_BAD_REQUEST },
	{ "a name that is no token", STR_INIT("GET / HTTP/1.1\r\n" HOST "A(b): c\r\n\r\n"),
	    HTTP_REFUSED, ERR_BAD_REQUEST },
	{ "a length with leading zeros",
	    STR_INIT("GET / HTTP/1.1\r\n" HOST "Content-Length: 007\r\n\r\n"), HTTP_COMPLETE, 0 },
	{ "an empty length", STR_INIT("GET / HTTP/1.1\r\n" HOST "Content-Length:\r\n\r\n"),
	    HTTP_REFUSED, ERR_BAD_REQUEST },
	{ "two lengths in one", STR_INIT("GET / HTTP/1.1\r\n" HOST "Content-Length: 1, 1\r\n\r\n"),
	    HTTP_REFUSED, ERR_BAD_REQUEST },
	{ "a length in hex", STR_INIT("GET / HTTP/1.1\r\n" HOST "Content-Length: 0x1\r\n\r\n"),
	    HTTP_REFUSED, ERR_BAD_REQUEST },
	{ "chunked in capitals",
	    STR_INIT("GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: CHUNKED\r\n\r\n"), HTTP_COMPLETE,
	    0 },
	{ "chunked twice",
	    STR_INIT("GET / HTTP/1.1\r\n" HOST
		     "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
	    HTTP_REFUSED, ERR_BAD_REQUEST },
	{ "chunked behind a tab",
	    STR_INIT("GET / HTTP/1.1\r\n" HOST "Transfer-Encoding:\tchunked\r\n\r\n"), HTTP_REFUSED,
	    ERR_BAD_REQUEST },
	{ "chunked before a blank",
	    STR_INIT("GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked \r\n\r\n"), HTTP_REFUSED,
	    ERR_BAD_REQUEST },
	{ "chunked and more",
	    STR_INIT("GET / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked, identity\r\n\r\n"),
	    HTTP_REFUSED, ERR_NOT_IMPLEMENTED },
	{ "no encoding named", STR_INIT("GET / HTTP/1.1\r\n" HOST "Transfer-Encoding:\r\n\r\n"),
	    HTTP_REFUSED, ERR_NOT_IMPLEMENTED },
	{ "two Content-Types",
	    STR_INIT("GET / HTTP/1.1\r\n" HOST "Content-Type: a/b\r\nContent-Type: a/b\r\n\r\n"),
	    HTTP_REFUSED, ERR_BAD_REQUEST },
	{ "two Origins", STR_INIT("GET / HTTP/1.1\r\n" HOST "Origin: a\r\nOrigin: b\r\n\r\n"),
	    HTTP_REFUSED, ERR_BAD_REQUEST },
	{ "two Cookies", STR_INIT("GET / HTTP/1.1\r\n" HOST "Cookie: a=1\r\nCookie: b=2\r\n\r\n"),
	    HTTP_COMPLETE, 0 },
	{ "too many fields",
	    STR_INIT(
		"GET / HTTP/1.1\r\n" HOST "A:\r\nB:\r\nC:\r\nD:\r\nE:\r\nF:\r\nG:\r\nH:\r\n\r\n"),
	    HTTP_REFUSED, ERR_HEAD_TOO_LARGE },
};

static void
judges_heads_as_rfc_9112_says(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(HEADS); i++) {
		struct http_head h;
		struct err err;
		const enum http_parsed parsed = http_parse_head(HEADS[i].text, &LIMITS, &h, &err);

		CHECK_CASE(HEADS[i].what, parsed == HEADS[i].parsed);
		CHECK_CASE(HEADS[i].what, parsed != HTTP_REFUSED || err.kind == HEADS[i].kind);
		CHECK_CASE(HEADS[i].what, parsed != HTTP_COMPLETE || h.len == HEADS[i].text.len);
	}
}

/* A longer buffer never changes what a shorter one has settled. */
static void
judges_alike_however_the_bytes_come(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(HEADS); i++) {
		for (size_t len = 0; len <= HEADS[i].text.len; len++) {
			struct http_head h;
			struct err err;
			const enum http_parsed parsed =
			    http_parse_head(str_sub(HEADS[i].text, 0, len), &LIMITS, &h, &err);

			if (parsed == HTTP_INCOMPLETE)
				continue;
			CHECK_CASE(HEADS[i].what, parsed == HEADS[i].parsed);
			CHECK_CASE(
			    HEADS[i].what, parsed != HTTP_REFUSED || err.kind == HEADS[i].kind);
			CHECK_CASE(HEADS[i].what, parsed != HTTP_COMPLETE || h.len == len);
			break;
		}
	}
}

static void
finds_what_a_request_says(void **state UNUSED)
{
	const struct str text = STR("POST /api/method/ping?a=b HTTP/1.1\r\nHost: x:1\r\n"
				    "authorization:  token k:s \r\nConnection: Close\r\n"
				    "Expect: 100-continue\r\nContent-Length: 7\r\n\r\nnot part");
	struct http_head h;
	struct err err;

	CHECK(http_parse_head(text, &LIMITS, &h, &err) == HTTP_COMPLETE);
	CHECK(h.verb == HTTP_POST && !h.keep_alive && h.expect_continue);
	CHECK(h.has_length && h.content_length == 7 && h.len == text.len - 8);
	CHECK_STR(http_span_str(text, h.path), "/api/method/ping");
	CHECK_STR(http_span_str(text, h.query), "a=b");
	CHECK_STR(http_span_str(text, h.known[HTTP_AUTHORIZATION]), "token k:s");
	CHECK_STR(http_field(text, &h, STR("HOST")), "x:1");
	CHECK(str_is_null(http_field(text, &h, STR("Accept"))) && !h.present[HTTP_ACCEPT]);
}

static void
finds_host_and_path_in_an_absolute_target(void **state UNUSED)
{
	static const struct {
		struct str text;
		const char *path, *query, *host;
	} cases[] = {
		{ STR_INIT("GET http://b:2/c?d HTTP/1.1\r\n" HOST "\r\n"), "/c", "d", "b:2" },
		{ STR_INIT("GET HTTPS://b HTTP/1.1\r\n" HOST "\r\n"), "/", "", "b" },
		{ STR_INIT("GET http://b?d=/e HTTP/1.1\r\n" HOST "\r\n"), "/", "d=/e", "b" },
		{ STR_INIT("GET /http://b/?? HTTP/1.1\r\n" HOST "\r\n"), "/http://b/", "?", "a" },
		{ STR_INIT("GET //b HTTP/1.1\r\n" HOST "\r\n"), "//b", "", "a" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct str text = cases[i].text;
		struct http_head h;
		struct err err;

		CHECK_CASE(text.ptr, http_parse_head(text, &LIMITS, &h, &err) == HTTP_COMPLETE);
		CHECK_STR(http_span_str(text, h.path), cases[i].path);
		CHECK_STR(http_span_str(text, h.query), cases[i].query);
		CHECK_STR(http_span_str(text, h.known[HTTP_HOST]), cases[i].host);
	}
}

static void
keeps_the_connection_unless_told_otherwise(void **state UNUSED)
{
	static const struct {
		struct str text;
		bool kept;
	} cases[] = {
		{ STR_INIT("GET / HTTP/1.1\r\n" HOST "\r\n"), true },
		{ STR_INIT("GET / HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"), false },
		{ STR_INIT("GET / HTTP/1.1\r\n" HOST "Connection: a, CLOSE ,b\r\n\r\n"), false },
		{ STR_INIT("GET / HTTP/1.1\r\n" HOST "Connection: closed\r\n\r\n"), true },
		{ STR_INIT("GET / HTTP/1.0\r\n\r\n"), false },
		{ STR_INIT("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"), true },
		{ STR_INIT("GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n"), false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct http_head h;
		struct err err;

		CHECK(http_parse_head(cases[i].text, &LIMITS, &h, &err) == HTTP_COMPLETE);
		CHECK_CASE(cases[i].text.ptr, h.keep_alive == cases[i].kept);
	}
}

/* A line or head that is too long is so before anything else is wrong with it. */
static void
a_limit_counts_before_what_stands_behind_it(void **state UNUSED)
{
	char text[2048];
	struct http_head h;
	struct err err;

	memset(text, 'a', sizeof(text));
	memcpy(text, "GET /", 5);
	text[300] = '\n';
	for (size_t len = 0; len <= 301; len++) {
		const enum http_parsed parsed =
		    http_parse_head((struct str){ text, len }, &LIMITS, &h, &err);

		CHECK(parsed == (len < LIMITS.line + 2 ? HTTP_INCOMPLETE : HTTP_REFUSED));
		CHECK(parsed == HTTP_INCOMPLETE || err.kind == ERR_URI_TOO_LONG);
	}
	memcpy(text, "GET / HTTP/1.1\r\nA: ", 19);
	text[300] = 'a';
	text[1500] = '\0';
	text[1501] = '\n';
	for (size_t len = 1000; len <= 1502; len++) {
		const enum http_parsed parsed =
		    http_parse_head((struct str){ text, len }, &LIMITS, &h, &err);

		CHECK(parsed == (len < LIMITS.head ? HTTP_INCOMPLETE : HTTP_REFUSED));
		CHECK(parsed == HTTP_INCOMPLETE || err.kind == ERR_HEAD_TOO_LARGE);
	}
}

static void
refuses_long_heads_before_they_end(void **state UNUSED)
{
	char text[2048];
	struct http_head h;
	struct err err;

	memset(text, 'a', sizeof(text));
	memcpy(text, "GET /", 5);
	CHECK(http_parse_head((struct str){ text, 200 }, &LIMITS, &h, &err) == HTTP_INCOMPLETE);
	CHECK(http_parse_head((struct str){ text, 400 }, &LIMITS, &h, &err) == HTTP_REFUSED);
	CHECK(err.kind == ERR_URI_TOO_LONG);
	memcpy(text, "GET / HTTP/1.1\r\nA: ", 19);
	CHECK(http_parse_head((struct str){ text, 1000 }, &LIMITS, &h, &err) == HTTP_INCOMPLETE);
	CHECK(http_parse_head((struct str){ text, 1024 }, &LIMITS, &h, &err) == HTTP_REFUSED);
	CHECK(err.kind == ERR_HEAD_TOO_LARGE);
}

static const struct {
	const char *what;
	struct str text;
	enum http_parsed parsed;
	const char *body;
} CHUNKS[] = {
	{ "two chunks", STR_INIT("3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n"), HTTP_COMPLETE,
	    "abc0123456789" },
	{ "no chunk", STR_INIT("0\r\n\r\n"), HTTP_COMPLETE, "" },
	{ "an extension", STR_INIT("1;a=\"b\"\r\nx\r\n0;c\r\n\r\n"), HTTP_COMPLETE, "x" },
	{ "a trailer", STR_INIT("1\r\nx\r\n0\r\nA: b\r\nC: d\r\n\r\n"), HTTP_COMPLETE, "x" },
	{ "cut off", STR_INIT("5\r\nab"), HTTP_INCOMPLETE, "ab" },
	{ "no digits", STR_INIT("\r\nx"), HTTP_REFUSED, NULL },
	{ "a sign", STR_INIT("+1\r\nx\r\n"), HTTP_REFUSED, NULL },
	{ "a prefix", STR_INIT("0x1\r\nx\r\n"), HTTP_REFUSED, NULL },
	{ "a size beyond 64 bits", STR_INIT("11111111111111111\r\nx"), HTTP_REFUSED, NULL },
	{ "a bare LF behind the size", STR_INIT("1\nx\r\n0\r\n\r\n"), HTTP_REFUSED, NULL },
	{ "a bare LF in an extension", STR_INIT("1;a\nx\r\n"), HTTP_REFUSED, NULL },
	{ "a chunk longer than it says", STR_INIT("1\r\nxy\r\n0\r\n\r\n"), HTTP_REFUSED, NULL },
	{ "extensions of each form", STR_INIT("1;a;b=c;d=\"e;\\\"\"\r\nx\r\n0;f\r\n\r\n"),
	    HTTP_COMPLETE, "x" },
	{ "digits of either case", STR_INIT("00a\r\n0123456789\r\n000\r\n\r\n"), HTTP_COMPLETE,
	    "0123456789" },
	{ "no trailer but what follows", STR_INIT("0\r\n\r\nGET"), HTTP_COMPLETE, "" },
	{ "an extension without a name", STR_INIT("1;\r\nx\r\n"), HTTP_REFUSED, NULL },
	{ "a quote that never ends", STR_INIT("1;a=\"b\r\nx\r\n"), HTTP_REFUSED, NULL },
	{ "a blank behind the size", STR_INIT("1 \r\nx\r\n"), HTTP_REFUSED, NULL },
	{ "a control byte in an extension", STR_INIT("1;a=\"\x01\"\r\nx\r\n"), HTTP_REFUSED, NULL },
	{ "a bare LF behind the data", STR_INIT("1\r\nx\n0\r\n\r\n"), HTTP_REFUSED, NULL },
	{ "a bare CR behind the last chunk", STR_INIT("0\r\n\rx"), HTTP_REFUSED, NULL },
	{ "a folded trailer", STR_INIT("0\r\nA: b\r\n c\r\n\r\n"), HTTP_REFUSED, NULL },
	{ "a malformed trailer", STR_INIT("0\r\n A: b\r\n\r\n"), HTTP_REFUSED, NULL },
};

/* Feeds the text in pieces of at most step bytes. */
static enum http_parsed
feed(struct str text, size_t step, char *body, size_t *len)
{
	struct http_chunked c = { 0 };
	enum http_parsed parsed = HTTP_INCOMPLETE;

	*len = 0;
	while (text.len > 0 && parsed == HTTP_INCOMPLETE) {
		struct str data;
		struct err err;
		size_t taken;

		parsed = http_chunked(&c, str_sub(text, 0, step), &data, &taken, &err);
		if (parsed == HTTP_REFUSED)
			return parsed;
		memcpy(body + *len, data.ptr, data.len);
		*len += data.len;
		text = str_sub(text, taken, text.len);
	}
	return parsed;
}

static void
decodes_chunks_however_they_come(void **state UNUSED)
{
	for (size_t i = 0; i < ARRAY_LEN(CHUNKS); i++) {
		for (size_t step = 1; step <= CHUNKS[i].text.len; step++) {
			char body[64];
			size_t len;

			CHECK_CASE(CHUNKS[i].what,
			    feed(CHUNKS[i].text, step, body, &len) == CHUNKS[i].parsed);
			CHECK_CASE(CHUNKS[i].what,
			    CHUNKS[i].body == NULL ||
				str_eq((struct str){ body, len }, str_from(CHUNKS[i].body)));
		}
	}
}

/* The text repeated behind a beginning, fed in one piece; the kind of refusal, or 0. */
static enum err_kind
feed_repeated(const char *beginning, const char *text, size_t times)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(64 * 1024);
	struct http_chunked c = { 0 };
	struct str data;
	struct err err;
	size_t taken;

	buf_put(&b, str_from(beginning));
	for (size_t i = 0; i < times; i++)
		buf_put(&b, str_from(text));
	struct str rest = buf_str(&b);
	enum http_parsed parsed = HTTP_INCOMPLETE;

	while (parsed == HTTP_INCOMPLETE && rest.len > 0) {
		parsed = http_chunked(&c, rest, &data, &taken, &err);
		rest = str_sub(rest, taken, rest.len);
	}
	return parsed == HTTP_REFUSED ? err.kind : 0;
}

static void
bounds_what_is_no_data_in_a_chunked_body(void **state UNUSED)
{
	CHECK(feed_repeated("", "0", 200) == 0);
	CHECK(feed_repeated("", "0", 300) == ERR_TOO_LARGE);
	CHECK(feed_repeated("1;", "a", 200) == 0);
	CHECK(feed_repeated("1;", "a", 300) == ERR_TOO_LARGE);
	CHECK(feed_repeated("", "1;abcdefgh\r\nx\r\n", 400) == 0);
	CHECK(feed_repeated("", "1;abcdefgh\r\nx\r\n", 600) == ERR_TOO_LARGE);
	CHECK(feed_repeated("", "1\r\nx\r\n", 4000) == 0);
	CHECK(feed_repeated("0\r\n", "A: b\r\n", 600) == 0);
	CHECK(feed_repeated("0\r\n", "A: b\r\n", 700) == ERR_TOO_LARGE);
}

UNIT_TESTS(judges_heads_as_rfc_9112_says, judges_alike_however_the_bytes_come,
    finds_what_a_request_says, finds_host_and_path_in_an_absolute_target,
    keeps_the_connection_unless_told_otherwise, a_limit_counts_before_what_stands_behind_it,
    refuses_long_heads_before_they_end, decodes_chunks_however_they_come,
    bounds_what_is_no_data_in_a_chunked_body)
