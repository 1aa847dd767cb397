/*
 * pool.h - numbered records beside the slots of a token table: counters, expiry, CSRF tokens.
 *
 * A record begins with struct pool_head. One thread takes and ends records; any
 * thread reads those it found through a slot, within a turn. A record's generation is
 * even while it lives and odd when it has ended, and a number is given out again only when every
 * thread has passed a turn. So (number, generation) names one life for ever: an identity keeps the
 * pair, and a look at the generation says whether it still holds.
 */
#ifndef AUTH_POOL_H
#define AUTH_POOL_H

#include "base/turn.h"

#include <stdatomic.h>

struct pool;

struct pool_head {
	_Atomic uint32_t generation;
	_Atomic uint32_t next_dirty; /* 0: not on the list of touched records */
};

/* Records of size bytes, a multiple of 8. */
struct pool *pool_new(struct turns *turns, size_t size) MUST_USE;
void pool_free(struct pool *p);

/* A zeroed, living record. The publisher only. */
uint32_t pool_take(struct pool *p) MUST_USE;

/* Ends its life now, for everyone; the number rests until all turns have passed. */
void pool_end(struct pool *p, uint32_t number);

/* The record of a number that pool_take() gave out. */
void *pool_at(const struct pool *p, uint32_t number);

/* Does the life with this generation still last? */
bool pool_lives(const struct pool *p, uint32_t number, uint32_t generation);

/* Puts the record on the list of touched ones, if it is not there. Any thread, no locks. */
void pool_touch(struct pool *p, uint32_t number);

/*
 * Takes the whole list of touched records, then one number a call; false at its end. What is
 * touched meanwhile goes onto a new list. One thread at a time.
 */
uint32_t pool_touched(struct pool *p) MUST_USE;
bool pool_next_touched(struct pool *p, uint32_t *list, uint32_t *number) MUST_USE;

/* Bytes held. */
size_t pool_bytes(const struct pool *p);

#endif
