#include "db/sqlerr.h"

#include <stdio.h>

#define DISK_FULL "The disk is full: nothing was saved"
#define DISK_FAILS "The disk fails: nothing was saved. Try again later"
#define DAMAGED "The database is damaged. The administrator must restore a backup"
#define QUERY_TOO_LARGE "The query has too many conditions, columns or tables"
#define BUSY "The database is busy. Try again later"

/* Primary result codes; what is not here is our own mistake. */
static const struct {
	int rc;
	enum err_kind kind;
	const char *msg;
} CODES[] = {
	{ SQLITE_FULL, ERR_UNAVAILABLE, DISK_FULL },
	{ SQLITE_IOERR, ERR_UNAVAILABLE, DISK_FAILS },
	{ SQLITE_CANTOPEN, ERR_UNAVAILABLE, DISK_FAILS },
	{ SQLITE_READONLY, ERR_UNAVAILABLE, "The database cannot be written" },
	{ SQLITE_PERM, ERR_UNAVAILABLE, "The database cannot be written" },
	{ SQLITE_BUSY, ERR_UNAVAILABLE, BUSY },
	{ SQLITE_LOCKED, ERR_UNAVAILABLE, BUSY },
	{ SQLITE_PROTOCOL, ERR_UNAVAILABLE, BUSY },
	{ SQLITE_NOMEM, ERR_UNAVAILABLE, "The server is out of memory. Try again later" },
	{ SQLITE_CORRUPT, ERR_UNAVAILABLE, DAMAGED },
	{ SQLITE_NOTADB, ERR_UNAVAILABLE, DAMAGED },
	{ SQLITE_TOOBIG, ERR_TOO_LARGE, "A value or a query is too large for the database" },
};

/* What a statement can meet because of what somebody asked for; the beginnings of SQLite's texts.
 */
static const struct {
	struct str text;
	enum err_kind kind;
	const char *msg;
} TEXTS[] = {
	{ STR_INIT("LIKE or GLOB pattern too complex"), ERR_DATA, "The search text is too long" },
	{ STR_INIT("integer overflow"), ERR_DATA, "A sum is too large" },
	{ STR_INIT("Expression tree is too large"), ERR_TOO_LARGE, QUERY_TOO_LARGE },
	{ STR_INIT("too many "), ERR_TOO_LARGE, QUERY_TOO_LARGE },
	{ STR_INIT("parser stack overflow"), ERR_TOO_LARGE, QUERY_TOO_LARGE },
	{ STR_INIT("at most "), ERR_TOO_LARGE, QUERY_TOO_LARGE }, /* ... tables in a join */
};

enum { RETRY_AFTER_S = 5 };

static const char INTERNAL[] = "Internal error in the database";

enum err_kind
sqlerr_kind(int rc)
{
	for (size_t i = 0; i < ARRAY_LEN(CODES); i++) {
		if (CODES[i].rc == (rc & 0xff))
			return CODES[i].kind;
	}
	return ERR_INTERNAL;
}

/*
 * "UNIQUE constraint failed: tabUser.parent, tabUser.email": the table and the last column, as
 * slices of msg. False for other texts, such as those of indexes on expressions.
 */
static bool
last_column(struct str msg, struct str *table, struct str *column)
{
	struct str rest;

	if (!str_cut(msg, ':', &msg, &rest))
		return false;
	while (str_cut(rest, ',', table, &rest))
		continue;
	rest = str_trim(*table);
	return str_cut(rest, '.', table, column) && column->len > 0;
}

static bool
set_unique(sqlite3 *handle, int rc, char *conflict, size_t size, struct err *err)
{
	struct str table, column;
	bool is_key = rc == SQLITE_CONSTRAINT_PRIMARYKEY || rc == SQLITE_CONSTRAINT_ROWID;

	if (last_column(str_from(sqlite3_errmsg(handle)), &table, &column)) {
		/* Tables of DocTypes are rowid tables: their key is the unique index on "name". */
		is_key = is_key || (str_starts(table, STR("tab")) && str_eq(column, STR("name")));
		snprintf(conflict, size, "%.*s", STR_FMT(column));
	}
	if (is_key)
		err_set(err, ERR_DUPLICATE, "There is one of that name already");
	else
		err_set(err, ERR_UNIQUE, "That value is taken already");
	return err_cause(err, "SQLite %d: %s", rc, sqlite3_errmsg(handle));
}

static bool
set_by_code(sqlite3 *handle, int rc, struct err *err)
{
	const char *msg = INTERNAL;

	for (size_t i = 0; i < ARRAY_LEN(CODES); i++) {
		if (CODES[i].rc == (rc & 0xff))
			msg = CODES[i].msg;
	}
	err_set(err, sqlerr_kind(rc), "%s", msg);
	if (err->kind == ERR_UNAVAILABLE)
		err->retry_after_s = RETRY_AFTER_S;
	return err_cause(err, "SQLite %d: %s", rc, sqlite3_errmsg(handle));
}

bool
sqlerr_set(sqlite3 *handle, int rc, char *conflict, size_t conflict_size, struct err *err)
{
	if (rc == SQLITE_CONSTRAINT_UNIQUE || rc == SQLITE_CONSTRAINT_PRIMARYKEY ||
	    rc == SQLITE_CONSTRAINT_ROWID)
		return set_unique(handle, rc, conflict, conflict_size, err);

	const struct str said = str_from(sqlite3_errmsg(handle));

	for (size_t i = 0; i < ARRAY_LEN(TEXTS) && rc == SQLITE_ERROR; i++) {
		if (str_starts(said, TEXTS[i].text)) {
			err_set(err, TEXTS[i].kind, "%s", TEXTS[i].msg);
			return err_cause(err, "SQLite %d: %s", rc, said.ptr);
		}
	}
	return set_by_code(handle, rc, err);
}
