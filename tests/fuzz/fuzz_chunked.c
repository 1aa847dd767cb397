/* Chunked bodies: the same body, end and verdict however the bytes are split. */
#include "tests/fuzz/fuzz.h"

#include "base/buf.h"
#include "http/chunked.h"

struct outcome {
	enum http_parsed parsed;
	struct buf body;
	size_t taken;
};

/* Feeds bytes in pieces whose sizes the bytes of sizes say; all at once if there are none. */
static void
feed(struct str bytes, struct str sizes, struct outcome *out)
{
	struct http_chunked c = { 0 };
	size_t at = 0;

	*out = (struct outcome){ .parsed = HTTP_INCOMPLETE, .body = BUF_INIT(1024 * 1024) };
	for (size_t i = 0; out->parsed == HTTP_INCOMPLETE && out->taken < bytes.len; i++) {
		const size_t more = sizes.len == 0 ? bytes.len : (uint8_t)sizes.ptr[i % sizes.len];
		struct str data;
		struct err err;
		size_t taken;

		/* What was not taken comes again, with more. */
		at = MIN(MAX(at, out->taken) + more % 17 + 1, bytes.len);
		if (sizes.len == 0)
			at = bytes.len;
		const struct str piece = fuzz_copy(str_sub(bytes, out->taken, at - out->taken));

		out->parsed = http_chunked(&c, piece, &data, &taken, &err);
		if (out->parsed != HTTP_REFUSED) {
			HOLDS(taken <= piece.len && fuzz_inside(data, piece));
			HOLDS(taken > 0 || out->parsed == HTTP_COMPLETE);
			buf_put(&out->body, data);
			out->taken += taken;
		} else {
			HOLDS(http_chunked(&c, piece, &data, &taken, &err) == HTTP_REFUSED);
		}
		free((char *)(uintptr_t)piece.ptr);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str bytes = { (const char *)data, size };
	const size_t sizes_len = fuzz_byte(&bytes) % 8U;
	const struct str sizes = str_sub(bytes, 0, sizes_len);
	struct outcome whole, parts;

	bytes = str_sub(bytes, sizes.len, bytes.len);
	feed(bytes, STR_NULL, &whole);
	feed(bytes, sizes.len > 0 ? sizes : STR("\0"), &parts);
	HOLDS(whole.parsed == parts.parsed);
	/* Before a refusal, more or less of the good part may have been handed out. */
	if (whole.parsed != HTTP_REFUSED) {
		HOLDS(whole.taken == parts.taken);
		HOLDS(str_eq(buf_str(&whole.body), buf_str(&parts.body)));
	}
	buf_free(&whole.body);
	buf_free(&parts.body);
	return 0;
}
