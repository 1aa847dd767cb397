#include "http/request.h"

#include "http/byte.h"
#include "http/text.h"

#include <string.h>

static const struct str VERBS[] = {
	[HTTP_GET] = STR_INIT("GET"),
	[HTTP_HEAD] = STR_INIT("HEAD"),
	[HTTP_POST] = STR_INIT("POST"),
	[HTTP_PUT] = STR_INIT("PUT"),
	[HTTP_PATCH] = STR_INIT("PATCH"),
	[HTTP_DELETE] = STR_INIT("DELETE"),
	[HTTP_OPTIONS] = STR_INIT("OPTIONS"),
};

struct parse {
	struct str in;
	size_t at; /* the next byte to look at */
	const struct http_limits *limits;
	struct http_head *head;
	struct err *err;
	bool has_encoding, wants_close, wants_keep_alive;
	struct str authority; /* of absolute-form */
};

typedef enum http_parsed note_fn(struct parse *p, struct str value);
static note_fn note_length, note_encoding, note_connection, note_expect;

/* Fields that the engine looks at: noted by note, or as known. once: a second one is refused. */
/* clang-format off */
static const struct field_rule {
	struct str name;
	bool once;
	enum http_known known;
	note_fn *note;
} FIELD_RULES[] = {
	{ STR_INIT("host"),              true,  HTTP_HOST,            NULL },
	{ STR_INIT("authorization"),     true,  HTTP_AUTHORIZATION,   NULL },
	{ STR_INIT("cookie"),            false, HTTP_COOKIE,          NULL },
	{ STR_INIT("content-type"),      true,  HTTP_CONTENT_TYPE,    NULL },
	{ STR_INIT("accept"),            false, HTTP_ACCEPT,          NULL },
	{ STR_INIT("accept-encoding"),   false, HTTP_ACCEPT_ENCODING, NULL },
	{ STR_INIT("origin"),            true,  HTTP_ORIGIN,          NULL },
	{ STR_INIT("content-length"),    true,  HTTP_KNOWN_LEN,       note_length },
	{ STR_INIT("transfer-encoding"), true,  HTTP_KNOWN_LEN,       note_encoding },
	{ STR_INIT("connection"),        false, HTTP_KNOWN_LEN,       note_connection },
	{ STR_INIT("expect"),            false, HTTP_KNOWN_LEN,       note_expect },
};
/* clang-format on */

static enum http_parsed
refuse(struct parse *p, enum err_kind kind, const char *why)
{
	err_set(p->err, kind, "%s", why);
	return HTTP_REFUSED;
}

static struct http_span
span_of(const struct parse *p, struct str s)
{
	return (struct http_span){ (uint32_t)(s.ptr - p->in.ptr), (uint32_t)s.len };
}

enum http_verb
http_verb_of(struct str method)
{
	for (size_t i = 0; i < ARRAY_LEN(VERBS); i++) {
		if (str_eq(VERBS[i], method))
			return (enum http_verb)i;
	}
	return HTTP_OTHER;
}

/* uri-host [ ":" port ] (RFC 9110 4.2.1: the host is not empty). */
static bool
is_host(struct str s)
{
	struct str host, port;

	if (str_starts(s, STR("["))) {
		if (!str_cut(s, ']', &host, &port) || host.len < 2 ||
		    !http_bytes_are(host, HTTP_BYTE_HOST) || (port.len > 0 && port.ptr[0] != ':'))
			return false;
		port = str_sub(port, 1, port.len);
	} else {
		str_cut(s, ':', &host, &port);
		if (host.len == 0 || !http_bytes_are(host, HTTP_BYTE_NAME))
			return false;
	}
	for (size_t i = 0; i < port.len; i++) {
		if (!char_is_digit(port.ptr[i]))
			return false;
	}
	return true;
}

/*
 * Takes scheme and authority off an absolute-form target: what is left begins with a slash. A
 * target without a path has that of the root, and the slash before the authority serves for it.
 */
static bool
cut_authority(struct parse *p, struct str *target, struct str *path)
{
	struct str scheme;

	if (!http_cut_url(*target, &scheme, &p->authority, target) ||
	    (!str_ieq(scheme, STR("http")) && !str_ieq(scheme, STR("https"))))
		return false;
	*path = (struct str){ p->authority.ptr - 1, 1 };
	return is_host(p->authority);
}

/* Origin-form, absolute-form of http and https, and * for OPTIONS (RFC 9112 3.2). */
static bool
parse_target(struct parse *p, struct str target)
{
	struct http_head *h = p->head;
	struct str path = target, query;

	if (target.len == 0 || !http_bytes_are(target, HTTP_BYTE_TARGET))
		return false;
	h->target = span_of(p, target);
	if (h->verb == HTTP_OPTIONS && str_eq(target, STR("*"))) {
		h->path = h->target;
		return true;
	}
	if (target.ptr[0] != '/' && !cut_authority(p, &target, &path))
		return false;
	const bool has_query = str_cut(target, '?', &target, &query);

	h->path = span_of(p, target.len > 0 ? target : path);
	h->query = has_query ? span_of(p, query) : (struct http_span){ 0 };
	return true;
}

static enum http_parsed
parse_line(struct parse *p, struct str line)
{
	struct http_head *h = p->head;
	struct str method, target, version;

	if (!str_cut(line, ' ', &method, &target) || !str_cut(target, ' ', &target, &version) ||
	    method.len == 0 || !http_bytes_are(method, HTTP_BYTE_TOKEN))
		return refuse(p, ERR_BAD_REQUEST, "The request line is malformed");
	if (version.len != 8 || !str_starts(version, STR("HTTP/")) ||
	    !char_is_digit(version.ptr[5]) || version.ptr[6] != '.' ||
	    !char_is_digit(version.ptr[7]))
		return refuse(p, ERR_BAD_REQUEST, "The request line is malformed");
	h->http_1_0 = str_ends(version, STR("1.0"));
	if (!h->http_1_0 && !str_ends(version, STR("1.1")))
		return refuse(
		    p, ERR_VERSION_UNSUPPORTED, "Only HTTP/1.0 and HTTP/1.1 are spoken here");
	/* One is for proxies, the other never sent on purpose (RFC 9113 3.4). */
	if (str_eq(method, STR("CONNECT")) || str_eq(method, STR("PRI")))
		return refuse(p, ERR_BAD_REQUEST, "The method is none for this server");
	h->method = span_of(p, method);
	h->verb = http_verb_of(method);
	if (!parse_target(p, target))
		return refuse(p, ERR_BAD_REQUEST, "The request target is malformed");
	return HTTP_COMPLETE;
}

static enum http_parsed
note_length(struct parse *p, struct str value)
{
	struct http_head *h = p->head;
	uint64_t n = 0;

	/* 19 digits always fit, and are more than any limit. */
	if (h->has_length || value.len == 0 || value.len > 19)
		return refuse(p, ERR_BAD_REQUEST, "Content-Length must be one number, in digits");
	for (size_t i = 0; i < value.len; i++) {
		if (!char_is_digit(value.ptr[i]))
			return refuse(
			    p, ERR_BAD_REQUEST, "Content-Length must be one number, in digits");
		n = n * 10 + (uint64_t)(value.ptr[i] - '0');
	}
	h->has_length = true;
	h->content_length = n;
	return HTTP_COMPLETE;
}

static enum http_parsed
note_encoding(struct parse *p, struct str value)
{
	if (p->has_encoding)
		return refuse(p, ERR_BAD_REQUEST, "Transfer-Encoding is there more than once");
	if (!str_ieq(value, STR("chunked")))
		return refuse(
		    p, ERR_NOT_IMPLEMENTED, "The only Transfer-Encoding understood is chunked");
	/* Other parsers see no "chunked" beside a tab: a way to smuggle requests through them. */
	if (value.ptr[-1] == '\t' || value.ptr[value.len] != '\r')
		return refuse(p, ERR_BAD_REQUEST, "Blanks stand around Transfer-Encoding's value");
	p->has_encoding = p->head->chunked = true;
	return HTTP_COMPLETE;
}

static enum http_parsed
note_connection(struct parse *p, struct str value)
{
	for (bool more = true; more;) {
		struct str one;

		more = str_cut(value, ',', &one, &value);
		one = str_trim(one);
		p->wants_close |= str_ieq(one, STR("close"));
		p->wants_keep_alive |= str_ieq(one, STR("keep-alive"));
	}
	return HTTP_COMPLETE;
}

static enum http_parsed
note_expect(struct parse *p, struct str value)
{
	p->head->expect_continue |= str_ieq(value, STR("100-continue"));
	return HTTP_COMPLETE;
}

/* lower holds no capitals. A name is a token, so setting the bit of lower case makes no other
 * match. */
static bool
is_name(struct str name, struct str lower)
{
	if (name.len != lower.len)
		return false;
	for (size_t i = 0; i < name.len; i++) {
		if ((name.ptr[i] | 0x20) != lower.ptr[i])
			return false;
	}
	return true;
}

static enum http_parsed
note_field(struct parse *p, struct str name, struct str value)
{
	const struct field_rule *rule = FIELD_RULES;
	const struct field_rule *const end = FIELD_RULES + ARRAY_LEN(FIELD_RULES);
	struct http_head *h = p->head;

	while (rule < end && !is_name(name, rule->name))
		rule++;
	if (rule == end)
		return HTTP_COMPLETE;
	if (rule->note != NULL)
		return rule->note(p, value);
	if (!h->present[rule->known]) {
		h->present[rule->known] = true;
		h->known[rule->known] = span_of(p, value);
	} else if (rule->once) {
		err_set(p->err, ERR_BAD_REQUEST, "The header field %.*s is there more than once",
		    STR_FMT(rule->name));
		return HTTP_REFUSED;
	}
	return HTTP_COMPLETE;
}

static struct str
trim_blanks(struct str s)
{
	while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
		s = (struct str){ s.ptr + 1, s.len - 1 };
	while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
		s.len--;
	return s;
}

static enum http_parsed
parse_field(struct parse *p, struct str line)
{
	struct http_head *h = p->head;
	size_t colon = 0;

	if (h->fields_len == MIN(p->limits->fields, (size_t)HTTP_MAX_FIELDS))
		return refuse(p, ERR_HEAD_TOO_LARGE, "The request has too many header fields");
	/* That a token comes first also refuses obs-fold, which begins with a blank, and "Name :".
	 */
	while (colon < line.len && http_byte_is(line.ptr[colon], HTTP_BYTE_TOKEN))
		colon++;
	if (colon == 0 || colon == line.len || line.ptr[colon] != ':')
		return refuse(p, ERR_BAD_REQUEST, "A header field is malformed");
	const struct str name = { line.ptr, colon };
	struct str value = { line.ptr + colon + 1, line.len - colon - 1 };

	if (!http_bytes_are_value(value))
		return refuse(p, ERR_BAD_REQUEST, "A header field is malformed");
	value = trim_blanks(value);
	h->fields[h->fields_len].name = span_of(p, name);
	h->fields[h->fields_len].value = span_of(p, value);
	h->fields_len++;
	return note_field(p, name, value);
}

/* What only the whole head tells. */
static enum http_parsed
judge(struct parse *p)
{
	struct http_head *h = p->head;

	if (!h->present[HTTP_HOST] && !h->http_1_0)
		return refuse(p, ERR_BAD_REQUEST, "Host is missing");
	if (h->present[HTTP_HOST] && !is_host(http_span_str(p->in, h->known[HTTP_HOST])))
		return refuse(p, ERR_BAD_REQUEST, "Host is malformed");
	if (h->chunked && h->has_length)
		return refuse(
		    p, ERR_BAD_REQUEST, "Content-Length and Transfer-Encoding exclude each other");
	if (h->chunked && h->http_1_0)
		return refuse(p, ERR_BAD_REQUEST, "HTTP/1.0 knows no Transfer-Encoding");
	/* Host is to be ignored beside an absolute-form target (RFC 9112 3.2.2). */
	if (!str_is_null(p->authority)) {
		h->present[HTTP_HOST] = true;
		h->known[HTTP_HOST] = span_of(p, p->authority);
	}
	h->keep_alive = !p->wants_close && (p->wants_keep_alive || !h->http_1_0);
	h->len = (uint32_t)p->at;
	return HTTP_COMPLETE;
}

/*
 * The next line, without its CRLF, if it ends within most bytes. HTTP_INCOMPLETE: it has not ended
 * yet. A CR inside a line is refused by who reads the line.
 */
static enum http_parsed
take_line(struct parse *p, size_t most, struct str *line)
{
	const char *start = p->in.ptr + p->at;
	const size_t left = MIN(p->in.len - p->at, most);
	const char *lf = left == 0 ? NULL : memchr(start, '\n', left);

	if (lf == NULL && left == most)
		return refuse(p, ERR_URI_TOO_LONG, "The request line is too long");
	if (lf == NULL)
		return HTTP_INCOMPLETE;
	if (lf == start || lf[-1] != '\r')
		return refuse(p, ERR_BAD_REQUEST, "A line of the head does not end in CRLF");
	*line = (struct str){ start, (size_t)(lf - start) - 1 };
	p->at += line->len + 2;
	return HTTP_COMPLETE;
}

/* The request line, and before it one empty line, which is forgiven (RFC 9112 2.2). */
static enum http_parsed
take_first_line(struct parse *p, struct str *line)
{
	if (str_starts(p->in, STR("\r\n")))
		p->at = 2;
	else if (str_eq(p->in, STR("\r")))
		return HTTP_INCOMPLETE;
	/* So that what is no HTTP, such as TLS, need not wait for the end of a line. */
	if (p->at < p->in.len && !http_byte_is(p->in.ptr[p->at], HTTP_BYTE_TOKEN))
		return refuse(p, ERR_BAD_REQUEST, "The request line is malformed");
	return take_line(p, p->limits->line + 2, line);
}

static enum http_parsed
parse_head(struct parse *p)
{
	struct str line = STR_NULL;
	enum http_parsed parsed = take_first_line(p, &line);

	if (parsed == HTTP_COMPLETE)
		parsed = parse_line(p, line);
	while (parsed == HTTP_COMPLETE) {
		parsed = take_line(p, SIZE_MAX, &line);
		if (parsed != HTTP_COMPLETE)
			break;
		if (line.len == 0)
			return judge(p);
		parsed = parse_field(p, line);
	}
	return parsed;
}

enum http_parsed
http_parse_head(
    struct str bytes, const struct http_limits *limits, struct http_head *out, struct err *err)
{
	/* Nothing behind the limit is looked at: how much of it has come makes no difference. */
	struct parse p = {
		.in = str_sub(bytes, 0, limits->head), .limits = limits, .head = out, .err = err
	};

	memset(out, 0, offsetof(struct http_head, fields));
	const enum http_parsed parsed = parse_head(&p);

	if (parsed == HTTP_INCOMPLETE && bytes.len >= limits->head)
		return refuse(&p, ERR_HEAD_TOO_LARGE, "The head of the request is too large");
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
