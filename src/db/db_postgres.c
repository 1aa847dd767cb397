#include "db/db_postgres.h"

#include "base/mem.h"
#include "db/postgres_conn.h"
#include "db/postgres_load.h"
#include "db/postgres_primary.h"
#include "db/postgres_query.h"
#include "db/postgres_text.h"

#include <stdio.h>

enum {
	CONNECT_TIMEOUT_S = 5,
	DEFAULT_CONNECTIONS = 20,
};

static const struct str COUNT_TABLES = STR_INIT(
    "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()");

struct postgres_db {
	struct db db;
	char *url;
	struct postgres_pool *pool;
	struct postgres_history *history, *own; /* own NULL: it is another's */
};

static struct postgres_db *
db_of(struct db *db)
{
	return CONTAINER_OF(db, struct postgres_db, db);
}

static struct postgres_options
options_of(const struct db_options *o, const struct postgres_db *d)
{
	return (struct postgres_options){ .url = d->url,
		.history = d->history,
		.connect_timeout_s =
		    o->connect_timeout_s == 0 ? CONNECT_TIMEOUT_S : o->connect_timeout_s,
		.statement_timeout_ms = o->statement_timeout_ms,
		.lock_timeout_ms = o->lock_timeout_ms,
		.answer_timeout_ms = o->answer_timeout_ms };
}

static bool
no_database(struct err *err)
{
	char cause[sizeof(err->cause)];

	snprintf(cause, sizeof(cause), "%s", err->cause);
	return err_set(err, ERR_UNAVAILABLE,
	    "Cannot use the database of [database] url (--database, SYMBOLON_DATABASE_URL): %s",
	    cause);
}

/* Is it ours, or empty? */
static bool
check(struct db_conn *c, struct err *err)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);
	struct value tables;
	bool has, found;

	if (!db_query_row(c, a, COUNT_TABLES, NULL, 0, &tables, 1, &found, err) ||
	    !db_has_table(c, STR("migration"), &has, err))
		return no_database(err);
	return has || tables.i == 0 ||
	    err_set(err, ERR_UNAVAILABLE,
		"The database of [database] url holds tables of another program; give symbolon a "
		"database or a schema of its own");
}

static bool
postgres_open(
    const struct db_options *options, struct str place UNUSED, struct db **out, struct err *err)
{
	struct postgres_db *d = MEM_NEW(struct postgres_db);
	struct db_conn *c;

	d->url = mem_alloc(options->url.len + 1);
	memcpy(d->url, options->url.ptr, options->url.len);
	d->own = options->beside == NULL ? postgres_history_new() : NULL;
	d->history = d->own != NULL ? d->own : db_of(options->beside)->history;
	const struct postgres_options o = options_of(options, d);
	const int max =
	    options->max_connections == 0 ? DEFAULT_CONNECTIONS : options->max_connections;

	d->db.driver = &DB_POSTGRES_DRIVER;
	d->pool = postgres_pool_new(&o, max);
	if (d->own != NULL)
		postgres_primary_look(&o);
	bool ok = db_connect(&d->db, DB_READ, &c, err);

	if (ok) {
		ok = check(c, err);
		db_disconnect(c);
	}
	if (!ok) {
		db_close(&d->db);
		return false;
	}
	*out = &d->db;
	return true;
}

static void
postgres_close(struct db *db)
{
	struct postgres_db *d = db_of(db);

	postgres_pool_free(d->pool);
	postgres_history_free(d->own);
	explicit_bzero(d->url, strlen(d->url)); /* it may hold a password */
	mem_free(d->url);
	mem_free(d);
}

static void
postgres_heard(struct db *db, int64_t mono_ms)
{
	postgres_pool_heard(db_of(db)->pool, mono_ms);
}

static bool
postgres_connect(struct db *db, enum db_mode mode, struct db_conn **out, struct err *err UNUSED)
{
	struct postgres_conn *c = MEM_NEW(struct postgres_conn);

	c->conn.db = db;
	c->pool = db_of(db)->pool;
	c->mode = mode;
	*out = &c->conn;
	return true;
}

static void
postgres_disconnect(struct db_conn *conn)
{
	struct postgres_conn *c = postgres_conn_of(conn);

	assert(c->open == 0);
	postgres_conn_rollback(conn);
	mem_free(c);
}

static const struct postgres_conn *
conn_of(const struct db_conn *c)
{
	return CONTAINER_OF(c, const struct postgres_conn, conn);
}

static bool
postgres_in_transaction(const struct db_conn *conn)
{
	return conn_of(conn)->begun;
}

static bool
postgres_wants_rerun(const struct db_conn *conn)
{
	return conn_of(conn)->wants_rerun;
}

static struct str
postgres_conflict(const struct db_conn *c)
{
	return str_from(conn_of(c)->conflict);
}

static void
postgres_set_budget(struct db_conn *c UNUSED, int64_t steps UNUSED)
{
}

static void
postgres_set_deadline(struct db_conn *conn, int64_t mono_ms)
{
	struct postgres_conn *c = postgres_conn_of(conn);

	c->deadline_ms = c->mode == DB_READ ? mono_ms : 0;
}

static struct str
postgres_type_ddl(enum db_type type)
{
	static const struct str DDL[] = {
		[DB_TYPE_NAME] = STR_INIT("TEXT COLLATE \"C\""),
		[DB_TYPE_TEXT] = STR_INIT("TEXT COLLATE \"C\""),
		[DB_TYPE_INT] = STR_INIT("BIGINT NOT NULL"),
		[DB_TYPE_REAL] = STR_INIT("DOUBLE PRECISION NOT NULL"),
		[DB_TYPE_REAL_NULL] = STR_INIT("DOUBLE PRECISION"),
		[DB_TYPE_DATETIME] = STR_INIT("TEXT COLLATE \"C\""),
		[DB_TYPE_DATE] = STR_INIT("TEXT COLLATE \"C\""),
		[DB_TYPE_TIME] = STR_INIT("TEXT COLLATE \"C\""),
		[DB_TYPE_AUTOINCREMENT] = STR_INIT("BIGINT NOT NULL"),
	};

	return DDL[type];
}

const struct db_driver DB_POSTGRES_DRIVER = {
	.dialect = "postgres",
	.is_embedded = false,
	.alter_stops_reads = true,
	.row_lock = STR_INIT(" FOR UPDATE"),
	.open = postgres_open,
	.close = postgres_close,
	.heard = postgres_heard,
	.connect = postgres_connect,
	.disconnect = postgres_disconnect,
	.begin = postgres_conn_begin,
	.commit = postgres_conn_commit,
	.rollback = postgres_conn_rollback,
	.in_transaction = postgres_in_transaction,
	.wants_rerun = postgres_wants_rerun,
	.script = postgres_query_script,
	.query = postgres_query_start,
	.query_many = postgres_query_many,
	.next = postgres_query_next,
	.columns = postgres_query_columns,
	.column = postgres_query_column,
	.row_ok = postgres_query_row_ok,
	.finish = postgres_query_finish,
	.load_begin = postgres_load_begin,
	.load_row = postgres_load_row,
	.load_end = postgres_load_end,
	.conflict = postgres_conflict,
	.set_budget = postgres_set_budget,
	.set_deadline = postgres_set_deadline,
	.allow_long = postgres_conn_allow_long,
	.type_ddl = postgres_type_ddl,
	.table_name = postgres_text_name,
	.has_table = STR_INIT("SELECT 1 FROM information_schema.tables WHERE table_schema = "
			      "current_schema() AND table_name COLLATE NOCASE = ?1"),
	.table_columns = STR_INIT("SELECT column_name, data_type FROM "
				  "information_schema.columns WHERE "
				  "table_schema = current_schema() AND table_name = ?1 "
				  "ORDER BY ordinal_position"),
	.tables = STR_INIT("SELECT table_name FROM information_schema.tables WHERE table_schema = "
			   "current_schema() ORDER BY table_name"),
	/* Every node polls all the time: where one lives a connection is seen. */
	.others = STR_INIT("SELECT count(*) FROM pg_stat_activity WHERE datname = "
			   "current_database() AND application_name = 'symbolon' AND "
			   "pid <> pg_backend_pid()"),
};
