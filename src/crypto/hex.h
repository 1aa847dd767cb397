/*
 * hex.h - bytes as lower-case hex text and back.
 */
#ifndef CRYPTO_HEX_H
#define CRYPTO_HEX_H

#include "base/str.h"

/* Writes 2 * len characters, no NUL. */
void hex_encode(const void *bytes, size_t len, char *text);

/* Reads exactly len bytes from 2 * len characters of either case; false for anything else. */
MUST_USE bool hex_decode(struct str text, void *bytes, size_t len);

#endif
