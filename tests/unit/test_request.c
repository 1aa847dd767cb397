#include "tests/unit/unit.h"

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

UNIT_TESTS(judges_heads_as_rfc_9112_says, judges_alike_however_the_bytes_come,
    finds_what_a_request_says, refuses_long_heads_before_they_end, decodes_chunks_however_they_come)
