#include "db/db_sqlite.h"

#include "base/clock.h"
#include "base/mem.h"
#include "db/sqlerr.h"
#include "db/sqlite_file.h"
#include "db/stmt.h"

#include <stdatomic.h>

enum {
	PROGRESS_STEPS = 100, /* between two looks at budget and deadline */
	DEADLINE_EVERY = 20,  /* looks at the budget for one at the clock */
	CONFLICT_SIZE = 160,
};

struct sqlite_db {
	struct db db;
	struct sqlite_file file;
	atomic_bool has_writer;
	sqlite3 *keeper; /* keeps the log and the lock while other connections come and go */
};

struct conn {
	struct db_conn conn;
	sqlite3 *handle;
	struct stmt_cache cache;
	enum db_mode mode;
	bool no_checkpoints, guarded;
	bool has_budget, over_budget;
	int64_t budget;      /* steps left */
	int64_t deadline_ms; /* 0: none */
	bool late;
	int looks;
	int64_t wal_pages;
	char conflict[CONFLICT_SIZE];
};

static struct conn *
conn_of(struct db_conn *c)
{
	return CONTAINER_OF(c, struct conn, conn);
}

static const struct conn *
conn_const(const struct db_conn *c)
{
	return CONTAINER_OF(c, const struct conn, conn);
}

static struct sqlite_db *
db_of(struct db *db)
{
	return CONTAINER_OF(db, struct sqlite_db, db);
}

static bool
over_budget(struct err *err)
{
	return err_set(err, ERR_OVER_BUDGET, "A short read was not short");
}

/* The transaction is gone in which the caller believes to be. */
static bool
is_lost(const struct conn *c, struct err *err)
{
	if (!c->guarded || !sqlite3_get_autocommit(c->handle))
		return false;
	err_set(err, ERR_UNAVAILABLE, "The disk is full or fails: nothing was saved");
	err_cause(err, "SQLite ended the transaction before this statement");
	return true;
}

static bool
fail(struct conn *c, int rc, struct err *err)
{
	if ((rc & 0xff) == SQLITE_INTERRUPT && c->over_budget)
		return over_budget(err);
	if ((rc & 0xff) == SQLITE_INTERRUPT && c->late) {
		err_set(err, ERR_UNAVAILABLE, "The query took too long; ask for less");
		return err_cause(err, "the time limit of a call was reached");
	}
	if (rc == SQLITE_MISUSE) {
		err_set(err, ERR_INTERNAL, "Internal error in the database");
		return err_cause(err, "not one whole statement, or not its parameters");
	}
	return sqlerr_set(c->handle, rc, c->conflict, sizeof(c->conflict), err);
}

/* SQLite's progress handler: not 0 interrupts the statement. */
static int
on_progress(void *arg)
{
	struct conn *c = arg;

	if (c->has_budget) {
		c->budget -= PROGRESS_STEPS;
		c->over_budget = c->budget < 0;
	}
	if (c->deadline_ms != 0 && ++c->looks >= DEADLINE_EVERY) {
		c->looks = 0;
		c->late = clock_mono_ms() > c->deadline_ms;
	}
	return c->over_budget || c->late;
}

static void
watch_progress(struct conn *c)
{
	const bool watched = c->has_budget || c->deadline_ms != 0;

	sqlite3_progress_handler(
	    c->handle, watched ? PROGRESS_STEPS : 0, watched ? on_progress : NULL, c);
}

/* Called by SQLite after each commit, with the lock already released. */
static int
on_commit(void *arg, sqlite3 *handle, const char *name UNUSED, int pages)
{
	enum { AUTOMATIC_PAGES = 1000 };
	struct conn *c = arg;

	c->wal_pages = pages;
	if (!c->no_checkpoints && pages >= AUTOMATIC_PAGES)
		sqlite3_wal_checkpoint_v2(handle, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	return SQLITE_OK;
}

static bool
sqlite_open(const struct db_options *options, struct str path, struct db **out, struct err *err)
{
	struct sqlite_db *d = MEM_NEW(struct sqlite_db);

	d->db.driver = &DB_SQLITE_DRIVER;
	if (!sqlite_file_init(&d->file, options, path, err) ||
	    !sqlite_file_make(&d->file, &d->keeper, err)) {
		mem_free(d);
		return false;
	}
	*out = &d->db;
	return true;
}

static void
sqlite_close(struct db *db)
{
	struct sqlite_db *d = db_of(db);

	assert(!atomic_load(&d->has_writer));
	sqlite3_close(d->keeper);
	mem_free(d);
}

static bool
sqlite_connect(struct db *db, enum db_mode mode, struct db_conn **out, struct err *err)
{
	struct sqlite_db *d = db_of(db);

	if (mode == DB_WRITE && atomic_exchange(&d->has_writer, true)) {
		err_set(err, ERR_UNAVAILABLE, "The database is busy. Try again later");
		return err_cause(err, "there is a write connection already");
	}
	sqlite3 *handle;

	if (!sqlite_file_open(&d->file, mode == DB_WRITE, &handle, err)) {
		if (mode == DB_WRITE)
			atomic_store(&d->has_writer, false);
		return false;
	}
	struct conn *c = MEM_NEW(struct conn);

	c->conn.db = db;
	c->mode = mode;
	c->handle = handle;
	c->cache.handle = handle;
	sqlite3_wal_hook(handle, on_commit, c);
	*out = &c->conn;
	return true;
}

static void
sqlite_disconnect(struct db_conn *conn)
{
	struct conn *c = conn_of(conn);

	stmt_clear(&c->cache);
	const int rc = sqlite3_close(c->handle);

	assert(rc == SQLITE_OK); /* no backup was left open */
	(void)rc;
	if (c->mode == DB_WRITE)
		atomic_store(&db_of(conn->db)->has_writer, false);
	mem_free(c);
}

/* Runs a statement without parameters and rows; an SQLite result code. */
static int
run(struct conn *c, struct str sql)
{
	struct stmt *s;
	int rc = stmt_get(&c->cache, sql, &s);

	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(s->handle);
	stmt_put(&c->cache, s);
	return rc == SQLITE_DONE || rc == SQLITE_ROW ? SQLITE_OK : rc;
}

static bool
sqlite_begin(struct db_conn *conn, struct err *err)
{
	struct conn *c = conn_of(conn);
	const int rc = run(c, c->mode == DB_WRITE ? STR("BEGIN IMMEDIATE") : STR("BEGIN"));

	return rc == SQLITE_OK || fail(c, rc, err);
}

static bool
sqlite_commit(struct db_conn *conn, struct err *err)
{
	struct conn *c = conn_of(conn);
	const int rc = run(c, STR("COMMIT"));

	return rc == SQLITE_OK || fail(c, rc, err);
}

static void
sqlite_rollback(struct db_conn *conn)
{
	struct conn *c = conn_of(conn);

	/* If it fails SQLite has rolled back by itself. An interrupted connection must still obey.
	 */
	sqlite3_progress_handler(c->handle, 0, NULL, NULL);
	if (!sqlite3_get_autocommit(c->handle))
		(void)run(c, STR("ROLLBACK"));
	watch_progress(c);
}

static bool
sqlite_in_transaction(const struct db_conn *conn)
{
	return !sqlite3_get_autocommit(conn_const(conn)->handle);
}

/* One connection alone writes: nothing can come between. */
static bool
sqlite_wants_rerun(const struct db_conn *c UNUSED)
{
	return false;
}

static bool
sqlite_script(struct db_conn *conn, struct str sql, struct err *err)
{
	struct conn *c = conn_of(conn);

	if (is_lost(c, err))
		return false;
	while (sql.len > 0) {
		sqlite3_stmt *handle = NULL;
		const char *tail = NULL;
		int rc = sql.len > INT32_MAX
		    ? SQLITE_TOOBIG
		    : sqlite3_prepare_v2(c->handle, sql.ptr, (int)sql.len, &handle, &tail);

		if (rc != SQLITE_OK)
			return fail(c, rc, err);
		if (handle != NULL) {
			while ((rc = sqlite3_step(handle)) == SQLITE_ROW)
				continue;
			if (rc != SQLITE_DONE)
				fail(c, rc, err);
			sqlite3_finalize(handle);
			if (rc != SQLITE_DONE)
				return false;
		}
		sql = str_sub(sql, (size_t)(tail - sql.ptr), sql.len);
	}
	return true;
}

static int
bind(sqlite3_stmt *handle, int at, struct value v)
{
	switch (v.kind) {
	case VALUE_NULL:
		return sqlite3_bind_null(handle, at);
	case VALUE_INT:
		return sqlite3_bind_int64(handle, at, v.i);
	case VALUE_REAL:
		return sqlite3_bind_double(handle, at, v.r);
	case VALUE_TEXT:
		return sqlite3_bind_text64(
		    handle, at, v.s.len == 0 ? "" : v.s.ptr, v.s.len, SQLITE_STATIC, SQLITE_UTF8);
	}
	return SQLITE_MISUSE;
}

static bool
sqlite_query(struct db_conn *conn, struct str sql, const struct value *params, size_t len,
    struct db_rows **out, struct err *err)
{
	struct conn *c = conn_of(conn);
	struct stmt *s;

	/* A statement that is too small for the progress handler finds the budget used up here. */
	if (c->has_budget && c->budget < 0)
		return over_budget(err);
	if (is_lost(c, err))
		return false;
	int rc = stmt_get(&c->cache, sql, &s);

	if (rc != SQLITE_OK)
		return fail(c, rc, err);
	s->rows.conn = conn;
	if (len != (size_t)sqlite3_bind_parameter_count(s->handle))
		rc = SQLITE_MISUSE;
	for (size_t i = 0; i < len && rc == SQLITE_OK; i++)
		rc = bind(s->handle, (int)i + 1, params[i]);
	if (rc != SQLITE_OK) {
		fail(c, rc, err);
		stmt_put(&c->cache, s);
		return false;
	}
	*out = &s->rows;
	return true;
}

static struct stmt *
stmt_of(const struct db_rows *r)
{
	return CONTAINER_OF(r, struct stmt, rows);
}

static bool
sqlite_row_ok(const struct db_rows *r, struct err *err)
{
	if (!stmt_of(r)->has_blob)
		return true;
	err_set(err, ERR_INTERNAL, "Internal error in the database");
	return err_cause(err, "a column holds a blob; no program of ours writes one");
}

static enum db_step
sqlite_next(struct db_rows *r, struct err *err)
{
	struct stmt *s = stmt_of(r);

	if (!sqlite_row_ok(r, err))
		return s->last = DB_FAILED;
	if (s->last == DB_DONE)
		return DB_DONE;
	const int rc = sqlite3_step(s->handle);

	switch (rc) {
	case SQLITE_ROW:
		return s->last = DB_ROW;
	case SQLITE_DONE:
		return s->last = DB_DONE;
	default:
		fail(conn_of(r->conn), rc, err);
		return s->last = DB_FAILED;
	}
}

static size_t
sqlite_columns(const struct db_rows *r)
{
	return (size_t)sqlite3_column_count(stmt_of(r)->handle);
}

/* Asked once, where sqlite3_column_*() would look the column up for its kind, its bytes and its
 * length. */
static struct value
sqlite_column(const struct db_rows *r, size_t at)
{
	struct stmt *s = stmt_of(r);
	sqlite3_value *v =
	    sqlite3_column_value(s->handle, (int)at); /* one thread has the connection */

	switch (sqlite3_value_type(v)) {
	case SQLITE_INTEGER:
		return value_int(sqlite3_value_int64(v));
	case SQLITE_FLOAT:
		return value_real(sqlite3_value_double(v));
	case SQLITE_TEXT: {
		const char *text = (const char *)sqlite3_value_text(v);

		return value_text((struct str){ text, (size_t)sqlite3_value_bytes(v) });
	}
	case SQLITE_BLOB:
		s->has_blob = true; /* sqlite_row_ok() says so */
		return value_null();
	default:
		return value_null();
	}
}

static int64_t
sqlite_finish(struct db_rows *r)
{
	struct stmt *s = stmt_of(r);
	struct conn *c = conn_of(r->conn);
	const int64_t touched = sqlite3_stmt_readonly(s->handle) ? 0 : sqlite3_changes64(c->handle);

	/* What the progress handler has not seen of it: many small statements are not free. */
	if (c->has_budget)
		c->budget -=
		    sqlite3_stmt_status(s->handle, SQLITE_STMTSTATUS_VM_STEP, 1) % PROGRESS_STEPS;
	stmt_put(&c->cache, s);
	return touched;
}

static struct str
sqlite_conflict(const struct db_conn *c)
{
	return str_from(conn_const(c)->conflict);
}

static void
sqlite_set_budget(struct db_conn *conn, int64_t steps)
{
	struct conn *c = conn_of(conn);

	c->has_budget = steps > 0 && c->mode == DB_READ;
	c->budget = steps;
	c->over_budget = false;
	watch_progress(c);
}

static void
sqlite_set_deadline(struct db_conn *conn, int64_t mono_ms)
{
	struct conn *c = conn_of(conn);

	c->deadline_ms = c->mode == DB_READ ? mono_ms : 0;
	c->late = false;
	c->looks = 0;
	watch_progress(c);
}

static struct str
sqlite_type_ddl(enum db_type type)
{
	static const struct str DDL[] = {
		[DB_TYPE_NAME] = STR_INIT("TEXT COLLATE NOCASE"),
		[DB_TYPE_TEXT] = STR_INIT("TEXT COLLATE NOCASE"),
		[DB_TYPE_INT] = STR_INIT("INTEGER NOT NULL"),
		[DB_TYPE_REAL] = STR_INIT("REAL NOT NULL"),
		[DB_TYPE_REAL_NULL] = STR_INIT("REAL"),
		[DB_TYPE_DATETIME] = STR_INIT("TEXT"),
		[DB_TYPE_DATE] = STR_INIT("TEXT"),
		[DB_TYPE_TIME] = STR_INIT("TEXT"),
		[DB_TYPE_AUTOINCREMENT] = STR_INIT("INTEGER NOT NULL"),
	};

	return DDL[type];
}

sqlite3 *
db_sqlite_handle(struct db_conn *c)
{
	return conn_of(c)->handle;
}

void
db_sqlite_reset_all(struct db_conn *conn)
{
	struct conn *c = conn_of(conn);

	if (c->cache.busy == 0)
		return;
	for (sqlite3_stmt *s = sqlite3_next_stmt(c->handle, NULL); s != NULL;
	     s = sqlite3_next_stmt(c->handle, s)) {
		if (sqlite3_stmt_busy(s))
			sqlite3_reset(s);
	}
}

void
db_sqlite_guard(struct db_conn *c, bool on)
{
	conn_of(c)->guarded = on;
}

void
db_sqlite_no_checkpoints(struct db_conn *c)
{
	conn_of(c)->no_checkpoints = true;
}

int64_t
db_sqlite_wal_pages(const struct db_conn *c)
{
	return conn_const(c)->wal_pages;
}

bool
db_sqlite_checkpoint(struct db_conn *c, int64_t *pages, int64_t *done)
{
	int log = 0;
	int moved = 0;

	if (sqlite3_wal_checkpoint_v2(
		conn_of(c)->handle, "main", SQLITE_CHECKPOINT_PASSIVE, &log, &moved) != SQLITE_OK)
		return false;
	*pages = log;
	*done = moved;
	return true;
}

const struct db_driver DB_SQLITE_DRIVER = {
	.dialect = "sqlite",
	.is_embedded = true,
	.key_folds = true,
	.row_lock = STR_INIT(""),
	.open = sqlite_open,
	.close = sqlite_close,
	.connect = sqlite_connect,
	.disconnect = sqlite_disconnect,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.in_transaction = sqlite_in_transaction,
	.wants_rerun = sqlite_wants_rerun,
	.script = sqlite_script,
	.query = sqlite_query,
	.next = sqlite_next,
	.columns = sqlite_columns,
	.column = sqlite_column,
	.row_ok = sqlite_row_ok,
	.finish = sqlite_finish,
	.conflict = sqlite_conflict,
	.set_budget = sqlite_set_budget,
	.set_deadline = sqlite_set_deadline,
	.type_ddl = sqlite_type_ddl,
	.has_table = STR_INIT("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1 "
			      "COLLATE NOCASE"),
	.table_columns = STR_INIT("SELECT name, type FROM pragma_table_info(?1) ORDER BY cid"),
	.tables = STR_INIT("SELECT name FROM sqlite_schema WHERE type = 'table' AND "
			   "name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"),
};
