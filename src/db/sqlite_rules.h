/*
 * sqlite_rules.h - what statements on a SQLite handle may do at most; for db/ only.
 *
 * SQL comes from constants and from db/sqlb.h alone. Should a text ever be more than its author
 * meant, these rules bound it: no other files, no code in the schema, no pragmas that change, and
 * from a reader no writes.
 */
#ifndef DB_SQLITE_RULES_H
#define DB_SQLITE_RULES_H

#include "base/base.h"

#include <sqlite3.h>

/* Switches and limits. First of all that is done with a new handle. */
void sqlite_rules_limit(sqlite3 *handle);

/* From here on only what the rules allow can be prepared. After the handle's own settings. */
void sqlite_rules_close(sqlite3 *handle, bool write);

#endif
