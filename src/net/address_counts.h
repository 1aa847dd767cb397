/*
 * address_counts.h - how many connections each address has open. Any thread.
 */
#ifndef NET_ADDRESS_COUNTS_H
#define NET_ADDRESS_COUNTS_H

#include "net/net.h"

struct address_counts;

/* limit > 0: connections of one address. Loopback, Unix sockets and trusted peers are not counted.
 */
struct address_counts *address_counts_new(int limit, const struct net_options *options) MUST_USE;
void address_counts_free(struct address_counts *a);

/*
 * One more of that address; false if it has its share. Whether it was counted is noted in the peer,
 * since who is trusted may have changed when it is given back.
 */
MUST_USE bool address_counts_take(struct address_counts *a, struct net_peer *peer);
void address_counts_give(struct address_counts *a, const struct net_peer *peer);

#endif
