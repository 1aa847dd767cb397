/*
 * api_tag.h - tags of documents: frappe.desk.doctype.tag.tag.* (spec/rpc.md 6.3).
 */
#ifndef API_API_TAG_H
#define API_API_TAG_H

#include "api/method.h"

extern const struct method_table API_TAG_METHODS;

#endif
