/*
 * trip.h - one request and the way back of its answer: a call and what belongs to its connection.
 *
 * A loop keeps a few trips and uses them again, so that an ordinary request allocates nothing. One
 * thread at a time owns a trip: its loop, a lane (from lanes_run() to done) or the spool.
 */
#ifndef SERVER_TRIP_H
#define SERVER_TRIP_H

#include "http/call.h"
#include "net/net.h"
#include "server/body.h"
#include "server/feed.h"
#include "server/proxy.h"
#include "server/site.h"

enum {
	TRIP_ARENA_MAX = 64 * 1024 * 1024,
	TRIP_FILE_FROM = 1024 * 1024, /* answers beyond it leave from a file */
	TRIP_ID_MAX = 64,
	TRIP_USER_MAX = 140,
};

enum trip_step {
	TRIP_BODY,  /* the loop's: its body is coming */
	TRIP_SPOOL, /* the spool's: a piece of its body is being written */
	TRIP_WAIT,  /* the feed's: it was refused by a memory that may be behind */
	TRIP_FRESH, /* the feed's: it is planned, and needs a memory as new as itself */
	TRIP_ANEW,  /* the feed's: its refusal was withheld, and it will be planned anew */
	TRIP_RUN,   /* a lane's */
};

struct trip {
	struct call call;
	struct http_head head;
	struct body body;
	struct proxy_client client;
	enum trip_step step;
	bool body_ended; /* SPOOL: it was the last piece */
	bool keep_alive;
	bool gzip;   /* the client would like it */
	bool packed; /* trip_pack() or its like has seen to the answer */
	int file;    /* the answer's body, or -1 */
	int64_t file_len;
	struct feed_waiter wait;
	bool doubtful;             /* it was refused, and that was not final (call.provisional) */
	struct arena_mark planned; /* the arena before that */
	struct net_id to;
	void *owner; /* the exchange's */
	struct trip *next;
	size_t user_len;
	char user[TRIP_USER_MAX]; /* for the log: the name at the begin */
	char id[TRIP_ID_MAX];
};

struct trip *trip_new(struct site *site) MUST_USE;
void trip_free(struct trip *t);

/* Trips that a loop keeps for later. */
struct trip_spares {
	struct trip *first;
	size_t len;
};
struct trip *trip_take(struct trip_spares *spares, struct site *site) MUST_USE;
void trip_give(struct trip_spares *spares, struct trip *t);
void trip_free_spares(struct trip_spares *spares);

/* Ready for the next request; keeps a little memory. */
void trip_reset(struct trip *t);

/* Compresses the answer, or puts it into a file, as its size asks. Not for loops: it may take long.
 */
void trip_pack(struct trip *t);

/* The small part of that which a loop may do, if nothing was done yet. */
void trip_pack_on_loop(struct trip *t);

/* Has an answer that a loop does not pack. */
bool trip_is_heavy(const struct trip *t);

/* Puts the answer out (net_conn_out); how long its body is. */
uint64_t trip_write(struct trip *t, struct net_conn *c);

#endif
