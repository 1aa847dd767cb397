/*
 * uses.h - uses of secrets, in memory of the loop that saw them; private to the room.
 *
 * Each loop counts in an open-addressed table of its own, of the secrets that it saw since the
 * flusher last gave it a fresh one: plain loads and stores, nothing shared. The flusher reads
 * along, and hands out a fresh table with every flush, four times as large as the last one was
 * full, within limits. A loop so holds at most USES_MAX entries and their forerunner, 20 MiB; uses
 * that find no room are dropped, and counted as that. uses_due() asks for an early flush long
 * before.
 */
#ifndef AUTH_USES_H
#define AUTH_USES_H

#include "base/err.h"
#include "base/str.h"
#include "base/turn.h"

#include <netinet/in.h>

enum {
	USES_LOOPS = 64,
	USES_MIN =
	    4 * 1024, /* entries of a loop's first table: memory that is touched as it fills */
	USES_MAX = 256 * 1024, /* a power of two, too */
};

struct uses;

struct uses *uses_new(struct turns *turns) MUST_USE;
void uses_free(struct uses *u);

/*
 * Counts a use of what id (not 0) stands for, at now_s, from address (text; what is none is kept
 * as none). Loop (0 .. USES_LOOPS - 1) is one thread, which is within a turn. Nothing is
 * allocated but the loop's first table.
 */
void uses_count(struct uses *u, uint32_t loop, uint64_t id, uint32_t now_s, struct str address);

/* What is new of an id in one loop's table. */
struct use {
	uint64_t id;
	uint32_t uses, last_used_s;
	struct in6_addr address; /* unspecified: none */
};
typedef bool uses_fn(void *context, const struct use *use, struct err *err);

/*
 * Gives at most max uses that are not written yet to fn; *more: there are others. They count as
 * written when uses_written() says that the transaction was committed; if it was not, they come
 * again. One thread.
 */
MUST_USE bool
uses_flush(struct uses *u, size_t max, uses_fn *fn, void *context, bool *more, struct err *err);
void uses_written(struct uses *u);

/* Is a table more than half full? Not while a flush is under way. */
bool uses_due(struct uses *u);

/* How many uses found no room. Any thread. */
uint64_t uses_dropped(const struct uses *u);

#endif
