/*
 * intake.h - from a parsed head to a call: who asks, by which door, and how much may follow.
 *
 * Everything here is judged from the head alone, before a body is read.
 */
#ifndef SERVER_INTAKE_H
#define SERVER_INTAKE_H

#include "server/exchange.h"
#include "server/trip.h"

/* What heads are judged by; of one set of settings. */
struct intake_rules {
	struct http_limits limits;
	struct proxies *proxies;
	const struct method_table *local; /* more methods for the control door; may be NULL */
	struct intake_rules *older;
};

/* The rules that conf makes; older ones, which others may still look at, hang on to them. */
struct intake_rules *intake_rules_new(
    const struct conf *conf, const struct method_table *local, struct intake_rules *older) MUST_USE;
void intake_rules_free(struct intake_rules *r); /* with all older ones */

/*
 * Makes t->call of t->head and its bytes, which are copied. serial: a number that no other request
 * has, for its id. False: no memory, or a door that this peer may not use: refuse and close.
 */
MUST_USE bool intake_begin(struct trip *t, struct net_conn *c, const struct intake_rules *rules,
    struct str head, uint64_t serial, struct err *err);

/* Says who the request is from, and readies its body. False: answer with api_fail(). */
MUST_USE bool intake_admit(struct trip *t, struct net_conn *c, struct err *err);

/* Takes call->who anew, in a later turn. */
MUST_USE bool intake_who(struct trip *t, struct err *err);

/* Back to before the request was planned (t->planned): it will be planned and run once more. */
void intake_anew(struct trip *t);

/* ERR_UNAVAILABLE: the memory is too old to say anything; returns false. */
bool intake_lost(struct err *err);

/* Answers a peer at the door: there are too many connections, or too many of its address. */
void intake_turn_away(uint64_t serial, bool of_address, struct buf *out);

bool intake_has_body(const struct trip *t);

/* After this request, the requests-th of its connection? */
bool intake_keeps_alive(const struct trip *t, uint32_t requests);

/*
 * How much of rest, what has come of a refused request's body, is skipped; if it is not all there,
 * nothing after it can be understood, and t->keep_alive ends.
 */
size_t intake_skip_body(struct trip *t, struct str rest);

/* Writes a new id of 16 characters. */
struct str intake_new_id(uint64_t serial, char *text);

#endif
