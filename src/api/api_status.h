/*
 * api_status.h - symbolon.server.status: what runs here, for System Managers.
 */
#ifndef API_API_STATUS_H
#define API_API_STATUS_H

#include "api/method.h"

extern const struct method_table API_STATUS_METHODS;

#endif
