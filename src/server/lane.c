#include "server/lane.h"

#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"

enum { NOBODY = -1 };

struct worker {
	pthread_t thread;
	struct lane *lane;
	int64_t user; /* whose job it runs, or NOBODY; under the lane's mutex */
};

struct lane {
	struct lane_options options;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct lane_job *first, *last;
	size_t len;
	bool closed;
	int started;
	struct worker workers[];
};

/* Half of the threads run this user's jobs already. */
static bool
has_his_half(const struct lane *l, uint32_t user)
{
	const int half = MAX(1, l->options.threads / 2);
	int n = 0;

	for (int i = 0; i < l->started; i++)
		n += l->workers[i].user == (int64_t)user;
	return n >= half;
}

/* The oldest job whose user may have another thread; NULL: none. */
static struct lane_job *
take(struct lane *l)
{
	struct lane_job *before = NULL;

	for (struct lane_job *job = l->first; job != NULL; before = job, job = job->next) {
		if (has_his_half(l, job->user))
			continue;
		if (before == NULL)
			l->first = job->next;
		else
			before->next = job->next;
		if (l->last == job)
			l->last = before;
		l->len--;
		return job;
	}
	return NULL;
}

/*
 * NULL when the lane is closed and empty. Who ends a job takes the next one himself, so that nobody
 * is woken for it; but where that is another user's, his half may hold a job for somebody who
 * waits.
 */
static struct lane_job *
next_job(struct lane *l, struct worker *w)
{
	struct lane_job *job;

	pthread_mutex_lock(&l->mutex);
	const int64_t before = w->user;

	w->user = NOBODY;
	while ((job = take(l)) == NULL && !(l->closed && l->len == 0))
		pthread_cond_wait(&l->changed, &l->mutex);
	if (job != NULL)
		w->user = job->user;
	if (l->len > 0 && before != NOBODY && before != w->user)
		pthread_cond_signal(&l->changed);
	if (l->closed && l->len == 0)
		pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->mutex);
	return job;
}

static void *
worker_main(void *arg)
{
	struct worker *w = arg;
	struct lane *l = w->lane;
	struct lane_thread t = { .turn = turn_join(l->options.site->turns),
		.site = l->options.site };
	struct lane_job *job;

	while ((job = next_job(l, w)) != NULL)
		l->options.run(job, &t);
	for (size_t i = 0; i < ARRAY_LEN(t.db); i++) {
		if (t.db[i] != NULL)
			db_disconnect(t.db[i]);
	}
	turn_leave(t.turn);
	log_flush();
	return NULL;
}

bool
lane_db(struct lane_thread *t, enum db_mode mode, struct db_conn **out, struct err *err)
{
	if (t->db[mode] == NULL && !db_connect(t->site->db, mode, &t->db[mode], err))
		return false;
	*out = t->db[mode];
	return true;
}

bool
lane_start(const struct lane_options *options, struct lane **out, struct err *err)
{
	const size_t size = (size_t)options->threads * sizeof(struct worker);
	struct lane *l = mem_alloc(sizeof(*l) + size);

	l->options = *options;
	pthread_mutex_init(&l->mutex, NULL);
	pthread_cond_init(&l->changed, NULL);
	for (int i = 0; i < options->threads; i++)
		l->workers[i] = (struct worker){ .lane = l, .user = NOBODY };
	for (; l->started < options->threads; l->started++) {
		struct worker *w = &l->workers[l->started];

		if (thread_start(&w->thread, options->name, worker_main, w) != 0)
			break;
	}
	if (l->started == 0) {
		lane_stop(l);
		return err_set(err, ERR_UNAVAILABLE, "the system gives no more threads");
	}
	*out = l;
	return true;
}

void
lane_stop(struct lane *l)
{
	if (l == NULL)
		return;
	pthread_mutex_lock(&l->mutex);
	l->closed = true;
	pthread_cond_broadcast(&l->changed);
	pthread_mutex_unlock(&l->mutex);
	for (int i = 0; i < l->started; i++)
		pthread_join(l->workers[i].thread, NULL);
	pthread_cond_destroy(&l->changed);
	pthread_mutex_destroy(&l->mutex);
	mem_free(l);
}

static size_t
waiting_of(const struct lane *l, uint32_t user)
{
	size_t n = 0;

	for (const struct lane_job *job = l->first; job != NULL; job = job->next)
		n += job->user == user;
	return n;
}

bool
lane_submit(struct lane *l, struct lane_job *job)
{
	const size_t half = MAX((size_t)1, l->options.queue / 2);

	pthread_mutex_lock(&l->mutex);
	const bool fits =
	    l->len < l->options.queue && (l->len < half || waiting_of(l, job->user) < half);
	const bool taken = !l->closed && (job->goes_on || fits);

	if (taken) {
		job->next = NULL;
		if (l->first == NULL)
			l->first = job;
		else
			l->last->next = job;
		l->last = job;
		l->len++;
		if (!has_his_half(l, job->user))
			pthread_cond_signal(&l->changed);
	}
	pthread_mutex_unlock(&l->mutex);
	return taken;
}

size_t
lane_len(struct lane *l)
{
	pthread_mutex_lock(&l->mutex);
	const size_t len = l->len;

	pthread_mutex_unlock(&l->mutex);
	return len;
}
