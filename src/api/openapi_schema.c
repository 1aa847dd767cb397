#include "api/openapi_schema.h"

#include "api/api_docmethod.h"
#include "auth/who.h"

enum { TEXT_MAX = 1024 };

bool
openapi_schema_may(const struct call *call, const struct doctype *dt, enum right right)
{
	const enum perm_grant grant =
	    call->who->is_guest ? perm_grant_of(call, dt, right) : perm_reach(call, dt, right);

	return grant != PERM_NONE;
}

bool
openapi_schema_shows(const struct call *call, const struct doctype *dt)
{
	return !dt->istable && openapi_schema_may(call, dt, RIGHT_READ);
}

bool
openapi_schema_key(struct arena *a, struct str doctype, struct str *out, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(TEXT_MAX);

	for (size_t i = 0; i < doctype.len; i++) {
		const unsigned char c = (unsigned char)doctype.ptr[i];

		if (c == ' ')
			buf_put_char(&b, '_');
		else if (c != '_' && char_is_word((char)c))
			buf_put_char(&b, (char)c);
		else
			buf_printf(&b, "-%02x", c);
	}
	return buf_ok(&b) ? arena_str(a, buf_str(&b), out, err) : err_memory(err);
}

void
openapi_schema_ref(struct json_out *o, const char *kind, struct str key)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(TEXT_MAX);

	buf_printf(&b, "#/components/%s/%.*s", kind, STR_FMT(key));
	json_open_object(o);
	json_put_str(o, "$ref", buf_str(&b));
	json_close_object(o);
}

/* ---- fields */

/* How a type looks in JSON; a column that may be empty is null in lists and in calls by name. */
/* clang-format off */
static const struct {
	const char *type; /* NULL: string */
	const char *format;
	bool always; /* never null */
} SHAPES[FIELD_TYPE_LEN] = {
	[FIELD_INT] =      { .type = "integer", .always = true },
	[FIELD_LONG_INT] = { .type = "integer", .always = true },
	[FIELD_CHECK] =    { .type = "integer", .always = true },
	[FIELD_FLOAT] =    { .type = "number", .always = true },
	[FIELD_CURRENCY] = { .type = "number", .always = true },
	[FIELD_PERCENT] =  { .type = "number", .always = true },
	[FIELD_RATING] =   { .type = "number", .always = true },
	[FIELD_DURATION] = { .type = "number" },
	[FIELD_DATE] =     { .format = "date" },
	[FIELD_PASSWORD] = { .format = "password" },
};
/* clang-format on */

static void
put_type(struct json_out *o, const struct field *f)
{
	const char *const type = SHAPES[f->type].type;
	const struct str name = type == NULL ? STR("string") : str_from(type);

	if (SHAPES[f->type].always || (f->is_standard && f->column == DOC_NAME)) {
		json_put_str(o, "type", name);
		return;
	}
	json_key(o, STR("type"));
	json_open_array(o);
	json_add_str(o, name);
	json_add_str(o, STR("null"));
	json_close_array(o);
}

/* The lines of a Select; what is empty may be any of them, or nothing. */
static void
put_choices(struct json_out *o, const struct field *f)
{
	struct str rest = f->options, line;

	if (f->options.len == 0)
		return;
	json_key(o, STR("enum"));
	json_open_array(o);
	while (rest.len > 0) {
		str_cut(rest, '\n', &line, &rest);
		line = str_trim(line);
		if (line.len > 0)
			json_add_str(o, line);
	}
	json_add_str(o, STR(""));
	json_add_null(o);
	json_close_array(o);
}

static void
put_bits(struct json_out *o)
{
	json_key(o, STR("enum"));
	json_open_array(o);
	json_add_int(o, 0);
	json_add_int(o, 1);
	json_close_array(o);
}

/* Everything of a value field but its braces. */
static void
put_value(struct json_out *o, const struct field *f, bool writable)
{
	put_type(o, f);
	if (f->label.len > 0)
		json_put_str(o, "title", f->label);
	if (SHAPES[f->type].format != NULL)
		json_put_str(o, "format", str_from(SHAPES[f->type].format));
	if (f->type == FIELD_SELECT)
		put_choices(o, f);
	if (f->type == FIELD_CHECK)
		put_bits(o);
	if (f->length > 0 && SHAPES[f->type].type == NULL)
		json_put_int(o, "maxLength", f->length);
	if (!writable || f->read_only || (f->is_standard && f->column != DOC_DOCSTATUS))
		json_put_bool(o, "readOnly", true);
	json_put_str(o, "x-fieldtype", field_type_name(f->type));
	if (f->type == FIELD_LINK && f->options.len > 0)
		json_put_str(o, "x-links-to", f->options);
}

/* What a schema is made for: the caller's levels on the DocType, or on the parent's. */
struct levels {
	uint32_t read, write;
};

static void
put_properties(struct call *call, const struct doctype *dt, const struct levels *levels);

static void
put_table(struct call *call, const struct field *f, const struct levels *levels)
{
	struct json_out *o = &call->out;
	const struct doctype *child = metas_find(call->metas, f->options);

	json_put_str(o, "type", STR("array"));
	json_put_str(o, "title", f->label);
	json_put_str(o, "x-child-doctype", f->options);
	json_key(o, STR("items"));
	json_open_object(o);
	json_put_str(o, "type", STR("object"));
	/* A child has no tables of its own. */
	if (child != NULL && child->istable)
		put_properties(call, child, levels);
	json_close_object(o);
}

static void
put_properties(struct call *call, const struct doctype *dt, const struct levels *levels)
{
	struct json_out *o = &call->out;

	json_key(o, STR("properties"));
	json_open_object(o);
	for (size_t i = 0; i < dt->fields_len; i++) {
		const struct field *f = &dt->fields[i];
		const bool is_table = f->table >= 0 && !dt->istable;

		if ((f->column < 0 && !is_table) || !perm_has_level(levels->read, f->permlevel))
			continue;
		json_key(o, f->name);
		json_open_object(o);
		if (is_table)
			put_table(call, f, levels);
		else
			put_value(o, f, perm_has_level(levels->write, f->permlevel));
		json_close_object(o);
	}
	json_key(o, STR("doctype"));
	json_open_object(o);
	json_put_str(o, "const", dt->name);
	json_close_object(o);
	json_close_object(o);
}

/* What a new document must have, as far as its metadata says. */
static void
put_required(struct call *call, const struct doctype *dt, const struct levels *levels)
{
	struct json_out *o = &call->out;

	json_key(o, STR("x-required-on-create"));
	json_open_array(o);
	for (size_t i = 0; i < dt->fields_len; i++) {
		const struct field *f = &dt->fields[i];

		if (f->reqd && f->fallback.len == 0 && perm_has_level(levels->write, f->permlevel))
			json_add_str(o, f->name);
	}
	json_close_array(o);
}

static MUST_USE bool
put_schema(struct call *call, const struct doctype *dt, struct err *err)
{
	const struct levels levels = { perm_levels(call, dt, RIGHT_READ),
		perm_levels(call, dt, RIGHT_WRITE) };
	struct json_out *o = &call->out;
	struct str key;

	if (!openapi_schema_key(call->arena, dt->name, &key, err))
		return false;
	json_key(o, key);
	json_open_object(o);
	json_put_str(o, "type", STR("object"));
	json_put_str(o, "title", dt->name);
	put_properties(call, dt, &levels);
	put_required(call, dt, &levels);
	json_put_str(o, "x-module", dt->module);
	json_close_object(o);
	return true;
}

/* ---- what all documents share */

#define RAW(...) STR_INIT(#__VA_ARGS__)

/* clang-format off */
static const struct str PARAMETERS = RAW({
	"name":{"name":"name","in":"path","required":true,"description":"The document's name; slashes as %2F","schema":{"type":"string"}},
	"method":{"name":"method","in":"path","required":true,"description":"What the document is asked to do","schema":{"$ref":"#/components/schemas/Method."}},
	"run_method":{"name":"run_method","in":"query","required":true,"description":"What the document is asked to do","schema":{"$ref":"#/components/schemas/Method."}},
	"file":{"name":"file","in":"path","required":true,"description":"The end of its file_url","schema":{"type":"string"}},
	"fid":{"name":"fid","in":"query","description":"The name of the File that is meant, where several have that file_url","schema":{"type":"string"}},
	"range":{"name":"Range","in":"header","description":"A part, such as bytes=0-99","schema":{"type":"string"}},
	"need":{"name":"need","in":"query","description":"role:NAME or scope:NAME; several times: all of them","schema":{"type":"array","items":{"type":"string"}}},
	"fields":{"name":"fields","in":"query","description":"A JSON list of fields; [\"*\"] for all","schema":{"type":"string","examples":["[\"name\",\"modified\"]"]}},
	"filters":{"name":"filters","in":"query","description":"JSON: an object of equal values, or a list of [field, operator, value]","schema":{"type":"string","examples":["[[\"modified\",\">\",\"2026-01-01\"]]"]}},
	"or_filters":{"name":"or_filters","in":"query","description":"JSON as filters; one of them must hold","schema":{"type":"string"}},
	"order_by":{"name":"order_by","in":"query","schema":{"type":"string","examples":["modified desc"]}},
	"group_by":{"name":"group_by","in":"query","schema":{"type":"string"}},
	"limit_start":{"name":"limit_start","in":"query","schema":{"type":"integer","minimum":0,"default":0}},
	"limit_page_length":{"name":"limit_page_length","in":"query","description":"0: all","schema":{"type":"integer","minimum":0,"default":20}},
	"limit":{"name":"limit","in":"query","description":"0: all","schema":{"type":"integer","minimum":0,"default":20}},
	"cursor":{"name":"cursor","in":"query","description":"next of the page before","schema":{"type":"string"}},
	"if_match":{"name":"If-Match","in":"header","description":"412 unless the document still has this ETag","schema":{"type":"string"}},
	"if_none_match":{"name":"If-None-Match","in":"header","description":"304 if it has this ETag","schema":{"type":"string"}},
	"idempotency_key":{"name":"Idempotency-Key","in":"header","description":"The same request with the same key is done once, and answered as it was, for 24 hours","schema":{"type":"string","minLength":1,"maxLength":255}},
	"prefer":{"name":"Prefer","in":"header","description":"return=minimal: name, modified and doctype are enough","schema":{"type":"string"}}
});
static const struct str RESPONSES = RAW({
	"Error":{"description":"What went wrong","content":{"application/json":{"schema":{"$ref":"#/components/schemas/Error."}}}},
	"Done":{"description":"It is done","content":{"application/json":{"schema":{"type":"object","properties":{"data":{"type":"string","const":"ok"}}}}}},
	"Count":{"description":"How many there are","content":{"application/json":{"schema":{"type":"object","properties":{"data":{"type":"integer"}}}}}},
	"Bytes":{"description":"The bytes of the file, of the type that the end of its name tells","content":{"application/octet-stream":{}}},
	"Part":{"description":"The part that Range names","headers":{"Content-Range":{"schema":{"type":"string"}}},"content":{"application/octet-stream":{}}},
	"Outside":{"description":"There is no such part","headers":{"Content-Range":{"schema":{"type":"string"}}}},
	"Known":{"description":"The fields X-Symbolon-User and the like say who it is","headers":{"X-Symbolon-User":{"schema":{"type":"string"}}}},
	"Anything":{"description":"It is so"},
	"Value":{"description":"What the method returns; nothing: {}","content":{"application/json":{"schema":{"type":"object","properties":{"message":{}}}}}},
	"Data":{"description":"What was asked for","content":{"application/json":{"schema":{"type":"object","properties":{"data":{}}}}}},
	"NotModified":{"description":"What If-None-Match names is what there is"}
});
/* No DocType has schemas of these names: theirs have no dot. */
static const struct str ERROR_SCHEMA = RAW({
	"type":"object",
	"properties":{
		"exception":{"type":"string"},
		"exc_type":{"type":"string","description":"The class: PermissionError, DoesNotExistError, ..."},
		"exc":{"type":"string"},
		"_server_messages":{"type":"string","description":"A JSON list of messages as JSON texts"},
		"_error_message":{"type":"string"},
		"errors":{"type":"array","description":"/api/v2: instead of the keys above","items":{"type":"object"}}
	}
});
static const struct str BODIES = RAW({
	"Arguments":{"content":{"application/json":{"schema":{"type":"object","properties":{
		"name":{"type":"string","description":"rename: the new name"},
		"merge":{"enum":[0,1,true,false],"description":"rename: into the document that has that name"},
		"comment_type":{"type":"string","description":"add_comment: Comment, unless it is given"},
		"text":{"type":"string","description":"add_comment"}
	}}}}}
});
static const struct str SECURITY = RAW({
	"token":{"type":"apiKey","in":"header","name":"Authorization","description":"token KEY:SECRET"},
	"basic":{"type":"http","scheme":"basic","description":"KEY as the user, SECRET as the password"},
	"cookie":{"type":"apiKey","in":"cookie","name":"sid","description":"A session of /api/method/login; requests that change something send X-Frappe-CSRF-Token, too"}
});
/* clang-format on */

static void
put_raw(struct json_out *o, const char *key, struct str json)
{
	json_key(o, str_from(key));
	json_add_raw(o, json);
}

/* What documents can be asked to do. */
static void
put_methods(struct json_out *o)
{
	struct str name;
	size_t at = 0;

	json_key(o, STR("Method."));
	json_open_object(o);
	json_put_str(o, "type", STR("string"));
	json_key(o, STR("enum"));
	json_open_array(o);
	while (!str_is_null(name = api_docmethod_next(&at)))
		json_add_str(o, name);
	json_close_array(o);
	json_close_object(o);
}

bool
openapi_schema_write(struct call *call, struct err *err)
{
	struct json_out *o = &call->out;
	const struct doctype *dt;
	size_t at = 0;

	json_key(o, STR("components"));
	json_open_object(o);
	put_raw(o, "parameters", PARAMETERS);
	put_raw(o, "requestBodies", BODIES);
	put_raw(o, "responses", RESPONSES);
	put_raw(o, "securitySchemes", SECURITY);
	json_key(o, STR("schemas"));
	json_open_object(o);
	put_raw(o, "Error.", ERROR_SCHEMA);
	put_methods(o);
	while ((dt = metas_next(call->metas, &at)) != NULL) {
		if (openapi_schema_shows(call, dt) &&
		    (!put_schema(call, dt, err) || !call_spill(call, o, err)))
			return false;
	}
	json_close_object(o);
	json_close_object(o);
	return true;
}
