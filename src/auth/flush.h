/*
 * flush.h - counters and session expiries from memory into the database; private to the room.
 */
#ifndef AUTH_FLUSH_H
#define AUTH_FLUSH_H

#include "auth/state.h"

/* As auth_flush_counters() and auth_flush_written(). */
MUST_USE bool flush_counters(struct auth *a, struct db_conn *c, bool *more, struct err *err);
void flush_written(struct auth *a);

#endif
