/*
 * key_secret.h - the secrets of one api-key as rows: added, overlapping, ended; private to the
 * room.
 *
 * Bodies of write calls. Each records the change of the key. What a secret's row holds as its
 * time of validity is the key's, cut short by the end of its own overlap: memory is made of that
 * row alone.
 */
#ifndef AUTH_KEY_SECRET_H
#define AUTH_KEY_SECRET_H

#include "http/call.h"

/* So many secrets of one key may be valid at once. */
enum { KEY_SECRETS_MAX = 4 };

/* Stores the digest of a new secret. */
MUST_USE bool
key_secret_add(struct call *call, struct str key, struct str secret, bool weak, struct err *err);

/* Ends all of them. *ended (NULL: not wanted): how many. */
MUST_USE bool
key_secret_end_all(struct call *call, struct str key, int64_t *ended, struct err *err);

/*
 * Those that are valid now end at until_s (Unix seconds), or earlier if they do so anyway; at 0
 * they end now. ERR_VALIDATION if there are KEY_SECRETS_MAX of them already.
 */
MUST_USE bool
key_secret_overlap(struct call *call, struct str key, int64_t until_s, struct err *err);

/* Ends all but the current one. *ended: how many. */
MUST_USE bool
key_secret_end_overlap(struct call *call, struct str key, int64_t *ended, struct err *err);

/* Brings not_before and not_after of all to what the key's row says. */
MUST_USE bool key_secret_apply_window(struct call *call, struct str key, struct err *err);

#endif
