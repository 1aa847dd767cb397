/*
 * key_undo.h - keys that are revoked many at once, and taken back for ten minutes.
 *
 * Such a key is refused from the answer on, like any that was revoked, but its secrets stay in the
 * database until the time is over: taken back, it is what it was. Bodies of write calls; rights
 * are the caller's business.
 */
#ifndef AUTH_KEY_UNDO_H
#define AUTH_KEY_UNDO_H

#include "http/call.h"

enum {
	KEY_UNDO_S = 600,
	KEY_UNDO_MAX = 500,   /* keys at once */
	KEY_UNDO_ID_LEN = 15, /* hex characters */
};

/* One revocation of many. */
struct key_undo {
	struct str id, reason;
	int64_t ended; /* how many secrets */
};

/* Begins one, with a random id: it stands for the right to take it back. */
MUST_USE bool
key_undo_begin(struct call *call, struct str reason, struct key_undo *out, struct err *err);

/* Revokes one key as a part of it. *revoked: false if the key was revoked already, which stays as
 * it is. */
MUST_USE bool key_undo_revoke(
    struct call *call, struct key_undo *of, struct str key, bool *revoked, struct err *err);

/* The keys of a revocation that may still be taken back, by name, in the arena; none for one that
 * is unknown or older than KEY_UNDO_S. */
MUST_USE bool key_undo_find(
    struct call *call, struct str revocation, struct str **keys, size_t *len, struct err *err);

/* The revocations by the caller that may still be taken back, the newest first: [{ undo, seconds:
 * how much longer, keys and users: how many, user: the first of them by name }, ...]. */
MUST_USE bool key_undo_list(struct call *call, struct json_out *out, struct err *err);

/* Takes one of them back: it works again, unless it was switched off before. */
MUST_USE bool key_undo_restore(struct call *call, struct str key, struct err *err);

/* Makes the revocation of a key final, or forgets a key that is gone. Changes nothing else. */
MUST_USE bool key_undo_forget(struct call *call, struct str key, struct err *err);

/* Deletes the secrets of those that can no longer be taken back: the housekeeper. */
MUST_USE bool key_undo_sweep(struct db_conn *c, int64_t now_us, struct err *err);

#endif
