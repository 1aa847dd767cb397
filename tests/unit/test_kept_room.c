#include "tests/unit/unit.h"

#include "auth/kept_room.h"
#include "base/clock.h"

enum { MOST = 1000, NOW_S = 50 };

static const int64_t NOW_US = NOW_S * CLOCK_US_PER_S;

static int64_t
later_us(int64_t seconds)
{
	return NOW_US + seconds * CLOCK_US_PER_S;
}

static void
has_room_until_it_is_full(void **state UNUSED)
{
	struct kept_room room = { 0 };

	CHECK(kept_room_wait_s(&room, NOW_US) == 0);
	for (int i = 0; i < MOST; i++) {
		CHECK(kept_room_wait_s(&room, NOW_US) == 0);
		kept_room_take(&room, 1, MOST, NOW_US);
	}
	CHECK(kept_room_wait_s(&room, NOW_US) == 1);
}

static void
sinks_evenly(void **state UNUSED)
{
	struct kept_room room = { 0 };

	kept_room_take(&room, MOST + MOST / 2, MOST, NOW_US);
	CHECK(kept_room_wait_s(&room, NOW_US) == KEPT_ROOM_S / 2 + 1);
	CHECK(kept_room_wait_s(&room, later_us(KEPT_ROOM_S / 2)) == 1);
	CHECK(kept_room_wait_s(&room, later_us(KEPT_ROOM_S / 2 + 1)) == 0);

	/* Once empty it is so, however long ago that was. */
	kept_room_take(&room, MOST, MOST, later_us(100 * KEPT_ROOM_S));
	CHECK(kept_room_wait_s(&room, later_us(100 * KEPT_ROOM_S)) == 1);
	CHECK(kept_room_wait_s(&room, later_us(100 * KEPT_ROOM_S + 1)) == 0);
}

static void
never_tells_to_wait_longer_than_a_day(void **state UNUSED)
{
	struct kept_room room = { 0 };

	kept_room_take(&room, 1000 * MOST, MOST, NOW_US);
	CHECK(kept_room_wait_s(&room, NOW_US) == KEPT_ROOM_S);
}

UNIT_TESTS(has_room_until_it_is_full, sinks_evenly, never_tells_to_wait_longer_than_a_day)
