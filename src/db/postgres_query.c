#include "db/postgres_query.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "db/postgres_conn.h"
#include "db/postgres_many.h"
#include "db/postgres_text.h"
#include "db/sqlb.h"

enum { MAX_SCRIPT = 16 * 1024 * 1024 };

/* Types of columns that are no text (pg_type.dat). */
enum {
	OID_BOOL = 16,
	OID_INT8 = 20,
	OID_INT2 = 21,
	OID_INT4 = 23,
	OID_FLOAT4 = 700,
	OID_FLOAT8 = 701,
	OID_NUMERIC = 1700
};

/* A query; its rows come one by one while no other one runs on its link. */
struct postgres_query {
	struct db_rows rows;
	PGresult *current; /* the row, or NULL */
	PGresult **queue;  /* rows that were taken off the link for another query */
	size_t head, len, size;
	struct postgres_many *many; /* rows of COPY, or NULL */
	bool live;                  /* more comes from the link */
	int64_t touched;
};

static void
enqueue(struct postgres_query *r, PGresult *result)
{
	if (r->len == r->size) {
		r->size = MAX(2 * r->size, (size_t)16);
		r->queue = mem_resize(r->queue, r->size * sizeof(struct PGresult *));
	}
	r->queue[r->len++] = result;
}

/* Takes the next result off the link: a row, the end, an error; NULL: broken. */
static PGresult *
fetch(struct postgres_conn *c)
{
	PGresult *result = NULL;

	if (!postgres_link_result(c->link, c->deadline_ms, &result))
		return NULL;
	return result;
}

/* After the last result: the link is free for another query. */
static void
end_live(struct postgres_conn *c, struct postgres_query *r)
{
	PGresult *result;

	r->live = false;
	c->live = NULL;
	while (postgres_link_result(c->link, 0, &result) && result != NULL)
		PQclear(result);
}

/* Another query wants the link: what the live one has still to send is kept for it. */
static void
make_way(struct postgres_conn *c)
{
	struct postgres_query *r = c->live;

	if (r != NULL && r->many != NULL)
		postgres_many_keep(r->many, c->link, c->deadline_ms);
	while (r != NULL && r->live) {
		PGresult *result = fetch(c);

		enqueue(r, result); /* NULL says that it broke */
		if (result == NULL || PQresultStatus(result) != PGRES_SINGLE_TUPLE)
			end_live(c, r);
	}
}

static int64_t
touched(PGresult *result)
{
	int64_t n = 0;

	if (strncmp(PQcmdStatus(result), "SELECT", 6) == 0)
		return 0;
	return str_to_int64(str_from(PQcmdTuples(result)), &n) ? n : 0;
}

/* Makes a result the current row; at the end, and for an error, there is none. */
static enum db_step
take(struct postgres_conn *c, struct postgres_query *r, PGresult *result, struct err *err)
{
	const ExecStatusType status = result == NULL ? PGRES_FATAL_ERROR : PQresultStatus(result);

	PQclear(r->current);
	r->current = NULL;
	if (status == PGRES_SINGLE_TUPLE) {
		r->current = result;
		return DB_ROW;
	}
	if (r->live)
		end_live(c, r);
	if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
		r->touched = touched(result);
		r->current = result; /* it knows the columns */
		return DB_DONE;
	}
	postgres_conn_failed(c, result, err);
	return DB_FAILED;
}

/* A query that is to be begun. */
struct statement {
	struct str sql;
	const struct value *params;
	const enum value_kind *kinds; /* of one with many rows; NULL: an ordinary one */
	size_t len;                   /* of params or kinds */
};

static bool
send_many(struct postgres_conn *c, struct str sql, struct err *err)
{
	CLEANUP(buf_free) struct buf text = BUF_INIT(4 * SQLB_MAX_TEXT);

	buf_lit(&text, "COPY (");
	postgres_text(sql, &text);
	buf_lit(&text, ") TO STDOUT");
	buf_put_char(&text, '\0');
	if (!buf_ok(&text))
		return err_memory(err);
	return postgres_link_start(c->link, text.ptr) || postgres_error_lost(c->link->pg, err);
}

/* Sends it and waits for the first result, which goes into the queue. */
static enum postgres_error
start(struct postgres_conn *c, struct postgres_query *r, const struct statement *s, struct err *err)
{
	PGresult *result = NULL;

	make_way(c);
	const bool sent = s->kinds != NULL
	    ? send_many(c, s->sql, err)
	    : postgres_link_send(c->link, s->sql, s->params, s->len, &result, err);

	if (!sent)
		return c->link->broken ? POSTGRES_ERROR_LOST : POSTGRES_ERROR_PLAIN;
	if (result != NULL)
		return postgres_conn_failed(c, result, err);
	r->live = true;
	c->live = r;
	result = fetch(c);
	if (result == NULL || PQresultStatus(result) == PGRES_FATAL_ERROR) {
		end_live(c, r);
		return postgres_conn_failed(c, result, err);
	}
	if (s->kinds != NULL) { /* "here comes a COPY", and then its lines */
		PQclear(result);
		r->many = postgres_many_new(s->kinds, s->len);
	} else {
		enqueue(r, result);
	}
	return POSTGRES_ERROR_NONE;
}

/* Outside a transaction what failed for reasons of the connection may run once more, in time. */
static bool
may_retry(const struct postgres_conn *c, enum postgres_error what)
{
	const bool late = c->deadline_ms != 0 && clock_mono_ms() >= c->deadline_ms;

	if (c->begun || c->open > 0 || late)
		return false;
	return what == POSTGRES_ERROR_STALE ||
	    (what == POSTGRES_ERROR_LOST && c->mode == DB_READ && !c->fresh);
}

static bool
begin(struct db_conn *conn, const struct statement *s, struct db_rows **out, struct err *err)
{
	struct postgres_conn *c = postgres_conn_of(conn);
	struct postgres_query *r = MEM_NEW(struct postgres_query);

	r->rows.conn = conn;
	for (int i = 0;; i++) {
		if (!postgres_conn_hold(c, err))
			break;
		const enum postgres_error what = start(c, r, s, err);

		if (what == POSTGRES_ERROR_NONE) {
			c->open++;
			*out = &r->rows;
			return true;
		}
		const bool again = i == 0 && may_retry(c, what);

		postgres_conn_release(c);
		if (!again)
			break;
	}
	mem_free(r->queue);
	mem_free(r);
	return false;
}

bool
postgres_query_start(struct db_conn *conn, struct str sql, const struct value *params, size_t len,
    struct db_rows **out, struct err *err)
{
	const struct statement s = { .sql = sql, .params = params, .len = len };

	return begin(conn, &s, out, err);
}

bool
postgres_query_many(struct db_conn *conn, struct str sql, const enum value_kind *kinds, size_t len,
    struct db_rows **out, struct err *err)
{
	const struct statement s = { .sql = sql, .kinds = kinds, .len = len };

	return begin(conn, &s, out, err);
}

static struct postgres_query *
rows_of(const struct db_rows *r)
{
	return CONTAINER_OF(r, struct postgres_query, rows);
}

enum db_step
postgres_query_next(struct db_rows *rows, struct err *err)
{
	struct postgres_query *r = rows_of(rows);
	struct postgres_conn *c = postgres_conn_of(rows->conn);

	if (r->many != NULL) {
		const enum db_step step =
		    postgres_many_next(r->many, r->live ? c->link : NULL, c->deadline_ms);

		if (step == DB_ROW)
			return DB_ROW;
		if (step == DB_FAILED)
			return take(c, r, NULL, err);
	}
	if (r->head < r->len)
		return take(c, r, r->queue[r->head++], err);
	r->head = r->len = 0;
	return r->live ? take(c, r, fetch(c), err) : DB_DONE;
}

size_t
postgres_query_columns(const struct db_rows *rows)
{
	const struct postgres_query *r = rows_of(rows);
	const PGresult *any = r->current;

	if (r->many != NULL)
		return postgres_many_columns(r->many);
	if (any == NULL && r->head < r->len)
		any = r->queue[r->head];
	return any == NULL ? 0 : (size_t)PQnfields(any);
}

static struct value
number(enum value_kind kind, struct str text)
{
	int64_t i = 0;
	double d = 0;

	if (kind == VALUE_INT && str_to_int64(text, &i))
		return value_int(i);
	return str_to_double(text, &d) ? value_real(d) : value_null();
}

struct value
postgres_query_column(const struct db_rows *rows, size_t at)
{
	const PGresult *row = rows_of(rows)->current;
	const int i = (int)at;

	if (rows_of(rows)->many != NULL)
		return postgres_many_column(rows_of(rows)->many, at);
	if (row == NULL || PQntuples(row) == 0 || i >= PQnfields(row) || PQgetisnull(row, 0, i))
		return value_null();
	const struct str text = { PQgetvalue(row, 0, i), (size_t)PQgetlength(row, 0, i) };

	switch (PQftype(row, i)) {
	case OID_BOOL:
		return value_int(text.len > 0 && text.ptr[0] == 't');
	case OID_INT2:
	case OID_INT4:
	case OID_INT8:
		return number(VALUE_INT, text);
	case OID_FLOAT4:
	case OID_FLOAT8:
	case OID_NUMERIC:
		return number(VALUE_REAL, text);
	default:
		return value_text(text);
	}
}

bool
postgres_query_row_ok(const struct db_rows *r UNUSED, struct err *err UNUSED)
{
	return true;
}

int64_t
postgres_query_finish(struct db_rows *rows)
{
	struct postgres_query *r = rows_of(rows);
	struct postgres_conn *c = postgres_conn_of(rows->conn);
	const int64_t n = r->touched;

	if (r->live && r->many != NULL)
		postgres_many_drain(r->many, c->link, c->deadline_ms);
	if (r->live)
		end_live(c, r);
	postgres_many_free(r->many);
	PQclear(r->current);
	for (; r->head < r->len; r->head++)
		PQclear(r->queue[r->head]);
	mem_free(r->queue);
	mem_free(r);
	c->open--;
	postgres_conn_release(c);
	return n;
}

bool
postgres_query_script(struct db_conn *conn, struct str sql, struct err *err)
{
	struct postgres_conn *c = postgres_conn_of(conn);
	CLEANUP(buf_free) struct buf text = BUF_INIT(MAX_SCRIPT);

	buf_put(&text, sql);
	buf_put_char(&text, '\0');
	if (!buf_ok(&text))
		return err_memory(err);
	if (!postgres_conn_hold(c, err))
		return false;
	make_way(c);
	PGresult *result = postgres_link_run(c->link, text.ptr);
	const ExecStatusType status = result == NULL ? PGRES_FATAL_ERROR : PQresultStatus(result);
	const bool ok =
	    status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;

	if (ok)
		PQclear(result);
	else
		postgres_conn_failed(c, result, err);
	postgres_conn_release(c);
	return ok;
}
