/*
 * json_out.h - writes JSON straight into a buffer.
 *
 * Compact separators, non-ASCII as \uXXXX (surrogate pairs), keys in the order
 * written (spec/rpc.md 8). Invalid UTF-8 is written as U+FFFD. Overruns stick in the buffer.
 *
 *   json_open_object(o); json_put_str(o, "name", s); json_close_object(o);
 */
#ifndef JSON_JSON_OUT_H
#define JSON_JSON_OUT_H

#include "base/buf.h"
#include "base/value.h"

#include <jansson.h>

struct json_out {
	struct buf *buf;
	bool comma;  /* the next value needs one before it */
	bool spaced; /* ", " and ": " as Python's json.dumps writes (the command line) */
};

#define JSON_OUT(buffer) ((struct json_out){ .buf = (buffer) })

void json_open_object(struct json_out *o);
void json_close_object(struct json_out *o);
void json_open_array(struct json_out *o);
void json_close_array(struct json_out *o);

/* Inside an object: the key of the value that follows. */
void json_key(struct json_out *o, struct str key);

/* Values: in arrays, after json_key(), or at the top. */
void json_add_null(struct json_out *o);
void json_add_bool(struct json_out *o, bool b);
void json_add_int(struct json_out *o, int64_t n);
void json_add_str(struct json_out *o, struct str s); /* STR_NULL is null */

/*
 * A number with a decimal point or an exponent, as Python's repr() of the nearest
 * value with 9 decimal places: 10.0, 0.1, 1e-07 (spec/rest.md 8).
 */
void json_add_real(struct json_out *o, double r);
void json_add_value(struct json_out *o, struct value v);

/* A tree of jansson, written as it is. */
void json_add_tree(struct json_out *o, const json_t *v);

/* Text that is already one JSON value. */
void json_add_raw(struct json_out *o, struct str json);

/* A JSON string holding the JSON array of strings items: Frappe packs messages so (spec/rpc.md 4).
 */
void json_add_packed(struct json_out *o, const struct str *items, size_t len);

/* A key and its value at once; key is a C literal that needs no escapes. */
void json_put_null(struct json_out *o, const char *key);
void json_put_bool(struct json_out *o, const char *key, bool b);
void json_put_int(struct json_out *o, const char *key, int64_t n);
void json_put_str(struct json_out *o, const char *key, struct str s);
void json_put_value(struct json_out *o, const char *key, struct value v);

#endif
