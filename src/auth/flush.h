/*
 * flush.h - counters and session expiries from memory into the database; private to the room.
 */
#ifndef AUTH_FLUSH_H
#define AUTH_FLUSH_H

#include "auth/state.h"

/* Everything touched since the last time. What could not be written is counted again next time. */
MUST_USE bool flush_counters(struct auth *a, struct db_conn *c, struct err *err);

#endif
