/*
 * api_desk.h - what forms and lists of the web ask for: lists as tables, search for links
 * (spec/rpc.md 6.1, 6.3).
 */
#ifndef API_API_DESK_H
#define API_API_DESK_H

#include "api/method.h"

extern const struct method_table API_DESK_METHODS;

#endif
