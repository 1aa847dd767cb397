/*
 * api_comment.h - comments and likes: frappe.desk.form.utils.*, frappe.desk.like.*
 * (spec/rpc.md 6.3).
 */
#ifndef API_API_COMMENT_H
#define API_API_COMMENT_H

#include "api/method.h"

extern const struct method_table API_COMMENT_METHODS;

#endif
