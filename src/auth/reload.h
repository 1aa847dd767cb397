/*
 * reload.h - auth/'s memory made anew from the database; private to the room.
 */
#ifndef AUTH_RELOAD_H
#define AUTH_RELOAD_H

#include "auth/state.h"

/* Ends all keys and sessions, forgets users who are gone, and loads what the database has. */
MUST_USE bool reload_all(struct auth *a, struct db_conn *c, struct err *err);

#endif
