/*
 * api_keys.h - symbolon.keys.*: listing, ending and trying keys, for the command line and for
 * System Managers.
 */
#ifndef API_API_KEYS_H
#define API_API_KEYS_H

#include "api/method.h"

extern const struct method_table API_KEYS_METHODS;

#endif
