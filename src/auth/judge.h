/*
 * judge.h - is there such a key, is this its secret, and may its user come in? Private to the room.
 *
 * The one function that takes a pair's word for who somebody is. It does the same work whatever
 * the answer (DESIGN.md 3): one digest, made and compared also for an unknown key, or as many as
 * the key needs whose secrets rest on most peppers (two after a rotation of both); one walk along
 * the table to the end of the key's run; one look at a record and at a user, for an unknown key
 * at some other's; one look for the address in the networks of both. What differs by outcome
 * (counting, throttling, logging) is the caller's.
 */
#ifndef AUTH_JUDGE_H
#define AUTH_JUDGE_H

#include "auth/state.h"

/* The first of these that is true of a pair; the order counts. */
enum judge_verdict {
	JUDGE_UNKNOWN, /* no such key, or none with a live secret */
	JUDGE_WRONG,   /* not its secret */
	JUDGE_ENDED,   /* revoked at this very moment */
	JUDGE_EARLY,   /* not valid yet */
	JUDGE_EXPIRED,
	JUDGE_DISABLED, /* its user is, or is gone */
	JUDGE_OUTSIDE,  /* its user, or the key, may not come from there */
	JUDGE_RIGHT,
};

struct judgement {
	enum judge_verdict verdict;
	/* Of a JUDGE_RIGHT only: */
	uint32_t user, secret; /* numbers */
	uint32_t generation;   /* of the secret's record */
	uint32_t pepper;       /* number of the one that its digest rests on */
	bool limited;          /* the record has limits */
	const struct who *who; /* within the turn */
};

/* A pair, and how it came: when (Unix seconds) and where from (NULL: no IP address). */
struct judge_request {
	struct str key, secret;
	int64_t now_s;
	const struct in6_addr *from;
};

/* Judges it. Within a turn; no locks, no allocation, no system call. */
void judge_pair(const struct auth *a, const struct judge_request *request, struct judgement *out);

#endif
