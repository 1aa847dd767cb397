/*
 * share.h - shares: documents that somebody was given beside what his roles grant
 * (spec/permissions.md 6).
 *
 * A row of DocShare names a document, a user or everyone who is logged in, and rights. The rules
 * of writing one are share_rules.h's.
 */
#ifndef DOC_SHARE_H
#define DOC_SHARE_H

#include "db/sqlb.h"
#include "doc/doc.h"

/* Can a document of that DocType be shared for this right? Users' own records cannot, so that
 * nobody comes to Administrator's. */
bool share_is_possible(const struct doctype *dt, enum right right);

/* Is the document of that name shared with the caller for the right? name null: any document. */
MUST_USE bool share_grants(struct call *call, const struct doctype *dt, struct str name,
    enum right right, bool *out, struct err *err);

/* Appends "column IN (names of documents of dt that are shared with the caller to be read)". */
void share_put_among(struct call *call, struct sqlb *b, const struct doctype *dt);

/* Writes with whom a document is shared: an object a row, among the values of an open array. */
MUST_USE bool
share_write_users(struct call *call, const struct doc *d, struct json_out *out, struct err *err);

#endif
