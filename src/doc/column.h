/*
 * column.h - how columns of documents compare in statements (db.h): text without ASCII case.
 */
#ifndef DOC_COLUMN_H
#define DOC_COLUMN_H

#include "db/sqlb.h"
#include "doc/doctype.h"

/* What follows a column in comparisons, orders, groups and indexes: " COLLATE NOCASE" or nothing.
 */
struct str column_nocase(const struct doctype *dt, const struct field *f);

/* The condition that names a document, up to its value: "`name` COLLATE NOCASE = ". */
struct str column_is_name(const struct doctype *dt);

/* The value for it; of a DocType with counted names a number, or null for what is none. */
struct value column_name(const struct doctype *dt, struct str name);

/* Appends a document's name as other tables hold it, `tabX`.`name`: a counted one as text. */
void column_put_name(struct sqlb *b, const struct doctype *dt);

#endif
