#include "api/api_permission.h"

#include "api/api_doc.h"
#include "api/args.h"
#include "auth/who.h"
#include "doc/perm_rules.h"
#include "json/json_in.h"

static const struct str CUSTOM_DOCPERM = STR_INIT("Custom DocPerm");
static const struct str IF_OWNER = STR_INIT("if_owner");

/* ---- which rule */

struct rule {
	const struct doctype *of;
	struct perm_rule is;
	bool copied;     /* the rules became the site's own */
	struct str name; /* null: there is none */
};

static MUST_USE bool
arg_level(const struct call *call, int64_t *out, struct err *err)
{
	const json_t *given = args_get(call->args, "permlevel");

	*out = json_integer_value(given);
	if (given == NULL || json_is_integer(given) || str_to_int64(json_text(given), out))
		return true;
	return err_set(err, ERR_VALIDATION, "The argument \"permlevel\" must be a number");
}

/* The rule of the arguments, among rules that are the site's own from here on. */
static MUST_USE bool
arg_rule(struct call *call, const char *doctype_key, struct rule *r, struct err *err)
{
	struct str doctype;

	if (!args_str(call, doctype_key, &doctype, err) ||
	    !args_str(call, "role", &r->is.role, err) || !arg_level(call, &r->is.level, err))
		return false;
	r->is.if_owner = args_bool(call->args, "if_owner", false);
	return doc_type(call, doctype, &r->of, err) && perm_rules_may(r->of, err) &&
	    perm_rules_own(call, r->of, &r->copied, err) &&
	    perm_rules_find(call, r->of, &r->is, &r->name, err);
}

static MUST_USE bool
must_be(const struct rule *r, struct err *err)
{
	return !str_is_null(r->name) ||
	    err_set(err, ERR_DOES_NOT_EXIST, "%.*s has no rule for %.*s at level %lld%s",
		STR_FMT(r->of->name), STR_FMT(str_sub(r->is.role, 0, 140)), (long long)r->is.level,
		r->is.if_owner ? " (own documents)" : "");
}

/* ---- changes */

static MUST_USE bool
write_new(struct call *call, const struct rule *r, const json_t **out, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(4096);
	struct json_out o = JSON_OUT(&b);

	json_open_object(&o);
	json_put_str(&o, "parent", r->of->name);
	json_put_str(&o, "role", r->is.role);
	json_put_int(&o, "permlevel", r->is.level);
	json_put_int(&o, "if_owner", r->is.if_owner);
	json_put_int(&o, "read", 1);
	json_close_object(&o);
	return json_parse_buf(call->arena, &b, out, err);
}

static bool
add(struct call *call, struct err *err)
{
	const struct doctype *rules;
	const json_t *body;
	struct rule r;
	struct doc *d;

	return arg_rule(call, "parent", &r, err) && write_new(call, &r, &body, err) &&
	    doc_type(call, CUSTOM_DOCPERM, &rules, err) && doc_insert(call, rules, body, &d, err) &&
	    perm_rules_check(call, r.of, err);
}

/* Rights that levels above 0 do not have are not taken away silently. */
static MUST_USE bool
check_change(const struct rule *r, struct str ptype, bool on, struct err *err)
{
	static const enum right OF_LEVEL_0[] = { RIGHT_CREATE, RIGHT_SUBMIT, RIGHT_CANCEL,
		RIGHT_AMEND };
	enum right right;

	if (str_eq(ptype, IF_OWNER))
		return true;
	if (!right_find(ptype, &right))
		return err_set(err, ERR_VALIDATION, "%.*s is no right of a rule",
		    STR_FMT(str_sub(ptype, 0, 140)));
	if (on && r->is.if_owner && right == RIGHT_REPORT)
		return err_set(err, ERR_VALIDATION,
		    "Cannot set 'Report' permission if 'Only If Creator' permission is set");
	for (size_t i = 0; on && r->is.level > 0 && i < ARRAY_LEN(OF_LEVEL_0); i++) {
		if (right == OF_LEVEL_0[i])
			return err_set(err, ERR_VALIDATION,
			    "%.*s belongs to level 0: higher levels are read and written only",
			    STR_FMT(ptype));
	}
	return true;
}

static bool
update(struct call *call, struct err *err)
{
	const bool on = args_bool(call->args, "value", false);
	const struct doctype *rules;
	const json_t *body;
	struct str ptype;
	struct rule r;
	struct doc *d;

	if (!arg_rule(call, "doctype", &r, err) || !args_str(call, "ptype", &ptype, err) ||
	    !check_change(&r, ptype, on, err) || !must_be(&r, err) ||
	    !doc_type(call, CUSTOM_DOCPERM, &rules, err) ||
	    !api_doc_with(call, NULL, ptype, on, &body, err) ||
	    !doc_update(call, rules, r.name, body, &d, err) || !perm_rules_check(call, r.of, err))
		return false;
	if (r.copied)
		json_add_str(&call->out, STR("refresh"));
	return true;
}

static bool
take_away(struct call *call, struct err *err)
{
	const struct doctype *rules;
	struct rule r;

	return arg_rule(call, "doctype", &r, err) && must_be(&r, err) &&
	    doc_type(call, CUSTOM_DOCPERM, &rules, err) && doc_delete(call, rules, r.name, err) &&
	    perm_rules_check(call, r.of, err);
}

static bool
reset(struct call *call, struct err *err)
{
	const struct doctype *of, *rules;
	struct str *names;
	size_t len;

	if (!api_doc_type(call, &of, err) || !perm_rules_may(of, err) ||
	    !doc_type(call, CUSTOM_DOCPERM, &rules, err) ||
	    !perm_rules_names(call, of, &names, &len, err))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!doc_delete(call, rules, names[i], err))
			return false;
	}
	return true;
}

/* ---- all of a DocType at once */

enum { SET_MAX = 200 };

/* The rules that shall be, as their documents are called once they are written. */
struct rules {
	const struct doctype *of, *rules;
	struct str names[SET_MAX];
	size_t len;
};

static bool
has_name(const struct rules *s, struct str name)
{
	for (size_t i = 0; i < s->len; i++) {
		if (str_eq(s->names[i], name))
			return true;
	}
	return false;
}

/* Its role, level and ownership; other members are rights. */
static MUST_USE bool
read_rule(const json_t *given, struct perm_rule *out, struct err *err)
{
	const json_t *level = json_get(given, STR("permlevel"));
	enum right right;

	*out = (struct perm_rule){ .role = str_trim(json_text(json_get(given, STR("role")))),
		.level = json_integer_value(level),
		.if_owner = args_is_true(json_get(given, IF_OWNER)) };
	if (out->role.len == 0)
		return err_set(err, ERR_VALIDATION,
		    "Each rule is an object with \"role\", \"permlevel\", \"if_owner\" and "
		    "rights as 0 or 1");
	if (level != NULL && !json_is_integer(level))
		return err_set(err, ERR_VALIDATION,
		    "permlevel of the rule for %.*s must be a number",
		    STR_FMT(str_sub(out->role, 0, 140)));
	for (struct json_member m = json_first(given); m.value != NULL; m = json_next(m)) {
		if (!str_eq(m.key, STR("role")) && !str_eq(m.key, STR("permlevel")) &&
		    !str_eq(m.key, IF_OWNER) && !right_find(m.key, &right))
			return err_set(err, ERR_VALIDATION, "%.*s is no right of a rule",
			    STR_FMT(str_sub(m.key, 0, 140)));
	}
	return true;
}

/* The whole rule as a document; *out stays NULL if old (NULL: there is none) is the same. A right
 * that was there may stay; a new one must be one that the rule can have. */
static MUST_USE bool
write_whole(struct call *call, const struct rule *r, const json_t *given, const struct doc *old,
    const json_t **out, struct err *err)
{
	CLEANUP(buf_free) struct buf b = call_scratch(call);
	struct json_out o = JSON_OUT(&b);
	bool is_other = old == NULL;

	json_open_object(&o);
	json_put_str(&o, "parent", r->of->name);
	json_put_str(&o, "role", r->is.role);
	json_put_int(&o, "permlevel", r->is.level);
	json_put_int(&o, "if_owner", r->is.if_owner);
	for (enum right right = RIGHT_SELECT; right < RIGHT_LEN; right++) {
		const bool on = args_is_true(json_get(given, right_name(right)));
		const bool was = old != NULL && doc_is_on(old, right_name(right));

		if (on && !was && !check_change(r, right_name(right), on, err))
			return false;
		is_other = is_other || on != was;
		json_key(&o, right_name(right));
		json_add_int(&o, on);
	}
	json_close_object(&o);
	return !is_other || json_parse_buf(call->arena, &b, out, err);
}

static MUST_USE bool
put_rule(struct call *call, struct rules *s, const json_t *given, struct err *err)
{
	struct rule r = { .of = s->of };
	struct doc *old = NULL, *d = NULL;
	const json_t *body = NULL;

	if (!read_rule(given, &r.is, err) || !perm_rules_find(call, s->of, &r.is, &r.name, err))
		return false;
	if (!str_is_null(r.name) && has_name(s, r.name))
		return err_set(err, ERR_VALIDATION,
		    "Only one rule allowed with the same Role, Level and If Owner: %.*s at level "
		    "%lld",
		    STR_FMT(str_sub(r.is.role, 0, 140)), (long long)r.is.level);
	if ((!str_is_null(r.name) && !doc_must_load(call, s->rules, r.name, &old, err)) ||
	    !write_whole(call, &r, given, old, &body, err))
		return false;
	if (body != NULL &&
	    !(old == NULL ? doc_insert(call, s->rules, body, &d, err)
			  : doc_update(call, s->rules, r.name, body, &d, err)))
		return false;
	s->names[s->len++] = doc_name(d != NULL ? d : old);
	return true;
}

/* Those that shall not be. */
static MUST_USE bool
drop_others(struct call *call, const struct rules *s, struct err *err)
{
	struct str *names;
	size_t len;

	if (!perm_rules_names(call, s->of, &names, &len, err))
		return false;
	for (size_t i = 0; i < len; i++) {
		if (!has_name(s, names[i]) && !doc_delete(call, s->rules, names[i], err))
			return false;
	}
	return true;
}

static bool
set(struct call *call, struct err *err)
{
	struct rules s = { .len = 0 };
	const json_t *given;

	if (!api_doc_type(call, &s.of, err) || !args_json(call, "rules", &given, err) ||
	    !perm_rules_may(s.of, err) || !doc_type(call, CUSTOM_DOCPERM, &s.rules, err))
		return false;
	if (!json_is_array(given) || json_array_size(given) > SET_MAX)
		return err_set(err, ERR_VALIDATION,
		    "The argument \"rules\" must be a list of at most %d rules", (int)SET_MAX);
	if (!perm_rules_own(call, s.of, NULL, err))
		return false;
	for (size_t i = 0; i < json_array_size(given); i++) {
		if (!put_rule(call, &s, json_array_get(given, i), err))
			return false;
	}
	return drop_others(call, &s, err) && perm_rules_check(call, s.of, err);
}

/* ---- what there is */

/* Which rules: null for all. */
struct wanted {
	struct str parent, role;
};

/* The rows of them of that kind, as a list. */
static MUST_USE bool
rules_where(
    struct call *call, struct str kind, struct wanted wanted, const json_t **out, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(4096);
	struct list_args list = { .order_by = STR("permlevel asc, name asc") };
	struct json_out o = JSON_OUT(&b);

	json_open_object(&o);
	if (wanted.parent.len > 0)
		json_put_str(&o, "parent", wanted.parent);
	if (wanted.role.len > 0)
		json_put_str(&o, "role", wanted.role);
	json_close_object(&o);
	if (!json_parse_buf(call->arena, &b, &list.filters, err) ||
	    !json_parse(call->arena, STR("[\"*\"]"), &list.fields, err) ||
	    !doc_type(call, kind, &list.doctype, err))
		return false;
	if (list.doctype->istable)
		list.parent = STR("DocType");
	return api_doc_rows(call, &list, out, err);
}

static bool
has_parent(const json_t *rows, struct str parent)
{
	for (size_t i = 0; i < json_array_size(rows); i++) {
		if (str_eq(json_text(json_get(json_array_get(rows, i), STR("parent"))), parent))
			return true;
	}
	return false;
}

/* The rows but for those of DocTypes that other has rows of; with what the page wants to know. */
static void
write_rules(struct call *call, const json_t *rows, const json_t *other)
{
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		const struct str parent = json_text(json_get(row, STR("parent")));
		const struct doctype *dt = metas_find(call->metas, parent);

		if (dt == NULL || has_parent(other, parent))
			continue;
		json_open_object(&call->out);
		for (struct json_member m = json_first(row); m.value != NULL; m = json_next(m)) {
			json_key(&call->out, m.key);
			json_add_tree(&call->out, m.value);
		}
		json_put_int(&call->out, "is_submittable", dt->is_submittable);
		json_close_object(&call->out);
	}
}

static bool
get_permissions(struct call *call, struct err *err)
{
	const json_t *own, *all_own, *shipped;
	const struct doctype *dt;
	struct wanted wanted;

	if (!args_str_or_null(call, "doctype", &wanted.parent, err) ||
	    !args_str_or_null(call, "role", &wanted.role, err))
		return false;
	const struct wanted all = { .parent = wanted.parent };

	if (wanted.parent.len == 0 && wanted.role.len == 0)
		return err_set(err, ERR_VALIDATION, "Give a doctype, a role, or both");
	if (wanted.parent.len > 0 && !doc_type(call, wanted.parent, &dt, err))
		return false;
	if (!rules_where(call, CUSTOM_DOCPERM, wanted, &own, err) ||
	    !rules_where(call, CUSTOM_DOCPERM, all, &all_own, err) ||
	    !rules_where(call, STR("DocPerm"), wanted, &shipped, err))
		return false;
	json_open_array(&call->out);
	write_rules(call, own, NULL);
	write_rules(call, shipped, all_own);
	json_close_array(&call->out);
	return true;
}

static MUST_USE bool
write_choices(
    struct call *call, const char *key, struct str doctype, struct str filters, struct err *err)
{
	struct list_args list = { .order_by = STR("name asc") };
	const json_t *rows;

	if (!json_parse(call->arena, filters, &list.filters, err) ||
	    !doc_type(call, doctype, &list.doctype, err) || !api_doc_rows(call, &list, &rows, err))
		return false;
	json_key(&call->out, str_from(key));
	json_open_array(&call->out);
	for (size_t i = 0; i < json_array_size(rows); i++) {
		const struct str name = json_text(json_get(json_array_get(rows, i), STR("name")));

		json_open_object(&call->out);
		json_put_str(&call->out, "label", name);
		json_put_str(&call->out, "value", name);
		json_close_object(&call->out);
	}
	json_close_array(&call->out);
	return true;
}

static bool
get_roles_and_doctypes(struct call *call, struct err *err)
{
	json_open_object(&call->out);
	if (!write_choices(call, "doctypes", STR("DocType"),
		STR("[[\"istable\",\"=\",0],[\"name\",\"not in\",[\"DocType\",\"DocField\","
		    "\"DocPerm\",\"Custom DocPerm\"]]]"),
		err) ||
	    !write_choices(call, "roles", STR("Role"),
		STR("[[\"disabled\",\"=\",0],[\"name\",\"!=\",\"Administrator\"]]"), err))
		return false;
	json_close_object(&call->out);
	return true;
}

/* clang-format off */
#define PAGE "frappe.core.page.permission_manager.permission_manager."
static const struct method METHODS[] = {
	{ .name = STR_INIT(PAGE "get_permissions"), .verbs = VERBS_ANY, .who = WHO_SYSTEM_MANAGER, .run = RUN_READ, .body = get_permissions,
	  .help = "The rules in force of a DocType, of a role, or of both: doctype, role" },
	{ .name = STR_INIT(PAGE "get_roles_and_doctypes"), .verbs = VERBS_ANY, .who = WHO_SYSTEM_MANAGER, .run = RUN_READ, .body = get_roles_and_doctypes,
	  .help = "What there can be rules for" },
	{ .name = STR_INIT(PAGE "add"), .verbs = VERBS_WRITE, .who = WHO_SYSTEM_MANAGER, .run = RUN_WRITE, .body = add,
	  .help = "Add a rule that reads: parent, role, permlevel, if_owner" },
	{ .name = STR_INIT(PAGE "update"), .verbs = VERBS_WRITE, .who = WHO_SYSTEM_MANAGER, .run = RUN_WRITE, .body = update,
	  .help = "Give a rule a right or take it: doctype, role, permlevel, if_owner, ptype, value" },
	{ .name = STR_INIT(PAGE "remove"), .verbs = VERBS_WRITE, .who = WHO_SYSTEM_MANAGER, .run = RUN_WRITE, .body = take_away,
	  .help = "Remove a rule: doctype, role, permlevel, if_owner" },
	{ .name = STR_INIT(PAGE "reset"), .verbs = VERBS_WRITE, .who = WHO_SYSTEM_MANAGER, .run = RUN_WRITE, .body = reset,
	  .help = "Back to the rules that a DocType came with: doctype" },
	{ .name = STR_INIT("symbolon.permissions.set"), .verbs = VERBS_POST, .who = WHO_SYSTEM_MANAGER, .run = RUN_WRITE, .body = set,
	  .help = "All rules of a DocType at once, in place of those that it has: doctype, rules (list of role, permlevel, if_owner and rights)" },
};
/* clang-format on */

const struct method_table API_PERMISSION_METHODS = { METHODS, ARRAY_LEN(METHODS) };
