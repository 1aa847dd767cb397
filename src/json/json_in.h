/*
 * json_in.h - reads JSON text with jansson, into an arena.
 *
 * The tree is jansson's own (json_t) and is read-only: read it with jansson's
 * json_is_*, json_object_get and its like; never change it, never json_decref it.
 * It lives as long as the arena.
 */
#ifndef JSON_JSON_IN_H
#define JSON_JSON_IN_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/value.h"

#include <jansson.h>

enum {
	JSON_MAX_DEPTH = 64, /* arrays and objects inside each other */
};

/* Hooks jansson's memory to arenas. Once, at the start of the program (and of a unit test). */
void json_init(void);

/*
 * Reads one whole JSON value. ERR_JSON (400) with line and column for text that is no
 * JSON: also a BOM, invalid UTF-8, lone surrogates, duplicate keys of one object, nesting
 * deeper than JSON_MAX_DEPTH, NUL inside a text, NaN. ERR_LENGTH for integers outside int64 and
 * reals outside double (spec/rest.md 8). ERR_TOO_LARGE if the tree does not fit the arena. Any
 * thread.
 */
MUST_USE bool json_parse(struct arena *a, struct str text, const json_t **out, struct err *err);

/* The same of what has been written into b; ERR_TOO_LARGE if that did not fit. */
MUST_USE bool
json_parse_buf(struct arena *a, const struct buf *b, const json_t **out, struct err *err);

/*
 * The members of an object, in their order; none if o is NULL or no object:
 *
 *   for (struct json_member m = json_first(o); m.value != NULL; m = json_next(m))
 */
struct json_member {
	struct str key;
	const json_t *value; /* NULL: there are no more */
	json_t *object;      /* these two are json_next()'s */
	void *at;
};
struct json_member json_first(const json_t *o);
struct json_member json_next(struct json_member m);

/* The member of an object, or NULL (also if o is NULL or no object). */
const json_t *json_get(const json_t *o, struct str key);

/* The text of a JSON string; STR_NULL for every other value and for NULL. */
struct str json_text(const json_t *v);

/*
 * Scalars: null, true and false as 1 and 0, integers, reals, strings (bytes stay the tree's).
 * False for arrays and objects.
 */
MUST_USE bool json_to_value(const json_t *v, struct value *out);

#endif
