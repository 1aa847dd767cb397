/*
 * api_password.h - methods that judge and change passwords (spec/auth.md 12).
 */
#ifndef API_API_PASSWORD_H
#define API_API_PASSWORD_H

#include "api/method.h"

extern const struct method_table API_PASSWORD_METHODS;

#endif
