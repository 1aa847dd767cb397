#include "tests/unit/unit.h"

#include "api/rate.h"
#include "base/clock.h"
#include "conf/conf.h"

static void
counts_time_until_the_window_ends(void **state)
{
	const struct conf conf = { .http.rate_limit_s = 0.002, .http.rate_window_s = 10 };
	const int64_t start = 1000 * CLOCK_US_PER_S;
	struct err err;

	struct rate_meter *m = rate_meter_new(&conf);

	(void)state;
	CHECK(rate_check(m, start, &err));
	CHECK(rate_now(m, start).limit_us == 2000);
	CHECK(rate_now(m, start).remaining_us == 2000);
	CHECK(rate_now(m, start + 3 * CLOCK_US_PER_S).reset_s == 7);
	rate_add(m, start, 1500);
	CHECK(rate_now(m, start).remaining_us == 500);
	CHECK(rate_check(m, start, &err));
	rate_add(m, start, 1500);
	CHECK(rate_now(m, start).remaining_us == 0);
	CHECK(!rate_check(m, start + 3 * CLOCK_US_PER_S, &err));
	CHECK(err.kind == ERR_TOO_MANY_REQUESTS && err.retry_after_s == 7);
	CHECK(rate_check(m, start + 10 * CLOCK_US_PER_S, &err));
	rate_meter_free(m);
}

static void
limits_nothing_unless_it_is_set(void **state)
{
	const struct conf conf = { .http.rate_window_s = 10 };
	struct err err;

	struct rate_meter *m = rate_meter_new(&conf);

	(void)state;
	rate_add(m, 0, 1000000);
	CHECK(rate_check(m, 0, &err));
	CHECK(rate_now(m, 0).limit_us == 0);
	rate_meter_free(m);
	rate_add(NULL, 0, 1000000);
	CHECK(rate_check(NULL, 0, &err));
}

UNIT_TESTS(counts_time_until_the_window_ends, limits_nothing_unless_it_is_set)
