/* A server that refuses, fails and vanishes, and what is said of it; nothing of it may stay. */
#include "tests/unit/postgres_server.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "db/transaction.h"

#include <pthread.h>

#define KILL "SELECT pg_terminate_backend(pg_backend_pid())"

enum { ROWS = 5000 };

/* Rows in plenty, in whose middle the server's process ends itself. */
#define DEADLY                                                                                     \
	"SELECT n, CASE WHEN n = 3000 THEN pg_terminate_backend(pg_backend_pid()) END "            \
	"FROM generate_series(1, 5000) n"

/* fail(state) raises an error of that SQLSTATE, but for NULL. */
static void
make_fail(struct server *s)
{
	CHECK_OK(s,
	    db_script(s->write,
		STR("CREATE FUNCTION fail(state TEXT) RETURNS BIGINT LANGUAGE plpgsql AS $$ BEGIN "
		    "IF state IS NOT NULL THEN RAISE EXCEPTION 'as told' USING ERRCODE = state; "
		    "END IF; RETURN 7; END $$"),
		&s->err));
}

static bool
call_fail(struct server *s, struct db_conn *c, struct value state, int64_t *out)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);
	struct value v = value_null();
	bool found;

	if (!db_query_row(c, a, STR("SELECT fail(?1)"), &state, 1, &v, 1, &found, &s->err))
		return false;
	*out = v.i;
	return true;
}

static void
gives_each_failure_its_meaning(void **state UNUSED)
{
	/* clang-format off */
	static const struct {
		const char *state;
		enum err_kind kind;
		bool reruns;
		const char *says;
	} cases[] = {
		{ "40001", ERR_UNAVAILABLE, true,  "busy" },
		{ "40P01", ERR_UNAVAILABLE, true,  "busy" },
		{ "26000", ERR_UNAVAILABLE, true,  "busy" },
		{ "42P01", ERR_INTERNAL,    true,  "Internal" },
		{ "40003", ERR_UNAVAILABLE, false, "does not answer" },
		{ "55P03", ERR_UNAVAILABLE, false, "busy" },
		{ "57014", ERR_UNAVAILABLE, false, "took too long" },
		{ "57P03", ERR_UNAVAILABLE, false, "does not answer" },
		{ "08006", ERR_UNAVAILABLE, false, "does not answer" },
		{ "25006", ERR_UNAVAILABLE, false, "cannot be written" },
		{ "25P03", ERR_UNAVAILABLE, false, "busy" },
		{ "42501", ERR_UNAVAILABLE, false, "rights are missing" },
		{ "53100", ERR_UNAVAILABLE, false, "disk is full" },
		{ "53200", ERR_UNAVAILABLE, false, "busy" },
		{ "58030", ERR_UNAVAILABLE, false, "disk fails" },
		{ "22021", ERR_DATA,        false, "UTF-8" },
		{ "22003", ERR_DATA,        false, "too large" },
		{ "22P02", ERR_DATA,        false, "does not fit" },
		{ "54001", ERR_TOO_LARGE,   false, "too many" },
		{ "23505", ERR_UNIQUE,      false, "taken" },
		{ "XX001", ERR_INTERNAL,    false, "Internal" },
	};
	/* clang-format on */
	struct server s;
	int64_t n = 0;

	open_server(&s, 2);
	make_fail(&s);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *what = cases[i].state;

		/* Prepared, so that what is stale can be prepared anew. */
		CHECK_OK(&s, db_begin(s.write, &s.err));
		CHECK_OK(&s, call_fail(&s, s.write, value_null(), &n) && n == 7);
		CHECK_CASE(what, !call_fail(&s, s.write, value_text(str_from(what)), &n));
		CHECK_CASE(what, s.err.kind == cases[i].kind);
		CHECK_CASE(s.err.msg, strstr(s.err.msg, cases[i].says) != NULL);
		CHECK_CASE(s.err.cause, strstr(s.err.cause, what) != NULL);
		CHECK_CASE(what, (s.err.retry_after_s > 0) == (cases[i].kind == ERR_UNAVAILABLE));
		CHECK_CASE(what, db_wants_rerun(s.write) == cases[i].reruns);
		db_rollback(s.write);
		CHECK_CASE(what, !db_in_transaction(s.write));
	}
	close_server(&s);
}

static void
runs_a_query_of_one_statement_again_when_it_is_stale(void **state UNUSED)
{
	struct server s;
	int64_t n = 0;

	open_server(&s, 1);
	make_fail(&s);
	CHECK_OK(&s, call_fail(&s, s.write, value_null(), &n));
	CHECK_OK(&s, db_script(s.write, STR("DEALLOCATE ALL"), &s.err)); /* as a pooler does */
	CHECK_OK(&s, call_fail(&s, s.write, value_null(), &n) && n == 7);
	close_server(&s);
}

/* ---- who may come in ---- */

/* Every {} of pattern is name. */
static void
fill(char *text, size_t size, const char *pattern, const char *name)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(size - 1);
	struct str before, rest = str_from(pattern);

	while (str_cut(rest, '{', &before, &rest)) {
		buf_put(&b, before);
		buf_put(&b, str_from(name));
		rest = str_sub(rest, 1, rest.len);
	}
	buf_put(&b, before);
	CHECK(buf_ok(&b));
	snprintf(text, size, "%.*s", STR_FMT(buf_str(&b)));
}

/* What is done to the server, the user that comes then, and what he is told. */
/* clang-format off */
static const struct {
	const char *sql, *user, *says;
} STRANGERS[] = {
	{ "SELECT 1", "nobody", "role \"nobody\" does not exist" },
	{ "CREATE ROLE {}_n NOLOGIN", "{}_n", "not permitted to log in" },
	{ "REVOKE CONNECT ON DATABASE {} FROM PUBLIC; CREATE ROLE {}_r LOGIN", "{}_r", "permission denied" },
	{ "ALTER DATABASE {} SET default_transaction_read_only = on", "symbolon", "read-only" },
	{ "ALTER DATABASE {} ALLOW_CONNECTIONS false", "symbolon", "not currently accepting connections" },
};
/* clang-format on */

static void
says_why_a_database_cannot_be_used(void **state UNUSED)
{
	struct server s;
	struct db *db;

	open_server(&s, 2);
	for (size_t i = 0; i < ARRAY_LEN(STRANGERS); i++) {
		char sql[512], user[128], url[700];

		fill(sql, sizeof(sql), STRANGERS[i].sql, s.name);
		fill(user, sizeof(user), STRANGERS[i].user, s.name);
		ask_server(&s, sql);
		snprintf(url, sizeof(url), "%s&user=%s", s.url, user);
		const struct db_options options = { .url = str_from(url) };

		CHECK_CASE(sql, !db_open(&options, &db, &s.err));
		CHECK_CASE(sql, s.err.kind == ERR_UNAVAILABLE);
		CHECK_CASE(s.err.msg, strstr(s.err.msg, "SYMBOLON_DATABASE_URL") != NULL);
		CHECK_CASE(s.err.msg, strstr(s.err.msg, STRANGERS[i].says) != NULL);
	}
	close_server(&s);
}

/* A user who may connect but once, beside the one that makes the tables. */
static void
open_guest(struct server *s, struct db **out)
{
	char sql[512], url[700];

	fill(sql, sizeof(sql), "CREATE ROLE {}_g LOGIN CONNECTION LIMIT 1", s->name);
	ask_server(s, sql);
	CHECK_OK(s, db_script(s->write, STR("CREATE TABLE migration (n BIGINT)"), &s->err));
	snprintf(url, sizeof(url), "%s&user=%s_g", s->url, s->name);
	const struct db_options options = { .url = str_from(url), .max_connections = 4 };

	CHECK_OK(s, db_open(&options, out, &s->err));
}

static void
a_user_without_rights_is_told_so(void **state UNUSED)
{
	struct server s;
	struct db *db;
	struct db_conn *c;

	open_server(&s, 2);
	open_guest(&s, &db);
	CHECK_OK(&s, db_connect(db, DB_WRITE, &c, &s.err));
	CHECK(!db_exec(c, STR("INSERT INTO `tabNote` (name) VALUES ('x')"), NULL, 0, NULL, &s.err));
	CHECK(s.err.kind == ERR_UNAVAILABLE && strstr(s.err.msg, "rights are missing") != NULL);
	CHECK(strstr(s.err.cause, "42501") != NULL);
	CHECK(number(&s, s.read, "SELECT count(*) FROM `tabNote`") == 0);
	db_disconnect(c);
	db_close(db);
	close_server(&s);
}

static void
the_connections_of_a_server_with_too_few_are_waited_for(void **state UNUSED)
{
	struct db_conn *one, *two;
	struct server s;
	struct db *db;

	open_server(&s, 2);
	open_guest(&s, &db);
	CHECK_OK(&s, db_connect(db, DB_READ, &one, &s.err));
	CHECK_OK(&s, db_connect(db, DB_READ, &two, &s.err));
	CHECK_OK(&s, db_begin(one, &s.err));
	const int64_t start_ms = clock_mono_ms();

	CHECK(!db_begin(two, &s.err));
	CHECK(s.err.kind == ERR_UNAVAILABLE && s.err.retry_after_s > 0);
	CHECK_CASE(s.err.cause, strstr(s.err.cause, "refuses more than 1 ") != NULL);
	CHECK_CASE(s.err.cause, strstr(s.err.cause, "[database] max_connections") != NULL);
	CHECK(clock_mono_ms() - start_ms >= 4000);
	/* What is given back counts at once. */
	db_rollback(one);
	CHECK_OK(&s, db_begin(two, &s.err));
	db_rollback(two);
	db_disconnect(one);
	db_disconnect(two);
	db_close(db);
	close_server(&s);
}

static void *
give_back(void *arg)
{
	struct server *s = arg;

	db_rollback(s->write);
	return NULL;
}

static void
waits_for_a_connection_but_not_for_ever(void **state UNUSED)
{
	struct server s;
	pthread_t thread;

	open_server(&s, 1);
	CHECK_OK(&s, db_begin(s.write, &s.err));
	const int64_t start_ms = clock_mono_ms();

	CHECK(!db_begin(s.read, &s.err));
	CHECK(s.err.kind == ERR_UNAVAILABLE && s.err.retry_after_s > 0);
	CHECK(strstr(s.err.cause, "max_connections") != NULL);
	CHECK(clock_mono_ms() - start_ms >= 4000 && clock_mono_ms() - start_ms < 20000);
	CHECK(pthread_create(&thread, NULL, give_back, &s) == 0);
	CHECK_OK(&s, db_begin(s.read, &s.err));
	pthread_join(thread, NULL);
	db_rollback(s.read);
	close_server(&s);
}

/* ---- connections that break ---- */

static void
a_statement_has_its_time(void **state UNUSED)
{
	struct server s;
	struct db *db;
	struct db_conn *c;

	open_server(&s, 2);
	CHECK_OK(&s, db_script(s.write, STR("CREATE TABLE migration (n BIGINT)"), &s.err));
	const struct db_options options = { .url = str_from(s.url), .statement_timeout_ms = 500 };

	CHECK_OK(&s, db_open(&options, &db, &s.err));
	CHECK_OK(&s, db_connect(db, DB_WRITE, &c, &s.err));
	CHECK(!db_exec(c, STR("SELECT pg_sleep(20)"), NULL, 0, NULL, &s.err));
	CHECK(s.err.kind == ERR_UNAVAILABLE && strstr(s.err.msg, "took too long") != NULL);
	CHECK(number(&s, c, "SELECT count(*) FROM `tabNote`") == 0);
	db_disconnect(c);
	db_close(db);
	close_server(&s);
}

/* The rows of a query up to its end, which *last tells. */
static int
count_rows(struct db_rows *rows, enum db_step *last, struct err *err)
{
	int n = 0;

	while ((*last = db_next(rows, err)) == DB_ROW)
		n++;
	return n;
}

static void
half_an_answer_is_none(void **state UNUSED)
{
	struct server s;
	struct db_rows *rows;
	enum db_step last;

	open_server(&s, 2);
	for (int i = 0; i < 2; i++) {
		CHECK_OK(&s, db_begin(s.read, &s.err));
		CHECK_OK(&s, db_query(s.read, STR(DEADLY), NULL, 0, &rows, &s.err));
		/* Another query takes what the first one has still to say off the line. */
		struct db_rows *other = NULL;

		if (i == 1)
			CHECK(!db_query(s.read, STR("SELECT 1"), NULL, 0, &other, &s.err));
		CHECK(count_rows(rows, &last, &s.err) < ROWS && last == DB_FAILED);
		CHECK(s.err.kind == ERR_UNAVAILABLE && s.err.retry_after_s > 0);
		/* Nothing goes on in this transaction. */
		CHECK(!db_query(s.read, STR("SELECT 1"), NULL, 0, &other, &s.err));
		db_rows_close(rows);
		db_rollback(s.read);
		CHECK(number(&s, s.read, "SELECT count(*) FROM `tabNote`") == 0);
	}
	close_server(&s);
}

static void
a_query_that_ends_its_connection_is_tried_once_more(void **state UNUSED)
{
	static const struct {
		const char *sql;
		bool is_read;
	} cases[] = { { KILL, true }, { KILL, false } };
	struct server s;

	open_server(&s, 2);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct db_conn *c = cases[i].is_read ? s.read : s.write;

		CHECK(number(&s, c, "SELECT count(*) FROM `tabNote`") == 0);
		CHECK(!db_exec(c, str_from(cases[i].sql), NULL, 0, NULL, &s.err));
		CHECK(s.err.kind == ERR_UNAVAILABLE && !db_wants_rerun(c));
		CHECK(!db_script(c, str_from(cases[i].sql), &s.err));
		CHECK(s.err.kind == ERR_UNAVAILABLE);
		CHECK(number(&s, c, "SELECT count(*) FROM `tabNote`") == 0);
	}
	close_server(&s);
}

static void
what_was_begun_on_a_dead_connection_is_forgotten(void **state UNUSED)
{
	struct server s;

	open_server(&s, 3);
	CHECK_OK(&s, db_begin(s.write, &s.err));
	run(&s, s.write, "INSERT INTO `tabNote` (name) VALUES ('a')");
	CHECK(!db_exec(s.write, STR(KILL), NULL, 0, NULL, &s.err));
	CHECK(!db_exec(
	    s.write, STR("INSERT INTO `tabNote` (name) VALUES ('b')"), NULL, 0, NULL, &s.err));
	CHECK(s.err.kind == ERR_UNAVAILABLE && db_in_transaction(s.write));
	CHECK(!db_script(s.write, STR("SELECT 1"), &s.err) && s.err.kind == ERR_UNAVAILABLE);
	db_rollback(s.write);
	run(&s, s.write, "INSERT INTO `tabNote` (name) VALUES ('c')");
	CHECK(number(&s, s.read, "SELECT count(*) FROM `tabNote` WHERE name = 'c'") == 1);
	CHECK(number(&s, s.read, "SELECT count(*) FROM `tabNote`") == 1);
	close_server(&s);
}

/* ---- sizes ---- */

static void
sends_and_fetches_what_fits_no_socket(void **state UNUSED)
{
	enum { SIZE = 12 * 1024 * 1024 };
	const struct str sql = STR("SELECT title FROM `tabNote` WHERE name = 'a'");
	struct value v;
	struct server s;
	bool found;

	open_server(&s, 2);
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024 * 1024);
	CLEANUP(mem_freep) char *bytes = mem_alloc(SIZE);

	run(&s, s.write, "DROP INDEX note_title");
	for (int i = 0; i < SIZE; i++)
		bytes[i] = (char)('a' + i % 23);
	const struct value title = value_text((struct str){ bytes, SIZE });

	CHECK_OK(&s,
	    db_exec(s.write, STR("INSERT INTO `tabNote` (name, title) VALUES ('a', ?1)"), &title, 1,
		NULL, &s.err));
	CHECK_OK(&s, db_query_row(s.read, a, sql, NULL, 0, &v, 1, &found, &s.err));
	CHECK(found && str_eq(value_str(v), title.s));
	close_server(&s);
}

/* "SELECT ?1 + ?2 + ..." of so many values, each 1. */
static bool
add_ones(struct server *s, size_t len, int64_t *sum)
{
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);
	CLEANUP(buf_free) struct buf sql = BUF_INIT(1024 * 1024);
	CLEANUP(mem_freep) struct value *ones = MEM_NEW_ARRAY(struct value, len);
	struct value v;
	bool found;

	for (size_t i = 0; i < len; i++) {
		ones[i] = value_int(1);
		buf_printf(&sql, "%s CAST(?%zu AS BIGINT)", i == 0 ? "SELECT" : " +", i + 1);
	}
	if (!db_query_row(s->read, a, buf_str(&sql), ones, len, &v, 1, &found, &s->err))
		return false;
	*sum = v.i;
	return true;
}

static void
takes_many_values_and_refuses_too_many(void **state UNUSED)
{
	static const size_t lens[] = { 1, 65, 1000 }; /* the last one is too long to be kept */
	struct server s;
	int64_t sum;

	open_server(&s, 2);
	for (size_t i = 0; i < ARRAY_LEN(lens); i++)
		CHECK_OK(&s, add_ones(&s, lens[i], &sum) && sum == (int64_t)lens[i]);
	CHECK(!add_ones(&s, 32001, &sum) && s.err.kind == ERR_TOO_LARGE);
	CHECK_OK(&s, add_ones(&s, 1, &sum) && sum == 1);
	close_server(&s);
}

static void
keeps_the_statements_used_last(void **state UNUSED)
{
	enum { MORE_THAN_KEPT = 300, KEPT = 256 };
	struct server s;
	char sql[64];

	open_server(&s, 1);
	CHECK_OK(&s, db_begin(s.read, &s.err)); /* all on one connection */
	for (int i = 0; i < MORE_THAN_KEPT; i++) {
		snprintf(sql, sizeof(sql), "SELECT CAST(%d AS BIGINT)", i);
		CHECK(number(&s, s.read, sql) == i);
	}
	const int64_t kept = number(&s, s.read, "SELECT count(*) FROM pg_prepared_statements");

	CHECK(kept == KEPT);
	CHECK(number(&s, s.read, "SELECT CAST(0 AS BIGINT)") == 0); /* prepared anew */
	db_rollback(s.read);
	close_server(&s);
}

static void
reads_every_kind_of_number(void **state UNUSED)
{
	const struct str sql = STR(
	    "SELECT true, false, CAST(-3 AS SMALLINT), CAST(0.5 AS REAL), CAST(2.25 AS NUMERIC), "
	    "CAST('NaN' AS NUMERIC), NULL");
	struct value v[7];
	struct server s;
	bool found;

	open_server(&s, 1);
	CLEANUP(arena_freep) struct arena *a = arena_new(64 * 1024);

	CHECK_OK(&s, db_query_row(s.read, a, sql, NULL, 0, v, ARRAY_LEN(v), &found, &s.err));
	CHECK(found && v[0].kind == VALUE_INT && v[0].i == 1 && v[1].i == 0 && v[2].i == -3);
	CHECK(v[3].kind == VALUE_REAL && fabs(v[3].r - 0.5) <= 0 && fabs(v[4].r - 2.25) <= 0);
	CHECK(v[5].kind == VALUE_NULL && v[6].kind == VALUE_NULL);
	close_server(&s);
}

/* ---- transactions ---- */

static void
a_rule_that_is_checked_at_the_end_refuses_the_commit(void **state UNUSED)
{
	struct server s;

	open_server(&s, 2);
	CHECK_OK(&s,
	    db_script(s.write,
		STR("CREATE TABLE late (n BIGINT UNIQUE DEFERRABLE INITIALLY DEFERRED)"), &s.err));
	CHECK_OK(&s, db_begin(s.write, &s.err));
	run(&s, s.write, "INSERT INTO late VALUES (1), (1)");
	CHECK(!db_commit(s.write, &s.err));
	CHECK(s.err.kind == ERR_UNIQUE && !db_in_transaction(s.write));
	CHECK_STR(db_conflict(s.write), "n");
	CHECK(number(&s, s.read, "SELECT count(*) FROM late") == 0);
	CHECK(!db_commit(s.write, &s.err) && s.err.kind == ERR_INTERNAL);
	close_server(&s);
}

/* A write that is in somebody's way as often as it is told. */
struct clash {
	struct writer_job job;
	struct server *s;
	int clashes; /* still to come */
	int bodies, rewinds, publishes;
	bool ok;
};

static bool
clash_body(struct writer_job *job, struct db_conn *c, struct err *err)
{
	struct clash *j = CONTAINER_OF(job, struct clash, job);
	const bool clashes = j->clashes-- > 0;
	int64_t n;

	j->bodies++;
	run(j->s, c, "INSERT INTO `tabNote` (name) VALUES ('a')");
	if (call_fail(j->s, c, clashes ? value_text(STR("40001")) : value_null(), &n))
		return true;
	*err = j->s->err;
	return false;
}

static void
clash_rewind(struct writer_job *job)
{
	CONTAINER_OF(job, struct clash, job)->rewinds++;
}

static void
clash_publish(struct writer_job *job, struct db_conn *c UNUSED)
{
	CONTAINER_OF(job, struct clash, job)->publishes++;
}

static void
clash_done(struct writer_job *job, bool ok, const struct err *err)
{
	struct clash *j = CONTAINER_OF(job, struct clash, job);

	j->ok = ok;
	if (!ok)
		j->s->err = *err;
}

static void
runs_again_what_met_another_write(void **state UNUSED)
{
	static const struct {
		int clashes, bodies;
		bool ok;
	} cases[] = {
		{ 0, 1, true },
		{ 3, 4, true },
		{ 100, TRANSACTION_TRIES, false },
	};
	struct server s;

	open_server(&s, 2);
	make_fail(&s);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct clash j = { .job = { .body = clash_body,
				       .rewind = clash_rewind,
				       .publish = clash_publish,
				       .done = clash_done },
			.s = &s,
			.clashes = cases[i].clashes };

		transaction_run(s.write, &j.job);
		CHECK(j.ok == cases[i].ok && j.bodies == cases[i].bodies);
		CHECK(j.rewinds == j.bodies - 1 && j.publishes == j.ok);
		CHECK(j.ok || s.err.kind == ERR_UNAVAILABLE);
		CHECK(number(&s, s.read, "SELECT count(*) FROM `tabNote`") == j.ok);
		run(&s, s.write, "DELETE FROM `tabNote`");
	}
	close_server(&s);
}

UNIT_TESTS(gives_each_failure_its_meaning, runs_a_query_of_one_statement_again_when_it_is_stale,
    says_why_a_database_cannot_be_used, a_user_without_rights_is_told_so,
    the_connections_of_a_server_with_too_few_are_waited_for,
    waits_for_a_connection_but_not_for_ever, a_statement_has_its_time, half_an_answer_is_none,
    a_query_that_ends_its_connection_is_tried_once_more,
    what_was_begun_on_a_dead_connection_is_forgotten, sends_and_fetches_what_fits_no_socket,
    takes_many_values_and_refuses_too_many, keeps_the_statements_used_last,
    reads_every_kind_of_number, a_rule_that_is_checked_at_the_end_refuses_the_commit,
    runs_again_what_met_another_write)
