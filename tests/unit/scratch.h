/*
 * scratch.h - a directory and a database for one test; both are gone after it.
 */
#ifndef TESTS_UNIT_SCRATCH_H
#define TESTS_UNIT_SCRATCH_H

#include "tests/unit/db_note.h"

#include "db/migrate.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SCRATCH_PATH = 128 };

struct scratch {
	char dir[SCRATCH_PATH];
	char url[SCRATCH_PATH + 96];
	char path[SCRATCH_PATH + 32];
	const char *vfs;
	struct db *db;
	struct db_conn *c; /* DB_WRITE */
	struct err err;
};

static inline void
scratch_dir(struct scratch *s)
{
	const char *root = getenv("TMPDIR");

	*s = (struct scratch){ 0 };
	snprintf(s->dir, sizeof(s->dir), "%s/symbolon-test.XXXXXX", root == NULL ? "/tmp" : root);
	CHECK(mkdtemp(s->dir) != NULL);
	snprintf(s->path, sizeof(s->path), "%s/symbolon.db", s->dir);
	snprintf(s->url, sizeof(s->url), "sqlite:%s", s->path);
}

/* A path in the directory; valid until the next call. */
static inline const char *
scratch_file(const struct scratch *s, const char *name)
{
	static char path[SCRATCH_PATH + 64];

	snprintf(path, sizeof(path), "%s/%s", s->dir, name);
	return path;
}

static inline struct db_options
scratch_options(const struct scratch *s)
{
	return (struct db_options){ .url = str_from(s->url),
		.create = true,
		.mmap = true,
		.busy_timeout_ms = 100,
		.vfs = s->vfs };
}

/* Opens (and the first time makes) the database, without tables. */
static inline void
scratch_connect(struct scratch *s)
{
	const struct db_options options = scratch_options(s);

	CHECK_OK(s, db_open(&options, &s->db, &s->err));
	CHECK_OK(s, db_connect(s->db, DB_WRITE, &s->c, &s->err));
}

/* The same with our own tables and a table of one DocType. */
static inline void
scratch_open(struct scratch *s)
{
	int ran;

	scratch_connect(s);
	CHECK_OK(s, migrate_run(s->db, s->c, &ran, &s->err));
	CHECK_OK(s,
	    db_script(s->c,
		STR("CREATE TABLE IF NOT EXISTS tabNote (name TEXT COLLATE NOCASE NOT NULL, title "
		    "TEXT "
		    "COLLATE NOCASE, n INTEGER NOT NULL DEFAULT 0, r REAL, body TEXT);"
		    "CREATE UNIQUE INDEX IF NOT EXISTS note_name ON tabNote (name);"
		    "CREATE UNIQUE INDEX IF NOT EXISTS note_title ON tabNote (title);"),
		&s->err));
}

static inline void
scratch_close(struct scratch *s)
{
	db_disconnect(s->c);
	db_close(s->db);
	s->c = NULL;
	s->db = NULL;
}

static inline void
scratch_remove(struct scratch *s)
{
	DIR *d = opendir(s->dir);
	struct dirent *entry;

	CHECK(d != NULL);
	while ((entry = readdir(d)) != NULL) {
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(d), entry->d_name, 0);
	}
	closedir(d);
	rmdir(s->dir);
}

/* The first column of the first row as a number; -1 if there is none. */
static inline int64_t
scratch_number(struct scratch *s, struct db_conn *c, struct str sql)
{
	CLEANUP(db_rows_closep) struct db_rows *r = NULL;

	CHECK_OK(s, db_query(c, sql, NULL, 0, &r, &s->err));
	const enum db_step step = db_next(r, &s->err);

	CHECK_OK(s, step != DB_FAILED);
	return step == DB_ROW ? db_column(r, 0).i : -1;
}

static inline bool
scratch_insert(struct db_conn *c, struct str name, struct err *err)
{
	const struct value param = value_text(name);

	return db_exec(c, STR("INSERT INTO tabNote (name) VALUES (?1)"), &param, 1, NULL, err);
}

#endif
