/*
 * api_desk_meta.h - what forms are made from: a DocType with those of its tables (spec/rpc.md 6.3).
 */
#ifndef API_API_DESK_META_H
#define API_API_DESK_META_H

#include "api/method.h"

extern const struct method_table API_DESK_META_METHODS;

#endif
