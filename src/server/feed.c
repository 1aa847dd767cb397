#include "server/feed.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"
#include "conf/conf.h"
#include "crypto/digest.h"

#include <stdatomic.h>

enum {
	READ_ARENA = 16 * 1024 * 1024,
	CONNECT_TIMEOUT_S = 2, /* libpq knows no shorter one */
	CONNECT_TRIES = 3,     /* at the start: the database answered a moment ago */
	LOST_MS = 15 * 1000,   /* without a lease nobody waits, and some hosts may be silent */
	ANSWER_MS = 10 * 1000, /* for each answer of what is read after a poll */
	MANY = 200,            /* changes that take longer to read than others may be held up */
	TOO_MANY = 20000,      /* changes: loading everything is quicker */
};

struct feed {
	struct site *site;
	struct db *own; /* with one connection: the poll never waits for those of others */
	struct db_conn *db;
	struct turn_thread *turn;
	struct change_position position; /* of the memory */
	_Atomic int64_t lease_ms;        /* clock_boot_ms() before the last good poll; 0: none */
	bool was_lost, is_begun;         /* is_begun: there was a lease */
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool stopping;
	struct feed_waiter *waiting;
	size_t waiting_len;
};

bool
feed_is_live(const struct feed *f)
{
	return clock_boot_ms() - atomic_load(&f->lease_ms) <= FEED_LEASE_MS;
}

bool
feed_may_accept(const struct feed *f)
{
	const int64_t open_ms = f->site->conf->database.fail_open_s * 1000;

	return clock_boot_ms() - atomic_load(&f->lease_ms) <= FEED_LEASE_MS + open_ms;
}

bool
feed_wait(struct feed *f, struct feed_waiter *w)
{
	pthread_mutex_lock(&f->mutex);
	const bool fits = !f->stopping && feed_is_live(f) && f->waiting_len < FEED_WAITERS_MAX;

	if (fits) {
		w->next = f->waiting;
		f->waiting = w;
		f->waiting_len++;
	}
	pthread_mutex_unlock(&f->mutex);
	return fits;
}

/* Those who came before the poll that now begins. */
static struct feed_waiter *
take_waiting(struct feed *f)
{
	pthread_mutex_lock(&f->mutex);
	struct feed_waiter *list = f->waiting;

	f->waiting = NULL;
	f->waiting_len = 0;
	pthread_mutex_unlock(&f->mutex);
	return list;
}

static void
call_all(struct feed_waiter *list)
{
	while (list != NULL) {
		struct feed_waiter *next = list->next;

		list->ready(list);
		list = next;
	}
}

/* They wait for the next poll instead. */
static void
give_back(struct feed *f, struct feed_waiter *list)
{
	pthread_mutex_lock(&f->mutex);
	while (list != NULL) {
		struct feed_waiter *next = list->next;

		list->next = f->waiting;
		f->waiting = list;
		f->waiting_len++;
		list = next;
	}
	pthread_mutex_unlock(&f->mutex);
}

/* Everything anew; until that is done the lease is lost. */
static bool
reload(struct feed *f, const struct change_position *now, struct err *err)
{
	atomic_store(&f->lease_ms, INT64_MIN / 2);
	log_text(LOG_WARN, "feed", "what changed cannot be followed: everything is loaded anew");
	turn_awake(f->turn);
	const bool ok = site_reload(f->site, f->db, err);

	turn_asleep(f->turn);
	if (ok)
		f->position = *now;
	return ok;
}

static bool
publish(struct feed *f, const struct change_list *changes, struct err *err)
{
	turn_awake(f->turn);
	const bool ok = site_publish(f->site, f->db, changes);

	turn_asleep(f->turn);
	return ok || err_set(err, ERR_UNAVAILABLE, "A change could not be read");
}

static bool
follow(struct feed *f, const struct change_position *now, struct err *err)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(READ_ARENA);
	const struct change_span span = {
		.after = f->position.seq, .after_us = f->position.at_us, .to = now->seq
	};
	struct change_list changes;
	bool whole;

	if (!change_read(f->db, a, span, &changes, &whole, err))
		return false;
	if (!whole)
		return reload(f, now, err);
	if (!publish(f, &changes, err))
		return false;
	f->position = *now;
	return true;
}

/* Is what the database says a later page of the same history? */
static bool
is_later(const struct change_position *now, const struct change_position *seen)
{
	return memcmp(now->id, seen->id, CHANGE_ID_LEN) == 0 &&
	    (now->seq > seen->seq || (now->seq == seen->seq && now->at_us == seen->at_us));
}

/* Brings the memory up to the database. */
static bool
poll_once(struct feed *f, struct err *err)
{
	struct change_position now;

	db_set_deadline(f->db, clock_mono_ms() + (feed_is_live(f) ? FEED_LEASE_MS : LOST_MS));
	if (!change_position(f->db, &now, err))
		return false;
	/* It may be long until the next poll; then nobody is judged by that. */
	db_heard(f->site->db,
	    is_later(&now, &f->position) && now.seq - f->position.seq <= MANY ? clock_mono_ms()
									      : 0);
	/* What follows may take longer than a poll; the lease is as old as its beginning. */
	db_set_deadline(f->db, 0);
	if (!is_later(&now, &f->position) || now.seq - f->position.seq > TOO_MANY)
		return reload(f, &now, err);
	return now.seq == f->position.seq || follow(f, &now, err);
}

/* Sessions that are over as far as this node has seen: another one may have seen them used. */
static bool
reread_sessions(struct feed *f, const struct feed_waiter *list, struct err *err)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(READ_ARENA);
	struct change_list changes = { 0 };
	struct digest digest;
	char hex[DIGEST_HEX_LEN];

	for (; list != NULL; list = list->next) {
		if (list->session == NULL)
			continue;
		memcpy(digest.bytes, list->session, DIGEST_LEN);
		if (!change_add(a, &changes, CHANGE_SESSION, digest_to_hex(&digest, hex), err))
			return false;
	}
	return publish(f, &changes, err);
}

/* Says once that the lease is lost, and once that it is back. Before a good poll renews it. */
static void
note(struct feed *f, bool ok, const struct err *err)
{
	const bool is_lost = !feed_is_live(f);

	if (is_lost && !f->was_lost && !ok)
		log_err(LOG_ERROR, "lease-lost", err);
	if (is_lost && !f->was_lost && ok && f->is_begun)
		log_text(
		    LOG_WARN, "feed", "the database answered late: credentials were answered 503");
	if (ok && f->was_lost)
		log_text(LOG_WARN, "feed", "the database answers again");
	f->was_lost = is_lost && !ok;
	f->is_begun |= ok;
}

/* Returns when it began, by clock_mono_ms(). */
static int64_t
run_poll(struct feed *f)
{
	struct feed_waiter *list = take_waiting(f);
	const int64_t begun_mono_ms = clock_mono_ms();
	const int64_t begun_ms = clock_boot_ms();
	struct err err;
	const bool ok = poll_once(f, &err) && reread_sessions(f, list, &err);

	note(f, ok, &err);
	if (ok)
		atomic_store(&f->lease_ms, begun_ms);
	if (!ok && feed_is_live(f)) {
		give_back(f, list);
		return begun_mono_ms;
	}
	call_all(list);
	if (!ok) /* the next try may take long, and nothing is gained by it */
		call_all(take_waiting(f));
	return begun_mono_ms;
}

/* True when it is time to stop. */
static bool
wait_until(struct feed *f, int64_t until_ms)
{
	pthread_mutex_lock(&f->mutex);
	while (!f->stopping && thread_cond_wait_until(&f->changed, &f->mutex, until_ms))
		continue;
	const bool stopping = f->stopping;

	pthread_mutex_unlock(&f->mutex);
	return stopping;
}

static void *
feed_main(void *arg)
{
	struct feed *f = arg;
	int64_t begun_ms = clock_mono_ms();

	(void)thread_hurry(); /* where cores are busy, the lease and every revocation hang on it */

	/* From begin to begin: what a poll takes does not make the next one later. */
	while (!wait_until(f, begun_ms + FEED_POLL_MS))
		begun_ms = run_poll(f);
	call_all(take_waiting(f));
	log_flush();
	return NULL;
}

static void
free_all(struct feed *f)
{
	db_disconnect(f->db);
	db_close(f->own);
	turn_leave(f->turn);
	pthread_cond_destroy(&f->changed);
	pthread_mutex_destroy(&f->mutex);
	mem_free(f);
}

static bool
open_own(const struct conf *conf, struct db *beside, struct db **out, struct err *err)
{
	const struct db_options options = { .url = conf->database.url,
		.max_connections = 1,
		.beside = beside,
		.connect_timeout_s = CONNECT_TIMEOUT_S,
		.statement_timeout_ms = (int)conf->database.statement_timeout_s * 1000,
		.lock_timeout_ms = (int)conf->database.lock_timeout_s * 1000,
		.answer_timeout_ms = ANSWER_MS };
	bool ok = false;

	for (int i = 0; i < CONNECT_TRIES && !ok; i++)
		ok = db_open(&options, out, err);
	return ok;
}

static struct feed *
feed_new(struct site *site, struct db *own, struct db_conn *db)
{
	struct feed *f = MEM_NEW(struct feed);

	f->site = site;
	f->own = own;
	f->db = db;
	f->turn = turn_join(site->turns);
	f->position = site->position;
	atomic_store(&f->lease_ms, INT64_MIN / 2);
	pthread_mutex_init(&f->mutex, NULL);
	thread_cond_init(&f->changed);
	return f;
}

bool
feed_start(struct site *site, struct feed **out, struct err *err)
{
	struct db_conn *db;
	struct db *own;

	*out = NULL;
	if (db_is_embedded(site->db))
		return true;
	if (!open_own(site->conf, site->db, &own, err))
		return false;
	if (!db_connect(own, DB_READ, &db, err)) {
		db_close(own);
		return false;
	}
	struct feed *f = feed_new(site, own, db);

	(void)run_poll(f); /* nobody is served before the lease is good */
	if (thread_start(&f->thread, "feed", feed_main, f) != 0) {
		free_all(f);
		return err_set(err, ERR_UNAVAILABLE, "the system gives no more threads");
	}
	*out = f;
	return true;
}

void
feed_stop(struct feed *f)
{
	if (f == NULL)
		return;
	pthread_mutex_lock(&f->mutex);
	f->stopping = true;
	pthread_cond_broadcast(&f->changed);
	pthread_mutex_unlock(&f->mutex);
	pthread_join(f->thread, NULL);
	db_heard(f->site->db, 0);
	free_all(f);
}
