/*
 * custom.h - a DocType as a document, with what the site adds to and changes of it
 * (spec/documents.md 1.7): as forms see it, and as a further change of it is checked.
 */
#ifndef DOC_CUSTOM_H
#define DOC_CUSTOM_H

#include "doc/doc.h"

/* Merges the Custom Fields and Property Setters of d, a document of DocType, into it; except: the
 * name of one that is left out. */
MUST_USE bool custom_apply(struct call *call, struct doc *d, struct str except, struct err *err);

/* Puts a Custom Field among the rows of fields: behind its insert_after, or last. */
MUST_USE bool custom_add(
    struct call *call, struct doc *d, const struct doc *custom, struct doc **row, struct err *err);

/* Sets a property of a row of fields, or of the DocType itself, as a Property Setter would. */
MUST_USE bool custom_set(
    struct call *call, struct doc *at, struct str property, struct str value, struct err *err);

#endif
