#include "server/housekeeper.h"

#include "auth/audit_chain.h"
#include "auth/burst.h"
#include "auth/kept_answer.h"
#include "auth/key_report.h"
#include "auth/key_undo.h"
#include "auth/keyfile.h"
#include "auth/pepper.h"
#include "auth/pepper_desk.h"
#include "auth/key_uses.h"
#include "auth/session.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "db/change.h"
#include "db/transaction.h"
#include "doc/bulk_job.h"
#include "doc/file_part.h"
#include "doc/file_store.h"
#include "doc/file_sweep.h"

enum {
	TICK_MS = 1000,
	FLUSH_EVERY_S = 10,
	SWEEP_EVERY_S = 600,
	FILES_EVERY_S = 3600,
	DAY_S = 24 * 3600,
	MISSING_TOLD = 20, /* names of them in the log */
	SWEEP_ARENA = 1024 * 1024,
	STOP_TRIES = 50,
};

/* What sweeping leaves: a little longer than the memory that is behind, or another node, needs. */
#define SESSION_GRACE_US (3600 * CLOCK_US_PER_S)
#define CHANGE_KEEP_US (24 * 3600 * CLOCK_US_PER_S)

/* A job of the writer that somebody waits for. */
struct chore {
	struct writer_job job;
	struct housekeeper *keeper;
	bool (*work)(struct chore *chore, struct db_conn *c, struct err *err);
	struct arena *arena;
	struct change_list changes;
	void (*committed)(struct chore *chore); /* NULL: nothing to be told */
	bool done, ok, more;
	int64_t before_us, removed; /* files */
	int64_t sealed;             /* rows of the audit log */
	bool has_bursts, leaves;
	struct audit_chain_head head;
};

struct housekeeper {
	struct site *site;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool stopping;
	int64_t started_us;
	int64_t told_day;   /* the last one on which the log said how far the seals go */
	struct db_conn *db; /* where every thread may write; else NULL */
	struct turn_thread *turn;
	struct key_count count; /* under way, if counting */
	bool counting;
	int64_t count_at_s; /* when the next count may begin */
};

/* Of the thread that writes. */
static struct turn_thread *
turn_of(const struct housekeeper *h)
{
	return h->db != NULL ? h->turn : h->site->writer_turn;
}

static bool
chore_body(struct writer_job *job, struct db_conn *c, struct err *err)
{
	struct chore *chore = CONTAINER_OF(job, struct chore, job);
	struct turn_thread *turn = turn_of(chore->keeper);

	turn_awake(turn);
	const bool ok =
	    chore->work(chore, c, err) && change_store(c, chore->arena, &chore->changes, err);

	turn_asleep(turn);
	job->ends_batch = ok && chore->changes.first != NULL;
	return ok;
}

static void
chore_rewind(struct writer_job *job)
{
	struct chore *chore = CONTAINER_OF(job, struct chore, job);

	arena_reset(chore->arena);
	chore->changes = (struct change_list){ 0 };
	job->ends_batch = false;
}

static void
chore_publish(struct writer_job *job, struct db_conn *c)
{
	struct chore *chore = CONTAINER_OF(job, struct chore, job);
	struct housekeeper *h = chore->keeper;

	turn_awake(turn_of(h));
	(void)site_publish(h->site, c, &chore->changes);
	if (chore->committed != NULL)
		chore->committed(chore);
	turn_asleep(turn_of(h));
}

static void
chore_done(struct writer_job *job, bool ok, const struct err *err)
{
	struct chore *chore = CONTAINER_OF(job, struct chore, job);
	struct housekeeper *h = chore->keeper;

	if (!ok)
		log_err(LOG_WARN, "housekeeper", err);
	pthread_mutex_lock(&h->mutex);
	chore->ok = ok;
	chore->done = true;
	pthread_cond_broadcast(&h->changed);
	pthread_mutex_unlock(&h->mutex);
}

/* Waits for the writer; false: it failed, or the writer's queue is full. */
static bool
run_chore(struct housekeeper *h, struct chore *chore)
{
	bool submitted = true;

	chore->job = (struct writer_job){ .body = chore_body,
		.rewind = chore_rewind,
		.publish = chore_publish,
		.done = chore_done };
	chore->keeper = h;
	chore->arena = arena_new(SWEEP_ARENA);

	if (h->db != NULL)
		transaction_run(h->db, &chore->job);
	else
		submitted = writer_submit(h->site->writer, &chore->job);
	pthread_mutex_lock(&h->mutex);
	while (submitted && !chore->done)
		pthread_cond_wait(&h->changed, &h->mutex);
	pthread_mutex_unlock(&h->mutex);
	arena_free(chore->arena);
	return submitted && chore->ok;
}

static bool
flush_body(struct chore *chore, struct db_conn *c, struct err *err)
{
	return auth_flush_counters(chore->keeper->site->auth, c, &chore->more, err);
}

static void
flush_committed(struct chore *chore)
{
	auth_flush_written(chore->keeper->site->auth);
}

/* All counters, in as many batches as they need. */
static bool
flush(struct housekeeper *h)
{
	bool ok, more;

	do {
		struct chore chore = { .work = flush_body, .committed = flush_committed };

		ok = run_chore(h, &chore);
		more = chore.more;
	} while (ok && more);
	return ok;
}

/* ---- peppers ---- */

static bool
renew_body(struct chore *chore, struct db_conn *c, struct err *err)
{
	return pepper_flush(
	    chore->keeper->site->auth, c, chore->arena, &chore->changes, &chore->more, err);
}

static void
renew_committed(struct chore *chore)
{
	pepper_flush_written(chore->keeper->site->auth);
}

/* Digests of older peppers whose secrets were used. */
static void
renew(struct housekeeper *h)
{
	bool ok = pepper_flush_due(h->site->auth), more = true;

	while (ok && more) {
		struct chore chore = { .work = renew_body, .committed = renew_committed };

		ok = run_chore(h, &chore);
		more = chore.more;
	}
}

static bool
node_body(struct chore *chore, struct db_conn *c, struct err *err)
{
	return pepper_desk_note_node(chore->keeper->site->auth, c, chore->leaves, err);
}

/* Says which peppers this node has, where there may be others: now and then, and when the key file
 * has changed. */
static void
watch_key_file(struct housekeeper *h, bool due)
{
	struct chore chore = { .work = node_body };
	bool changed = false;
	struct err err;

	if (!keyfile_refresh(h->site->keys, &changed, &err))
		log_err(LOG_ERROR, "key-file", &err);
	else if (changed)
		log_text(LOG_INFO, "key-file", "symbolon.key was read again");
	if (h->db != NULL && (due || changed))
		(void)run_chore(h, &chore);
}

/* At the end: no rotation waits for this node. */
static void
leave(struct housekeeper *h)
{
	struct chore chore = { .work = node_body, .leaves = true };

	renew(h);
	if (h->db != NULL)
		(void)run_chore(h, &chore);
}

/* ---- the audit log ---- */

static bool
seal_body(struct chore *chore, struct db_conn *c, struct err *err)
{
	struct auth *auth = chore->keeper->site->auth;

	return (!chore->has_bursts || bursts_flush(auth_bursts(auth), c, err)) &&
	    audit_chain_seal(c, chore->arena, &chore->sealed, err);
}

static void
seal_committed(struct chore *chore)
{
	if (chore->has_bursts)
		bursts_written(auth_bursts(chore->keeper->site->auth));
}

static bool
head_body(struct chore *chore, struct db_conn *c, struct err *err)
{
	return audit_chain_head(c, chore->arena, &chore->head, err);
}

/* What an operator keeps elsewhere, so that a log that lost its end does not pass for a whole one.
 */
static void
tell_head(struct housekeeper *h)
{
	struct chore chore = { .work = head_body };
	struct log_line l;

	if (!run_chore(h, &chore) || chore.head.number == 0)
		return;
	log_begin(&l, LOG_INFO, "audit-head");
	log_int(&l, "seal", chore.head.number);
	log_int(&l, "row", chore.head.last_row);
	log_str(&l, "digest", (struct str){ chore.head.digest, sizeof(chore.head.digest) });
	log_end(&l);
}

/* All rows that are there, in as many batches as they need; and once a day how far that is. */
static bool
seal(struct housekeeper *h)
{
	const int64_t day = clock_now_us() / CLOCK_US_PER_S / DAY_S;
	bool ok, more;

	do {
		struct chore chore = { .work = seal_body,
			.committed = seal_committed,
			.has_bursts = bursts_any(auth_bursts(h->site->auth)) };

		ok = run_chore(h, &chore);
		more = chore.sealed == AUDIT_CHAIN_BATCH;
	} while (ok && more);
	if (ok && day != h->told_day) {
		h->told_day = day;
		tell_head(h);
	}
	return ok;
}

static bool
sweep_body(struct chore *chore, struct db_conn *c, struct err *err)
{
	const int64_t now = clock_now_us();

	return session_sweep(c, chore->arena, &chore->changes, now - SESSION_GRACE_US, err) &&
	    key_undo_sweep(c, now, err) && bulk_job_sweep(c, now, false, err) &&
	    key_uses_sweep(c, now, err) && change_prune(c, now - CHANGE_KEEP_US, err);
}

static bool
sweep_answers_body(struct chore *chore, struct db_conn *c, struct err *err)
{
	return kept_answer_sweep(c, clock_now_us(), &chore->more, err);
}

static void
sweep(struct housekeeper *h)
{
	struct chore chore = { .work = sweep_body };
	bool more;

	(void)run_chore(h, &chore); /* what is left is for the next one */
	do {
		struct chore answers = { .work = sweep_answers_body };

		more = run_chore(h, &answers) && answers.more;
	} while (more);
}

/* Of the process before, on a database that is this one's alone. */
static bool
sweep_jobs_body(struct chore *chore, struct db_conn *c, struct err *err)
{
	return bulk_job_sweep(c, chore->keeper->started_us, true, err);
}

static void
sweep_jobs(struct housekeeper *h)
{
	struct chore chore = { .work = sweep_jobs_body };

	if (h->db == NULL)
		(void)run_chore(h, &chore); /* what is left is for the next one */
}

/* ---- files ---- */

static bool
sweep_parts_body(struct chore *chore, struct db_conn *c, struct err *err)
{
	return file_part_sweep(c, chore->arena, chore->before_us, &chore->removed, err);
}

static int64_t
sweep_parts(struct housekeeper *h, int64_t before_us)
{
	struct chore chore = { .work = sweep_parts_body, .before_us = before_us };

	return run_chore(h, &chore) ? chore.removed : 0;
}

static void
tell_missing(void *arg, struct str name)
{
	int64_t *missing = arg;
	struct log_line l;

	if (++*missing > MISSING_TOLD)
		return;
	log_begin(&l, LOG_WARN, "file-without-content");
	log_str(&l, "name", name);
	log_end(&l);
}

static bool
sweep_directory(
    struct housekeeper *h, int64_t before_us, int64_t *removed, int64_t *missing, struct err *err)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(SWEEP_ARENA);
	const struct conf *conf = h->site->conf;
	struct db_conn *c = h->db;

	if (c == NULL && !db_connect(h->site->db, DB_READ, &c, err))
		return false;
	const bool ok = file_sweep_directory(conf, c, a, before_us, removed, err) &&
	    file_sweep_missing(conf, c, a, tell_missing, missing, err);

	if (h->db == NULL)
		db_disconnect(c);
	return ok;
}

static int64_t
untouched_us(void)
{
	return clock_now_us() - (int64_t)FILE_UNTOUCHED_S * CLOCK_US_PER_S;
}

/*
 * Uploads that never ended, and what deleted documents have left. The directory is this process's
 * alone; in the database other nodes may be about to name what is not young.
 */
static void
sweep_files(struct housekeeper *h, int64_t before_us)
{
	int64_t removed = 0, missing = 0;
	struct log_line l;
	struct err err;

	if (!sweep_directory(h, before_us, &removed, &missing, &err))
		log_err(LOG_WARN, "files", &err);
	removed += sweep_parts(h, MIN(before_us, untouched_us()));
	if (removed == 0 && missing == 0)
		return;
	log_begin(&l, LOG_INFO, "files-swept");
	log_int(&l, "removed", removed);
	log_int(&l, "missing", missing);
	log_end(&l);
}

/* ---- how many keys should be looked at ---- */

/* For one connection's time: a reader of an embedded database keeps what is old alive. */
static bool
count_step(struct housekeeper *h, bool *done, struct err *err)
{
	struct db_conn *c = h->db;

	if (c == NULL && !db_connect(h->site->db, DB_READ, &c, err))
		return false;
	turn_awake(h->turn);
	const bool ok = key_count_step(h->site->auth, c, clock_now_us(), &h->count, done, err);

	turn_asleep(h->turn);
	if (h->db == NULL)
		db_disconnect(c);
	return ok;
}

static void
publish_count(struct housekeeper *h)
{
	struct key_findings *f = &h->site->findings;

	for (size_t i = 0; i < KEY_FINDINGS; i++)
		atomic_store_explicit(&f->of[i], h->count.of[i], memory_order_relaxed);
	atomic_store_explicit(&f->known, true, memory_order_release);
	h->counting = false;
}

/* A step a second, at the start and then for those who ask: nobody pays for what nobody reads. */
static void
count_keys(struct housekeeper *h, int64_t second)
{
	struct key_findings *f = &h->site->findings;
	bool done = false;
	struct err err;

	if (!h->counting && second >= h->count_at_s &&
	    (!atomic_load(&f->known) || atomic_exchange(&f->asked, false))) {
		h->counting = true;
		h->count_at_s = second + KEY_COUNT_EVERY_S;
		h->count = (struct key_count){ 0 };
	}
	if (!h->counting)
		return;
	if (!count_step(h, &done, &err)) {
		log_err(LOG_WARN, "housekeeper", &err);
		h->counting = false;
	} else if (done) {
		publish_count(h);
	}
}

/* True when it is time to stop. */
static bool
wait_tick(struct housekeeper *h)
{
	const int64_t until_ms = clock_mono_ms() + TICK_MS;

	pthread_mutex_lock(&h->mutex);
	while (!h->stopping && thread_cond_wait_until(&h->changed, &h->mutex, until_ms))
		continue;
	const bool stopping = h->stopping;

	pthread_mutex_unlock(&h->mutex);
	return stopping;
}

static void *
housekeeper_main(void *arg)
{
	struct housekeeper *h = arg;

	/* Nothing that was on its way when the process before ended still is. */
	sweep_files(h, h->started_us);
	sweep_jobs(h);
	watch_key_file(h, true);
	for (int64_t second = 1; !wait_tick(h); second++) {
		turn_collect(h->site->turns);
		if (second % FLUSH_EVERY_S == 0 || auth_flush_due(h->site->auth)) {
			(void)flush(h); /* counted on: the next one writes it */
			renew(h);
		}
		watch_key_file(h, second % PEPPER_DESK_NODE_S == 0);
		(void)seal(h);
		count_keys(h, second);
		if (second % SWEEP_EVERY_S == 0)
			sweep(h);
		if (second % FILES_EVERY_S == 0)
			sweep_files(h, untouched_us());
		log_flush();
	}
	/* The last counts: the queue may be full of those that drain. */
	for (int i = 0; i < STOP_TRIES && (!flush(h) || !seal(h)); i++) {
		const struct timespec moment = { .tv_nsec = 20 * 1000 * 1000 };

		if (h->db != NULL || writer_is_read_only(h->site->writer))
			break;
		nanosleep(&moment, NULL);
	}
	leave(h);
	log_flush();
	return NULL;
}

static void
free_all(struct housekeeper *h)
{
	if (h->db != NULL)
		db_disconnect(h->db);
	turn_leave(h->turn);
	pthread_cond_destroy(&h->changed);
	pthread_mutex_destroy(&h->mutex);
	mem_free(h);
}

bool
housekeeper_start(struct site *site, struct housekeeper **out, struct err *err)
{
	struct housekeeper *h = MEM_NEW(struct housekeeper);

	h->site = site;
	h->started_us = clock_now_us();
	if (!db_is_embedded(site->db) && !db_connect(site->db, DB_WRITE, &h->db, err)) {
		mem_free(h);
		return false;
	}
	h->turn = turn_join(site->turns);
	pthread_mutex_init(&h->mutex, NULL);
	thread_cond_init(&h->changed);
	if (thread_start(&h->thread, "housekeeper", housekeeper_main, h) != 0) {
		free_all(h);
		return err_set(err, ERR_UNAVAILABLE, "the system gives no more threads");
	}
	*out = h;
	return true;
}

void
housekeeper_stop(struct housekeeper *h)
{
	if (h == NULL)
		return;
	pthread_mutex_lock(&h->mutex);
	h->stopping = true;
	pthread_cond_broadcast(&h->changed);
	pthread_mutex_unlock(&h->mutex);
	pthread_join(h->thread, NULL);
	free_all(h);
}
