/*
 * api_rename.h - frappe.client.rename_doc and its like (spec/documents.md 8.1).
 */
#ifndef API_API_RENAME_H
#define API_API_RENAME_H

#include "api/method.h"

extern const struct method_table API_RENAME_METHODS;

#endif
