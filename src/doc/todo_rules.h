/*
 * todo_rules.h - the rules of DocType ToDo (spec/permissions.md 7.4).
 */
#ifndef DOC_TODO_RULES_H
#define DOC_TODO_RULES_H

#include "doc/controller.h"

/*
 * Whose roles, but for the automatic ones, have no right on ToDo deals only with those that are
 * allocated to him or assigned by him.
 */
extern const struct controller TODO_RULES;

#endif
