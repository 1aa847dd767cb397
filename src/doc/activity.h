/*
 * activity.h - rows of DocType Activity Log: logins, logouts, and who did what with keys.
 */
#ifndef DOC_ACTIVITY_H
#define DOC_ACTIVITY_H

#include "http/call.h"

/*
 * Writes one row, in the body of a write call; no rights are looked at. operation is "Login",
 * "Logout", "Impersonate" or empty; status "Success", "Failed" or empty; user the one it is about.
 */
MUST_USE bool activity_log(struct call *call, struct str operation, struct str status,
    struct str subject, struct str user, struct err *err);

#endif
