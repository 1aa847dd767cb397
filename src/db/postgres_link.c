#include "db/postgres_link.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "db/db.h"
#include "db/postgres_error.h"
#include "db/postgres_text.h"
#include "db/sqlb.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>

enum {
	STMTS_MAX = 256,
	STMT_MAX_TEXT = 16 * 1024, /* longer ones are not kept */
	GRACE_MS = 5000,           /* after statement_timeout: then the server itself is at fault */
	NO_LIMIT_MS = 10 * 60 * 1000, /* without statement_timeout */
	LOOK_MS = 200, /* how often who waits looks whether the server has fallen silent */
	NAME_SIZE = 32,
	MAX_PARAMS = 32000,
};

struct link_stmt {
	struct lru_item item; /* its text is as we write it, and its own */
	char name[NAME_SIZE];
};

/* ---- opening ---- */

/* What the server has to say beside its answers goes nowhere: "table exists, skipping". */
static void
no_notice(void *arg UNUSED, const char *text UNUSED)
{
}

static bool
set_up(struct postgres_link *l, const struct postgres_options *o, struct err *err)
{
	char sql[256];

	snprintf(sql, sizeof(sql),
	    "SET statement_timeout = %d; SET lock_timeout = %d; "
	    "SET idle_in_transaction_session_timeout = %d; "
	    "SET standard_conforming_strings = on; SET extra_float_digits = 1",
	    o->statement_timeout_ms, o->lock_timeout_ms, 2 * o->statement_timeout_ms);
	PGresult *result = postgres_link_run(l, sql);
	char conflict[1];
	bool ok = false;

	if (result == NULL)
		postgres_error_lost(l->pg, err);
	else if (PQresultStatus(result) != PGRES_COMMAND_OK)
		postgres_error_set(result, conflict, sizeof(conflict), err);
	else
		ok = true;
	PQclear(result);
	return ok;
}

/* The name of a log file begins with the timeline in 8 hexadecimal digits. */
static const char LINEAGE[] =
    "SELECT system_identifier, substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8) "
    "FROM pg_control_system()";

static struct postgres_lineage
lineage_of(struct postgres_link *l)
{
	struct postgres_lineage made = { 0 };
	int64_t system;
	PGresult *result = postgres_link_run(l, LINEAGE);

	if (result != NULL && PQresultStatus(result) == PGRES_TUPLES_OK && PQntuples(result) == 1 &&
	    str_to_int64(str_from(PQgetvalue(result, 0, 0)), &system)) {
		made.system = system;
		for (const char *digit = PQgetvalue(result, 0, 1); *digit != '\0'; digit++)
			made.timeline = made.timeline << 4 | (uint32_t)char_hex(*digit);
	}
	PQclear(result);
	return made;
}

static int
limit_of(const struct postgres_options *o)
{
	if (o->answer_timeout_ms != 0)
		return o->answer_timeout_ms;
	return o->statement_timeout_ms == 0 ? NO_LIMIT_MS : o->statement_timeout_ms + GRACE_MS;
}

bool
postgres_link_open(const struct postgres_options *o, struct postgres_link **out, struct err *err)
{
	char timeout[16];
	/* The URL stands between what it may change and what it may not. */
	const char *const names[] = { "connect_timeout", "target_session_attrs", "application_name",
		"dbname", "client_encoding", "host", "hostaddr", "port", NULL };
	const char *const values[] = { timeout, "read-write", "symbolon", o->url, "UTF8", o->host,
		o->hostaddr, o->port, NULL };

	snprintf(timeout, sizeof(timeout), "%d", o->connect_timeout_s);
	struct postgres_link *l = MEM_NEW(struct postgres_link);

	l->watch = o->watch;
	l->history = o->history;
	l->limit_ms = l->statement_limit_ms = limit_of(o);
	l->pg = PQconnectdbParams(names, values, 1);
	if (PQstatus(l->pg) != CONNECTION_OK) {
		postgres_error_lost(l->pg, err);
		postgres_link_close(l);
		return false;
	}
	PQsetNoticeProcessor(l->pg, no_notice, NULL);
	if (PQsetnonblocking(l->pg, 1) != 0 || !set_up(l, o, err)) {
		postgres_link_close(l);
		return false;
	}
	l->lineage = lineage_of(l);
	postgres_history_note(l->history, l->lineage);
	*out = l;
	return true;
}

/* ---- waiting ---- */

bool
postgres_watch_is_silent(const struct postgres_watch *w, int64_t ms)
{
	const int64_t heard_ms = w == NULL ? 0 : atomic_load(&w->mono_ms);

	return heard_ms != 0 && clock_mono_ms() - heard_ms > ms;
}

bool
postgres_link_is_past(const struct postgres_link *l)
{
	return postgres_history_is_past(l->history, l->lineage);
}

static bool
wait_for(struct postgres_link *l, short events, int64_t mono_ms)
{
	struct pollfd p = { .fd = PQsocket(l->pg), .events = events };

	for (;;) {
		const int64_t left = mono_ms - clock_mono_ms();
		const int rc = left <= 0 ? 0 : poll(&p, 1, (int)MIN(left, (int64_t)LOOK_MS));

		if (rc > 0)
			return true;
		if (rc < 0 && errno != EINTR)
			return false;
		if (left <= 0 || postgres_watch_is_silent(l->watch, DB_SILENT_MS) ||
		    postgres_link_is_past(l))
			return false;
	}
}

static bool
breaks(struct postgres_link *l)
{
	l->broken = true;
	return false;
}

static bool
flush(struct postgres_link *l)
{
	const int64_t mono_ms = clock_mono_ms() + l->limit_ms;
	int rc;

	while ((rc = PQflush(l->pg)) == 1) {
		/* The server may have to say something before it reads on. */
		if (!wait_for(l, POLLIN | POLLOUT, mono_ms) || !PQconsumeInput(l->pg))
			return breaks(l);
	}
	return rc == 0 || breaks(l);
}

bool
postgres_link_result(struct postgres_link *l, int64_t mono_ms, PGresult **out)
{
	if (l->broken)
		return false;
	if (mono_ms == 0)
		mono_ms = clock_mono_ms() + l->limit_ms;
	while (PQisBusy(l->pg)) {
		if (!wait_for(l, POLLIN, mono_ms) || !PQconsumeInput(l->pg))
			return breaks(l);
	}
	*out = PQgetResult(l->pg);
	if (*out == NULL && PQstatus(l->pg) != CONNECTION_OK)
		return breaks(l);
	return true;
}

/* The last of all results, the first failed one before it. */
static PGresult *
last_result(struct postgres_link *l)
{
	PGresult *last = NULL, *next;

	for (;;) {
		if (!postgres_link_result(l, 0, &next)) {
			PQclear(last);
			return NULL;
		}
		if (next == NULL)
			return last;
		if (last != NULL && PQresultStatus(last) == PGRES_FATAL_ERROR) {
			PQclear(next);
			continue;
		}
		PQclear(last);
		last = next;
	}
}

bool
postgres_link_start(struct postgres_link *l, const char *sql)
{
	if (l->broken)
		return false;
	return (PQsendQuery(l->pg, sql) && flush(l)) || breaks(l);
}

PGresult *
postgres_link_run(struct postgres_link *l, const char *sql)
{
	return postgres_link_start(l, sql) ? last_result(l) : NULL;
}

/* ---- COPY ---- */

bool
postgres_link_line(struct postgres_link *l, int64_t mono_ms, char **line, size_t *len)
{
	int rc;

	if (l->broken)
		return false;
	if (mono_ms == 0)
		mono_ms = clock_mono_ms() + l->limit_ms;
	while ((rc = PQgetCopyData(l->pg, line, 1)) == 0) {
		if (!wait_for(l, POLLIN, mono_ms) || !PQconsumeInput(l->pg))
			return breaks(l);
	}
	if (rc < -1)
		return breaks(l);
	if (rc == -1)
		*line = NULL;
	*len = rc == -1 ? 0 : (size_t)rc;
	return true;
}

bool
postgres_link_put(struct postgres_link *l, struct str data)
{
	if (l->broken)
		return false;
	const int rc = PQputCopyData(l->pg, data.ptr, (int)data.len);

	return (rc == 1 && flush(l)) || breaks(l);
}

bool
postgres_link_put_end(struct postgres_link *l, bool ok)
{
	if (l->broken)
		return false;
	const int rc = PQputCopyEnd(l->pg, ok ? NULL : "given up");

	return (rc == 1 && flush(l)) || breaks(l);
}

/* ---- prepared statements ---- */

static struct link_stmt *
stmt_of(struct lru_item *item)
{
	return CONTAINER_OF(item, struct link_stmt, item);
}

static void
drop_oldest(struct postgres_link *l)
{
	struct link_stmt *s = stmt_of(l->stmts.oldest);

	lru_drop(&l->stmts, &s->item);
	mem_free((void *)s->item.text.ptr);
	mem_free(s);
}

/* The least recently used one goes, at the server too. */
static void
make_room(struct postgres_link *l)
{
	char sql[64];

	if (l->stmts.len < STMTS_MAX)
		return;
	snprintf(sql, sizeof(sql), "DEALLOCATE %s", stmt_of(l->stmts.oldest)->name);
	drop_oldest(l);
	PQclear(postgres_link_run(l, sql));
}

void
postgres_link_forget(struct postgres_link *l)
{
	while (l->stmts.oldest != NULL)
		drop_oldest(l);
	if (!l->broken)
		PQclear(postgres_link_run(l, "DEALLOCATE ALL"));
}

/* NULL: broken, or *result says what the server has against it. */
static struct link_stmt *
prepare(struct postgres_link *l, struct str sql, const char *text, PGresult **result)
{
	struct link_stmt *s = MEM_NEW(struct link_stmt);

	make_room(l);
	snprintf(s->name, sizeof(s->name), "s%llu", (unsigned long long)++l->serial);
	PGresult *prepared = NULL;

	if (l->broken || !PQsendPrepare(l->pg, s->name, text, 0, NULL) || !flush(l))
		breaks(l);
	else
		prepared = last_result(l);
	if (prepared == NULL || PQresultStatus(prepared) != PGRES_COMMAND_OK) {
		*result = prepared;
		mem_free(s);
		return NULL;
	}
	PQclear(prepared);
	s->item.text = (struct str){ memcpy(mem_alloc(sql.len + 1), sql.ptr, sql.len), sql.len };
	lru_add(&l->stmts, &s->item);
	return s;
}

/* ---- parameters ---- */

/* Every value is sent as text, of whatever type the server takes it for. */
static bool
put_value(struct buf *b, struct value v, struct err *err)
{
	switch (v.kind) {
	case VALUE_NULL:
		return true;
	case VALUE_INT:
		buf_put_int(b, v.i);
		break;
	case VALUE_REAL:
		buf_printf(b, "%.17g", v.r);
		break;
	case VALUE_TEXT:
		if (v.s.len > 0 && memchr(v.s.ptr, 0, v.s.len) != NULL)
			return err_set(
			    err, ERR_DATA, "The text holds a NUL, which the database cannot store");
		buf_put(b, v.s);
		break;
	}
	buf_put_char(b, '\0');
	return true;
}

static bool
put_values(struct buf *b, size_t *at, const struct value *params, size_t len, struct err *err)
{
	for (size_t i = 0; i < len; i++) {
		at[i] = b->len;
		if (!put_value(b, params[i], err))
			return false;
	}
	return buf_ok(b) ||
	    err_set(err, ERR_TOO_LARGE, "A value or a query is too large for the database");
}

static bool
send(struct postgres_link *l, const struct link_stmt *s, const char *text,
    const char *const *values, int len)
{
	const int sent = s != NULL
	    ? PQsendQueryPrepared(l->pg, s->name, len, values, NULL, NULL, 0)
	    : PQsendQueryParams(l->pg, text, len, NULL, values, NULL, NULL, 0);

	return (sent && PQsetSingleRowMode(l->pg) && flush(l)) || breaks(l);
}

/* The statement in its place among the prepared ones; false: *result, or broken. */
static bool
get(struct postgres_link *l, struct str sql, struct buf *text, struct link_stmt **out,
    PGresult **result)
{
	struct lru_item *found = lru_find(&l->stmts, sql);

	l->was_prepared = found != NULL;
	if (found != NULL) {
		lru_use(&l->stmts, found);
		*out = stmt_of(found);
		return true;
	}
	postgres_text(sql, text);
	buf_put_char(text, '\0');
	*out = NULL;
	if (sql.len > STMT_MAX_TEXT)
		return true;
	*out = prepare(l, sql, text->ptr, result);
	return *out != NULL;
}

bool
postgres_link_send(struct postgres_link *l, struct str sql, const struct value *params, size_t len,
    PGresult **result, struct err *err)
{
	enum { FEW = 64 };
	CLEANUP(buf_free) struct buf text = BUF_INIT(4 * SQLB_MAX_TEXT);
	CLEANUP(buf_free) struct buf bytes = BUF_INIT(INT32_MAX);
	size_t few[FEW];
	const char *few_values[FEW];
	CLEANUP(mem_freep) size_t *many = len > FEW ? MEM_NEW_ARRAY(size_t, len) : NULL;
	CLEANUP(mem_freep)
	const char **many_values = len > FEW ? MEM_NEW_ARRAY(const char *, len) : NULL;
	size_t *at = many != NULL ? many : few;
	const char **values = many_values != NULL ? many_values : few_values;
	struct link_stmt *s = NULL;

	*result = NULL;
	if (len > MAX_PARAMS)
		return err_set(err, ERR_TOO_LARGE, "The query has too many values or conditions");
	if (!put_values(&bytes, at, params, len, err))
		return false;
	for (size_t i = 0; i < len; i++)
		values[i] = params[i].kind == VALUE_NULL ? NULL : bytes.ptr + at[i];
	if (l->broken || !get(l, sql, &text, &s, result))
		return *result != NULL || postgres_error_lost(l->pg, err);
	return send(l, s, text.ptr, values, (int)len) || postgres_error_lost(l->pg, err);
}

void
postgres_link_close(struct postgres_link *l)
{
	if (l == NULL)
		return;
	while (l->stmts.oldest != NULL)
		drop_oldest(l);
	PQfinish(l->pg);
	mem_free(l);
}
