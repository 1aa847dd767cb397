/*
 * feed.h - what other nodes change in the same database (DESIGN.md 3, Several nodes).
 *
 * A thread polls the change table every 50 ms and brings the memory up to it. The poll is a lease:
 * its time, by CLOCK_BOOTTIME, is taken before it is sent. While the last one that succeeded is
 * older than 1.5 s nobody knows which secrets are still good, and all are answered 503, unless
 * [database] fail_open says how long what was good then is taken to be good still. If the counter
 * of changes went back, if some were pruned, if the last one is not the one that was seen, or if
 * the database is another incarnation, everything is loaded anew before the lease counts again.
 *
 * Only for databases that others write to, too: an embedded one has no feed.
 */
#ifndef SERVER_FEED_H
#define SERVER_FEED_H

#include "server/site.h"

struct feed;

enum { FEED_POLL_MS = 50, FEED_LEASE_MS = 1500, FEED_WAITERS_MAX = 4096 };

/* *out NULL: the site's database needs none. */
MUST_USE bool feed_start(struct site *site, struct feed **out, struct err *err);

/* Ends the thread; who still waits is called. NULL does nothing. */
void feed_stop(struct feed *f);

/* Is the lease good? Any thread. */
bool feed_is_live(const struct feed *f);

/*
 * May those be let in whom the memory knows? While the lease is good, and for [database] fail_open
 * after it; never while everything is loaded anew. Any thread.
 */
bool feed_may_accept(const struct feed *f);

/* Who waits until the memory is as new as his question. */
struct feed_waiter {
	void (*ready)(struct feed_waiter *w); /* on the feed's thread, once */
	/* SHA-256 of a sid whose row is read again: its use on other nodes prolongs it, and no
	 * change says so; NULL: none. */
	const uint8_t *session;
	struct feed_waiter *next;
};

/*
 * Calls w->ready when a poll that begins after this has returned, or the lease is lost. False: it
 * is lost already, or too many wait. Any thread.
 */
MUST_USE bool feed_wait(struct feed *f, struct feed_waiter *w);

#endif
