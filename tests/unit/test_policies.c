#include "tests/unit/unit.h"

#include "auth/policies.h"

static struct limits
draft_of(const char *allowed, uint32_t requests)
{
	return (struct limits){ .allowed = str_from(allowed),
		.rate = { .requests = requests, .window_s = 60 } };
}

static void
what_says_the_same_has_one_number_as_long_as_it_is_held(void **state UNUSED)
{
	struct turns *turns = turns_new();
	struct policies *p = policies_new(turns);
	const struct limits a = draft_of("10.0.0.0/8", 1), b = draft_of("10.0.0.0/8", 2);
	const uint32_t first = policies_hold(p, &a), second = policies_hold(p, &b);

	CHECK(first != 0 && second != 0 && first != second && policies_len(p) == 2);
	CHECK(policies_hold(p, &a) == first && policies_len(p) == 2);
	CHECK(limits_same(policies_at(p, first), &a) && limits_same(policies_at(p, second), &b));
	CHECK(policies_at(p, 0) == NULL);
	policies_again(p, second);
	policies_drop(p, second);
	policies_drop(p, second);
	CHECK(policies_len(p) == 1);
	policies_drop(p, first);
	CHECK(policies_len(p) == 1 && limits_same(policies_at(p, first), &a));
	policies_drop(p, first);
	policies_drop(p, 0);
	policies_again(p, 0);
	CHECK(policies_len(p) == 0);
	const uint32_t third = policies_hold(p, &b);

	CHECK(limits_same(policies_at(p, third), &b) && policies_len(p) == 1);
	policies_free(p);
	turns_free(turns);
}

static void
many_are_found_again(void **state UNUSED)
{
	enum { MANY = 1000 };
	struct turns *turns = turns_new();
	struct policies *p = policies_new(turns);
	uint32_t numbers[MANY];

	for (uint32_t i = 0; i < MANY; i++) {
		const struct limits draft = draft_of("", i + 1);

		numbers[i] = policies_hold(p, &draft);
	}
	CHECK(policies_len(p) == MANY);
	for (uint32_t i = 0; i < MANY; i++) {
		const struct limits draft = draft_of("", i + 1);

		CHECK(policies_hold(p, &draft) == numbers[i]);
		CHECK(policies_at(p, numbers[i])->rate.requests == i + 1);
	}
	for (uint32_t i = 0; i < MANY; i += 2) {
		policies_drop(p, numbers[i]);
		policies_drop(p, numbers[i]);
	}
	CHECK(policies_len(p) == MANY / 2);
	policies_free(p);
	turns_free(turns);
}

UNIT_TESTS(what_says_the_same_has_one_number_as_long_as_it_is_held, many_are_found_again)
