/*
 * session.h - cookie sessions of the web pages (spec/auth.md 4).
 */
#ifndef AUTH_SESSION_H
#define AUTH_SESSION_H

#include "auth/auth.h"

enum {
	SESSION_SID_LEN = 56, /* hex characters: 224 random bits */
	SESSION_ID_LEN = 16,  /* of its SHA-256: names a session to people, and opens nothing */
};

/* Makes a session for a user (body of a write call); *sid is in the arena, stored only as SHA-256.
 * With deny_multiple_sessions the oldest ones beyond simultaneous_sessions end. */
MUST_USE bool session_start(struct call *call, struct str user, struct str *sid, struct err *err);

/* Ends the call's own session, all sessions of a user, or all but the call's. *ended, which may be
 * NULL: how many that were not over. */
MUST_USE bool session_end(struct call *call, struct err *err);
MUST_USE bool
session_end_all(struct call *call, struct str user, bool keep_own, int64_t *ended, struct err *err);

/* Ends the one session of a user with that id; *ended: 0 or 1. Body of a write call. */
MUST_USE bool
session_end_id(struct call *call, struct str user, struct str id, int64_t *ended, struct err *err);

/* The call's own session goes on under another sid, which the response sets: its user has new
 * rights (SECURITY.md 1). Body of a write call. */
MUST_USE bool session_renew(struct call *call, struct err *err);

/* Ends sessions that were over at before_us, not too many at a time (a chore of the housekeeper, in
 * a write transaction). */
MUST_USE bool session_sweep(struct db_conn *c, struct arena *a, struct change_list *changes,
    int64_t before_us, struct err *err);

/* The CSRF token of the call's session, made now if it has none (body of a write call). */
MUST_USE bool session_csrf(struct call *call, struct str *token, struct err *err);

/* The same without making one: STR_NULL if there is none yet. Any phase. */
struct str session_csrf_peek(struct call *call);

/* Adds the cookies of spec/auth.md 4.1 to the response: of a session just started; of the call's
 * (sliding, re-sent); of the Guest; or the six deletions. */
MUST_USE bool
session_cookies_set(struct call *call, const struct who *who, struct str sid, struct err *err);
MUST_USE bool session_cookies_resend(struct call *call, struct err *err);
MUST_USE bool session_cookies_clear(struct call *call, struct err *err);

#endif
