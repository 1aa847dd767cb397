/*
 * audited.h - which documents are told in the audit log, and which of their fields count.
 */
#ifndef DOC_AUDITED_H
#define DOC_AUDITED_H

#include "doc/doc.h"

/*
 * Tells what became of a document: that it was made (old NULL), deleted (d NULL), or changed, with
 * the fields that count as {"field": [before, after]}; never a Password. Nothing for other DocTypes
 * and where none of those fields changed. Body of a write call.
 */
MUST_USE bool
audited_keep(struct call *call, const struct doc *d, const struct doc *old, struct err *err);

/* It has another name, which d has. */
MUST_USE bool
audited_renamed(struct call *call, const struct doc *d, struct str old_name, struct err *err);

#endif
