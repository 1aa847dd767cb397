/*
 * args.h - a call's arguments (spec/rpc.md 3): one view of query, form and JSON body.
 */
#ifndef API_ARGS_H
#define API_ARGS_H

#include "http/call.h"
#include "http/multipart.h"
#include "http/text.h"

#include <jansson.h>

struct args;

/*
 * Parses query and body of the call once, into call->args; what args_new() made stays. ERR_JSON,
 * ERR_VALIDATION ("Invalid request arguments"), ERR_BAD_REQUEST for a form that cannot be decoded,
 * ERR_MEDIA_TYPE for a body with a Content-Encoding.
 */
MUST_USE bool args_parse(struct call *call, struct err *err);

/* call->args without arguments: for what is planned beside them. */
MUST_USE bool args_new(struct call *call, struct err *err);

struct method;      /* api/method.h */
struct idempotency; /* api/idempotency.c */
struct route;       /* api/route.h */

/* What a call is planned to do: found by its body, which has no arguments of its own. */
struct args_plan {
	const struct route *route;   /* NULL until api_plan() has found one */
	const struct method *method; /* NULL: no method */
	struct str asked;            /* the method's name as it came */
	int64_t planned_us;          /* rate_clock_us() when planning began */
	struct idempotency *once;    /* NULL: it may be done as often as it is asked for */
};
struct args_plan *args_plan(const struct call *call); /* NULL before args_new() */

/* Arguments from a JSON object (the command line). */
MUST_USE bool args_from_json(struct call *call, const json_t *object, struct err *err);

/* Makes HTML in the text arguments of a guest harmless (spec/rpc.md 1.2). */
MUST_USE bool args_clean(struct call *call, struct err *err);

/* The argument, native JSON or a JSON string for query and form values; NULL if absent. */
const json_t *args_get(const struct args *a, const char *name);
bool args_has(const struct args *a, const char *name);

/*
 * Typed access, with Frappe's errors. method is named in the texts. Required: ERR_TYPE
 * "get_value() missing 1 required positional argument: 'fieldname'"; a wrong type: ERR_FRAPPE_TYPE.
 */
MUST_USE bool args_str(const struct call *call, const char *name, struct str *out, struct err *err);
/* The same, absent or null: STR_NULL. */
MUST_USE bool
args_str_or_null(const struct call *call, const char *name, struct str *out, struct err *err);
/* "false", "0", "", "null", 0, false, null are false; absent: fallback. */
bool args_bool(const struct args *a, const char *name, bool fallback);
bool args_is_true(const json_t *v); /* the same of a value; NULL: false */
/* The same where Frappe declares a bool: other words than yes/no, on/off, t/f, ... are
 * ERR_FRAPPE_TYPE. */
MUST_USE bool
args_bool_word(const struct call *call, const char *name, bool *inout, struct err *err);
/* Native JSON, or JSON text in a string, parsed; a text that is no JSON stays the string. NULL if
 * absent. */
MUST_USE bool
args_json(const struct call *call, const char *name, const json_t **out, struct err *err);

/* The body of a create or update (spec/rest.md 6): "data" unwrapped as it applies, else all
 * arguments. Always an object. */
MUST_USE bool args_document(const struct call *call, const json_t **out, struct err *err);

/* The whole set as a JSON object (read-only). */
const json_t *args_object(const struct args *a);

/* Files of a multipart body. */
const struct http_parts *args_parts(const struct args *a);

#endif
