#include "api/api_meta.h"

#include "api/args.h"
#include "auth/auth.h"
#include "base/clock.h"
#include "doc/doc.h"
#include "doc/perm.h"

static const char *const GRANT_WORDS[] = {
	[PERM_NONE] = "none",
	[PERM_OWNER] = "own",
	[PERM_ALL] = "all",
};

/* {"read":"all","write":"own"}: what is not there is not granted. */
static void
put_rights(struct call *call, const struct doctype *dt)
{
	json_key(&call->out, STR("rights"));
	json_open_object(&call->out);
	for (enum right r = 0; r < RIGHT_LEN; r++) {
		const enum perm_grant grant = perm_reach(call, dt, r);

		if (grant == PERM_NONE)
			continue;
		json_key(&call->out, right_name(r));
		json_add_str(&call->out, str_from(GRANT_WORDS[grant]));
	}
	json_close_object(&call->out);
}

static void
put_properties(struct call *call, const struct doctype *dt)
{
	const struct {
		const char *key;
		struct str value;
	} texts[] = {
		{ "name", dt->name },
		{ "module", dt->module },
		{ "autoname", dt->autoname },
		{ "title_field", dt->title_field },
		{ "search_fields", dt->search_fields },
		{ "sort_field", dt->sort_field },
		{ "sort_order", dt->sort_order },
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++)
		json_put_str(&call->out, texts[i].key, texts[i].value);
	json_put_bool(&call->out, "issingle", dt->issingle);
	json_put_bool(&call->out, "istable", dt->istable);
	json_put_bool(&call->out, "is_submittable", dt->is_submittable);
	json_put_bool(&call->out, "allow_rename", dt->allow_rename);
	json_put_bool(&call->out, "allow_import", dt->allow_import);
	json_put_bool(&call->out, "track_changes", dt->track_changes);
	json_put_bool(&call->out, "custom", dt->custom);
}

/* What is empty, zero or false is left out: most of it is. */
static void
put_field(struct json_out *out, const struct field *f, bool writable)
{
	const struct {
		const char *key;
		struct str value;
	} texts[] = {
		{ "options", f->options },
		{ "default", f->fallback },
		{ "fetch_from", f->fetch_from },
		{ "depends_on", f->depends_on },
		{ "mandatory_depends_on", f->mandatory_depends_on },
		{ "read_only_depends_on", f->read_only_depends_on },
		{ "description", f->description },
	};
	const struct {
		const char *key;
		bool value;
	} flags[] = {
		{ "reqd", f->reqd },
		{ "unique", f->unique },
		{ "read_only", f->read_only },
		{ "hidden", f->hidden },
		{ "bold", f->bold },
		{ "set_only_once", f->set_only_once },
		{ "no_copy", f->no_copy },
		{ "allow_on_submit", f->allow_on_submit },
		{ "non_negative", f->non_negative },
		{ "in_list_view", f->in_list_view },
		{ "in_standard_filter", f->in_standard_filter },
		{ "is_standard", f->is_standard },
		{ "writable", writable },
	};

	json_open_object(out);
	json_put_str(out, "fieldname", f->name);
	json_put_str(out, "label", f->label);
	json_put_str(out, "fieldtype", field_type_name(f->type));
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		if (texts[i].value.len > 0)
			json_put_str(out, texts[i].key, texts[i].value);
	}
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		if (flags[i].value)
			json_put_bool(out, flags[i].key, true);
	}
	if (f->permlevel > 0)
		json_put_int(out, "permlevel", f->permlevel);
	if (f->length > 0)
		json_put_int(out, "length", f->length);
	if (f->precision >= 0)
		json_put_int(out, "precision", f->precision);
	json_close_object(out);
}

/* The fields that the caller may read, by the levels that he has on the DocType or its parent's. */
static void
put_fields(struct call *call, const struct doctype *dt, uint32_t levels_read, uint32_t levels_write)
{
	json_key(&call->out, STR("fields"));
	json_open_array(&call->out);
	for (size_t i = 0; i < dt->fields_len; i++) {
		const struct field *f = &dt->fields[i];

		if (perm_has_level(levels_read, f->permlevel))
			put_field(&call->out, f, perm_has_level(levels_write, f->permlevel));
	}
	json_close_array(&call->out);
}

static void
put_children(
    struct call *call, const struct doctype *dt, uint32_t levels_read, uint32_t levels_write)
{
	json_key(&call->out, STR("children"));
	json_open_object(&call->out);
	for (size_t i = 0; i < dt->tables_len; i++) {
		const struct doctype *child = metas_find(call->metas, dt->tables[i]->options);

		if (child == NULL || !perm_has_level(levels_read, dt->tables[i]->permlevel))
			continue;
		json_key(&call->out, dt->tables[i]->name);
		json_open_object(&call->out);
		put_properties(call, child);
		put_fields(call, child, levels_read, levels_write);
		json_close_object(&call->out);
	}
	json_close_object(&call->out);
}

/* No right to read: the same answer as for reading it. */
static bool
get(struct call *call, struct err *err)
{
	const struct doctype *dt;
	struct str name;

	if (!args_str(call, "doctype", &name, err) || !doc_type(call, name, &dt, err) ||
	    !perm_check_doctype(call, dt, RIGHT_READ, err))
		return false;
	const uint32_t levels_read = perm_levels(call, dt, RIGHT_READ);
	const uint32_t levels_write = perm_levels(call, dt, RIGHT_WRITE);

	json_open_object(&call->out);
	put_properties(call, dt);
	put_rights(call, dt);
	put_fields(call, dt, levels_read, levels_write);
	put_children(call, dt, levels_read, levels_write);
	json_close_object(&call->out);
	return true;
}

static void
put_doctypes(struct call *call)
{
	const struct doctype *dt;
	size_t at = 0;

	json_open_array(&call->out);
	while ((dt = metas_next(call->metas, &at)) != NULL) {
		if (dt->istable || perm_reach(call, dt, RIGHT_READ) == PERM_NONE)
			continue;
		json_open_object(&call->out);
		put_properties(call, dt);
		put_rights(call, dt);
		json_close_object(&call->out);
	}
	json_close_array(&call->out);
}

static bool
list(struct call *call, struct err *err)
{
	(void)err;
	put_doctypes(call);
	return true;
}

/* All that the pages ask for when they start. */
static bool
start(struct call *call, struct err *err)
{
	const struct who *who = call->who;

	(void)err;
	json_open_object(&call->out);
	json_put_str(&call->out, "user", who->name);
	json_put_str(&call->out, "full_name", who->full_name);
	json_put_bool(&call->out, "is_system_user", who->is_system_user);
	json_put_bool(&call->out, "is_system_manager", who->is_system_manager);
	json_put_str(&call->out, "time_zone", clock_zone());
	json_put_str(&call->out, "version", STR(SYMBOLON_VERSION));
	json_key(&call->out, STR("doctypes"));
	put_doctypes(call);
	json_close_object(&call->out);
	return true;
}

/* clang-format off */
static const struct method METHODS[] = {
	{ .name = STR_INIT("symbolon.meta.list"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_MEMORY, .body = list,
	  .help = "The DocTypes that the caller may read, with his rights" },
	{ .name = STR_INIT("symbolon.meta.start"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_MEMORY, .body = start,
	  .help = "Who the caller is, the site's time zone, and symbolon.meta.list" },
	{ .name = STR_INIT("symbolon.meta.get"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_MEMORY, .body = get,
	  .help = "The fields of a DocType that the caller may read or write: doctype" },
};
/* clang-format on */

const struct method_table API_META_METHODS = { METHODS, ARRAY_LEN(METHODS) };
