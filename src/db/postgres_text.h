/*
 * postgres_text.h - our SQL as PostgreSQL reads it; for db/ only.
 *
 * Statements are written once, in the words of SQLite (db.h). What differs:
 *
 * - ?1 is $1; `tabToDo` is "tabToDo", and of a name over 63 bytes the beginning and a digest; user,
 *   which without quotes is a function there, is "user"; REAL and INTEGER are their 64-bit types.
 * - x COLLATE NOCASE is lower(x); so is the other side of a comparison with it, each member of an
 * IN list and both ends of a BETWEEN: ASCII case does not count.
 * - x LIKE y is lower(x) LIKE lower(y) ESCAPE '': case does not count, and a backslash means
 * itself.
 * - COLLATE BINARY, which new columns of ours may have, is COLLATE "C".
 * - ASC and DESC have NULLS FIRST and NULLS LAST: null is the least value.
 */
#ifndef DB_POSTGRES_TEXT_H
#define DB_POSTGRES_TEXT_H

#include "base/buf.h"

enum { POSTGRES_TEXT_NAME_MAX = 63 }; /* bytes of an identifier; the server cuts off the rest */

/* Appends the translation of one statement. */
void postgres_text(struct str sql, struct buf *out);

/* The name under which a table, column or index goes: writes at most POSTGRES_TEXT_NAME_MAX bytes.
 */
struct str postgres_text_name(struct str name, char *text);

#endif
