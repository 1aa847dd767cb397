#include "tests/unit/db_bulk.h"
#include "tests/unit/db_literal.h"
#include "tests/unit/postgres_server.h"

#include "base/clock.h"

#include <pthread.h>

static void
gives_values_back_as_they_were(void **state UNUSED)
{
	struct server s;

	open_server(&s, 2);
	for (size_t i = 0; i < ARRAY_LEN(DB_NOTES); i++)
		db_note_check(s.write, s.read, &DB_NOTES[i]);
	const struct value nul = value_text(STR("a\0b"));

	CHECK(!db_exec(s.write, STR("UPDATE `tabNote` SET title = ?1"), &nul, 1, NULL, &s.err));
	CHECK(s.err.kind == ERR_DATA);
	close_server(&s);
}

static void
reads_literals_as_they_are_meant(void **state UNUSED)
{
	struct server s;

	open_server(&s, 2);
	db_literals_check(s.write);
	close_server(&s);
}

static void
lets_a_transaction_take_long_and_no_other(void **state UNUSED)
{
	struct value v[2];
	struct server s;
	bool found;

	open_server(&s, 1); /* leaves the test where there is no server */
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);

	for (int i = 0; i < 2; i++) {
		CHECK_OK(&s, db_begin(s.write, &s.err));
		if (i == 0)
			CHECK_OK(&s, db_allow_long(s.write, &s.err));
		CHECK_OK(&s,
		    db_query_row(s.write, a, STR("SELECT current_setting('statement_timeout'), 1"),
			NULL, 0, v, 2, &found, &s.err));
		CHECK(str_eq(value_str(v[0]), STR("30min")) == (i == 0));
		CHECK_OK(&s, db_commit(s.write, &s.err));
	}
	close_server(&s);
}

static void
says_what_was_not_unique(void **state UNUSED)
{
	static const struct {
		const char *what, *sql;
		enum err_kind kind;
		const char *column;
	} cases[] = {
		{ "the same name", "INSERT INTO `tabNote` (name) VALUES ('one')", ERR_DUPLICATE,
		    "name" },
		{ "the name in other case", "INSERT INTO `tabNote` (name) VALUES ('ONE')",
		    ERR_DUPLICATE, "name" },
		{ "another column", "INSERT INTO `tabNote` (name, title) VALUES ('two', 'FIRST')",
		    ERR_UNIQUE, "title" },
		{ "a missing value", "INSERT INTO `tabNote` (title) VALUES ('x')", ERR_INTERNAL,
		    NULL },
		{ "no such table", "INSERT INTO nothing VALUES (1)", ERR_INTERNAL, NULL },
	};
	struct server s;

	open_server(&s, 2);
	run(&s, s.write, "INSERT INTO `tabNote` (name, title) VALUES ('one', 'first')");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		CHECK_CASE(cases[i].what,
		    !db_exec(s.write, str_from(cases[i].sql), NULL, 0, NULL, &s.err));
		CHECK_CASE(s.err.cause, s.err.kind == cases[i].kind && s.err.cause[0] != 0);
		if (cases[i].column != NULL)
			CHECK_STR(db_conflict(s.write), cases[i].column);
		CHECK_CASE(cases[i].what, strstr(s.err.msg, "tabNote") == NULL);
		CHECK_CASE(cases[i].what, !db_wants_rerun(s.write));
	}
	close_server(&s);
}

static void
reads_one_query_within_another(void **state UNUSED)
{
	const struct str sql = STR("SELECT n FROM `tabNote` ORDER BY n");
	int64_t sum = 0;
	struct server s;

	open_server(&s, 1);
	run(&s, s.write, "INSERT INTO `tabNote` (name, n) VALUES ('a', 1), ('b', 2), ('c', 3)");
	CHECK_OK(&s, db_begin(s.read, &s.err));
	struct db_rows *outer;

	CHECK_OK(&s, db_query(s.read, sql, NULL, 0, &outer, &s.err));
	CHECK(db_columns(outer) == 1);
	while (db_next(outer, &s.err) == DB_ROW) {
		struct db_rows *inner;

		CHECK_OK(&s, db_query(s.read, sql, NULL, 0, &inner, &s.err));
		CHECK(db_next(inner, &s.err) == DB_ROW); /* the rest of it is not read */
		sum += db_column(outer, 0).i * 10 + db_column(inner, 0).i;
		db_rows_close(inner);
	}
	db_rows_close(outer);
	CHECK(sum == 63);
	CHECK(!db_exec(s.read, STR("DELETE FROM `tabNote`"), NULL, 0, NULL, &s.err));
	db_rollback(s.read);
	CHECK(number(&s, s.read, "SELECT count(*) FROM `tabNote`") == 3);
	close_server(&s);
}

static void
does_not_commit_what_failed_on_the_way(void **state UNUSED)
{
	struct server s;

	open_server(&s, 2);
	CHECK_OK(&s, db_begin(s.write, &s.err));
	run(&s, s.write, "INSERT INTO `tabNote` (name) VALUES ('a')");
	CHECK(!db_exec(
	    s.write, STR("INSERT INTO `tabNote` (name) VALUES ('A')"), NULL, 0, NULL, &s.err));
	CHECK(!db_commit(s.write, &s.err));
	CHECK(!db_in_transaction(s.write));
	CHECK(number(&s, s.read, "SELECT count(*) FROM `tabNote`") == 0);
	close_server(&s);
}

/* The other side of a deadlock: it has b and wants a. */
static void *
want_a(void *arg)
{
	struct server *s = arg;
	struct err err;

	(void)!db_exec(
	    s->write, STR("UPDATE `tabNote` SET n = 2 WHERE name = 'a'"), NULL, 0, NULL, &err);
	return db_wants_rerun(s->write) ? s : NULL;
}

static void
asks_for_a_rerun_after_a_deadlock(void **state UNUSED)
{
	struct db_conn *other;
	struct server s;
	pthread_t thread;
	void *its;

	open_server(&s, 3);
	CHECK_OK(&s, db_connect(s.db, DB_WRITE, &other, &s.err));
	run(&s, s.write, "INSERT INTO `tabNote` (name) VALUES ('a'), ('b')");
	CHECK_OK(&s, db_begin(other, &s.err));
	CHECK_OK(&s, db_begin(s.write, &s.err));
	run(&s, other, "UPDATE `tabNote` SET n = 1 WHERE name = 'a'");
	run(&s, s.write, "UPDATE `tabNote` SET n = 1 WHERE name = 'b'");
	CHECK(pthread_create(&thread, NULL, want_a, &s) == 0);
	struct err err;
	const bool ok =
	    db_exec(other, STR("UPDATE `tabNote` SET n = 2 WHERE name = 'b'"), NULL, 0, NULL, &err);

	/* One of the two is chosen, or waits too long for the lock of the other. */
	if (!ok)
		db_rollback(other);
	pthread_join(thread, &its);
	CHECK(db_wants_rerun(other) != (its != NULL));
	db_rollback(other);
	db_rollback(s.write);
	db_disconnect(other);
	close_server(&s);
}

static void
prepares_anew_when_a_column_changes_its_type(void **state UNUSED)
{
	const struct value one = value_int(1);
	const struct str sql = STR("SELECT n FROM `tabNote` WHERE n = ?1");
	struct value v;
	struct server s;
	bool found;

	open_server(&s, 2);
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);

	run(&s, s.write, "INSERT INTO `tabNote` (name, n) VALUES ('a', 1)");
	for (int i = 0; i < 2; i++) {
		CHECK_OK(&s, db_query_row(s.read, a, sql, &one, 1, &v, 1, &found, &s.err));
		CHECK(found && v.kind == (i == 0 ? VALUE_INT : VALUE_TEXT));
		if (i == 0)
			CHECK_OK(&s,
			    db_script(s.write,
				STR("ALTER TABLE \"tabNote\" ALTER n DROP DEFAULT, ALTER n TYPE "
				    "TEXT"),
				&s.err));
	}
	/* Within a transaction nothing can be saved: it is to run again. */
	CHECK_OK(&s, db_begin(s.read, &s.err));
	CHECK_OK(&s, db_query_row(s.read, a, sql, &one, 1, &v, 1, &found, &s.err));
	db_rollback(s.read);
	CHECK_OK(&s,
	    db_script(s.write, STR("ALTER TABLE \"tabNote\" ALTER n TYPE BIGINT USING n::bigint"),
		&s.err));
	CHECK_OK(&s, db_begin(s.read, &s.err));
	CHECK(!db_query_row(s.read, a, sql, &one, 1, &v, 1, &found, &s.err));
	CHECK(db_wants_rerun(s.read));
	db_rollback(s.read);
	CHECK_OK(&s, db_begin(s.read, &s.err));
	CHECK_OK(&s, db_query_row(s.read, a, sql, &one, 1, &v, 1, &found, &s.err));
	db_rollback(s.read);
	close_server(&s);
}

static void
survives_the_loss_of_its_connections(void **state UNUSED)
{
	char sql[256];
	struct server s;

	open_server(&s, 4);
	snprintf(sql, sizeof(sql),
	    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s'", s.name);
	ask_server(&s, sql);
	CHECK_OK(&s, db_begin(s.write, &s.err)); /* nobody notices */
	run(&s, s.write, "INSERT INTO `tabNote` (name) VALUES ('a')");
	ask_server(&s, sql);
	CHECK(!db_commit(s.write, &s.err)); /* nobody knows */
	CHECK(s.err.kind == ERR_UNAVAILABLE && s.err.retry_after_s > 0);
	CHECK(!db_in_transaction(s.write) && !db_wants_rerun(s.write));
	ask_server(&s, sql);
	CHECK(number(&s, s.read, "SELECT count(*) FROM `tabNote`") == 0);
	close_server(&s);
}

static void
waits_no_longer_than_it_was_told(void **state UNUSED)
{
	const int64_t start_ms = clock_mono_ms();
	struct db_conn *other;
	struct value v;
	struct server s;
	bool found;

	open_server(&s, 2);
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);

	db_set_deadline(s.read, clock_mono_ms() + 200);
	CHECK(!db_query_row(s.read, a, STR("SELECT pg_sleep(20)"), NULL, 0, &v, 1, &found, &s.err));
	CHECK(s.err.kind == ERR_UNAVAILABLE);
	db_set_deadline(s.read, 0);
	CHECK(number(&s, s.read, "SELECT count(*) FROM `tabNote`") == 0);
	/* A lock that somebody else holds. */
	CHECK_OK(&s, db_connect(s.db, DB_WRITE, &other, &s.err));
	run(&s, other, "INSERT INTO `tabNote` (name) VALUES ('a')");
	CHECK_OK(&s, db_begin(other, &s.err));
	run(&s, other, "UPDATE `tabNote` SET n = 1");
	CHECK(!db_exec(s.write, STR("UPDATE `tabNote` SET n = 2"), NULL, 0, NULL, &s.err));
	CHECK(s.err.kind == ERR_UNAVAILABLE && !db_wants_rerun(s.write));
	db_rollback(other);
	db_disconnect(other);
	CHECK(clock_mono_ms() - start_ms < 15000);
	close_server(&s);
}

static void
compares_text_as_the_statement_says(void **state UNUSED)
{
	static const struct {
		const char *where;
		int64_t rows;
	} cases[] = {
		{ "title = 'ZOE'", 0 },
		{ "title COLLATE NOCASE = 'ZOE'", 1 },
		{ "title COLLATE NOCASE IN ('x', 'ZOE', 'NEXT')", 2 },
		{ "title COLLATE NOCASE <> 'zoe'", 2 },
		{ "title LIKE 'ZO%'", 1 },
		{ "title LIKE 'a\\%'", 1 },
		{ "title COLLATE NOCASE BETWEEN 'M' AND 'o'", 1 },
		{ "title COLLATE NOCASE > 'N'", 2 },
	};
	struct server s;
	char sql[256];

	open_server(&s, 2);
	run(&s, s.write,
	    "INSERT INTO `tabNote` (name, title) VALUES ('a', 'Zoe'), ('b', 'next'), ('c', "
	    "'A\\b')");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		snprintf(
		    sql, sizeof(sql), "SELECT count(*) FROM `tabNote` WHERE %s", cases[i].where);
		CHECK_CASE(cases[i].where, number(&s, s.read, sql) == cases[i].rows);
	}
	close_server(&s);
}

static void
refuses_what_is_no_database_of_ours(void **state UNUSED)
{
	struct server s;
	struct db *db;

	open_server(&s, 2);
	/* tabNote alone is somebody else's. */
	const struct db_options foreign = { .url = str_from(s.url) };

	CHECK(!db_open(&foreign, &db, &s.err));
	CHECK(s.err.kind == ERR_UNAVAILABLE && strstr(s.err.msg, "another program") != NULL);
	const struct db_options nowhere = { .url = STR("postgresql:///x?host=/nonexistent") };

	CHECK(!db_open(&nowhere, &db, &s.err));
	CHECK(s.err.kind == ERR_UNAVAILABLE && strstr(s.err.msg, "SYMBOLON_DATABASE_URL") != NULL);
	CHECK(!db_url_is_embedded(nowhere.url) && db_url_is_embedded(STR("")) &&
	    db_url_is_embedded(STR("sqlite:x.db")));
	close_server(&s);
}

static void
loads_and_reads_many_rows(void **state UNUSED)
{
	static const bool interrupted[] = { false, true };

	for (size_t i = 0; i < ARRAY_LEN(interrupted) + 2; i++) {
		struct server s;

		open_server(&s, 2);
		db_bulk_check_catalog(i % 2 == 0 ? s.write : s.read);
		if (i < ARRAY_LEN(interrupted))
			db_bulk_check_rows(s.write, s.read, interrupted[i]);
		else if (i == ARRAY_LEN(interrupted))
			db_bulk_check_ends(s.write, s.read);
		else
			db_bulk_check_failure(s.write);
		close_server(&s);
	}
}

/* The server takes neither; whoever loads is told which column it is. */
static void
names_the_column_of_a_text_that_it_cannot_store(void **state UNUSED)
{
	static const struct str TEXTS[] = { STR_INIT("a\0b"), STR_INIT("\xff"), STR_INIT("\xc3") };
	struct server s;

	open_server(&s, 2);
	for (size_t i = 0; i < ARRAY_LEN(TEXTS); i++) {
		struct bulk_load *load;
		struct value row[4];
		char text[64];

		db_bulk_row(0, text, row);
		row[1] = value_text(TEXTS[i]);
		CHECK_OK(&s, db_begin(s.write, &s.err));
		CHECK_OK(&s, bulk_load_begin(s.write, &DB_BULK_TARGET, &load, &s.err));
		CHECK(!bulk_load_row(load, row, &s.err));
		CHECK(s.err.kind == ERR_DATA && str_starts(str_from(s.err.msg), STR("title: ")));
		CHECK(!bulk_load_end(load, false, &s.err));
		CHECK(s.err.kind == ERR_DATA);
		db_rollback(s.write);
		CHECK(db_bulk_count(s.write) == 0);
	}
	close_server(&s);
}

UNIT_TESTS(gives_values_back_as_they_were, reads_literals_as_they_are_meant,
    lets_a_transaction_take_long_and_no_other, loads_and_reads_many_rows,
    names_the_column_of_a_text_that_it_cannot_store, says_what_was_not_unique,
    reads_one_query_within_another, does_not_commit_what_failed_on_the_way,
    asks_for_a_rerun_after_a_deadlock, prepares_anew_when_a_column_changes_its_type,
    survives_the_loss_of_its_connections, waits_no_longer_than_it_was_told,
    compares_text_as_the_statement_says, refuses_what_is_no_database_of_ours)
