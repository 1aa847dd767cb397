#include "tests/unit/unit.h"

#include "auth/hash_list.h"

enum { MANY = 3000 };

/* Several share an entry of the index, which takes the low bits. */
static uint64_t
hash_of(size_t n)
{
	return (uint64_t)n << 40 | n % 16;
}

static void
fill(struct hash_list *l)
{
	size_t at;

	hash_list_init(l, 0); /* it grows */
	for (size_t n = 0; n < MANY; n++) {
		CHECK(hash_list_add(l, hash_of(n), &at));
		CHECK(at == n);
	}
	CHECK(l->len == MANY);
}

static void
places_are_in_the_order_of_adding(void **state UNUSED)
{
	struct hash_list l;
	size_t at;

	fill(&l);
	for (size_t n = 0; n < MANY; n++) {
		CHECK(!hash_list_add(&l, hash_of(n), &at));
		CHECK(at == n);
	}
	CHECK(l.len == MANY);
	hash_list_free(&l);
}

/* In order, some twice, some left out, backwards, and far apart. */
static void
all_are_found_in_any_order(void **state UNUSED)
{
	static const size_t STEPS[] = { 1, 0, 1, 2, 1, MANY - 1, 1, 1, MANY / 2, 1, MANY - 3, 0 };
	struct hash_list l;
	size_t at, n = 0;

	fill(&l);
	for (size_t i = 0; i < (size_t)3 * MANY; i++) {
		hash_list_prefetch(&l, hash_of(n));
		CHECK(hash_list_find(&l, hash_of(n), &at));
		CHECK(at == n);
		n = (n + STEPS[i % ARRAY_LEN(STEPS)]) % MANY;
		CHECK(!hash_list_find(&l, hash_of(MANY + n), &at));
	}
	hash_list_free(&l);
}

static void
an_empty_one_has_nothing(void **state UNUSED)
{
	struct hash_list l;
	size_t at;

	hash_list_init(&l, 0);
	CHECK(!hash_list_find(&l, 2, &at));
	hash_list_free(&l);
}

UNIT_TESTS(places_are_in_the_order_of_adding, all_are_found_in_any_order, an_empty_one_has_nothing)
