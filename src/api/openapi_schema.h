/*
 * openapi_schema.h - the parts of an OpenAPI document that its operations refer to.
 */
#ifndef API_OPENAPI_SCHEMA_H
#define API_OPENAPI_SCHEMA_H

#include "doc/perm.h"

/*
 * Writes the object "components": shared parameters, answers and ways to log in, and a schema for
 * each DocType for which openapi_schema_shows(): its fields by type, those of levels that the
 * caller may not read left out.
 */
MUST_USE bool openapi_schema_write(struct call *call, struct err *err);

/* Is the DocType in the caller's document? Child tables are parts of their parents. */
bool openapi_schema_shows(const struct call *call, const struct doctype *dt);

/* May the caller do that to some document of it, his own record of User among them? */
bool openapi_schema_may(const struct call *call, const struct doctype *dt, enum right right);

/* The DocType's name as that of a schema: letters, digits, . - and _ for a blank. In the arena. */
MUST_USE bool
openapi_schema_key(struct arena *a, struct str doctype, struct str *out, struct err *err);

/* {"$ref":"#/components/KIND/KEY"} as the value that is due. */
void openapi_schema_ref(struct json_out *o, const char *kind, struct str key);

#endif
