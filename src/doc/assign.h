/*
 * assign.h - assignments: documents that are given to users to work on (spec/rpc.md 6.3). Each is a
 * ToDo that names the document (reference_type, reference_name) and the user (allocated_to); the
 * rules of ToDo keep the document's mark and note what happened beside it.
 */
#ifndef DOC_ASSIGN_H
#define DOC_ASSIGN_H

#include "doc/doc.h"

/* Texts: null for none. */
struct assign_new {
	struct str user;
	struct str description; /* none: "Assignment for TYPE NAME" */
	struct str priority;    /* Low, Medium, High; none: Medium */
	struct str date;        /* until when; none: today */
};

enum assign_outcome {
	ASSIGN_MADE,
	ASSIGN_SHARED,    /* made, and the document shared with the user so that he can read it */
	ASSIGN_WAS_THERE, /* he has it already; nothing happened */
};

/*
 * Gives a document that the caller was judged for to a user. ERR_LINK_VALIDATION: there is no such
 * user; ERR_PERMISSION: he cannot read it, and the caller may not share it.
 */
MUST_USE bool assign_add(struct call *call, const struct doc *d, const struct assign_new *what,
    enum assign_outcome *out, struct err *err);

/* Ends a user's assignment with a status of ToDo, "Closed" or "Cancelled"; none is no error. */
MUST_USE bool assign_end(
    struct call *call, const struct doc *d, struct str user, const char *status, struct err *err);

/* Writes who has the document: the newest 100, an array of {"owner", "name"}, whole: and
 * "description" and "status". */
MUST_USE bool assign_write(
    struct call *call, const struct doc *d, bool whole, struct json_out *out, struct err *err);

#endif
