/*
 * response.h - an answer: status, fields, body; and its bytes.
 *
 * Complete before its first byte leaves, so the length is always known.
 */
#ifndef HTTP_RESPONSE_H
#define HTTP_RESPONSE_H

#include "base/arena.h"
#include "base/buf.h"

enum { HTTP_MAX_RESPONSE_FIELDS = 32 };

struct http_response {
	int status;
	struct str type;  /* Content-Type; null: none */
	struct str cache; /* Cache-Control; null: the default of spec/rpc.md 7 */
	bool secret;      /* holds a secret: never compressed, and cache does not count */
	bool no_cookies;  /* token answers carry none: Set-Cookie fields are dropped at the end */
	bool close;
	struct str lines; /* fields that are ready: "Name: value\r\n" each; null: none */
	struct buf body;
	size_t fields_len;
	struct {
		struct str name, value;     /* literals, or in the call's arena */
	} fields[HTTP_MAX_RESPONSE_FIELDS]; /* the first fields_len of them are set */
};

/* Empty, 200, body up to max bytes; keeps the body's memory if it has any. */
void http_response_reset(struct http_response *r, size_t max_body);
void http_response_free(struct http_response *r);

/* Adds a field; name is a literal of ours. Values with control bytes are refused: ERR_INTERNAL. */
MUST_USE bool
http_response_field(struct http_response *r, struct str name, struct str value, struct err *err);

/* The same for a value that is a literal of ours, too: nobody looks at its bytes. */
MUST_USE bool
http_response_literal(struct http_response *r, struct str name, struct str value, struct err *err);

struct http_write {
	bool head_only; /* HEAD: fields as for GET, no body */
	bool http_1_0;
	bool keep_alive;
	struct str date;
	struct str request_id;
};

/*
 * Appends status line, fields and body to out. 204 and 304 have no body, and a length
 * only if the ready lines hold one (/auth/verify wants one on every answer).
 */
void
http_response_write(const struct http_response *r, const struct http_write *how, struct buf *out);

/* The same without the body, whose length is body_len (it comes from a file). */
void http_response_write_head(const struct http_response *r, const struct http_write *how,
    uint64_t body_len, struct buf *out);

/* Is it worth to compress a body of that length: over 1 KiB, a text type, not secret, and not
 * compressed yet? */
bool http_response_may_gzip(const struct http_response *r, uint64_t len);

/* Adds the fields that say so of a body that was compressed: Content-Encoding and Vary; an ETag
 * becomes that of the compressed form, in a. */
MUST_USE bool http_response_gzipped(struct http_response *r, struct arena *a, struct err *err);

/*
 * Compresses the body (http/gzip.h) if it may be, and if it is smaller then; adds what
 * http_response_gzipped() does. True if it did; false leaves r as it was.
 */
bool http_response_gzip(struct http_response *r, struct arena *a, struct err *err);

/* "OK", "Not Found"; "Unknown" for what has no name. */
const char *http_reason(int status);

#endif
