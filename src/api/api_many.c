#include "api/api_many.h"

#include "api/args.h"
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

/* clang-format off */
static const struct method METHODS[] = {
	{ .name = STR_INIT("frappe.client.insert_many"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = insert_many, .plan = insert_many_plan,
	  .help = "Create up to 200 documents, all or none: docs" },
};
/* clang-format on */

const struct method_table API_MANY_METHODS = { METHODS, ARRAY_LEN(METHODS) };
