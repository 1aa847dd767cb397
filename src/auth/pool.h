/*
 * pool.h - numbered records beside the slots of a token table: names, expiry, CSRF tokens.
 *
 * One thread takes and ends records; any thread reads those it found through a slot, within a turn.
 * A record has a generation, even while it lives and odd when it has ended, and a number
 * is given out again only when every thread has passed a turn. So (number, generation) names one
 * life for ever: an identity keeps the pair, and a look at the generation says whether it still
 * holds. Generations lie apart from the records, closely packed: every request looks at one.
 */
#ifndef AUTH_POOL_H
#define AUTH_POOL_H

#include "base/turn.h"

struct pool;

/* Records of size bytes, a multiple of 8. touchable: for pool_touch(). */
struct pool *pool_new(struct turns *turns, size_t size, bool touchable) MUST_USE;
void pool_free(struct pool *p);

/* Makes room for n records in all at once; before loading. */
void pool_reserve(struct pool *p, size_t n);

/* A zeroed, living record. The publisher only. */
uint32_t pool_take(struct pool *p) MUST_USE;

/* Ends its life now, for everyone; the number rests until all turns have passed. */
void pool_end(struct pool *p, uint32_t number);

/* The record of a number that pool_take() gave out. */
void *pool_at(const struct pool *p, uint32_t number);

/* Its generation now, and where it lies, to be fetched before it is looked at. */
uint32_t pool_generation(const struct pool *p, uint32_t number);
const void *pool_generation_at(const struct pool *p, uint32_t number);

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

/* How many numbers have been given out: 0 .. n - 1. Any thread. */
uint32_t pool_len(const struct pool *p);

/* Bytes held. */
size_t pool_bytes(const struct pool *p);

#endif
