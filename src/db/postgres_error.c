#include "db/postgres_error.h"

#include <stdio.h>

#define GONE "The database does not answer. Try again later"
#define BUSY "The database is busy. Try again later"
#define INTERNAL "Internal error in the database"
#define TOO_COMPLEX "The query has too many conditions, columns or tables"

enum { RETRY_AFTER_S = 2 };

/* By SQLSTATE, or by its class where two characters stand; the first that fits counts. */
static const struct {
	const char *state;
	enum postgres_error what;
	enum err_kind kind;
	const char *msg;
} STATES[] = {
	{ "40001", POSTGRES_ERROR_RERUN, ERR_UNAVAILABLE, BUSY },
	{ "40P01", POSTGRES_ERROR_RERUN, ERR_UNAVAILABLE, BUSY },
	{ "40003", POSTGRES_ERROR_LOST, ERR_UNAVAILABLE, GONE },  /* completion unknown */
	{ "55P03", POSTGRES_ERROR_PLAIN, ERR_UNAVAILABLE, BUSY }, /* lock_timeout */
	{ "57014", POSTGRES_ERROR_PLAIN, ERR_UNAVAILABLE, "The query took too long; ask for less" },
	{ "57P", POSTGRES_ERROR_LOST, ERR_UNAVAILABLE, GONE }, /* it stops or starts */
	{ "08", POSTGRES_ERROR_LOST, ERR_UNAVAILABLE, GONE },
	{ "25006", POSTGRES_ERROR_LOST, ERR_UNAVAILABLE, "The database cannot be written" },
	{ "25P03", POSTGRES_ERROR_LOST, ERR_UNAVAILABLE, BUSY }, /* idle in a transaction */
	{ "26000", POSTGRES_ERROR_STALE, ERR_UNAVAILABLE, BUSY },
	{ "0A000", POSTGRES_ERROR_STALE, ERR_INTERNAL,
	    INTERNAL }, /* result type of a cached plan */
	{ "42P01", POSTGRES_ERROR_STALE, ERR_INTERNAL, INTERNAL }, /* no such table */
	{ "42703", POSTGRES_ERROR_STALE, ERR_INTERNAL, INTERNAL }, /* no such column */
	{ "42883", POSTGRES_ERROR_STALE, ERR_INTERNAL, INTERNAL }, /* no such operator */
	{ "42804", POSTGRES_ERROR_STALE, ERR_INTERNAL, INTERNAL }, /* another type */
	{ "42501", POSTGRES_ERROR_PLAIN, ERR_UNAVAILABLE,
	    "The database refuses: rights are missing" },
	{ "28", POSTGRES_ERROR_LOST, ERR_UNAVAILABLE, GONE }, /* it does not know us */
	{ "53100", POSTGRES_ERROR_PLAIN, ERR_UNAVAILABLE, "The disk is full: nothing was saved" },
	{ "53", POSTGRES_ERROR_PLAIN, ERR_UNAVAILABLE, BUSY },
	{ "58", POSTGRES_ERROR_PLAIN, ERR_UNAVAILABLE, "The disk fails: nothing was saved" },
	{ "22021", POSTGRES_ERROR_PLAIN, ERR_DATA, "The text is not valid UTF-8" },
	{ "22003", POSTGRES_ERROR_PLAIN, ERR_DATA, "A number is too large" },
	{ "22", POSTGRES_ERROR_PLAIN, ERR_DATA, "A value does not fit its column" },
	{ "54", POSTGRES_ERROR_PLAIN, ERR_TOO_LARGE, TOO_COMPLEX },
};

static struct str
field(const PGresult *result, int code)
{
	const struct str s = str_from(PQresultErrorField(result, code));

	return str_is_null(s) ? STR("") : s;
}

/*
 * "Key (lower(email))=(a@b.c) already exists.", in whatever language: the last column between the
 * first parenthesis and ")=(", without what stands around its name.
 */
static struct str
last_column(struct str detail)
{
	const ptrdiff_t end = str_find_str(detail, STR(")=("));
	struct str before, columns, column = STR("");

	if (end < 0)
		return column;
	str_cut(str_sub(detail, 0, (size_t)end), '(', &before, &columns);
	while (str_cut(columns, ',', &column, &columns))
		continue;
	column = str_trim(column);
	if (str_starts(column, STR("lower(")))
		str_cut(str_sub(column, 6, column.len), ')', &column, &before);
	if (str_starts(column, STR("(")))
		column = str_sub(column, 1, column.len);
	str_cut(column, ')', &column, &before);
	str_cut(column, ':', &column, &before); /* ::text */
	if (column.len >= 2 && column.ptr[0] == '"')
		column = str_sub(column, 1, column.len - 2);
	return column;
}

static void
set_unique(const PGresult *result, char *conflict, size_t size, struct err *err)
{
	const struct str column = last_column(field(result, PG_DIAG_MESSAGE_DETAIL));
	const bool is_key = str_ends(field(result, PG_DIAG_CONSTRAINT_NAME), STR("_pkey")) ||
	    (str_starts(field(result, PG_DIAG_TABLE_NAME), STR("tab")) &&
		str_eq(column, STR("name")));

	snprintf(conflict, size, "%.*s", STR_FMT(column));
	if (is_key)
		err_set(err, ERR_DUPLICATE, "There is one of that name already");
	else
		err_set(err, ERR_UNIQUE, "That value is taken already");
}

enum postgres_error
postgres_error_set(const PGresult *result, char *conflict, size_t conflict_size, struct err *err)
{
	const struct str state = field(result, PG_DIAG_SQLSTATE);
	enum postgres_error what = POSTGRES_ERROR_PLAIN;
	size_t at = 0;

	while (at < ARRAY_LEN(STATES) && !str_starts(state, str_from(STATES[at].state)))
		at++;
	if (str_eq(state, STR("23505"))) {
		set_unique(result, conflict, conflict_size, err);
	} else if (state.len == 0) {
		err_set(err, ERR_UNAVAILABLE, GONE); /* libpq itself: the server said nothing */
		what = POSTGRES_ERROR_LOST;
	} else if (at < ARRAY_LEN(STATES)) {
		err_set(err, STATES[at].kind, "%s", STATES[at].msg);
		what = STATES[at].what;
	} else {
		err_set(err, ERR_INTERNAL, INTERNAL);
	}
	if (err->kind == ERR_UNAVAILABLE)
		err->retry_after_s = RETRY_AFTER_S;
	const struct str said = str_trim(str_from(PQresultErrorMessage(result)));

	err_cause(err, "PostgreSQL %.*s: %.*s", STR_FMT(state), STR_FMT(said));
	return what;
}

bool
postgres_error_lost(const PGconn *pg, struct err *err)
{
	const struct str said = str_trim(str_from(pg == NULL ? "" : PQerrorMessage(pg)));

	err_set(err, ERR_UNAVAILABLE, GONE);
	err->retry_after_s = RETRY_AFTER_S;
	return err_cause(err, "PostgreSQL: %.*s", STR_FMT(said));
}
