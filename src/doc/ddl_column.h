/*
 * ddl_column.h - statements about one column of a DocType's table.
 */
#ifndef DOC_DDL_COLUMN_H
#define DOC_DDL_COLUMN_H

#include "db/sqlb.h"
#include "doc/doctype.h"

/* Appends a column's definition to a statement: name, type, and what it has where nothing is said;
 * fill null: what its type has. */
void ddl_column_define(const struct db_conn *c, struct sqlb *b, const struct doctype *dt,
    const struct field *f, struct value fill);

/* The documents that are there have fill, and none of their rows is written (PostgreSQL since 11,
 * SQLite): however many there are, it takes no longer. */
MUST_USE bool ddl_column_add(struct db_conn *c, struct arena *a, const struct doctype *dt,
    const struct field *f, struct value fill, struct err *err);

MUST_USE bool ddl_column_rename(struct db_conn *c, struct arena *a, const struct doctype *dt,
    struct str from, struct str to, struct err *err);

MUST_USE bool ddl_column_drop(
    struct db_conn *c, struct arena *a, const struct doctype *dt, struct str name, struct err *err);

/* A value and the name of the document that is to have it. */
struct ddl_column_cell {
	struct value name, value;
};
MUST_USE bool ddl_column_set(struct db_conn *c, struct arena *a, const struct doctype *dt,
    const struct field *f, struct ddl_column_cell cell, struct err *err);

#endif
