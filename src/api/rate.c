#include "api/rate.h"

#include "base/clock.h"
#include "base/mem.h"
#include "conf/conf.h"

#include <stdatomic.h>

struct rate_meter {
	_Atomic int64_t limit_us; /* 0: no limit */
	_Atomic int64_t
	    window_s;           /* stays when a limit goes: somebody may be about to divide by it */
	_Atomic int64_t window; /* its number */
	_Atomic int64_t used_us; /* in it */
};

struct rate_meter *
rate_meter_new(const struct conf *conf)
{
	struct rate_meter *m = MEM_NEW(struct rate_meter);

	rate_meter_use_conf(m, conf);
	return m;
}

void
rate_meter_use_conf(struct rate_meter *m, const struct conf *conf)
{
	const bool on = conf->http.rate_limit_s > 0 && conf->http.rate_window_s > 0;

	if (on)
		m->window_s = conf->http.rate_window_s;
	m->limit_us = on ? MAX(1, (int64_t)(conf->http.rate_limit_s * 1e6)) : 0;
}

void
rate_meter_free(struct rate_meter *m)
{
	mem_free(m);
}

static bool
is_on(const struct rate_meter *m)
{
	return m != NULL && m->limit_us > 0;
}

/* Begins the window that now lies in, if nobody has yet. */
static void
enter(struct rate_meter *m, int64_t now_us)
{
	const int64_t now = now_us / (m->window_s * CLOCK_US_PER_S);
	int64_t last = atomic_load(&m->window);

	if (now != last && atomic_compare_exchange_strong(&m->window, &last, now))
		atomic_store(&m->used_us, 0);
}

struct rate
rate_now(struct rate_meter *m, int64_t now_us)
{
	if (!is_on(m))
		return (struct rate){ 0 };
	const int64_t limit_us = m->limit_us, window_s = m->window_s;

	enter(m, now_us);
	return (struct rate){ .limit_us = limit_us,
		.remaining_us = MAX(0, limit_us - atomic_load(&m->used_us)),
		.reset_s = window_s - now_us / CLOCK_US_PER_S % window_s };
}

bool
rate_check(struct rate_meter *m, int64_t now_us, struct err *err)
{
	const struct rate r = rate_now(m, now_us);

	if (r.limit_us == 0 || r.remaining_us > 0)
		return true;
	err_set(err, ERR_TOO_MANY_REQUESTS, "Too many requests: try again in %lld seconds",
	    (long long)r.reset_s);
	err->retry_after_s = (int)MIN(r.reset_s, 86400);
	return false;
}

int64_t
rate_clock_us(const struct rate_meter *m)
{
	return is_on(m) ? clock_mono_us() : 0;
}

void
rate_add(struct rate_meter *m, int64_t now_us, int64_t took_us)
{
	if (!is_on(m))
		return;
	enter(m, now_us);
	atomic_fetch_add(&m->used_us, MAX(1, took_us));
}
