/*
 * list_join.h - tables beside its own that a list looks at: rows of a document, and what its links
 * point to (spec/rest.md 4.3, 4.4).
 */
#ifndef DOC_LIST_JOIN_H
#define DOC_LIST_JOIN_H

#include "doc/list_query.h"

/*
 * Joins a child DocType once: a document then comes once for each of its rows. table NULL: through
 * any of the table fields whose level may be read. ERR_DATA if it is not one of the list's.
 */
MUST_USE bool list_join_child(struct call *call, struct list_query *q, const struct doctype *child,
    const struct field *table, struct err *err);

/*
 * Joins what a Link field points to: its values are shown where the caller may read the document,
 * else null. ERR_PERMISSION without read on that DocType.
 */
MUST_USE bool list_join_link(struct call *call, struct list_query *q, const struct field *f,
    const struct list_link **out, struct err *err);

/* Appends the joins, each " LEFT JOIN ... ON ..."; count: those that change the number of rows. */
void list_join_put(struct call *call, struct sqlb *b, const struct list_query *q, bool count);

#endif
