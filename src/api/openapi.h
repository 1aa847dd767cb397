/*
 * openapi.h - /api/openapi.json: what this caller may call, as an OpenAPI 3.1 document.
 *
 * Made anew for each caller from the table of methods, the routes of documents and the DocTypes
 * that he may read: what he may not call or read is not in it. Written straight into the answer.
 */
#ifndef API_OPENAPI_H
#define API_OPENAPI_H

#include "api/route.h"
#include "http/call.h"

MUST_USE bool openapi_plan(struct call *call, const struct route *r, struct err *err);

#endif
