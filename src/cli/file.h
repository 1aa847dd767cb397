/*
 * file.h - copying and moving files so that they are whole or not there.
 */
#ifndef CLI_FILE_H
#define CLI_FILE_H

#include "base/err.h"

/* Copies from to to, which must not be there; mode 0600, fsynced. */
MUST_USE bool file_copy(const char *from, const char *to, struct err *err);

/* Renames, or copies and removes where that is another file system; to must not be there. */
MUST_USE bool file_move(const char *from, const char *to, struct err *err);

/* Have both files the same bytes? For small ones. */
bool file_same(const char *a, const char *b);

#endif
