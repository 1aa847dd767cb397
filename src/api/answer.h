/*
 * answer.h - what goes around every answer: cookies, CORS, rate limit, challenge, security fields.
 */
#ifndef API_ANSWER_H
#define API_ANSWER_H

#include "http/call.h"

/*
 * Adds the fields to a finished response. err: the answer is this error; NULL: a success. Never
 * fails: a field for which there is no room is left out and logged.
 */
void answer_fields(struct call *call, const struct err *err);

/* Adds one field; the value is copied into the call's arena. */
void answer_field(struct call *call, const char *name, struct str value);

/* The fields of a page (SECURITY.md 1, UI): content security policy and its like. */
void answer_page_fields(struct call *call);

/* 302 to a path of this server. */
void answer_redirect(struct call *call, struct str location);

/* Does the request come from a page of another host, and of none that [http] allow_cors names?
 * Origin says so, else Sec-Fetch-Site, else Referer. */
bool answer_is_foreign(const struct call *call);

/* Is the error to be told in JSON, not as a page (spec/rpc.md 5.5, with its deviation)? */
bool answer_wants_json(const struct call *call);

#endif
