/*
 * bulk_job.h - DocType Bulk Job: work on many documents that goes on after its call was answered,
 * how far it is, and what became of each (spec/rest.md 1.2).
 *
 * A job is its starter's to read. One that has not moved for BULK_JOB_LOST_S was broken off by a
 * stop of the server or by the end of its starter's key or session.
 */
#ifndef DOC_BULK_JOB_H
#define DOC_BULK_JOB_H

#include "doc/doc.h"

enum {
	BULK_JOB_LOST_S = 600,
	BULK_JOB_KEPT_S = 7 * 24 * 3600,
};

struct bulk_job_count {
	int64_t total, succeeded, failed;
};

/* A new one, queued; work: what is done. *name is in the arena. */
MUST_USE bool
bulk_job_new(struct call *call, struct str work, int64_t total, struct str *name, struct err *err);

/* In the transaction of a document of it: how far it is then. */
MUST_USE bool bulk_job_note(
    struct call *call, struct str name, const struct bulk_job_count *count, struct err *err);

/* It is over; result: JSON. */
MUST_USE bool bulk_job_finish(struct call *call, struct str name,
    const struct bulk_job_count *count, struct str result, struct err *err);

/* Says so of what was broken off, and deletes what is old. alone: nobody else works on the
 * database, and what has not moved since now_us never will. */
MUST_USE bool bulk_job_sweep(struct db_conn *c, int64_t now_us, bool alone, struct err *err);

#endif
