/*
 * lane.h - threads that run calls which may wait, behind a bounded queue.
 *
 * One user holds at most half of a lane: half of its threads at a time, and half of its queue, so
 * that a flood from one does not delay the others. Each thread has connections of its own.
 */
#ifndef SERVER_LANE_H
#define SERVER_LANE_H

#include "server/site.h"

struct lane;

/* What waits; part of what the caller submits. */
struct lane_job {
	uint32_t user; /* set before lane_submit() */
	bool goes_on;  /* it was taken in before, elsewhere: there is always room for it */
	struct lane_job *next;
};

/* What a thread of a lane works with. */
struct lane_thread {
	struct turn_thread *turn; /* asleep when run() is called and when it returns */
	struct site *site;
	struct db_conn *db[2]; /* by enum db_mode; lane_db() */
};

struct lane_options {
	const char *name; /* of its threads */
	int threads;
	size_t queue;
	struct site *site;
	void (*run)(struct lane_job *job, struct lane_thread *thread); /* the job changes owner */
};

MUST_USE bool lane_start(const struct lane_options *options, struct lane **out, struct err *err);

/* Finishes what is queued, ends the threads; NULL does nothing. */
void lane_stop(struct lane *l);

/* False if the queue is full, or this user's half of it (unless it goes on), or the lane stops. Any
 * thread. */
MUST_USE bool lane_submit(struct lane *l, struct lane_job *job);

/* How many wait now. */
size_t lane_len(struct lane *l);

/*
 * The thread's connection, opened when it is first needed. DB_WRITE only where every thread may
 * write (db_is_embedded() is false).
 */
MUST_USE bool
lane_db(struct lane_thread *t, enum db_mode mode, struct db_conn **out, struct err *err);

#endif
