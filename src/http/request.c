#include "http/request.h"

#include <string.h>

/* What a byte may be part of (RFC 9110 5.6.2, 5.5; RFC 3986 3.3, printable ASCII only). */
enum {
	BYTE_TOKEN = 1,
	BYTE_VALUE = 2,  /* field values: printable ASCII, blanks, obs-text */
	BYTE_TARGET = 4, /* request target */
};

static const unsigned char BYTES[256] = {
	['\t'] = BYTE_VALUE,
	[' '] = BYTE_VALUE,
	['"'] = BYTE_VALUE | BYTE_TARGET,
	['('] = BYTE_VALUE | BYTE_TARGET,
	[')'] = BYTE_VALUE | BYTE_TARGET,
	[','] = BYTE_VALUE | BYTE_TARGET,
	['/'] = BYTE_VALUE | BYTE_TARGET,
	[':' ... '@'] = BYTE_VALUE | BYTE_TARGET,
	['['] = BYTE_VALUE | BYTE_TARGET,
	['\\'] = BYTE_VALUE | BYTE_TARGET,
	[']'] = BYTE_VALUE | BYTE_TARGET,
	['{'] = BYTE_VALUE | BYTE_TARGET,
	['}'] = BYTE_VALUE | BYTE_TARGET,
	['!'] = BYTE_TOKEN | BYTE_VALUE | BYTE_TARGET,
	['#'] = BYTE_TOKEN | BYTE_VALUE, /* a fragment never travels */
	['$' ... '\''] = BYTE_TOKEN | BYTE_VALUE | BYTE_TARGET,
	['*' ... '+'] = BYTE_TOKEN | BYTE_VALUE | BYTE_TARGET,
	['-' ... '.'] = BYTE_TOKEN | BYTE_VALUE | BYTE_TARGET,
	['0' ... '9'] = BYTE_TOKEN | BYTE_VALUE | BYTE_TARGET,
	['A' ... 'Z'] = BYTE_TOKEN | BYTE_VALUE | BYTE_TARGET,
	['^' ... 'z'] = BYTE_TOKEN | BYTE_VALUE | BYTE_TARGET,
	['|'] = BYTE_TOKEN | BYTE_VALUE | BYTE_TARGET,
	['~'] = BYTE_TOKEN | BYTE_VALUE | BYTE_TARGET,
	[0x80 ... 0xff] = BYTE_VALUE,
};

static const struct str VERBS[] = {
	[HTTP_GET] = STR_INIT("GET"),
	[HTTP_HEAD] = STR_INIT("HEAD"),
	[HTTP_POST] = STR_INIT("POST"),
	[HTTP_PUT] = STR_INIT("PUT"),
	[HTTP_PATCH] = STR_INIT("PATCH"),
	[HTTP_DELETE] = STR_INIT("DELETE"),
	[HTTP_OPTIONS] = STR_INIT("OPTIONS"),
};

/* Fields that the engine looks at. once: a second one is refused. */
static const struct {
	struct str name;
	enum http_known known;
	bool once;
} KNOWN[] = {
	{ STR_INIT("host"), HTTP_HOST, true },
	{ STR_INIT("authorization"), HTTP_AUTHORIZATION, true },
	{ STR_INIT("cookie"), HTTP_COOKIE, false },
	{ STR_INIT("content-type"), HTTP_CONTENT_TYPE, true },
	{ STR_INIT("accept"), HTTP_ACCEPT, false },
	{ STR_INIT("accept-encoding"), HTTP_ACCEPT_ENCODING, false },
	{ STR_INIT("origin"), HTTP_ORIGIN, true },
};

struct parse {
	struct str in;
	const struct http_limits *limits;
	struct http_head *head;
	struct err *err;
	bool has_encoding, wants_close, wants_keep_alive;
};

static enum http_parsed
refuse(struct err *err, enum err_kind kind, const char *why)
{
	err_set(err, kind, "%s", why);
	return HTTP_REFUSED;
}

static bool
all_of(struct str s, unsigned char kind)
{
	unsigned char both = kind;

	for (size_t i = 0; i < s.len; i++)
		both &= BYTES[(unsigned char)s.ptr[i]];
	return both == kind;
}

static struct http_span
span_of(const struct parse *p, struct str s)
{
	return (struct http_span){ (uint32_t)(s.ptr - p->in.ptr), (uint32_t)s.len };
}

static enum http_verb
verb_of(struct str method)
{
	for (size_t i = 0; i < ARRAY_LEN(VERBS); i++) {
		if (str_eq(VERBS[i], method))
			return (enum http_verb)i;
	}
	return HTTP_OTHER;
}

/* Origin-form, absolute-form of http and https, and * for OPTIONS (RFC 9112 3.2). */
static bool
parse_target(struct parse *p, struct str target)
{
	struct http_head *h = p->head;
	struct str path = target;
	struct str query;

	h->target = span_of(p, target);
	if (str_eq(target, STR("*")) && h->verb == HTTP_OPTIONS) {
		h->path = h->target;
		return true;
	}
	if (str_istarts(path, STR("http://")) || str_istarts(path, STR("https://"))) {
		const struct str rest = str_sub(path, (size_t)str_find(path, ':') + 3, path.len);
		const ptrdiff_t slash = str_find(rest, '/');

		if (slash <= 0)
			return false;
		path = str_sub(rest, (size_t)slash, rest.len);
	}
	if (path.len == 0 || path.ptr[0] != '/' || !all_of(target, BYTE_TARGET))
		return false;
	const bool has_query = str_cut(path, '?', &path, &query);

	h->path = span_of(p, path);
	h->query = has_query ? span_of(p, query) : (struct http_span){ 0 };
	return true;
}

static enum http_parsed
parse_line(struct parse *p, struct str line)
{
	struct http_head *h = p->head;
	struct str method, target, version;

	if (!str_cut(line, ' ', &method, &target) || !str_cut(target, ' ', &target, &version) ||
	    method.len == 0 || !all_of(method, BYTE_TOKEN))
		return refuse(p->err, ERR_BAD_REQUEST, "The request line is malformed");
	if (version.len != 8 || !str_starts(version, STR("HTTP/")) ||
	    !char_is_digit(version.ptr[5]) || version.ptr[6] != '.' ||
	    !char_is_digit(version.ptr[7]))
		return refuse(p->err, ERR_BAD_REQUEST, "The request line is malformed");
	h->http_1_0 = str_eq(version, STR("HTTP/1.0"));
	if (!h->http_1_0 && !str_eq(version, STR("HTTP/1.1")))
		return refuse(
		    p->err, ERR_VERSION_UNSUPPORTED, "Only HTTP/1.0 and HTTP/1.1 are spoken here");
	h->method = span_of(p, method);
	h->verb = verb_of(method);
	if (!parse_target(p, target))
		return refuse(p->err, ERR_BAD_REQUEST, "The request target is malformed");
	return HTTP_COMPLETE;
}

static bool
parse_length(struct parse *p, struct str value)
{
	struct http_head *h = p->head;
	uint64_t n = 0;

	if (h->has_length || value.len == 0 || value.len > 19)
		return false;
	for (size_t i = 0; i < value.len; i++) {
		if (!char_is_digit(value.ptr[i]))
			return false;
		n = n * 10 + (uint64_t)(value.ptr[i] - '0');
	}
	h->has_length = true;
	h->content_length = n;
	return true;
}

static void
parse_connection(struct parse *p, struct str value)
{
	for (bool more = true; more;) {
		struct str one;

		more = str_cut(value, ',', &one, &value);
		one = str_trim(one);
		p->wants_close |= str_ieq(one, STR("close"));
		p->wants_keep_alive |= str_ieq(one, STR("keep-alive"));
	}
}

/* Fields that decide about framing and the connection. */
static enum http_parsed
weigh_field(struct parse *p, struct str name, struct str value)
{
	struct http_head *h = p->head;

	if (str_ieq(name, STR("content-length"))) {
		if (!parse_length(p, value))
			return refuse(p->err, ERR_BAD_REQUEST,
			    "Content-Length must be there once, in digits");
	} else if (str_ieq(name, STR("transfer-encoding"))) {
		if (p->has_encoding)
			return refuse(
			    p->err, ERR_BAD_REQUEST, "Transfer-Encoding must be there once");
		if (!str_ieq(value, STR("chunked")))
			return refuse(p->err, ERR_NOT_IMPLEMENTED,
			    "The only Transfer-Encoding understood is chunked");
		p->has_encoding = h->chunked = true;
	} else if (str_ieq(name, STR("connection"))) {
		parse_connection(p, value);
	} else if (str_ieq(name, STR("expect"))) {
		h->expect_continue |= str_ieq(value, STR("100-continue"));
	}
	return HTTP_COMPLETE;
}

static enum http_parsed
note_known(struct parse *p, struct str name, struct str value)
{
	struct http_head *h = p->head;

	for (size_t i = 0; i < ARRAY_LEN(KNOWN); i++) {
		if (KNOWN[i].name.len != name.len || !str_ieq(KNOWN[i].name, name))
			continue;
		if (!h->present[KNOWN[i].known]) {
			h->present[KNOWN[i].known] = true;
			h->known[KNOWN[i].known] = span_of(p, value);
		} else if (KNOWN[i].once) {
			err_set(p->err, ERR_BAD_REQUEST, "%.*s must be there once",
			    STR_FMT(KNOWN[i].name));
			return HTTP_REFUSED;
		}
		return HTTP_COMPLETE;
	}
	return weigh_field(p, name, value);
}

static struct str
trim_blanks(struct str s)
{
	while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
		s = str_sub(s, 1, s.len);
	while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
		s.len--;
	return s;
}

static enum http_parsed
parse_field(struct parse *p, struct str line)
{
	struct http_head *h = p->head;
	struct str name, value;

	if (h->fields_len == MIN(p->limits->fields, (size_t)HTTP_MAX_FIELDS))
		return refuse(p->err, ERR_HEAD_TOO_LARGE, "The request has too many header fields");
	/* A name of no tokens also catches obs-fold, which begins with a blank, and "Name :". */
	if (!str_cut(line, ':', &name, &value) || name.len == 0 || !all_of(name, BYTE_TOKEN) ||
	    !all_of(value, BYTE_VALUE))
		return refuse(p->err, ERR_BAD_REQUEST, "A header field is malformed");
	value = trim_blanks(value);
	h->fields[h->fields_len].name = span_of(p, name);
	h->fields[h->fields_len].value = span_of(p, value);
	h->fields_len++;
	return note_known(p, name, value);
}

/* What only the whole head tells. */
static enum http_parsed
judge(struct parse *p)
{
	struct http_head *h = p->head;

	if (!h->present[HTTP_HOST] && !h->http_1_0)
		return refuse(p->err, ERR_BAD_REQUEST, "Host is missing");
	if (str_find(http_span_str(p->in, h->known[HTTP_HOST]), ' ') >= 0)
		return refuse(p->err, ERR_BAD_REQUEST, "Host is malformed");
	if (h->chunked && h->has_length)
		return refuse(p->err, ERR_BAD_REQUEST,
		    "Content-Length and Transfer-Encoding exclude each other");
	if (h->chunked && h->http_1_0)
		return refuse(p->err, ERR_BAD_REQUEST, "HTTP/1.0 knows no Transfer-Encoding");
	h->keep_alive = h->http_1_0 ? p->wants_keep_alive && !p->wants_close : !p->wants_close;
	return HTTP_COMPLETE;
}

/*
 * The line at *at, without its CRLF. HTTP_INCOMPLETE: no end yet. A bare CR or LF is refused as
 * soon as it is seen, so that the outcome does not depend on how the bytes came.
 */
static enum http_parsed
take_line(struct parse *p, size_t *at, struct str *line)
{
	const char *start = p->in.ptr + *at;
	const size_t left = p->in.len - *at;
	const char *lf = left == 0 ? NULL : memchr(start, '\n', left);
	const size_t len = lf == NULL ? left : (size_t)(lf - start);
	const char *cr = len == 0 ? NULL : memchr(start, '\r', len);

	if (lf == NULL) {
		if (cr != NULL && cr + 1 < start + len)
			return refuse(p->err, ERR_BAD_REQUEST, "A bare CR stands in the head");
		return HTTP_INCOMPLETE;
	}
	if (cr == NULL || cr + 1 != lf)
		return refuse(p->err, ERR_BAD_REQUEST, "A line of the head does not end in CRLF");
	*line = (struct str){ start, len - 1 };
	*at += len + 1;
	return HTTP_COMPLETE;
}

/* An incomplete head that is already over a limit. */
static enum http_parsed
judge_incomplete(struct parse *p, bool in_first_line)
{
	if (in_first_line && p->in.len > p->limits->line + 4)
		return refuse(p->err, ERR_URI_TOO_LONG, "The request line is too long");
	if (p->in.len >= p->limits->head)
		return refuse(p->err, ERR_HEAD_TOO_LARGE, "The head of the request is too large");
	return HTTP_INCOMPLETE;
}

enum http_parsed
http_parse_head(
    struct str bytes, const struct http_limits *limits, struct http_head *out, struct err *err)
{
	struct parse p = { .in = bytes, .limits = limits, .head = out, .err = err };
	struct str line = STR("");
	size_t at = 0;

	memset(out, 0, offsetof(struct http_head, fields));
	enum http_parsed parsed = take_line(&p, &at, &line);

	/* One empty line before the request line is forgiven (RFC 9112 2.2). */
	if (parsed == HTTP_COMPLETE && line.len == 0)
		parsed = take_line(&p, &at, &line);
	if (parsed == HTTP_INCOMPLETE)
		return judge_incomplete(&p, true);
	if (parsed == HTTP_REFUSED)
		return parsed;
	if (line.len > limits->line)
		return refuse(err, ERR_URI_TOO_LONG, "The request line is too long");
	parsed = parse_line(&p, line);
	while (parsed == HTTP_COMPLETE) {
		parsed = take_line(&p, &at, &line);
		if (parsed == HTTP_INCOMPLETE)
			return judge_incomplete(&p, false);
		if (parsed == HTTP_COMPLETE && at > limits->head)
			return refuse(
			    err, ERR_HEAD_TOO_LARGE, "The head of the request is too large");
		if (parsed == HTTP_COMPLETE && line.len == 0) {
			out->len = (uint32_t)at;
			return judge(&p);
		}
		if (parsed == HTTP_COMPLETE)
			parsed = parse_field(&p, line);
	}
	return parsed;
}

struct str
http_field(struct str head, const struct http_head *h, struct str name)
{
	for (uint32_t i = 0; i < h->fields_len; i++) {
		if (h->fields[i].name.len == name.len &&
		    str_ieq(http_span_str(head, h->fields[i].name), name))
			return http_span_str(head, h->fields[i].value);
	}
	return STR_NULL;
}

/* A chunked body, byte by byte where it is grammar, in runs where it is data (RFC 9112 7.1). */
enum chunk_state {
	CHUNK_SIZE, /* before the first digit */
	CHUNK_DIGITS,
	CHUNK_EXTENSION, /* behind ';' */
	CHUNK_SIZE_LF,
	CHUNK_DATA,
	CHUNK_DATA_CR,
	CHUNK_DATA_LF,
	CHUNK_TRAILER, /* at the start of a line of the trailer section */
	CHUNK_TRAILER_NAME,
	CHUNK_TRAILER_VALUE,
	CHUNK_TRAILER_LF,
	CHUNK_END_LF,
	CHUNK_END,
};

enum {
	CHUNK_MAX_EXTENSION = 256,
	CHUNK_MAX_EXTENSIONS = 4096,
	CHUNK_MAX_TRAILER = 4096,
	CHUNK_MAX_DIGITS_VALUE = 60, /* a size of this many bits more would not fit */
};

static int
hex_digit(char c)
{
	if (char_is_digit(c))
		return c - '0';
	c = char_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
chunk_size(struct http_chunked *c, char byte)
{
	const int digit = hex_digit(byte);

	if (digit >= 0) {
		if (c->left >> CHUNK_MAX_DIGITS_VALUE != 0)
			return false;
		c->left = c->left << 4 | (uint64_t)digit;
		c->state = CHUNK_DIGITS;
		return true;
	}
	if (c->state == CHUNK_SIZE)
		return false;
	c->extension = 0;
	c->state = byte == ';' ? CHUNK_EXTENSION : CHUNK_SIZE_LF;
	return byte == ';' || byte == '\r';
}

static bool
chunk_extension(struct http_chunked *c, char byte)
{
	if (byte == '\r') {
		c->state = CHUNK_SIZE_LF;
		return true;
	}
	return (BYTES[(unsigned char)byte] & BYTE_VALUE) != 0 &&
	    ++c->extension <= CHUNK_MAX_EXTENSION && ++c->extensions <= CHUNK_MAX_EXTENSIONS;
}

/* Trailer fields are checked as header fields are, and dropped. */
static bool
chunk_trailer(struct http_chunked *c, char byte)
{
	if (++c->trailer > CHUNK_MAX_TRAILER)
		return false;
	switch (c->state) {
	case CHUNK_TRAILER:
		if (byte == '\r') {
			c->state = CHUNK_END_LF;
			return true;
		}
		c->state = CHUNK_TRAILER_NAME;
		return (BYTES[(unsigned char)byte] & BYTE_TOKEN) != 0;
	case CHUNK_TRAILER_NAME:
		if (byte == ':') {
			c->state = CHUNK_TRAILER_VALUE;
			return true;
		}
		return (BYTES[(unsigned char)byte] & BYTE_TOKEN) != 0;
	case CHUNK_TRAILER_VALUE:
		if (byte == '\r') {
			c->state = CHUNK_TRAILER_LF;
			return true;
		}
		return (BYTES[(unsigned char)byte] & BYTE_VALUE) != 0;
	default:
		c->state = c->state == CHUNK_END_LF ? CHUNK_END : CHUNK_TRAILER;
		return byte == '\n';
	}
}

/* One byte of grammar; false if it has no place there. */
static bool
chunk_byte(struct http_chunked *c, char byte)
{
	switch ((enum chunk_state)c->state) {
	case CHUNK_SIZE:
	case CHUNK_DIGITS:
		return chunk_size(c, byte);
	case CHUNK_EXTENSION:
		return chunk_extension(c, byte);
	case CHUNK_SIZE_LF:
		c->state = c->left > 0 ? CHUNK_DATA : CHUNK_TRAILER;
		return byte == '\n';
	case CHUNK_DATA_CR:
		c->state = CHUNK_DATA_LF;
		return byte == '\r';
	case CHUNK_DATA_LF:
		c->state = CHUNK_SIZE;
		return byte == '\n';
	case CHUNK_TRAILER:
	case CHUNK_TRAILER_NAME:
	case CHUNK_TRAILER_VALUE:
	case CHUNK_TRAILER_LF:
	case CHUNK_END_LF:
		return chunk_trailer(c, byte);
	case CHUNK_DATA:
	case CHUNK_END:
		break;
	}
	return false;
}

enum http_parsed
http_chunked(
    struct http_chunked *c, struct str bytes, struct str *data, size_t *taken, struct err *err)
{
	size_t i = 0;

	*data = (struct str){ bytes.ptr, 0 };
	while (c->state != CHUNK_DATA && c->state != CHUNK_END && i < bytes.len) {
		if (!chunk_byte(c, bytes.ptr[i++]))
			return refuse(err, ERR_BAD_REQUEST, "The chunked body is malformed");
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
