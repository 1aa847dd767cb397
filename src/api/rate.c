#include "api/rate.h"

#include "base/clock.h"
#include "conf/conf.h"

#include <stdatomic.h>

/* The window's number, and the time used in it. */
static _Atomic int64_t window;
static _Atomic int64_t used_us;

static bool
is_on(const struct conf *conf)
{
	return conf->http.rate_limit_s > 0 && conf->http.rate_window_s > 0;
}

/* Begins the window that now lies in, if nobody has yet. */
static void
enter(const struct conf *conf, int64_t now_us)
{
	const int64_t now = now_us / (conf->http.rate_window_s * CLOCK_US_PER_S);
	int64_t last = atomic_load(&window);

	if (now != last && atomic_compare_exchange_strong(&window, &last, now))
		atomic_store(&used_us, 0);
}

struct rate
rate_now(const struct conf *conf, int64_t now_us)
{
	if (!is_on(conf))
		return (struct rate){ 0 };
	const int64_t window_s = conf->http.rate_window_s;
	const int64_t limit = MAX(1, (int64_t)(conf->http.rate_limit_s * 1e6));

	enter(conf, now_us);
	return (struct rate){ .limit_us = limit,
		.remaining_us = MAX(0, limit - atomic_load(&used_us)),
		.reset_s = window_s - now_us / CLOCK_US_PER_S % window_s };
}

bool
rate_check(const struct conf *conf, int64_t now_us, struct err *err)
{
	const struct rate r = rate_now(conf, now_us);

	if (r.limit_us == 0 || r.remaining_us > 0)
		return true;
	err_set(err, ERR_TOO_MANY_REQUESTS, "Too many requests: try again in %lld seconds",
	    (long long)r.reset_s);
	err->retry_after_s = (int)MIN(r.reset_s, 86400);
	return false;
}

int64_t
rate_clock_us(const struct conf *conf)
{
	return is_on(conf) ? clock_mono_us() : 0;
}

void
rate_add(const struct conf *conf, int64_t now_us, int64_t took_us)
{
	if (!is_on(conf))
		return;
	enter(conf, now_us);
	atomic_fetch_add(&used_us, MAX(1, took_us));
}
