#include "tests/unit/db_bulk.h"
#include "tests/unit/scratch.h"

#include "base/buf.h"
#include "base/clock.h"

static void
gives_values_back_as_they_were(void **state UNUSED)
{
	static const struct db_note WITH_NUL = { "text with a NUL",
		{ .kind = VALUE_TEXT, .s = STR_INIT("a\0b") }, INT64_MIN,
		{ .kind = VALUE_REAL, .r = -1e300 } };
	struct scratch s;

	scratch_dir(&s);
	scratch_open(&s);
	for (size_t i = 0; i < ARRAY_LEN(DB_NOTES); i++)
		db_note_check(s.c, s.c, &DB_NOTES[i]);
	db_note_check(s.c, s.c, &WITH_NUL);
	scratch_close(&s);
	scratch_remove(&s);
}

static void
says_what_was_not_unique(void **state UNUSED)
{
	static const struct {
		const char *what;
		const char *sql;
		enum err_kind kind;
		const char *column;
	} cases[] = {
		{ "name of a DocType's table, other case",
		    "INSERT INTO tabNote (name) VALUES ('ONE')", ERR_DUPLICATE, "name" },
		{ "another column", "INSERT INTO tabNote (name, title) VALUES ('two', 'FIRST')",
		    ERR_UNIQUE, "title" },
		{ "a primary key", "INSERT INTO counter (name, value) VALUES ('c', 1)",
		    ERR_DUPLICATE, "name" },
		{ "the last of an index",
		    "INSERT INTO pair (id, parent, child) VALUES (2, 'p', 'c')", ERR_UNIQUE,
		    "child" },
		{ "a rowid", "INSERT INTO pair (id, parent, child) VALUES (1, 'x', 'y')",
		    ERR_DUPLICATE, "id" },
		{ "a missing value", "INSERT INTO tabNote (title) VALUES ('x')", ERR_INTERNAL,
		    NULL },
		{ "no such table", "INSERT INTO nothing VALUES (1)", ERR_INTERNAL, NULL },
	};
	struct scratch s;

	scratch_dir(&s);
	scratch_open(&s);
	CHECK_OK(&s,
	    db_script(s.c,
		STR("INSERT INTO tabNote (name, title) VALUES ('one', 'first');"
		    "INSERT INTO counter (name, value) VALUES ('c', 1);"
		    "CREATE TABLE pair (id INTEGER PRIMARY KEY, parent TEXT, child TEXT);"
		    "CREATE UNIQUE INDEX pair_by ON pair (parent, child);"
		    "INSERT INTO pair VALUES (1, 'p', 'c'); -- the end"),
		&s.err));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err;

		CHECK_CASE(
		    cases[i].what, !db_exec(s.c, str_from(cases[i].sql), NULL, 0, NULL, &err));
		CHECK_CASE(cases[i].what, err.kind == cases[i].kind && err.cause[0] != 0);
		if (cases[i].column != NULL)
			CHECK_STR(db_conflict(s.c), cases[i].column);
		CHECK_CASE(cases[i].what, strstr(err.msg, "tabNote") == NULL);
	}
	scratch_close(&s);
	scratch_remove(&s);
}

static void
refuses_what_is_not_one_statement(void **state UNUSED)
{
	static const char *const texts[] = { "", "   ", "-- nothing", "SELECT 1; SELECT 2",
		"SELECT ?1", "ATTACH 'x.db' AS x", "SELECT load_extension('x')",
		"SELECT \"no such column\"", "PRAGMA writable_schema = 1; SELECT 1",
		"SELECT readfile('/etc/passwd')", "PRAGMA journal_mode = OFF",
		"PRAGMA query_only = OFF", "PRAGMA writable_schema = ON",
		"PRAGMA temp_store_directory = '/'", "CREATE TEMP TABLE t (x TEXT)",
		"CREATE VIEW v AS SELECT 1", "CREATE VIRTUAL TABLE v USING fts5 (x)",
		"CREATE TRIGGER t AFTER INSERT ON tabNote BEGIN SELECT 1; END",
		"VACUUM INTO '/tmp/x'", "DELETE FROM sqlite_schema" };
	struct scratch s;

	scratch_dir(&s);
	scratch_open(&s);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct err err;

		CHECK_CASE(texts[i], !db_exec(s.c, str_from(texts[i]), NULL, 0, NULL, &err));
		CHECK_CASE(texts[i], err.kind == ERR_INTERNAL);
	}
	scratch_close(&s);
	scratch_remove(&s);
}

static void
blames_the_asker_for_too_much(void **state UNUSED)
{
	static const struct {
		const char *what, *part, *end;
		int parts;
		enum err_kind kind;
	} cases[] = {
		{ "a deep expression", "1 + ", "1", 2000, ERR_TOO_LARGE },
		{ "many columns", "1, ", "1", 3000, ERR_TOO_LARGE },
		{ "a long pattern", "", "'x' LIKE printf('%.*c', 6000, 'x')", 0, ERR_DATA },
		{ "a sum", "", "sum(n) FROM (SELECT 9223372036854775807 AS n UNION ALL SELECT 1)",
		    0, ERR_DATA },
	};
	struct scratch s;

	scratch_dir(&s);
	scratch_open(&s);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CLEANUP(buf_free) struct buf sql = BUF_INIT(1024 * 1024);
		struct err err;

		buf_lit(&sql, "SELECT ");
		for (int k = 0; k < cases[i].parts; k++)
			buf_put(&sql, str_from(cases[i].part));
		buf_put(&sql, str_from(cases[i].end));
		CHECK_CASE(cases[i].what, !db_exec(s.c, buf_str(&sql), NULL, 0, NULL, &err));
		CHECK_CASE(err.cause, err.kind == cases[i].kind);
	}
	scratch_close(&s);
	scratch_remove(&s);
}

static void
a_reader_writes_nothing_and_sees_one_moment(void **state UNUSED)
{
	const struct str count = STR("SELECT count(*) FROM tabNote");
	struct scratch s;
	struct db_conn *reader, *second;
	struct err err;

	scratch_dir(&s);
	scratch_open(&s);
	CHECK_OK(&s, db_connect(s.db, DB_READ, &reader, &s.err));
	CHECK(!db_connect(s.db, DB_WRITE, &second, &err));
	CHECK(err.kind == ERR_UNAVAILABLE);
	CHECK(!scratch_insert(reader, STR("x"), &err));
	CHECK(!db_exec(reader, STR("DROP TABLE tabNote"), NULL, 0, NULL, &err));

	CHECK_OK(&s, db_begin(reader, &s.err));
	CHECK(scratch_number(&s, reader, count) == 0);
	CHECK_OK(&s, scratch_insert(s.c, STR("x"), &s.err));
	CHECK(scratch_number(&s, reader, count) == 0);
	CHECK(db_in_transaction(reader));
	db_rollback(reader);
	CHECK(!db_in_transaction(reader));
	CHECK(scratch_number(&s, reader, count) == 1);
	db_disconnect(reader);
	scratch_close(&s);
	scratch_remove(&s);
}

static void
rolls_back_and_commits(void **state UNUSED)
{
	const struct str count = STR("SELECT count(*) FROM tabNote");
	struct scratch s;

	scratch_dir(&s);
	scratch_open(&s);
	CHECK_OK(&s, db_begin(s.c, &s.err));
	CHECK_OK(&s, scratch_insert(s.c, STR("a"), &s.err));
	db_rollback(s.c);
	CHECK(scratch_number(&s, s.c, count) == 0);
	CHECK_OK(&s, db_begin(s.c, &s.err));
	CHECK_OK(&s, scratch_insert(s.c, STR("b"), &s.err));
	CHECK_OK(&s, db_commit(s.c, &s.err));
	scratch_close(&s);
	scratch_connect(&s);
	CHECK(scratch_number(&s, s.c, count) == 1);
	scratch_close(&s);
	scratch_remove(&s);
}

/* A statement that never ends by itself. */
static const struct str ENDLESS = STR_INIT(
    "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c) SELECT max(n) FROM c");

static const struct str MANY_ROWS =
    STR_INIT("WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c WHERE n < 20000) "
	     "INSERT INTO tabNote (name) SELECT 'n' || n FROM c");

static void
ends_reads_that_are_not_short(void **state UNUSED)
{
	struct scratch s;
	struct db_conn *reader;
	struct err err;

	scratch_dir(&s);
	scratch_open(&s);
	CHECK_OK(&s, db_connect(s.db, DB_READ, &reader, &s.err));
	db_set_budget(reader, 5000);
	CHECK_OK(&s, db_begin(reader, &s.err));
	CHECK(!db_exec(reader, ENDLESS, NULL, 0, NULL, &err) && err.kind == ERR_OVER_BUDGET);
	db_rollback(reader);
	CHECK(!db_in_transaction(reader));

	/* Many small statements use the budget up, too. */
	db_set_budget(reader, 5000);
	bool ok = true;
	int ran = 0;

	for (; ran < 5000 && ok; ran++)
		ok = db_exec(reader,
		    STR("SELECT count(*) FROM (SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3 "
			"UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT "
			"7 "
			"UNION ALL SELECT 8 UNION ALL SELECT 9 UNION ALL SELECT 10 UNION ALL "
			"SELECT 11)"),
		    NULL, 0, NULL, &err);
	CHECK(!ok && err.kind == ERR_OVER_BUDGET && ran > 10);

	db_set_budget(reader, 0);
	db_set_deadline(reader, clock_mono_ms() + 20);
	CHECK(!db_exec(reader, ENDLESS, NULL, 0, NULL, &err) && err.kind == ERR_UNAVAILABLE);
	db_set_deadline(reader, 0);
	CHECK_OK(&s, db_exec(reader, STR("SELECT 1"), NULL, 0, NULL, &s.err));

	/* An interrupted write would take its whole batch with it. */
	db_set_budget(s.c, 1);
	db_set_deadline(s.c, clock_mono_ms() - 1);
	CHECK_OK(&s, db_exec(s.c, MANY_ROWS, NULL, 0, NULL, &s.err));
	CHECK(db_take_time_us(reader) >= 10 * 1000);
	CHECK(db_take_time_us(reader) == 0);
	db_disconnect(reader);
	scratch_close(&s);
	scratch_remove(&s);
}

static void
keeps_statements_apart(void **state UNUSED)
{
	const struct str sql = STR("SELECT n FROM tabNote ORDER BY n");
	struct db_rows *outer, *inner;
	struct scratch s;
	char text[64];

	scratch_dir(&s);
	scratch_open(&s);
	CHECK_OK(&s,
	    db_script(s.c, STR("INSERT INTO tabNote (name, n) VALUES ('a', 1), ('b', 2)"), &s.err));
	CHECK_OK(&s, db_query(s.c, sql, NULL, 0, &outer, &s.err));
	CHECK(db_next(outer, &s.err) == DB_ROW && db_column(outer, 0).i == 1);
	CHECK_OK(&s, db_query(s.c, sql, NULL, 0, &inner, &s.err));
	CHECK(db_next(inner, &s.err) == DB_ROW && db_column(inner, 0).i == 1);
	CHECK(db_next(outer, &s.err) == DB_ROW && db_column(outer, 0).i == 2);
	db_rows_close(inner);
	CHECK(db_next(outer, &s.err) == DB_DONE && db_next(outer, &s.err) == DB_DONE);
	db_rows_close(outer);

	/* More texts than the cache holds, in a buffer that changes. */
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 700; i++) {
			const int len = snprintf(text, sizeof(text), "SELECT %d", i);

			CHECK(scratch_number(&s, s.c, (struct str){ text, (size_t)len }) == i);
		}
	}
	scratch_close(&s);
	scratch_remove(&s);
}

static void
follows_a_change_of_tables(void **state UNUSED)
{
	const struct str sql = STR("SELECT count(*) FROM tabNote");
	struct db_conn *reader;
	struct scratch s;
	struct err err;
	bool has = true;

	scratch_dir(&s);
	scratch_open(&s);
	CHECK_OK(&s, db_connect(s.db, DB_READ, &reader, &s.err));
	CHECK(scratch_number(&s, reader, sql) == 0);
	CHECK_OK(&s,
	    db_exec(s.c, STR("ALTER TABLE tabNote ADD COLUMN extra TEXT"), NULL, 0, NULL, &s.err));
	CHECK(scratch_number(&s, reader, sql) == 0);
	CHECK_OK(&s, db_has_table(reader, STR("TABNOTE"), &has, &s.err));
	CHECK(has);
	CHECK_OK(&s,
	    db_script(s.c,
		STR("ALTER TABLE tabNote RENAME COLUMN extra TO more;"
		    "ALTER TABLE tabNote DROP COLUMN more; DROP INDEX note_title;"
		    "ALTER TABLE tabNote RENAME TO tabOther; ALTER TABLE tabOther RENAME TO "
		    "tabNote;"),
		&s.err));
	CHECK(scratch_number(&s, reader, sql) == 0);
	CHECK_OK(&s, db_exec(s.c, STR("DROP TABLE tabNote"), NULL, 0, NULL, &s.err));
	CHECK(!db_exec(reader, sql, NULL, 0, NULL, &err) && err.kind == ERR_INTERNAL);
	CHECK_OK(&s, db_has_table(reader, STR("tabNote"), &has, &s.err));
	CHECK(!has);
	db_disconnect(reader);
	scratch_close(&s);
	scratch_remove(&s);
}

static void
refuses_blobs(void **state UNUSED)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(1024);
	struct value row[1];
	struct scratch s;
	struct err err;
	bool found;

	scratch_dir(&s);
	scratch_open(&s);
	CHECK(!db_query_row(s.c, a, STR("SELECT x'00ff'"), NULL, 0, row, 1, &found, &err));
	CHECK(err.kind == ERR_INTERNAL);
	CHECK_OK(&s, db_query_row(s.c, a, STR("SELECT 1"), NULL, 0, row, 1, &found, &s.err));
	scratch_close(&s);
	scratch_remove(&s);
}

static void
refuses_rows_that_pass_the_arena(void **state UNUSED)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(64);
	struct value row[1] = { value_int(7) };
	struct scratch s;
	struct err err;
	bool found;

	scratch_dir(&s);
	scratch_open(&s);
	CHECK(!db_query_row(
	    s.c, a, STR("SELECT printf('%.*c', 5000, 'x')"), NULL, 0, row, 1, &found, &err));
	CHECK(err.kind == ERR_TOO_LARGE && row[0].i == 7);
	CHECK(!db_query_row(s.c, a,
	    STR("SELECT replace(printf('%.*c', 60000, 'x'), 'x', printf('%.*c', 2000, 'x'))"), NULL,
	    0, row, 1, &found, &err));
	CHECK(err.kind == ERR_TOO_LARGE);
	scratch_close(&s);
	scratch_remove(&s);
}

static void
gives_columns_their_types(void **state UNUSED)
{
	static const struct {
		enum db_type type;
		const char *given, *kind;
	} cases[] = {
		{ DB_TYPE_NAME, "'Zoë'", "text" },
		{ DB_TYPE_TEXT, "'Zoë'", "text" },
		{ DB_TYPE_INT, "'5'", "integer" },
		{ DB_TYPE_REAL, "5", "real" },
		{ DB_TYPE_REAL_NULL, "NULL", "null" },
		{ DB_TYPE_DATETIME, "'2024-01-31 09:05:03'", "text" },
		{ DB_TYPE_DATE, "'2024-01-31'", "text" },
		{ DB_TYPE_TIME, "'09:05:03'", "text" },
		{ DB_TYPE_AUTOINCREMENT, "7", "integer" },
	};
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);
	struct scratch s;

	scratch_dir(&s);
	scratch_open(&s);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct value kind;
		char sql[256];
		bool found;

		snprintf(sql, sizeof(sql),
		    "CREATE TABLE typed (v %.*s); INSERT INTO typed VALUES (%s);",
		    STR_FMT(db_type_ddl(s.db, cases[i].type)), cases[i].given);
		CHECK_OK(&s, db_script(s.c, str_from(sql), &s.err));
		CHECK_OK(&s,
		    db_query_row(s.c, a, STR("SELECT typeof(v) FROM typed"), NULL, 0, &kind, 1,
			&found, &s.err));
		CHECK_STR(value_str(kind), cases[i].kind);
		CHECK_OK(&s, db_script(s.c, STR("DROP TABLE typed"), &s.err));
	}
	CHECK_STR(db_dialect(s.db), "sqlite");
	scratch_close(&s);
	scratch_remove(&s);
}

static void
opens_only_urls_that_it_knows(void **state UNUSED)
{
	static const char *const urls[] = { "", "symbolon.db", "mysql://x/y",
		"sqlite:", "sqlite:/no/such/directory/symbolon.db" };

	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		const struct db_options options = { .url = str_from(urls[i]), .create = true };
		struct db *db;
		struct err err;

		CHECK_CASE(urls[i], !db_open(&options, &db, &err));
		CHECK_CASE(err.msg, err.kind == ERR_UNAVAILABLE);
	}
	db_close(NULL);
}

static void
loads_and_reads_many_rows(void **state UNUSED)
{
	static const bool interrupted[] = { false, true };
	struct scratch s;

	for (size_t i = 0; i < ARRAY_LEN(interrupted) + 2; i++) {
		struct db_conn *read;

		scratch_dir(&s);
		scratch_open(&s);
		CHECK_OK(&s, db_connect(s.db, DB_READ, &read, &s.err));
		db_bulk_check_catalog(i % 2 == 0 ? s.c : read);
		if (i < ARRAY_LEN(interrupted))
			db_bulk_check_rows(s.c, read, interrupted[i]);
		else if (i == ARRAY_LEN(interrupted))
			db_bulk_check_ends(s.c, read);
		else
			db_bulk_check_failure(s.c);
		db_disconnect(read);
		scratch_close(&s);
		scratch_remove(&s);
	}
}

UNIT_TESTS(gives_values_back_as_they_were, loads_and_reads_many_rows, says_what_was_not_unique,
    refuses_what_is_not_one_statement, blames_the_asker_for_too_much,
    a_reader_writes_nothing_and_sees_one_moment, rolls_back_and_commits,
    ends_reads_that_are_not_short, keeps_statements_apart, follows_a_change_of_tables,
    refuses_blobs, refuses_rows_that_pass_the_arena, gives_columns_their_types,
    opens_only_urls_that_it_knows)
