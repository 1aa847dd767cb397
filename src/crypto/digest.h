/*
 * digest.h - SHA-256, and digests as values: compared in constant time, shown as hex.
 */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include "base/str.h"

enum { DIGEST_LEN = 32, DIGEST_HEX_LEN = 2 * DIGEST_LEN };

struct digest {
	uint8_t bytes[DIGEST_LEN];
};

/* SHA-256 of s. Any thread; no allocation. */
void digest_sha256(struct str s, struct digest *out);

/* SHA-256 of what comes in pieces: digest_begin(), digest_add() as often as need be, digest_end().
 */
struct digest_stream {
	_Alignas(8) unsigned char state[128]; /* the library's */
};
void digest_begin(struct digest_stream *s);
void digest_add(struct digest_stream *s, struct str piece);
/* The same with its length before it, so that no two lists of texts are the same bytes. */
void digest_add_text(struct digest_stream *s, struct str text);
void digest_end(struct digest_stream *s, struct digest *out);

/* Same bytes; takes the same time whatever they are. */
bool digest_equal(const struct digest *a, const struct digest *b);

/* The same for secret texts; only a different length shows in the time it takes. */
bool digest_equal_text(struct str a, struct str b);

/* Writes DIGEST_HEX_LEN lower-case characters, no NUL, and returns the slice over them. */
struct str digest_to_hex(const struct digest *d, char *text);

/* The digest of exactly DIGEST_HEX_LEN hex characters, either case; false for anything else. */
MUST_USE bool digest_from_hex(struct str hex, struct digest *out);

#endif
