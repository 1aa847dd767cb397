#include "db/writer.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "db/checkpoint.h"
#include "db/db_sqlite.h"
#include "db/jobs.h"

#include <stdatomic.h>

enum {
	QUEUE_SIZE = 1024,
	MAX_BATCH = 256,
	MAX_BATCH_US = 5000,
	PROBE_MS = 1000, /* between two probes of an idle writer that is read-only */
	RETRY_AFTER_S = 5,
};

/* A change that means nothing, for marker commits. */
static const struct str MARKER =
    STR_INIT("INSERT INTO counter (name, value) VALUES ('marker', 1) "
	     "ON CONFLICT (name) DO UPDATE SET value = counter.value + 1");

struct writer {
	struct db_conn *conn;
	struct writer_options options;
	struct checkpoint *checkpoint;
	struct jobs *queue;
	atomic_bool read_only;
	pthread_t thread;
};

/* Jobs that share a transaction, in the order in which they ran. */
struct batch {
	struct writer_job *first, *last;
	int len;
	int64_t started_us;
};

static void
append(struct batch *b, struct writer_job *job)
{
	job->next = NULL;
	if (b->last == NULL)
		b->first = job;
	else
		b->last->next = job;
	b->last = job;
	b->len++;
}

static void
refuse(struct writer_job *job, const struct err *err)
{
	job->ok = false;
	job->err = *err;
}

static bool
read_only(struct err *err)
{
	err_set(err, ERR_UNAVAILABLE, "The disk does not take writes: nothing was saved");
	err->retry_after_s = RETRY_AFTER_S;
	return err_cause(err, "read-only since a commit and the marker after it failed");
}

/* Publishes what was committed, then answers; the jobs are no longer ours after that. */
static void
settle(struct writer *w, struct batch *b)
{
	for (struct writer_job *job = b->first; job != NULL; job = job->next) {
		if (job->ok && job->publish != NULL)
			job->publish(job, w->conn);
	}
	for (struct writer_job *job = b->first; job != NULL;) {
		struct writer_job *next = job->next;

		job->done(job, job->ok, &job->err);
		job = next;
	}
	*b = (struct batch){ 0 };
}

/* A small commit of its own. */
static bool
mark(struct writer *w, struct err *err)
{
	return db_begin(w->conn, err) &&
	    db_end(w->conn, db_exec(w->conn, MARKER, NULL, 0, NULL, err), err);
}

/* May the writer write? If it is read-only, this tries. */
static bool
probe(struct writer *w)
{
	struct err err;

	if (!atomic_load(&w->read_only))
		return true;
	if (!mark(w, &err))
		return false;
	atomic_store(&w->read_only, false);
	log_text(LOG_WARN, "writer", "the disk takes writes again");
	return true;
}

/*
 * After a failed commit. Its frames may be whole in the log although the fsync failed: without
 * another commit in their place they would come back when the process dies.
 */
static void
recover(struct writer *w, const struct err *commit)
{
	struct err err;

	log_err(LOG_ERROR, "commit", commit);
	db_rollback(w->conn);
	if (mark(w, &err))
		return;
	log_err(LOG_ERROR, "marker", &err);
	if (!atomic_exchange(&w->read_only, true))
		log_text(
		    LOG_ERROR, "writer", "nothing is written until the disk takes writes again");
}

static void
commit(struct writer *w, struct batch *b)
{
	struct err err;

	if (db_commit(w->conn, &err)) {
		checkpoint_note(w->checkpoint);
		return;
	}
	if (err.kind != ERR_UNAVAILABLE) {
		char cause[sizeof(err.cause)];

		memcpy(cause, err.cause, sizeof(cause));
		err_set(&err, ERR_UNAVAILABLE, "The database did not save. Try again later");
		err_cause(&err, "%s", cause);
		err.retry_after_s = RETRY_AFTER_S;
	}
	recover(w, &err);
	for (struct writer_job *job = b->first; job != NULL; job = job->next)
		refuse(job, &err);
}

static bool
run_body(struct writer *w, struct writer_job *job)
{
	db_sqlite_guard(w->conn, true);
	const bool ok = job->body(job, w->conn, &job->err);

	db_sqlite_guard(w->conn, false);
	db_sqlite_reset_all(w->conn);
	return ok;
}

/*
 * Runs the body inside a savepoint. False: SQLite has thrown the transaction away, or what is left
 * of it cannot be trusted and was; then the job has failed, too.
 */
static bool
run_job(struct writer *w, struct writer_job *job)
{
	struct err scratch;

	job->ok =
	    db_exec(w->conn, STR("SAVEPOINT job"), NULL, 0, NULL, &job->err) && run_body(w, job);
	if (job->ok && db_in_transaction(w->conn))
		job->ok = db_exec(w->conn, STR("RELEASE job"), NULL, 0, NULL, &job->err);
	else if (job->ok)
		job->ok = err_set(&job->err, ERR_UNAVAILABLE, "The disk fails: nothing was saved");
	if (job->ok)
		return true;
	if (!db_in_transaction(w->conn))
		return false;
	if (db_exec(w->conn, STR("ROLLBACK TO job"), NULL, 0, NULL, &scratch) &&
	    db_exec(w->conn, STR("RELEASE job"), NULL, 0, NULL, &scratch))
		return true;
	db_rollback(w->conn);
	return false;
}

/* Runs one job again, in a transaction of its own. */
static void
run_again(struct writer *w, struct writer_job *job)
{
	struct batch one = { 0 };

	append(&one, job);
	job->ends_batch = false;
	job->ok = false;
	if (job->rewind != NULL)
		job->rewind(job);
	if (!probe(w))
		read_only(&job->err);
	else if (db_begin(w->conn, &job->err) && run_job(w, job))
		commit(w, &one);
	settle(w, &one);
}

static void
run_all_again(struct writer *w, struct batch *b)
{
	for (struct writer_job *job = b->first; job != NULL;) {
		struct writer_job *next = job->next;

		run_again(w, job);
		job = next;
	}
	*b = (struct batch){ 0 };
}

static bool
is_full(const struct writer *w, const struct batch *b)
{
	return b->last->alone || b->last->ends_batch || b->len >= w->options.max_batch ||
	    clock_mono_us() - b->started_us >= w->options.max_batch_us;
}

/* Runs jobs in the open transaction until it is time to commit. False: it is gone. */
static bool
fill(struct writer *w, struct batch *b)
{
	struct writer_job *job;

	while ((job = jobs_take(w->queue)) != NULL) {
		if (job->alone && b->len > 0) {
			jobs_untake(w->queue, job);
			return true;
		}
		append(b, job);
		if (!run_job(w, job))
			return false;
		if (is_full(w, b))
			return true;
	}
	return true;
}

/* Answers all that waits now without running it. */
static void
refuse_all(struct writer *w, const struct err *err)
{
	struct batch b = { 0 };
	struct writer_job *job;

	while (b.len < w->options.max_batch && (job = jobs_take(w->queue)) != NULL) {
		append(&b, job);
		refuse(job, err);
	}
	settle(w, &b);
}

static void
serve(struct writer *w)
{
	struct batch b = { .started_us = clock_mono_us() };
	struct err err;

	if (!probe(w)) {
		read_only(&err);
		refuse_all(w, &err);
		return;
	}
	if (checkpoint_wanted(w->checkpoint)) {
		int64_t pages, done;

		db_sqlite_checkpoint(w->conn, &pages, &done);
	}
	if (!db_begin(w->conn, &err)) {
		log_err(LOG_ERROR, "begin", &err);
		refuse_all(w, &err);
	} else if (fill(w, &b)) {
		commit(w, &b);
		settle(w, &b);
	} else {
		run_all_again(w, &b);
	}
}

static void *
work(void *arg)
{
	struct writer *w = arg;

	if (w->options.started != NULL)
		w->options.started(w->options.arg);
	for (;;) {
		const bool idle_probes = atomic_load(&w->read_only);
		const enum jobs_wait got = jobs_wait(w->queue, idle_probes ? PROBE_MS : -1);

		if (got == JOBS_CLOSED)
			break;
		if (got == JOBS_READY)
			serve(w);
		else
			(void)probe(w);
	}
	(void)probe(w);
	if (w->options.stopped != NULL)
		w->options.stopped(w->options.arg);
	log_flush();
	return NULL;
}

static bool
has_counter(struct db_conn *c, struct err *err)
{
	bool has;

	if (!db_has_table(c, STR("counter"), &has, err))
		return false;
	return has || err_set(err, ERR_INTERNAL, "The database has no tables of ours yet");
}

static struct writer_options
with_defaults(struct writer_options o)
{
	if (o.queue_size == 0)
		o.queue_size = QUEUE_SIZE;
	if (o.max_batch == 0)
		o.max_batch = MAX_BATCH;
	if (o.max_batch_us == 0)
		o.max_batch_us = MAX_BATCH_US;
	return o;
}

bool
writer_start(struct db *db, struct db_conn *c, const struct writer_options *options,
    struct writer **out, struct err *err)
{
	struct checkpoint *checkpoint;

	if (!has_counter(c, err) || !checkpoint_start(db, &checkpoint, err))
		return false;
	struct writer *w = MEM_NEW(struct writer);

	db_sqlite_no_checkpoints(c);
	w->conn = c;
	w->options = with_defaults(*options);
	w->checkpoint = checkpoint;
	w->queue = jobs_new(w->options.queue_size);
	if (thread_start(&w->thread, "writer", work, w) != 0) {
		checkpoint_stop(checkpoint);
		jobs_free(w->queue);
		mem_free(w);
		return err_set(err, ERR_UNAVAILABLE, "The system does not allow another thread");
	}
	*out = w;
	return true;
}

bool
writer_submit(struct writer *w, struct writer_job *job)
{
	return jobs_push(w->queue, job);
}

void
writer_stop(struct writer *w)
{
	int64_t pages, done;

	jobs_close(w->queue);
	pthread_join(w->thread, NULL);
	checkpoint_stop(w->checkpoint);
	db_sqlite_checkpoint(w->conn, &pages, &done);
	db_disconnect(w->conn);
	jobs_free(w->queue);
	mem_free(w);
}

bool
writer_is_read_only(const struct writer *w)
{
	return atomic_load(&w->read_only);
}

size_t
writer_queue_len(struct writer *w)
{
	return jobs_len(w->queue);
}
