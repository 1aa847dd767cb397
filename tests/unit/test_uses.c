#include "tests/unit/unit.h"

#include "auth/uses.h"
#include "net/address.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum { MANY = 1000 * 1000, IDS = 3000 };

static struct err err;

/* What came out of a flush, summed. */
struct sums {
	uint64_t uses, entries, last_used_s, id;
	char address[INET6_ADDRSTRLEN];
	size_t fail_at; /* the entry that cannot be written; 0: none */
};

static bool
add(void *context, const struct use *use, struct err *e)
{
	struct sums *s = context;

	if (s->entries + 1 == s->fail_at)
		return err_set(e, ERR_UNAVAILABLE, "no");
	s->uses += use->uses;
	s->entries++;
	s->last_used_s = use->last_used_s;
	s->id = use->id;
	address_text(&use->address, s->address);
	return true;
}

static struct sums
flush(struct uses *u)
{
	struct sums s = { 0 };
	bool more;

	CHECK(uses_flush(u, MANY, add, &s, &more, &err) && !more);
	return s;
}

static void
a_use_is_written_with_its_time_and_address(void **state UNUSED)
{
	static const struct {
		const char *given, *kept;
	} cases[] = {
		{ "192.0.2.7", "192.0.2.7" },
		{ "2001:db8::1", "2001:db8::1" },
		{ "unix", "::" },
		{ "", "::" },
		{ "something that is longer than any address may ever be", "::" },
	};
	struct turns *turns = turns_new();
	struct uses *u = uses_new(turns);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const uint32_t now_s = 1000 + (uint32_t)i;

		/* Twice, for the second time it is known. */
		uses_count(u, 3, i + 1, now_s, str_from(cases[i].given));
		uses_count(u, 3, i + 1, now_s, str_from(cases[i].given));
		const struct sums s = flush(u);

		uses_written(u);
		CHECK_CASE(cases[i].given, s.entries == 1 && s.uses == 2 && s.id == i + 1);
		CHECK_CASE(cases[i].given, s.last_used_s == now_s);
		CHECK_STR(str_from(s.address), cases[i].kept);
	}
	uses_free(u);
	turns_free(turns);
}

static void
what_was_not_committed_comes_again(void **state UNUSED)
{
	struct turns *turns = turns_new();
	struct uses *u = uses_new(turns);
	struct sums s = { .fail_at = 2 };
	bool more;

	for (uint64_t id = 1; id <= 3; id++)
		uses_count(u, 0, id, 1000, STR("10.0.0.1"));
	CHECK(!uses_flush(u, MANY, add, &s, &more, &err) && s.entries == 1);
	CHECK(flush(u).uses == 3); /* not committed */
	CHECK(flush(u).uses == 3);
	uses_count(u, 0, 1, 1001, STR("10.0.0.1")); /* after that flush, before its commit */
	uses_written(u);
	CHECK(flush(u).uses == 1);
	uses_written(u);
	CHECK(flush(u).uses == 0);
	uses_free(u);
	turns_free(turns);
}

/* One batch fails, the next is smaller: what the first one gave must not count as written. */
static void
batches_give_all_and_nothing_twice(void **state UNUSED)
{
	struct turns *turns = turns_new();
	struct uses *u = uses_new(turns);
	struct sums s = { 0 };
	bool more = true;
	int batches = 0;

	for (uint64_t id = 1; id <= 1000; id++)
		uses_count(u, (uint32_t)id % 4, id, 1000, STR("10.0.0.1"));
	CHECK(flush(u).uses == 1000); /* not committed */
	for (; more; batches++) {
		CHECK(uses_flush(u, 300, add, &s, &more, &err));
		uses_written(u);
	}
	CHECK(batches == 4 && s.uses == 1000 && s.entries == 1000);
	uses_free(u);
	turns_free(turns);
}

/* A table is handed in with a flush and freed when its loop has passed a turn. */
static void
tables_grow_with_need_and_are_bounded(void **state UNUSED)
{
	struct turns *turns = turns_new();
	struct uses *u = uses_new(turns);
	struct turn_thread *me = turn_join(turns);
	uint64_t counted = 0, written = 0, id = 1;

	CHECK(!uses_due(u));
	for (int round = 0; round < 6; round++) {
		turn_awake(me);
		for (int i = 0; i < 200 * 1000; i++, counted++)
			uses_count(u, 0, id++, 1000, STR("10.0.0.1"));
		turn_asleep(me);
		CHECK(uses_due(u));
		written += flush(u).uses;
		uses_written(u);
		CHECK(!uses_due(u));
	}
	CHECK(counted == written + uses_dropped(u));
	CHECK(written == 3072 + 12288 + 49152 + 3 * 196608); /* three quarters of a table */
	turn_leave(me);
	uses_free(u);
	turns_free(turns);
}

/* --- loops that count while the flusher reads --- */

enum { LOOPS = 3, COUNTS = 60 * 1000 };

struct counter {
	struct uses *uses;
	struct turns *turns;
	pthread_t thread;
	uint32_t loop;
	atomic_int *running;
};

static void *
count(void *arg)
{
	static const char *const ADDRESSES[] = { "10.10.10.10", "2001:db8:a:a:a:a:a:a" };
	const struct counter *c = arg;
	struct turn_thread *me = turn_join(c->turns);

	for (uint32_t i = 0; i < COUNTS; i++) {
		turn_awake(me);
		uses_count(
		    c->uses, c->loop, 1 + i % IDS, 1 + i / 64, str_from(ADDRESSES[i / 64 % 2]));
		turn_asleep(me);
	}
	turn_leave(me);
	atomic_fetch_sub(c->running, 1);
	return NULL;
}

/* A time has the address that was seen then, never half of another. */
static bool
add_whole(void *context, const struct use *use, struct err *e UNUSED)
{
	char text[INET6_ADDRSTRLEN];
	uint64_t *sum = context;

	CHECK_STR(address_text(&use->address, text),
	    (use->last_used_s - 1) % 2 == 0 ? "10.10.10.10" : "2001:db8:a:a:a:a:a:a");
	*sum += use->uses;
	return true;
}

static void
no_use_is_lost_while_loops_count(void **state UNUSED)
{
	struct turns *turns = turns_new();
	struct uses *u = uses_new(turns);
	struct counter counters[LOOPS];
	atomic_int running = LOOPS;
	uint64_t sum = 0;
	bool more, last = false;

	for (uint32_t i = 0; i < LOOPS; i++) {
		counters[i] =
		    (struct counter){ .uses = u, .turns = turns, .loop = i, .running = &running };
		CHECK(pthread_create(&counters[i].thread, NULL, count, &counters[i]) == 0);
	}
	while (!last) {
		last = atomic_load(&running) == 0;
		CHECK(uses_flush(u, MANY, add_whole, &sum, &more, &err));
		uses_written(u);
		turn_collect(turns);
	}
	for (uint32_t i = 0; i < LOOPS; i++)
		pthread_join(counters[i].thread, NULL);
	CHECK(sum + uses_dropped(u) == (uint64_t)LOOPS * COUNTS && uses_dropped(u) == 0);
	uses_free(u);
	turns_free(turns);
}

UNIT_TESTS(a_use_is_written_with_its_time_and_address, what_was_not_committed_comes_again,
    batches_give_all_and_nothing_twice, tables_grow_with_need_and_are_bounded,
    no_use_is_lost_while_loops_count)
