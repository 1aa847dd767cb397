#include "api/api_desk_doc.h"

#include "api/api_doc.h"
#include "api/args.h"
#include "api/docinfo.h"
#include "api/envelope.h"
#include "api/link_titles.h"
#include "doc/doc_body.h"
#include "doc/docstatus.h"
#include "json/json_in.h"

/* ---- reading */

static MUST_USE bool
put_docinfo(struct call *call, const struct doc *d, struct err *err)
{
	json_key(&call->out, STR("docinfo"));
	return docinfo_write(call, d, &call->out, err);
}

/* Beside the document what belongs to it; one that is not there is an empty list. */
static bool
getdoc(struct call *call, struct err *err)
{
	const struct doctype *dt;
	struct str name;
	struct doc *d;

	if (!api_doc_type(call, &dt, err) || !args_str(call, "name", &name, err))
		return false;
	if (!doc_read(call, dt, name, &d, err)) {
		if (err->kind != ERR_DOES_NOT_EXIST)
			return false;
		json_add_raw(&call->out, STR("[]"));
		return true;
	}
	envelope_drop_empty(call);
	json_key(&call->out, STR("docs"));
	json_open_array(&call->out);
	if (!doc_write(call, d, DOC_WITHOUT_NULLS, &call->out, err))
		return false;
	json_close_array(&call->out);
	if (!put_docinfo(call, d, err))
		return false;
	json_key(&call->out, STR("_link_titles"));
	return link_titles_write(call, d, &call->out, err);
}

static bool
get_docinfo(struct call *call, struct err *err)
{
	const struct doctype *dt;
	struct str name;
	struct doc *d;

	if (!api_doc_type(call, &dt, err) || !args_str(call, "name", &name, err) ||
	    !doc_read(call, dt, name, &d, err))
		return false;
	envelope_drop_empty(call);
	return put_docinfo(call, d, err);
}

/* ---- saving */

/* The document as a tree, with the name that the form had for it until now; null: none. */
static MUST_USE bool
put_doc(struct call *call, const struct doc *d, struct str localname, struct err *err)
{
	CLEANUP(buf_free) struct buf b = call_scratch(call);
	struct json_out o = JSON_OUT(&b);
	const json_t *tree;

	if (str_is_null(localname))
		return api_doc_write(call, d, err);
	if (!doc_write(call, d, DOC_WITH_NULLS, &o, err) ||
	    !json_parse_buf(call->arena, &b, &tree, err))
		return false;
	json_open_object(&call->out);
	for (struct json_member m = json_first(tree); m.value != NULL; m = json_next(m)) {
		json_key(&call->out, m.key);
		json_add_tree(&call->out, m.value);
	}
	json_put_str(&call->out, "localname", localname);
	json_close_object(&call->out);
	return true;
}

/* What all that changes a document answers. */
static MUST_USE bool
put_saved(
    struct call *call, const struct doc *d, struct str localname, struct str alert, struct err *err)
{
	envelope_drop_empty(call);
	json_key(&call->out, STR("docs"));
	json_open_array(&call->out);
	if (!put_doc(call, d, localname, err))
		return false;
	json_close_array(&call->out);
	return put_docinfo(call, d, err) && call_alert(call, alert, err);
}

static const struct {
	struct str name;
	enum docstatus status;
} ACTIONS[] = {
	{ STR_INIT("Save"), DOCSTATUS_DRAFT },
	{ STR_INIT("Submit"), DOCSTATUS_SUBMITTED },
	{ STR_INIT("Update"), DOCSTATUS_SUBMITTED },
	{ STR_INIT("Cancel"), DOCSTATUS_CANCELLED },
};

static MUST_USE bool
arg_action(const struct call *call, enum docstatus *out, struct err *err)
{
	struct str action;

	if (!args_str(call, "action", &action, err))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(ACTIONS); i++) {
		if (str_eq(ACTIONS[i].name, action)) {
			*out = ACTIONS[i].status;
			return true;
		}
	}
	return err_set(err, ERR_VALIDATION, "action is Save, Submit, Update or Cancel, not %.*s",
	    STR_FMT(str_sub(action, 0, 40)));
}

/* A form names a new document until it is saved; whoever gives it a name says so in __newname. */
struct form {
	const json_t *body;
	bool is_new;
	struct str localname; /* null: none */
	struct str name;      /* empty: it is made */
};

static MUST_USE bool
read_form(struct call *call, const json_t *body, struct form *f, struct err *err)
{
	*f = (struct form){ .body = body, .localname = STR_NULL };
	f->is_new = args_is_true(json_get(body, STR("__islocal")));
	if (!doc_body_name(call, body, &f->name, err))
		return false;
	if (f->is_new) {
		f->localname = f->name.len > 0 ? f->name : STR_NULL;
		f->name = json_text(json_get(body, STR("__newname")));
	}
	return true;
}

/* The document to be saved: with its own name, and the status that the action gives it. */
static MUST_USE bool
body_of(const struct call *call, const struct form *f, enum docstatus status, const json_t **out,
    struct err *err)
{
	CLEANUP(buf_free) struct buf b = call_scratch(call);
	struct json_out o = JSON_OUT(&b);

	json_open_object(&o);
	for (struct json_member m = json_first(f->body); m.value != NULL; m = json_next(m)) {
		if (str_eq(m.key, STR("name")) || str_eq(m.key, STR("docstatus")) ||
		    str_eq(m.key, STR("__islocal")))
			continue;
		json_key(&o, m.key);
		json_add_tree(&o, m.value);
	}
	if (f->name.len > 0)
		json_put_str(&o, "name", f->name);
	json_put_int(&o, "__islocal", f->is_new);
	json_put_int(&o, "docstatus", status);
	json_close_object(&o);
	return json_parse_buf(call->arena, &b, out, err);
}

static bool
savedocs(struct call *call, struct err *err)
{
	const struct doctype *dt;
	enum docstatus status = DOCSTATUS_DRAFT;
	const json_t *body;
	struct str doctype;
	struct doc *d;

	if (!api_doc_body(call, "doc", &body, &doctype, err) || !arg_action(call, &status, err) ||
	    !doc_type(call, doctype, &dt, err))
		return false;
	struct form form;

	return read_form(call, body, &form, err) && body_of(call, &form, status, &body, err) &&
	    doc_save(call, dt, body, &d, err) &&
	    put_saved(call, d, form.localname, STR("Saved"), err);
}

static bool
cancel(struct call *call, struct err *err)
{
	const struct doctype *dt;
	const json_t *body;
	struct str name;
	struct doc *d;

	return api_doc_type(call, &dt, err) && args_str(call, "name", &name, err) &&
	    api_doc_with(call, NULL, STR("docstatus"), DOCSTATUS_CANCELLED, &body, err) &&
	    doc_update(call, dt, name, body, &d, err) &&
	    put_saved(call, d, STR_NULL, STR("Cancelled"), err);
}

static bool
discard(struct call *call, struct err *err)
{
	const struct doctype *dt;
	struct str name;
	struct doc *d;

	return api_doc_type(call, &dt, err) && args_str(call, "name", &name, err) &&
	    doc_discard(call, dt, name, err) && doc_read(call, dt, name, &d, err) &&
	    put_saved(call, d, STR_NULL, STR("Discarded"), err);
}

/* clang-format off */
static const struct method METHODS[] = {
	{ .name = STR_INIT("frappe.desk.form.load.getdoc"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_READ, .body = getdoc,
	  .help = "A document and what a form shows beside it: doctype, name" },
	{ .name = STR_INIT("frappe.desk.form.load.get_docinfo"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_READ, .body = get_docinfo,
	  .help = "What a form shows beside a document: doctype, name" },
	{ .name = STR_INIT("frappe.desk.form.save.savedocs"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = savedocs, .plan = api_doc_plan,
	  .help = "Save a whole document as a form does: doc, action (Save, Submit, Update or Cancel)" },
	{ .name = STR_INIT("frappe.desk.form.save.cancel"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = cancel,
	  .help = "Cancel a submitted document as a form does: doctype, name" },
	{ .name = STR_INIT("frappe.desk.form.save.discard"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = discard,
	  .help = "End a draft without submitting it: doctype, name" },
};
/* clang-format on */

const struct method_table API_DESK_DOC_METHODS = { METHODS, ARRAY_LEN(METHODS) };
