/*
 * api_client.h - frappe.client.*: the RPC face of documents (spec/rpc.md 6.1).
 */
#ifndef API_API_CLIENT_H
#define API_API_CLIENT_H

#include "api/method.h"

extern const struct method_table API_CLIENT_METHODS;

#endif
