/*
 * api_audit.h - symbolon.audit.*: the chain of the audit log, judged and written out.
 */
#ifndef API_API_AUDIT_H
#define API_API_AUDIT_H

#include "api/method.h"

extern const struct method_table API_AUDIT_METHODS;

#endif
