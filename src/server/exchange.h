/*
 * exchange.h - HTTP on a connection: heads, bodies, pipelining, answers in order.
 *
 * Implements net_handler: parses with http/, authenticates with auth/, asks api/ what to run, runs
 * it on the loop or through lanes, and writes the answer. One request of a connection is handled at
 * a time; bytes of the next ones wait.
 */
#ifndef SERVER_EXCHANGE_H
#define SERVER_EXCHANGE_H

#include "net/net.h"
#include "server/run.h"
#include "server/site.h"

struct exchange_server; /* what all connections share */

struct exchange_options {
	struct site *site;
	struct lanes *lanes;
	const struct method_table *local; /* more methods for the control door; may be NULL */
};

/* Tags of listeners (net_listen): by which door a request came. */
enum door {
	DOOR_PUBLIC,
	DOOR_ADMIN,   /* /metrics, /healthz, /readyz only */
	DOOR_CONTROL, /* DIR/control.sock: the peer (same uid or root) is Administrator */
};

/* Settings of a reload, for requests that come from now on. One thread at a time. */
void exchange_use_conf(struct exchange_server *x, const struct conf *conf);

struct exchange_server *exchange_new(const struct exchange_options *options);
/* After net_stop() and lanes_stop(), before net_free() and site_close(). */
void exchange_free(struct exchange_server *x);

/* The handler for net_options. */
struct net_handler exchange_handler(struct exchange_server *x);

/* For net_options.is_trusted, whose arg is the handler's: [http] trusted_proxies has that peer. */
bool exchange_is_trusted(void *arg, const struct net_peer *peer);

/* After net_new(): where answers of other threads are posted. */
void exchange_set_net(struct exchange_server *x, struct net *net);

/* What the loops have counted: NET_MAX_LOOPS of them. Any thread. */
struct tally;
const struct tally *exchange_tallies(const struct exchange_server *x);

#endif
