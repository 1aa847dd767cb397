/*
 * sqlerr.h - what SQLite says, as our errors; for db/ only.
 */
#ifndef DB_SQLERR_H
#define DB_SQLERR_H

#include "base/err.h"
#include "base/str.h"

#include <sqlite3.h>

/*
 * Turns the result rc of a call on handle into *err and returns false. For a violated unique
 * index the column goes into conflict, a text of conflict_size bytes.
 */
bool sqlerr_set(sqlite3 *handle, int rc, char *conflict, size_t conflict_size, struct err *err);

/* The kind that rc maps to, unique indexes aside. */
enum err_kind sqlerr_kind(int rc);

#endif
