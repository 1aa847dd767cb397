#include "api/api_tag.h"

#include "api/api_doc.h"
#include "api/args.h"
#include "doc/comment.h"
#include "doc/tag.h"
#include "json/json_in.h"

enum { MANY_MAX = 200 };

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

/* A list of texts, or a text that holds one as JSON; nothing is changed unless all are texts. */
static MUST_USE bool
args_texts(const struct call *call, const char *name, const json_t **out, struct err *err)
{
	if (!args_json(call, name, out, err))
		return false;
	bool ok = json_is_array(*out);

	for (size_t i = 0; ok && i < json_array_size(*out); i++)
		ok = json_is_string(json_array_get(*out, i)) ||
		    json_is_integer(json_array_get(*out, i));
	return ok ||
	    err_set(err, ERR_FRAPPE_TYPE, "The argument \"%s\" must be a list of texts", name);
}

/* Names of documents may be numbers. */
static MUST_USE bool
text_at(const struct call *call, const json_t *list, size_t i, struct str *out, struct err *err)
{
	const json_t *v = json_array_get(list, i);

	*out = json_text(v);
	return json_is_string(v) ||
	    arena_printf(call->arena, out, err, "%lld", (long long)json_integer_value(v));
}

static MUST_USE bool
add_each(struct call *call, const struct doc *d, const json_t *tags, struct err *err)
{
	struct str tag;

	for (size_t i = 0; i < json_array_size(tags); i++) {
		if (!text_at(call, tags, i, &tag, err) || !tag_add(call, d, tag, err))
			return false;
	}
	return true;
}

/* Several tags on several documents: all or none. */
static bool
add_tags(struct call *call, struct err *err)
{
	const struct doctype *dt;
	const json_t *tags, *docs;
	struct str type, name;
	struct doc *d;

	if (!args_texts(call, "tags", &tags, err) || !args_str(call, "dt", &type, err) ||
	    !args_texts(call, "docs", &docs, err) || !doc_type(call, type, &dt, err))
		return false;
	if (json_array_size(docs) > MANY_MAX || json_array_size(tags) > MANY_MAX)
		return err_set(err, ERR_VALIDATION, "At most %d tags and %d documents at once",
		    (int)MANY_MAX, (int)MANY_MAX);
	for (size_t i = 0; i < json_array_size(docs); i++) {
		if (!text_at(call, docs, i, &name, err) ||
		    !comment_target(call, dt, name, RIGHT_WRITE, &d, err) ||
		    !add_each(call, d, tags, err))
			return false;
	}
	return true;
}

/* The documents that a tag hangs on and that the caller may read. */
static bool
get_tagged_docs(struct call *call, struct err *err)
{
	struct list_args list = { .order_by = STR("name asc") };
	CLEANUP(buf_free) struct buf b = BUF_INIT(1024 * 1024);
	struct json_out o = JSON_OUT(&b);
	struct str type, tag;
	const json_t *rows;

	if (!args_str(call, "doctype", &type, err) || !args_str(call, "tag", &tag, err) ||
	    !doc_type(call, type, &list.doctype, err))
		return false;
	json_open_array(&o);
	json_add_str(&o, STR("_user_tags"));
	json_add_str(&o, STR("like"));
	json_add_str(&o, tag);
	json_close_array(&o);
	if (!json_parse_buf(call->arena, &b, &list.filters, err))
		return false;
	if (!api_doc_rows(call, &list, &rows, err))
		return false;
	json_open_array(&call->out);
	for (size_t i = 0; i < json_array_size(rows); i++) {
		json_open_array(&call->out);
		json_add_tree(&call->out, json_get(json_array_get(rows, i), STR("name")));
		json_close_array(&call->out);
	}
	json_close_array(&call->out);
	return true;
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
	{ .name = STR_INIT("frappe.desk.doctype.tag.tag.add_tags"), .verbs = VERBS_WRITE, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = add_tags,
	  .help = "Hang tags on up to 200 documents, all or none: tags, dt, docs" },
	{ .name = STR_INIT("frappe.desk.doctype.tag.tag.get_tagged_docs"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_READ, .body = get_tagged_docs,
	  .help = "Names of the documents that a tag hangs on: doctype, tag" },
	{ .name = STR_INIT("frappe.desk.doctype.tag.tag.get_tags"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_READ, .body = get_tags,
	  .help = "Tags that hold a text: doctype, txt" },
};
/* clang-format on */

const struct method_table API_TAG_METHODS = { METHODS, ARRAY_LEN(METHODS) };
