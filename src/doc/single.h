/*
 * single.h - documents of single DocTypes: texts in table "single" (spec/documents.md 2).
 */
#ifndef DOC_SINGLE_H
#define DOC_SINGLE_H

#include "doc/doc.h"

/* There always is one: fields without a stored value show their defaults. */
MUST_USE bool
single_load(struct call *call, const struct doctype *dt, struct doc **out, struct err *err);

/* Rewrites all values. */
MUST_USE bool single_save(struct call *call, struct doc *d, struct err *err);

MUST_USE bool single_clear(struct call *call, const struct doctype *dt, struct err *err);

/* One stored text, in the arena; STR_NULL if there is none. No rights are looked at. */
MUST_USE bool single_text(
    struct call *call, struct str doctype, struct str field, struct str *out, struct err *err);

/* Is there a stored value, be it null? */
MUST_USE bool single_is_stored(
    struct call *call, struct str doctype, struct str field, bool *stored, struct err *err);

#endif
