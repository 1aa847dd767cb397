#include "api/api_many.h"

#include "api/args.h"
#include "api/bulk.h"
#include "api/envelope.h"
#include "auth/auth.h"
#include "auth/who.h"
#include "conf/conf.h"
#include "doc/bulk_job.h"
#include "doc/doc.h"
#include "json/json_in.h"

enum { INSERTS_MAX = 200 };

/* The documents of argument "docs", a list or the text of one. */
static MUST_USE bool
arg_docs(const struct call *call, const json_t **out, struct err *err)
{
	struct str ignored;

	if (!args_has(call->args, "docs"))
		return args_str(call, "docs", &ignored, err);
	if (!args_json(call, "docs", out, err))
		return false;
	if (!json_is_array(*out))
		return err_set(err, ERR_TYPE, "The argument \"docs\" must be a list of documents");
	return json_array_size(*out) <= INSERTS_MAX ||
	    err_set(err, ERR_VALIDATION, "Only %d inserts allowed in one request", INSERTS_MAX);
}

static MUST_USE bool
insert_one(struct call *call, const json_t *body, struct err *err)
{
	const struct str doctype = json_text(json_get(body, STR("doctype")));
	const struct doctype *dt;
	struct str parent;
	struct doc *d;

	if (doctype.len == 0)
		return err_set(
		    err, ERR_VALIDATION, "\"doctype\" is a required key of the document");
	if (doc_needs_hash(doctype, body))
		return err_set(err, ERR_VALIDATION,
		    "A user with a password is not one of many: use frappe.client.insert");
	if (!doc_type(call, doctype, &dt, err) || !doc_insert(call, dt, body, &d, err))
		return false;
	parent = value_str(doc_get(d, STR("parent")));
	json_add_str(&call->out, dt->istable && parent.len > 0 ? parent : doc_name(d));
	return true;
}

/* All or none: they are one transaction. */
static bool
insert_many(struct call *call, struct err *err)
{
	const json_t *docs = NULL;

	if (!arg_docs(call, &docs, err))
		return false;
	json_open_array(&call->out);
	for (size_t i = 0; i < json_array_size(docs); i++) {
		if (!insert_one(call, json_array_get(docs, i), err))
			return false;
	}
	json_close_array(&call->out);
	return true;
}

/* One that has to run alone takes the others along. */
static bool
insert_many_plan(struct call *call, struct err *err)
{
	const json_t *docs = NULL;

	(void)err;
	if (!args_has(call->args, "docs") || !args_json(call, "docs", &docs, err))
		return true; /* the body says what is wrong */
	for (size_t i = 0; json_is_array(docs) && i < json_array_size(docs); i++) {
		const struct str doctype =
		    json_text(json_get(json_array_get(docs, i), STR("doctype")));

		if (doc_write_run(doctype) == RUN_WRITE_ALONE)
			call->plan.run = RUN_WRITE_ALONE;
	}
	return true;
}

/* ---- each by itself */

/* What a bulk method does, to what, and how many at once: more go on after the answer. */
struct work {
	struct str name;
	enum bulk_what what;
	const char *argument, *name_key;
	size_t at_once; /* 0: all that it takes */
	bool again;
};

/* clang-format off */
static const struct work CLIENT_UPDATE = { STR_INIT("client_update"), BULK_UPDATE, "docs",  "docname", 0,  false };
static const struct work DELETE_ITEMS  = { STR_INIT("delete_items"),  BULK_DELETE, "items", "name",    10, true };
static const struct work UPDATE        = { STR_INIT("update"),        BULK_UPDATE, "docs",  "name",    20, false };
static const struct work DELETE        = { STR_INIT("delete"),        BULK_DELETE, "docs",  "name",    20, false };
static const struct work DELETE_NAMES  = { STR_INIT("delete_names"),  BULK_DELETE, "names", "name",    20, false };
static const struct work *const LATER[] = { &DELETE_ITEMS, &UPDATE, &DELETE, &DELETE_NAMES };
/* clang-format on */

/* What is left for a job: made when the call is planned. */
struct left {
	const struct work *work;
	int64_t total;
	struct str args;
};

static call_fn plan_job;

static MUST_USE bool
plan_left(struct call *call, const struct bulk_options *o, const struct work *w, const json_t *list,
    struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT((size_t)call->conf->http.max_json * 2);
	struct left *left = ARENA_NEW(call->arena, struct left);
	struct json_out out = JSON_OUT(&b);

	if (left == NULL)
		return err_memory(err);
	*left = (struct left){ .work = w, .total = (int64_t)json_array_size(list) };
	if (left->total > BULK_JOB_MAX)
		return err_set(err, ERR_VALIDATION, "Only %d documents are allowed in one request",
		    BULK_JOB_MAX);
	json_open_object(&out);
	json_put_str(&out, "work", w->name);
	json_put_str(&out, "doctype", o->doctype);
	json_key(&out, str_from(w->argument));
	json_add_tree(&out, list);
	json_close_object(&out);
	call->prepared = left;
	return buf_ok(&b) ? arena_str(call->arena, buf_str(&b), &left->args, err) : err_memory(err);
}

static MUST_USE bool
plan_work(struct call *call, const struct work *w, struct str doctype, struct err *err)
{
	const struct bulk_options options = { .what = w->what,
		.argument = w->argument,
		.name_key = w->name_key,
		.doctype = doctype,
		.again = w->again };
	const json_t *list;
	struct str ignored;

	if (!args_has(call->args, w->argument))
		return args_str(call, w->argument, &ignored, err);
	if (!args_json(call, w->argument, &list, err))
		return false;
	if (w->at_once > 0 && json_is_array(list) && json_array_size(list) > w->at_once &&
	    str_is_null(call->job))
		return plan_left(call, &options, w, list, err);
	return bulk_begin(call, &options, list, err);
}

/* Answers with the job that goes on. */
static MUST_USE bool
start_job(struct call *call, struct err *err)
{
	const struct left *left = call->prepared;
	struct str job;

	if (!bulk_job_new(call, left->work->name, left->total, &job, err))
		return false;
	call->later = (struct call_later){ .plan = plan_job, .args = left->args, .job = job };
	call->response.status = 202;
	json_open_object(&call->out);
	json_put_str(&call->out, "job_id", job);
	json_close_object(&call->out);
	return true;
}

/* Nobody waits for an answer: all is in the job's document. */
static bool
run_job(struct call *call, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT((size_t)call->conf->http.max_json * 2);
	const struct bulk *bulk = bulk_of(call);
	struct json_out out = JSON_OUT(&b);
	struct bulk_job_count count = { .succeeded = (int64_t)bulk->done,
		.failed = (int64_t)bulk->failed };

	if (!bulk_is_over(bulk)) {
		count.succeeded++;
		return bulk_item(call, err) && bulk_job_note(call, call->job, &count, err);
	}
	bulk_write(bulk, &out);
	call->response.status = 204;
	return buf_ok(&b) ? bulk_job_finish(call, call->job, &count, buf_str(&b), err)
			  : err_memory(err);
}

static bool
plan_job(struct call *call, struct err *err)
{
	const struct str name = json_text(args_get(call->args, "work"));
	struct str doctype = json_text(args_get(call->args, "doctype"));

	call->plan = (struct plan){ .run = RUN_WRITE, .body = run_job };
	for (size_t i = 0; i < ARRAY_LEN(LATER); i++) {
		if (str_eq(LATER[i]->name, name))
			return plan_work(call, LATER[i], doctype, err);
	}
	return err_set(err, ERR_INTERNAL, "A job of work that nobody does");
}

static void
write_exc(struct json_out *out, const struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(2048);

	buf_put(&b, str_from(err_module(err->kind)));
	buf_put(&b, str_from(err_exc_type(err->kind)));
	buf_lit(&b, ": ");
	buf_put(&b, str_from(err->msg));
	json_put_str(out, "exc", buf_str(&b));
}

static bool
client_update(struct call *call, struct err *err)
{
	const struct bulk *b = bulk_of(call);

	if (!bulk_is_over(b))
		return bulk_item(call, err);
	json_open_object(&call->out);
	json_key(&call->out, STR("failed_docs"));
	json_open_array(&call->out);
	for (size_t i = 0; i < b->len; i++) {
		if (b->items[i].done)
			continue;
		json_open_object(&call->out);
		json_key(&call->out, STR("doc"));
		json_add_tree(&call->out, b->items[i].given);
		write_exc(&call->out, &b->items[i].err);
		json_close_object(&call->out);
	}
	json_close_array(&call->out);
	json_close_object(&call->out);
	return true;
}

static bool
client_update_plan(struct call *call, struct err *err)
{
	return plan_work(call, &CLIENT_UPDATE, STR_NULL, err);
}

/* Nothing is answered but a message that names what is still there. */
static bool
delete_items(struct call *call, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(16 * 1024);
	const struct bulk *bulk = bulk_of(call);

	if (bulk == NULL)
		return start_job(call, err);
	if (!bulk_is_over(bulk))
		return bulk_item(call, err);
	if (bulk->failed == 0)
		return true;
	buf_printf(&b, "Failed to delete %zu documents: ", bulk->failed);
	for (size_t i = 0, told = 0; i < bulk->len; i++) {
		if (!bulk->items[i].done)
			buf_printf(
			    &b, "%s%.*s", told++ == 0 ? "" : ", ", STR_FMT(bulk->items[i].name));
	}
	return call_message(call, "Bulk Operation Failed", "red", false, buf_str(&b), err);
}

static bool
delete_items_plan(struct call *call, struct err *err)
{
	struct str doctype;

	return args_str(call, "doctype", &doctype, err) &&
	    plan_work(call, &DELETE_ITEMS, doctype, err);
}

static bool
bulk(struct call *call, struct err *err)
{
	if (bulk_of(call) == NULL)
		return start_job(call, err);
	if (!bulk_is_over(bulk_of(call)))
		return bulk_item(call, err);
	bulk_write(bulk_of(call), &call->out);
	return true;
}

static bool
bulk_update_plan(struct call *call, struct err *err)
{
	return plan_work(call, &UPDATE, STR_NULL, err);
}

static bool
bulk_delete_plan(struct call *call, struct err *err)
{
	return plan_work(call, &DELETE, STR_NULL, err);
}

static bool
route_body(struct call *call, struct err *err)
{
	envelope_value(call, "data");
	return bulk(call, err);
}

bool
api_many_plan_route(struct call *call, const struct route *r, bool *is, struct err *err)
{
	const bool update = str_eq(r->name, STR("bulk_update"));

	*is = update || str_eq(r->name, STR("bulk_delete"));
	if (!*is)
		return true;
	if (call->who->is_guest)
		return err_set(err, ERR_PERMISSION, "Not permitted");
	const struct limits *l = auth_limits(call->auth, &call->identity);

	if (l != NULL && l->read_only)
		return err_set(err, ERR_PERMISSION, "This API key may only read");
	call->plan = (struct plan){ .run = RUN_WRITE, .body = route_body };
	return plan_work(call, update ? &UPDATE : &DELETE_NAMES, r->doctype, err);
}

/* clang-format off */
static const struct method METHODS[] = {
	{ .name = STR_INIT("frappe.client.bulk_update"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = client_update, .plan = client_update_plan,
	  .help = "Change many documents, each by itself (docs: with doctype, docname); tells those that failed: docs" },
	{ .name = STR_INIT("frappe.desk.reportview.delete_items"), .verbs = VERBS_DELETE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = delete_items, .plan = delete_items_plan,
	  .help = "Delete many documents of a DocType, each by itself: doctype, items" },
	{ .name = STR_INIT("bulk_update"), .verbs = VERBS_POST, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = bulk, .plan = bulk_update_plan,
	  .help = "Change many documents, each by itself (docs: with doctype, name), and tell what became of each: docs" },
	{ .name = STR_INIT("bulk_delete"), .verbs = VERBS_POST, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = bulk, .plan = bulk_delete_plan,
	  .help = "Delete many documents, each by itself (docs: with doctype, name), and tell what became of each: docs" },
	{ .name = STR_INIT("frappe.client.insert_many"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = insert_many, .plan = insert_many_plan,
	  .help = "Create up to 200 documents, all or none: docs" },
};
/* clang-format on */

const struct method_table API_MANY_METHODS = { METHODS, ARRAY_LEN(METHODS) };
