/*
 * run.h - the lanes: runs the phases of a planned call where they belong.
 */
#ifndef SERVER_RUN_H
#define SERVER_RUN_H

#include "http/call.h"

struct server;
struct lanes;

/* A call on its way: the connection's side of it is the loop's (server/exchange.h). */
typedef void run_done(struct call *call, void *arg);

struct lanes_options {
	struct site *site;
	int read_threads, hash_threads;
	size_t read_queue, hash_queue;
};

MUST_USE bool lanes_start(const struct lanes_options *options, struct lanes **out, struct err *err);
/* Finishes what is queued, ends the threads. */
void lanes_stop(struct lanes *l);

/* An answer beyond it is compressed and stored (server/trip.h) by a thread of the reads lane only.
 */
enum { LANES_LARGE = 64 * 1024 };

/*
 * Runs a call that needs more than its loop: prepare, body, publish, then api_finish() or
 * api_fail(), then done() on whatever thread it ended on; but one with a large answer never ends on
 * the writer. False if its first lane is full: *err is 503 with Retry-After, and done is not
 * called. plan_first: api_plan() itself runs in the reads lane (large JSON).
 */
MUST_USE bool lanes_run(struct lanes *l, struct call *call, bool plan_first, run_done *done,
    void *arg, struct err *err);

/* done() on a thread of the reads lane, for a call that has its answer. False if that lane is full.
 */
MUST_USE bool lanes_done(struct lanes *l, struct call *call, run_done *done, void *arg);

/* Runs a RUN_MEMORY or RUN_SHORT_READ body here and now on a loop. False: it must go through
 * lanes_run(). */
struct loop_db; /* the loop's own read connection; none where a read may wait for another machine */
struct loop_db *loop_db_open(struct site *site, struct err *err);
void loop_db_close(struct loop_db *d);
bool lanes_run_on_loop(struct lanes *l, struct loop_db *d, struct call *call);

/* Queue lengths, for metrics. */
struct lanes_counts {
	size_t reads, writes, hashes;
	bool read_only;
};
struct lanes_counts lanes_counts(struct lanes *l);

#endif
