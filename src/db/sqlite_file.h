/*
 * sqlite_file.h - a SQLite file of ours: made, opened with our settings, checked; for db/ only.
 */
#ifndef DB_SQLITE_FILE_H
#define DB_SQLITE_FILE_H

#include "db/db.h"

#include <limits.h>
#include <sqlite3.h>

enum {
	SQLITE_FILE_APPLICATION = 0x736d626c, /* "smbl": PRAGMA application_id */
	SQLITE_FILE_FORMAT = 1, /* PRAGMA user_version; a newer symbolon may raise it */
};

/* Where it is, and how it is opened. */
struct sqlite_file {
	char path[PATH_MAX];
	const char *vfs;
	bool mmap, create;
	int busy_timeout_ms;
};

MUST_USE bool sqlite_file_init(
    struct sqlite_file *f, const struct db_options *options, struct str path, struct err *err);

/*
 * Makes the file if there is none and f->create says so, and checks that it is ours. *keeper is
 * an open handle without a transaction.
 */
MUST_USE bool sqlite_file_make(const struct sqlite_file *f, sqlite3 **keeper, struct err *err);

/* One more handle, with all settings; one that is not to write refuses to. */
MUST_USE bool
sqlite_file_open(const struct sqlite_file *f, bool write, sqlite3 **out, struct err *err);

/*
 * Is what handle holds a database of ours that this program can use? *empty: it holds nothing
 * at all yet. path is for the words.
 */
MUST_USE bool sqlite_file_check(sqlite3 *handle, const char *path, bool *empty, struct err *err);

/* Reads all of it and checks the structure of every page. */
MUST_USE bool sqlite_file_quick_check(sqlite3 *handle, const char *path, struct err *err);

/* SQLite's settings for the process; only the first call does anything. Before all others. */
void sqlite_file_setup(void);

#endif
