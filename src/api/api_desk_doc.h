/*
 * api_desk_doc.h - documents as the forms of the web open and save them (spec/rpc.md 6.3).
 */
#ifndef API_API_DESK_DOC_H
#define API_API_DESK_DOC_H

#include "api/method.h"

extern const struct method_table API_DESK_DOC_METHODS;

#endif
