/*
 * postgres_query.h - statements of the PostgreSQL driver and their rows; for db/ only.
 *
 * Rows come one by one, so that a long list needs no memory here. A second query on the same
 * connection is possible at any time: then the rest of the first is read and kept.
 *
 * All are entries of struct db_driver.
 */
#ifndef DB_POSTGRES_QUERY_H
#define DB_POSTGRES_QUERY_H

#include "db/db_driver.h"

bool postgres_query_start(struct db_conn *conn, struct str sql, const struct value *params,
    size_t len, struct db_rows **out, struct err *err);
/* Rows of COPY TO, which cost a fraction of what those of a SELECT do. */
bool postgres_query_many(struct db_conn *conn, struct str sql, const enum value_kind *kinds,
    size_t len, struct db_rows **out, struct err *err);
enum db_step postgres_query_next(struct db_rows *rows, struct err *err);
size_t postgres_query_columns(const struct db_rows *rows);
struct value postgres_query_column(const struct db_rows *rows, size_t at);
bool postgres_query_row_ok(const struct db_rows *rows, struct err *err);
int64_t postgres_query_finish(struct db_rows *rows);
bool postgres_query_script(struct db_conn *conn, struct str sql, struct err *err);

#endif
