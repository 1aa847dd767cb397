/*
 * api_share.h - frappe.share.*: documents shared with a user or with everyone (spec/rpc.md 6.3).
 */
#ifndef API_API_SHARE_H
#define API_API_SHARE_H

#include "api/method.h"

extern const struct method_table API_SHARE_METHODS;

#endif
