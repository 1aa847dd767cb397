/*
 * datadir.h - the data directory: what is in it, whose it is, and who uses it now.
 *
 *   symbolon.db   the database        lock           held by whoever uses the directory
 *   symbolon.key  its peppers         control.sock   a running server's door for commands
 *   symbolon.conf settings, if any    first-start    there while a new site is being made
 */
#ifndef SERVER_DATADIR_H
#define SERVER_DATADIR_H

#include "conf/conf.h"

enum { DATADIR_PATH_SIZE = 4096 };

#define DATADIR_DATABASE "symbolon.db"
#define DATADIR_KEY "symbolon.key"
#define DATADIR_LOCK "lock"
#define DATADIR_CONTROL "control.sock"
#define DATADIR_FIRST_START "first-start"
#define DATADIR_FILES "files" /* a directory: doc/file_store.h */

/* Writes the path of a file in the directory, as a C string of DATADIR_PATH_SIZE bytes at most. */
MUST_USE bool datadir_path(const struct conf *conf, const char *name, char *path, struct err *err);

bool datadir_has(const struct conf *conf, const char *name);

/*
 * Is the directory there (make: or can it be made, 0700), ours, writable, and no directory of
 * something else? ERR_UNAVAILABLE says what is wrong with it and what to do.
 */
MUST_USE bool datadir_check(const struct conf *conf, bool make, struct err *err);

/* Takes DIR/lock and writes our process id into it; closing *fd gives it back. */
MUST_USE bool datadir_lock(const struct conf *conf, int *fd, struct err *err);

/* Does a process hold DIR/lock? */
bool datadir_is_locked(const struct conf *conf);

/* Removes a file of the directory; that it is not there is no error. */
MUST_USE bool datadir_remove(const struct conf *conf, const char *name, struct err *err);

/*
 * While the mark is there, nobody has used what a first start has made so far: it may be made anew.
 * Mark and unmark outlive a crash of the machine.
 */
MUST_USE bool datadir_mark_first_start(const struct conf *conf, struct err *err);
bool datadir_is_first_start(const struct conf *conf);
MUST_USE bool datadir_unmark_first_start(const struct conf *conf, struct err *err);

/* Removes database and key file of a site that was never used; the mark stays. */
MUST_USE bool datadir_remove_half_made(const struct conf *conf, struct err *err);

#endif
