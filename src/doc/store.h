/*
 * store.h - documents in their tables: rows read and written, rights and rules left to doc.c.
 *
 * Single DocTypes have no table: see single.h, which these functions call.
 */
#ifndef DOC_STORE_H
#define DOC_STORE_H

#include "doc/doc.h"

/* As doc_load(). */
MUST_USE bool store_load(struct call *call, const struct doctype *dt, struct str name,
    struct doc **out, bool *found, struct err *err);

/* The row of a document alone, or what a single holds, without its tables: for rights and for rows
 * of a child DocType. */
MUST_USE bool store_load_row(struct call *call, const struct doctype *dt, struct str name,
    struct doc **out, bool *found, struct err *err);

/*
 * Writes a new document with its rows. ERR_DUPLICATE for a name that is taken, ERR_UNIQUE for a
 * unique field: with the messages of spec/documents.md 3.
 */
MUST_USE bool store_insert(struct call *call, struct doc *d, struct err *err);

/* Writes what differs from old, replaces the rows of tables. */
MUST_USE bool
store_update(struct call *call, struct doc *d, const struct doc *old, struct err *err);

/* The document and all of its rows are gone. */
MUST_USE bool store_delete(struct call *call, const struct doc *d, struct err *err);

/* Is there a document of that name? *stored, in the arena, is its spelling. */
MUST_USE bool store_find(struct call *call, const struct doctype *dt, struct str name,
    struct str *stored, bool *found, struct err *err);

#endif
