#include "db/jobs.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"

#include <stdatomic.h>

struct jobs {
	_Atomic(struct writer_job *) newest; /* a stack; CLOSED when all is over */
	atomic_size_t len;
	atomic_bool closing;
	atomic_bool asleep; /* the taker waits on woken */
	size_t size;
	struct writer_job *oldest; /* the taker's: in order of arrival */
	pthread_mutex_t mutex;
	pthread_cond_t woken;
};

/* Stands for "no more": no job is at this address. */
static const struct writer_job CLOSED_MARK;
#define CLOSED ((struct writer_job *)&CLOSED_MARK)

struct jobs *
jobs_new(size_t size)
{
	struct jobs *q = MEM_NEW(struct jobs);

	q->size = size;
	pthread_mutex_init(&q->mutex, NULL);
	thread_cond_init(&q->woken);
	return q;
}

void
jobs_free(struct jobs *q)
{
	pthread_cond_destroy(&q->woken);
	pthread_mutex_destroy(&q->mutex);
	mem_free(q);
}

/* The flag is taken back by one thread only, so that one signal is sent however many push. */
static void
wake(struct jobs *q)
{
	if (!atomic_load(&q->asleep) || !atomic_exchange(&q->asleep, false))
		return;
	pthread_mutex_lock(&q->mutex);
	pthread_cond_signal(&q->woken);
	pthread_mutex_unlock(&q->mutex);
}

bool
jobs_push(struct jobs *q, struct writer_job *job)
{
	struct writer_job *newest = atomic_load(&q->newest);

	if (atomic_load(&q->closing))
		return false;
	if (atomic_fetch_add(&q->len, 1) >= q->size && !job->goes_on) {
		atomic_fetch_sub(&q->len, 1);
		return false;
	}
	do {
		if (newest == CLOSED) {
			atomic_fetch_sub(&q->len, 1);
			return false;
		}
		job->next = newest;
	} while (!atomic_compare_exchange_weak(&q->newest, &newest, job));
	wake(q);
	return true;
}

void
jobs_close(struct jobs *q)
{
	atomic_store(&q->closing, true);
	wake(q);
}

size_t
jobs_len(struct jobs *q)
{
	return atomic_load(&q->len);
}

/* Takes the whole stack and turns it round; false if there is nothing. */
static bool
fetch(struct jobs *q)
{
	struct writer_job *job = atomic_load(&q->newest);

	if (job == NULL || job == CLOSED)
		return false;
	job = atomic_exchange(&q->newest, NULL);
	while (job != NULL) {
		struct writer_job *next = job->next;

		job->next = q->oldest;
		q->oldest = job;
		job = next;
	}
	return true;
}

struct writer_job *
jobs_take(struct jobs *q)
{
	if (q->oldest == NULL && !fetch(q))
		return NULL;
	struct writer_job *job = q->oldest;

	q->oldest = job->next;
	job->next = NULL;
	atomic_fetch_sub(&q->len, 1);
	return job;
}

void
jobs_untake(struct jobs *q, struct writer_job *job)
{
	job->next = q->oldest;
	q->oldest = job;
	atomic_fetch_add(&q->len, 1);
}

/* Sleeps until wake(); false when the deadline (0: none) has passed. */
static bool
sleep_until(struct jobs *q, int64_t deadline_ms)
{
	bool in_time = true;

	pthread_mutex_lock(&q->mutex);
	while (atomic_load(&q->asleep) && in_time) {
		if (deadline_ms == 0)
			pthread_cond_wait(&q->woken, &q->mutex);
		else
			in_time = thread_cond_wait_until(&q->woken, &q->mutex, deadline_ms);
	}
	pthread_mutex_unlock(&q->mutex);
	atomic_store(&q->asleep, false);
	return in_time;
}

enum jobs_wait
jobs_wait(struct jobs *q, int timeout_ms)
{
	const int64_t deadline_ms = timeout_ms < 0 ? 0 : clock_mono_ms() + timeout_ms;
	bool in_time = true;

	while (q->oldest == NULL && !fetch(q)) {
		struct writer_job *none = NULL;

		if (atomic_load(&q->closing)) {
			if (atomic_compare_exchange_strong(&q->newest, &none, CLOSED) ||
			    none == CLOSED)
				return JOBS_CLOSED;
			continue;
		}
		if (!in_time)
			return JOBS_TIMEOUT;
		/* Whoever pushes or closes after this store wakes us; whoever did before is seen
		 * here. */
		atomic_store(&q->asleep, true);
		if (atomic_load(&q->newest) == NULL && !atomic_load(&q->closing))
			in_time = sleep_until(q, deadline_ms);
		else
			atomic_store(&q->asleep, false);
	}
	return JOBS_READY;
}
