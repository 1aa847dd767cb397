/*
 * custom_rules.h - the rules of Custom Field and Property Setter (spec/documents.md 1.7).
 *
 * What they change is in force when the answer is given: the table follows in the same transaction.
 */
#ifndef DOC_CUSTOM_RULES_H
#define DOC_CUSTOM_RULES_H

#include "doc/controller.h"

extern const struct controller CUSTOM_FIELD_RULES, CUSTOM_SETTER_RULES;

#endif
