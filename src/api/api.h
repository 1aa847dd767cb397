/*
 * api.h - from a request to what is to be run, and from an outcome to an answer.
 *
 * The way of every call: the server authenticates it from its head, asks api_plan()
 * once the body is there, runs the phases in their lanes, and asks api_finish(). All answers under
 * /api are JSON.
 */
#ifndef API_API_H
#define API_API_H

#include "http/call.h"

/*
 * Decides from verb, path and arguments what is to be run: call->plan. Parses the arguments. No
 * database, no waiting, but JSON over 64 KiB is parsed here too: the server then calls it off the
 * loop. Errors: 400 JSON, 404 route, 405, unknown method 417, not permitted 403, CSRF 400 - answer
 * with api_fail().
 */
MUST_USE bool api_plan(struct call *call, struct err *err);

/* The answer was made by the body: adds the envelope's ends, common fields, cookies, CORS,
 * compression. */
void api_finish(struct call *call);

/* Makes the error answer (spec/rpc.md 5): JSON under /api or when asked for, HTML else. Everything
 * that was written is gone. */
void api_fail(struct call *call, const struct err *err);

/* An answer for a request that never became a call: framing errors and limits. Appends its bytes to
 * out; the connection closes. */
void api_refuse(const struct err *err, struct str request_id, struct str date, struct buf *out);

/*
 * How large may this request's body be, judged from head and identity, before it is read?
 * (DESIGN.md 2: guests 64 KiB, JSON 4 MiB, files 25 MiB.) Also false with an error for what can be
 * refused from the head alone.
 */
MUST_USE bool api_body_limit(struct call *call, int64_t *limit, struct err *err);

/* Calls a method by its dotted name as /api/method/NAME would, with JSON arguments: the command
 * line. Sets call->plan. */
MUST_USE bool
api_plan_method(struct call *call, struct str name, const json_t *args, struct err *err);

/* Plans what another call has left behind: call->later, which becomes its job. */
MUST_USE bool api_plan_later(struct call *call, struct err *err);

/* Classes of routes, for metrics: name by index. */
enum { API_ROUTE_CLASSES = 16 };
const char *api_route_class(int index); /* NULL: none */

#endif
