/*
 * jobs.h - the writer's queue: many threads push, the writer takes all at once; for db/ only.
 *
 * Without locks unless the writer sleeps, and first come, first served. Jobs are chained
 * through their own next.
 */
#ifndef DB_JOBS_H
#define DB_JOBS_H

#include "db/writer.h"

struct jobs;

struct jobs *jobs_new(size_t size) MUST_USE;
void jobs_free(struct jobs *q); /* closed and empty */

/* False if the queue is full (and the job does not go on) or closed. Any thread. */
MUST_USE bool jobs_push(struct jobs *q, struct writer_job *job);

/* No more pushes; what is queued can still be taken. Any thread. */
void jobs_close(struct jobs *q);

/* How many wait. Any thread. */
size_t jobs_len(struct jobs *q);

/* The oldest job, or NULL if there is none now. The taking thread only. */
struct writer_job *jobs_take(struct jobs *q);

/* Puts a job back that was taken last. The taking thread only. */
void jobs_untake(struct jobs *q, struct writer_job *job);

enum jobs_wait { JOBS_READY, JOBS_TIMEOUT, JOBS_CLOSED };

/* Waits for a job, for timeout_ms at most (-1: for ever). JOBS_CLOSED: none is left, none will
 * come. */
enum jobs_wait jobs_wait(struct jobs *q, int timeout_ms);

#endif
