/*
 * meter.h - how much of its limits an api-key has used: requests in a window, and in all.
 *
 * One meter a limited key, shared by its secrets, and by the limits that replace one another: it
 * is counted. A window begins with its first request. Any thread; no locks.
 */
#ifndef AUTH_METER_H
#define AUTH_METER_H

#include "base/base.h"

struct meter;

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

/* A meter with one holder; spent: what was used in all before. */
struct meter *meter_new(int64_t spent) MUST_USE;
struct meter *meter_hold(struct meter *m);
void meter_drop(struct meter *m); /* by each holder; NULL: nothing */

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
