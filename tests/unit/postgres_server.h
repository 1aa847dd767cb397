/*
 * postgres_server.h - a database of its own on a PostgreSQL, with the table tabNote and two
 * connections.
 *
 * SYMBOLON_TEST_DATABASE is the URL, with {} for the name of a database (tools/with-postgres sets
 * it). Without one the tests are skipped.
 */
#ifndef TESTS_UNIT_POSTGRES_SERVER_H
#define TESTS_UNIT_POSTGRES_SERVER_H

#include "tests/unit/db_note.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <unistd.h>

struct server {
	char url[512];   /* of this test's database */
	char admin[512]; /* of the one from which it is made */
	char name[64];
	struct db *db;
	struct db_conn *read, *write;
	struct err err;
};

static inline void
put_name(char *url, size_t size, const char *pattern, const char *name)
{
	const struct str p = str_from(pattern);
	const ptrdiff_t at = str_find_str(p, STR("{}"));

	CHECK(at >= 0);
	snprintf(url, size, "%.*s%s%s", (int)at, pattern, name, pattern + at + 2);
}

static inline void
ask_server(const struct server *s, const char *sql)
{
	PGconn *pg = PQconnectdb(s->admin);
	PGresult *result = PQexec(pg, sql);

	if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(pg));
	PQclear(result);
	PQfinish(pg);
}

/* Without a server the test is skipped. */
static inline void
open_server(struct server *s, int connections)
{
	static int number;
	const char *pattern = getenv("SYMBOLON_TEST_DATABASE");
	char sql[128];

	if (pattern == NULL) {
		skip();
		abort(); /* skip() jumps, though its declaration does not say so */
	}
	*s = (struct server){ 0 };
	snprintf(s->name, sizeof(s->name), "unit_%d_%d", (int)getpid(), ++number);
	put_name(s->url, sizeof(s->url), pattern, s->name);
	strncat(s->url, "&application_name=unit", sizeof(s->url) - strlen(s->url) - 1);
	put_name(s->admin, sizeof(s->admin), pattern, "postgres");
	snprintf(sql, sizeof(sql), "CREATE DATABASE %s", s->name);
	ask_server(s, sql);
	const struct db_options options = { .url = str_from(s->url),
		.max_connections = connections,
		.statement_timeout_ms = 8000,
		.lock_timeout_ms = 3000 };

	CHECK_OK(s, db_open(&options, &s->db, &s->err));
	CHECK_OK(s, db_connect(s->db, DB_READ, &s->read, &s->err));
	CHECK_OK(s, db_connect(s->db, DB_WRITE, &s->write, &s->err));
	CHECK_OK(s,
	    db_script(s->write,
		STR("CREATE TABLE \"tabNote\" (name TEXT COLLATE \"C\" NOT NULL PRIMARY KEY, title "
		    "TEXT COLLATE \"C\", n BIGINT NOT NULL DEFAULT 0, r DOUBLE PRECISION);"
		    "CREATE UNIQUE INDEX note_name ON \"tabNote\" (lower(name));"
		    "CREATE UNIQUE INDEX note_title ON \"tabNote\" (lower(title))"),
		&s->err));
}

static inline void
close_server(struct server *s)
{
	char sql[128];

	db_disconnect(s->read);
	db_disconnect(s->write);
	db_close(s->db);
	snprintf(sql, sizeof(sql), "DROP DATABASE %s WITH (FORCE)", s->name);
	ask_server(s, sql);
}

static inline void
run(struct server *s, struct db_conn *c, const char *sql)
{
	CHECK_OK(s, db_exec(c, str_from(sql), NULL, 0, NULL, &s->err));
}

static inline int64_t
number(struct server *s, struct db_conn *c, const char *sql)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);
	struct value v = value_null();
	bool found;

	CHECK_OK(s, db_query_row(c, a, str_from(sql), NULL, 0, &v, 1, &found, &s->err));
	return v.i;
}

#endif
