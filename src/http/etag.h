/*
 * etag.h - entity tags: what a representation is known by (RFC 9110 8.8.3).
 *
 * Ours is 128 bits of SHA-256 as hex, in quotes. The same compressed ends in -gzip; a client that
 * shows either has seen the same thing.
 */
#ifndef HTTP_ETAG_H
#define HTTP_ETAG_H

#include "base/arena.h"
#include "base/str.h"
#include "crypto/digest.h"

enum { HTTP_ETAG_LEN = DIGEST_LEN + 2 }; /* 16 bytes as hex, and quotes */

/* The tag of that digest, in text of HTTP_ETAG_LEN bytes. */
struct str http_etag(const struct digest *digest, char *text);

/* The tag of the same, compressed; in the arena. */
MUST_USE bool http_etag_packed(struct arena *a, struct str etag, struct str *out, struct err *err);

/*
 * Does a field If-Match, If-None-Match (a list, or "*") or If-Range name the tag? weak: W/ is
 * passed over, as If-None-Match wants it; else such a tag matches nothing.
 */
bool http_etag_among(struct str field, struct str etag, bool weak);

#endif
