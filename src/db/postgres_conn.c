#include "db/postgres_conn.h"

#include "base/clock.h"

#include <stdio.h>

enum { LONG_GRACE_MS = 5000 }; /* the server is to say itself that it took too long */

static const char BEGIN_READ[] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
static const char BEGIN_WRITE[] = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";

struct postgres_conn *
postgres_conn_of(struct db_conn *c)
{
	return CONTAINER_OF(c, struct postgres_conn, conn);
}

/* ---- links ---- */

bool
postgres_conn_hold(struct postgres_conn *c, struct err *err)
{
	return c->link != NULL || postgres_pool_take(c->pool, &c->link, &c->fresh, err);
}

void
postgres_conn_release(struct postgres_conn *c)
{
	if (c->link == NULL || c->begun || c->open > 0)
		return;
	if (c->forget && !c->link->broken)
		postgres_link_forget(c->link);
	c->forget = false;
	c->link->limit_ms = c->link->statement_limit_ms;
	postgres_pool_give(c->pool, c->link);
	c->link = NULL;
}

enum postgres_error
postgres_conn_failed(struct postgres_conn *c, PGresult *result, struct err *err)
{
	enum postgres_error what = POSTGRES_ERROR_LOST;

	if (result == NULL && c->deadline_ms != 0 && clock_mono_ms() >= c->deadline_ms)
		err_set(err, ERR_UNAVAILABLE, "The query took too long; ask for less");
	else if (result == NULL)
		postgres_error_lost(c->link->pg, err);
	else
		what = postgres_error_set(result, c->conflict, sizeof(c->conflict), err);
	PQclear(result);
	if (what == POSTGRES_ERROR_LOST)
		c->link->broken = true;
	if (what == POSTGRES_ERROR_STALE && !c->link->was_prepared)
		what = POSTGRES_ERROR_PLAIN;
	c->forget |= what == POSTGRES_ERROR_STALE;
	c->wants_rerun |= what == POSTGRES_ERROR_RERUN || what == POSTGRES_ERROR_STALE;
	return what;
}

/* ---- transactions ---- */

bool
postgres_conn_begin(struct db_conn *conn, struct err *err)
{
	struct postgres_conn *c = postgres_conn_of(conn);

	assert(!c->begun && c->open == 0);
	c->wants_rerun = false;
	for (;;) {
		if (!postgres_conn_hold(c, err))
			return false;
		PGresult *result =
		    postgres_link_run(c->link, c->mode == DB_WRITE ? BEGIN_WRITE : BEGIN_READ);

		if (result != NULL && PQresultStatus(result) == PGRES_COMMAND_OK) {
			PQclear(result);
			c->begun = true;
			return true;
		}
		/* An old link may be dead since the server was started anew; then it goes, and all
		 * others. */
		const bool again =
		    postgres_conn_failed(c, result, err) == POSTGRES_ERROR_LOST && !c->fresh;

		c->link->broken = true;
		postgres_conn_release(c);
		if (!again)
			return false;
	}
}

static bool
unsure(struct postgres_conn *c, struct err *err)
{
	postgres_error_lost(c->link->pg, err);
	snprintf(err->msg, sizeof(err->msg),
	    "The database did not say whether it saved. Look before you try again");
	return false;
}

bool
postgres_conn_commit(struct db_conn *conn, struct err *err)
{
	struct postgres_conn *c = postgres_conn_of(conn);
	bool ok = false;

	if (!c->begun)
		return err_set(err, ERR_INTERNAL, "Internal error in the database");
	const bool is_past = postgres_link_is_past(c->link);

	c->link->broken |= is_past;
	PGresult *result = postgres_link_run(c->link, "COMMIT");

	if (is_past) {
		postgres_error_lost(NULL, err);
	} else if (result == NULL) {
		unsure(c, err);
	} else if (PQresultStatus(result) != PGRES_COMMAND_OK) {
		postgres_conn_failed(c, result, err);
	} else {
		/* The server rolls back what had an error, whoever overlooked it. */
		ok = strcmp(PQcmdStatus(result), "COMMIT") == 0;
		if (!ok) {
			err_set(err, ERR_INTERNAL, "Internal error in the database");
			err_cause(err, "a statement failed, and the call went on");
		}
		PQclear(result);
	}
	c->begun = false;
	postgres_conn_release(c);
	return ok;
}

void
postgres_conn_rollback(struct db_conn *conn)
{
	struct postgres_conn *c = postgres_conn_of(conn);

	if (!c->begun)
		return;
	c->begun = false;
	PGresult *result = postgres_link_run(c->link, "ROLLBACK");

	if (result == NULL || PQresultStatus(result) != PGRES_COMMAND_OK)
		c->link->broken = true;
	PQclear(result);
	postgres_conn_release(c);
}

bool
postgres_conn_allow_long(struct db_conn *conn, struct err *err)
{
	struct postgres_conn *c = postgres_conn_of(conn);
	char sql[64];

	assert(c->begun);
	if (c->link->statement_limit_ms >= DB_LONG_MS)
		return true;
	snprintf(sql, sizeof(sql), "SET LOCAL statement_timeout = %d", DB_LONG_MS);
	PGresult *result = postgres_link_run(c->link, sql);

	if (result == NULL || PQresultStatus(result) != PGRES_COMMAND_OK) {
		postgres_conn_failed(c, result, err);
		return false;
	}
	PQclear(result);
	c->link->limit_ms = DB_LONG_MS + LONG_GRACE_MS;
	return true;
}
