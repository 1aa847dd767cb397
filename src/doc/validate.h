/*
 * validate.h - the rules of fields (spec/documents.md 4.2), each with its error.
 */
#ifndef DOC_VALIDATE_H
#define DOC_VALIDATE_H

#include "doc/doc.h"

/*
 * Checks a document and its rows, and puts values right that only want cleaning: Select trimmed,
 * Rating between 0 and 1, HTML harmless.
 */
MUST_USE bool validate_document(struct call *call, struct doc *d, struct err *err);

/* What may never change again: creation, owner, fields that are set only once. ERR_CONSTANT. */
MUST_USE bool
validate_constants(struct call *call, const struct doc *d, const struct doc *old, struct err *err);

/* The label, or the name of a field that has none. */
struct str validate_label(const struct field *f);

#endif
