#include "api/api_rename.h"

#include "api/api_doc.h"
#include "api/args.h"
#include "doc/cast.h"
#include "doc/perm.h"
#include "doc/rename.h"

/* How a method calls the two names. */
static MUST_USE bool
rename_by(struct call *call, const char *old_word, const char *new_word, struct err *err)
{
	struct rename_how how = {
		.merge = args_bool(call->args, "merge", false),
		.force = args_bool(call->args, "force", false),
	};
	const struct doctype *dt;
	struct str name;

	if (!api_doc_type(call, &dt, err) || !args_str(call, old_word, &how.from, err) ||
	    !args_str(call, new_word, &how.to, err) || !rename_document(call, dt, &how, &name, err))
		return false;
	json_add_str(&call->out, name);
	return true;
}

static bool
client_rename(struct call *call, struct err *err)
{
	return rename_by(call, "old_name", "new_name", err);
}

static bool
plain_rename(struct call *call, struct err *err)
{
	return rename_by(call, "old", "new", err);
}

/* Sets the title, where the document has a field for it. */
static MUST_USE bool
set_title(
    struct call *call, const struct doc *d, struct str name, struct str title, struct err *err)
{
	const struct field *f = doctype_field(d->doctype, d->doctype->title_field);
	const json_t *body, *given = args_get(call->args, "title");
	struct doc *saved;

	if (f == NULL || f->column < DOC_STANDARD_LEN || title.len == 0 ||
	    str_eq(title, value_str(d->values[f->column])))
		return true;
	if (given == NULL)
		given = args_get(call->args, "new_title");
	return api_doc_member(call, f->name, given, &body, err) &&
	    doc_update(call, d->doctype, name, body, &saved, err) &&
	    call_alert(call, STR("Saved"), err);
}

/* Either of two names of an argument. */
static MUST_USE bool
either(const struct call *call, const char *word, const char *old_word, struct str *out,
    struct err *err)
{
	return args_str_or_null(call, args_has(call->args, word) ? word : old_word, out, err);
}

static bool
update_title(struct call *call, struct err *err)
{
	struct rename_how how = { .merge = args_bool(call->args, "merge", false) };
	const struct doctype *dt;
	struct str name, title;
	struct doc *d;

	if (!api_doc_type(call, &dt, err) || !args_str(call, "docname", &name, err) ||
	    !either(call, "name", "new_name", &how.to, err) ||
	    !either(call, "title", "new_title", &title, err) ||
	    !doc_read(call, dt, name, &d, err) || !perm_check_doc(call, d, RIGHT_WRITE, err))
		return false;
	name = how.from = doc_name(d);
	if (how.to.len > 0 && !str_eq(how.to, name) && !rename_document(call, dt, &how, &name, err))
		return false;
	if (!set_title(call, d, name, title, err))
		return false;
	json_add_str(&call->out, name);
	return true;
}

/* clang-format off */
static const struct method METHODS[] = {
	{ .name = STR_INIT("frappe.client.rename_doc"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = client_rename,
	  .help = "Give a document another name: doctype, old_name, new_name, merge" },
	{ .name = STR_INIT("frappe.rename_doc"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = plain_rename,
	  .help = "Give a document another name: doctype, old, new, merge, force" },
	{ .name = STR_INIT("frappe.model.rename_doc.update_document_title"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = update_title,
	  .help = "Give a document another title, another name, or both: doctype, docname, title, name, merge" },
};
/* clang-format on */

const struct method_table API_RENAME_METHODS = { METHODS, ARRAY_LEN(METHODS) };
