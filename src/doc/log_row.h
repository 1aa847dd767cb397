/*
 * log_row.h - documents that the server writes by itself: logs, versions, deleted documents. No
 * rights are looked at, and no rules but the defaults of fields.
 */
#ifndef DOC_LOG_ROW_H
#define DOC_LOG_ROW_H

#include "doc/doc.h"

/* An empty one of that DocType. */
MUST_USE bool log_row_new(struct call *call, struct str doctype, struct doc **out, struct err *err);

/* Gives it a name and the caller's stamps, and writes it. */
MUST_USE bool log_row_write(struct call *call, struct doc *d, struct err *err);

#endif
