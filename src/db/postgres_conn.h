/*
 * postgres_conn.h - a struct db_conn of the PostgreSQL driver, and its transactions; for db/ only.
 *
 * It holds a link of the pool only while a transaction is open, or the rows of a query.
 */
#ifndef DB_POSTGRES_CONN_H
#define DB_POSTGRES_CONN_H

#include "base/buf.h"
#include "db/db_driver.h"
#include "db/postgres_error.h"
#include "db/postgres_pool.h"

enum { POSTGRES_CONN_CONFLICT = 160 };

struct postgres_conn {
	struct db_conn conn;
	struct postgres_pool *pool;
	enum db_mode mode;
	struct postgres_link *link;
	bool fresh; /* the link was made for this */
	bool begun;
	bool wants_rerun, forget;    /* what an error asked for */
	size_t open;                 /* queries with rows */
	struct postgres_query *live; /* the one that the link still sends */
	int64_t deadline_ms;
	struct buf load; /* postgres_load.h: what is still to be sent */
	char conflict[POSTGRES_CONN_CONFLICT];
};

struct postgres_conn *postgres_conn_of(struct db_conn *c);

/* Sees to it that there is a link. */
MUST_USE bool postgres_conn_hold(struct postgres_conn *c, struct err *err);

/* Gives the link back when nothing needs it any more. */
void postgres_conn_release(struct postgres_conn *c);

/* What a failed result means, or none at all (the link broke). Clears the result. */
enum postgres_error
postgres_conn_failed(struct postgres_conn *c, PGresult *result, struct err *err);

/* Entries of struct db_driver. */
bool postgres_conn_begin(struct db_conn *conn, struct err *err);
bool postgres_conn_commit(struct db_conn *conn, struct err *err);
void postgres_conn_rollback(struct db_conn *conn);
bool postgres_conn_allow_long(struct db_conn *conn, struct err *err);

#endif
