/*
 * later.h - a call that goes on for another one after that was answered (struct call_later).
 */
#ifndef SERVER_LATER_H
#define SERVER_LATER_H

#include "http/call.h"

/* The call that from has left behind, without a connection, as the same caller: freed by
 * later_done(). NULL, and a line in the log, if there is no memory. Within a turn. */
struct call *later_new(const struct call *from) MUST_USE;

/* It has ended; there is nobody to answer to, so that an error goes to the log. As run_done. */
void later_done(struct call *call, void *arg);

#endif
