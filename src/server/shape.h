/*
 * shape.h - which kinds of requests were too long for a loop (DESIGN.md 1).
 *
 * A shape is a path and the names of its query's parameters. One that went over the budget
 * twice goes to the reads lane at once. Bounded: a newer shape may push an older one out.
 */
#ifndef SERVER_SHAPE_H
#define SERVER_SHAPE_H

#include "http/call.h"

struct shapes;

struct shapes *shape_list_new(void) MUST_USE;
void shape_list_free(struct shapes *s);

/* Any thread, without locks. */
bool shape_is_long(const struct shapes *s, const struct call *call);
void shape_went_over(struct shapes *s, const struct call *call);

#endif
