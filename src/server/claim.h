/*
 * claim.h - whose a database is: the one row of table "site".
 *
 * It names the incarnation of the database and the pepper of symbolon.key that new secrets are made
 * with (auth/pepper.h).
 * Whoever inserts it makes the site; another node that comes at the same time waits until that is
 * done.
 */
#ifndef SERVER_CLAIM_H
#define SERVER_CLAIM_H

#include "db/db.h"

enum claim_state {
	CLAIM_NONE,  /* nobody's yet */
	CLAIM_BEGUN, /* its first start is under way, or broke off */
	CLAIM_READY,
	CLAIM_MOVING, /* it is being filled from another database, or that broke off */
};

enum { CLAIM_TEXT = 64 };

struct claim {
	enum claim_state state;
	size_t pepper_len, id_len;
	char pepper[CLAIM_TEXT]; /* its id, as keyfile_pepper() takes it */
	char id[CLAIM_TEXT];     /* the incarnation: 32 hex characters */
	int64_t created_us;
};

MUST_USE bool claim_read(struct db_conn *c, struct claim *out, struct err *err);

/* Inserts the row, unless there is one; c is a DB_WRITE connection of a migrated database. */
MUST_USE bool claim_make(struct db_conn *c, struct str pepper, bool *made, struct err *err);

/* Has this pepper ever been the one of new secrets? From now on it is, on every node. */
MUST_USE bool claim_knows(struct db_conn *c, struct str pepper, bool *known, struct err *err);
MUST_USE bool claim_follow(struct db_conn *c, struct str pepper, struct err *err);

/* The first start is over. */
MUST_USE bool claim_finish(struct db_conn *c, struct err *err);

/*
 * A database that is to be filled from another one: CLAIM_MOVING, which nobody serves, with an
 * incarnation of its own, since what follows happens here alone. When it is whole it is ready, and
 * as old as the site is.
 */
MUST_USE bool claim_begin_move(struct db_conn *c, struct str pepper, bool *made, struct err *err);
MUST_USE bool claim_end_move(struct db_conn *c, int64_t created_us, struct err *err);

/* ERR_UNAVAILABLE for a database that is half filled. */
MUST_USE bool claim_check(const struct claim *claim, struct err *err);

#endif
