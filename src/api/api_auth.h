/*
 * api_auth.h - login, logout, who am I (spec/auth.md 4.3, 5).
 */
#ifndef API_API_AUTH_H
#define API_API_AUTH_H

#include "api/method.h"

extern const struct method_table API_AUTH_METHODS;

#endif
