/*
 * aead.h - AES-256-GCM: texts that only the holder of a key can read, or make.
 */
#ifndef CRYPTO_AEAD_H
#define CRYPTO_AEAD_H

#include "base/str.h"

enum {
	AEAD_KEY_LEN = 32,
	AEAD_NONCE_LEN = 12,
	AEAD_TAG_LEN = 16,
	AEAD_EXTRA = AEAD_NONCE_LEN + AEAD_TAG_LEN, /* a sealed text is so much longer */
};

/*
 * Seals plain with a key of AEAD_KEY_LEN bytes and a random nonce: fit for 2^32 texts a key. It can
 * be opened again only with the same context, which says what the text is. Writes plain.len +
 * AEAD_EXTRA bytes: nonce, ciphertext, tag. Any thread.
 */
void aead_seal(const uint8_t *key, struct str context, struct str plain, uint8_t *out);

/* Opens what was sealed into sealed.len - AEAD_EXTRA bytes; false, and nothing is told, if key,
 * context or a bit is another one. */
MUST_USE bool aead_open(const uint8_t *key, struct str context, struct str sealed, char *plain);

#endif
