#include "tests/unit/unit.h"

#include "auth/pool.h"
#include "auth/token_table.h"
#include "base/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

enum { USERS_OF_SLOT = 0x5a5a };

static struct str
name_of(uint32_t i, char *text, size_t size)
{
	return (struct str){ text, (size_t)snprintf(text, size, "%015x", i) };
}

/* A slot in which every field follows from i, so that a torn copy shows. */
static struct token_slot
slot_of(const struct token_table *t, uint32_t i)
{
	char text[32];
	struct token_slot slot = { .user = i ^ USERS_OF_SLOT,
		.pepper = (uint16_t)(i % 7),
		.limited = i % 3 == 0,
		.not_before = i,
		.not_after = ~i,
		.side = i };

	slot.hash = token_table_hash(t, name_of(i, text, sizeof(text)));
	for (size_t at = 0; at < DIGEST_LEN; at++)
		slot.digest.bytes[at] = (uint8_t)(i >> (at % 4 * 8));
	return slot;
}

static bool
is_whole(const struct token_slot *slot)
{
	for (size_t at = 0; at < DIGEST_LEN; at++) {
		if (slot->digest.bytes[at] != (uint8_t)(slot->side >> (at % 4 * 8)))
			return false;
	}
	return slot->user == (slot->side ^ USERS_OF_SLOT) && slot->pepper == slot->side % 7 &&
	    slot->limited == (slot->side % 3 == 0) && slot->not_before == slot->side &&
	    slot->not_after == ~slot->side;
}

static bool
has(const struct token_table *t, uint32_t i)
{
	const struct token_slot want = slot_of(t, i);
	struct token_probe p = token_table_find(t, want.hash);
	struct token_slot got;

	while (token_table_next(&p, &got)) {
		CHECK(is_whole(&got));
		if (got.side == i)
			return true;
	}
	return false;
}

static void
finds_what_was_put_and_not_what_was_dropped(void **state UNUSED)
{
	enum { N = 20000 };
	struct turns *turns = turns_new();
	struct token_table *t = token_table_new(turns);
	struct token_slot slot;

	for (uint32_t i = 0; i < N; i++) {
		slot = slot_of(t, i);
		token_table_put(t, &slot);
	}
	CHECK(token_table_len(t) == N);
	for (uint32_t i = 0; i < N; i += 2)
		CHECK(token_table_drop(t, slot_of(t, i).hash, i));
	for (uint32_t i = 0; i < N + 1000; i++)
		CHECK(has(t, i) == (i < N && i % 2 == 1));
	CHECK(!token_table_drop(t, slot_of(t, 0).hash, 0));
	CHECK(token_table_len(t) == N / 2);
	token_table_free(t);
	turns_free(turns);
}

static void
keeps_several_secrets_of_one_key(void **state UNUSED)
{
	struct turns *turns = turns_new();
	struct token_table *t = token_table_new(turns);
	struct token_slot one = slot_of(t, 1), two = slot_of(t, 2), got;
	int found = 0;

	two.hash = one.hash;
	token_table_put(t, &one);
	token_table_put(t, &two);
	for (struct token_probe p = token_table_find(t, one.hash); token_table_next(&p, &got);)
		found++;
	CHECK(found == 2);
	CHECK(token_table_drop(t, one.hash, 1));
	struct token_probe p = token_table_find(t, one.hash);

	CHECK(token_table_next(&p, &got) && got.side == 2 && !token_table_next(&p, &got));
	token_table_free(t);
	turns_free(turns);
}

/* A key that comes and goes leaves tombs; they do not fill the table, and it stays small. */
static void
tombs_do_not_pile_up(void **state UNUSED)
{
	struct turns *turns = turns_new();
	struct token_table *t = token_table_new(turns);

	for (uint32_t i = 0; i < 100000; i++) {
		const struct token_slot slot = slot_of(t, i);

		token_table_put(t, &slot);
		CHECK(token_table_drop(t, slot.hash, i));
	}
	CHECK(token_table_len(t) == 0 && token_table_bytes(t) < 512 * 1024);
	CHECK(!has(t, 7));
	token_table_free(t);
	turns_free(turns);
}

/* DESIGN.md 9: at most 140 bytes a key with its record, whether loaded at once or grown. */
static void
stays_within_its_bytes(void **state UNUSED)
{
	enum { N = 200000, RECORD = 12 };
	struct turns *turns = turns_new();

	for (int reserved = 0; reserved < 2; reserved++) {
		struct token_table *t = token_table_new(turns);
		const int64_t begin = clock_mono_us();

		if (reserved)
			token_table_reserve(t, N);
		for (uint32_t i = 0; i < N; i++) {
			const struct token_slot slot = slot_of(t, i);

			token_table_put(t, &slot);
		}
		const double each = (double)token_table_bytes(t) / N + RECORD;

		print_message("%s: %.1f bytes a key, %lld ms\n", reserved ? "reserved" : "grown",
		    each, (long long)(clock_mono_us() - begin) / 1000);
		CHECK(each <= 140);
		token_table_free(t);
	}
	turns_free(turns);
}

/* --- one writer, many readers --- */

enum { STABLE = 2000, CHURN = 64, READERS = 2, ROUNDS = 300 };

struct race {
	struct turns *turns;
	struct token_table *table;
	atomic_bool stop;
	atomic_int missing, torn;
};

static void *
reader(void *arg)
{
	struct race *r = arg;
	struct turn_thread *me = turn_join(r->turns);
	struct token_slot got;

	for (uint32_t i = 0; !atomic_load(&r->stop); i++) {
		turn_awake(me);
		const struct token_slot want = slot_of(r->table, i % STABLE);
		struct token_probe p = token_table_find(r->table, want.hash);
		bool found = false;

		while (token_table_next(&p, &got)) {
			if (!is_whole(&got))
				atomic_fetch_add(&r->torn, 1);
			found |= got.side == want.side;
		}
		if (!found)
			atomic_fetch_add(&r->missing, 1);
		turn_asleep(me);
	}
	turn_leave(me);
	return NULL;
}

/* The churn shares the readers' hashes, so that they meet slots being written; growth goes on
 * beside. */
static void
readers_never_miss_and_never_see_halves(void **state UNUSED)
{
	struct race r = { .turns = turns_new() };
	pthread_t threads[READERS];
	uint32_t fresh = STABLE + CHURN;

	r.table = token_table_new(r.turns);
	for (uint32_t i = 0; i < STABLE; i++) {
		const struct token_slot slot = slot_of(r.table, i);

		token_table_put(r.table, &slot);
	}
	for (size_t i = 0; i < READERS; i++)
		CHECK(pthread_create(&threads[i], NULL, reader, &r) == 0);
	for (int round = 0; round < ROUNDS; round++) {
		for (uint32_t i = 0; i < CHURN; i++) {
			struct token_slot slot = slot_of(r.table, STABLE + i);

			slot.hash = slot_of(r.table, i).hash;
			token_table_put(r.table, &slot);
			CHECK(token_table_drop(r.table, slot.hash, slot.side));
			slot = slot_of(r.table, fresh++);
			token_table_put(r.table, &slot);
		}
	}
	atomic_store(&r.stop, true);
	for (size_t i = 0; i < READERS; i++)
		pthread_join(threads[i], NULL);
	CHECK(atomic_load(&r.missing) == 0 && atomic_load(&r.torn) == 0);
	token_table_free(r.table);
	turns_free(r.turns);
}

/* --- the records beside --- */

struct record {
	uint64_t value;
};

static void
a_record_lives_once(void **state UNUSED)
{
	struct turns *turns = turns_new();
	struct pool *p = pool_new(turns, sizeof(struct record), true);
	struct turn_thread *me = turn_join(turns);
	const uint32_t first = pool_take(p);
	struct record *r = pool_at(p, first);
	const uint32_t generation = pool_generation(p, first);

	r->value = 7;
	turn_awake(me);
	CHECK(pool_lives(p, first, generation));
	pool_end(p, first);
	CHECK(!pool_lives(p, first, generation) && !pool_lives(p, first, generation + 1));
	CHECK(pool_take(p) != first); /* a turn that began before is still under way */
	turn_asleep(me);
	turn_collect(turns);
	CHECK(pool_take(p) == first && r->value == 0);
	CHECK(!pool_lives(p, first, generation) && pool_lives(p, first, generation + 2));
	turn_leave(me);
	pool_free(p);
	turns_free(turns);
}

static void
touched_records_are_listed_once(void **state UNUSED)
{
	struct turns *turns = turns_new();
	struct pool *p = pool_new(turns, sizeof(struct record), true);
	uint32_t list, number, seen = 0;

	for (uint32_t i = 0; i < 5000; i++)
		CHECK(pool_take(p) == i);
	list = pool_touched(p);
	CHECK(!pool_next_touched(p, &list, &number));
	for (uint32_t i = 0; i < 5000; i += 1000) {
		pool_touch(p, i);
		pool_touch(p, i);
	}
	for (list = pool_touched(p); pool_next_touched(p, &list, &number); seen++) {
		CHECK(number % 1000 == 0);
		if (number == 0)
			pool_touch(p, 0); /* onto a new list */
	}
	CHECK(seen == 5);
	list = pool_touched(p);
	CHECK(pool_next_touched(p, &list, &number) && number == 0);
	CHECK(!pool_next_touched(p, &list, &number));
	pool_free(p);
	turns_free(turns);
}

UNIT_TESTS(finds_what_was_put_and_not_what_was_dropped, keeps_several_secrets_of_one_key,
    tombs_do_not_pile_up, stays_within_its_bytes, readers_never_miss_and_never_see_halves,
    a_record_lives_once, touched_records_are_listed_once)
