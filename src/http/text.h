/*
 * text.h - the small encodings of HTTP: percent, forms, cookies, media types.
 */
#ifndef HTTP_TEXT_H
#define HTTP_TEXT_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/*
 * Decodes %XX; plus_is_space for query and form values. ERR_BAD_REQUEST for a % without
 * two hex digits, for NUL, and for a result that is not UTF-8. Without anything to decode *out is
 * s.
 */
MUST_USE bool http_percent_decode(
    struct arena *a, struct str s, bool plus_is_space, struct str *out, struct err *err);

/* Encodes every byte but A-Z a-z 0-9 - . _ ~ and those in keep; the first one appends. */
void http_percent_put(struct buf *b, struct str s, struct str keep);
MUST_USE bool http_percent_encode(
    struct arena *a, struct str s, struct str keep, struct str *out, struct err *err);

/* Names and values are texts: ERR_BAD_REQUEST for what is not UTF-8, and for a NUL. */
MUST_USE bool http_check_text(struct str s, struct err *err);

struct http_pair {
	struct str name, value; /* decoded */
};

struct http_pairs {
	struct http_pair *items;
	size_t len;
};

/* A query string or an urlencoded body; in order, repeated names kept. At most 1,000 pairs. */
MUST_USE bool
http_parse_form(struct arena *a, struct str text, struct http_pairs *out, struct err *err);

/*
 * Cuts "https://example.com:8000/a?b" into "https", "example.com:8000" and "/a?b", which may be
 * empty. False, and nothing is set, if no "://" stands behind the first part.
 */
MUST_USE bool
http_cut_url(struct str url, struct str *scheme, struct str *authority, struct str *rest);

/* The value of one cookie of a Cookie field, as sent; STR_NULL if absent. The first one counts. */
struct str http_cookie(struct str field, struct str name);

/* "application/json; charset=utf-8" -> "application/json", without blanks (case as sent). */
struct str http_media_type(struct str content_type);

/* Does an Accept-Encoding field accept gzip (q > 0)? */
bool http_accepts_gzip(struct str accept_encoding);

#endif
