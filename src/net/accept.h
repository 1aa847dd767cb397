/*
 * accept.h - the thread that accepts: hands every connection to the loop that has the fewest.
 *
 * One thread for all listeners, since nothing else spreads connections evenly over TCP and Unix
 * sockets alike: loops that race for a shared socket take what they can get while they are awake.
 */
#ifndef NET_ACCEPT_H
#define NET_ACCEPT_H

#include "net/listen.h"
#include "net/loop.h"

struct accept_options {
	const struct net_options *net;
	const struct listener *listeners;
	size_t listeners_len;
	struct net_loop *loops;
	uint32_t loops_len;
	uint64_t max_connections;
	struct loop_tally *tally;
	struct address_counts *addresses; /* NULL: no limit */
};

struct acceptor;

/* Copies the options; what they point to stays until accept_stop(). */
MUST_USE bool
accept_start(const struct accept_options *options, struct acceptor **out, struct err *err);

/* Takes what is queued at the listeners, hands it out, ends the thread, frees. */
void accept_stop(struct acceptor *a);

#endif
