/*
 * chunked.h - the chunked transfer coding (RFC 9112 7.1), read strictly.
 *
 * Lines end in CRLF; extensions are checked and ignored, trailer fields are checked and dropped.
 * A line that begins a chunk has at most 256 bytes, all extensions of a body 4 KiB, its trailer
 * section 4 KiB: ERR_TOO_LARGE. What the grammar does not allow is ERR_BAD_REQUEST.
 */
#ifndef HTTP_CHUNKED_H
#define HTTP_CHUNKED_H

#include "base/err.h"
#include "base/str.h"

enum http_parsed {
	HTTP_INCOMPLETE, /* more bytes are needed */
	HTTP_COMPLETE,
	HTTP_REFUSED, /* *err is set: answer and close */
};

/* Decodes a chunked body piece by piece; zero it to begin. */
struct http_chunked {
	int state;
	uint64_t left;                      /* bytes of this chunk's data still to come */
	uint32_t line, extensions, trailer; /* bytes so far, against the limits */
};

/*
 * Takes bytes; *data is the next piece of body in them (maybe empty), *taken how many bytes were
 * used up. HTTP_COMPLETE: the body has ended. HTTP_INCOMPLETE: call again with the rest or with
 * more bytes. The body is the same however the bytes were split.
 */
enum http_parsed http_chunked(struct http_chunked *c, struct str bytes, struct str *data,
    size_t *taken, struct err *err) MUST_USE;

#endif
