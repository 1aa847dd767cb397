/*
 * publish.h - committed changes into auth/'s memory; private to the room.
 */
#ifndef AUTH_PUBLISH_H
#define AUTH_PUBLISH_H

#include "auth/state.h"

/*
 * Reads what the change names and replaces it in memory. If the database does not answer, what
 * the change names is taken out of memory: refused until it is read again, never trusted. False
 * then.
 */
bool publish_change(struct auth *a, struct db_conn *c, const struct change *change);

/* The same of all changes of a list; users, keys and sessions come last, many of them in few
 * statements. False if one of them failed. */
bool publish_all(struct auth *a, struct db_conn *c, const struct change_list *changes);

#endif
