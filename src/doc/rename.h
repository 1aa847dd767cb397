/*
 * rename.h - a document gets another name, or is merged into another one (spec/documents.md 8.1).
 */
#ifndef DOC_RENAME_H
#define DOC_RENAME_H

#include "doc/doc.h"

struct rename_how {
	struct str from, to;
	bool merge; /* into the document that has the new name; the old one is deleted */
	bool force; /* though its DocType does not allow it: System Managers, custom DocTypes */
};

/*
 * Renames a document: its rows, secrets and all links to it go along, in the call's transaction.
 * *out is the name as it is stored now. ERR_DOES_NOT_EXIST; ERR_VALIDATION without the right to
 * write (merging needs it for both, and the right to delete the one that goes), for a DocType that
 * does not allow it, for a name that is the same or taken; what naming_check() says of names.
 */
MUST_USE bool rename_document(struct call *call, const struct doctype *dt,
    const struct rename_how *how, struct str *out, struct err *err);

#endif
