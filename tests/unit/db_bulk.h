/*
 * db_bulk.h - what every driver is asked alike about many rows: tabNote (db_note.h) is loaded and
 * read in bulk.
 */
#ifndef TESTS_UNIT_DB_BULK_H
#define TESTS_UNIT_DB_BULK_H

#include "tests/unit/db_note.h"

#include "db/bulk.h"

enum { DB_BULK_ROWS = 5000 };

static const struct str DB_BULK_COLUMNS[] = { STR_INIT("name"), STR_INIT("title"), STR_INIT("n"),
	STR_INIT("r") };
static const struct bulk_target DB_BULK_TARGET = { STR_INIT("tabNote"), DB_BULK_COLUMNS,
	ARRAY_LEN(DB_BULK_COLUMNS) };
static const enum value_kind DB_BULK_KINDS[] = { VALUE_TEXT, VALUE_TEXT, VALUE_INT, VALUE_REAL };
static const struct str DB_BULK_QUERY =
    STR_INIT("SELECT name, title, n, r FROM `tabNote` WHERE name LIKE 'bulk%' ORDER BY n");

/* The i-th row; text has 64 bytes. */
static inline void
db_bulk_row(int64_t i, char *text, struct value *row)
{
	static const char *const WORDS[] = { "", "\\N", "\\.", "tab\there", "line\nline\r\n",
		"a\\b", "\b\f\v", "Zo\xc3\xab \xf0\x9f\xa7\x80" };

	snprintf(text, 64, "bulk %lld", (long long)i);
	row[0] = value_text(str_from(text));
	/* Titles are unique, nulls aside. */
	row[1] = i < (int64_t)ARRAY_LEN(WORDS) ? value_text(str_from(WORDS[i])) : value_null();
	row[2] = value_int(i);
	row[3] = i % 3 == 0 ? value_null() : value_real((double)i / 7);
}

static inline void
db_bulk_load(struct db_conn *c, int64_t rows)
{
	struct {
		struct err err;
	} s;
	struct bulk_load *load;
	struct value row[4];
	char text[64];

	CHECK_OK(&s, bulk_load_begin(c, &DB_BULK_TARGET, &load, &s.err));
	for (int64_t i = 0; i < rows; i++) {
		db_bulk_row(i, text, row);
		CHECK_OK(&s, bulk_load_row(load, row, &s.err));
	}
	CHECK_OK(&s, bulk_load_end(load, true, &s.err));
}

static inline int64_t
db_bulk_count(struct db_conn *c)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);
	struct {
		struct err err;
	} s;
	struct value n;
	bool found;

	CHECK_OK(&s,
	    db_query_row(c, a, STR("SELECT count(*) FROM `tabNote` WHERE name LIKE 'bulk%'"), NULL,
		0, &n, 1, &found, &s.err));
	return n.i;
}

/* What was loaded is read as it was, also when another query comes between two rows. */
static inline void
db_bulk_check_rows(struct db_conn *write, struct db_conn *read, bool interrupted)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	struct {
		struct err err;
	} s;
	int64_t n = 0;

	CHECK_OK(&s, db_begin(write, &s.err));
	db_bulk_load(write, DB_BULK_ROWS);
	CHECK_OK(&s, db_commit(write, &s.err));
	CHECK_OK(&s,
	    db_query_many(
		read, DB_BULK_QUERY, DB_BULK_KINDS, ARRAY_LEN(DB_BULK_KINDS), &rows, &s.err));
	CHECK(db_columns(rows) == ARRAY_LEN(DB_BULK_KINDS));
	for (; db_next(rows, &s.err) == DB_ROW; n++) {
		struct value row[4];
		char text[64];

		if (interrupted && n == DB_BULK_ROWS / 2)
			CHECK(db_bulk_count(read) == DB_BULK_ROWS);
		db_bulk_row(n, text, row);
		for (size_t i = 0; i < ARRAY_LEN(row); i++) {
			const struct value v = db_column(rows, i);

			CHECK_CASE(text, v.kind == row[i].kind);
			CHECK_CASE(text, str_eq(value_str(v), value_str(row[i])));
			if (v.kind == VALUE_INT)
				CHECK_CASE(text, v.i == row[i].i);
			if (v.kind == VALUE_REAL)
				CHECK_CASE(text, fabs(v.r - row[i].r) <= 0);
		}
	}
	CHECK(n == DB_BULK_ROWS && db_next(rows, &s.err) == DB_DONE);
}

/* Rows that nobody reads to the end are in nobody's way, and a query that fails is only that. */
static inline void
db_bulk_check_ends(struct db_conn *write, struct db_conn *read)
{
	struct {
		struct err err;
	} s;
	struct db_rows *rows;

	CHECK_OK(&s, db_begin(write, &s.err));
	db_bulk_load(write, DB_BULK_ROWS);
	CHECK_OK(&s, db_commit(write, &s.err));
	for (int i = 0; i < 3; i++) {
		CHECK_OK(&s,
		    db_query_many(read, DB_BULK_QUERY, DB_BULK_KINDS, ARRAY_LEN(DB_BULK_KINDS),
			&rows, &s.err));
		for (int j = 0; j < i; j++)
			CHECK(db_next(rows, &s.err) == DB_ROW);
		db_rows_close(rows);
		CHECK(db_bulk_count(read) == DB_BULK_ROWS);
	}
	CHECK(!db_query_many(
	    read, STR("SELECT nothing FROM `tabNote`"), DB_BULK_KINDS, 1, &rows, &s.err));
	CHECK(s.err.kind == ERR_INTERNAL && db_bulk_count(read) == DB_BULK_ROWS);
}

/* A row that is there already: nothing of the load stays, and the connection goes on. */
static inline void
db_bulk_check_failure(struct db_conn *write)
{
	struct {
		struct err err;
	} s;
	struct bulk_load *load;
	struct value row[4];
	char text[64];
	bool ok = true;

	CHECK_OK(&s, db_begin(write, &s.err));
	CHECK_OK(&s, bulk_load_begin(write, &DB_BULK_TARGET, &load, &s.err));
	for (int64_t i = 0; ok && i < 10; i++) {
		db_bulk_row(i % 9, text, row);
		ok = bulk_load_row(load, row, &s.err);
	}
	ok = bulk_load_end(load, ok, &s.err);
	CHECK(!ok && (s.err.kind == ERR_DUPLICATE || s.err.kind == ERR_UNIQUE));
	db_rollback(write);
	CHECK(db_bulk_count(write) == 0);
	/* Given up by the caller. */
	CHECK_OK(&s, db_begin(write, &s.err));
	CHECK_OK(&s, bulk_load_begin(write, &DB_BULK_TARGET, &load, &s.err));
	db_bulk_row(0, text, row);
	CHECK_OK(&s, bulk_load_row(load, row, &s.err));
	CHECK(!bulk_load_end(load, false, &s.err));
	db_rollback(write);
	CHECK(db_bulk_count(write) == 0);
}

/* The catalog says the same of both. */
static inline void
db_bulk_check_catalog(struct db_conn *c)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);
	struct {
		struct err err;
	} s;
	struct db_column_info *columns;
	struct str *tables;
	size_t len;
	int64_t others = -1;
	bool has = false;

	CHECK_OK(&s, db_table_columns(c, a, STR("tabNote"), &columns, &len, &s.err));
	CHECK(len >= ARRAY_LEN(DB_BULK_KINDS));
	for (size_t i = 0; i < ARRAY_LEN(DB_BULK_KINDS); i++) {
		CHECK(str_eq(columns[i].name, DB_BULK_COLUMNS[i]));
		CHECK(columns[i].kind == DB_BULK_KINDS[i]);
	}
	CHECK_OK(&s, db_table_columns(c, a, STR("tabNone"), &columns, &len, &s.err));
	CHECK(len == 0);
	CHECK_OK(&s, db_tables(c, a, &tables, &len, &s.err));
	for (size_t i = 0; i < len; i++) {
		has |= str_eq(tables[i], STR("tabNote"));
		CHECK(i == 0 || str_cmp(tables[i - 1], tables[i]) < 0);
	}
	CHECK(has);
	CHECK_OK(&s, db_others(c, &others, &s.err));
	CHECK(others == 0);
}

#endif
