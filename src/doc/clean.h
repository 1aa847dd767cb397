/*
 * clean.h - HTML in fields, made harmless (spec/documents.md 4.2).
 */
#ifndef DOC_CLEAN_H
#define DOC_CLEAN_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"

/*
 * text without a tag stays as it is ("a < b"). Else: tags that are not of harmless HTML are escaped
 * ("&lt;script&gt;"), their attributes too; of the others event handlers, unknown attributes and
 * targets of other schemes than http, https, mailto, cid and tel go; loose <, > and & are escaped;
 * comments go; what was opened is closed.
 */
MUST_USE bool clean_html(struct arena *a, struct str text, struct str *out, struct err *err);

/* text without any tag: for names of users, and to see whether there is anything to read. */
MUST_USE bool clean_strip(struct arena *a, struct str text, struct str *out, struct err *err);

/* Appends text as HTML that shows it letter by letter, in quotes of either kind too. */
void clean_escape(struct buf *b, struct str text);

/* Does text hold something that a browser takes for a tag? */
bool clean_has_tag(struct str text);

#endif
