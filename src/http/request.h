/*
 * request.h - bytes in, requests out: RFC 9112, strictly. A pure function over buffers.
 *
 * A request refers to its head by offsets, so that the buffer may move (DESIGN.md 2).
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "http/chunked.h"

enum http_verb {
	HTTP_GET,
	HTTP_HEAD,
	HTTP_POST,
	HTTP_PUT,
	HTTP_PATCH,
	HTTP_DELETE,
	HTTP_OPTIONS,
	HTTP_OTHER, /* a token that is none of these; the text is in the head */
};

/* "GET"; methods are compared with case (RFC 9110 9.1). */
enum http_verb http_verb_of(struct str method);

enum { HTTP_MAX_FIELDS = 128 };

struct http_limits {
	size_t line;   /* request line: ERR_URI_TOO_LONG */
	size_t head;   /* all of the head: ERR_HEAD_TOO_LARGE */
	size_t fields; /* at most HTTP_MAX_FIELDS: ERR_HEAD_TOO_LARGE */
};

/* A part of the head: bytes [at, at + len). */
struct http_span {
	uint32_t at, len;
};

/* Fields that the engine itself needs, found while parsing; absent ones have len 0 and at 0. */
enum http_known {
	HTTP_HOST,
	HTTP_AUTHORIZATION,
	HTTP_COOKIE,
	HTTP_CONTENT_TYPE,
	HTTP_ACCEPT,
	HTTP_ACCEPT_ENCODING,
	HTTP_ORIGIN,
	HTTP_KNOWN_LEN,
};

struct http_head {
	enum http_verb verb;
	bool http_1_0;
	bool keep_alive; /* after Connection and the version are weighed */
	bool chunked;
	bool expect_continue;
	bool has_length;
	uint64_t content_length;
	uint32_t len;                    /* bytes of the whole head, its empty line included */
	struct http_span method, target; /* target as sent */
	struct http_span path,
	    query; /* of origin-form; of absolute-form the part behind the host */
	struct http_span known[HTTP_KNOWN_LEN]; /* HTTP_HOST: of absolute-form the one in there */
	bool present[HTTP_KNOWN_LEN];           /* a field may be present and empty */
	uint32_t fields_len;
	struct {
		struct http_span name, value; /* value without outer blanks */
	} fields[HTTP_MAX_FIELDS];
};

/*
 * Parses the head at the start of bytes. Refused (400 unless said): everything that
 * RFC 9112 forbids or that DESIGN.md 2 and SECURITY.md name: bare CR or LF, obs-fold, space before
 * a colon, missing, empty, malformed or second Host, second Authorization, second or non-digit
 * Content-Length, Content-Length with Transfer-Encoding, anything but "chunked" (501), NUL or
 * control bytes, targets that are not printable ASCII, CONNECT, HTTP/2 prefaces and other
 * versions (505). One empty line before the request line is skipped. An incomplete head that
 * is over a limit is refused at once.
 *
 * The result is the same however the bytes were split: a part of a head is HTTP_INCOMPLETE, or it
 * has the result of the whole. Only the first fields_len of out->fields are set.
 */
enum http_parsed http_parse_head(struct str bytes, const struct http_limits *limits,
    struct http_head *out, struct err *err) MUST_USE;

static inline struct str
http_span_str(struct str head, struct http_span s)
{
	return (struct str){ head.ptr + s.at, s.len };
}

/* The field's value, names without case; STR_NULL if absent. The first one, if there are several.
 */
struct str http_field(struct str head, const struct http_head *h, struct str name);

#endif
