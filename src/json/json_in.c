#include "json/json_in.h"

#include "base/mem.h"

/*
 * Where jansson allocates while a parse runs in this thread; NULL: the heap. Set around
 * the parse and nowhere else (jansson's hooks take no argument).
 */
static _Thread_local struct {
	struct arena *arena;
	bool refused; /* jansson does not always say so itself */
} parsing;

static void *
allocate(size_t size)
{
	if (parsing.arena == NULL)
		return mem_alloc(size);
	void *p = arena_alloc(parsing.arena, size);

	parsing.refused |= p == NULL;
	return p;
}

/* An arena takes everything back at once. */
static void
release(void *p)
{
	if (parsing.arena == NULL)
		mem_free(p);
}

void
json_init(void)
{
	json_set_alloc_funcs(allocate, release);
}

/*
 * Refuses nesting beyond the limit before jansson, which recurses, sees it. Brackets inside
 * strings do not count; text that is no JSON at all is left to jansson.
 */
static bool
is_too_deep(struct str text)
{
	int depth = 0;
	bool in_string = false;

	for (size_t i = 0; i < text.len; i++) {
		const char c = text.ptr[i];

		if (in_string) {
			if (c == '\\')
				i++;
			else if (c == '"')
				in_string = false;
		} else if (c == '"') {
			in_string = true;
		} else if (c == '[' || c == '{') {
			if (++depth > JSON_MAX_DEPTH)
				return true;
		} else if (c == ']' || c == '}') {
			depth--;
		}
	}
	return false;
}

bool
json_parse(struct arena *a, struct str text, const json_t **out, struct err *err)
{
	json_error_t why;

	if (is_too_deep(text))
		return err_set_silent(
		    err, ERR_JSON, "JSON is nested deeper than %d levels", JSON_MAX_DEPTH);
	parsing.arena = a;
	parsing.refused = false;
	const json_t *tree = json_loadb(text.len == 0 ? "" : text.ptr, text.len,
	    JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &why);
	parsing.arena = NULL;
	if (tree != NULL) {
		*out = tree;
		return true;
	}
	if (parsing.refused)
		return err_memory(err);
	if (json_error_code(&why) == json_error_null_character ||
	    json_error_code(&why) == json_error_null_byte_in_key)
		return err_set_silent(
		    err, ERR_JSON, "A text holds a NUL: line %d column %d", why.line, why.column);
	if (json_error_code(&why) == json_error_numeric_overflow) {
		err_set(err, ERR_LENGTH, "A number is too large: line %d column %d", why.line,
		    why.column);
		return err_title(err, "Value too big");
	}
	if (json_error_code(&why) == json_error_duplicate_key)
		return err_set_silent(err, ERR_JSON,
		    "An object has the same key twice: line %d column %d", why.line, why.column);
	if (json_error_code(&why) == json_error_invalid_utf8)
		return err_set_silent(err, ERR_JSON, "The JSON is not UTF-8: line %d column %d",
		    why.line, why.column);
	return err_set_silent(
	    err, ERR_JSON, "Invalid JSON: line %d column %d", why.line, why.column);
}

bool
json_parse_buf(struct arena *a, const struct buf *b, const json_t **out, struct err *err)
{
	return buf_ok(b) ? json_parse(a, buf_str(b), out, err) : err_memory(err);
}

static struct json_member
member_at(json_t *object, void *at)
{
	if (at == NULL)
		return (struct json_member){ .value = NULL };
	return (
	    struct json_member){ .key = { json_object_iter_key(at), json_object_iter_key_len(at) },
		.value = json_object_iter_value(at),
		.object = object,
		.at = at };
}

struct json_member
json_first(const json_t *o)
{
	json_t *object = (json_t *)(uintptr_t)o; /* jansson's iterator; nothing is changed */

	return member_at(object, json_object_iter(object));
}

struct json_member
json_next(struct json_member m)
{
	return member_at(m.object, json_object_iter_next(m.object, m.at));
}

const json_t *
json_get(const json_t *o, struct str key)
{
	return json_object_getn(o, key.len == 0 ? "" : key.ptr, key.len);
}

struct str
json_text(const json_t *v)
{
	return json_is_string(v) ? (struct str){ json_string_value(v), json_string_length(v) }
				 : STR_NULL;
}

bool
json_to_value(const json_t *v, struct value *out)
{
	if (v == NULL)
		return false;
	switch (json_typeof(v)) {
	case JSON_NULL:
		*out = value_null();
		return true;
	case JSON_TRUE:
	case JSON_FALSE:
		*out = value_int(json_is_true(v));
		return true;
	case JSON_INTEGER:
		*out = value_int(json_integer_value(v));
		return true;
	case JSON_REAL:
		*out = value_real(json_real_value(v));
		return true;
	case JSON_STRING:
		*out = value_text(json_text(v));
		return true;
	case JSON_ARRAY:
	case JSON_OBJECT:
		break;
	}
	return false;
}
