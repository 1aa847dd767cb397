/*
 * perm_rules.h - the permission rules of a DocType as a site has them: its rows of DocType
 * Custom DocPerm, which stand in place of those that the DocType came with (spec/permissions.md
 * 9).
 *
 * The rows themselves are changed as documents, by the rights of the caller; what makes several of
 * them one set of rules is here.
 */
#ifndef DOC_PERM_RULES_H
#define DOC_PERM_RULES_H

#include "doc/doc.h"

/* May a site have rules of its own for it? ERR_VALIDATION for child tables and those that DocTypes
 * and rules are made of. */
MUST_USE bool perm_rules_may(const struct doctype *dt, struct err *err);

/* Those that it came with become the site's own, if there are none yet; copied (may be NULL): they
 * did. */
MUST_USE bool
perm_rules_own(struct call *call, const struct doctype *dt, bool *copied, struct err *err);

/* What tells one rule of a DocType from another. */
struct perm_rule {
	struct str role;
	int64_t level;
	bool if_owner; /* it counts for documents that the user made */
};

/* The name of that rule; null: there is none. */
MUST_USE bool perm_rules_find(struct call *call, const struct doctype *dt,
    const struct perm_rule *rule, struct str *name, struct err *err);

/* The names of all that are the site's own, in the arena. */
MUST_USE bool perm_rules_names(
    struct call *call, const struct doctype *dt, struct str **out, size_t *len, struct err *err);

/* Do they go together, as those of a DocType must (doctype_perms.h)? There must be one. */
MUST_USE bool perm_rules_check(struct call *call, const struct doctype *dt, struct err *err);

#endif
