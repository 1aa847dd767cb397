/*
 * kept_room.h - how much may be kept for one user: a level that what is kept raises, and that
 * sinks evenly, from full to empty in KEPT_ROOM_S.
 *
 * So of what is kept that long there is never more than twice what fits, one answer of each request
 * under way aside. One word a user; any thread, no locks. A new one is zeroed.
 */
#ifndef AUTH_KEPT_ROOM_H
#define AUTH_KEPT_ROOM_H

#include "base/base.h"

#include <stdatomic.h>

enum { KEPT_ROOM_S = 24 * 3600 };

struct kept_room {
	_Atomic int64_t empty_us; /* clock_mono_us() at which it will have sunk to nothing */
};

/* Seconds until there is room again; 0: there is. now_us, here and below, is clock_mono_us(). */
int kept_room_wait_s(const struct kept_room *room, int64_t now_us);

/* So many bytes are kept, of most (> 0) that fit; they may raise it above its brim. */
void kept_room_take(struct kept_room *room, int64_t bytes, int64_t most, int64_t now_us);

#endif
