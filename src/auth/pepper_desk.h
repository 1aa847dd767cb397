/*
 * pepper_desk.h - what an operator does with peppers, and what nodes say of theirs.
 */
#ifndef AUTH_PEPPER_DESK_H
#define AUTH_PEPPER_DESK_H

#include "auth/auth.h"

/* Writes the answer of symbolon.pepper.status: an object. Body of a read call. */
MUST_USE bool pepper_desk_status(struct call *call, struct err *err);

/*
 * Bodies of write calls, which change the file, too; both run alone (RUN_WRITE_ALONE). Rotating
 * takes the new pepper of the file, or makes one, and makes it current if every node has it; the
 * answer says so, or names the nodes that lack it. Removing refuses what is current or in use, with
 * how many secrets and what to do.
 */
MUST_USE bool pepper_desk_rotate(struct call *call, struct err *err);
MUST_USE bool pepper_desk_remove(struct call *call, struct str id, struct err *err);

/*
 * Where several nodes share a database each says, at least every PEPPER_DESK_NODE_S seconds, which
 * peppers it has; one that has not for four times as long is taken for gone. In a write
 * transaction; leaves: it stops.
 */
enum { PEPPER_DESK_NODE_S = 30 };
MUST_USE bool
pepper_desk_note_node(const struct auth *a, struct db_conn *c, bool leaves, struct err *err);

#endif
