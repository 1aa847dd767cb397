/*
 * method.h - methods that can be called over HTTP: tables of them, one a file of api/.
 *
 * A method has no default permission: each row says verbs, who and lane (SECURITY.md R3).
 */
#ifndef API_METHOD_H
#define API_METHOD_H

#include "http/call.h"

enum {
	VERBS_GET = BIT(HTTP_GET),
	VERBS_POST = BIT(HTTP_POST),
	VERBS_WRITE = BIT(HTTP_POST) | BIT(HTTP_PUT),
	VERBS_DELETE = BIT(HTTP_POST) | BIT(HTTP_DELETE),
	VERBS_ANY =
	    BIT(HTTP_GET) | BIT(HTTP_POST) | BIT(HTTP_PUT) | BIT(HTTP_DELETE), /* spec/rpc.md 1.2 */
};

enum method_who {
	WHO_ANYONE, /* guests, too */
	WHO_LOGGED_IN,
	WHO_SYSTEM_MANAGER, /* else 403 without a message */
	WHO_LOCAL, /* the command line and the control socket only; over HTTP it does not exist */
};

struct method {
	struct str name; /* dotted, or a short name such as "ping" */
	unsigned verbs;
	enum method_who who;
	enum call_run run;
	call_fn *body;
	/* Rarely needed: */
	enum call_prepare prepare_run;
	call_fn *prepare;
	/* Refines the plan from the arguments (which lane, whether to hash); NULL: as the row says.
	 */
	bool (*plan)(struct call *call, struct err *err);
	bool fresh;         /* as in struct plan */
	const char *help;   /* one line, for listings; what stands behind its last colon, with
			     * commas between, are names of arguments */
	bool says_message;  /* a 401's text is the body's "message": passwords (spec/auth.md 5) */
	bool takes_html;    /* guests' texts are not cleaned: passwords */
	bool sends_file;    /* answers with the bytes of a file */
	bool keeps_cookies; /* a 401 does not clear the cookies: a mistyped password ends no session
			     */
};

struct method_table {
	const struct method *rows;
	size_t len;
};

/*
 * The method of that name, aliases followed; for IDENTITY_LOCAL in call->local, too. NULL: none. A
 * WHO_LOCAL one is found for IDENTITY_LOCAL only.
 */
const struct method *method_find(const struct call *call, struct str name);

/*
 * Judges the caller and the verb, in the order of spec/rpc.md 1.2: guests, verb, role. All of them
 * are ERR_PERMISSION.
 */
MUST_USE bool method_check(const struct call *call, const struct method *m, struct err *err);

/* May the caller call it with one of its verbs? For listings; judged as method_check() does. */
bool method_may(const struct call *call, const struct method *m);

/* ERR_PERMISSION with the text for what may not be called (spec/rpc.md 1.2); returns false. */
bool method_refuse(struct str name, struct err *err);

/* ERR_VALIDATION for a name that is no method, with its messages; returns false. */
bool method_unknown(struct call *call, struct str name, struct err *err);

/*
 * Plans the call of a method whose arguments are parsed. Its body writes the value that the method
 * returns, nothing for none, and may go on with keys beside it; see api/envelope.h.
 */
MUST_USE bool method_plan(struct call *call, const struct method *m, struct err *err);

/* Does the target of a key's scope cover a method (auth/limits.h)? */
bool method_is_covered(struct str target);

/* Walks all methods, for listings: start with *at = 0; NULL at the end. */
const struct method *method_next(size_t *at);

#endif
