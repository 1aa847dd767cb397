/*
 * checkpoint.h - moves the write-ahead log into the database file beside the writer; for db/ only.
 *
 * A thread with a connection of its own makes a passive pass every 50 ms while there is
 * something to move. A log that is long in spite of that has to be caught in a moment when nobody
 * appends: then the writer makes one pass itself, between two transactions.
 */
#ifndef DB_CHECKPOINT_H
#define DB_CHECKPOINT_H

#include "db/db.h"

struct checkpoint;

MUST_USE bool checkpoint_start(struct db *db, struct checkpoint **out, struct err *err);

/* After a commit: there is something to move. Any thread. */
void checkpoint_note(struct checkpoint *cp);

/* True once when the writer should make a pass before its next BEGIN. Any thread. */
bool checkpoint_wanted(struct checkpoint *cp);

/* Ends the thread and frees. */
void checkpoint_stop(struct checkpoint *cp);

#endif
