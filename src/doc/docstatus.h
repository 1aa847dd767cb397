/*
 * docstatus.h - drafts, submitted and cancelled documents (spec/documents.md 7).
 */
#ifndef DOC_DOCSTATUS_H
#define DOC_DOCSTATUS_H

#include "doc/doc.h"
#include "doc/perm.h"

enum docstatus { DOCSTATUS_DRAFT, DOCSTATUS_SUBMITTED, DOCSTATUS_CANCELLED };

enum docstatus_action {
	DOCSTATUS_SAVE,
	DOCSTATUS_SUBMIT,
	DOCSTATUS_UPDATE, /* of a submitted document */
	DOCSTATUS_CANCEL,
};

/* The number in a document; what is no number is a draft. */
int64_t docstatus_of(const struct doc *d);

/*
 * Which action a write is, and the right that it needs beside create or write (*needs_more false:
 * none). old is NULL on insert. The errors of the table in documents.md 7.
 */
MUST_USE bool docstatus_judge(const struct doc *d, const struct doc *old,
    enum docstatus_action *action, bool *needs_more, enum right *more, struct err *err);

/* The same for a document that is discarded: a draft of what can be submitted. */
MUST_USE bool
docstatus_judge_discard(const struct doc *old, enum docstatus_action *action, struct err *err);

/* A submitted document may change only where fields allow it. ERR_UPDATE_AFTER_SUBMIT. */
MUST_USE bool docstatus_check_update(
    struct call *call, const struct doc *d, const struct doc *old, struct err *err);

#endif
