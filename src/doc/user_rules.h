/*
 * user_rules.h - the rules of DocType User (spec/documents.md 10.1, permissions.md 7).
 *
 * Every write of a User is told to auth (CHANGE_USER); passwords and secrets never stay in the
 * document: see user_secret.h.
 */
#ifndef DOC_USER_RULES_H
#define DOC_USER_RULES_H

#include "doc/controller.h"

extern const struct controller USER_RULES;

/* A row of a user's roles: only System Managers may write one, by whatever route. */
extern const struct controller HAS_ROLE_RULES;

/* Administrator or Guest: cannot be disabled, deleted or renamed, and are out of reach of others.
 */
bool user_rules_is_standard(struct str user);

/* Is there an enabled System Manager beside this user and Administrator? His row is held: two who
 * go at the same time do not both find another. */
MUST_USE bool
user_rules_other_manager(struct call *call, struct str user, bool *found, struct err *err);

/* Sets user_type of a stored user anew from the desk access of his roles, and tells auth. */
MUST_USE bool user_rules_refresh_type(struct call *call, struct str user, struct err *err);

#endif
