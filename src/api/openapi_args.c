#include "api/openapi_args.h"

/* clang-format off */
#define JSON_TEXT ",\"contentMediaType\":\"application/json\""

/* The schema of a value in a body, and of the same in a query, where JSON is a text. */
static const struct type {
	struct str body, query;
} TEXT = { STR_INIT("\"type\":\"string\""), STR_INIT("\"type\":\"string\"") },
  DATE = { STR_INIT("\"type\":\"string\",\"format\":\"date\""), STR_INIT("\"type\":\"string\",\"format\":\"date\"") },
  EMAIL = { STR_INIT("\"type\":\"string\",\"format\":\"email\""), STR_INIT("\"type\":\"string\",\"format\":\"email\"") },
  PASSWORD = { STR_INIT("\"type\":\"string\",\"format\":\"password\",\"writeOnly\":true"), STR_INIT("\"type\":\"string\",\"format\":\"password\"") },
  NUMBER = { STR_INIT("\"type\":\"integer\",\"minimum\":0"), STR_INIT("\"type\":\"integer\",\"minimum\":0") },
  FLAG = { STR_INIT("\"enum\":[0,1,true,false]"), STR_INIT("\"type\":\"integer\",\"enum\":[0,1]") },
  LIST = { STR_INIT("\"type\":[\"array\",\"string\"]"), STR_INIT("\"type\":\"string\"" JSON_TEXT) },
  FILTERS = { STR_INIT("\"type\":[\"array\",\"object\",\"string\"],\"examples\":[{\"name\":[\"like\",\"a%\"]}]"), STR_INIT("\"type\":\"string\"" JSON_TEXT) },
  DOCUMENT = { STR_INIT("\"type\":[\"object\",\"string\"],\"properties\":{\"doctype\":{\"type\":\"string\"}},\"required\":[\"doctype\"]"), STR_INIT("\"type\":\"string\"" JSON_TEXT) },
  OBJECT = { STR_INIT("\"type\":[\"object\",\"string\"]"), STR_INIT("\"type\":\"string\"" JSON_TEXT) },
  FILE_BYTES = { STR_INIT("\"type\":\"string\",\"contentMediaType\":\"application/octet-stream\""), STR_INIT("\"type\":\"string\"") },
  ANYTHING = { STR_INIT(""), STR_INIT("\"type\":\"string\"") };

static const struct argument {
	struct str name;
	const struct type *type;
	const char *description; /* NULL: the name says it */
} ARGUMENTS[] = {
	{ STR_INIT("action"), &TEXT, NULL },
	{ STR_INIT("add"), &TEXT, "Yes or No" },
	{ STR_INIT("after"), &NUMBER, "The place to go on behind" },
	{ STR_INIT("args"), &OBJECT, NULL },
	{ STR_INIT("assign_to"), &LIST, "Names of users" },
	{ STR_INIT("cached_timestamp"), &TEXT, NULL },
	{ STR_INIT("color"), &TEXT, NULL },
	{ STR_INIT("comment_by"), &TEXT, NULL },
	{ STR_INIT("comment_email"), &EMAIL, NULL },
	{ STR_INIT("content"), &TEXT, NULL },
	{ STR_INIT("date"), &DATE, NULL },
	{ STR_INIT("decode_base64"), &FLAG, NULL },
	{ STR_INIT("description"), &TEXT, NULL },
	{ STR_INIT("dn"), &TEXT, "The document's name" },
	{ STR_INIT("doc"), &DOCUMENT, "A whole document, with its DocType" },
	{ STR_INIT("docfield"), &TEXT, "The field that gets the file's address" },
	{ STR_INIT("docname"), &TEXT, "The document's name" },
	{ STR_INIT("docs"), &LIST, "Documents, each with its DocType" },
	{ STR_INIT("doctype"), &TEXT, "The DocType's name" },
	{ STR_INIT("dt"), &TEXT, "The DocType's name" },
	{ STR_INIT("everyone"), &FLAG, NULL },
	{ STR_INIT("fid"), &TEXT, "The File's name" },
	{ STR_INIT("field"), &TEXT, NULL },
	{ STR_INIT("fieldname"), &LIST, "A field, or a JSON list or object of several" },
	{ STR_INIT("fields"), &LIST, "A JSON list of fields" },
	{ STR_INIT("file"), &FILE_BYTES, NULL },
	{ STR_INIT("file_name"), &TEXT, NULL },
	{ STR_INIT("file_url"), &TEXT, NULL },
	{ STR_INIT("file_list"), &LIST, "Objects with the name of a File each" },
	{ STR_INIT("filedata"), &TEXT, NULL },
	{ STR_INIT("filename"), &TEXT, NULL },
	{ STR_INIT("filters"), &FILTERS, "An object of equal values, or a list of [field, operator, value]" },
	{ STR_INIT("folder"), &TEXT, "Home, or Home/Name" },
	{ STR_INIT("force"), &FLAG, NULL },
	{ STR_INIT("from"), &DATE, NULL },
	{ STR_INIT("head"), &TEXT, "The digest of a seal that was kept elsewhere" },
	{ STR_INIT("if_owner"), &FLAG, NULL },
	{ STR_INIT("is_private"), &FLAG, NULL },
	{ STR_INIT("items"), &LIST, "Names of documents" },
	{ STR_INIT("key"), &TEXT, NULL },
	{ STR_INIT("keys"), &LIST, "Names of API keys" },
	{ STR_INIT("limit"), &NUMBER, NULL },
	{ STR_INIT("limit_page_length"), &NUMBER, "0: all" },
	{ STR_INIT("limit_start"), &NUMBER, NULL },
	{ STR_INIT("merge"), &FLAG, NULL },
	{ STR_INIT("method"), &TEXT, NULL },
	{ STR_INIT("name"), &TEXT, "The document's name" },
	{ STR_INIT("names"), &LIST, "Names of documents" },
	{ STR_INIT("new"), &TEXT, NULL },
	{ STR_INIT("new_name"), &TEXT, NULL },
	{ STR_INIT("new_parent"), &TEXT, "The folder's name" },
	{ STR_INIT("new_password"), &PASSWORD, NULL },
	{ STR_INIT("next"), &TEXT, "Of the answer before" },
	{ STR_INIT("old"), &TEXT, NULL },
	{ STR_INIT("old_name"), &TEXT, NULL },
	{ STR_INIT("old_parent"), &TEXT, "It may be left out" },
	{ STR_INIT("old_password"), &PASSWORD, NULL },
	{ STR_INIT("order_by"), &TEXT, "Such as: modified desc" },
	{ STR_INIT("others"), &FLAG, NULL },
	{ STR_INIT("overlap"), &TEXT, "Seconds, or such as 90s, 15m, 24h, 7d" },
	{ STR_INIT("page_length"), &NUMBER, NULL },
	{ STR_INIT("password"), &PASSWORD, NULL },
	{ STR_INIT("perm_type"), &TEXT, "A right, such as read" },
	{ STR_INIT("parent"), &TEXT, "The DocType's name" },
	{ STR_INIT("permission_to"), &TEXT, "A right, such as write" },
	{ STR_INIT("permlevel"), &NUMBER, NULL },
	{ STR_INIT("priority"), &TEXT, "High, Medium or Low" },
	{ STR_INIT("ptype"), &TEXT, "A right, such as read" },
	{ STR_INIT("pwd"), &PASSWORD, NULL },
	{ STR_INIT("read"), &FLAG, NULL },
	{ STR_INIT("reason"), &TEXT, NULL },
	{ STR_INIT("reference_doctype"), &TEXT, "The DocType's name" },
	{ STR_INIT("reference_name"), &TEXT, "The document's name" },
	{ STR_INIT("role"), &TEXT, NULL },
	{ STR_INIT("rules"), &LIST, "Each an object with role, permlevel, if_owner, and rights as 0 or 1" },
	{ STR_INIT("session"), &TEXT, NULL },
	{ STR_INIT("share"), &FLAG, NULL },
	{ STR_INIT("start"), &NUMBER, NULL },
	{ STR_INIT("submit"), &FLAG, NULL },
	{ STR_INIT("tag"), &TEXT, NULL },
	{ STR_INIT("tags"), &LIST, "Tags" },
	{ STR_INIT("title"), &TEXT, NULL },
	{ STR_INIT("to"), &DATE, NULL },
	{ STR_INIT("txt"), &TEXT, "What is looked for" },
	{ STR_INIT("uid"), &TEXT, "A user's name" },
	{ STR_INIT("undo"), &TEXT, "What the revocation answered" },
	{ STR_INIT("user"), &TEXT, "A user's name" },
	{ STR_INIT("usr"), &TEXT, "Name, e-mail or mobile number" },
	{ STR_INIT("value"), &ANYTHING, NULL },
	{ STR_INIT("with_parent"), &FLAG, NULL },
	{ STR_INIT("write"), &FLAG, NULL },
};
/* clang-format on */

static const struct argument *
find(struct str name)
{
	static const struct argument UNKNOWN = { .type = &ANYTHING };

	for (size_t i = 0; i < ARRAY_LEN(ARGUMENTS); i++) {
		if (str_eq(ARGUMENTS[i].name, name))
			return &ARGUMENTS[i];
	}
	return &UNKNOWN;
}

/* ---- the help of a method */

/* Where its arguments begin, behind the last colon; its end if there is none. */
static size_t
arguments_at(struct str help)
{
	size_t at = help.len;

	for (size_t i = 0; i + 1 < help.len; i++) {
		if (help.ptr[i] == ':' && help.ptr[i + 1] == ' ')
			at = i + 2;
	}
	return at;
}

static struct str
help_of(const struct method *m)
{
	return m->help == NULL ? STR("") : str_from(m->help);
}

struct str
openapi_args_summary(const struct method *m)
{
	const struct str help = help_of(m);
	const size_t at = arguments_at(help);

	if (help.len == 0)
		return m->name;
	return at == help.len ? help : str_sub(help, 0, at - 2);
}

static bool
is_name(struct str word)
{
	for (size_t i = 0; i < word.len; i++) {
		if (!char_is_word(word.ptr[i]))
			return false;
	}
	return word.len > 0 && !str_eq(word, STR("and")) && !str_eq(word, STR("or"));
}

/* The next argument; *rest starts there. What stands in parentheses is none. */
static bool
next_argument(struct str *rest, struct str *name)
{
	bool inside = false;

	while (str_part(rest, STR(", "), name)) {
		inside = inside || str_starts(*name, STR("("));
		if (!inside && is_name(*name))
			return true;
		inside = inside && !str_ends(*name, STR(")"));
	}
	return false;
}

static struct str
arguments_of(const struct method *m)
{
	const struct str help = help_of(m);

	return str_sub(help, arguments_at(help), help.len);
}

/* ---- writing */

static void
put_schema(struct json_out *o, struct str schema, const char *description)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(1024);

	buf_lit(&b, "{");
	buf_put(&b, schema);
	if (description != NULL)
		buf_printf(&b, "%s\"description\":\"%s\"", schema.len > 0 ? "," : "", description);
	buf_lit(&b, "}");
	json_add_raw(o, buf_str(&b));
}

void
openapi_args_put_query(struct json_out *o, const struct method *m)
{
	struct str rest = arguments_of(m), name;

	json_key(o, STR("parameters"));
	json_open_array(o);
	while (next_argument(&rest, &name)) {
		const struct argument *a = find(name);

		json_open_object(o);
		json_put_str(o, "name", name);
		json_put_str(o, "in", STR("query"));
		if (a->description != NULL)
			json_put_str(o, "description", str_from(a->description));
		json_key(o, STR("schema"));
		put_schema(o, a->type->query, NULL);
		json_close_object(o);
	}
	json_close_array(o);
}

static bool
takes_file(const struct method *m)
{
	struct str rest = arguments_of(m), name;

	while (next_argument(&rest, &name)) {
		if (find(name)->type == &FILE_BYTES)
			return true;
	}
	return false;
}

void
openapi_args_put_body(struct json_out *o, const struct method *m)
{
	struct str rest = arguments_of(m), name;

	json_key(o, STR("requestBody"));
	json_open_object(o);
	json_key(o, STR("content"));
	json_open_object(o);
	json_key(o, takes_file(m) ? STR("multipart/form-data") : STR("application/json"));
	json_open_object(o);
	json_key(o, STR("schema"));
	json_open_object(o);
	json_put_str(o, "type", STR("object"));
	json_key(o, STR("properties"));
	json_open_object(o);
	while (next_argument(&rest, &name)) {
		const struct argument *a = find(name);

		json_key(o, name);
		put_schema(o, a->type->body, a->description);
	}
	for (int depth = 0; depth < 5; depth++)
		json_close_object(o);
}
