/*
 * postgres_error.h - what PostgreSQL and libpq say, as our errors; for db/ only.
 */
#ifndef DB_POSTGRES_ERROR_H
#define DB_POSTGRES_ERROR_H

#include "base/err.h"
#include "base/str.h"

#include <libpq-fe.h>

/* What is to be done about an error, apart from reporting it. */
enum postgres_error {
	POSTGRES_ERROR_NONE,
	POSTGRES_ERROR_PLAIN,
	POSTGRES_ERROR_RERUN, /* a deadlock or a serialization failure: the transaction may run
				 again */
	POSTGRES_ERROR_STALE, /* prepared before a DocType changed: prepare anew, then the same */
	POSTGRES_ERROR_LOST,  /* the connection is of no use any more */
};

/*
 * Turns a failed result into *err. For a violated unique index the column goes into conflict, a
 * text of conflict_size bytes.
 */
enum postgres_error
postgres_error_set(const PGresult *result, char *conflict, size_t conflict_size, struct err *err);

/* The connection broke, or an answer did not come in time: ERR_UNAVAILABLE. Returns false. */
bool postgres_error_lost(const PGconn *pg, struct err *err);

#endif
