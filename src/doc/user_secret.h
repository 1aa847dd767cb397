/*
 * user_secret.h - what a User document carries but never keeps: new_password, api_key and
 * api_secret (spec/auth.md 3.3, 12).
 */
#ifndef DOC_USER_SECRET_H
#define DOC_USER_SECRET_H

#include "auth/key.h"
#include "doc/doc.h"

/* Has the body a password to hash? Asterisks and nothing are none. */
bool user_secret_needs_hash(const json_t *body);

/*
 * The prepare step, in the hash lane: policy, old_password where one was sent, the hash. It waits
 * in call->prepared. user is null for a new one. A caller who may not set that password costs no
 * hash: the body refuses him.
 */
MUST_USE bool
user_secret_prepare(struct call *call, struct str user, const json_t *body, struct err *err);

/*
 * The body, before the row is written: takes secrets out of the document, leaves masks.
 * ERR_PERMISSION, ERR_VALIDATION (own password without old_password). What was taken is stored by
 * user_secret_store().
 */
MUST_USE bool
user_secret_take(struct call *call, struct doc *d, const struct doc *old, struct err *err);

/* The body, after the row is written: password, sessions, key. d and old as given to
 * user_secret_take(). */
MUST_USE bool
user_secret_store(struct call *call, struct doc *d, const struct doc *old, struct err *err);

/*
 * Stores the hash of a password that its owner changed by the method for it: the document shows
 * when, and no link to set a password is good any more.
 */
MUST_USE bool
user_secret_change(struct call *call, struct str user, struct str hash, struct err *err);

/*
 * generate_keys (spec/auth.md 3.2) with all of its rules: System Managers only, Administrator and
 * Guest by Administrator only (403 without a text), 404 "User x not found". The document shows the
 * key and moves its modified.
 */
MUST_USE bool
user_secret_generate(struct call *call, struct str user, struct key_pair *out, struct err *err);

#endif
