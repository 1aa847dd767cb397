/*
 * deleted.h - DocType Deleted Document: what was deleted, as JSON without secrets, and the way back
 * (spec/documents.md 8.2).
 */
#ifndef DOC_DELETED_H
#define DOC_DELETED_H

#include "doc/doc.h"

/* Before a document goes: keeps it. Single DocTypes are only emptied. */
MUST_USE bool deleted_keep(struct call *call, const struct doc *d, struct err *err);

/*
 * Inserts a deleted document again, as the caller, with his rights; it gets a name as a new one
 * does. A cancelled one comes back as a draft. ERR_RESTORED: it is back already.
 */
MUST_USE bool
deleted_restore(struct call *call, struct str name, struct doc **out, struct err *err);

#endif
