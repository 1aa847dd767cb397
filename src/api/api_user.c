#include "api/api_user.h"

#include "api/api_doc.h"
#include "api/args.h"
#include "auth/auth.h"
#include "doc/user_secret.h"
#include "json/json_in.h"

bool
api_user_target(struct call *call, struct str name, struct str *user, struct err *err)
{
	const struct who *target = auth_find_user(call->auth, name);

	if (target == NULL)
		return err_set(
		    err, ERR_DOES_NOT_EXIST, "User %.*s not found", STR_FMT(str_sub(name, 0, 140)));
	if ((target->is_administrator || target->is_guest) && !call->who->is_administrator)
		return err_set(err, ERR_PERMISSION, "Only Administrator may do this");
	return arena_str(call->arena, target->name, user, err);
}

/* The documented form ?user="NAME" brings its quotes along (spec/auth.md 3.2). */
static bool
is_quoted(struct str name)
{
	return name.len > 2 && str_starts(name, STR("\"")) && str_ends(name, STR("\""));
}

static bool
generate_keys(struct call *call, struct err *err)
{
	struct key_pair pair;
	struct str user;

	if (!args_str(call, "user", &user, err))
		return false;
	if (is_quoted(user) && auth_find_user(call->auth, user) == NULL)
		user = str_sub(user, 1, user.len - 2);
	if (!user_secret_generate(call, user, &pair, err))
		return false;
	call->response.secret = true;
	json_open_object(&call->out);
	json_put_str(&call->out, "api_key", pair.key);
	json_put_str(&call->out, "api_secret", pair.secret);
	json_close_object(&call->out);
	return true;
}

static void
add_role(struct call *call, uint32_t number)
{
	json_add_str(&call->out, role_name(auth_role_names(call->auth), number));
}

/* Stored roles first, then the automatic ones. */
static bool
get_roles(struct call *call, struct err *err)
{
	static const uint32_t AUTOMATIC[] = { ROLE_ALL, ROLE_GUEST, ROLE_DESK_USER,
		ROLE_ADMINISTRATOR };
	const struct who *who = call->who;
	struct str uid;

	if (!args_str_or_null(call, "uid", &uid, err))
		return false;
	if (uid.len > 0 && !str_ieq(uid, who->name)) {
		if (!who->is_system_manager)
			return err_set(err, ERR_PERMISSION,
			    "Only System Managers may see the roles of others");
		who = auth_find_user(call->auth, uid);
		if (who == NULL)
			return err_set(err, ERR_DOES_NOT_EXIST, "User %.*s not found",
			    STR_FMT(str_sub(uid, 0, 140)));
	}
	json_open_array(&call->out);
	for (uint32_t i = ROLE_SYSTEM_MANAGER; i < who->roles->words * 64; i++) {
		if (role_set_has(who->roles, i))
			add_role(call, i);
	}
	for (size_t i = 0; i < ARRAY_LEN(AUTOMATIC); i++) {
		if (role_set_has(who->roles, AUTOMATIC[i]))
			add_role(call, AUTOMATIC[i]);
	}
	json_close_array(&call->out);
	return true;
}

/* In order of their names, without those that come by themselves and those that are switched off.
 */
static bool
get_all_roles(struct call *call, struct err *err)
{
	static const struct str WANTED = STR_INIT(
	    "[[\"name\", \"not in\", [\"All\", \"Guest\", \"Desk User\", \"Administrator\"]], "
	    "[\"disabled\", \"=\", 0]]");
	struct list_args list = { .as_arrays = true, .order_by = STR("name asc") };
	const json_t *rows;

	if (!doc_type(call, STR("Role"), &list.doctype, err) ||
	    !json_parse(call->arena, WANTED, &list.filters, err) ||
	    !api_doc_rows(call, &list, &rows, err))
		return false;
	json_open_array(&call->out);
	for (size_t i = 0; i < json_array_size(rows); i++)
		json_add_tree(&call->out, json_array_get(json_array_get(rows, i), 0));
	json_close_array(&call->out);
	return true;
}

/* clang-format off */
static const struct method METHODS[] = {
	{ .name = STR_INIT("frappe.core.doctype.user.user.generate_keys"), .verbs = VERBS_POST, .who = WHO_SYSTEM_MANAGER, .run = RUN_WRITE, .body = generate_keys,
	  .help = "Make a new secret, and a key if the user has none; shown once: user" },
	{ .name = STR_INIT("frappe.core.doctype.user.user.get_roles"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_MEMORY, .body = get_roles,
	  .help = "The roles of a user, by default the caller's: uid" },
	{ .name = STR_INIT("frappe.core.doctype.user.user.get_all_roles"), .verbs = VERBS_ANY, .who = WHO_SYSTEM_MANAGER, .run = RUN_READ, .body = get_all_roles,
	  .help = "The roles that users can be given" },
};
/* clang-format on */

const struct method_table API_USER_METHODS = { METHODS, ARRAY_LEN(METHODS) };
