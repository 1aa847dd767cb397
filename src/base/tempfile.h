/*
 * tempfile.h - files without a name, for what is too large for memory: they vanish with their
 * descriptor. Any thread that may wait.
 */
#ifndef BASE_TEMPFILE_H
#define BASE_TEMPFILE_H

#include "base/err.h"
#include "base/str.h"

/* A new file in directory, opened for reading and writing. */
MUST_USE bool tempfile_open(struct str directory, int *fd, struct err *err);

/* Writes all of bytes at that place. ERR_UNAVAILABLE: the disk is full or failed. */
MUST_USE bool tempfile_write(int fd, int64_t at, struct str bytes, struct err *err);

/* Reads what is there, up to size bytes; *len 0: the end. */
MUST_USE bool
tempfile_read(int fd, int64_t at, char *to, size_t size, size_t *len, struct err *err);

#endif
