#include "db/transaction.h"

#include "crypto/random.h"

#include <time.h>

enum { FIRST_PAUSE_US = 1000, LONGEST_PAUSE_US = 100 * 1000 };

/* Longer each time, and never the same for two that met. */
static void
pause_before(int attempt)
{
	const uint32_t longest =
	    MIN((uint32_t)FIRST_PAUSE_US << attempt, (uint32_t)LONGEST_PAUSE_US);
	const struct timespec pause = { .tv_nsec = (long)(1 + random_below(longest)) * 1000 };

	nanosleep(&pause, NULL);
}

static bool
run_once(struct db_conn *c, struct writer_job *job)
{
	if (!db_begin(c, &job->err))
		return false;
	if (!job->body(job, c, &job->err)) {
		db_rollback(c);
		return false;
	}
	const bool ok = db_end(c, true, &job->err);

	job->ok = ok;
	if ((ok || (job->err.kind == ERR_UNAVAILABLE && !db_wants_rerun(c))) &&
	    job->publish != NULL)
		job->publish(job, c);
	return ok;
}

void
transaction_run(struct db_conn *c, struct writer_job *job)
{
	job->ok = run_once(c, job);
	for (int i = 1; i < TRANSACTION_TRIES && !job->ok && db_wants_rerun(c); i++) {
		pause_before(i);
		if (job->rewind != NULL)
			job->rewind(job);
		job->ok = run_once(c, job);
	}
	job->done(job, job->ok, &job->err);
}
