/*
 * password.h - password hashes: making Argon2id, judging Argon2 and passlib's PBKDF2.
 *
 * Slow on purpose (about 0.1 s): the hash lane calls it, never a loop.
 */
#ifndef CRYPTO_PASSWORD_H
#define CRYPTO_PASSWORD_H

#include "base/str.h"

enum { PASSWORD_TEXT_SIZE = 128 };

/*
 * Makes "$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH" with a new salt. Writes PASSWORD_TEXT_SIZE
 * bytes at most, NUL included, and returns the slice over them without the NUL.
 */
struct str password_hash(struct str password, char *text);

/*
 * Is it the password of this hash text: $argon2id$, $argon2i$, $argon2d$ (PHC) or
 * $pbkdf2-sha256$rounds$salt$digest (passlib)? A text of another kind, a malformed one and one that
 * asks for absurd work are no password's. *outdated: password_hash() would make a stronger one.
 */
MUST_USE bool password_verify(struct str text, struct str password, bool *outdated);

/* Does the work of password_verify() on a hash of ours, for a user who has none. */
void password_waste(struct str password);

/* Is text a hash that password_verify() understands? For importers. */
bool password_is_hash(struct str text);

#endif
