/*
 * meter.h - how much of its limits an api-key has used: requests in a window, and in all.
 *
 * One meter a limited key, shared by its secrets, and by the limits that replace one another: it
 * is counted. A window begins with its first request. Any thread; no locks.
 */
#ifndef AUTH_METER_H
#define AUTH_METER_H

#include "base/base.h"

#include <stdatomic.h>

/* What a key may use; 0: as much as it likes. */
struct meter_limits {
	uint32_t requests, window_s; /* so many in each window */
	int64_t quota;               /* requests in all */
};

/* What is left of it. */
struct meter_left {
	uint32_t requests;
	int window_s; /* until the window ends; all of it if none has begun */
	int64_t quota;
};

enum meter_verdict { METER_TAKEN, METER_RATE, METER_QUOTA };

/* Its own; 16 bytes, of which a key has one at most. */
struct meter {
	_Atomic uint64_t window; /* its first second and its count, 32 bits each */
	_Atomic int64_t spent;
};

/* A new one; spent: what was used in all before. */
void meter_init(struct meter *m, int64_t spent);

/*
 * Takes one request, if there is one left. *step: the quota's next hundredth has begun, and what is
 * spent should be written. Unlike a count that was only looked at, no two take the same one.
 */
enum meter_verdict
meter_take(struct meter *m, const struct meter_limits *l, int64_t now_s, bool *step) MUST_USE;

struct meter_left meter_left(const struct meter *m, const struct meter_limits *l, int64_t now_s);

/* The database says that so many were used in all, by other nodes, too. */
void meter_learn(struct meter *m, int64_t spent);

#endif
