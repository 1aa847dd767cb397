/*
 * naming_rule.h - Document Naming Rule: what a site says names documents of a DocType, if they are
 * such (spec/documents.md 5).
 *
 * Asked only for DocTypes that have rules (struct doctype, has_naming_rules). The counter is the
 * rule's own and moves in the call's transaction.
 */
#ifndef DOC_NAMING_RULE_H
#define DOC_NAMING_RULE_H

#include "doc/controller.h"

/* The name by the first rule whose conditions hold, the highest priority first; null: none. */
MUST_USE bool
naming_rule_name(struct call *call, const struct doc *d, struct value *out, struct err *err);

extern const struct controller NAMING_RULE_RULES;

#endif
