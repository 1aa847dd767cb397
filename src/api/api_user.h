/*
 * api_user.h - methods of User: keys, roles, passwords (spec/auth.md 3.2, 12).
 */
#ifndef API_API_USER_H
#define API_API_USER_H

#include "api/method.h"

/* The user whose keys or sessions the caller acts on, by the name as stored, in the arena.
 * ERR_DOES_NOT_EXIST; ERR_PERMISSION for Administrator and Guest, who are nobody's to touch but
 * Administrator's (spec/permissions.md 7). */
MUST_USE bool
api_user_target(struct call *call, struct str name, struct str *user, struct err *err);

extern const struct method_table API_USER_METHODS;

#endif
