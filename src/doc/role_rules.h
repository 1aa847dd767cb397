/*
 * role_rules.h - the rules of DocType Role (spec/documents.md 10.2).
 */
#ifndef DOC_ROLE_RULES_H
#define DOC_ROLE_RULES_H

#include "doc/controller.h"

extern const struct controller ROLE_RULES;

#endif
