/*
 * random.h - the system's random source: bytes, numbers, texts.
 */
#ifndef CRYPTO_RANDOM_H
#define CRYPTO_RANDOM_H

#include "base/str.h"

/* Fills p from getrandom(2). The process stops if the system has none to give. */
void random_bytes(void *p, size_t len);

/* A uniform number below limit (> 0). */
uint32_t random_below(uint32_t limit);
uint64_t random_u64(void);

/* Writes len characters of [0-9a-f], or of [0-9A-Za-z], each equally likely; no NUL. */
void random_hex(char *text, size_t len);
void random_base62(char *text, size_t len);

/* The digits that random_base62() draws from, in order. */
extern const char RANDOM_BASE62[62];

#endif
