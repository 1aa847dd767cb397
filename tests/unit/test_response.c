#include "tests/unit/unit.h"

#include "http/response.h"

#include <zlib.h>

static const struct http_write HOW = { .keep_alive = true,
	.date = STR_INIT("Tue, 24 Nov 2026 04:10:05 GMT"),
	.request_id = STR_INIT("r1") };

static void
writes_the_bytes_of_an_answer(void **state UNUSED)
{
	CLEANUP(http_response_free) struct http_response r = { 0 };
	CLEANUP(buf_free) struct buf out = BUF_INIT(4096);
	struct err err;

	http_response_reset(&r, 1024);
	r.type = STR("application/json");
	buf_lit(&r.body, "{}");
	r.lines = STR("X-Made: before\r\n");
	CHECK(http_response_field(&r, STR("X-A"), STR("b"), &err));
	http_response_write(&r, &HOW, &out);
	CHECK_STR(buf_str(&out),
	    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	    "Cache-Control: no-store,no-cache,must-revalidate,max-age=0\r\nX-Made: before\r\nX-A: "
	    "b\r\n"
	    "X-Frappe-Request-Id: r1\r\nDate: Tue, 24 Nov 2026 04:10:05 GMT\r\n"
	    "Content-Length: 2\r\n\r\n{}");
}

static void
leaves_out_what_a_status_or_a_token_forbids(void **state UNUSED)
{
	CLEANUP(http_response_free) struct http_response r = { 0 };
	CLEANUP(buf_free) struct buf out = BUF_INIT(4096);
	struct http_write how = HOW;
	struct err err;

	http_response_reset(&r, 1024);
	r.status = 204;
	r.no_cookies = true;
	how.keep_alive = false;
	buf_lit(&r.body, "never sent");
	CHECK(http_response_field(&r, STR("Set-Cookie"), STR("sid=x"), &err));
	http_response_write(&r, &how, &out);
	CHECK(str_find_str(buf_str(&out), STR("Set-Cookie")) < 0);
	CHECK(str_find_str(buf_str(&out), STR("Content-Length")) < 0);
	CHECK(str_find_str(buf_str(&out), STR("Connection: close\r\n")) > 0);
	CHECK(str_ends(buf_str(&out), STR("\r\n\r\n")));
	CHECK(!http_response_field(&r, STR("X"), STR("a\r\nb"), &err) && err.kind == ERR_INTERNAL);
}

static void
compresses_long_texts_that_hold_no_secret(void **state UNUSED)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(4096);
	CLEANUP(http_response_free) struct http_response r = { 0 };
	char text[4096];
	struct err err;

	for (int round = 0; round < 3; round++) {
		http_response_reset(&r, 64 * 1024);
		r.type = STR("application/json");
		r.secret = round == 1;
		for (int i = 0; i < (round == 2 ? 10 : 3000); i++)
			buf_put_char(&r.body, (char)('a' + i % 7));
		CHECK(http_response_gzip(&r, a, &err) == (round == 0));
		if (round != 0)
			continue;
		z_stream z = { .next_in = (Bytef *)r.body.ptr,
			.avail_in = (uInt)r.body.len,
			.next_out = (Bytef *)text,
			.avail_out = sizeof(text) };

		CHECK(inflateInit2(&z, 15 + 16) == Z_OK && inflate(&z, Z_FINISH) == Z_STREAM_END);
		CHECK(z.total_out == 3000 && text[8] == 'b');
		inflateEnd(&z);
	}
}

static void
leaves_alone_what_compression_would_not_help(void **state UNUSED)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(4096);
	CLEANUP(http_response_free) struct http_response r = { 0 };
	uint32_t noise = 1;
	struct err err;

	/* Bytes that do not compress. */
	http_response_reset(&r, 64 * 1024);
	r.type = STR("text/plain");
	for (int i = 0; i < 5000; i++) {
		noise = noise * 1664525 + 1013904223;
		buf_put_char(&r.body, (char)(noise >> 24));
	}
	CHECK(!http_response_gzip(&r, a, &err) && r.body.len == 5000 && r.fields_len == 0);
	/* No room for the two fields. */
	http_response_reset(&r, 64 * 1024);
	r.type = STR("text/plain");
	for (int i = 0; i < 5000; i++)
		buf_put_char(&r.body, 'a');
	while (r.fields_len < HTTP_MAX_RESPONSE_FIELDS - 1)
		CHECK(http_response_field(&r, STR("X"), STR("y"), &err));
	CHECK(!http_response_gzip(&r, a, &err) && r.body.len == 5000);
	CHECK(r.fields_len == HTTP_MAX_RESPONSE_FIELDS - 1);
}

static void
compresses_a_body_of_megabytes(void **state UNUSED)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(4096);
	CLEANUP(http_response_free) struct http_response r = { 0 };
	struct err err;

	http_response_reset(&r, 8 * 1024 * 1024);
	r.type = STR("application/json");
	CHECK(http_response_literal(&r, STR("ETag"), STR("\"a\""), &err));
	for (int i = 0; r.body.len < 5 * 1024 * 1024; i++)
		buf_put_int(&r.body, i);
	CHECK(http_response_gzip(&r, a, &err) && r.body.len < 5 * 1024 * 1024);
	CHECK(str_eq(r.fields[0].value, STR("\"a-gzip\"")));
}

/* Whatever a method says of caching, an answer that holds a secret is not kept. */
static void
a_secret_is_never_cached(void **state UNUSED)
{
	CLEANUP(http_response_free) struct http_response r = { 0 };
	CLEANUP(buf_free) struct buf out = BUF_INIT(4096);

	http_response_reset(&r, 1024);
	r.cache = STR("max-age=60");
	http_response_write(&r, &HOW, &out);
	CHECK(str_find_str(buf_str(&out), STR("Cache-Control: max-age=60\r\n")) > 0);
	buf_clear(&out);
	r.secret = true;
	http_response_write(&r, &HOW, &out);
	CHECK(str_find_str(buf_str(&out), STR("Cache-Control: no-store,")) > 0);
	CHECK(str_find_str(buf_str(&out), STR("max-age=60")) < 0);
}

static void
answers_as_the_request_was(void **state UNUSED)
{
	CLEANUP(http_response_free) struct http_response r = { 0 };
	CLEANUP(buf_free) struct buf out = BUF_INIT(4096);
	struct http_write how = HOW;

	http_response_reset(&r, 1024);
	r.status = 404;
	buf_lit(&r.body, "gone");
	how.head_only = how.http_1_0 = true;
	http_response_write(&r, &how, &out);
	CHECK(str_starts(buf_str(&out), STR("HTTP/1.1 404 Not Found\r\n")));
	CHECK(str_find_str(buf_str(&out), STR("Connection: keep-alive\r\n")) > 0);
	CHECK(str_ends(buf_str(&out), STR("Content-Length: 4\r\n\r\n")));
	CHECK(strcmp(http_reason(507), "Insufficient Storage") == 0);
	CHECK(strcmp(http_reason(299), "Unknown") == 0);
	/* An answer that does not fit is seen by the buffer's owner. */
	CLEANUP(buf_free) struct buf small = BUF_INIT(40);

	http_response_write(&r, &how, &small);
	CHECK(!buf_ok(&small));
}

UNIT_TESTS(writes_the_bytes_of_an_answer, leaves_out_what_a_status_or_a_token_forbids,
    compresses_long_texts_that_hold_no_secret, leaves_alone_what_compression_would_not_help,
    compresses_a_body_of_megabytes, a_secret_is_never_cached, answers_as_the_request_was)
