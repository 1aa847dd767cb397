/*
 * postgres_history.h - the latest primary that this node has seen; for db/ only.
 *
 * An old primary that comes back after a standby took over is as ready to be written to as the new
 * one. But its timeline, which each promotion makes one higher, is behind: a node that has seen a
 * later one of the same cluster never believes it again. Servers that have no timelines (other
 * engines that speak the protocol) are taken as they come.
 */
#ifndef DB_POSTGRES_HISTORY_H
#define DB_POSTGRES_HISTORY_H

#include "base/base.h"

/* Which cluster a server is of, and how many promotions that has seen; timeline 0: not known. */
struct postgres_lineage {
	int64_t system;
	uint32_t timeline;
};

/* Any thread. */
struct postgres_history;

struct postgres_history *postgres_history_new(void) MUST_USE;
void postgres_history_free(struct postgres_history *h); /* NULL does nothing */

/* A server was seen. Another cluster begins another history. */
void postgres_history_note(struct postgres_history *h, struct postgres_lineage seen);

/* Is it one of the past? */
bool postgres_history_is_past(struct postgres_history *h, struct postgres_lineage of);

#endif
