/*
 * file_type.h - what a file is, by the end of its name: one table.
 *
 * What a client says of its content counts for nothing, and neither does the content: browsers are
 * told not to look at it themselves (nosniff).
 */
#ifndef DOC_FILE_TYPE_H
#define DOC_FILE_TYPE_H

#include "base/str.h"

struct file_type {
	struct str extension; /* "txt"; null: unknown */
	struct str label;     /* File.file_type */
	struct str media;
	bool is_inline;   /* a browser may show it: it runs nothing */
	bool for_website; /* users without desk access may upload it */
};

/* Never NULL: what is unknown is bytes to be saved. */
const struct file_type *file_type_of(struct str name);

/* "txt" of "a.b.TXT", as it is written; null: none. */
struct str file_type_extension(struct str name);

#endif
