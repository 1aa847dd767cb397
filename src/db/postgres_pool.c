#include "db/postgres_pool.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "crypto/random.h"
#include "db/db.h"
#include "db/postgres_error.h"
#include "db/postgres_primary.h"

#include <stdatomic.h>

enum {
	WAIT_MS = 5000, /* for a link that others use */
	FIRST_PAUSE_MS = 100,
	LONGEST_PAUSE_MS = 2000,
	RETRY_AFTER_S = 2,
};

struct postgres_pool {
	struct postgres_options options;
	struct postgres_watch watch;
	int max;
	pthread_mutex_t mutex;
	pthread_cond_t given;
	struct postgres_link *idle; /* the last one used comes first */
	int len;                    /* idle and in use */
	int connecting;             /* of these: not made yet */
	int64_t retry_ms;           /* clock_mono_ms() before which nobody connects */
	int pause_ms;
};

struct postgres_pool *
postgres_pool_new(const struct postgres_options *o, int max)
{
	struct postgres_pool *p = MEM_NEW(struct postgres_pool);

	p->options = *o;
	p->options.watch = &p->watch;
	p->max = max;
	pthread_mutex_init(&p->mutex, NULL);
	thread_cond_init(&p->given);
	return p;
}

void
postgres_pool_heard(struct postgres_pool *p, int64_t mono_ms)
{
	atomic_store(&p->watch.mono_ms, mono_ms);
}

static void
close_all(struct postgres_link *l)
{
	while (l != NULL) {
		struct postgres_link *next = l->next;

		postgres_link_close(l);
		l = next;
	}
}

void
postgres_pool_free(struct postgres_pool *p)
{
	if (p == NULL)
		return;
	close_all(p->idle);
	pthread_cond_destroy(&p->given);
	pthread_mutex_destroy(&p->mutex);
	mem_free(p);
}

static bool
is_silent(const struct postgres_pool *p)
{
	return postgres_watch_is_silent(&p->watch, DB_SILENT_MS / 2);
}

/* Under the mutex: does one work at least? */
static bool
has_some(const struct postgres_pool *p)
{
	return p->len > p->connecting;
}

/* Under the mutex: is there nothing to take and nothing to make? Where the database refuses one
 * more connection, those that others use will do. */
static bool
is_used_up(const struct postgres_pool *p)
{
	const bool refused = has_some(p) && clock_mono_ms() < p->retry_ms;

	return p->idle == NULL && (p->len >= p->max || refused);
}

static bool
wait_given(struct postgres_pool *p, int64_t until_ms)
{
	bool in_time = true;

	while (in_time && is_used_up(p) && !is_silent(p)) {
		const int64_t wake_ms = p->len < p->max ? MIN(until_ms, p->retry_ms) : until_ms;

		in_time = thread_cond_wait_until(&p->given, &p->mutex, wake_ms) ||
		    clock_mono_ms() < until_ms;
	}
	return !is_used_up(p);
}

static bool
used_up(const struct postgres_pool *p, struct err *err)
{
	err_set(err, ERR_UNAVAILABLE, "The database is busy. Try again later");
	err->retry_after_s = RETRY_AFTER_S;
	if (p->len >= p->max)
		return err_cause(
		    err, "all %d connections are in use ([database] max_connections)", p->max);
	return err_cause(err,
	    "PostgreSQL refuses more than %d connections, all in use: raise its limit, or lower "
	    "[database] max_connections (%d)",
	    p->len, p->max);
}

/* Under the mutex: how the last try ended, and when the next one may be. */
static void
note(struct postgres_pool *p, bool ok)
{
	if (ok) {
		p->pause_ms = 0;
		p->retry_ms = 0;
		return;
	}
	p->pause_ms = p->pause_ms == 0 ? FIRST_PAUSE_MS : MIN(2 * p->pause_ms, LONGEST_PAUSE_MS);
	p->retry_ms = clock_mono_ms() + p->pause_ms / 2 +
	    (int64_t)random_below((uint32_t)p->pause_ms / 2 + 1);
}

/* False and *again: others have connections that work. */
static bool
connect_one(struct postgres_pool *p, struct postgres_link **out, bool *again, struct err *err)
{
	const bool ok = postgres_primary_open(&p->options, out, err);

	pthread_mutex_lock(&p->mutex);
	note(p, ok);
	p->connecting--;
	p->len -= !ok;
	*again = !ok && has_some(p);
	pthread_cond_broadcast(&p->given);
	pthread_mutex_unlock(&p->mutex);
	return ok;
}

/* Under the mutex: whoever tries after a failure tries alone for as long as the pause was. */
static void
begin_connecting(struct postgres_pool *p)
{
	p->len++;
	p->connecting++;
	if (p->pause_ms > 0)
		p->retry_ms = clock_mono_ms() + p->pause_ms;
}

static bool
take_any(struct postgres_pool *p, int64_t until_ms, struct postgres_link **out, bool *fresh,
    bool *again, struct err *err)
{
	pthread_mutex_lock(&p->mutex);
	const bool may = wait_given(p, until_ms);
	struct postgres_link *l = p->idle;
	const bool silent = is_silent(p);
	const bool pauses = silent || (l == NULL && clock_mono_ms() < p->retry_ms);

	*again = false;
	*fresh = l == NULL;
	if (!may || pauses)
		(void)(may || silent ? postgres_error_lost(NULL, err) : used_up(p, err));
	else if (l != NULL)
		p->idle = l->next;
	else
		begin_connecting(p);
	pthread_mutex_unlock(&p->mutex);
	if (!may || pauses)
		return false;
	if (l == NULL)
		return connect_one(p, out, again, err);
	l->next = NULL;
	*out = l;
	return true;
}

bool
postgres_pool_take(
    struct postgres_pool *p, struct postgres_link **out, bool *fresh, struct err *err)
{
	const int64_t until_ms = clock_mono_ms() + WAIT_MS;
	struct postgres_link *l;
	bool again = true;

	while (again) {
		if (!take_any(p, until_ms, &l, fresh, &again, err))
			continue;
		if (!postgres_link_is_past(l)) {
			*out = l;
			return true;
		}
		l->broken = true;
		postgres_pool_give(p, l);
		again = true;
	}
	return false;
}

void
postgres_pool_give(struct postgres_pool *p, struct postgres_link *l)
{
	struct postgres_link *closed = NULL;

	pthread_mutex_lock(&p->mutex);
	if (l->broken) {
		for (const struct postgres_link *i = p->idle; i != NULL; i = i->next)
			p->len--;
		p->len--;
		l->next = p->idle;
		closed = l;
		p->idle = NULL;
		pthread_cond_broadcast(&p->given);
	} else {
		l->next = p->idle;
		p->idle = l;
		pthread_cond_signal(&p->given);
	}
	pthread_mutex_unlock(&p->mutex);
	close_all(closed);
}
