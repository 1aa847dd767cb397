#include "auth/meter.h"

struct window {
	uint32_t start, count;
};

/* The window that is open at now_s; a clock that went back ends it, too. */
static struct window
window_at(uint64_t word, const struct meter_limits *l, int64_t now_s)
{
	const struct window w = { (uint32_t)(word >> 32), (uint32_t)word };

	return w.count > 0 && (uint32_t)now_s - w.start < l->window_s
	    ? w
	    : (struct window){ (uint32_t)now_s, 0 };
}

void
meter_init(struct meter *m, int64_t spent)
{
	atomic_init(&m->window, 0);
	atomic_init(&m->spent, spent);
}

static bool
take_of_window(struct meter *m, const struct meter_limits *l, int64_t now_s)
{
	uint64_t word = atomic_load_explicit(&m->window, memory_order_relaxed);

	for (;;) {
		const struct window w = window_at(word, l, now_s);

		if (w.count >= l->requests)
			return false;
		if (atomic_compare_exchange_weak_explicit(&m->window, &word,
			(uint64_t)w.start << 32 | (w.count + 1), memory_order_relaxed,
			memory_order_relaxed))
			return true;
	}
}

static bool
take_of_quota(struct meter *m, const struct meter_limits *l, bool *step)
{
	const int64_t hundredth = MAX(l->quota / 100, (int64_t)1);
	int64_t spent = atomic_load_explicit(&m->spent, memory_order_relaxed);

	do {
		if (l->quota > 0 && spent >= l->quota)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(
	    &m->spent, &spent, spent + 1, memory_order_relaxed, memory_order_relaxed));
	*step = l->quota > 0 && (spent + 1) % hundredth == 0;
	return true;
}

enum meter_verdict
meter_take(struct meter *m, const struct meter_limits *l, int64_t now_s, bool *step)
{
	*step = false;
	if (l->requests > 0 && !take_of_window(m, l, now_s))
		return METER_RATE;
	return take_of_quota(m, l, step) ? METER_TAKEN : METER_QUOTA;
}

struct meter_left
meter_left(const struct meter *m, const struct meter_limits *l, int64_t now_s)
{
	const struct window w =
	    window_at(atomic_load_explicit(&m->window, memory_order_relaxed), l, now_s);
	const int64_t spent = atomic_load_explicit(&m->spent, memory_order_relaxed);

	return (struct meter_left){
		.requests = l->requests > w.count ? l->requests - w.count : 0,
		.window_s = (int)(l->window_s - ((uint32_t)now_s - w.start)),
		.quota = MAX(l->quota - spent, (int64_t)0),
	};
}

void
meter_learn(struct meter *m, int64_t spent)
{
	int64_t had = atomic_load_explicit(&m->spent, memory_order_relaxed);

	while (had < spent &&
	    !atomic_compare_exchange_weak_explicit(
		&m->spent, &had, spent, memory_order_relaxed, memory_order_relaxed))
		continue;
}
