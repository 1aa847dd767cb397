/*
 * publish_keys.h - committed changes of api-keys into auth/'s memory; private to the room.
 */
#ifndef AUTH_PUBLISH_KEYS_H
#define AUTH_PUBLISH_KEYS_H

#include "auth/state.h"

/*
 * Reads keys anew, 1 to ASK_MAX (ask.h) that differ, and replaces them in memory: three statements
 * for all of them, and two more if any has limits. *done says how many of them, from the first, it
 * took on: not all if two share a hash.
 *
 * False: something could not be read. One key alone is refused then until it is read again; of
 * several, what memory says of any may be older than the database: publish them one by one.
 */
MUST_USE bool publish_keys(struct auth *a, struct db_conn *c, const struct str *names, size_t len,
    size_t *done, struct err *err);

#endif
