#include "db/checkpoint.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "db/db_sqlite.h"

#include <stdatomic.h>

enum {
	PAUSE_MS = 50,
	LONG_PAGES = 16000, /* 64 MiB */
	EXTRA_PASSES = 3,
};

struct checkpoint {
	struct db_conn *conn;
	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool dirty, stopping; /* under mutex */
	atomic_bool wanted;
};

/* One pass; false if something is left, or may be. */
static bool
pass(struct checkpoint *cp, int64_t *pages)
{
	int64_t done;

	*pages = 0;
	return db_sqlite_checkpoint(cp->conn, pages, &done) && done == *pages;
}

/* All that one round does; false if something is left. */
static bool
round_of_passes(struct checkpoint *cp)
{
	int64_t pages;
	bool all = pass(cp, &pages);

	if (pages <= LONG_PAGES)
		return all;
	for (int i = 0; i < EXTRA_PASSES; i++)
		all = pass(cp, &pages);
	atomic_store(&cp->wanted, true);
	return all;
}

/* The caller holds the mutex. False: stop. */
static bool
wait_for_work(struct checkpoint *cp)
{
	while (!cp->dirty && !cp->stopping)
		pthread_cond_wait(&cp->changed, &cp->mutex);

	const int64_t until_ms = clock_mono_ms() + PAUSE_MS;

	while (!cp->stopping && thread_cond_wait_until(&cp->changed, &cp->mutex, until_ms))
		continue;
	return !cp->stopping;
}

static void *
work(void *arg)
{
	struct checkpoint *cp = arg;

	pthread_mutex_lock(&cp->mutex);
	while (wait_for_work(cp)) {
		cp->dirty = false;
		pthread_mutex_unlock(&cp->mutex);
		const bool all = round_of_passes(cp);

		pthread_mutex_lock(&cp->mutex);
		cp->dirty = cp->dirty || !all;
	}
	pthread_mutex_unlock(&cp->mutex);
	return NULL;
}

/* A connection that has read nothing yet knows of no log, and its checkpoints do nothing. */
static bool
read_once(struct db_conn *c, struct err *err)
{
	bool has;

	return db_has_table(c, STR("counter"), &has, err);
}

bool
checkpoint_start(struct db *db, struct checkpoint **out, struct err *err)
{
	struct db_conn *c;

	if (!db_connect(db, DB_READ, &c, err))
		return false;
	if (!read_once(c, err)) {
		db_disconnect(c);
		return false;
	}
	struct checkpoint *cp = MEM_NEW(struct checkpoint);

	cp->conn = c;
	cp->dirty = true;
	pthread_mutex_init(&cp->mutex, NULL);
	thread_cond_init(&cp->changed);
	if (thread_start(&cp->thread, "checkpoint", work, cp) != 0) {
		db_disconnect(c);
		mem_free(cp);
		return err_set(err, ERR_UNAVAILABLE, "The system does not allow another thread");
	}
	*out = cp;
	return true;
}

void
checkpoint_note(struct checkpoint *cp)
{
	pthread_mutex_lock(&cp->mutex);
	if (!cp->dirty) {
		cp->dirty = true;
		pthread_cond_signal(&cp->changed);
	}
	pthread_mutex_unlock(&cp->mutex);
}

bool
checkpoint_wanted(struct checkpoint *cp)
{
	return atomic_load(&cp->wanted) && atomic_exchange(&cp->wanted, false);
}

void
checkpoint_stop(struct checkpoint *cp)
{
	pthread_mutex_lock(&cp->mutex);
	cp->stopping = true;
	pthread_cond_signal(&cp->changed);
	pthread_mutex_unlock(&cp->mutex);
	pthread_join(cp->thread, NULL);
	pthread_cond_destroy(&cp->changed);
	pthread_mutex_destroy(&cp->mutex);
	db_disconnect(cp->conn);
	mem_free(cp);
}
