/*
 * defaults.h - what a field holds when nobody said anything (spec/documents.md 4.1).
 */
#ifndef DOC_DEFAULTS_H
#define DOC_DEFAULTS_H

#include "doc/doc.h"

/* Fills the fields of a new document that are null. "" and 0 count as given. */
MUST_USE bool defaults_fill(struct call *call, struct doc *d, struct err *err);

/* The same of a row of parent, which says what it takes from other documents. */
MUST_USE bool
defaults_fill_row(struct call *call, const struct doc *parent, struct doc *row, struct err *err);

/* What they would put there; parent NULL: no row of a document; null: nothing. */
MUST_USE bool defaults_of(struct call *call, const struct doctype *dt, const struct doc *parent,
    const struct field *field, struct value *out, struct err *err);

/* Numbers are never null: 0 where nothing is. */
void defaults_zero(struct doc *d);

#endif
