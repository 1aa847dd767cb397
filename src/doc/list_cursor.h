/*
 * list_cursor.h - where a page of a list ended, for the next one: the values that its last row has
 * in the columns of its order, of which the last is the name (spec/rest.md 4.7).
 *
 * A cursor is opaque to clients, hexadecimal text. It is judged like every other argument: its
 * values are bound, and one that was made for another order or DocType is refused.
 */
#ifndef DOC_LIST_CURSOR_H
#define DOC_LIST_CURSOR_H

#include "doc/list_query.h"

/* Sets q->after from a cursor; the orders of q are complete. ERR_DATA for what is none of its. */
MUST_USE bool
list_cursor_parse(struct call *call, struct list_query *q, struct str text, struct err *err);

/* The cursor behind a row; values: of the columns of q->orders. Null: they are too long for one. */
MUST_USE bool list_cursor_make(struct call *call, const struct list_query *q,
    const struct value *values, struct str *out, struct err *err);

/* Appends "(behind the row that q->after names)". */
void list_cursor_put(struct sqlb *b, const struct list_query *q);

#endif
