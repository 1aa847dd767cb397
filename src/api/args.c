#include "api/args.h"

#include "api/method.h"
#include "doc/clean.h"
#include "json/json_in.h"

struct args {
	struct args_plan plan;
	const json_t *object; /* all arguments */
	const json_t
	    *json; /* the body, if it is a JSON object, whatever its content type; or NULL */
	const json_t *form; /* form fields; NULL: the body was no form */
	bool is_array;      /* the body is a JSON array */
	struct http_parts parts;
};

enum { MERGED_MAX = 64 * 1024 * 1024 };

/* Consumed by the framework: never arguments of a method, never fields of a document. The CSRF
 * token stays, for api_plan() reads it here; no method and no DocType knows it. */
static const struct str CONSUMED[] = { STR_INIT("_"), STR_INIT("sid"),
	STR_INIT("ignore_permissions"), STR_INIT("flags") };

static bool
is_consumed(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(CONSUMED); i++) {
		if (str_eq(name, CONSUMED[i]))
			return true;
	}
	return false;
}

bool
args_new(struct call *call, struct err *err)
{
	if (call->args != NULL)
		return true;
	call->args = ARENA_NEW(call->arena, struct args);
	return call->args != NULL || err_memory(err);
}

struct args_plan *
args_plan(const struct call *call)
{
	return call->args == NULL ? NULL : &call->args->plan;
}

static bool
is_first(const struct http_pairs *pairs, size_t at)
{
	for (size_t i = 0; i < at; i++) {
		if (str_eq(pairs->items[i].name, pairs->items[at].name))
			return false;
	}
	return true;
}

/* Pairs as members: the first of a name counts; those that over has, too, are left out. */
static void
add_pairs(struct json_out *o, const struct http_pairs *pairs, const json_t *over)
{
	for (size_t i = 0; i < pairs->len; i++) {
		const struct http_pair *p = &pairs->items[i];

		if (!is_first(pairs, i) || is_consumed(p->name) || json_get(over, p->name) != NULL)
			continue;
		json_key(o, p->name);
		json_add_str(o, str_is_null(p->value) ? STR("") : p->value);
	}
}

static void
add_members(struct json_out *o, const json_t *object)
{
	for (struct json_member m = json_first(object); m.value != NULL; m = json_next(m)) {
		json_key(o, m.key);
		json_add_tree(o, m.value);
	}
}

/* The pairs under an object (NULL: none), as one tree in the arena. */
static MUST_USE bool
merge(struct call *call, const struct http_pairs *pairs, const json_t *over, const json_t **out,
    struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(MERGED_MAX);
	struct json_out o = JSON_OUT(&b);

	json_open_object(&o);
	add_pairs(&o, pairs, over);
	if (over != NULL)
		add_members(&o, over);
	json_close_object(&o);
	return json_parse_buf(call->arena, &b, out, err);
}

/* {"data": [...]}: a body that is an array is one argument. */
static MUST_USE bool
wrap_array(struct call *call, struct str body, const json_t **out, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(MERGED_MAX);

	buf_lit(&b, "{\"data\":");
	buf_put(&b, body);
	buf_lit(&b, "}");
	return json_parse_buf(call->arena, &b, out, err);
}

static bool
is_json_type(struct str type)
{
	return str_ieq(type, STR("application/json")) ||
	    (type.len >= 5 && str_ieq(str_sub(type, type.len - 5, 5), STR("+json")));
}

static MUST_USE bool
parse_json_body(struct call *call, const json_t **object, struct err *err)
{
	const json_t *body;

	if (!json_parse(call->arena, call->body, &body, err))
		return false;
	if (json_is_object(body)) {
		call->args->json = body;
		*object = body;
		return true;
	}
	if (!json_is_array(body))
		return err_set(err, ERR_VALIDATION, "Invalid request arguments");
	call->args->is_array = true;
	return wrap_array(call, call->body, object, err);
}

/* What is JSON though it does not say so: only documents are taken from it (spec/rest.md 6). */
static bool
try_json(struct call *call)
{
	const struct str text = str_trim(call->body);
	const json_t *body;
	struct err ignored;

	if (!str_starts(text, STR("{")) || !json_parse(call->arena, text, &body, &ignored))
		return false;
	call->args->json = json_is_object(body) ? body : NULL;
	return call->args->json != NULL;
}

static MUST_USE bool
parse_multipart(
    struct call *call, struct str content_type, struct http_pairs *form, struct err *err)
{
	struct http_parts *parts = &call->args->parts;

	if (call->body_fd >= 0
		? !http_parse_multipart_file(
		      call->arena, call->body_fd, call->body_len, content_type, parts, err)
		: !http_parse_multipart(call->arena, call->body, content_type, parts, err))
		return false;
	form->items = ARENA_NEW_ARRAY(call->arena, struct http_pair, parts->len + 1);
	if (form->items == NULL)
		return err_memory(err);
	for (size_t i = 0; i < parts->len; i++) {
		if (!parts->items[i].is_file)
			form->items[form->len++] =
			    (struct http_pair){ parts->items[i].name, parts->items[i].bytes };
	}
	return true;
}

/* A body that is no JSON: its form fields, and *object with the query under them. */
static MUST_USE bool
parse_other_body(struct call *call, struct str content_type, const struct http_pairs *query,
    const json_t **object, struct err *err)
{
	const struct str type = http_media_type(content_type);
	const struct http_pairs none = { 0 };
	struct http_pairs form = { 0 };
	bool ok = true;

	if (str_ieq(type, STR("multipart/form-data")))
		ok = parse_multipart(call, content_type, &form, err);
	else if (!try_json(call) && str_ieq(type, STR("application/x-www-form-urlencoded")))
		ok = http_parse_form(call->arena, call->body, &form, err);
	if (!ok)
		return false;
	if (form.len > 0 && !merge(call, &form, NULL, &call->args->form, err))
		return false;
	if (query->len == 0 && call->args->form != NULL) {
		*object = call->args->form;
		return true;
	}
	return merge(call, query->len == 0 ? &none : query, call->args->form, object, err);
}

/* What a packed body holds would be guessed at (RFC 9110 8.4). */
static MUST_USE bool
check_coding(const struct call *call, struct err *err)
{
	const struct str coding = call_field(call, STR("Content-Encoding"));

	return call->body.len == 0 || coding.len == 0 || str_ieq(coding, STR("identity")) ||
	    err_set(err, ERR_MEDIA_TYPE,
		"No Content-Encoding is understood here: send the body as it is");
}

bool
args_parse(struct call *call, struct err *err)
{
	const struct str content_type = call_field(call, STR("Content-Type"));
	struct http_pairs query = { 0 };
	const json_t *object = NULL;

	if (!args_new(call, err) || !check_coding(call, err))
		return false;
	if (call->query.len > 0 && !http_parse_form(call->arena, call->query, &query, err))
		return false;
	if (call->body.len > 0 && is_json_type(http_media_type(content_type))) {
		if (!parse_json_body(call, &object, err))
			return false;
		if (query.len > 0 && !merge(call, &query, object, &object, err))
			return false;
	} else if (call->body.len > 0) {
		if (!parse_other_body(call, content_type, &query, &object, err))
			return false;
	} else if (query.len > 0) {
		if (!merge(call, &query, NULL, &object, err))
			return false;
	}
	call->args->object = object;
	return true;
}

bool
args_from_json(struct call *call, const json_t *object, struct err *err)
{
	if (object != NULL && !json_is_object(object))
		return err_set(err, ERR_VALIDATION, "Invalid request arguments");
	if (!args_new(call, err))
		return false;
	call->args->object = object;
	call->args->json = object;
	return true;
}

static bool
has_tags(const json_t *object)
{
	for (struct json_member m = json_first(object); m.value != NULL; m = json_next(m)) {
		if (json_is_string(m.value) && clean_has_tag(json_text(m.value)))
			return true;
	}
	return false;
}

static MUST_USE bool
add_clean(struct call *call, struct json_out *o, const json_t *value, struct err *err)
{
	struct str text;

	if (!json_is_string(value)) {
		json_add_tree(o, value);
		return true;
	}
	if (!clean_html(call->arena, json_text(value), &text, err))
		return false;
	json_add_str(o, text);
	return true;
}

bool
args_clean(struct call *call, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(MERGED_MAX);
	struct json_out o = JSON_OUT(&b);
	struct args *a = call->args;

	if (!has_tags(a->object))
		return true;
	json_open_object(&o);
	for (struct json_member m = json_first(a->object); m.value != NULL; m = json_next(m)) {
		json_key(&o, m.key);
		if (!add_clean(call, &o, m.value, err))
			return false;
	}
	json_close_object(&o);
	const bool is_body = a->json == a->object;

	if (!json_parse_buf(call->arena, &b, &a->object, err))
		return false;
	if (is_body)
		a->json = a->object;
	return true;
}

const json_t *
args_get(const struct args *a, const char *name)
{
	return a == NULL ? NULL : json_get(a->object, str_from(name));
}

bool
args_has(const struct args *a, const char *name)
{
	return args_get(a, name) != NULL;
}

/* "get_value" of "frappe.client.get_value". */
static struct str
function_of(const struct call *call)
{
	const struct args_plan *p = args_plan(call);
	struct str name = p != NULL && p->method != NULL ? p->method->name : STR("call");

	for (size_t i = name.len; i-- > 0;) {
		if (name.ptr[i] == '.')
			return str_sub(name, i + 1, name.len);
	}
	return name;
}

static const char *
type_name(const json_t *v)
{
	switch (json_typeof(v)) {
	case JSON_OBJECT:
		return "dict";
	case JSON_ARRAY:
		return "list";
	case JSON_STRING:
		return "str";
	case JSON_INTEGER:
		return "int";
	case JSON_REAL:
		return "float";
	case JSON_TRUE:
	case JSON_FALSE:
		return "bool";
	case JSON_NULL:
		break;
	}
	return "NoneType";
}

static bool
wrong_type(const struct call *call, const char *name, const char *wanted, const json_t *got,
    struct err *err)
{
	const struct args_plan *p = args_plan(call);
	const struct str method = p != NULL && p->method != NULL ? p->method->name : STR("call");

	return err_set_silent(err, ERR_FRAPPE_TYPE,
	    "Argument '%s' in '%.*s' should be of type '%s' but got '%s' instead.", name,
	    STR_FMT(method), wanted, type_name(got));
}

bool
args_str(const struct call *call, const char *name, struct str *out, struct err *err)
{
	const json_t *v = args_get(call->args, name);
	const struct str function = function_of(call);

	if (v == NULL)
		return err_set_silent(err, ERR_TYPE,
		    "%.*s() missing 1 required positional argument: '%s'", STR_FMT(function), name);
	if (!json_is_string(v))
		return wrong_type(call, name, "str", v, err);
	*out = json_text(v);
	return true;
}

bool
args_str_or_null(const struct call *call, const char *name, struct str *out, struct err *err)
{
	const json_t *v = args_get(call->args, name);

	if (v == NULL || json_is_null(v)) {
		*out = STR_NULL;
		return true;
	}
	return args_str(call, name, out, err);
}

bool
args_bool(const struct args *a, const char *name, bool fallback)
{
	const json_t *v = args_get(a, name);

	return v == NULL ? fallback : args_is_true(v);
}

bool
args_is_true(const json_t *v)
{
	static const struct str FALSE_WORDS[] = { STR_INIT(""), STR_INIT("0"), STR_INIT("false"),
		STR_INIT("null"), STR_INIT("none") };
	struct value value;

	if (v == NULL)
		return false;
	if (!json_to_value(v, &value))
		return true;
	switch (value.kind) {
	case VALUE_NULL:
		return false;
	case VALUE_INT:
		return value.i != 0;
	case VALUE_REAL:
		return value.r < 0 || value.r > 0;
	case VALUE_TEXT:
		for (size_t i = 0; i < ARRAY_LEN(FALSE_WORDS); i++) {
			if (str_ieq(value.s, FALSE_WORDS[i]))
				return false;
		}
		return true;
	}
	return true;
}

bool
args_bool_word(const struct call *call, const char *name, bool *inout, struct err *err)
{
	/* clang-format off */
	static const struct { struct str word; bool is; } WORDS[] = {
		{ STR_INIT("true"), true },   { STR_INIT("1"), true },     { STR_INIT("yes"), true },
		{ STR_INIT("on"), true },     { STR_INIT("t"), true },     { STR_INIT("y"), true },
		{ STR_INIT("false"), false }, { STR_INIT("0"), false },    { STR_INIT("no"), false },
		{ STR_INIT("off"), false },   { STR_INIT("f"), false },    { STR_INIT("n"), false },
		{ STR_INIT(""), false },      { STR_INIT("null"), false },
	};
	/* clang-format on */
	const json_t *v = args_get(call->args, name);

	if (v == NULL)
		return true;
	if (json_is_object(v) || json_is_array(v))
		return wrong_type(call, name, "bool", v, err);
	if (!json_is_string(v)) {
		*inout = args_bool(call->args, name, *inout);
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(WORDS); i++) {
		if (str_ieq(json_text(v), WORDS[i].word)) {
			*inout = WORDS[i].is;
			return true;
		}
	}
	return wrong_type(call, name, "bool", v, err);
}

/* JSON text in a string is parsed; what is no JSON stays the string. */
static MUST_USE bool
unpack(const struct call *call, const json_t *v, const json_t **out, struct err *err)
{
	const struct str text = json_is_string(v) ? str_trim(json_text(v)) : STR_NULL;

	*out = v;
	if (text.len == 0 || (text.ptr[0] != '{' && text.ptr[0] != '[' && text.ptr[0] != '"'))
		return true;
	return json_parse(call->arena, text, out, err) || err->kind == ERR_JSON;
}

bool
args_json(const struct call *call, const char *name, const json_t **out, struct err *err)
{
	const json_t *v = args_get(call->args, name);

	*out = NULL;
	return v == NULL || unpack(call, v, out, err);
}

/* The wrapper "data" of a body, if it is one; else *out stays. */
static MUST_USE bool
unwrap(const struct call *call, const json_t *body, bool only_alone, const json_t **out,
    struct err *err)
{
	const json_t *data = json_get(body, STR("data"));
	const json_t *inner;

	if (call->v2 || data == NULL || (only_alone && json_object_size(body) != 1))
		return true;
	if (!unpack(call, data, &inner, err))
		return false;
	if (json_is_object(inner))
		*out = inner;
	else if (!only_alone)
		return err_set(err, ERR_JSON, "The argument \"data\" must be a JSON object");
	return true;
}

static MUST_USE bool
empty_object(const struct call *call, const json_t **out, struct err *err)
{
	return json_parse(call->arena, STR("{}"), out, err);
}

bool
args_document(const struct call *call, const json_t **out, struct err *err)
{
	const struct args *a = call->args;

	if (a->is_array)
		return err_set(err, ERR_TYPE, "The body must be one JSON object, not a list");
	if (a->form != NULL) {
		*out = a->form;
		return unwrap(call, a->form, false, out, err);
	}
	if (a->json != NULL) {
		*out = a->json;
		return unwrap(call, a->json, true, out, err);
	}
	if (a->object == NULL)
		return empty_object(call, out, err);
	*out = a->object;
	return unwrap(call, a->object, false, out, err);
}

const json_t *
args_object(const struct args *a)
{
	return a == NULL ? NULL : a->object;
}

const struct http_parts *
args_parts(const struct args *a)
{
	return &a->parts;
}
