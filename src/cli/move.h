/*
 * move.h - all tables of a site, out of one database into another that is empty.
 *
 * The source is read in one snapshot. Each table is copied, read back and compared; the target is
 * nobody's until the last one is whole (CLAIM_MOVING of server/claim.h), so that a move that broke
 * off can be begun anew, and a half one is never served.
 */
#ifndef CLI_MOVE_H
#define CLI_MOVE_H

#include "cli/move_table.h"

struct move {
	struct db *from_db, *to_db;
	struct db_conn *from, *to; /* DB_READ and DB_WRITE */
	struct str pepper;         /* for the claim: of the site's key file */
	struct arena *arena;
	/* what came of it: */
	struct move_table *tables;
	size_t len;
	struct str *left; /* tables of from that belong to no DocType: not copied */
	size_t left_len;
	struct move_progress progress;
	bool begun; /* to is half filled, by this move */
};

/*
 * Empties a target of what an earlier move left in it. ERR_UNAVAILABLE for one that holds a site,
 * or something else.
 */
MUST_USE bool move_prepare(struct db_conn *to, struct err *err);

/* Moves. After a failure move_undo() takes away what has been made, if m->begun. */
MUST_USE bool move_run(struct move *m, struct err *err);
bool move_undo(struct db_conn *to, struct err *err);

#endif
