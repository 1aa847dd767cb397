/*
 * base64.h - bytes as text (RFC 4648 4).
 */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/str.h"

/* How many characters len bytes become, padding included. */
static inline size_t
base64_len(size_t len)
{
	return (len + 2) / 3 * 4;
}

/* Writes base64_len(bytes.len) characters, no NUL. */
struct str base64_encode(struct str bytes, char *text);

/*
 * The bytes of text into to, which has text.len / 4 * 3 + 3 of them; blanks and line ends are
 * passed over, padding may be missing. False for anything else; text and to may be the same memory.
 */
MUST_USE bool base64_decode(struct str text, char *to, size_t *len);

#endif
