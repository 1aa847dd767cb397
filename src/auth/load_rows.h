/*
 * load_rows.h - queries of very many rows, for loading; private to the room.
 */
#ifndef AUTH_LOAD_ROWS_H
#define AUTH_LOAD_ROWS_H

#include "db/db.h"

enum { LOAD_ROWS_COLUMNS = 16 };

/* A query, and what its columns are. */
struct load_rows {
	const struct str *sql;
	size_t len;
	enum value_kind kinds[LOAD_ROWS_COLUMNS];
};

/* Gives each row to fn, as long as it returns true. */
typedef bool load_rows_fn(void *context, struct db_rows *rows, struct err *err);
MUST_USE bool load_rows_each(struct db_conn *c, const struct load_rows *query, load_rows_fn *fn,
    void *context, struct err *err);

#endif
