/*
 * arena.h - memory for one request: many small allocations, one release.
 *
 * An arena hands out zeroed, 16-byte aligned memory and never frees a single
 * piece: arena_reset() takes everything back at once. It refuses to pass its
 * limit, so that a client cannot make us allocate without bound: then
 * arena_alloc() returns NULL and the caller answers ERR_TOO_LARGE (err_memory()).
 *
 * One thread at a time; an arena may change owner with the call that holds it.
 */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/budget.h"
#include "base/err.h"
#include "base/str.h"

struct arena;

/* An arena that hands out at most limit bytes in all. Never NULL. */
struct arena *arena_new(size_t limit) MUST_USE;

/* The same, and its blocks count against budget too (NULL: none). budget outlives the arena. */
struct arena *arena_new_shared(size_t limit, struct budget *budget) MUST_USE;

/* Gives everything back. a may be NULL. arena_freep is for CLEANUP(). */
void arena_free(struct arena *a);
void arena_freep(struct arena **a);

/* Everything allocated so far is gone; the first block is kept for reuse. */
void arena_reset(struct arena *a);

/* size zeroed bytes, aligned to 16; NULL if that would pass the limit or the budget. */
void *arena_alloc(struct arena *a, size_t size) MUST_USE;

/* n objects of size bytes; NULL also if n * size does not fit size_t. */
void *arena_alloc_array(struct arena *a, size_t n, size_t size) MUST_USE;

#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_NEW_ARRAY(a, type, n) ((type *)arena_alloc_array((a), (n), sizeof(type)))

/* A copy of s in the arena, followed by a NUL that is not counted; STR_NULL stays STR_NULL. */
MUST_USE bool arena_str(struct arena *a, struct str s, struct str *out, struct err *err);

/* The same in lower case: of ASCII letters. */
MUST_USE bool arena_str_lower(struct arena *a, struct str s, struct str *out, struct err *err);

/* The parts after each other, followed by a NUL that is not counted: where printf would cost much.
 */
MUST_USE bool
arena_join(struct arena *a, const struct str *parts, size_t n, struct str *out, struct err *err);

/* Formatted text in the arena, followed by a NUL that is not counted. */
MUST_USE bool
arena_printf(struct arena *a, struct str *out, struct err *err, const char *fmt, ...) PRINTF(4, 5);

/* A place to come back to: everything allocated after arena_mark() is gone after arena_rewind(). */
struct arena_mark {
	size_t block;
	size_t used;
};
struct arena_mark arena_mark(const struct arena *a);
void arena_rewind(struct arena *a, struct arena_mark mark);

/* Bytes handed out since the last reset, padding included. */
size_t arena_used(const struct arena *a);

#endif
