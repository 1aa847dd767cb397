/*
 * api_permission.h - the rules of who may do what with a DocType: the methods of Frappe's page
 * permission_manager (spec/permissions.md 9), and symbolon.permissions.set, which changes all rules
 * of a DocType in one transaction.
 */
#ifndef API_API_PERMISSION_H
#define API_API_PERMISSION_H

#include "api/method.h"

extern const struct method_table API_PERMISSION_METHODS;

#endif
