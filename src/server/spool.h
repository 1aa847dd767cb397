/*
 * spool.h - files without a name for what is too large for memory: request bodies, answers.
 *
 * They lie in the data directory and vanish with their descriptor. A loop never writes a file
 * itself: it submits a piece and gets it back when it is on its way to the disk.
 */
#ifndef SERVER_SPOOL_H
#define SERVER_SPOOL_H

#include "base/err.h"
#include "base/str.h"

/* A new file in directory (a C string), opened for reading and writing. */
MUST_USE bool spool_open(struct str directory, int *fd, struct err *err);

/* Writes all of bytes at that place. ERR_UNAVAILABLE: the disk is full or failed. */
MUST_USE bool spool_write(int fd, int64_t at, struct str bytes, struct err *err);

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
