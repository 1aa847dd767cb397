/*
 * life_child.h - rows of child DocTypes that are written alone, not with their document. For other
 * documents these do nothing.
 */
#ifndef DOC_LIFE_CHILD_H
#define DOC_LIFE_CHILD_H

#include "doc/life.h"

/* A row keeps its parent for life; it takes over the parent's docstatus. */
MUST_USE bool life_child_place(struct call *call, struct life *life, struct err *err);

/* Before a row is changed its parent is saved, which numbers the rows. */
MUST_USE bool life_child_number(struct call *call, struct life *life, struct err *err);

/* After a row was written or deleted: a parent with rules in code is saved again. */
MUST_USE bool life_child_written(struct call *call, const struct doc *row, struct err *err);

#endif
