#include "tests/unit/unit.h"

#include "auth/throttle.h"

#include <stdio.h>

static void
counts_within_a_window(void **state UNUSED)
{
	struct throttle *t = throttle_new(1024);
	const uint64_t key = throttle_key(t, STR("10.0.0.1"), STR("key"));
	const uint64_t other = throttle_key(t, STR("10.0.0.2"), STR("key"));
	int left;

	CHECK(throttle_count(t, key, 1000, 60, &left) == 0 && left == 0);
	for (uint32_t i = 1; i <= 101; i++)
		CHECK(throttle_add(t, key, 1000 + i / 10, 60, &left) == i);
	CHECK(throttle_count(t, key, 1059, 60, &left) == 101 && left == 1);
	CHECK(throttle_count(t, other, 1059, 60, &left) == 0);
	CHECK(throttle_count(t, key, 1060, 60, &left) == 0);
	CHECK(throttle_add(t, key, 1060, 60, &left) == 1 && left == 60);
	throttle_clear(t, key);
	CHECK(throttle_count(t, key, 1060, 60, &left) == 0);
	throttle_free(t);
}

static void
a_flood_of_keys_keeps_the_large_counts(void **state UNUSED)
{
	struct throttle *t = throttle_new(64);
	const uint64_t key = throttle_key(t, STR("victim"), STR(""));
	char name[32];
	int left;

	for (int i = 0; i < 50; i++)
		throttle_add(t, key, 1000, 60, &left);
	for (int i = 0; i < 10000; i++) {
		snprintf(name, sizeof(name), "%d", i);
		throttle_add(t, throttle_key(t, str_from(name), STR("")), 1000, 60, &left);
	}
	CHECK(throttle_count(t, key, 1000, 60, &left) == 50);
	throttle_free(t);
}

static void
a_count_does_not_wrap(void **state UNUSED)
{
	struct throttle *t = throttle_new(4);
	uint32_t count = 0;
	int left;

	for (int i = 0; i < 40000; i++)
		count = throttle_add(t, 99, 1000, 60, &left);
	CHECK(count == (1U << 14) - 1);
	throttle_free(t);
}

UNIT_TESTS(counts_within_a_window, a_flood_of_keys_keeps_the_large_counts, a_count_does_not_wrap)
