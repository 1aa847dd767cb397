/*
 * meta_read.h - one DocType from its rows: tabDocType, tabDocField, tabDocPerm.
 */
#ifndef DOC_META_READ_H
#define DOC_META_READ_H

#include "auth/role.h"
#include "doc/doctype.h"

/*
 * The DocType of that name as the transaction of c sees it; everything it points to is in a.
 * Its name is empty: there is none.
 */
MUST_USE bool meta_read(struct db_conn *c, struct arena *a, struct role_names *roles,
    struct str name, struct doctype *out, struct err *err);

#endif
