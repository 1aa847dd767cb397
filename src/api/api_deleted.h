/*
 * api_deleted.h - deleted documents come back (spec/documents.md 8.2).
 */
#ifndef API_API_DELETED_H
#define API_API_DELETED_H

#include "api/method.h"

extern const struct method_table API_DELETED_METHODS;

#endif
