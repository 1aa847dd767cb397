/*
 * file_name.h - names of files: what a client sent, made fit for a line of text and a path of a
 * URL.
 *
 * They are never names of anything on the disk (doc/file_store.h).
 */
#ifndef DOC_FILE_NAME_H
#define DOC_FILE_NAME_H

#include "base/arena.h"

enum {
	FILE_NAME_MAX = 133,     /* characters: a suffix of 7 more fits into the field */
	FILE_EXTENSION_MAX = 20, /* of them, what is kept of a long name's end */
};

/*
 * The name without path separators, control characters, marks that turn or hide text, and dots and
 * blanks around it; what a URL or HTML would take for something else (% ? # < > ") becomes _, what
 * looks like a blank is one. Shortened before its extension. Empty if nothing is left: "..", "/".
 * name is UTF-8.
 */
MUST_USE bool file_name_clean(struct arena *a, struct str name, struct str *out, struct err *err);

/* The same name with a suffix before its extension: "a17c592.txt". */
MUST_USE bool file_name_with(
    struct arena *a, struct str name, struct str suffix, struct str *out, struct err *err);

#endif
