/*
 * install.h - writes what the program ships into a database: DocTypes with their tables, roles,
 * modules, the users Administrator and Guest, the defaults of System Settings.
 */
#ifndef DOC_INSTALL_H
#define DOC_INSTALL_H

#include "doc/doctype.h"

/*
 * In a write transaction. On an empty database everything; later only what files changed since
 * (by their checksums in table "shipped"): such a DocType gets its new columns, its fields and
 * permissions are those of the file; documents that are there stay as they are.
 */
MUST_USE bool install_shipped(struct db_conn *c, struct arena *a, struct err *err);

/* Would it change anything? (An update makes a backup first.) */
MUST_USE bool install_pending(struct db_conn *c, bool *pending, struct err *err);

#endif
