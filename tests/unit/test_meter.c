#include "tests/unit/unit.h"

#include "auth/meter.h"

static const int64_t NOW = 1800000000;

static enum meter_verdict
take(struct meter *m, const struct meter_limits *l, int64_t now_s)
{
	bool step;

	return meter_take(m, l, now_s, &step);
}

static void
a_window_begins_with_its_first_request_and_ends(void **state UNUSED)
{
	const struct meter_limits l = { .requests = 2, .window_s = 10 };
	struct meter memory, *m = &memory;

	meter_init(m, 0);

	CHECK(meter_left(m, &l, NOW).requests == 2 && meter_left(m, &l, NOW).window_s == 10);
	CHECK(take(m, &l, NOW) == METER_TAKEN && take(m, &l, NOW + 9) == METER_TAKEN);
	CHECK(take(m, &l, NOW + 9) == METER_RATE);
	CHECK(meter_left(m, &l, NOW + 9).requests == 0 && meter_left(m, &l, NOW + 9).window_s == 1);
	CHECK(take(m, &l, NOW + 10) == METER_TAKEN);
	CHECK(meter_left(m, &l, NOW + 12).window_s == 8);
}

/* A clock that jumps ends the window: nobody waits for the time between. */
static void
a_clock_that_jumps_begins_a_new_window(void **state UNUSED)
{
	const struct meter_limits l = { .requests = 1, .window_s = 3600 };
	struct meter memory, *m = &memory;

	meter_init(m, 0);

	CHECK(take(m, &l, NOW) == METER_TAKEN);
	CHECK(take(m, &l, NOW) == METER_RATE);
	CHECK(take(m, &l, NOW - 86400) == METER_TAKEN);
	CHECK(take(m, &l, NOW - 86400) == METER_RATE);
	CHECK(take(m, &l, NOW + 86400) == METER_TAKEN);
}

static void
a_quota_is_taken_once_and_goes_on_from_what_was_spent(void **state UNUSED)
{
	const struct meter_limits l = { .quota = 300 };
	struct meter memory, *m = &memory;

	meter_init(m, 297);
	bool step;

	CHECK(meter_take(m, &l, NOW, &step) == METER_TAKEN && !step);
	CHECK(meter_left(m, &l, NOW).quota == 2);
	CHECK(meter_take(m, &l, NOW, &step) == METER_TAKEN && !step);
	CHECK(meter_take(m, &l, NOW, &step) == METER_TAKEN && step);
	CHECK(meter_take(m, &l, NOW, &step) == METER_QUOTA && !step);
	const struct meter_limits raised = { .quota = 302 };

	CHECK(take(m, &raised, NOW) == METER_TAKEN);
	meter_learn(m, 299); /* older than what is known */
	CHECK(meter_left(m, &raised, NOW).quota == 1);
	meter_learn(m, 310);
	CHECK(meter_left(m, &raised, NOW).quota == 0 && take(m, &raised, NOW) == METER_QUOTA);
}

UNIT_TESTS(a_window_begins_with_its_first_request_and_ends, a_clock_that_jumps_begins_a_new_window,
    a_quota_is_taken_once_and_goes_on_from_what_was_spent)
