#include "api/api_desk_meta.h"

#include "api/api_doc.h"
#include "api/args.h"
#include "api/envelope.h"
#include "doc/doc.h"
#include "json/json_in.h"

enum { BUNDLE_MAX = 64 /* DocTypes of one answer */ };

/* What upstream's forms find beside a DocType; scripts and templates are nobody's here. */
/* clang-format off */
static const struct { struct str key, value, of_table; } EXTRAS[] = {
	{ STR_INIT("is_large_table"),          STR_INIT("false"), STR_INIT("false") },
	{ STR_INIT("__assets_loaded"),         STR_INIT("true"),  STR_INIT("true") },
	{ STR_INIT("__js"),                    STR_INIT("null"),  STR_INIT("null") },
	{ STR_INIT("__css"),                   STR_INIT("null"),  STR_INIT("null") },
	{ STR_INIT("__list_js"),               STR_INIT("null"),  STR_INIT("null") },
	{ STR_INIT("__calendar_js"),           STR_INIT("null"),  STR_INIT("null") },
	{ STR_INIT("__map_js"),                STR_INIT("null"),  STR_INIT("null") },
	{ STR_INIT("__linked_with"),           STR_INIT("null"),  STR_INIT("null") },
	{ STR_INIT("__messages"),              STR_INIT("null"),  STR_INIT("null") },
	{ STR_INIT("__print_formats"),         STR_INIT("[]"),    STR_INIT("null") },
	{ STR_INIT("__workflow_docs"),         STR_INIT("[]"),    STR_INIT("null") },
	{ STR_INIT("__form_grid_templates"),   STR_INIT("null"),  STR_INIT("null") },
	{ STR_INIT("__listview_template"),     STR_INIT("null"),  STR_INIT("null") },
	{ STR_INIT("__tree_js"),               STR_INIT("null"),  STR_INIT("null") },
	{ STR_INIT("__dashboard"),
	  STR_INIT("{\"transactions\":[],\"non_standard_fieldnames\":{},\"internal_links\":{}}"), STR_INIT("null") },
	{ STR_INIT("__kanban_column_fields"),  STR_INIT("[]"),    STR_INIT("null") },
	{ STR_INIT("__templates"),             STR_INIT("null"),  STR_INIT("null") },
	{ STR_INIT("__workspaces"),            STR_INIT("null"),  STR_INIT("null") },
};
/* clang-format on */

/* What a row of a DocType has of a DocType itself, in upstream's answers. */
static const struct str NONE_OF[] = { STR_INIT("fields"), STR_INIT("permissions"),
	STR_INIT("actions"), STR_INIT("links"), STR_INIT("states") };

static void
put_members(struct json_out *out, const json_t *object)
{
	for (struct json_member m = json_first(object); m.value != NULL; m = json_next(m)) {
		json_key(out, m.key);
		json_add_tree(out, m.value);
	}
}

static void
put_none(struct json_out *out)
{
	for (size_t i = 0; i < ARRAY_LEN(NONE_OF); i++) {
		json_key(out, NONE_OF[i]);
		json_add_raw(out, STR("[]"));
	}
}

static void
put_perm(struct json_out *out, const json_t *row)
{
	json_open_object(out);
	put_members(out, row);
	put_none(out);
	json_close_object(out);
}

/* The fields by which a link's documents are searched: ["a", "b"], or null. */
static void
put_search_fields(struct json_out *out, const struct doctype *to)
{
	struct str rest = to == NULL ? STR_NULL : to->search_fields;

	json_key(out, STR("search_fields"));
	if (rest.len == 0) {
		json_add_null(out);
		return;
	}
	json_open_array(out);
	while (rest.len > 0) {
		struct str one;

		str_cut(rest, ',', &one, &rest);
		json_add_str(out, str_trim(one));
	}
	json_close_array(out);
}

static void
put_field(const struct call *call, struct json_out *out, const json_t *row)
{
	const bool links = str_eq(json_text(json_get(row, STR("fieldtype"))), STR("Link"));
	const struct doctype *to =
	    links ? metas_find(call->metas, json_text(json_get(row, STR("options")))) : NULL;

	json_open_object(out);
	put_members(out, row);
	put_none(out);
	put_search_fields(out, to);
	if (json_get(row, STR("is_custom_field")) == NULL)
		json_put_null(out, "is_custom_field");
	if (to == NULL)
		json_put_null(out, "linked_document_type");
	else
		json_put_str(out, "linked_document_type",
		    to->document_type.len > 0 ? to->document_type : STR(""));
	json_close_object(out);
}

static void
put_fields(const struct call *call, struct json_out *out, const json_t *rows, bool tables_only)
{
	json_open_array(out);
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		enum field_type type;

		if (!tables_only ||
		    (field_type_find(json_text(json_get(row, STR("fieldtype"))), &type) &&
			field_type_is_table(type)))
			put_field(call, out, row);
	}
	json_close_array(out);
}

static void
put_perms(struct json_out *out, const json_t *rows)
{
	json_open_array(out);
	for (size_t i = 0; i < json_array_size(rows); i++)
		put_perm(out, json_array_get(rows, i));
	json_close_array(out);
}

static void
put_extras(struct json_out *out, bool is_table)
{
	for (size_t i = 0; i < ARRAY_LEN(EXTRAS); i++) {
		json_key(out, EXTRAS[i].key);
		json_add_raw(out, is_table ? EXTRAS[i].of_table : EXTRAS[i].value);
	}
}

/* The scripts of a form are only a name for the browser's tools: there are none. */
static MUST_USE bool
put_scripts(
    const struct call *call, const struct doctype *dt, struct json_out *out, struct err *err)
{
	static const char *const KEYS[] = { "__custom_js", "__custom_list_js" };

	for (size_t i = 0; i < ARRAY_LEN(KEYS); i++) {
		CLEANUP(buf_free) struct buf b = call_scratch(call);

		if (dt->istable) {
			json_put_null(out, KEYS[i]);
			continue;
		}
		buf_lit(&b, "\n\n//# sourceURL=");
		for (size_t j = 0; j < dt->name.len; j++)
			buf_put_char(
			    &b, dt->name.ptr[j] == ' ' ? '_' : char_lower(dt->name.ptr[j]));
		buf_put(&b, str_from(KEYS[i]));
		if (!buf_ok(&b))
			return err_memory(err);
		json_put_str(out, KEYS[i], buf_str(&b));
	}
	return true;
}

/* One DocType of the answer, from what everybody may see of it. */
static MUST_USE bool
put_doctype(struct call *call, const struct doctype *dt, const json_t *meta, struct json_out *out,
    struct err *err)
{
	json_open_object(out);
	for (struct json_member m = json_first(meta); m.value != NULL; m = json_next(m)) {
		json_key(out, m.key);
		if (str_eq(m.key, STR("fields")))
			put_fields(call, out, m.value, false);
		else if (str_eq(m.key, STR("permissions")))
			put_perms(out, m.value);
		else
			json_add_tree(out, m.value);
	}
	if (dt->tables_len > 0) {
		json_key(out, STR("_table_fields"));
		put_fields(call, out, json_get(meta, STR("fields")), true);
	}
	put_extras(out, dt->istable);
	if (!put_scripts(call, dt, out, err))
		return false;
	json_close_object(out);
	return true;
}

static MUST_USE bool
read_meta(struct call *call, const struct doctype *dt, const json_t **out, struct err *err)
{
	CLEANUP(buf_free) struct buf b = call_scratch(call);
	struct json_out o = JSON_OUT(&b);

	return doc_write_meta(call, dt->name, &o, err) && json_parse_buf(call->arena, &b, out, err);
}

/* The DocTypes of dt's tables, after its own. */
static MUST_USE bool
put_tables(struct call *call, const struct doctype *dt, struct json_out *out, struct err *err)
{
	const struct doctype *done[BUNDLE_MAX];
	size_t len = 0;

	for (size_t i = 0; i < dt->tables_len; i++) {
		const struct doctype *child = metas_find(call->metas, dt->tables[i]->options);
		const json_t *meta;
		bool known = child == NULL || len == BUNDLE_MAX;

		for (size_t j = 0; j < len && !known; j++)
			known = done[j] == child;
		if (known)
			continue;
		done[len++] = child;
		if (!read_meta(call, child, &meta, err) ||
		    !put_doctype(call, child, meta, out, err))
			return false;
	}
	return true;
}

/* The first DocType by name that has dt for a table; NULL: none. */
static MUST_USE bool
parent_of(struct call *call, const struct doctype *dt, const struct doctype **out, struct err *err)
{
	const struct meta_link *links;
	size_t len;

	*out = NULL;
	if (!dt->istable)
		return true;
	if (!metas_links_to(call->metas, call->arena, dt->name, &links, &len, err))
		return false;
	for (size_t i = 0; i < len; i++) {
		const struct doctype *one = links[i].doctype;

		if (links[i].field->table >= 0 &&
		    (*out == NULL || str_cmp(one->name, (*out)->name) < 0))
			*out = one;
	}
	return true;
}

static bool
getdoctype(struct call *call, struct err *err)
{
	const struct doctype *dt, *parent = NULL;
	const json_t *meta;
	struct str cached;

	if (!api_doc_type(call, &dt, err) ||
	    !args_str_or_null(call, "cached_timestamp", &cached, err) ||
	    (args_bool(call->args, "with_parent", false) && !parent_of(call, dt, &parent, err)))
		return false;
	if (parent != NULL)
		dt = parent;
	if (!read_meta(call, dt, &meta, err))
		return false;
	if (cached.len > 0 && str_eq(cached, json_text(json_get(meta, STR("modified"))))) {
		json_add_str(&call->out, STR("use_cache"));
	} else {
		envelope_drop_empty(call);
		json_key(&call->out, STR("docs"));
		json_open_array(&call->out);
		if (!put_doctype(call, dt, meta, &call->out, err) ||
		    !put_tables(call, dt, &call->out, err))
			return false;
		json_close_array(&call->out);
	}
	if (parent != NULL)
		json_put_str(&call->out, "parent_dt", parent->name);
	json_put_str(&call->out, "user_settings", STR("{}"));
	return true;
}

/* clang-format off */
static const struct method METHODS[] = {
	{ .name = STR_INIT("frappe.desk.form.load.getdoctype"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_READ, .body = getdoctype,
	  .help = "What a form is made from, the DocTypes of its tables too: doctype, with_parent, cached_timestamp" },
};
/* clang-format on */

const struct method_table API_DESK_META_METHODS = { METHODS, ARRAY_LEN(METHODS) };
