/*
 * output.h - how a connection's answers reach its socket: one send a turn, the rest waits.
 */
#ifndef NET_OUTPUT_H
#define NET_OUTPUT_H

#include "net/conn.h"

/* Sends what the loop's out buffer and the connection hold; sets c->broken if the socket failed. */
void output_send(struct net_conn *c);

/* Is there something that the socket did not take? */
static inline bool
output_is_blocked(const struct net_conn *c)
{
	return c->held != NULL && (c->held->out.len > c->held->sent || c->held->file >= 0);
}

/* What the connection holds; made if it has nothing. */
struct conn_held *output_held(struct net_conn *c);

/* Frees it, if it is empty (or in any case). */
void output_release(struct net_conn *c, bool anyway);

#endif
