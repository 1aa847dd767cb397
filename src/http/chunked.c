#include "http/chunked.h"

#include "http/byte.h"

enum chunk_state {
	CHUNK_SIZE, /* before the first digit */
	CHUNK_DIGITS,
	CHUNK_NAME_1, /* behind ';': an extension's name has at least one byte */
	CHUNK_NAME,
	CHUNK_VALUE_1,
	CHUNK_VALUE,
	CHUNK_QUOTED,
	CHUNK_ESCAPED,
	CHUNK_UNQUOTED,
	CHUNK_SIZE_LF,
	CHUNK_DATA,
	CHUNK_DATA_CR,
	CHUNK_DATA_LF,
	CHUNK_TRAILER, /* at the start of a line of the trailer section */
	CHUNK_FIELD_NAME,
	CHUNK_FIELD_VALUE,
	CHUNK_FIELD_LF,
	CHUNK_END_LF,
	CHUNK_END,
	CHUNK_REFUSED,
};

enum { MAX_LINE = 256, MAX_EXTENSIONS = 4096, MAX_TRAILER = 4096, MAX_EDGES = 4 };

/* The grammar of RFC 9112 7.1 without its "bad" white space; the first edge that fits counts. */
/* clang-format off */
static const struct edge {
	char byte;           /* this very byte, */
	enum http_byte kind; /* or any of this kind */
	enum chunk_state to; /* CHUNK_SIZE, which is 0, with neither: no more edges */
} EDGES[][MAX_EDGES] = {
	[CHUNK_SIZE]        = { { .kind = HTTP_BYTE_HEX, .to = CHUNK_DIGITS } },
	[CHUNK_DIGITS]      = { { .kind = HTTP_BYTE_HEX, .to = CHUNK_DIGITS },
	                        { .byte = '\r', .to = CHUNK_SIZE_LF },
	                        { .byte = ';', .to = CHUNK_NAME_1 } },
	[CHUNK_NAME_1]      = { { .kind = HTTP_BYTE_TOKEN, .to = CHUNK_NAME } },
	[CHUNK_NAME]        = { { .kind = HTTP_BYTE_TOKEN, .to = CHUNK_NAME },
	                        { .byte = '=', .to = CHUNK_VALUE_1 },
	                        { .byte = ';', .to = CHUNK_NAME_1 },
	                        { .byte = '\r', .to = CHUNK_SIZE_LF } },
	[CHUNK_VALUE_1]     = { { .kind = HTTP_BYTE_TOKEN, .to = CHUNK_VALUE },
	                        { .byte = '"', .to = CHUNK_QUOTED } },
	[CHUNK_VALUE]       = { { .kind = HTTP_BYTE_TOKEN, .to = CHUNK_VALUE },
	                        { .byte = ';', .to = CHUNK_NAME_1 },
	                        { .byte = '\r', .to = CHUNK_SIZE_LF } },
	[CHUNK_QUOTED]      = { { .byte = '"', .to = CHUNK_UNQUOTED },
	                        { .byte = '\\', .to = CHUNK_ESCAPED },
	                        { .kind = HTTP_BYTE_VALUE, .to = CHUNK_QUOTED } },
	[CHUNK_ESCAPED]     = { { .kind = HTTP_BYTE_VALUE, .to = CHUNK_QUOTED } },
	[CHUNK_UNQUOTED]    = { { .byte = ';', .to = CHUNK_NAME_1 },
	                        { .byte = '\r', .to = CHUNK_SIZE_LF } },
	[CHUNK_SIZE_LF]     = { { .byte = '\n', .to = CHUNK_DATA } },
	[CHUNK_DATA_CR]     = { { .byte = '\r', .to = CHUNK_DATA_LF } },
	[CHUNK_DATA_LF]     = { { .byte = '\n', .to = CHUNK_SIZE } },
	[CHUNK_TRAILER]     = { { .byte = '\r', .to = CHUNK_END_LF },
	                        { .kind = HTTP_BYTE_TOKEN, .to = CHUNK_FIELD_NAME } },
	[CHUNK_FIELD_NAME]  = { { .kind = HTTP_BYTE_TOKEN, .to = CHUNK_FIELD_NAME },
	                        { .byte = ':', .to = CHUNK_FIELD_VALUE } },
	[CHUNK_FIELD_VALUE] = { { .byte = '\r', .to = CHUNK_FIELD_LF },
	                        { .kind = HTTP_BYTE_VALUE, .to = CHUNK_FIELD_VALUE } },
	[CHUNK_FIELD_LF]    = { { .byte = '\n', .to = CHUNK_TRAILER } },
	[CHUNK_END_LF]      = { { .byte = '\n', .to = CHUNK_END } },
	[CHUNK_REFUSED]     = { { 0 } },
};
/* clang-format on */

static enum chunk_state
next_state(int state, char c)
{
	for (size_t i = 0; i < MAX_EDGES; i++) {
		const struct edge *e = &EDGES[state][i];

		if (e->kind != 0 ? http_byte_is(c, e->kind) : e->byte != '\0' && e->byte == c)
			return e->to;
	}
	return CHUNK_REFUSED;
}

/* Counts the byte that led to c->state; false if it passes the limit of where it stands. */
static bool
count_byte(struct http_chunked *c)
{
	if (c->state == CHUNK_DATA || c->state == CHUNK_SIZE)
		c->line = 0;
	else if (c->state < CHUNK_DATA)
		c->line++;
	else if (c->state >= CHUNK_TRAILER)
		c->trailer++;
	if (c->state >= CHUNK_NAME_1 && c->state <= CHUNK_UNQUOTED)
		c->extensions++;
	return c->line <= MAX_LINE && c->extensions <= MAX_EXTENSIONS && c->trailer <= MAX_TRAILER;
}

/* Takes one byte of grammar; false if it has no place there. */
static bool
take_byte(struct http_chunked *c, char byte)
{
	c->state = (int)next_state(c->state, byte);
	if (c->state == CHUNK_DIGITS) {
		if (c->left >> 60 != 0)
			return false;
		c->left = c->left << 4 | (uint64_t)char_hex(byte);
	}
	if (c->state == CHUNK_DATA && c->left == 0)
		c->state = CHUNK_TRAILER;
	return c->state != CHUNK_REFUSED;
}

static enum http_parsed
refuse(struct http_chunked *c, struct err *err, enum err_kind kind, const char *why)
{
	c->state = CHUNK_REFUSED;
	err_set(err, kind, "%s", why);
	return HTTP_REFUSED;
}

enum http_parsed
http_chunked(
    struct http_chunked *c, struct str bytes, struct str *data, size_t *taken, struct err *err)
{
	size_t i = 0;

	*data = (struct str){ bytes.ptr, 0 };
	*taken = 0;
	while (c->state != CHUNK_DATA && c->state != CHUNK_END && i < bytes.len) {
		if (!take_byte(c, bytes.ptr[i++]))
			return refuse(c, err, ERR_BAD_REQUEST, "The chunked body is malformed");
		if (!count_byte(c))
			return refuse(
			    c, err, ERR_TOO_LARGE, "The chunked body has too much around its data");
	}
	if (c->state == CHUNK_DATA && i < bytes.len) {
		*data = str_sub(bytes, i, (size_t)MIN(c->left, (uint64_t)(bytes.len - i)));
		c->left -= data->len;
		i += data->len;
		if (c->left == 0)
			c->state = CHUNK_DATA_CR;
	}
	*taken = i;
	return c->state == CHUNK_END ? HTTP_COMPLETE : HTTP_INCOMPLETE;
}
