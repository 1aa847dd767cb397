/*
 * backup.h - an online copy of the database, and its way back.
 */
#ifndef DB_BACKUP_H
#define DB_BACKUP_H

#include "db/db.h"

/* Called now and then with pages done and in all; may be NULL. */
typedef void backup_progress(void *arg, int64_t done, int64_t total);

/*
 * Copies the live database to file, which must not exist (made 0600, renamed into place
 * when whole, fsynced). Reading and writing go on. Any thread but the writer's.
 */
MUST_USE bool
backup_make(struct db *db, const char *file, backup_progress *progress, void *arg, struct err *err);

/* Checks that file is a whole database of ours (quick_check, application id, version). */
MUST_USE bool backup_verify(const char *file, struct err *err);

/*
 * The first column of each row of a query on a verified backup, as texts in the arena: *out of
 * *len.
 */
MUST_USE bool backup_read(const char *file, struct str sql, struct arena *a, struct str **out,
    size_t *len, struct err *err);

/* Verifies file and copies it to target, which must not exist. */
MUST_USE bool backup_restore(const char *file, const char *target, struct err *err);

#endif
