/*
 * db_postgres.h - the PostgreSQL driver.
 *
 * A struct db_conn of it holds a connection to the server only while a transaction or a query is
 * open; so there may be more of them than connections.
 */
#ifndef DB_DB_POSTGRES_H
#define DB_DB_POSTGRES_H

#include "db/db_driver.h"

extern const struct db_driver DB_POSTGRES_DRIVER;

#endif
