/*
 * api_assign.h - assignments of documents: frappe.desk.form.assign_to.* (spec/rpc.md 6.3).
 */
#ifndef API_API_ASSIGN_H
#define API_API_ASSIGN_H

#include "api/method.h"

extern const struct method_table API_ASSIGN_METHODS;

#endif
