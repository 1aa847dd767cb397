#include "api/api_docmethod.h"

#include "api/api_doc.h"
#include "api/args.h"
#include "api/condition.h"
#include "api/envelope.h"
#include "api/route.h"
#include "doc/comment.h"
#include "doc/doc_body.h"
#include "doc/docstatus.h"
#include "doc/list.h"
#include "doc/rename.h"
#include "json/json_in.h"

/* A document that is asked to do something. */
struct target {
	const struct doctype *doctype;
	struct str name;
	const json_t *whole; /* as it is to be saved while it does so; NULL: as it is stored */
	const json_t *args;  /* an object: what it is told; NULL: nothing */
	enum right right; /* that the way here asks for, where a method asks for none of its own */
};

/* *out NULL: there is nothing to answer. The document may have another name afterwards. */
typedef bool run_fn(struct call *call, struct target *t, const struct doc **out, struct err *err);

static bool
set_docstatus(struct call *call, struct target *t, enum docstatus status, const struct doc **out,
    struct err *err)
{
	const json_t *body;
	struct doc *d;
	bool ok;

	if (!api_doc_with(call, t->whole, STR("docstatus"), status, &body, err))
		return false;
	if (t->whole != NULL)
		ok = doc_save(call, t->doctype, body, &d, err);
	else
		ok = doc_update(call, t->doctype, t->name, body, &d, err);
	if (ok)
		*out = d;
	return ok;
}

static bool
run_submit(struct call *call, struct target *t, const struct doc **out, struct err *err)
{
	return set_docstatus(call, t, DOCSTATUS_SUBMITTED, out, err);
}

static bool
run_cancel(struct call *call, struct target *t, const struct doc **out, struct err *err)
{
	return set_docstatus(call, t, DOCSTATUS_CANCELLED, out, err);
}

static bool
run_discard(struct call *call, struct target *t, const struct doc **out, struct err *err)
{
	*out = NULL;
	return doc_discard(call, t->doctype, t->name, err);
}

static bool
run_rename(struct call *call, struct target *t, const struct doc **out, struct err *err)
{
	const struct rename_how how = {
		.from = t->name,
		.to = json_text(json_get(t->args, STR("name"))),
		.merge = args_is_true(json_get(t->args, STR("merge"))),
		.force = args_is_true(json_get(t->args, STR("force"))),
	};

	*out = NULL;
	if (how.to.len == 0)
		return err_set(
		    err, ERR_TYPE, "rename() missing 1 required positional argument: 'name'");
	return rename_document(call, t->doctype, &how, &t->name, err);
}

static bool
run_add_comment(struct call *call, struct target *t, const struct doc **out, struct err *err)
{
	struct comment_new comment = {
		.type = json_text(json_get(t->args, STR("comment_type"))),
		.content = json_text(json_get(t->args, STR("text"))),
		.email = json_text(json_get(t->args, STR("comment_email"))),
		.by = json_text(json_get(t->args, STR("comment_by"))),
	};
	struct doc *about, *d;

	if (comment.type.len == 0)
		comment.type = STR("Comment");
	if (comment.content.len == 0)
		comment.content = comment.type;
	if (!comment_target(call, t->doctype, t->name, t->right, &about, err) ||
	    !comment_add(call, about, &comment, &d, err))
		return false;
	*out = d;
	return true;
}

/* All of them change the document, or what is beside it, so all need POST. */
static const struct docmethod {
	struct str name;
	run_fn *run;
} DOCMETHODS[] = {
	{ STR_INIT("submit"), run_submit },
	{ STR_INIT("cancel"), run_cancel },
	{ STR_INIT("discard"), run_discard },
	{ STR_INIT("rename"), run_rename },
	{ STR_INIT("add_comment"), run_add_comment },
};

/* What upstream's documents have, but not for callers from outside. */
static const struct str CLOSED[] = { STR_INIT("add_roles"), STR_INIT("add_seen"),
	STR_INIT("add_tag"), STR_INIT("add_viewed"), STR_INIT("append"), STR_INIT("append_roles"),
	STR_INIT("as_dict"), STR_INIT("as_json"), STR_INIT("check_if_latest"),
	STR_INIT("check_permission"), STR_INIT("db_get"), STR_INIT("db_insert"), STR_INIT("db_set"),
	STR_INIT("db_update"), STR_INIT("delete"), STR_INIT("extend"), STR_INIT("get"),
	STR_INIT("get_all_children"), STR_INIT("get_children"), STR_INIT("get_doc_before_save"),
	STR_INIT("get_liked_by"), STR_INIT("get_onload"), STR_INIT("get_password"),
	STR_INIT("get_permlevel_access"), STR_INIT("get_restricted_ip_list"),
	STR_INIT("get_signature"), STR_INIT("get_tags"), STR_INIT("get_title"), STR_INIT("get_url"),
	STR_INIT("get_valid_dict"), STR_INIT("get_value"), STR_INIT("has_permission"),
	STR_INIT("has_value_changed"), STR_INIT("insert"), STR_INIT("is_new"),
	STR_INIT("load_from_db"), STR_INIT("lock"), STR_INIT("notify_update"),
	STR_INIT("on_update"), STR_INIT("queue_action"), STR_INIT("reload"), STR_INIT("remove"),
	STR_INIT("remove_roles"), STR_INIT("remove_tag"), STR_INIT("run_method"),
	STR_INIT("run_trigger"), STR_INIT("save"), STR_INIT("set"), STR_INIT("set_onload"),
	STR_INIT("set_parent_in_children"), STR_INIT("unlock"), STR_INIT("update"),
	STR_INIT("update_children"), STR_INIT("validate") };

struct str
api_docmethod_next(size_t *at)
{
	return *at < ARRAY_LEN(DOCMETHODS) ? DOCMETHODS[(*at)++].name : STR_NULL;
}

/* NULL: the error says whether there is no such method, or none for callers from outside. */
static const struct docmethod *
find(struct str name, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(DOCMETHODS); i++) {
		if (str_eq(DOCMETHODS[i].name, name))
			return &DOCMETHODS[i];
	}
	err_set(err, ERR_DOES_NOT_EXIST, "%s", "");
	for (size_t i = 0; i < ARRAY_LEN(CLOSED); i++) {
		if (str_eq(CLOSED[i], name))
			method_refuse(name, err);
	}
	return NULL;
}

static MUST_USE bool
check_verb(const struct call *call, struct err *err)
{
	return call->verb == HTTP_POST ||
	    err_set(err, ERR_PERMISSION, "Not permitted: this method must be called with POST");
}

/* ---- methods of the document that a route names */

static struct str
method_of_route(const struct call *call)
{
	const struct route *r = args_plan(call)->route;

	return r->kind == ROUTE_DOCUMENT_METHOD ? r->method
						: json_text(args_get(call->args, "run_method"));
}

static bool
run_of_route(struct call *call, struct err *err)
{
	const struct route *r = args_plan(call)->route;
	struct target t = {
		.name = r->name, .args = args_object(call->args), .right = RIGHT_WRITE
	};
	const struct docmethod *m = find(method_of_route(call), err);
	const struct doc *d = NULL;

	if (m == NULL || !doc_type(call, r->doctype, &t.doctype, err) ||
	    !condition_check(call, t.doctype, t.name, err) || !m->run(call, &t, &d, err))
		return false;
	if (d == NULL) {
		envelope_restart(call);
		return true;
	}
	return condition_write(call, d, err);
}

bool
api_docmethod_plan(struct call *call, struct str method, struct err *err)
{
	if (find(method, err) == NULL || !check_verb(call, err))
		return false;
	call->plan = (struct plan){ .run = doc_write_run(args_plan(call)->route->doctype),
		.body = run_of_route };
	return true;
}

/* ---- run_doc_method */

/* v1 names the document by dt and dn, or sends it as docs; v2 sends it as document. */
static MUST_USE bool
target_of_args(struct call *call, struct target *t, struct err *err)
{
	const char *const key = call->v2 ? "document" : "docs";
	struct str doctype;

	if (!call->v2 && args_has(call->args, "dt")) {
		if (!args_str(call, "dt", &doctype, err) ||
		    !args_str_or_null(call, "dn", &t->name, err) ||
		    !doc_type(call, doctype, &t->doctype, err))
			return false;
		if (t->name.len == 0)
			t->name = t->doctype->name;
		return true;
	}
	if (!api_doc_body(call, key, &t->whole, &doctype, err) ||
	    !doc_type(call, doctype, &t->doctype, err))
		return false;
	return doc_body_name(call, t->whole, &t->name, err);
}

static bool
run_doc_method(struct call *call, struct err *err)
{
	struct target t = { .right = call->v2 ? RIGHT_WRITE : RIGHT_READ };
	const struct doc *result = NULL;
	struct str method;
	struct doc *d;

	if (!args_str(call, "method", &method, err) || !target_of_args(call, &t, err) ||
	    !args_json(call, call->v2 ? "kwargs" : "args", &t.args, err))
		return false;
	if (t.name.len == 0)
		return err_set(
		    err, ERR_DOES_NOT_EXIST, "%.*s None not found", STR_FMT(t.doctype->name));
	if (!doc_read(call, t.doctype, t.name, &d, err))
		return false;
	const struct docmethod *m = find(method, err);

	if (m == NULL || !check_verb(call, err) || !m->run(call, &t, &result, err))
		return false;
	if (result == NULL)
		envelope_drop_empty(call);
	else if (!api_doc_write(call, result, err))
		return false;
	/* It may answer with another document than the one that was asked. */
	if (result == NULL || result->doctype != t.doctype) {
		if (!doc_read(call, t.doctype, t.name, &d, err))
			return false;
		result = d;
	}
	json_key(&call->out, STR("docs"));
	json_open_array(&call->out);
	if (!api_doc_write(call, result, err))
		return false;
	json_close_array(&call->out);
	return true;
}

static bool
plan_doc_method(struct call *call, struct err *err)
{
	struct target t = { 0 };

	/* What is wrong with the arguments, or with the verb, is the body's to say. */
	if (call->verb == HTTP_POST)
		call->plan.run =
		    target_of_args(call, &t, err) ? doc_write_run(t.doctype->name) : RUN_WRITE;
	return true;
}

/* ---- frappe.client */

/* Old clients call the document doclist. */
static const char *
doc_argument(const struct call *call)
{
	return args_has(call->args, "doc") || !args_has(call->args, "doclist") ? "doc" : "doclist";
}

static bool
submit(struct call *call, struct err *err)
{
	struct target t = { 0 };
	const struct doc *d;
	struct str doctype;

	return api_doc_body(call, doc_argument(call), &t.whole, &doctype, err) &&
	    doc_type(call, doctype, &t.doctype, err) && run_submit(call, &t, &d, err) &&
	    api_doc_write(call, d, err);
}

static bool
cancel(struct call *call, struct err *err)
{
	struct target t = { 0 };
	const struct doc *d;

	return api_doc_type(call, &t.doctype, err) && args_str(call, "name", &t.name, err) &&
	    run_cancel(call, &t, &d, err) && api_doc_write(call, d, err);
}

/* The name of the document that amends this one; nothing if there is none. */
static bool
is_document_amended(struct call *call, struct err *err)
{
	struct list_args list = { 0 };
	const json_t *given = args_get(call->args, "docname");
	struct str name, amended;
	struct doc *d;

	if (!api_doc_type(call, &list.doctype, err) || !args_str(call, "docname", &name, err) ||
	    !doc_read(call, list.doctype, name, &d, err))
		return false;
	if (!list.doctype->is_submittable)
		return true;
	if (!api_doc_member(call, STR("amended_from"), given, &list.filters, err) ||
	    !list_first(call, &list, &amended, err))
		return false;
	if (!str_is_null(amended))
		json_add_str(&call->out, amended);
	return true;
}

/* clang-format off */
static const struct method METHODS[] = {
	{ .name = STR_INIT("frappe.client.submit"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = submit, .plan = api_doc_plan,
	  .help = "Save a whole document and submit it: doc" },
	{ .name = STR_INIT("frappe.client.cancel"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = cancel,
	  .help = "Cancel a submitted document: doctype, name" },
	{ .name = STR_INIT("frappe.client.is_document_amended"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_READ, .body = is_document_amended,
	  .help = "The document that amends this one: doctype, docname" },
	{ .name = STR_INIT("run_doc_method"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_READ, .body = run_doc_method, .plan = plan_doc_method,
	  .help = "Ask a document to submit, cancel, discard or rename itself, or to take a comment: dt, dn, method, args" },
};
/* clang-format on */

const struct method_table API_DOCMETHOD_METHODS = { METHODS, ARRAY_LEN(METHODS) };
