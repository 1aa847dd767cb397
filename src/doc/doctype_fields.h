/*
 * doctype_fields.h - the fields of a DocType that is being saved: what may be
 * (spec/documents.md 1.5).
 */
#ifndef DOC_DOCTYPE_FIELDS_H
#define DOC_DOCTYPE_FIELDS_H

#include "doc/doc.h"

/* Checks each field, and what the DocType says about fields; names are set already. */
MUST_USE bool doctype_fields_check(struct call *call, struct doc *d, struct err *err);

/* Checks one of the rows alone. */
MUST_USE bool
doctype_fields_check_one(struct call *call, struct doc *d, struct doc *row, struct err *err);

/* Checks the fields that the DocType names: title, search, image, sort. */
MUST_USE bool doctype_fields_check_names(const struct doc *d, struct err *err);

#endif
