/*
 * fence.h - from which networks a key may be used; private to the room.
 *
 * A fence is immutable and freed by turns (base/turn.h). Most keys have none: NULL.
 */
#ifndef AUTH_FENCE_H
#define AUTH_FENCE_H

#include "base/base.h"
#include "base/err.h"
#include "base/str.h"

struct fence;

/*
 * From the two lists of a key, networks as text like User.restrict_ip (auth/restrict.h): empty
 * allowed means all, denied takes away from it. NULL if both are empty.
 */
struct fence *fence_new(struct str allowed, struct str denied) MUST_USE;
void fence_free(void *fence);

/* Do both say the same? NULL is none. */
bool fence_same(const struct fence *a, const struct fence *b);

/* May address (text, proxies resolved) come in? What is no IP address comes in only where nothing
 * is said, for it is in no network. */
bool fence_allows(const struct fence *f, struct str address);

#endif
