/*
 * perm_limit_rules.h - the rules of DocType User Permission (spec/permissions.md 5).
 */
#ifndef DOC_PERM_LIMIT_RULES_H
#define DOC_PERM_LIMIT_RULES_H

#include "doc/controller.h"

extern const struct controller PERM_LIMIT_RULES;

#endif
