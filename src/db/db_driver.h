/*
 * db_driver.h - what a driver of db.h provides; for db/ only.
 *
 * db.c holds the entry points of db.h and counts time; a driver embeds the three structs
 * below as the first member of its own and fills one struct db_driver.
 */
#ifndef DB_DB_DRIVER_H
#define DB_DB_DRIVER_H

#include "db/db.h"

struct bulk_target; /* db/bulk.h */

struct db_driver {
	const char *dialect; /* part of a migration's file name: sql/0001_base.DIALECT.sql */
	bool is_embedded, key_folds, alter_stops_reads;
	struct str row_lock;
	bool (*open)(
	    const struct db_options *options, struct str place, struct db **out, struct err *err);
	void (*close)(struct db *db);
	void (*heard)(struct db *db, int64_t mono_ms); /* db_heard(); NULL: nothing */
	bool (*connect)(struct db *db, enum db_mode mode, struct db_conn **out, struct err *err);
	void (*disconnect)(struct db_conn *c);

	bool (*begin)(struct db_conn *c, struct err *err);
	bool (*commit)(struct db_conn *c, struct err *err);
	void (*rollback)(struct db_conn *c);
	bool (*in_transaction)(const struct db_conn *c);
	bool (*wants_rerun)(const struct db_conn *c);

	bool (*script)(struct db_conn *c, struct str sql, struct err *err);
	bool (*query)(struct db_conn *c, struct str sql, const struct value *params, size_t len,
	    struct db_rows **out, struct err *err);
	/* db_query_many(); NULL: as query. */
	bool (*query_many)(struct db_conn *c, struct str sql, const enum value_kind *kinds,
	    size_t len, struct db_rows **out, struct err *err);
	enum db_step (*next)(struct db_rows *r, struct err *err);
	size_t (*columns)(const struct db_rows *r);
	struct value (*column)(const struct db_rows *r, size_t at);
	/* False, with *err, if a column of this row was of a kind that we refuse. */
	bool (*row_ok)(const struct db_rows *r, struct err *err);
	/* Ends the statement; returns how many rows it touched. */
	int64_t (*finish)(struct db_rows *r);

	/* Of db/bulk.h; NULL: its rows are inserted one by one. */
	bool (*load_begin)(struct db_conn *c, const struct bulk_target *to, struct err *err);
	bool (*load_row)(struct db_conn *c, const struct bulk_target *to, const struct value *row,
	    struct err *err);
	bool (*load_end)(struct db_conn *c, bool ok, struct err *err);

	struct str (*conflict)(const struct db_conn *c);
	void (*set_budget)(struct db_conn *c, int64_t steps);
	void (*set_deadline)(struct db_conn *c, int64_t mono_ms);
	bool (*allow_long)(struct db_conn *c, struct err *err); /* NULL: nothing is limited */
	struct str (*type_ddl)(enum db_type type);
	/* The name under which the database keeps a table; NULL: its own. text holds
	 * DB_NAME_SIZE. */
	struct str (*table_name)(struct str name, char *text);
	struct str has_table;     /* a query with the table's name as ?1 */
	struct str table_columns; /* the same: a row a column, in order: name, type in SQL */
	struct str tables;        /* a query for their names, sorted */
	struct str others;        /* a query for db_others(); empty: there are none */
};

struct db {
	const struct db_driver *driver;
};

struct db_conn {
	struct db *db;
	enum db_mode mode;
	int64_t time_us;
};

struct db_rows {
	struct db_conn *conn;
	bool many; /* so many that looking at the clock for each would show */
};

#endif
