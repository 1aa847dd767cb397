/*
 * api_verify.h - /auth/verify: other applications ask who a request is from.
 *
 * For nginx auth_request, Caddy and Traefik forward-auth, HAProxy and Envoy over HTTP. Any verb,
 * any path below; the body is ignored. 204 with the fields below, 401 (nobody, or a refused
 * credential; throttled ones have Retry-After) or 403 (?role=NAME, repeated: a role is missing),
 * always with Content-Length: 0; 503 if the server cannot tell.
 *
 *   X-Symbolon-User       User.name
 *   X-Symbolon-Full-Name  its full name
 *   X-Symbolon-Roles      all roles, "A,B,C"
 *   X-Symbolon-User-Type  "System User" or "Website User"
 *   X-Symbolon-Auth       "token" or "session"
 *   X-Symbolon-Key        the api-key, of tokens
 *
 * In values every byte is percent-encoded that is %, a comma or outside printable ASCII.
 *
 * The request that a trusted proxy asks about (api/original.h) is named in the log; 403 if what it
 * says of it contradicts itself.
 */
#ifndef API_API_VERIFY_H
#define API_API_VERIFY_H

#include "api/route.h"
#include "http/call.h"

MUST_USE bool api_verify_plan(struct call *call, const struct route *r, struct err *err);

/* Makes the answer to a refusal; the response is reset, its status may change. */
void api_verify_fail(struct call *call, const struct err *err);

#endif
