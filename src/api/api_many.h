/*
 * api_many.h - many documents in one call (spec/rpc.md 6.1).
 */
#ifndef API_API_MANY_H
#define API_API_MANY_H

#include "api/method.h"

extern const struct method_table API_MANY_METHODS;

#endif
