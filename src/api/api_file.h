/*
 * api_file.h - methods for files (spec/rpc.md 6.5).
 */
#ifndef API_API_FILE_H
#define API_API_FILE_H

#include "api/method.h"

extern const struct method_table API_FILE_METHODS;

#endif
