/*
 * postgres_load.h - loading a table by COPY FROM; for db/ only.
 *
 * All are entries of struct db_driver, as db/bulk.h calls them.
 */
#ifndef DB_POSTGRES_LOAD_H
#define DB_POSTGRES_LOAD_H

#include "db/bulk.h"

bool postgres_load_begin(struct db_conn *conn, const struct bulk_target *to, struct err *err);
bool postgres_load_row(
    struct db_conn *conn, const struct bulk_target *to, const struct value *row, struct err *err);
bool postgres_load_end(struct db_conn *conn, bool ok, struct err *err);

#endif
