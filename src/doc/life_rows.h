/*
 * life_rows.h - what happens to the rows of a document's tables while it is made or changed
 * (spec/documents.md 3, 4.4).
 */
#ifndef DOC_LIFE_ROWS_H
#define DOC_LIFE_ROWS_H

#include "doc/life.h"

typedef bool life_row_fn(struct call *call, struct life *life, struct doc *row, struct err *err);

/* Calls fn for every row of every table, in order, until one fails. */
MUST_USE bool
life_rows_each(struct call *call, struct life *life, life_row_fn *fn, struct err *err);

/* Numbers the rows and gives the new ones their defaults; what replaces a stored row has only what
 * was sent. */
MUST_USE bool life_rows_fill(struct call *call, struct life *life, struct err *err);

/* Who and when, as the document itself was stamped; its docstatus, too. */
MUST_USE bool life_rows_stamp(struct call *call, struct life *life, struct err *err);

/* Tells rows the document that they belong to, and gives new ones their names. */
MUST_USE bool life_rows_name(struct call *call, struct life *life, struct err *err);

#endif
