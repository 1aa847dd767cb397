/*
 * file_sweep.h - bytes without a document are removed, documents without bytes are told.
 */
#ifndef DOC_FILE_SWEEP_H
#define DOC_FILE_SWEEP_H

#include "db/db.h"

struct conf;

/* Digests of what Files name and the database does not hold itself, as file names in DIR/files: a
 * query without parameters, one column. */
extern const struct str FILE_SWEEP_SQL_NAMED;

/*
 * Removes from DIR/files what was last used before a time (wall, microseconds) and what no File
 * names: uploads that never ended, documents that went. Reads with c, outside a transaction.
 */
MUST_USE bool file_sweep_directory(const struct conf *conf, struct db_conn *c, struct arena *a,
    int64_t before_us, int64_t *removed, struct err *err);

/* Calls each() with the name of every File whose bytes are nowhere. */
typedef void file_missing(void *arg, struct str name);
MUST_USE bool file_sweep_missing(const struct conf *conf, struct db_conn *c, struct arena *a,
    file_missing *each, void *arg, struct err *err);

#endif
