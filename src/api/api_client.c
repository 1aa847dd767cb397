#include "api/api_client.h"

#include "api/api_doc.h"
#include "api/api_rest.h"
#include "api/args.h"
#include "doc/cast.h"
#include "doc/doc_secrets.h"
#include "doc/levels.h"
#include "doc/perm.h"
#include "doc/single.h"
#include "json/json_in.h"

static const struct api_rest_paging PAGING = { "limit_page_length", NULL, "limit_start", NULL };

/* What set_value refuses by name: these are kept by the server. */
static const struct str STANDARD[] = { STR_INIT("name"), STR_INIT("owner"), STR_INIT("creation"),
	STR_INIT("modified"), STR_INIT("modified_by"), STR_INIT("docstatus"), STR_INIT("idx"),
	STR_INIT("parent"), STR_INIT("parentfield"), STR_INIT("parenttype") };

/* What was written: the document; of a child row its parent. */
static MUST_USE bool
write_written(struct call *call, const struct doc *d, struct err *err)
{
	const struct str parent = value_str(doc_get(d, STR("parent")));
	const struct str parenttype = value_str(doc_get(d, STR("parenttype")));
	const struct doctype *dt;
	struct doc *whole;

	if (!d->doctype->istable || parent.len == 0 || parenttype.len == 0)
		return api_doc_write(call, d, err);
	return doc_type(call, parenttype, &dt, err) && doc_read(call, dt, parent, &whole, err) &&
	    api_doc_write(call, whole, err);
}

static bool
is_falsy(const json_t *v)
{
	struct value value;

	if (v == NULL)
		return true;
	if (!json_to_value(v, &value))
		return json_is_array(v) ? json_array_size(v) == 0 : json_object_size(v) == 0;
	switch (value.kind) {
	case VALUE_NULL:
		return true;
	case VALUE_INT:
		return value.i == 0;
	case VALUE_REAL:
		return !(value.r < 0 || value.r > 0);
	case VALUE_TEXT:
		return value.s.len == 0;
	}
	return false;
}

/* The argument filters; text that is no JSON is a name, and what is empty is none. */
static MUST_USE bool
arg_filters(const struct call *call, const json_t **out, struct err *err)
{
	const json_t *filters;

	if (!args_json(call, "filters", &filters, err))
		return false;
	*out = is_falsy(filters) ? NULL : filters;
	return !json_is_string(*out) || api_doc_member(call, STR("name"), filters, out, err);
}

/* reading */

/* Boolean words are checked though nothing is debugged: the text of queries is nobody's to see. */
static MUST_USE bool
check_debug(const struct call *call, struct err *err)
{
	bool debug = false;

	return args_bool_word(call, "debug", &debug, err);
}

static bool
get_list(struct call *call, struct err *err)
{
	struct list_args list = { 0 };

	if (!check_debug(call, err) || !api_doc_type(call, &list.doctype, err) ||
	    !api_rest_list_args(call, &PAGING, &list, err))
		return false;
	return list_write(call, &list, &call->out, err);
}

static bool
get_list_plan(struct call *call, struct err *err)
{
	const struct str name = json_text(args_get(call->args, "doctype"));
	struct list_args list = { .doctype = metas_find(call->metas, name) };

	/* What is wrong with the arguments is the body's to say. */
	if (list.doctype != NULL && api_rest_list_args(call, &PAGING, &list, err) &&
	    list_is_short(&list))
		call->plan.run = RUN_SHORT_READ;
	return true;
}

static bool
get_count(struct call *call, struct err *err)
{
	struct list_args list = { .filters = args_get(call->args, "filters") };
	int64_t n;

	if (!check_debug(call, err) || !api_doc_type(call, &list.doctype, err) ||
	    !list_count(call, &list, &n, err))
		return false;
	json_add_int(&call->out, n);
	return true;
}

static bool
not_found(const struct doctype *dt, const char *what, struct err *err)
{
	return err_set(err, ERR_DOES_NOT_EXIST, "%.*s %s not found", STR_FMT(dt->name), what);
}

/* The name that get() asks for: given, of the first match, or of the single. */
static MUST_USE bool
name_of_get(struct call *call, const struct doctype *dt, struct str *name, struct err *err)
{
	const struct list_args list = {
		.doctype = dt, .filters = args_get(call->args, "filters"), .length = 1
	};

	if (!args_str_or_null(call, "name", name, err))
		return false;
	if (name->len > 0)
		return true;
	if (dt->issingle) {
		*name = dt->name;
		return true;
	}
	if (list.filters == NULL)
		return not_found(dt, "None", err);
	if (!list_first(call, &list, name, err))
		return false;
	return !str_is_null(*name) || not_found(dt, "with these filters", err);
}

/* A child row is read for the sake of a parent, which must be named. */
static MUST_USE bool
check_parent(const struct call *call, const struct doctype *dt, struct err *err)
{
	struct str parent;

	if (!dt->istable)
		return true;
	if (!args_str_or_null(call, "parent", &parent, err))
		return false;
	return parent.len > 0 || err_set_silent(err, ERR_PERMISSION, "%s", "");
}

static bool
get(struct call *call, struct err *err)
{
	const struct doctype *dt;
	struct str name;
	struct doc *d;

	return api_doc_type(call, &dt, err) && check_parent(call, dt, err) &&
	    name_of_get(call, dt, &name, err) && doc_read(call, dt, name, &d, err) &&
	    api_doc_write(call, d, err);
}

/* Without filters by name it is a list. */
static bool
get_plan(struct call *call, struct err *err)
{
	(void)err;
	if (!args_has(call->args, "name") && args_has(call->args, "filters"))
		call->plan.run = RUN_READ;
	return true;
}

/* get_value: the first row of a list of one, or {}. */
static MUST_USE bool
write_first_row(struct call *call, struct list_args *list, struct err *err)
{
	CLEANUP(buf_free) struct buf b = call_scratch(call);
	struct json_out rows = JSON_OUT(&b);

	list->length = 1;
	if (!list_write(call, list, &rows, err))
		return false;
	if (!buf_ok(&b) || b.len < 2)
		return err_memory(err);
	const struct str row = str_sub(buf_str(&b), 1, b.len - 2);

	if (row.len > 0)
		json_add_raw(&call->out, row);
	else
		json_add_raw(&call->out, list->as_arrays ? STR("[]") : STR("{}"));
	return true;
}

/* Is it among the names in fields, a text or a list of them? */
static bool
is_asked_for(const json_t *fields, struct str name)
{
	if (!json_is_array(fields))
		return str_eq(json_text(fields), name);
	for (size_t i = 0; i < json_array_size(fields); i++) {
		if (str_eq(json_text(json_array_get(fields, i)), name))
			return true;
	}
	return false;
}

static MUST_USE bool
check_field(const struct doctype *dt, struct str field, struct err *err)
{
	return doctype_field(dt, field) != NULL || list_refuse_field(field, err);
}

static MUST_USE bool
check_fields(const struct doctype *dt, const json_t *fields, struct err *err)
{
	if (!json_is_array(fields))
		return check_field(dt, json_text(fields), err);
	for (size_t i = 0; i < json_array_size(fields); i++) {
		if (!check_field(dt, json_text(json_array_get(fields, i)), err))
			return false;
	}
	return true;
}

/* As it is stored: a text, or null; what never was is left out. */
static MUST_USE bool
put_single_value(
    struct call *call, const struct doc *d, struct str field, bool as_arrays, struct err *err)
{
	const struct value v = doc_get(d, field);
	struct str text = STR_NULL;
	bool stored;

	if (!single_is_stored(call, d->doctype->name, field, &stored, err))
		return false;
	if (!stored)
		return true;
	if (v.kind != VALUE_NULL && !cast_to_text(call->arena, v, &text, err))
		return false;
	if (!as_arrays)
		json_key(&call->out, field);
	json_add_str(&call->out, text);
	return true;
}

/* A single has no rows: its values come one by one, in the order in which they are stored. */
static MUST_USE bool
write_single(struct call *call, const struct list_args *list, const json_t *fields, struct err *err)
{
	const struct doctype *dt = list->doctype;
	struct doc *d;

	if (!doc_read(call, dt, dt->name, &d, err) || !check_fields(dt, fields, err))
		return false;
	if (list->as_arrays)
		json_open_array(&call->out);
	else
		json_open_object(&call->out);
	for (size_t i = 0; i < dt->columns_len; i++) {
		const struct str name = dt->columns[i]->name;

		if (is_asked_for(fields, name) &&
		    !put_single_value(call, d, name, list->as_arrays, err))
			return false;
	}
	if (list->as_arrays)
		json_close_array(&call->out);
	else
		json_close_object(&call->out);
	return true;
}

static bool
get_value(struct call *call, struct err *err)
{
	struct list_args list = { 0 };
	const json_t *fields;
	struct str doctype;

	/* In this order they are missed, as in Frappe's own signature. */
	if (!args_str(call, "doctype", &doctype, err))
		return false;
	if (!args_has(call->args, "fieldname")) {
		struct str ignored;

		return args_str(call, "fieldname", &ignored, err);
	}
	if (!doc_type(call, doctype, &list.doctype, err) ||
	    !args_json(call, "fieldname", &fields, err) || !arg_filters(call, &list.filters, err) ||
	    !args_str_or_null(call, "parent", &list.parent, err))
		return false;
	if (!list.doctype->istable && perm_grant_of(call, list.doctype, RIGHT_READ) == PERM_NONE)
		return err_set(
		    err, ERR_PERMISSION, "No permission for %.*s", STR_FMT(list.doctype->name));
	list.fields = fields;
	list.as_arrays = !args_bool(call->args, "as_dict", true);
	if (list.doctype->issingle)
		return write_single(call, &list, fields, err);
	return write_first_row(call, &list, err);
}

/* By its type; what was never stored is empty. */
static bool
get_single_value(struct call *call, struct err *err)
{
	const struct doctype *dt;
	const struct field *f;
	struct str field;
	bool stored;
	struct doc *d;

	if (!api_doc_type(call, &dt, err) || !args_str(call, "field", &field, err) ||
	    !perm_check_doctype(call, dt, RIGHT_READ, err))
		return false;
	f = doctype_field(dt, field);
	if (f == NULL || f->column < 0)
		return err_set(err, ERR_VALIDATION,
		    "Field <strong>%.*s</strong> does not exist on <strong>%.*s</strong>",
		    STR_FMT(str_sub(field, 0, 140)), STR_FMT(dt->name));
	if (!dt->issingle) {
		json_add_str(&call->out, STR(""));
		return true;
	}
	if (!doc_read(call, dt, dt->name, &d, err) ||
	    !single_is_stored(call, dt->name, f->name, &stored, err))
		return false;
	const struct value v = stored ? doc_get(d, f->name) : levels_empty(f);

	json_add_value(&call->out, v.kind == VALUE_NULL ? value_text(STR("")) : v);
	return true;
}

/* The document of the arguments doctype and docname, whatever the caller's rights. */
static MUST_USE bool
load_docname(struct call *call, struct doc **out, struct err *err)
{
	const struct doctype *dt;
	struct str name;

	return api_doc_type(call, &dt, err) && args_str(call, "docname", &name, err) &&
	    doc_must_load(call, dt, name, out, err);
}

static bool
has_permission(struct call *call, struct err *err)
{
	struct str word;
	enum right right = RIGHT_READ;
	bool has = false;
	struct doc *d;

	if (!args_str_or_null(call, "perm_type", &word, err) || !load_docname(call, &d, err))
		return false;
	if ((str_is_null(word) || right_find(word, &right)) && !perm_has(call, d, right, &has, err))
		return false;
	json_open_object(&call->out);
	json_key(&call->out, STR("has_permission"));
	json_add_bool(&call->out, has);
	json_close_object(&call->out);
	return true;
}

static bool
get_doc_permissions(struct call *call, struct err *err)
{
	bool reads;
	struct doc *d;

	if (!load_docname(call, &d, err) || !perm_has(call, d, RIGHT_READ, &reads, err))
		return false;
	json_open_object(&call->out);
	json_key(&call->out, STR("permissions"));
	if (!api_doc_write_rights(call, d, reads, &call->out, err))
		return false;
	json_close_object(&call->out);
	return true;
}

static bool
get_password(struct call *call, struct err *err)
{
	const struct doctype *dt;
	struct str name, field, secret;

	if (!api_doc_type(call, &dt, err) || !args_str(call, "name", &name, err) ||
	    !args_str(call, "fieldname", &field, err) ||
	    !doc_secrets_read(call, dt, name, field, &secret, err))
		return false;
	call->response.secret = true;
	json_add_str(&call->out, secret);
	return true;
}

/* writing */

static bool
insert(struct call *call, struct err *err)
{
	const struct doctype *dt;
	const json_t *body;
	struct str doctype;
	struct doc *d;

	return api_doc_body(call, "doc", &body, &doctype, err) &&
	    doc_type(call, doctype, &dt, err) && doc_insert(call, dt, body, &d, err) &&
	    write_written(call, d, err);
}

static bool
save(struct call *call, struct err *err)
{
	const struct doctype *dt;
	const json_t *body;
	struct str doctype;
	struct doc *d;

	return api_doc_body(call, "doc", &body, &doctype, err) &&
	    doc_type(call, doctype, &dt, err) && doc_save(call, dt, body, &d, err) &&
	    api_doc_write(call, d, err);
}

/*
 * The update that set_value means: fieldname and value; or, without a value that counts, fieldname
 * alone: an object, or a name whose field becomes empty (spec/rpc.md 6.1).
 */
static MUST_USE bool
arg_update(const struct call *call, const json_t **out, struct err *err)
{
	const json_t *value = args_get(call->args, "value");
	const json_t *field;
	struct str ignored;

	*out = NULL;
	if (!args_has(call->args, "fieldname"))
		return args_str(call, "fieldname", &ignored, err);
	if (!args_json(call, "fieldname", &field, err))
		return false;
	if (json_is_object(field)) {
		*out = field;
		return true;
	}
	if (!json_is_string(field))
		return err_set(
		    err, ERR_TYPE, "The argument \"fieldname\" must be a name or a JSON object");
	for (size_t i = 0; i < ARRAY_LEN(STANDARD); i++) {
		if (str_eq(json_text(field), STANDARD[i]))
			return err_set(err, ERR_VALIDATION, "Cannot edit standard fields");
	}
	return api_doc_member(call, json_text(field), is_falsy(value) ? NULL : value, out, err);
}

static bool
set_value(struct call *call, struct err *err)
{
	const struct doctype *dt;
	const json_t *body;
	struct str name;
	struct doc *d;

	return api_doc_type(call, &dt, err) && args_str(call, "name", &name, err) &&
	    arg_update(call, &body, err) && doc_update(call, dt, name, body, &d, err) &&
	    write_written(call, d, err);
}

static bool
prepare_update(struct call *call, struct err *err)
{
	const json_t *body;
	struct str doctype, name;

	return args_str(call, "doctype", &doctype, err) && args_str(call, "name", &name, err) &&
	    arg_update(call, &body, err) && doc_prepare_hash_of(call, doctype, name, body, err);
}

static bool
set_value_plan(struct call *call, struct err *err)
{
	const json_t *body;
	struct str doctype;

	if (!args_str(call, "doctype", &doctype, err) || !arg_update(call, &body, err))
		return true;
	if (!api_rest_plan_write(call, doctype, body, err))
		return false;
	if (call->plan.prepare_run != PREPARE_NONE)
		call->plan.prepare = prepare_update;
	return true;
}

static bool
delete_document(struct call *call, struct err *err)
{
	const struct doctype *dt;
	struct str name;

	return api_doc_type(call, &dt, err) && args_str(call, "name", &name, err) &&
	    doc_delete(call, dt, name, err);
}

static bool
delete_plan(struct call *call, struct err *err)
{
	const struct str doctype = json_text(args_get(call->args, "doctype"));

	return api_rest_plan_write(call, doctype, NULL, err);
}

/* clang-format off */
static const struct method METHODS[] = {
	{ .name = STR_INIT("frappe.client.get_list"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_READ, .body = get_list, .plan = get_list_plan,
	  .help = "List documents: doctype, fields, filters, order_by, limit_start, limit_page_length" },
	{ .name = STR_INIT("frappe.client.get_count"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_READ, .body = get_count,
	  .help = "Count documents: doctype, filters" },
	{ .name = STR_INIT("frappe.client.get"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_SHORT_READ, .body = get, .plan = get_plan,
	  .help = "Read a document: doctype, name or filters" },
	{ .name = STR_INIT("frappe.client.get_value"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_READ, .body = get_value,
	  .help = "Read fields of a document: doctype, fieldname, filters" },
	{ .name = STR_INIT("frappe.client.get_single_value"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_READ, .body = get_single_value,
	  .help = "Read a field of a single: doctype, field" },
	{ .name = STR_INIT("frappe.client.has_permission"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_READ, .body = has_permission,
	  .help = "May the caller do that to a document: doctype, docname, perm_type" },
	{ .name = STR_INIT("frappe.client.get_doc_permissions"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_READ, .body = get_doc_permissions,
	  .help = "The caller's rights on a document: doctype, docname" },
	{ .name = STR_INIT("frappe.client.get_password"), .verbs = VERBS_ANY, .who = WHO_SYSTEM_MANAGER, .run = RUN_READ, .body = get_password,
	  .help = "The secret of a Password field: doctype, name, fieldname" },
	{ .name = STR_INIT("frappe.client.set_value"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = set_value, .plan = set_value_plan,
	  .help = "Change fields of a document: doctype, name, fieldname, value" },
	{ .name = STR_INIT("frappe.client.insert"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = insert, .plan = api_doc_plan,
	  .help = "Create a document: doc" },
	{ .name = STR_INIT("frappe.client.save"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = save, .plan = api_doc_plan,
	  .help = "Save a whole document: doc" },
	{ .name = STR_INIT("frappe.client.delete"), .verbs = VERBS_DELETE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = delete_document, .plan = delete_plan,
	  .help = "Delete a document: doctype, name" },
};
/* clang-format on */

const struct method_table API_CLIENT_METHODS = { METHODS, ARRAY_LEN(METHODS) };
