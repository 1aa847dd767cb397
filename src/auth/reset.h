/*
 * reset.h - keys that let their bearer set a password without the old one, once (spec/auth.md 12).
 *
 * A login with a password that is too old hands one out; nothing is sent by mail. Only its SHA-256
 * is stored, on the User, who has one at a time.
 */
#ifndef AUTH_RESET_H
#define AUTH_RESET_H

#include "http/call.h"

enum { RESET_KEY_LEN = 56 }; /* hex characters: 224 random bits */

/* Makes a key for the user, in the arena; the one before is good no more. Body of a write call. */
MUST_USE bool reset_make(struct call *call, struct str user, struct str *key, struct err *err);

/*
 * Whose key it is, in the arena. ERR_LINK_EXPIRED if it is unknown, used, or older than
 * reset_password_link_expiry_duration. A changed password uses it up (doc/user_secret.h).
 */
MUST_USE bool reset_find(struct call *call, struct str key, struct str *user, struct err *err);

#endif
