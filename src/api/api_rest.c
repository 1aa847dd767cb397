#include "api/api_rest.h"

#include "api/api_docmethod.h"
#include "api/api_many.h"
#include "api/args.h"
#include "api/condition.h"
#include "api/envelope.h"

static const struct api_rest_paging V1 = { "limit_page_length", "limit", "limit_start", NULL };
static const struct api_rest_paging V2 = { "limit", NULL, "limit_start", "start" };

enum { DEFAULT_LENGTH = 20 };

static const struct route *
route_of(const struct call *call)
{
	return args_plan(call)->route;
}

MUST_USE bool
api_rest_list_args(const struct call *call, const struct api_rest_paging *paging,
    struct list_args *out, struct err *err)
{
	const struct args *a = call->args;
	const json_t *length = args_get(a, paging->length);
	const json_t *start = args_get(a, paging->start);
	bool as_dict = true;

	if (length == NULL && paging->length_alias != NULL)
		length = args_get(a, paging->length_alias);
	if (start == NULL && paging->start_alias != NULL)
		start = args_get(a, paging->start_alias);
	out->fields = args_get(a, "fields");
	out->filters = args_get(a, "filters");
	out->or_filters = args_get(a, "or_filters");
	out->distinct = args_bool(a, "distinct", false);
	out->length = DEFAULT_LENGTH;
	if (!args_str_or_null(call, "order_by", &out->order_by, err) ||
	    !args_str_or_null(call, "group_by", &out->group_by, err) ||
	    !args_str_or_null(call, "parent", &out->parent, err) ||
	    !args_bool_word(call, "as_dict", &as_dict, err))
		return false;
	if (length != NULL && !list_parse_limit(length, &out->length, err))
		return false;
	if (start != NULL && !list_parse_limit(start, &out->start, err))
		return false;
	out->as_arrays = !as_dict;
	return true;
}

static bool
read_document(struct call *call, struct err *err)
{
	const struct route *r = route_of(call);
	const struct doctype *dt;
	struct doc *d;

	if (!doc_type(call, r->doctype, &dt, err))
		return false;
	return doc_read(call, dt, str_is_null(r->name) ? dt->name : r->name, &d, err) &&
	    condition_answer_document(call, d, err);
}

static MUST_USE bool
read_list_args(struct call *call, struct list_args *list, struct err *err)
{
	*list = (struct list_args){ 0 };
	return doc_type(call, route_of(call)->doctype, &list->doctype, err) &&
	    api_rest_list_args(call, call->v2 ? &V2 : &V1, list, err);
}

/* Beside the rows, whether there are more, and the cursor of what follows. */
static MUST_USE bool
write_page(struct call *call, struct list_args *list, struct err *err)
{
	struct list_page page;

	if (!args_str_or_null(call, "cursor", &list->cursor, err) ||
	    !list_write_page(call, list, &call->out, &page, err))
		return false;
	json_key(&call->out, STR("has_next_page"));
	json_add_bool(&call->out, page.more);
	json_put_str(&call->out, "next", page.next);
	return true;
}

static bool
read_list(struct call *call, struct err *err)
{
	struct list_args list;

	if (!read_list_args(call, &list, err))
		return false;
	envelope_value(call, "data");
	if (call->v2 ? !write_page(call, &list, err) : !list_write(call, &list, &call->out, err))
		return false;
	return condition_answer_list(call, err);
}

static bool
read_count(struct call *call, struct err *err)
{
	struct list_args list;
	int64_t n;

	if (!read_list_args(call, &list, err) || !list_count(call, &list, &n, err))
		return false;
	if (args_has(call->args, "limit") && list.length > 0)
		n = MIN(n, list.length);
	envelope_value(call, "data");
	json_add_int(&call->out, n);
	return true;
}

static bool
read_meta(struct call *call, struct err *err)
{
	envelope_value(call, "data");
	return doc_write_meta(call, route_of(call)->doctype, &call->out, err);
}

static bool
create(struct call *call, struct err *err)
{
	const struct doctype *dt;
	const json_t *body;
	struct doc *d;

	if (!doc_type(call, route_of(call)->doctype, &dt, err) || !args_document(call, &body, err))
		return false;
	return doc_insert(call, dt, body, &d, err) && condition_write(call, d, err);
}

static bool
update(struct call *call, struct err *err)
{
	const struct route *r = route_of(call);
	const struct doctype *dt;
	const json_t *body;
	struct doc *d;

	if (!doc_type(call, r->doctype, &dt, err) || !args_document(call, &body, err))
		return false;
	const struct str name = str_is_null(r->name) ? dt->name : r->name;

	return condition_check(call, dt, name, err) && doc_update(call, dt, name, body, &d, err) &&
	    condition_write(call, d, err);
}

/* Clients compare the body literally: nothing is added. */
static bool
delete_document(struct call *call, struct err *err)
{
	const struct route *r = route_of(call);
	const struct doctype *dt;

	if (!doc_type(call, r->doctype, &dt, err) || !condition_check(call, dt, r->name, err) ||
	    !doc_delete(call, dt, r->name, err))
		return false;
	call->response.status = 202;
	envelope_value(call, "data");
	json_add_str(&call->out, STR("ok"));
	return true;
}

static bool
prepare_hash(struct call *call, struct err *err)
{
	const struct route *r = route_of(call);
	const json_t *body;

	return args_document(call, &body, err) &&
	    doc_prepare_hash_of(call, r->doctype, r->name, body, err);
}

bool
api_rest_plan_write(struct call *call, struct str doctype, const json_t *body, struct err *err)
{
	(void)err;
	call->plan.run = doc_write_run(doctype);
	call->plan.prepare_run =
	    body != NULL && doc_needs_hash(doctype, body) ? PREPARE_HASH : PREPARE_NONE;
	return true;
}

static MUST_USE bool
plan_save(struct call *call, const struct route *r, call_fn *body, struct err *err)
{
	const json_t *document;

	call->plan.body = body;
	if (!args_document(call, &document, err) ||
	    !api_rest_plan_write(call, r->doctype, document, err))
		return false;
	if (call->plan.prepare_run != PREPARE_NONE)
		call->plan.prepare = prepare_hash;
	return true;
}

static MUST_USE bool
plan_delete(struct call *call, const struct route *r, struct err *err)
{
	call->plan.body = delete_document;
	return api_rest_plan_write(call, r->doctype, NULL, err);
}

static bool
is_single(const struct call *call, const struct route *r)
{
	const struct doctype *dt = metas_find(call->metas, r->doctype);

	return dt != NULL && dt->issingle;
}

static MUST_USE bool
plan_list(struct call *call, struct err *err)
{
	struct list_args list = { .doctype = metas_find(call->metas, route_of(call)->doctype) };

	call->plan = (struct plan){ .run = RUN_READ, .body = read_list };
	/* What is wrong with the arguments is the body's to say, after the DocType is found. */
	if (list.doctype == NULL) {
		call->plan.run = RUN_SHORT_READ;
		return true;
	}
	if (api_rest_list_args(call, call->v2 ? &V2 : &V1, &list, err) && list_is_short(&list))
		call->plan.run = RUN_SHORT_READ;
	return true;
}

static MUST_USE bool
plan_collection(struct call *call, const struct route *r, struct err *err)
{
	if (is_single(call, r) && call->verb == HTTP_PUT)
		return plan_save(call, r, update, err);
	if (!route_check_verb(r, call->verb, err))
		return false;
	if (call->verb == HTTP_POST)
		return plan_save(call, r, create, err);
	if (!is_single(call, r))
		return plan_list(call, err);
	call->plan = (struct plan){ .run = RUN_SHORT_READ, .body = read_document };
	return true;
}

static MUST_USE bool
plan_document(struct call *call, const struct route *r, struct err *err)
{
	struct str method = STR_NULL;
	bool is_bulk = false;

	if (call->v2 && call->verb == HTTP_POST && !api_many_plan_route(call, r, &is_bulk, err))
		return false;
	if (is_bulk)
		return true;
	if (!route_check_verb(r, call->verb, err) ||
	    (!call->v2 && !args_str_or_null(call, "run_method", &method, err)))
		return false;
	switch (call->verb) {
	case HTTP_GET:
	case HTTP_HEAD:
		if (!call->v2 && method.len > 0)
			return api_docmethod_plan(call, method, err);
		call->plan = (struct plan){ .run = RUN_SHORT_READ, .body = read_document };
		return true;
	case HTTP_POST:
		if (method.len > 0)
			return api_docmethod_plan(call, method, err);
		return err_set(err, ERR_TYPE, "A POST to a document needs the argument run_method");
	case HTTP_PUT:
	case HTTP_PATCH:
		return plan_save(call, r, update, err);
	case HTTP_DELETE:
		return plan_delete(call, r, err);
	case HTTP_OPTIONS:
	case HTTP_OTHER:
		break;
	}
	return err_set(err, ERR_DOES_NOT_EXIST, "%s", "");
}

bool
api_rest_plan(struct call *call, const struct route *r, struct err *err)
{
	switch (r->kind) {
	case ROUTE_COLLECTION:
		return plan_collection(call, r, err);
	case ROUTE_DOCUMENT:
		return plan_document(call, r, err);
	case ROUTE_DOCUMENT_METHOD:
		return route_check_verb(r, call->verb, err) &&
		    api_docmethod_plan(call, r->method, err);
	case ROUTE_COUNT:
		call->plan = (struct plan){ .run = RUN_READ, .body = read_count };
		return route_check_verb(r, call->verb, err);
	case ROUTE_META:
		call->plan = (struct plan){ .run = RUN_SHORT_READ, .body = read_meta };
		return route_check_verb(r, call->verb, err);
	case ROUTE_NONE:
	case ROUTE_METHOD:
	case ROUTE_COMMAND:
	case ROUTE_OPENAPI:
	case ROUTE_VERIFY:
	case ROUTE_HEALTH:
	case ROUTE_ASSET:
	case ROUTE_FILE:
	case ROUTE_PAGE:
	case ROUTE_KINDS:
		break;
	}
	return err_set(err, ERR_DOES_NOT_EXIST, "%s", "");
}
