/*
 * renew.h - digests that wait to replace those of an older pepper; private to the room.
 *
 * Only who sends a secret brings what its digest can be made from, so the loop that accepts one
 * makes the new digest, and leaves it here for the flusher. Each loop has a table of its own:
 * plain loads and stores, nothing shared, a secret at most once. What finds no room is made again
 * at a later use.
 */
#ifndef AUTH_RENEW_H
#define AUTH_RENEW_H

#include "base/err.h"
#include "crypto/digest.h"

enum { RENEW_LEN = 1024 }; /* a loop's table, a power of two: 60 KiB, at its first use */

struct renewals;

struct renewals *renewals_new(void) MUST_USE;
void renewals_free(struct renewals *r);

struct renewal {
	uint64_t id; /* what the digest is of (state_life()); not 0 */
	uint32_t pepper;
	struct digest digest;
};

/* Is there room for this id, which does not wait yet? Then renewals_add() takes it. The loop's
 * thread, 0 .. USES_LOOPS - 1. *full: there is no room. */
MUST_USE bool renewals_wants(struct renewals *r, uint32_t loop, uint64_t id, bool *full);
void renewals_add(struct renewals *r, uint32_t loop, const struct renewal *renewal);

/* Gives at most max of those that wait to fn; *more: there are others. They are forgotten when
 * renewals_written() says that the transaction was committed. One thread. */
typedef bool renewals_fn(void *context, const struct renewal *renewal, struct err *err);
MUST_USE bool renewals_flush(
    struct renewals *r, size_t max, renewals_fn *fn, void *context, bool *more, struct err *err);
void renewals_written(struct renewals *r);

/* Does anything wait? Any thread. */
bool renewals_any(const struct renewals *r);

#endif
