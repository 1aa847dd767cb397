/*
 * metrics.h - the numbers of a running server, as Prometheus text.
 */
#ifndef SERVER_METRICS_H
#define SERVER_METRICS_H

#include "server/exchange.h"

struct metrics_sources {
	struct exchange_server *exchange;
	struct net *net;
	struct lanes *lanes;
	struct site *site;
};

/* Any thread. */
void metrics_print(const struct metrics_sources *sources, struct buf *out);

#endif
