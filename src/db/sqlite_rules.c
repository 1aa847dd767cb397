#include "db/sqlite_rules.h"

#include "base/str.h"
#include "db/sqlb.h"

static const struct {
	int what, value;
} LIMITS[] = {
	{ SQLITE_LIMIT_LENGTH, 64 * 1024 * 1024 },
	{ SQLITE_LIMIT_SQL_LENGTH, SQLB_MAX_TEXT },
	{ SQLITE_LIMIT_EXPR_DEPTH, 500 },
	{ SQLITE_LIMIT_COMPOUND_SELECT, 200 },
	{ SQLITE_LIMIT_VDBE_OP, 2 * 1000 * 1000 },
	{ SQLITE_LIMIT_FUNCTION_ARG, 32 },
	{ SQLITE_LIMIT_ATTACHED, 0 },
	{ SQLITE_LIMIT_LIKE_PATTERN_LENGTH, 5000 },
	{ SQLITE_LIMIT_VARIABLE_NUMBER, SQLB_MAX_PARAMS },
	{ SQLITE_LIMIT_TRIGGER_DEPTH, 1 },
	{ SQLITE_LIMIT_WORKER_THREADS, 0 },
};

static const struct {
	int what, value;
} SWITCHES[] = {
	{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
	{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
	{ SQLITE_DBCONFIG_DQS_DML, 0 },
	{ SQLITE_DBCONFIG_DQS_DDL, 0 },
	{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
	{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
	{ SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
	{ SQLITE_DBCONFIG_ENABLE_FKEY, 0 },
};

enum { WRITER, ANYBODY };

/* Who may do what; an action that is not here is refused to all. */
static const struct {
	int action;
	int who;
} ACTIONS[] = {
	{ SQLITE_SELECT, ANYBODY },
	{ SQLITE_READ, ANYBODY },
	{ SQLITE_FUNCTION, ANYBODY },
	{ SQLITE_RECURSIVE, ANYBODY },
	{ SQLITE_TRANSACTION, ANYBODY },
	{ SQLITE_SAVEPOINT, WRITER },
	{ SQLITE_INSERT, WRITER },
	{ SQLITE_UPDATE, WRITER },
	{ SQLITE_DELETE, WRITER },
	{ SQLITE_CREATE_TABLE, WRITER },
	{ SQLITE_DROP_TABLE, WRITER },
	{ SQLITE_ALTER_TABLE, WRITER },
	{ SQLITE_CREATE_INDEX, WRITER },
	{ SQLITE_DROP_INDEX, WRITER },
	{ SQLITE_REINDEX, WRITER },
	{ SQLITE_ANALYZE, WRITER },
};

/* Pragmas that only tell. */
static const char *const PRAGMAS[] = { "table_info", "table_xinfo", "index_list", "index_info",
	"index_xinfo", "quick_check", "page_count", "freelist_count", "optimize" };

static bool
is_telling(const char *pragma)
{
	for (size_t i = 0; i < ARRAY_LEN(PRAGMAS); i++) {
		if (str_ieq(str_from(pragma), str_from(PRAGMAS[i])))
			return true;
	}
	return false;
}

static int
authorize(int action, int who, const char *first)
{
	if (action == SQLITE_PRAGMA)
		return is_telling(first) ? SQLITE_OK : SQLITE_DENY;
	for (size_t i = 0; i < ARRAY_LEN(ACTIONS); i++) {
		if (ACTIONS[i].action == action)
			return ACTIONS[i].who >= who ? SQLITE_OK : SQLITE_DENY;
	}
	return SQLITE_DENY;
}

/* SQLite's authorizer. */
static int
for_writer(void *arg UNUSED, int action, const char *first, const char *second UNUSED,
    const char *database UNUSED, const char *inner UNUSED)
{
	return authorize(action, WRITER, first);
}

static int
for_reader(void *arg UNUSED, int action, const char *first, const char *second UNUSED,
    const char *database UNUSED, const char *inner UNUSED)
{
	/* So it calls what a pragma in FROM does to describe its columns. To write there in earnest
	 * is refused to all (SQLITE_DBCONFIG_DEFENSIVE). */
	if (action == SQLITE_UPDATE && str_eq(str_from(first), STR("sqlite_master")))
		return SQLITE_OK;
	return authorize(action, ANYBODY, first);
}

void
sqlite_rules_limit(sqlite3 *handle)
{
	for (size_t i = 0; i < ARRAY_LEN(SWITCHES); i++)
		sqlite3_db_config(handle, SWITCHES[i].what, SWITCHES[i].value, NULL);
	for (size_t i = 0; i < ARRAY_LEN(LIMITS); i++)
		sqlite3_limit(handle, LIMITS[i].what, LIMITS[i].value);
}

void
sqlite_rules_close(sqlite3 *handle, bool write)
{
	sqlite3_set_authorizer(handle, write ? for_writer : for_reader, NULL);
}
