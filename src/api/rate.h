/*
 * rate.h - the global rate limit (spec/auth.md 11): processing time that all requests may use in a
 * window.
 *
 * Counted for the whole site, in numbers that any thread changes atomically. A meter may be NULL:
 * then nothing is limited.
 */
#ifndef API_RATE_H
#define API_RATE_H

#include "base/err.h"

struct conf;
struct rate_meter;

/* By [http] rate_limit. */
struct rate_meter *rate_meter_new(const struct conf *conf) MUST_USE;
/* Settings of a reload; what was used in the window still counts. Any thread. */
void rate_meter_use_conf(struct rate_meter *m, const struct conf *conf);
void rate_meter_free(struct rate_meter *m);

struct rate {
	int64_t limit_us;     /* 0: no limit is set */
	int64_t remaining_us; /* at the moment of asking, never below 0 */
	int64_t reset_s;      /* until the window ends */
};

/* Where the window that now_us (clock_mono_us(), here and below) lies in stands. */
struct rate rate_now(struct rate_meter *m, int64_t now_us);

/* ERR_TOO_MANY_REQUESTS with retry_after_s when the window's time is used up. */
MUST_USE bool rate_check(struct rate_meter *m, int64_t now_us, struct err *err);

/* clock_mono_us(), for rate_add() later; 0 if no limit is set. */
int64_t rate_clock_us(const struct rate_meter *m);

/* A request has taken that long. */
void rate_add(struct rate_meter *m, int64_t now_us, int64_t took_us);

#endif
