/*
 * range.h - one part of what is asked for (RFC 9110 14).
 */
#ifndef HTTP_RANGE_H
#define HTTP_RANGE_H

#include "base/str.h"

enum http_range {
	HTTP_RANGE_WHOLE, /* no range, or one that a server may ignore: unknown, malformed, several
			   */
	HTTP_RANGE_PART,  /* *at and *len are set: 206 */
	HTTP_RANGE_OUTSIDE, /* nothing of it is there: 416 */
};

/* What a Range field (null: none) asks of size bytes. */
enum http_range http_range_of(struct str field, int64_t size, int64_t *at, int64_t *len);

#endif
