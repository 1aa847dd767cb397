/*
 * migrate.h - brings our own tables to the version of this program.
 *
 * Migrations are assets sql/NNNN_name.sqlite.sql (and later .postgres.sql): forward only,
 * one transaction each, recorded with a checksum in table "migration".
 */
#ifndef DB_MIGRATE_H
#define DB_MIGRATE_H

#include "db/db.h"

/*
 * Runs what is missing. ERR_UNAVAILABLE, with words for the operator, if a recorded
 * migration's checksum differs or the database knows migrations that this program does not.
 * *ran says how many ran.
 */
MUST_USE bool migrate_run(struct db *db, struct db_conn *c, int *ran, struct err *err);

/* Would migrate_run() run anything? (A migration makes a backup first.) */
MUST_USE bool migrate_pending(struct db *db, struct db_conn *c, bool *pending, struct err *err);

#endif
