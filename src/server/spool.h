/*
 * spool.h - the thread that writes the bodies of large requests to files (base/tempfile.h).
 *
 * They lie in the data directory. A loop never writes a file itself: it submits a piece and gets
 * it back when it is on its way to the disk.
 */
#ifndef SERVER_SPOOL_H
#define SERVER_SPOOL_H

#include "base/err.h"
#include "base/str.h"

/* One piece to be written; it changes owner with spool_submit() and comes back with done(). */
struct spool_job {
	int fd; /* -1: opened first */
	int64_t at;
	struct str bytes;
	void (*done)(struct spool_job *job); /* on the spool's thread */
	bool ok;                             /* the outcome */
	struct err err;
};

/* The thread that writes. */
struct spool;
MUST_USE bool spool_start(struct str directory, struct spool **out, struct err *err);
void spool_stop(struct spool *s); /* finishes what is queued; NULL does nothing */

/* False if too many wait: answer 503. */
MUST_USE bool spool_submit(struct spool *s, struct spool_job *job);

#endif
