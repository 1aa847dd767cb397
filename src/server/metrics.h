/*
 * metrics.h - the numbers of a running server, as Prometheus text and as JSON.
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

/* The more telling ones, as members of an open JSON object. Any thread. */
void metrics_tell(const struct metrics_sources *sources, struct json_out *out);

#endif
