/*
 * postgres_link.h - one connection to a PostgreSQL server; for db/ only.
 *
 * Waits for answers in time only: a server that is frozen or gone is found out by the clock and not
 * by the network. Keeps prepared statements by their text, as we write it; the least recently used
 * ones go when there are too many.
 */
#ifndef DB_POSTGRES_LINK_H
#define DB_POSTGRES_LINK_H

#include "base/err.h"
#include "base/value.h"
#include "db/lru.h"
#include "db/postgres_history.h"

#include <libpq-fe.h>

/* When the server was last heard of (db_heard()); 0: nobody watches it. */
struct postgres_watch {
	_Atomic int64_t mono_ms;
};

/* Is it watched, and was silent for that long? NULL is watched by nobody. */
bool postgres_watch_is_silent(const struct postgres_watch *w, int64_t ms);

struct postgres_options {
	const char *url;                    /* a connection string or URI of libpq */
	const char *host, *hostaddr, *port; /* instead of the URL's; NULL or "": those */
	int connect_timeout_s;              /* unless the URL says so */
	int statement_timeout_ms;           /* the server's; 0: none */
	int lock_timeout_ms;
	struct postgres_history *history; /* outlives the link, which is noted there */
	int answer_timeout_ms; /* ours, for anything that it says; 0: after statement_timeout */
	const struct postgres_watch *watch; /* outlives the link; or NULL */
};

struct postgres_link {
	PGconn *pg;
	bool broken;       /* to be closed: nothing more comes of it */
	bool was_prepared; /* the last statement was, before it was sent */
	int limit_ms;      /* for an answer: statement_limit_ms, or longer for a while */
	int statement_limit_ms;
	struct postgres_lineage lineage;
	struct postgres_history *history;
	const struct postgres_watch *watch;
	struct postgres_link *next;
	/* its own: */
	struct lru stmts;
	uint64_t serial;
};

/* Connects, which may take connect_timeout_s. ERR_UNAVAILABLE: libpq's words are the cause. */
MUST_USE bool
postgres_link_open(const struct postgres_options *o, struct postgres_link **out, struct err *err);

/* Is its server one of the past by now? Then nothing that it says may be believed. */
bool postgres_link_is_past(const struct postgres_link *l);

void postgres_link_close(struct postgres_link *l);

/* Runs texts that are PostgreSQL's own; the last result, or NULL: broken. PQclear() it. */
MUST_USE PGresult *postgres_link_run(struct postgres_link *l, const char *sql);

/*
 * Sends a statement with its parameters: prepares it first if it is new. *result is not NULL if
 * that failed at the server. False: broken, or *err says why not (too many parameters, a NUL byte).
 */
MUST_USE bool postgres_link_send(struct postgres_link *l, struct str sql,
    const struct value *params, size_t len, PGresult **result, struct err *err);

/* Sends a text that is PostgreSQL's own; false: broken. */
MUST_USE bool postgres_link_start(struct postgres_link *l, const char *sql);

/*
 * The next line of a COPY TO, which PQfreemem() frees; *len 0 and *line NULL: there are no more,
 * and a result follows. False: as for postgres_link_result().
 */
MUST_USE bool
postgres_link_line(struct postgres_link *l, int64_t mono_ms, char **line, size_t *len);

/* Data for a COPY FROM, and its end (ok false: it is to fail); a result follows. */
MUST_USE bool postgres_link_put(struct postgres_link *l, struct str data);
MUST_USE bool postgres_link_put_end(struct postgres_link *l, bool ok);

/*
 * The next result of what was sent, at the latest at mono_ms (0: limit_ms from now). False: it did
 * not come, and the link is broken. *out NULL: there are no more.
 */
MUST_USE bool postgres_link_result(struct postgres_link *l, int64_t mono_ms, PGresult **out);

/* Forgets all prepared statements, here and at the server. */
void postgres_link_forget(struct postgres_link *l);

#endif
