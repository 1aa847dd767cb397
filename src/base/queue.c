#include "base/queue.h"

#include "base/mem.h"
#include "base/thread.h"

struct queue {
	pthread_mutex_t mutex;
	pthread_cond_t filled;
	size_t size, len, head;
	bool closed;
	void **items;
};

struct queue *
queue_new(size_t size)
{
	struct queue *q = MEM_NEW(struct queue);

	q->size = size;
	q->items = MEM_NEW_ARRAY(void *, size);
	pthread_mutex_init(&q->mutex, NULL);
	thread_cond_init(&q->filled);
	return q;
}

void
queue_free(struct queue *q)
{
	if (q == NULL)
		return;
	assert(q->len == 0);
	pthread_cond_destroy(&q->filled);
	pthread_mutex_destroy(&q->mutex);
	mem_free(q->items);
	mem_free(q);
}

bool
queue_push(struct queue *q, void *item)
{
	assert(item != NULL);
	pthread_mutex_lock(&q->mutex);
	const bool fits = !q->closed && q->len < q->size;

	if (fits) {
		q->items[(q->head + q->len) % q->size] = item;
		q->len++;
		pthread_cond_signal(&q->filled);
	}
	pthread_mutex_unlock(&q->mutex);
	return fits;
}

/* The caller holds the mutex. */
static void *
take(struct queue *q)
{
	if (q->len == 0)
		return NULL;
	void *item = q->items[q->head];

	q->head = (q->head + 1) % q->size;
	q->len--;
	return item;
}

void *
queue_pop(struct queue *q)
{
	pthread_mutex_lock(&q->mutex);
	while (q->len == 0 && !q->closed)
		pthread_cond_wait(&q->filled, &q->mutex);
	void *item = take(q);

	pthread_mutex_unlock(&q->mutex);
	return item;
}

void *
queue_pop_until(struct queue *q, int64_t deadline_ms)
{
	pthread_mutex_lock(&q->mutex);
	while (
	    q->len == 0 && !q->closed && thread_cond_wait_until(&q->filled, &q->mutex, deadline_ms))
		continue;
	void *item = take(q);

	pthread_mutex_unlock(&q->mutex);
	return item;
}

void *
queue_try_pop(struct queue *q)
{
	pthread_mutex_lock(&q->mutex);
	void *item = take(q);

	pthread_mutex_unlock(&q->mutex);
	return item;
}

void
queue_close(struct queue *q)
{
	pthread_mutex_lock(&q->mutex);
	q->closed = true;
	pthread_cond_broadcast(&q->filled);
	pthread_mutex_unlock(&q->mutex);
}

size_t
queue_len(struct queue *q)
{
	pthread_mutex_lock(&q->mutex);
	const size_t len = q->len;

	pthread_mutex_unlock(&q->mutex);
	return len;
}
