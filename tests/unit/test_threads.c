#include "tests/unit/unit.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/queue.h"
#include "base/thread.h"
#include "base/turn.h"

#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { ITEMS = 20000, READERS = 3 };

static void *
push_items(void *arg)
{
	for (uintptr_t i = 1; i <= ITEMS;) {
		if (queue_push(arg, (void *)i))
			i++;
	}
	return NULL;
}

static void
a_queue_hands_over_everything_in_order(void **state UNUSED)
{
	struct queue *q = queue_new(16);
	pthread_t thread;

	CHECK(pthread_create(&thread, NULL, push_items, q) == 0);
	for (uintptr_t i = 1; i <= ITEMS; i++)
		CHECK(queue_pop(q) == (void *)i);
	pthread_join(thread, NULL);
	CHECK(queue_try_pop(q) == NULL && queue_len(q) == 0);
	CHECK(queue_pop_until(q, clock_mono_ms() + 5) == NULL);
	queue_close(q);
	CHECK(!queue_push(q, q) && queue_pop(q) == NULL);
	queue_free(q);
}

static void
a_queue_refuses_when_it_is_full(void **state UNUSED)
{
	struct queue *q = queue_new(2);

	CHECK(queue_push(q, q) && queue_push(q, q) && !queue_push(q, q));
	CHECK(queue_len(q) == 2 && queue_pop(q) == q && queue_pop(q) == q);
	queue_free(q);
}

struct shared {
	struct turns *turns;
	_Atomic(int *) number; /* what readers look at: always 7, until it is freed */
	atomic_bool over;
};

static void
spoil(void *p)
{
	*(int *)p = 0;
	mem_free(p);
}

static void *
read_numbers(void *arg)
{
	struct shared *s = arg;
	struct turn_thread *me = turn_join(s->turns);

	while (!atomic_load(&s->over)) {
		turn_awake(me);
		for (int i = 0; i < 100; i++) {
			if (*atomic_load(&s->number) != 7)
				abort();
		}
		turn_pass(me);
		turn_asleep(me);
	}
	turn_leave(me);
	return NULL;
}

static void
nothing_is_freed_before_its_readers_have_passed_a_turn(void **state UNUSED)
{
	struct shared s = { .turns = turns_new() };
	pthread_t threads[READERS];
	int *n = MEM_NEW(int);

	*n = 7;
	atomic_init(&s.number, n);
	for (int i = 0; i < READERS; i++)
		CHECK(pthread_create(&threads[i], NULL, read_numbers, &s) == 0);
	for (int i = 0; i < ITEMS / 10; i++) {
		int *next = MEM_NEW(int);

		*next = 7;
		turn_retire(s.turns, atomic_exchange(&s.number, next), spoil);
	}
	atomic_store(&s.over, true);
	for (int i = 0; i < READERS; i++)
		pthread_join(threads[i], NULL);
	mem_free(atomic_load(&s.number));
	turns_free(s.turns);
}

static int freed;

static void
count_freed(void *p)
{
	freed++;
	mem_free(p);
}

static void
a_thread_that_is_awake_only_delays_freeing(void **state UNUSED)
{
	struct turns *t = turns_new();
	struct turn_thread *me = turn_join(t);

	turn_awake(me);
	turn_retire(t, MEM_NEW(int), count_freed);
	turn_collect(t);
	CHECK(freed == 0);
	turn_pass(me);
	turn_collect(t);
	CHECK(freed == 1);
	turn_asleep(me);
	turn_leave(me);
	turns_free(t);
}

struct sleeper {
	pthread_mutex_t mutex;
	pthread_cond_t woken;
	bool is_up, took_signals;
};

static void *
get_up(void *arg)
{
	struct sleeper *s = arg;
	sigset_t blocked;

	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	pthread_mutex_lock(&s->mutex);
	s->took_signals = !sigismember(&blocked, SIGTERM) || !sigismember(&blocked, SIGHUP);
	s->is_up = true;
	pthread_cond_signal(&s->woken);
	pthread_mutex_unlock(&s->mutex);
	return NULL;
}

static void
a_thread_takes_no_signals_and_is_waited_for_until_a_time(void **state UNUSED)
{
	struct sleeper s = { .mutex = PTHREAD_MUTEX_INITIALIZER };
	sigset_t ours;
	pthread_t thread;

	thread_cond_init(&s.woken);
	pthread_mutex_lock(&s.mutex);
	CHECK(!thread_cond_wait_until(&s.woken, &s.mutex, clock_mono_ms() - 1));
	CHECK(thread_start(&thread, "sleeper", get_up, &s) == 0);
	while (!s.is_up)
		CHECK(thread_cond_wait_until(&s.woken, &s.mutex, clock_mono_ms() + 60 * 1000));
	pthread_mutex_unlock(&s.mutex);
	pthread_join(thread, NULL);
	CHECK(!s.took_signals);
	pthread_sigmask(SIG_SETMASK, NULL, &ours);
	CHECK(!sigismember(&ours, SIGTERM));
	pthread_cond_destroy(&s.woken);
}

UNIT_TESTS(a_thread_takes_no_signals_and_is_waited_for_until_a_time,
    a_queue_hands_over_everything_in_order, a_queue_refuses_when_it_is_full,
    nothing_is_freed_before_its_readers_have_passed_a_turn,
    a_thread_that_is_awake_only_delays_freeing)
