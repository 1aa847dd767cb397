/*
 * links_move.h - a document has another name: what names it follows (spec/documents.md 8.1).
 *
 * Rights and rules of those who hold the links are not looked at, and their "modified" stays: they
 * mean what they meant before.
 */
#ifndef DOC_LINKS_MOVE_H
#define DOC_LINKS_MOVE_H

#include "doc/doc.h"

/* Link and Dynamic Link fields of all DocTypes, singles too, its Versions, and the Files that are
 * attached to it. */
MUST_USE bool links_move(
    struct call *call, const struct doctype *dt, struct str from, struct str to, struct err *err);

/* The rows of its tables. */
MUST_USE bool links_move_rows(
    struct call *call, const struct doctype *dt, struct str from, struct str to, struct err *err);

/* A user: as the owner of documents, and as the last one who changed them. */
MUST_USE bool links_move_user(struct call *call, struct str from, struct str to, struct err *err);

#endif
