/*
 * stmt.h - prepared statements of one SQLite connection, kept by their text; for db/ only.
 *
 * The least recently used one goes when there are too many. A statement that is
 * running is not given out again: a second use of its text gets one of its own.
 */
#ifndef DB_STMT_H
#define DB_STMT_H

#include "base/str.h"
#include "db/db_driver.h"
#include "db/lru.h"

#include <sqlite3.h>

enum { STMT_MAX = 256, STMT_MAX_TEXT = 16 * 1024 };

struct stmt {
	struct db_rows rows;
	struct lru_item item; /* if it is cached */
	sqlite3_stmt *handle;
	enum db_step last; /* what the last step said; DB_ROW before the first */
	bool cached, busy, has_blob;
};

struct stmt_cache {
	sqlite3 *handle;
	struct lru cached;
	size_t busy; /* statements that run now */
};

/*
 * A statement for sql, reset, without parameters bound. The SQLite result code; not
 * SQLITE_OK: *out is untouched. sql holds one statement, with nothing after it but a semicolon
 * (else SQLITE_MISUSE).
 */
int stmt_get(struct stmt_cache *cache, struct str sql, struct stmt **out) MUST_USE;

/* Resets it and gives it back. */
void stmt_put(struct stmt_cache *cache, struct stmt *s);

/* Frees all; none is running. */
void stmt_clear(struct stmt_cache *cache);

#endif
