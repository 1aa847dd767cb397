/*
 * intake.h - from a parsed head to a call: who asks, by which door, and how much may follow.
 *
 * Everything here is judged from the head alone, before a body is read.
 */
#ifndef SERVER_INTAKE_H
#define SERVER_INTAKE_H

#include "server/exchange.h"
#include "server/trip.h"

struct intake_options {
	const struct proxies *proxies;
	const struct method_table *local;
};

/*
 * Makes t->call of t->head and its bytes, which are copied. serial: a number that no other request
 * has, for its id. False: no memory, or a door that this peer may not use: refuse and close.
 */
MUST_USE bool intake_begin(struct trip *t, struct net_conn *c, const struct intake_options *options,
    struct str head, uint64_t serial, struct err *err);

/* Says who the request is from, and readies its body. False: answer with api_fail(). */
MUST_USE bool intake_admit(struct trip *t, struct net_conn *c, struct err *err);

/* Takes call->who anew, in a later turn. */
MUST_USE bool intake_who(struct trip *t, struct err *err);

bool intake_has_body(const struct trip *t);

/* Writes a new id of 16 characters. */
struct str intake_new_id(uint64_t serial, char *text);

#endif
