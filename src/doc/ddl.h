/*
 * ddl.h - the tables of DocTypes: made, changed, dropped (spec/documents.md 1.3, 1.4).
 *
 * In the caller's transaction: DDL is transactional. Single DocTypes have no table.
 * `name` is the key; `name` is also the last column of every other index but unique ones.
 */
#ifndef DOC_DDL_H
#define DOC_DDL_H

#include "doc/doctype.h"

/* Makes the table of a DocType and its indexes, or adds the columns and indexes that it lacks. */
MUST_USE bool
ddl_sync(struct db_conn *c, struct arena *a, const struct doctype *dt, struct err *err);

/* Makes the table alone, which is not there; ddl_sync() adds its indexes once it is filled. */
MUST_USE bool
ddl_make(struct db_conn *c, struct arena *a, const struct doctype *dt, struct err *err);

/*
 * After a DocType was changed from old to dt: new columns, filled with their default; columns of
 * another type, converted; indexes made and dropped. Where db_alter_stops_reads(), indexes that are
 * not unique are left to ddl_index() in a transaction of its own: else reads would wait for them,
 * too. The column of a field that is gone stays, and serves again when the field comes back.
 * ERR_NON_UNIQUE: a field became unique whose values are not. ERR_VALIDATION: a value does not
 * convert, or the kind of names changes while there are documents.
 */
MUST_USE bool ddl_change(struct db_conn *c, struct arena *a, const struct doctype *old,
    const struct doctype *dt, struct err *err);

/* Makes the indexes that the table of a DocType lacks. */
MUST_USE bool
ddl_index(struct db_conn *c, struct arena *a, const struct doctype *dt, struct err *err);

/* Adds the columns of marks (enum doc_mark) that the table of a parent lacks, if it has a table. */
MUST_USE bool
ddl_sync_marks(struct db_conn *c, struct arena *a, struct str doctype, struct err *err);

MUST_USE bool ddl_drop(struct db_conn *c, struct arena *a, struct str doctype, struct err *err);

#endif
