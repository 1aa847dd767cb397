/*
 * load_keys.h - all keys, their limits and their secrets from the database; private to the room.
 *
 * Each table is read once, from its begin to its end, whatever limits keys have: they are put
 * together in memory, which is given back.
 */
#ifndef AUTH_LOAD_KEYS_H
#define AUTH_LOAD_KEYS_H

#include "auth/state.h"

/* After the users; into tables that have no secrets. */
MUST_USE bool load_keys_all(struct auth *a, struct db_conn *c, struct err *err);

#endif
