/*
 * doctype_sync.h - the table of a DocType follows its rows, and so does the memory of all nodes.
 */
#ifndef DOC_DOCTYPE_SYNC_H
#define DOC_DOCTYPE_SYNC_H

#include "doc/doc.h"

/* After rows that make the DocType of that name were written; nothing if there is none (any more).
 */
MUST_USE bool doctype_sync(struct call *call, struct str name, struct err *err);

#endif
