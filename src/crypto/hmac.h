/*
 * hmac.h - HMAC-SHA-256 with the keyed states prepared once.
 *
 * A key is read by any number of threads at once.
 */
#ifndef CRYPTO_HMAC_H
#define CRYPTO_HMAC_H

#include "crypto/digest.h"

struct hmac_key;

/* Prepares a key of any length; secret may be wiped afterwards. Never NULL. */
struct hmac_key *hmac_key_new(struct str secret) MUST_USE;
void hmac_key_free(struct hmac_key *k);

/* HMAC-SHA-256 of the parts, one behind the other. Any thread; no allocation. */
void hmac_sign(const struct hmac_key *k, const struct str *parts, size_t n, struct digest *out);

#endif
