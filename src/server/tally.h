/*
 * tally.h - what a loop counts of its requests, for /metrics and the status.
 *
 * One struct a loop: its thread alone adds, any thread reads.
 */
#ifndef SERVER_TALLY_H
#define SERVER_TALLY_H

#include "api/api.h"

enum {
	TALLY_STATUS_CLASSES = 6, /* by hundreds; 0: none of them */
	TALLY_BUCKETS = 15,       /* the last one: more than all bounds */
	TALLY_CLASSES = API_ROUTE_CLASSES,
};

struct tally {
	_Atomic uint64_t requests[TALLY_CLASSES][TALLY_STATUS_CLASSES];
	_Atomic uint64_t buckets[TALLY_BUCKETS];
	_Atomic uint64_t took_us, db_us, bytes;
	_Atomic uint64_t refused; /* that never became a call */
	char apart[64];           /* the next loop's counters lie in another cache line */
};

/* One request answered. */
void tally_add(struct tally *t, const struct call *call, int64_t took_us, uint64_t bytes);

/* One that was refused before it was a call. */
void tally_refuse(struct tally *t);

/* Sums over loops, as Prometheus text. */
struct buf;
void tally_print(const struct tally *tallies, size_t len, struct buf *out);

/* The sums as members of an open object: "requests" by class of status ("2xx"), and "latency",
 * pairs of an upper bound in microseconds (null: none) and how many took so long, but longer than
 * the bound before. */
void tally_tell(const struct tally *tallies, size_t len, struct json_out *out);

#endif
