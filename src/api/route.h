/*
 * route.h - paths: what a path names (spec/rpc.md 1, rest.md 1). One table; no call, no waiting.
 */
#ifndef API_ROUTE_H
#define API_ROUTE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/str.h"
#include "http/request.h"

enum route_kind {
	ROUTE_NONE,    /* nothing has that path; under /api/ or not */
	ROUTE_METHOD,  /* /api/method/NAME, /api/v2/method/DOCTYPE/FUNCTION */
	ROUTE_COMMAND, /* where the argument cmd names the method: /, /api/method, /api/method/ */
	ROUTE_COLLECTION,      /* /api/resource/DOCTYPE */
	ROUTE_DOCUMENT,        /* /api/resource/DOCTYPE/NAME */
	ROUTE_DOCUMENT_METHOD, /* /api/v2/document/DOCTYPE/NAME/method/METHOD */
	ROUTE_COUNT,           /* /api/v2/doctype/DOCTYPE/count */
	ROUTE_META,            /* /api/v2/doctype/DOCTYPE/meta */
	ROUTE_OPENAPI,         /* /api/openapi.json */
	ROUTE_VERIFY,          /* /auth/verify and below */
	ROUTE_HEALTH,          /* /healthz, /readyz */
	ROUTE_ASSET,           /* /assets/PATH */
	ROUTE_FILE,            /* /files/NAME, /private/files/NAME, and what is nobody's to read */
	ROUTE_PAGE,            /* every other path, the pages that there are among them */
	ROUTE_KINDS,
};

struct route {
	enum route_kind kind;
	bool api;           /* under /api/: errors are JSON */
	bool v2;            /* under /api/v2: the other envelope */
	unsigned verbs;     /* BIT(enum http_verb) of what it answers */
	bool names_verbs;   /* other verbs are 405 with Allow; else 404 */
	struct str path;    /* decoded, without a second slash at its start and one at its end */
	struct str doctype; /* null: none */
	struct str name;    /* of the document; null: none */
	struct str method;  /* null: none */
};

/*
 * What the path (as sent, without its query) names. It is decoded once: %2F is a slash, + is a
 * plus. ERR_BAD_REQUEST for a path that cannot be decoded; *out is set then, too, for the error's
 * form.
 */
MUST_USE bool route_find(struct arena *a, struct str path, struct route *out, struct err *err);

/* Is the path under /api/, under /api/v2, under /auth/verify? For errors before there is a route.
 */
bool route_is_api(struct str path);
bool route_is_v2(struct str path);
bool route_is_verify(struct str path);

/* Does the route answer the verb? HEAD is answered where GET is. Else 405 or 404. */
MUST_USE bool route_check_verb(const struct route *r, enum http_verb verb, struct err *err);

/* "GET, HEAD, POST": the value of Allow, in text of ROUTE_ALLOW_SIZE bytes. */
enum { ROUTE_ALLOW_SIZE = 64 };
struct str route_allow(const struct route *r, char *text);

/* The name of a kind, for metrics. */
const char *route_class(enum route_kind kind);

#endif
