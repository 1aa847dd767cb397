/*
 * md.h - what digest.c and hmac.c share: SHA-256, fetched once, and a thread's scratch context.
 *
 * Private to crypto/. Fetching an algorithm by name costs more than hashing a token, and so
 * does making a context: both are kept (DESIGN.md 3).
 */
#ifndef CRYPTO_MD_H
#define CRYPTO_MD_H

#include "base/base.h"

#include <openssl/evp.h>

/* SHA-256 of the default provider; for the life of the process. Never NULL. */
const EVP_MD *md_sha256(void);

/* The calling thread's context; freed with the thread. Never NULL. */
EVP_MD_CTX *md_scratch(void);

/* The process stops: the crypto library failed at something that cannot fail. */
NORETURN void md_broken(void);

#endif
