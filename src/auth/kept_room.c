#include "auth/kept_room.h"

#include "base/clock.h"

static const int64_t FULL_US = KEPT_ROOM_S * CLOCK_US_PER_S;

int
kept_room_wait_s(const struct kept_room *room, int64_t now_us)
{
	const int64_t empty_us = atomic_load_explicit(&room->empty_us, memory_order_relaxed);
	const int64_t over_us = empty_us - now_us - FULL_US;

	return over_us < 0 ? 0 : (int)MIN(over_us / CLOCK_US_PER_S + 1, (int64_t)KEPT_ROOM_S);
}

void
kept_room_take(struct kept_room *room, int64_t bytes, int64_t most, int64_t now_us)
{
	int64_t had = atomic_load_explicit(&room->empty_us, memory_order_relaxed);
	const int64_t step_us = (int64_t)((double)FULL_US * (double)bytes / (double)most);

	while (!atomic_compare_exchange_weak_explicit(&room->empty_us, &had,
	    MAX(had, now_us) + step_us, memory_order_relaxed, memory_order_relaxed))
		continue;
}
