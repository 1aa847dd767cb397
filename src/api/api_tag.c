#include "api/api_tag.h"

#include "api/api_doc.h"
#include "api/args.h"
#include "doc/comment.h"
#include "doc/tag.h"
#include "json/json_in.h"

/* The document that dt and dn name, which the caller may write. */
static MUST_USE bool
read_target(struct call *call, struct doc **out, struct str *tag, struct err *err)
{
	const struct doctype *dt;
	struct str type, name;

	return args_str(call, "tag", tag, err) && args_str(call, "dt", &type, err) &&
	    args_str(call, "dn", &name, err) && doc_type(call, type, &dt, err) &&
	    comment_target(call, dt, name, RIGHT_WRITE, out, err);
}

static bool
add_tag(struct call *call, struct err *err)
{
	struct doc *d;
	struct str tag;

	if (!read_target(call, &d, &tag, err) || !tag_add(call, d, tag, err))
		return false;
	json_add_str(&call->out, tag);
	return true;
}

static bool
remove_tag(struct call *call, struct err *err)
{
	struct doc *d;
	struct str tag;

	return read_target(call, &d, &tag, err) && tag_remove(call, d, tag, err);
}

/* The words that hold a text, of all documents. */
static bool
get_tags(struct call *call, struct err *err)
{
	struct list_args list = { .order_by = STR("name asc") };
	struct str doctype, text, pattern;
	const json_t *filters, *rows;

	if (!args_str(call, "doctype", &doctype, err) || !args_str(call, "txt", &text, err) ||
	    !doc_type(call, STR("Tag"), &list.doctype, err) ||
	    !arena_printf(call->arena, &pattern, err, "%%%.*s%%", STR_FMT(text)))
		return false;
	CLEANUP(buf_free) struct buf b = BUF_INIT(1024 * 1024);
	struct json_out o = JSON_OUT(&b);

	json_open_array(&o);
	json_add_str(&o, STR("name"));
	json_add_str(&o, STR("like"));
	json_add_str(&o, pattern);
	json_close_array(&o);
	if (!json_parse_buf(call->arena, &b, &filters, err))
		return false;
	list.filters = filters;
	list.length = 20;
	if (!api_doc_rows(call, &list, &rows, err))
		return false;
	json_open_array(&call->out);
	for (size_t i = 0; i < json_array_size(rows); i++)
		json_add_str(&call->out, json_text(json_get(json_array_get(rows, i), STR("name"))));
	json_close_array(&call->out);
	return true;
}

/* clang-format off */
static const struct method METHODS[] = {
	{ .name = STR_INIT("frappe.desk.doctype.tag.tag.add_tag"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = add_tag,
	  .help = "Hang a tag on a document: tag, dt, dn" },
	{ .name = STR_INIT("frappe.desk.doctype.tag.tag.remove_tag"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = remove_tag,
	  .help = "Take a tag off a document: tag, dt, dn" },
	{ .name = STR_INIT("frappe.desk.doctype.tag.tag.get_tags"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_READ, .body = get_tags,
	  .help = "Tags that hold a text: doctype, txt" },
};
/* clang-format on */

const struct method_table API_TAG_METHODS = { METHODS, ARRAY_LEN(METHODS) };
