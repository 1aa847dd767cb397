/*
 * api_user.h - methods of User: keys, roles, passwords (spec/auth.md 3.2, 12).
 */
#ifndef API_API_USER_H
#define API_API_USER_H

#include "api/method.h"

extern const struct method_table API_USER_METHODS;

#endif
