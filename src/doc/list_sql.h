/*
 * list_sql.h - from the tree of a list to its statement.
 */
#ifndef DOC_LIST_SQL_H
#define DOC_LIST_SQL_H

#include "doc/list_query.h"

/* Emits the statement; count: SELECT count(*) of its rows instead. Values are bound. */
void list_sql(struct call *call, const struct list_query *q, bool count, struct sqlb *b);

#endif
