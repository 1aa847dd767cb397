/*
 * share_rules.h - giving and taking back shares: the rules of DocType DocShare
 * (spec/permissions.md 6).
 *
 * Whoever shares needs the right to share the document, and passes on only what he holds.
 */
#ifndef DOC_SHARE_RULES_H
#define DOC_SHARE_RULES_H

#include "doc/controller.h"

extern const struct controller SHARE_RULES;

/* What is shared with whom. */
struct share_rules_place {
	const struct doctype *doctype;
	struct str name;
	struct str user; /* null with everyone */
	bool everyone;   /* who is logged in */
};

/* ERR_PERMISSION "No permission to share X y", ERR_DOES_NOT_EXIST. */
MUST_USE bool
share_rules_check(struct call *call, const struct share_rules_place *place, struct err *err);

/* The row of DocShare for it as it is to be changed; a fresh one if there is none. */
MUST_USE bool share_rules_find(
    struct call *call, const struct share_rules_place *place, struct doc **out, struct err *err);

/* Validates and writes it (old: as it was; NULL: a new one); one without rights goes, and
 * *out is NULL. */
MUST_USE bool share_rules_write(
    struct call *call, struct doc *d, const struct doc *old, struct doc **out, struct err *err);

#endif
