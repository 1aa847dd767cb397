/*
 * perm_rows.h - which rows of a DocType the caller may see: the judgement of perm.h as a condition
 * of SQL. A row is listed exactly if reading it would be granted (spec/permissions.md 3.1).
 */
#ifndef DOC_PERM_ROWS_H
#define DOC_PERM_ROWS_H

#include "doc/perm_limit.h"

struct perm_rows {
	bool none;        /* no role grants anything: shared documents alone */
	bool own_only;    /* owner = caller */
	bool with_code;   /* the DocType's controller adds a condition */
	bool select_only; /* only select: name, search fields */
	bool shared;      /* and those that are shared with him */
	struct perm_limits limits;
};

/* ERR_PERMISSION for a DocType that the caller may neither read nor select from, and of which
 * nothing is shared with him. */
MUST_USE bool
perm_rows_of(struct call *call, const struct doctype *dt, struct perm_rows *out, struct err *err);

/* Are there documents that he may not see? */
bool perm_rows_are_cut(const struct perm_rows *rows);

/* Appends " AND (...)", or nothing where every row may be seen. */
void perm_rows_put(
    struct call *call, struct sqlb *b, const struct doctype *dt, const struct perm_rows *rows);

#endif
