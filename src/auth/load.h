/*
 * load.h - auth/'s memory from the database, all of it at once; private to the room.
 */
#ifndef AUTH_LOAD_H
#define AUTH_LOAD_H

#include "auth/state.h"

/* Users, roles, settings, keys and sessions into an empty memory. */
MUST_USE bool load_all(struct auth *a, struct db_conn *c, struct err *err);

#endif
