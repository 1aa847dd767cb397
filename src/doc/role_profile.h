/*
 * role_profile.h - Role Profile: roles that go together; users who have profiles have those roles
 * and no others (spec/documents.md 10.1).
 */
#ifndef DOC_ROLE_PROFILE_H
#define DOC_ROLE_PROFILE_H

#include "doc/controller.h"

/* Puts the roles of a user's profiles in the place of his own; without profiles, nothing. */
MUST_USE bool role_profile_take(struct call *call, struct doc *user, struct err *err);

/* Users follow their profile when it is saved. */
extern const struct controller ROLE_PROFILE_RULES;

#endif
