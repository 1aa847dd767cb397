/*
 * key.h - making and ending api-keys (spec/auth.md 3).
 *
 * Bodies of write calls: all effects are in the transaction and in call->changes.
 * Rights are the caller's business (api/, doc/): these functions only do.
 */
#ifndef AUTH_KEY_H
#define AUTH_KEY_H

#include "http/call.h"

enum {
	KEY_LEN = 15,            /* hex characters */
	SECRET_LEN = 4 + 27 + 6, /* "smb_", base 62 (160 bits), CRC-32 in base 62 */
};

/* The ids of the peppers that a database needs: for judging a backup's key file. */
extern const struct str KEY_SQL_PEPPERS;

struct key_pair {
	struct str key;
	struct str secret; /* in the arena: shown once, wiped with it */
};

/* "***************": how a stored secret is shown. */
extern const struct str KEY_SECRET_MASK;

/*
 * A new secret for the user's classic key, and a key if the user has none, or one that was revoked:
 * the key stays, the old secret ends with the commit. *made says whether the key is new (the caller
 * then stores it in User.api_key).
 */
MUST_USE bool
key_generate(struct call *call, struct str user, struct key_pair *out, bool *made, struct err *err);

/*
 * A new secret for a key. The secrets that are valid now go on for overlap_s seconds more; 0: they
 * end with the commit. ERR_DOES_NOT_EXIST; ERR_VALIDATION for a revoked key, and for one that
 * has too many valid secrets already.
 */
MUST_USE bool key_rotate(
    struct call *call, struct str key, int64_t overlap_s, struct str *secret, struct err *err);

/* Ends a key for ever. *ended: how many secrets. */
MUST_USE bool key_revoke_one(
    struct call *call, struct str key, struct str reason, int64_t *ended, struct err *err);

/* Sets the classic pair by hand (System Manager through User). A null part is left as it is; an
 * empty secret ends the secret; an empty key ends key and secret. ERR_UNIQUE if another user has
 * the key. */
MUST_USE bool
key_set(struct call *call, struct str user, struct str key, struct str secret, struct err *err);

/* Ends the secrets of all keys of the user; the key name stays his. *ended: how many secrets. */
MUST_USE bool key_revoke(struct call *call, struct str user, int64_t *ended, struct err *err);

/* The user is gone, or has another name: keys, secrets, sessions and password go, or go along. */
MUST_USE bool key_forget_user(struct call *call, struct str user, struct err *err);
MUST_USE bool
key_rename_user(struct call *call, struct str user, struct str new_name, struct err *err);

/* Is "smb_..." well-formed, its checksum right? For the command line; the server never asks. */
bool key_secret_is_wellformed(struct str secret);

#endif
