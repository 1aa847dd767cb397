/*
 * writer.h - the SQLite writer thread: group commit (DESIGN.md 4).
 *
 * It alone owns the write connection. Jobs come by a bounded queue; each body runs
 * inside a savepoint; the commit comes when the queue is empty, or after
 * 256 jobs or 5 ms; then each job is published and finished. A job that changed the
 * change table ends its batch; one that is "alone" runs between two commits.
 */
#ifndef DB_WRITER_H
#define DB_WRITER_H

#include "db/db.h"

struct writer;

/*
 * What the writer runs. All functions are called on the writer thread.
 *
 * body: the work, in the writer's transaction. False: its effects are rolled back and *err is
 *   the job's outcome. May run again after a failed batch; before that, rewind() is called.
 * publish: after the commit, once, only if body succeeded.
 * done: last, once: ok tells the outcome, err why not. The job changes owner here.
 */
struct writer_job {
	bool (*body)(struct writer_job *job, struct db_conn *c, struct err *err);
	void (*rewind)(struct writer_job *job);
	void (*publish)(struct writer_job *job, struct db_conn *c);
	void (*done)(struct writer_job *job, bool ok, const struct err *err);
	bool alone;      /* set before submitting: no neighbours in its batch */
	bool goes_on;    /* set before submitting: it was taken before, and there is room for it */
	bool ends_batch; /* set by body: commit right after it (it wrote the change table) */
	/* the writer's own: */
	struct writer_job *next;
	bool ok;
	struct err err;
};

struct writer_options {
	size_t queue_size;          /* default 1024 */
	int max_batch;              /* 256 */
	int max_batch_us;           /* 5000 */
	void (*started)(void *arg); /* called on the thread before and after its work, */
	void (*stopped)(void *arg); /* e.g. to join the turns; may be NULL */
	void *arg;
};

/*
 * Starts the thread on a DB_WRITE connection of a migrated database, which it owns from now on (on
 * failure it stays the caller's).
 */
MUST_USE bool writer_start(struct db *db, struct db_conn *c, const struct writer_options *options,
    struct writer **out, struct err *err);

/*
 * False if the queue is full or the writer stops: answer 503 with Retry-After. Any thread, but not
 * during or after writer_stop().
 */
MUST_USE bool writer_submit(struct writer *w, struct writer_job *job);

/* Finishes what is queued, commits, checkpoints, ends the thread, frees. */
void writer_stop(struct writer *w);

/* After a commit failed and its marker too: nothing is written until a probe succeeds. Any thread.
 */
bool writer_is_read_only(const struct writer *w);

size_t writer_queue_len(struct writer *w);

#endif
