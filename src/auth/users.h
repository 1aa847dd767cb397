/*
 * users.h - every user of the site in memory: numbers for names, entries by number.
 *
 * One thread adds and replaces (the publisher); any thread looks up, within a turn and without
 * locks. A name keeps its number for the life of the process, also while it has no entry.
 */
#ifndef AUTH_USERS_H
#define AUTH_USERS_H

#include "auth/kept_room.h"
#include "auth/who.h"
#include "base/turn.h"

struct users;

struct users *users_new(struct turns *turns) MUST_USE;
void users_free(struct users *u);

/* The number of a name (without case), given now if it is new. The publisher only. */
uint32_t users_number(struct users *u, struct str name);

/* The number of a name that has one; false otherwise. */
MUST_USE bool users_find(const struct users *u, struct str name, uint32_t *number);

/* The entry of a number, or NULL: no such user (any more). */
const struct who *users_at(const struct users *u, uint32_t number);

/* Fetches what users_at() will look at, if it is not in the processor's cache. */
void users_prefetch(const struct users *u, uint32_t number);

/* Replaces an entry; who is from users_entry_new(), or NULL: the user is gone. The publisher only.
 */
void users_put(struct users *u, uint32_t number, struct who *who);

/* What is kept for a user, whom it outlives. Any thread. */
struct kept_room *users_kept(const struct users *u, uint32_t number);

/* How many numbers are given out: 0 .. n - 1. */
uint32_t users_len(const struct users *u);

/*
 * A copy of from, its texts, its roles (numbers, len of them) and the networks of its restrict_ip
 * in one piece of memory.
 * is_system_manager and the like are the caller's.
 */
struct who *users_entry_new(const struct who *from, const uint32_t *roles, size_t len) MUST_USE;

/* True once a minute for a user who is active at now_s: User.last_active is due. The flusher only.
 */
bool users_active_due(struct users *u, uint32_t number, int64_t now_s);

#endif
