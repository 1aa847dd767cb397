/*
 * ask.h - a statement about several rows that are known by name; private to the room.
 */
#ifndef AUTH_ASK_H
#define AUTH_ASK_H

#include "db/db.h"

enum { ASK_MAX = 50 }; /* names */

/*
 * Asks with sql, a constant that ends in "IN (", and 1 to ASK_MAX names. There are two texts of
 * each statement, for one name and for several, so that both stay prepared.
 */
MUST_USE bool ask_names(struct db_conn *c, struct str sql, const struct str *names, size_t len,
    struct db_rows **rows, struct err *err);

#endif
