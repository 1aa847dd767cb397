#include "api/api_many.h"

#include "api/args.h"
#include "api/bulk.h"
#include "api/envelope.h"
#include "auth/who.h"
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

/* What a bulk method does, to what, and how it answers. */
struct work {
	enum bulk_what what;
	const char *argument, *name_key;
	bool again;
};

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
	return args_json(call, w->argument, &list, err) && bulk_begin(call, &options, list, err);
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
	static const struct work WORK = { BULK_UPDATE, "docs", "docname", false };

	return plan_work(call, &WORK, STR_NULL, err);
}

/* Nothing is answered but a message that names what is still there. */
static bool
delete_items(struct call *call, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(16 * 1024);
	const struct bulk *bulk = bulk_of(call);

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
	static const struct work WORK = { BULK_DELETE, "items", "name", true };
	struct str doctype;

	return args_str(call, "doctype", &doctype, err) && plan_work(call, &WORK, doctype, err);
}

static bool
bulk(struct call *call, struct err *err)
{
	if (!bulk_is_over(bulk_of(call)))
		return bulk_item(call, err);
	bulk_write(bulk_of(call), &call->out);
	return true;
}

static const struct work UPDATE = { BULK_UPDATE, "docs", "name", false };
static const struct work DELETE = { BULK_DELETE, "docs", "name", false };
static const struct work DELETE_NAMES = { BULK_DELETE, "names", "name", false };

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
