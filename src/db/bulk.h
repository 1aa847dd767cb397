/*
 * bulk.h - very many rows at once, into a table; db_query_many() is the way out.
 */
#ifndef DB_BULK_H
#define DB_BULK_H

#include "db/db.h"

struct bulk_target {
	struct str table; /* as the statements name it: "tabToDo" */
	const struct str *columns;
	size_t len;
};

struct bulk_load;

/*
 * Begins to load rows, inside a transaction of c that does nothing else until bulk_load_end(). to
 * must stay until then.
 */
MUST_USE bool bulk_load_begin(
    struct db_conn *c, const struct bulk_target *to, struct bulk_load **out, struct err *err);

/* One row: to->len values. ERR_DATA: a text that the database cannot store. */
MUST_USE bool bulk_load_row(struct bulk_load *l, const struct value *row, struct err *err);

/*
 * Ends it: only now is it certain that the database took every row. ok false: something went wrong,
 * and the transaction is to be rolled back; the answer is false, and *err stays as it is.
 */
MUST_USE bool bulk_load_end(struct bulk_load *l, bool ok, struct err *err);

#endif
