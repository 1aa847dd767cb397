/*
 * file_rules.h - the rules of DocType File (spec/rpc.md 6.5, permissions.md 7.4).
 */
#ifndef DOC_FILE_RULES_H
#define DOC_FILE_RULES_H

#include "doc/controller.h"

extern const struct controller FILE_RULES;

#endif
