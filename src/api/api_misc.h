/*
 * api_misc.h - small methods: versions, time zone, user info (spec/rpc.md 6.2, 6.6).
 */
#ifndef API_API_MISC_H
#define API_API_MISC_H

#include "api/method.h"

extern const struct method_table API_MISC_METHODS;

#endif
