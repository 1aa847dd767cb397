#include "base/turn.h"

#include "base/mem.h"

#include <pthread.h>
#include <stdatomic.h>

enum { ASLEEP = 0 };

struct turn_thread {
	_Alignas(64) _Atomic uint64_t seen; /* the epoch at its last turn; ASLEEP */
	struct turns *turns;
	struct turn_thread *next;
};

struct retired {
	void *p;
	void (*free_fn)(void *p);
	uint64_t epoch;
	struct retired *next;
};

struct turns {
	_Atomic uint64_t epoch;
	pthread_mutex_t mutex; /* over the lists below; never taken by turn_awake and its like */
	struct turn_thread *threads;
	struct retired *oldest, **newest;
};

struct turns *
turns_new(void)
{
	struct turns *t = MEM_NEW(struct turns);

	atomic_init(&t->epoch, 1);
	pthread_mutex_init(&t->mutex, NULL);
	t->newest = &t->oldest;
	return t;
}

void
turns_free(struct turns *t)
{
	if (t == NULL)
		return;
	assert(t->threads == NULL);
	turn_collect(t);
	assert(t->oldest == NULL);
	pthread_mutex_destroy(&t->mutex);
	mem_free(t);
}

struct turn_thread *
turn_join(struct turns *t)
{
	struct turn_thread *me = mem_alloc_aligned(64, sizeof(struct turn_thread));

	atomic_init(&me->seen, ASLEEP);
	me->turns = t;
	pthread_mutex_lock(&t->mutex);
	me->next = t->threads;
	t->threads = me;
	pthread_mutex_unlock(&t->mutex);
	return me;
}

void
turn_leave(struct turn_thread *me)
{
	struct turns *t = me->turns;

	pthread_mutex_lock(&t->mutex);
	for (struct turn_thread **at = &t->threads; *at != NULL; at = &(*at)->next) {
		if (*at == me) {
			*at = me->next;
			break;
		}
	}
	pthread_mutex_unlock(&t->mutex);
	mem_free(me);
}

/*
 * Sequentially consistent, as is the writer's publication: either the writer's look at
 * "seen" finds this turn, or this turn's loads find the new pointer.
 */
void
turn_awake(struct turn_thread *me)
{
	atomic_store(&me->seen, atomic_load(&me->turns->epoch));
}

void
turn_asleep(struct turn_thread *me)
{
	atomic_store_explicit(&me->seen, ASLEEP, memory_order_release);
}

void
turn_pass(struct turn_thread *me)
{
	turn_awake(me);
}

/* The least epoch that an awake thread has seen. The caller holds the mutex. */
static uint64_t
oldest_seen(struct turns *t)
{
	uint64_t oldest = UINT64_MAX;

	for (struct turn_thread *th = t->threads; th != NULL; th = th->next) {
		const uint64_t seen = atomic_load(&th->seen);

		if (seen != ASLEEP && seen < oldest)
			oldest = seen;
	}
	return oldest;
}

/* Unlinks what no thread can hold any more. */
static struct retired *
take_due(struct turns *t)
{
	struct retired *due = NULL;
	struct retired **end = &due;

	pthread_mutex_lock(&t->mutex);
	const uint64_t oldest = oldest_seen(t);

	while (t->oldest != NULL && t->oldest->epoch < oldest) {
		*end = t->oldest;
		end = &t->oldest->next;
		t->oldest = t->oldest->next;
	}
	*end = NULL;
	if (t->oldest == NULL)
		t->newest = &t->oldest;
	pthread_mutex_unlock(&t->mutex);
	return due;
}

void
turn_collect(struct turns *t)
{
	struct retired *r = take_due(t);

	while (r != NULL) {
		struct retired *next = r->next;

		r->free_fn(r->p);
		mem_free(r);
		r = next;
	}
}

void
turn_retire(struct turns *t, void *p, void (*free_fn)(void *p))
{
	struct retired *r = MEM_NEW(struct retired);

	*r = (struct retired){ .p = p, .free_fn = free_fn };
	pthread_mutex_lock(&t->mutex);
	/* Threads that woke at this epoch or before may hold p; those after it cannot. */
	r->epoch = atomic_fetch_add(&t->epoch, 1);
	*t->newest = r;
	t->newest = &r->next;
	pthread_mutex_unlock(&t->mutex);
	turn_collect(t);
}
