/*
 * tag.h - tags: words that hang on documents of any DocType (spec/rpc.md 6.3). A Tag Link says
 * which; the DocType Tag lists all words.
 */
#ifndef DOC_TAG_H
#define DOC_TAG_H

#include "doc/doc.h"

/*
 * Hangs a tag on a document that the caller was judged for, and makes it if there is none of that
 * word. Twice is once. ERR_VALIDATION for a word with a comma, ERR_NAME, ERR_LENGTH.
 */
MUST_USE bool tag_add(struct call *call, const struct doc *d, struct str tag, struct err *err);

/* Takes it off; one that does not hang there is no error. Words compare without case. */
MUST_USE bool tag_remove(struct call *call, const struct doc *d, struct str tag, struct err *err);

/* Writes the tags of a document that the caller may read, the newest first, as one string with
 * commas between them. */
MUST_USE bool
tag_write(struct call *call, const struct doc *d, struct json_out *out, struct err *err);

#endif
