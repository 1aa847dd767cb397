/* Heads: the same result however they are split; nothing out of range; no byte that may not be. */
#include "tests/fuzz/fuzz.h"

#include "http/request.h"

static const struct http_limits LIMITS[] = {
	{ .line = 8192, .head = 16384, .fields = 100 },
	{ .line = 24, .head = 64, .fields = 2 },
	{ .line = 200, .head = 100, .fields = HTTP_MAX_FIELDS + 1 },
};

struct result {
	enum http_parsed parsed;
	struct http_head head;
	struct err err;
};

static void
parse(struct str bytes, const struct http_limits *limits, struct result *out)
{
	const struct str copy = fuzz_copy(bytes);

	memset(out, 0xa5, sizeof(*out));
	out->parsed = http_parse_head(copy, limits, &out->head, &out->err);
	free((char *)(uintptr_t)copy.ptr);
}

static void
check_same(const struct result *a, const struct result *b)
{
	HOLDS(a->parsed == b->parsed);
	if (a->parsed == HTTP_REFUSED) {
		HOLDS(a->err.kind == b->err.kind && strcmp(a->err.msg, b->err.msg) == 0);
	} else if (a->parsed == HTTP_COMPLETE) {
		HOLDS(memcmp(&a->head, &b->head, offsetof(struct http_head, fields)) == 0);
		HOLDS(memcmp(a->head.fields, b->head.fields,
			  a->head.fields_len * sizeof(a->head.fields[0])) == 0);
	}
}

/* The text of a span: inside the head, and without what ends lines or C strings. */
static struct str
text_of(struct str bytes, const struct http_head *h, struct http_span span)
{
	HOLDS(span.at <= h->len && span.len <= h->len - span.at);
	const struct str s = http_span_str(bytes, span);

	for (size_t i = 0; i < s.len; i++)
		HOLDS(((unsigned char)s.ptr[i] >= ' ' && s.ptr[i] != 0x7f) || s.ptr[i] == '\t');
	return s;
}

static void
check_head(struct str bytes, const struct http_head *h, const struct http_limits *limits)
{
	HOLDS(h->len <= bytes.len && h->len <= limits->head);
	HOLDS(str_ends(str_sub(bytes, 0, h->len), STR("\r\n\r\n")));
	HOLDS(h->fields_len <= MIN(limits->fields, (size_t)HTTP_MAX_FIELDS));
	HOLDS(text_of(bytes, h, h->method).len > 0);
	HOLDS(fuzz_inside(text_of(bytes, h, h->query), text_of(bytes, h, h->target)));

	const struct str path = text_of(bytes, h, h->path);

	HOLDS(fuzz_inside(path, text_of(bytes, h, h->target)));
	HOLDS(path.len > 0 && (path.ptr[0] == '/' || str_eq(path, STR("*"))));
	HOLDS(str_find(path, '?') < 0 && str_find(path, ' ') < 0);
	for (uint32_t i = 0; i < h->fields_len; i++) {
		const struct str name = text_of(bytes, h, h->fields[i].name);
		const struct str value = text_of(bytes, h, h->fields[i].value);

		HOLDS(name.len > 0 && str_find(name, ' ') < 0 && str_find(name, ':') < 0);
		HOLDS(str_eq(str_trim(value), value));
		HOLDS(!str_is_null(http_field(bytes, h, name)));
	}
	for (int i = 0; i < HTTP_KNOWN_LEN; i++) {
		text_of(bytes, h, h->known[i]);
		HOLDS(h->present[i] || h->known[i].len == 0);
	}
	HOLDS(h->present[HTTP_HOST] || h->http_1_0);
	HOLDS(!h->chunked || (!h->has_length && !h->http_1_0));
	HOLDS(h->has_length || h->content_length == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct result whole, part;
	struct str bytes = { (const char *)data, size };
	const struct http_limits *limits = &LIMITS[fuzz_byte(&bytes) % ARRAY_LEN(LIMITS)];

	parse(bytes, limits, &whole);
	if (whole.parsed == HTTP_COMPLETE)
		check_head(bytes, &whole.head, limits);
	/* Once a part has a result, it is that of the whole. */
	const size_t step = bytes.len / 256 + 1;

	for (size_t len = 0; len < bytes.len; len += step) {
		parse(str_sub(bytes, 0, len), limits, &part);
		if (part.parsed != HTTP_INCOMPLETE)
			check_same(&part, &whole);
	}
	if (whole.parsed == HTTP_COMPLETE) {
		parse(str_sub(bytes, 0, whole.head.len), limits, &part);
		check_same(&part, &whole);
		parse(str_sub(bytes, 0, whole.head.len - 1), limits, &part);
		HOLDS(part.parsed == HTTP_INCOMPLETE);
	}
	return 0;
}
