/*
 * note_rules.h - the rules of DocType Note: public ones and one's own (spec/permissions.md 7.4).
 */
#ifndef DOC_NOTE_RULES_H
#define DOC_NOTE_RULES_H

#include "doc/controller.h"

extern const struct controller NOTE_RULES;

#endif
