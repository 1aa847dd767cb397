/*
 * levels.h - permission levels of fields, applied to a document (spec/permissions.md 4).
 */
#ifndef DOC_LEVELS_H
#define DOC_LEVELS_H

#include "doc/doc.h"

/*
 * Fields above the caller's levels go back, without a word: to what is stored (old), or to their
 * defaults on insert (old NULL) and in new rows.
 */
MUST_USE bool
levels_reset(struct call *call, struct doc *d, const struct doc *old, struct err *err);

/* The stored rows of one table of d again (none if old is NULL), with the stamps of this save. */
MUST_USE bool levels_restore(
    struct call *call, struct doc *d, const struct doc *old, size_t table, struct err *err);

/* The levels that the caller may read of a document: a row is judged by its parent's DocType. */
uint32_t levels_readable(const struct call *call, const struct doc *d);

/* Empties what the caller may not read, in the document and its rows. */
void levels_hide(const struct call *call, struct doc *d);

/* What a field of an unreadable level shows: 0 for numbers, else null. */
struct value levels_empty(const struct field *f);

#endif
