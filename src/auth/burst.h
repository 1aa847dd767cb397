/*
 * burst.h - bursts of refusals on their way into the audit log.
 *
 * Whoever refuses has no database and does not wait: he leaves a note, and the housekeeper writes
 * it down. Memory and rows are bounded: BURST_CELLS notes wait at most, and BURST_A_MINUTE are
 * taken in a minute; the others are counted, and the next row says how many they were.
 */
#ifndef AUTH_BURST_H
#define AUTH_BURST_H

#include "db/db.h"

enum { BURST_CELLS = 32, BURST_A_MINUTE = 60 };

struct bursts;

struct bursts *bursts_new(void) MUST_USE;
void bursts_free(struct bursts *b);

struct burst {
	bool of_logins;  /* else of requests with a token */
	struct str name; /* the user, or the api-key, that is known; empty: unknown */
	struct str address;
	const char *reason; /* a literal */
	int64_t tries;
};

/* Any thread; no locks, no allocation. */
void bursts_note(struct bursts *b, const struct burst *burst, int64_t now_s);

/* Is there something to write? */
bool bursts_any(const struct bursts *b);

/* Writes what is noted, in a write transaction, by one thread at a time; bursts_written() says that
 * it was committed, else all of it comes again. */
MUST_USE bool bursts_flush(struct bursts *b, struct db_conn *c, struct err *err);
void bursts_written(struct bursts *b);

#endif
