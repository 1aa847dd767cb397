/*
 * db.h - one SQL interface over the drivers.
 *
 * A struct db is a database: a SQLite file or one of a PostgreSQL server
 * (db_open() takes a URL for either; nothing outside db/ asks which it is).
 * A struct db_conn is one connection: one thread at a time, with its own cache
 * of prepared statements. SQL text is written once, with ?1 parameters, in the
 * portable subset (ON CONFLICT (pk), RETURNING; no foreign keys, sequences,
 * triggers, partial indexes), is a constant or built by db/sqlb.h from identifiers
 * found in metadata, and values are always bound.
 *
 * Text compares without ASCII case only where the statement says so, after the left operand:
 * "name COLLATE NOCASE = ?1", "parent COLLATE NOCASE IN (?1, ?2)", "ORDER BY title COLLATE NOCASE";
 * that is what indexes of such columns serve. LIKE never regards case.
 *
 * Errors: ERR_DUPLICATE for a violated primary key, ERR_UNIQUE for another
 * unique index (db_conflict() says which column), ERR_UNAVAILABLE for a full or
 * failing disk and a database that is gone, ERR_OVER_BUDGET for a short read
 * that was not short, ERR_INTERNAL for all else. The database's own words go into
 * err.cause, never into err.msg.
 */
#ifndef DB_DB_H
#define DB_DB_H

#include "base/arena.h"
#include "base/value.h"

struct db;
struct db_conn;

struct db_options {
	struct str url;      /* "sqlite:/path/symbolon.db" or "postgresql://..." */
	bool mmap;           /* SQLite: map the file */
	bool create;         /* SQLite: make an empty database if there is none */
	int busy_timeout_ms; /* SQLite; 0: 5 s */
	const char *vfs;     /* SQLite: the file system layer, for fault tests; NULL: unix-excl */
	int max_connections; /* PostgreSQL; 0: 20 */
	struct db *beside; /* PostgreSQL: the same database by other connections, which outlives it;
			      or NULL */
	int connect_timeout_s;    /* PostgreSQL, unless the URL says so; 0: 5 */
	int statement_timeout_ms; /* PostgreSQL; 0: none */
	int lock_timeout_ms;      /* the same */
	int answer_timeout_ms;    /* PostgreSQL: a server that says nothing for so long is given up;
				   * 0: some seconds after statement_timeout */
};

/*
 * Opens the database and checks that it is one of ours: ERR_UNAVAILABLE with words for
 * the operator (which file, what to do) if it is damaged, of another program, or of a
 * newer symbolon (PRAGMA application_id and user_version).
 */
MUST_USE bool db_open(const struct db_options *options, struct db **out, struct err *err);
void db_close(struct db *db); /* all connections are closed before; NULL does nothing */

enum db_mode { DB_READ, DB_WRITE };

/*
 * Is the database a file of this process? Then a short read does not wait for anybody, and one
 * connection alone may write (db/writer.h). Otherwise every statement may wait, any number of
 * connections write at the same time, and other processes do, too.
 */
bool db_is_embedded(const struct db *db);

/* The same of a URL, before it is opened; an empty one stands for a file. */
bool db_url_is_embedded(struct str url);

/* A connection. A transaction of DB_READ refuses every statement that would write. SQLite allows
 * one DB_WRITE. */
MUST_USE bool db_connect(struct db *db, enum db_mode mode, struct db_conn **out, struct err *err);
void db_disconnect(struct db_conn *c);

/*
 * Transactions. A body never calls these: its lane does. db_commit() may fail with ERR_UNAVAILABLE
 * without anybody knowing whether it was done: then it is not done again blindly.
 */
MUST_USE bool db_begin(struct db_conn *c, struct err *err);
MUST_USE bool db_commit(struct db_conn *c, struct err *err);
void db_rollback(struct db_conn *c); /* nothing if none is open */
/* Commits if ok; if not, or if that fails, nothing is left open. Was it committed? */
MUST_USE bool db_end(struct db_conn *c, bool ok, struct err *err);
/* True while a transaction is open; SQLite ends one by itself on some errors. */
bool db_in_transaction(const struct db_conn *c);

/*
 * After a failure: another transaction was in the way (deadlock, serialization, a DocType that
 * changed). All of it, rolled back, may run again from its beginning.
 */
bool db_wants_rerun(const struct db_conn *c);

/* What a SELECT of a write ends with whose rows are to stay as they are until the commit; "" where
 * nobody else can change them. */
struct str db_row_lock(const struct db_conn *c);

/*
 * Runs a statement for its effect (rows that it returns are dropped); params are as many as the
 * statement names; *changes (may be NULL) is the number of rows it touched.
 */
MUST_USE bool db_exec(struct db_conn *c, struct str sql, const struct value *params, size_t len,
    int64_t *changes, struct err *err);

/* Runs statements separated by semicolons, without parameters, in the database's own words:
 * migrations. */
MUST_USE bool db_script(struct db_conn *c, struct str sql, struct err *err);

/*
 * A running statement. Columns are valid until the next db_next(); the text of params must stay
 * until db_rows_close(). All rows are closed before a commit.
 */
struct db_rows;
MUST_USE bool db_query(struct db_conn *c, struct str sql, const struct value *params, size_t len,
    struct db_rows **out, struct err *err);

/*
 * The same for a query without parameters that has very many rows (db/bulk.h is the way back).
 * kinds are those of its columns; a database that does not tell them by itself reads them so.
 */
MUST_USE bool db_query_many(struct db_conn *c, struct str sql, const enum value_kind *kinds,
    size_t len, struct db_rows **out, struct err *err);

enum db_step { DB_ROW, DB_DONE, DB_FAILED };
enum db_step db_next(struct db_rows *r, struct err *err) MUST_USE;
size_t db_columns(const struct db_rows *r);
struct value db_column(const struct db_rows *r, size_t at); /* text points into the row */
void db_rows_close(struct db_rows *r);
void db_rows_closep(struct db_rows **r); /* for CLEANUP() */

/*
 * The first row of a query, copied into the arena: *found says whether there was one. row
 * holds columns values; after a failure some of them.
 */
MUST_USE bool
db_query_row(struct db_conn *c, struct arena *a, struct str sql, const struct value *params,
    size_t len, struct value *row, size_t columns, bool *found, struct err *err);

/* Is there a table of that name (compared without ASCII case)? */
MUST_USE bool db_has_table(struct db_conn *c, struct str name, bool *has, struct err *err);

/* A column of a table: its name, and what its values are if they are not null. */
struct db_column_info {
	struct str name;
	enum value_kind kind;
};

/* The columns of a table, in the arena; *len 0: there is no such table. */
MUST_USE bool db_table_columns(struct db_conn *c, struct arena *a, struct str table,
    struct db_column_info **out, size_t *len, struct err *err);

/* The tables of the database by their stored names (db_stored_name()), sorted, in the arena. */
MUST_USE bool
db_tables(struct db_conn *c, struct arena *a, struct str **out, size_t *len, struct err *err);

/* The name under which the database keeps a table or column; text has DB_NAME_SIZE bytes. */
enum { DB_NAME_SIZE = 64 };
struct str db_stored_name(const struct db *db, struct str name, char *text);

/*
 * How many other connections of symbolon the database has, in this process or in another; always 0
 * of a file, which cannot be opened twice. c has no transaction.
 */
MUST_USE bool db_others(struct db_conn *c, int64_t *n, struct err *err);

/*
 * The database answered at mono_ms (clock_mono_ms()), to somebody who asks it all the time. From
 * then on it is watched, so that one which is frozen holds nobody up until its statement_timeout:
 * when it was last heard of DB_SILENT_MS ago, whoever waits for it is told that it does not answer;
 * half of that, and nobody begins anything. 0 ends the watch. Any thread; nothing for a file.
 */
enum { DB_SILENT_MS = 4000 };
void db_heard(struct db *db, int64_t mono_ms);

/* The database that c is a connection of. */
const struct db *db_conn_db(const struct db_conn *c);

/* After ERR_UNIQUE: the column (last of the index) that was not unique; valid until the next call.
 */
struct str db_conflict(const struct db_conn *c);

/*
 * From here on statements of c may take about steps virtual-machine steps; 0: no limit. SQLite
 * only. Ignored for DB_WRITE, as is the deadline: an interrupted write takes the whole transaction
 * with it.
 */
void db_set_budget(struct db_conn *c, int64_t steps);

/* From here on reads of c end with ERR_UNAVAILABLE when clock_mono_ms() passes mono_ms; 0: no
 * limit. */
void db_set_deadline(struct db_conn *c, int64_t mono_ms);

/* Microseconds spent inside the database by c since the last call; for the log and metrics. */
int64_t db_take_time_us(struct db_conn *c);

/* Until the end of c's transaction a statement may go over a whole table, for DB_LONG_MS, unless
 * db_options allows it longer anyway: DDL. Nothing for a file, where no statement has a limit. */
enum { DB_LONG_MS = 30 * 60 * 1000 };
MUST_USE bool db_allow_long(struct db_conn *c, struct err *err);

/* DDL text may differ between drivers: the column type of a field type's storage class. */
enum db_type {
	DB_TYPE_NAME, /* varchar: names, short text; compares without ASCII case */
	DB_TYPE_TEXT, /* long text; compares without ASCII case */
	DB_TYPE_INT,  /* NOT NULL; 0 where nothing is said (sqlb_type()) */
	DB_TYPE_REAL, /* the same */
	DB_TYPE_REAL_NULL,
	DB_TYPE_DATETIME, /* text as spec/rest.md 8 */
	DB_TYPE_DATE,
	DB_TYPE_TIME,
	DB_TYPE_AUTOINCREMENT, /* an integer primary key, counted by us */
};
struct str db_type_ddl(const struct db *db, enum db_type type);

/* Does the primary key of a table compare without ASCII case? If not, names need an index of their
 * own. */
bool db_key_folds(const struct db *db);

/* Does a transaction that altered a table hold up who reads it, until it ends? */
bool db_alter_stops_reads(const struct db *db);

/* The driver's name in files of sql/: "sqlite". */
struct str db_dialect(const struct db *db);

#endif
