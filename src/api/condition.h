/*
 * condition.h - conditional requests (RFC 9110 13) and preferences (RFC 7240).
 *
 * A document and a short list have an ETag: 128 bits of SHA-256 over the body that this caller
 * gets. If-None-Match answers 304 to who has it already; If-Match and If-None-Match on a change are
 * judged in its transaction, against what GET would answer then.
 */
#ifndef API_CONDITION_H
#define API_CONDITION_H

#include "doc/doc.h"

/*
 * The last step of a body that reads: closes the envelope, adds the ETag, and judges. Status 304
 * for what the client has; ERR_PRECONDITION where If-Match names something else. A body over 64 KiB
 * that is a list goes without.
 */
MUST_USE bool condition_answer_document(struct call *call, const struct doc *d, struct err *err);
MUST_USE bool condition_answer_list(struct call *call, struct err *err);

/* Adds the field ETag. True: If-None-Match names it, and the status is 304 (the body is the
 * caller's to empty). */
bool condition_tag(struct call *call, struct str etag);

/*
 * Before a document is changed or deleted: what its conditions, if there are any, say of what GET
 * would answer. ERR_PRECONDITION, or why it would answer nothing. On a PostgreSQL the document's
 * row stays locked.
 */
MUST_USE bool
condition_check(struct call *call, const struct doctype *dt, struct str name, struct err *err);

/* Answers with the document that was written; with "Prefer: return=minimal" with what it is known
 * by: name, modified and DocType. */
MUST_USE bool condition_write(struct call *call, const struct doc *d, struct err *err);

#endif
