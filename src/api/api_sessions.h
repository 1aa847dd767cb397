/*
 * api_sessions.h - symbolon.sessions.*: where a user is logged in, and ending it there: by
 * oneself, or by a System Manager.
 */
#ifndef API_API_SESSIONS_H
#define API_API_SESSIONS_H

#include "api/method.h"

extern const struct method_table API_SESSIONS_METHODS;

#endif
