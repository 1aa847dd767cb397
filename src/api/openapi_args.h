/*
 * openapi_args.h - what a method takes, for /api/openapi.json.
 *
 * Names of arguments stand behind the last colon of a method's help (api/method.h), with what they
 * may be in parentheses. The same name means the same for every method: one table says its type.
 */
#ifndef API_OPENAPI_ARGS_H
#define API_OPENAPI_ARGS_H

#include "api/method.h"

/* What the method does: its help without the arguments. */
struct str openapi_args_summary(const struct method *m);

/* "parameters" of a GET: everything may be left out here. */
void openapi_args_put_query(struct json_out *o, const struct method *m);

/* "requestBody" of a POST: JSON; a form where a file is among the arguments. */
void openapi_args_put_body(struct json_out *o, const struct method *m);

#endif
