#include "api/api_comment.h"

#include "api/api_doc.h"
#include "api/args.h"
#include "doc/comment.h"
#include "json/json_in.h"

/* The document that is named by two arguments, which the caller may read. */
static MUST_USE bool
read_target(
    struct call *call, const char *doctype, const char *name, struct doc **out, struct err *err)
{
	const struct doctype *dt;
	struct str type, text;

	return args_str(call, doctype, &type, err) && args_str(call, name, &text, err) &&
	    doc_type(call, type, &dt, err) && comment_target(call, dt, text, RIGHT_READ, out, err);
}

static bool
add_comment(struct call *call, struct err *err)
{
	struct comment_new comment = { .type = STR("Comment") };
	struct doc *target, *d;

	return args_str(call, "content", &comment.content, err) &&
	    args_str(call, "comment_email", &comment.email, err) &&
	    args_str(call, "comment_by", &comment.by, err) &&
	    read_target(call, "reference_doctype", "reference_name", &target, err) &&
	    comment_add(call, target, &comment, &d, err) &&
	    doc_write(call, d, DOC_WITHOUT_NULLS, &call->out, err);
}

static bool
update_comment(struct call *call, struct err *err)
{
	struct str name, content;

	return args_str(call, "name", &name, err) && args_str(call, "content", &content, err) &&
	    comment_edit(call, name, content, err);
}

/* Upstream's word is Yes. */
static bool
toggle_like(struct call *call, struct err *err)
{
	const struct str word = json_text(args_get(call->args, "add"));
	const bool likes = !str_ieq(word, STR("No")) && args_bool(call->args, "add", false);
	struct doc *target;

	return read_target(call, "doctype", "name", &target, err) &&
	    comment_like(call, target, likes, err);
}

/* clang-format off */
static const struct method METHODS[] = {
	{ .name = STR_INIT("frappe.desk.form.utils.add_comment"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = add_comment,
	  .help = "Comment on a document: reference_doctype, reference_name, content, comment_email, comment_by" },
	{ .name = STR_INIT("frappe.desk.form.utils.update_comment"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = update_comment,
	  .help = "Change a comment of one's own: name, content" },
	{ .name = STR_INIT("frappe.desk.like.toggle_like"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = toggle_like,
	  .help = "Like a document, or no longer: doctype, name, add (Yes or No)" },
};
/* clang-format on */

const struct method_table API_COMMENT_METHODS = { METHODS, ARRAY_LEN(METHODS) };
