/*
 * audit.h - rows of the audit log (DocType Audit Log): who did what to keys, users and permissions.
 *
 * A row is written in the transaction of what it tells, so that neither is there without the other.
 * It never holds a secret, a digest of one, or a password. What seals the rows: auth/audit_chain.h.
 */
#ifndef AUTH_AUDIT_H
#define AUTH_AUDIT_H

#include "http/call.h"

/* The texts are the choices of field "event" (doctypes/audit_log.tsv). */
/* clang-format off */
#define AUDIT_EVENTS(X)                                    \
	X(AUDIT_LOGIN,              "Login")               \
	X(AUDIT_LOGIN_FAILED,       "Login Failed")        \
	X(AUDIT_LOGOUT,             "Logout")              \
	X(AUDIT_PASSWORD_CHANGED,   "Password Changed")    \
	X(AUDIT_LOGINS_REFUSED,     "Logins Refused")      \
	X(AUDIT_REQUESTS_REFUSED,   "Requests Refused")    \
	X(AUDIT_KEY_CREATED,        "Key Created")         \
	X(AUDIT_KEY_ROTATED,        "Key Rotated")         \
	X(AUDIT_KEY_CHANGED,        "Key Changed")         \
	X(AUDIT_KEY_OVERLAP_ENDED,  "Key Overlap Ended")   \
	X(AUDIT_KEY_REVOKED,        "Key Revoked")         \
	X(AUDIT_KEY_RESTORED,       "Key Restored")        \
	X(AUDIT_KEY_DELETED,        "Key Deleted")         \
	X(AUDIT_PEPPER_ROTATED,     "Pepper Rotated")      \
	X(AUDIT_PEPPER_REMOVED,     "Pepper Removed")      \
	X(AUDIT_USER_CREATED,       "User Created")        \
	X(AUDIT_USER_CHANGED,       "User Changed")        \
	X(AUDIT_USER_DELETED,       "User Deleted")        \
	X(AUDIT_USER_RENAMED,       "User Renamed")        \
	X(AUDIT_ROLE_CREATED,       "Role Created")        \
	X(AUDIT_ROLE_CHANGED,       "Role Changed")        \
	X(AUDIT_ROLE_DELETED,       "Role Deleted")        \
	X(AUDIT_ROLE_RENAMED,       "Role Renamed")        \
	X(AUDIT_PERMISSION_GIVEN,   "Permission Given")    \
	X(AUDIT_PERMISSION_CHANGED, "Permission Changed")  \
	X(AUDIT_PERMISSION_TAKEN,   "Permission Taken")    \
	X(AUDIT_SETTINGS_CHANGED,   "Settings Changed")
/* clang-format on */

#define AUDIT_NAME(name, text) name,
enum audit_event { AUDIT_EVENTS(AUDIT_NAME) };
#undef AUDIT_NAME

/* What it was done to. */
struct audit_about {
	struct str doctype, name;
};

/* The whole of a row but its name and its moment; texts may be null. */
struct audit_row {
	enum audit_event event;
	struct str user; /* who did it */
	struct str api_key;
	struct str address;
	struct audit_about about;
	struct str details; /* a JSON object; null: {} */
};

MUST_USE bool audit_write(struct db_conn *c, const struct audit_row *row, struct err *err);

/* The api-key that the call came with; empty: none. Any phase that has a database. */
MUST_USE bool audit_api_key(struct call *call, struct str *out, struct err *err);

/* Writes what the call's user has just done, with the key and from the address of the call. Body of
 * a write call; before the call's own secret ends. */
MUST_USE bool audit_add(struct call *call, enum audit_event event, struct audit_about about,
    struct str details, struct err *err);

/* The same with an object of the pairs as details; a null value is left out. */
struct audit_pair {
	const char *name;
	struct value value;
};
MUST_USE bool audit_add_pairs(struct call *call, enum audit_event event, struct audit_about about,
    const struct audit_pair *pairs, size_t len, struct err *err);

#endif
