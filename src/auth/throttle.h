/*
 * throttle.h - counts of wrong tries, in bounded memory.
 *
 * A count belongs to a 64-bit key (a keyed hash of address and api-key, of a user, of an address)
 * and to the window that its first try opened; a try after the window begins again at one. When a
 * row is full, the smallest count makes room: a flood of made-up keys forgets others' small
 * counts, never grows and never locks anyone out. Any thread; no locks.
 */
#ifndef AUTH_THROTTLE_H
#define AUTH_THROTTLE_H

#include "base/str.h"

struct throttle;

/* Room for about entries counts. */
struct throttle *throttle_new(size_t entries) MUST_USE;
void throttle_free(struct throttle *t);

/* The keyed hash of two texts; either may be empty. */
uint64_t throttle_key(const struct throttle *t, struct str a, struct str b);

/* How many tries the window that is open at now_s has seen; *left_s: seconds until it ends. */
uint32_t
throttle_count(const struct throttle *t, uint64_t key, int64_t now_s, int window_s, int *left_s);

/* Counts one more; returns the count, this one included. */
uint32_t throttle_add(struct throttle *t, uint64_t key, int64_t now_s, int window_s, int *left_s);

/* Forgets the tries of a key. */
void throttle_clear(struct throttle *t, uint64_t key);

#endif
