/*
 * api_auth.h - login, logout, who am I (spec/auth.md 4.3, 5).
 */
#ifndef API_API_AUTH_H
#define API_API_AUTH_H

#include "api/method.h"

/* Begins a session of the user: its row, its cookies, User.last_login, the Activity Log. Body of a
 * write call. */
MUST_USE bool api_auth_begin(struct call *call, const struct who *who, struct err *err);

extern const struct method_table API_AUTH_METHODS;

#endif
