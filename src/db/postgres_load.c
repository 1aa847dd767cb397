#include "db/postgres_load.h"

#include "base/buf.h"
#include "db/postgres_conn.h"
#include "db/postgres_copy.h"
#include "db/postgres_text.h"
#include "db/sqlb.h"

#include <stdio.h>

enum { SEND_AT = 64 * 1024 }; /* bytes that are gathered before they are sent */

static void
put_name(struct buf *b, struct str name)
{
	CLEANUP(buf_free) struct buf quoted = BUF_INIT(SQLB_MAX_TEXT);

	buf_put_char(&quoted, '"');
	for (size_t i = 0; i < name.len; i++) {
		if (name.ptr[i] == '"')
			buf_put_char(&quoted, '"');
		buf_put_char(&quoted, name.ptr[i]);
	}
	buf_put_char(&quoted, '"');
	postgres_text(buf_str(&quoted), b);
}

static PGresult *
result_of(struct postgres_conn *c)
{
	PGresult *result = NULL;

	return postgres_link_result(c->link, 0, &result) ? result : NULL;
}

bool
postgres_load_begin(struct db_conn *conn, const struct bulk_target *to, struct err *err)
{
	struct postgres_conn *c = postgres_conn_of(conn);
	CLEANUP(buf_free) struct buf text = BUF_INIT(SQLB_MAX_TEXT);

	assert(c->begun && c->open == 0);
	buf_lit(&text, "COPY ");
	put_name(&text, to->table);
	for (size_t i = 0; i < to->len; i++) {
		buf_put(&text, i == 0 ? STR(" (") : STR(", "));
		put_name(&text, to->columns[i]);
	}
	buf_lit(&text, ") FROM STDIN");
	buf_put_char(&text, '\0');
	if (!buf_ok(&text))
		return err_memory(err);
	PGresult *result = postgres_link_start(c->link, text.ptr) ? result_of(c) : NULL;

	if (result == NULL || PQresultStatus(result) != PGRES_COPY_IN) {
		postgres_conn_failed(c, result, err);
		return false;
	}
	PQclear(result);
	c->load = BUF_INIT(INT32_MAX);
	return true;
}

static bool
send_some(struct postgres_conn *c, struct err *err)
{
	const bool ok = buf_ok(&c->load) && postgres_link_put(c->link, buf_str(&c->load));

	if (!buf_ok(&c->load))
		return err_set(err, ERR_TOO_LARGE, "A value is too large for the database");
	buf_clear(&c->load);
	return ok || postgres_error_lost(c->link->pg, err);
}

bool
postgres_load_row(
    struct db_conn *conn, const struct bulk_target *to, const struct value *row, struct err *err)
{
	struct postgres_conn *c = postgres_conn_of(conn);
	char why[sizeof(err->msg)];

	for (size_t i = 0; i < to->len; i++) {
		if (i > 0)
			buf_put_char(&c->load, '\t');
		if (postgres_copy_put(&c->load, row[i], err))
			continue;
		snprintf(why, sizeof(why), "%s", err->msg);
		return err_set(err, ERR_DATA, "%.*s: %s", STR_FMT(to->columns[i]), why);
	}
	buf_put_char(&c->load, '\n');
	return c->load.len < SEND_AT || send_some(c, err);
}

bool
postgres_load_end(struct db_conn *conn, bool ok, struct err *err)
{
	struct postgres_conn *c = postgres_conn_of(conn);
	const bool sent = ok && (c->load.len == 0 || send_some(c, err));
	const bool told = postgres_link_put_end(c->link, sent);
	PGresult *result = told ? result_of(c) : NULL, *more;
	const bool taken = result != NULL && PQresultStatus(result) == PGRES_COMMAND_OK;

	buf_free(&c->load);
	if (ok && !taken) /* what the server says is more than that it was given up */
		postgres_conn_failed(c, result, err);
	else
		PQclear(result);
	while (told && postgres_link_result(c->link, 0, &more) && more != NULL)
		PQclear(more);
	return sent && taken;
}
