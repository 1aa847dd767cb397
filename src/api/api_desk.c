#include "api/api_desk.h"

#include "api/api_doc.h"
#include "api/api_rest.h"
#include "api/args.h"
#include "doc/cast.h"
#include "doc/perm.h"
#include "json/json_in.h"

static const struct api_rest_paging PAGING = { "page_length", "limit_page_length", "start", NULL };

enum {
	FOUND_LENGTH = 10,
	LENGTH_MAX = 1000, /* that a search finds */
	FIELDS_MAX = 32,
};

/* ---- lists */

static MUST_USE bool
list_args(struct call *call, struct list_args *list, struct err *err)
{
	return api_doc_type(call, &list->doctype, err) &&
	    api_rest_list_args(call, &PAGING, list, err);
}

/* {"keys": [...], "values": [[...], ...], "user_info": {}}; no rows: []. */
static bool
get(struct call *call, struct err *err)
{
	struct buf *body = &call->response.body;
	const struct json_out before = call->out;
	const size_t begin = body->len;
	struct list_args list = { 0 };

	if (!list_args(call, &list, err))
		return false;
	list.as_arrays = true;
	json_open_object(&call->out);
	json_key(&call->out, STR("keys"));
	if (!list_write_keys(call, &list, &call->out, err))
		return false;
	json_key(&call->out, STR("values"));
	const size_t rows = body->len;

	if (!list_write(call, &list, &call->out, err))
		return false;
	if (call->spill.len == 0 && str_eq(str_sub(buf_str(body), rows, body->len), STR("[]"))) {
		buf_truncate(body, begin);
		call->out = before;
		json_add_raw(&call->out, STR("[]"));
		return true;
	}
	json_key(&call->out, STR("user_info"));
	json_add_raw(&call->out, STR("{}"));
	json_close_object(&call->out);
	return true;
}

static bool
get_list(struct call *call, struct err *err)
{
	struct list_args list = { 0 };

	return list_args(call, &list, err) && list_write(call, &list, &call->out, err);
}

static bool
get_count(struct call *call, struct err *err)
{
	struct list_args list = { 0 };
	int64_t n;

	if (!list_args(call, &list, err) || !list_count(call, &list, &n, err))
		return false;
	json_add_int(&call->out, n);
	return true;
}

/* ---- search for links */

/* What a search shows: name, the title, then the search fields of the DocType, each once. */
struct shown {
	struct str names[FIELDS_MAX];
	size_t len;
};

static void
show(struct shown *s, const struct doctype *dt, struct str name)
{
	const struct field *f = doctype_field(dt, name);

	for (size_t i = 0; i < s->len; i++) {
		if (str_eq(s->names[i], name))
			return;
	}
	if (f != NULL && f->column >= 0 && s->len < FIELDS_MAX)
		s->names[s->len++] = f->name;
}

static void
show_all(struct shown *s, const struct doctype *dt)
{
	struct str rest = dt->search_fields;

	s->len = 0;
	show(s, dt, STR("name"));
	show(s, dt, dt->title_field);
	while (rest.len > 0) {
		struct str one;

		str_cut(rest, ',', &one, &rest);
		show(s, dt, str_trim(one));
	}
}

static MUST_USE bool
fields_tree(struct call *call, const struct shown *s, const json_t **out, struct err *err)
{
	CLEANUP(buf_free) struct buf b = call_scratch(call);
	struct json_out o = JSON_OUT(&b);

	json_open_array(&o);
	for (size_t i = 0; i < s->len; i++)
		json_add_str(&o, s->names[i]);
	json_close_array(&o);
	return json_parse_buf(call->arena, &b, out, err);
}

static void
put_filter(struct json_out *o, struct str field, const char *word, struct str value)
{
	json_open_array(o);
	json_add_str(o, field);
	json_add_str(o, str_from(word));
	json_add_str(o, value);
	json_close_array(o);
}

/* Any of the texts that are shown holds the pattern. */
static MUST_USE bool
any_of(struct call *call, const struct doctype *dt, const struct shown *s, struct str pattern,
    const json_t **out, struct err *err)
{
	CLEANUP(buf_free) struct buf b = call_scratch(call);
	struct json_out o = JSON_OUT(&b);

	json_open_array(&o);
	for (size_t i = 0; i < s->len; i++) {
		const int column = field_type_column(doctype_field(dt, s->names[i])->type);

		if (column == DB_TYPE_NAME || column == DB_TYPE_TEXT)
			put_filter(&o, s->names[i], "like", pattern);
	}
	json_close_array(&o);
	return json_parse_buf(call->arena, &b, out, err);
}

static bool
has_check(const struct doctype *dt, struct str name)
{
	const struct field *f = doctype_field(dt, name);

	return f != NULL && f->type == FIELD_CHECK;
}

/* What is switched off is not found; names begin with the text (word "like"), or do not. */
static MUST_USE bool
more_filters(struct call *call, const struct doctype *dt, const char *word, struct str pattern,
    const json_t **out, struct err *err)
{
	CLEANUP(buf_free) struct buf b = call_scratch(call);
	struct json_out o = JSON_OUT(&b);

	json_open_array(&o);
	if (pattern.len > 0)
		put_filter(&o, STR("name"), word, pattern);
	if (has_check(dt, STR("enabled")))
		put_filter(&o, STR("enabled"), "=", STR("1"));
	if (has_check(dt, STR("disabled")))
		put_filter(&o, STR("disabled"), "!=", STR("1"));
	json_close_array(&o);
	return json_parse_buf(call->arena, &b, out, err);
}

/* A value of a row as text; a list shows no other values than scalars. */
static MUST_USE bool
text_of(struct call *call, const json_t *v, struct str *out, struct err *err)
{
	struct value value;

	if (!json_to_value(v, &value))
		value = value_null();
	return cast_to_text(call->arena, value, out, err);
}

/* "value", "description" and, where links show titles, "label": the texts after the name. */
static MUST_USE bool
put_found(struct call *call, const struct doctype *dt, const json_t *row, struct err *err)
{
	CLEANUP(buf_free) struct buf b = call_scratch(call);
	const bool titled = dt->show_title_field_in_link && dt->title_field.len > 0;
	struct str name, text;

	if (!text_of(call, json_array_get(row, 0), &name, err))
		return false;
	if (titled)
		buf_put(&b, name);
	for (size_t i = titled ? 2 : 1; i < json_array_size(row); i++) {
		if (!text_of(call, json_array_get(row, i), &text, err))
			return false;
		if (text.len > 0)
			buf_printf(&b, "%s%.*s", b.len > 0 ? ", " : "", STR_FMT(text));
	}
	json_open_object(&call->out);
	json_put_str(&call->out, "value", name);
	if (titled) {
		if (!text_of(call, json_array_get(row, 1), &text, err))
			return false;
		json_put_str(&call->out, "label", text.len > 0 ? text : name);
	}
	json_put_str(&call->out, "description", b.len > 0 ? buf_str(&b) : STR(""));
	json_close_object(&call->out);
	return buf_ok(&b) || err_memory(err);
}

/* Adds what one list of the search finds; *left is how many more are wanted. */
static MUST_USE bool
find(struct call *call, struct list_args *list, int64_t *left, struct err *err)
{
	const json_t *rows;

	list->length = *left;
	if (!api_doc_rows(call, list, &rows, err))
		return false;
	for (size_t i = 0; i < json_array_size(rows); i++) {
		if (!put_found(call, list->doctype, json_array_get(rows, i), err))
			return false;
	}
	*left -= (int64_t)json_array_size(rows);
	return true;
}

/* Names that begin with the text come first. */
static MUST_USE bool
find_text(struct call *call, struct list_args *list, const struct shown *s, struct str text,
    int64_t *left, struct err *err)
{
	struct str begins, holds;

	if (!arena_printf(call->arena, &begins, err, "%.*s%%", STR_FMT(text)) ||
	    !arena_printf(call->arena, &holds, err, "%%%.*s%%", STR_FMT(text)) ||
	    !more_filters(call, list->doctype, "like", begins, &list->more, err) ||
	    !find(call, list, left, err))
		return false;
	if (*left <= 0)
		return true;
	return any_of(call, list->doctype, s, holds, &list->or_filters, err) &&
	    more_filters(call, list->doctype, "not like", begins, &list->more, err) &&
	    find(call, list, left, err);
}

static bool
search_link(struct call *call, struct err *err)
{
	struct list_args list = { .as_arrays = true, .order_by = STR("name asc") };
	const json_t *length = args_get(call->args, "page_length");
	int64_t left = FOUND_LENGTH;
	struct shown shown;
	struct str text;
	bool ok;

	if (!api_doc_type(call, &list.doctype, err) || !args_str_or_null(call, "txt", &text, err) ||
	    (length != NULL && !list_parse_limit(length, &left, err)))
		return false;
	show_all(&shown, list.doctype);
	list.filters = args_get(call->args, "filters");
	left = left == 0 || left > LENGTH_MAX ? LENGTH_MAX : left;
	if (!fields_tree(call, &shown, &list.fields, err))
		return false;
	json_open_array(&call->out);
	if (text.len > 0)
		ok = find_text(call, &list, &shown, text, &left, err);
	else
		ok = more_filters(call, list.doctype, "like", STR(""), &list.more, err) &&
		    find(call, &list, &left, err);
	json_close_array(&call->out);
	return ok;
}

/* The members of a row beside "name". */
static void
put_others(struct json_out *o, const json_t *row)
{
	for (struct json_member m = json_first(row); m.value != NULL; m = json_next(m)) {
		if (str_eq(m.key, STR("name")))
			continue;
		json_key(o, m.key);
		json_add_tree(o, m.value);
	}
}

/* Is there such a document? Its name as it is stored, null if there is none, and fields of it. */
static bool
validate_link(struct call *call, struct err *err)
{
	struct list_args list = { .length = 1 };
	const json_t *given = args_get(call->args, "docname"), *rows;
	struct str name;

	if (!api_doc_type(call, &list.doctype, err) || !args_str(call, "docname", &name, err) ||
	    !args_json(call, "fields", &list.fields, err))
		return false;
	if (perm_grant_of(call, list.doctype, RIGHT_SELECT) == PERM_NONE &&
	    perm_grant_of(call, list.doctype, RIGHT_READ) == PERM_NONE)
		return err_set(err, ERR_PERMISSION,
		    "You do not have Read or Select Permissions for <strong>%.*s</strong>",
		    STR_FMT(list.doctype->name));
	if (!api_doc_member(call, STR("name"), given, &list.filters, err) ||
	    !list_first(call, &list, &name, err))
		return false;
	json_open_object(&call->out);
	json_key(&call->out, STR("name"));
	if (str_is_null(name))
		json_add_null(&call->out);
	else
		json_add_str(&call->out, name);
	if (!str_is_null(name) && list.fields != NULL) {
		if (!api_doc_rows(call, &list, &rows, err))
			return false;
		put_others(&call->out, json_array_get(rows, 0));
	}
	json_close_object(&call->out);
	return true;
}

/* clang-format off */
static const struct method METHODS[] = {
	{ .name = STR_INIT("frappe.client.validate_link"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_READ, .body = validate_link,
	  .help = "Is there such a document: doctype, docname, fields" },
	{ .name = STR_INIT("frappe.desk.search.search_link"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_READ, .body = search_link,
	  .help = "Find documents to link to: doctype, txt, filters, page_length" },
	{ .name = STR_INIT("frappe.desk.reportview.get"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_READ, .body = get,
	  .help = "List documents as a table: doctype, fields, filters, order_by, start, page_length" },
	{ .name = STR_INIT("frappe.desk.reportview.get_list"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_READ, .body = get_list,
	  .help = "List documents: doctype, fields, filters, order_by, start, page_length" },
	{ .name = STR_INIT("frappe.desk.reportview.get_count"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_READ, .body = get_count,
	  .help = "Count documents: doctype, filters" },
};
/* clang-format on */

const struct method_table API_DESK_METHODS = { METHODS, ARRAY_LEN(METHODS) };
