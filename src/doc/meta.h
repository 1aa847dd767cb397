/*
 * meta.h - the DocTypes of the site in memory, made from their rows in the database.
 *
 * Shipped DocTypes are files doctypes/NAME.tsv, built in; at the first start they are
 * written to the database (tables made, rows of DocType, DocField, DocPerm inserted), and again
 * when a newer program ships other files. From then on the database's rows alone count.
 */
#ifndef DOC_META_H
#define DOC_META_H

#include "auth/role.h"
#include "base/turn.h"
#include "db/change.h"
#include "doc/doctype.h"

struct metas;

struct metas *metas_new(struct turns *turns, struct role_names *roles);
void metas_free(struct metas *m);

/* Makes what the shipped files name and the database lacks: tables, DocTypes, roles, modules,
 * users. In a write transaction. Runs on an empty database and after an update. Changes nothing
 * when all is there. */
MUST_USE bool
metas_install(struct metas *m, struct db *db, struct db_conn *c, struct arena *a, struct err *err);

/* Would metas_install() change anything? (An update makes a backup first.) */
MUST_USE bool metas_pending(struct db_conn *c, bool *pending, struct err *err);

/* Reads all DocTypes. Once, after metas_install(). */
MUST_USE bool metas_load(struct metas *m, struct db_conn *c, struct err *err);

/* Reads one DocType again after a commit (or drops it); the publisher only. Other kinds are
 * ignored. False: the database did not answer. */
bool metas_publish(struct metas *m, struct db_conn *c, const struct change *change);

/* The same for every DocType that the memory or the database knows. */
MUST_USE bool metas_reload(struct metas *m, struct db_conn *c, struct err *err);

/*
 * The DocType of that name (exact), or NULL. Valid until the end of the turn. Inside a body that
 * has just made or changed the DocType, its own change is not visible before the commit.
 */
const struct doctype *metas_find(const struct metas *m, struct str name);

/*
 * The DocType as its rows say in the transaction of c, where metas_find() may not know it yet;
 * everything *out points to is in a. Its name is empty: there is none.
 */
MUST_USE bool metas_read(const struct metas *m, struct db_conn *c, struct arena *a, struct str name,
    struct doctype *out, struct err *err);

/* The DocTypes whose Link or Table fields point to name: for link checks, renames. Array in the
 * arena. */
struct meta_link {
	const struct doctype *doctype;
	const struct field *field;
};
MUST_USE bool metas_links_to(const struct metas *m, struct arena *a, struct str name,
    const struct meta_link **out, size_t *len, struct err *err);

/* All DocTypes, in no order: start with *at = 0. */
const struct doctype *metas_next(const struct metas *m, size_t *at);

#endif
