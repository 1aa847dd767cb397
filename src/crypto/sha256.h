/*
 * sha256.h - the library's SHA-256 as a plain struct, for digest.c and hmac.c; private to crypto/.
 *
 * The EVP functions allocate whenever a prepared state is copied (212 ns for the HMAC of a token,
 * against 123 ns so), and fetching an algorithm by name costs 300 ns more. A struct SHA256_CTX
 * is copied by assignment, wiped like any memory and needs no context a thread. OpenSSL
 * calls these functions deprecated, since a provider cannot replace them; it ships and
 * maintains them, with the processor's own instructions behind them.
 */
#ifndef CRYPTO_SHA256_H
#define CRYPTO_SHA256_H

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#endif
