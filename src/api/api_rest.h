/*
 * api_rest.h - documents over HTTP: /api/resource/ and /api/v2/document/ (spec/rest.md 1 to 7).
 */
#ifndef API_API_REST_H
#define API_API_REST_H

#include "api/route.h"
#include "doc/list.h"
#include "http/call.h"

/* Plans what a route of documents and a verb ask for. */
MUST_USE bool api_rest_plan(struct call *call, const struct route *r, struct err *err);

/* Of the names that lists know under other arguments: which say limit and start. */
struct api_rest_paging {
	const char *length, *length_alias; /* the alias counts if the first is absent; NULL: none */
	const char *start, *start_alias;   /* the same */
};

/* Fills list arguments from the call's own; the DocType must be set. */
MUST_USE bool api_rest_list_args(const struct call *call, const struct api_rest_paging *paging,
    struct list_args *out, struct err *err);

/*
 * Plans a write to a DocType: its lane, and the hashing of a password in body (NULL: none), which
 * comes before it.
 */
MUST_USE bool
api_rest_plan_write(struct call *call, struct str doctype, const json_t *body, struct err *err);

#endif
