/*
 * session_list.h - the sessions of a user as people see them.
 *
 * A session is named by SESSION_ID_LEN characters (auth/session.h), never by its sid.
 */
#ifndef AUTH_SESSION_LIST_H
#define AUTH_SESSION_LIST_H

#include "http/call.h"

/*
 * Writes a user's live sessions as an array of objects, the newest first: session, current (the
 * caller's own), created, last_seen (within ten minutes), expires, address, user_agent. Body of a
 * read call; rights are the caller's business.
 */
MUST_USE bool
session_list(struct call *call, struct str user, struct json_out *out, struct err *err);

#endif
