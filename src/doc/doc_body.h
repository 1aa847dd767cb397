/*
 * doc_body.h - a JSON body read into a document (spec/rest.md 6, 7; documents.md 4.4).
 *
 * Unknown keys are left out. What a client may not set is not taken: see doc_body.c's table.
 */
#ifndef DOC_DOC_BODY_H
#define DOC_DOC_BODY_H

#include "doc/doc.h"

/* An empty document of a DocType: all values null, no rows. */
MUST_USE bool
doc_body_new(struct call *call, const struct doctype *dt, struct doc **out, struct err *err);

/* The name in a body as text; numbers are names of documents that are numbered (autoincrement).
 * Null if there is none, or what is no name. */
MUST_USE bool
doc_body_name(struct call *call, const json_t *body, struct str *out, struct err *err);

/* A copy that may be changed: values and rows; text is shared. */
MUST_USE bool
doc_body_copy(struct call *call, const struct doc *from, struct doc **out, struct err *err);

/* An empty row of a table field's DocType, appended to d. ERR_VALIDATION if that DocType is
 * unknown. */
MUST_USE bool doc_body_append(
    struct call *call, struct doc *d, const struct field *table, struct doc **out, struct err *err);

/*
 * Puts what body names into d. old is the stored document whose rows are known by name (NULL on
 * insert): a listed row of it is replaced, every other one is new. ERR_VALIDATION for
 * lists and objects where there is no place for them.
 */
MUST_USE bool doc_body_read(
    struct call *call, struct doc *d, const struct doc *old, const json_t *body, struct err *err);

#endif
