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
	CHECK(http_response_field(&r, STR("X-A"), STR("b"), &err));
	http_response_write(&r, &HOW, &out);
	CHECK_STR(buf_str(&out),
	    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	    "Cache-Control: no-store,no-cache,must-revalidate,max-age=0\r\nX-A: b\r\n"
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
	CLEANUP(http_response_free) struct http_response r = { 0 };
	char text[4096];
	struct err err;

	for (int round = 0; round < 3; round++) {
		http_response_reset(&r, 64 * 1024);
		r.type = STR("application/json");
		r.secret = round == 1;
		for (int i = 0; i < (round == 2 ? 10 : 3000); i++)
			buf_put_char(&r.body, (char)('a' + i % 7));
		CHECK(http_response_gzip(&r, &err) == (round == 0));
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

UNIT_TESTS(writes_the_bytes_of_an_answer, leaves_out_what_a_status_or_a_token_forbids,
    compresses_long_texts_that_hold_no_secret)
