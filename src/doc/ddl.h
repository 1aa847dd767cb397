/*
 * ddl.h - the tables of DocTypes: made, widened, dropped (spec/documents.md 1.3, 1.4).
 *
 * In the caller's transaction: SQLite's DDL is transactional.
 */
#ifndef DOC_DDL_H
#define DOC_DDL_H

#include "doc/doctype.h"

/*
 * Makes the table of a DocType and its indexes, or adds the columns and indexes that it
 * lacks. Single DocTypes have none. Columns are never dropped.
 */
MUST_USE bool ddl_sync(
    struct db *db, struct db_conn *c, struct arena *a, const struct doctype *dt, struct err *err);

MUST_USE bool ddl_drop(struct db_conn *c, struct arena *a, struct str doctype, struct err *err);

#endif
