/*
 * publish_users.h - committed changes of users into auth/'s memory; private to the room.
 */
#ifndef AUTH_PUBLISH_USERS_H
#define AUTH_PUBLISH_USERS_H

#include "auth/state.h"

/*
 * Reads users anew, 1 to ASK_MAX (ask.h) that differ, with their roles, and replaces them in
 * memory: two statements for all of them. The names must outlive the entries of their users. *done
 * is len.
 *
 * False: something could not be read. What memory says of any may be older than the database:
 * publish them one by one, and forget whoever fails.
 */
MUST_USE bool publish_users(struct auth *a, struct db_conn *c, const struct str *names, size_t len,
    size_t *done, struct err *err);

#endif
