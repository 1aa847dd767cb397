/*
 * db_sqlite.h - the SQLite driver, and what only the writer and backups may know of it.
 */
#ifndef DB_DB_SQLITE_H
#define DB_DB_SQLITE_H

#include "db/db_driver.h"

#include <sqlite3.h>

extern const struct db_driver DB_SQLITE_DRIVER;

sqlite3 *db_sqlite_handle(struct db_conn *c);

/* Resets statements of c that still run; only a body that forgot to close its rows leaves any. */
void db_sqlite_reset_all(struct db_conn *c);

/*
 * Within a guard every statement of c must be inside the transaction: one that comes after SQLite
 * has ended it would be committed by itself, and is refused.
 */
void db_sqlite_guard(struct db_conn *c, bool on);

/* From here on commits of c never run a checkpoint: somebody else does. */
void db_sqlite_no_checkpoints(struct db_conn *c);

/* Pages in the write-ahead log after the last commit of c. */
int64_t db_sqlite_wal_pages(const struct db_conn *c);

/*
 * One passive checkpoint: *pages that the log holds, *done of them that are in the database
 * file now. False: another connection was at it, or the disk failed; both are as if nothing had
 * been done.
 */
bool db_sqlite_checkpoint(struct db_conn *c, int64_t *pages, int64_t *done);

#endif
