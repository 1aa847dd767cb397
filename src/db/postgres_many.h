/*
 * postgres_many.h - the rows of a COPY TO while they come; for db/ only.
 *
 * A line costs the client a fifth of what a row of a SELECT does. Once the lines are over the
 * link's next result says whether they were all.
 */
#ifndef DB_POSTGRES_MANY_H
#define DB_POSTGRES_MANY_H

#include "db/db.h"
#include "db/postgres_link.h"

struct postgres_many;

struct postgres_many *postgres_many_new(const enum value_kind *kinds, size_t len) MUST_USE;
void postgres_many_free(struct postgres_many *m);

/*
 * The next row becomes the current one: of those that were kept, then from the link (NULL: no more
 * come). DB_FAILED: the link is broken.
 */
MUST_USE enum db_step
postgres_many_next(struct postgres_many *m, struct postgres_link *l, int64_t mono_ms);

size_t postgres_many_columns(const struct postgres_many *m);
/* Of the current row; null if there is none. */
struct value postgres_many_column(const struct postgres_many *m, size_t at);

/* Takes all lines off the link, which is wanted for something else: to be read later, or for
 * nothing. */
void postgres_many_keep(struct postgres_many *m, struct postgres_link *l, int64_t mono_ms);
void postgres_many_drain(struct postgres_many *m, struct postgres_link *l, int64_t mono_ms);

#endif
