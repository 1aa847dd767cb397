/*
 * postgres_pool.h - the connections of this node to its PostgreSQL; for db/ only.
 *
 * Made on demand, at most max of them; whoever finds none free waits. Any thread.
 */
#ifndef DB_POSTGRES_POOL_H
#define DB_POSTGRES_POOL_H

#include "db/postgres_link.h"

struct postgres_pool;

struct postgres_pool *postgres_pool_new(const struct postgres_options *o, int max) MUST_USE;
void postgres_pool_heard(struct postgres_pool *p, int64_t mono_ms); /* db_heard(); any thread */
void postgres_pool_free(struct postgres_pool *p);                   /* all links are given back */

/*
 * A link outside a transaction. *fresh: it was made just now, so that it must work. After a failure
 * to connect nobody tries again for a moment (with jitter): those that others use are waited for,
 * as when there are max; where there are none, ERR_UNAVAILABLE at once.
 */
MUST_USE bool postgres_pool_take(
    struct postgres_pool *p, struct postgres_link **out, bool *fresh, struct err *err);

/* Gives it back; a broken one is closed, and those that wait idle with it: they broke, too. */
void postgres_pool_give(struct postgres_pool *p, struct postgres_link *l);

#endif
