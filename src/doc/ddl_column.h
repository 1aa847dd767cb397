/*
 * ddl_column.h - statements about one column of a DocType's table.
 */
#ifndef DOC_DDL_COLUMN_H
#define DOC_DDL_COLUMN_H

#include "db/sqlb.h"
#include "doc/doctype.h"

/* Appends a column's definition to a statement: name and type. */
void ddl_column_define(
    const struct db_conn *c, struct sqlb *b, const struct doctype *dt, const struct field *f);

MUST_USE bool ddl_column_add(struct db_conn *c, struct arena *a, const struct doctype *dt,
    const struct field *f, struct err *err);

MUST_USE bool ddl_column_rename(struct db_conn *c, struct arena *a, const struct doctype *dt,
    struct str from, struct str to, struct err *err);

MUST_USE bool ddl_column_drop(
    struct db_conn *c, struct arena *a, const struct doctype *dt, struct str name, struct err *err);

/* A value and the name of the document that is to have it; name null: all documents. */
struct ddl_column_cell {
	struct value name, value;
};
MUST_USE bool ddl_column_set(struct db_conn *c, struct arena *a, const struct doctype *dt,
    const struct field *f, struct ddl_column_cell cell, struct err *err);

#endif
