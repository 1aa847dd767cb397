/*
 * links.h - Link and Dynamic Link fields: what they point to, and what points here
 * (spec/documents.md 4.3, 8.2).
 */
#ifndef DOC_LINKS_H
#define DOC_LINKS_H

#include "doc/doc.h"

/*
 * Every link of the document and its rows points to something, in its exact spelling;
 * fields with fetch_from take the target's value. ERR_LINK_VALIDATION names all that were not
 * found, ERR_CANCELLED_LINK those that are cancelled. Anybody may link to anything.
 */
MUST_USE bool links_check(struct call *call, struct doc *d, struct err *err);

/*
 * Nothing points here. ERR_LINK_EXISTS names the first document that does; submitted: only
 * submitted ones count (a cancel).
 */
MUST_USE bool
links_check_free(struct call *call, const struct doc *d, bool submitted, struct err *err);

#endif
