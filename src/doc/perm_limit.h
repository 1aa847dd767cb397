/*
 * perm_limit.h - user permissions: of DocType D this user sees only these values
 * (spec/permissions.md 5). They restrict and never grant.
 *
 * Made of the caller's rows of User Permission, for one DocType; memory is the call's arena.
 */
#ifndef DOC_PERM_LIMIT_H
#define DOC_PERM_LIMIT_H

#include "db/sqlb.h"
#include "doc/doc.h"

struct perm_limit {
	struct str allow;           /* the DocType that is limited */
	const struct value *values; /* names of it that are allowed */
	size_t len;
};

struct perm_limits {
	const struct perm_limit *items; /* one for each DocType */
	size_t len;
	bool strict; /* an empty link is none of the allowed ones */
};

/* What limits the caller on documents of dt; none for Administrator. */
MUST_USE bool perm_limits_of(
    struct call *call, const struct doctype *dt, struct perm_limits *out, struct err *err);

/*
 * Does the document, with its rows, pass? *why, if not: the sentence of spec/permissions.md 8 in
 * the arena.
 */
MUST_USE bool perm_limits_permit(struct call *call, const struct perm_limits *limits,
    const struct doc *d, bool *out, struct str *why, struct err *err);

/* Would they cut down a list of dt? */
bool perm_limits_cut(struct call *call, const struct perm_limits *limits, const struct doctype *dt);

/* Appends the condition that does, links of rows included: a list holds what a read gives. */
void perm_limits_put(
    struct call *call, struct sqlb *b, const struct perm_limits *limits, const struct doctype *dt);

/* The value that a new document's link to that DocType begins with: the default among the caller's
 * rows, or the only one; null: none. */
MUST_USE bool perm_limit_preset(struct call *call, const struct doctype *dt, struct str target,
    struct value *out, struct err *err);

/* May a link of a document of dt to target hold that name? */
MUST_USE bool perm_limit_allows(struct call *call, const struct doctype *dt, struct str target,
    struct str name, bool *out, struct err *err);

#endif
