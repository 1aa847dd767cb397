/*
 * api_many.h - many documents in one call (spec/rpc.md 6.1, 6.3; rest.md 1.2).
 */
#ifndef API_API_MANY_H
#define API_API_MANY_H

#include "api/method.h"
#include "api/route.h"

extern const struct method_table API_MANY_METHODS;

/*
 * POST /api/v2/document/DOCTYPE/bulk_update and .../bulk_delete; *is false for other names than
 * these.
 */
MUST_USE bool
api_many_plan_route(struct call *call, const struct route *r, bool *is, struct err *err);

#endif
