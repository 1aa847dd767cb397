/*
 * key_list.h - what is known of api-keys and their secrets, for who manages them; never a secret.
 *
 * Bodies of read calls. Rights are the caller's business.
 */
#ifndef AUTH_KEY_LIST_H
#define AUTH_KEY_LIST_H

#include "http/call.h"

/* All keys with user (and whether he is enabled), created, last used, uses, limits, state; never a
 * secret. Writes a JSON array. user null: everyone's. */
MUST_USE bool key_list(struct call *call, struct str user, struct json_out *out, struct err *err);

/* The secrets of a key: their ages, ends, uses, and "secret", what the database calls them (as
 * auth/key_uses.h has it); the newest first. Writes a JSON array. */
MUST_USE bool
key_list_secrets(struct call *call, struct str key, struct json_out *out, struct err *err);

#endif
