/*
 * byte.h - what a byte may be part of, by the grammars of RFC 9110 and RFC 9112.
 */
#ifndef HTTP_BYTE_H
#define HTTP_BYTE_H

#include "base/str.h"

enum http_byte {
	HTTP_BYTE_TOKEN = 1,  /* methods and field names (RFC 9110 5.6.2) */
	HTTP_BYTE_VALUE = 2,  /* field values: printable ASCII, blanks, obs-text (5.5) */
	HTTP_BYTE_TARGET = 4, /* request targets: printable ASCII without '#' */
	HTTP_BYTE_HOST = 8,   /* host and port (RFC 3986 3.2.2), but no comma */
	HTTP_BYTE_HEX = 16,
	HTTP_BYTE_UNRESERVED = 32, /* in URIs (RFC 3986 2.3) */
	HTTP_BYTE_NAME = 64,       /* host names and IPv4 addresses: of HOST all but []: */
};

extern const unsigned char HTTP_BYTES[256];

static inline bool
http_byte_is(char c, enum http_byte kind)
{
	return (HTTP_BYTES[(unsigned char)c] & kind) != 0;
}

/* All bytes of s are of the kind; so they are in an empty s. */
bool http_bytes_are(struct str s, enum http_byte kind);

/* The same for HTTP_BYTE_VALUE, eight bytes at a time. */
bool http_bytes_are_value(struct str s);

#endif
