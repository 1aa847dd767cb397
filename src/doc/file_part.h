/*
 * file_part.h - the bytes of files in the database: tables file_content and file_part.
 *
 * A part is a row of FILE_PART bytes (doc/file_store.h), as base64, since a column of bytes is not
 * portable. Everything happens in the transaction of the connection.
 */
#ifndef DOC_FILE_PART_H
#define DOC_FILE_PART_H

#include "db/db.h"

/* The bytes of that hash are used: no sweep takes them now. *has: they are there; else parts
 * follow. */
MUST_USE bool
file_part_begin(struct db_conn *c, struct str hash, int64_t size, bool *has, struct err *err);

MUST_USE bool file_part_write(
    struct db_conn *c, struct str hash, int64_t part, struct str bytes, struct err *err);

/* Are they there, with that size (-1: any)? */
MUST_USE bool
file_part_has(struct db_conn *c, struct str hash, int64_t size, bool *has, struct err *err);

/* The same of bytes that are there, with that size; *there: they are. */
MUST_USE bool
file_part_use(struct db_conn *c, struct str hash, int64_t size, bool *there, struct err *err);

/* Hands the bytes of parts first to last to sink. */
struct file_part_sink {
	bool (*take)(void *arg, struct str bytes, struct err *err);
	void *arg;
};
MUST_USE bool file_part_read(struct db_conn *c, struct str hash, int64_t first, int64_t last,
    struct file_part_sink sink, struct err *err);

/* Removes bytes and paths that were last used before a time and that no File names; some of
 * them at a time. */
MUST_USE bool file_part_sweep(
    struct db_conn *c, struct arena *a, int64_t before_us, int64_t *swept, struct err *err);

#endif
