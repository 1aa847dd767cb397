/*
 * What our parser accepts, strict llhttp accepts, too, and with the same meaning: where the head
 * ends, method, target, fields, framing, and where the body ends. (We refuse more than it does.)
 */
#include "tests/fuzz/fuzz.h"

#include "base/buf.h"
#include "http/request.h"
#include "tests/fuzz/llhttp_view.h"

static const struct http_limits LIMITS = { .line = 8192, .head = 16384, .fields = 100 };

static void
complain(struct str bytes, const struct llhttp_view *v)
{
	fprintf(stderr, "llhttp: %s, head %zu, message %zu\n", v->failed == NULL ? "ok" : v->failed,
	    v->head_len, v->message_len);
	fwrite(bytes.ptr, 1, bytes.len, stderr);
}

#define AGREES(condition)                                                                          \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			complain(bytes, v);                                                        \
			HOLDS(condition);                                                          \
		}                                                                                  \
	} while (0)

static void
compare_heads(struct str bytes, const struct http_head *h, const struct llhttp_view *v)
{
	AGREES(v->head_done && v->head_len == h->len);
	AGREES(str_eq(http_span_str(bytes, h->method), str_from(v->method)));
	AGREES(str_eq(http_span_str(bytes, h->target), buf_str(&v->target)));
	AGREES(h->http_1_0 == v->http_1_0);
	AGREES(h->fields_len == v->fields_len);
	AGREES(h->chunked == v->chunked && h->has_length == v->has_length);
	AGREES(!h->has_length || h->content_length == v->content_length);
	AGREES(!h->keep_alive || v->keep_alive);
}

/* Our body, decoded; the result is that of http_chunked(). */
static enum http_parsed
read_chunks(struct str rest, struct buf *body, size_t *len)
{
	struct http_chunked c = { 0 };
	enum http_parsed parsed = HTTP_INCOMPLETE;

	*len = 0;
	while (parsed == HTTP_INCOMPLETE && *len < rest.len) {
		struct str data;
		struct err err;
		size_t taken;

		parsed = http_chunked(&c, str_sub(rest, *len, rest.len), &data, &taken, &err);
		if (parsed == HTTP_REFUSED)
			return parsed;
		buf_put(body, data);
		*len += taken;
	}
	return parsed;
}

/*
 * llhttp 8.1 refuses some extensions that RFC 9112 7.1.1 allows: a second one behind a token, and
 * quoted pairs. That is no danger as long as it refuses, and does so inside that line.
 */
static bool
is_fine_extension(struct str bytes, const struct llhttp_view *v)
{
	if (v->failed == NULL)
		return false;
	const struct str before = str_sub(bytes, 0, v->failed_at + 1);
	size_t start = v->failed_at;

	while (start > 0 && before.ptr[start - 1] != '\n')
		start--;
	const struct str line = str_sub(before, start, before.len);
	const bool quoted_pair = str_find(line, '\\') >= 0;
	const bool ends_line = str_find(line, '\r') >= 0 || str_find(line, '\n') >= 0;

	return str_find(line, ';') >= 0 && (quoted_pair || !ends_line);
}

/* llhttp looks at fields of framing in a trailer section, where we drop them unread. */
static bool
is_dropped_trailer(const struct llhttp_view *v)
{
	static const char *const CODES[] = { "HPE_INVALID_TRANSFER_ENCODING",
		"HPE_INVALID_CONTENT_LENGTH", "HPE_UNEXPECTED_CONTENT_LENGTH" };

	for (size_t i = 0; i < ARRAY_LEN(CODES); i++) {
		if (v->head_done && v->failed != NULL && strcmp(v->failed, CODES[i]) == 0)
			return true;
	}
	return false;
}

static void
compare_chunks(struct str bytes, const struct http_head *h, const struct llhttp_view *v)
{
	CLEANUP(buf_free) struct buf body = BUF_INIT(1024 * 1024);
	size_t len;
	const enum http_parsed parsed = read_chunks(str_sub(bytes, h->len, bytes.len), &body, &len);

	if (parsed == HTTP_REFUSED || is_fine_extension(bytes, v) || is_dropped_trailer(v))
		return;
	AGREES(v->failed == NULL);
	AGREES(v->message_done == (parsed == HTTP_COMPLETE));
	AGREES(!v->message_done || v->message_len == h->len + len);
	AGREES(str_eq(buf_str(&v->body), buf_str(&body)));
}

/* llhttp knows a list of methods; we leave judging them to the routes. */
static bool
is_unknown_method(const struct http_head *h, const struct llhttp_view *v)
{
	return h->verb == HTTP_OTHER && v->failed != NULL && !v->head_done &&
	    strcmp(v->failed, "HPE_INVALID_METHOD") == 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http_head head;
	const struct str bytes = { (const char *)data, size };
	struct llhttp_view v;
	struct err err;

	if (http_parse_head(bytes, &LIMITS, &head, &err) != HTTP_COMPLETE)
		return 0;
	llhttp_view_read(&v, bytes);
	if (!is_unknown_method(&head, &v)) {
		compare_heads(bytes, &head, &v);
		if (head.chunked)
			compare_chunks(bytes, &head, &v);
	}
	llhttp_view_free(&v);
	return 0;
}
