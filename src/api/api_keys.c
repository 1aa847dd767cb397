#include "api/api_keys.h"

#include "api/args.h"
#include "auth/auth.h"
#include "auth/key.h"

/* The user must be there, and Administrator is nobody's to touch but his own (spec/permissions.md
 * 7). */
static MUST_USE bool
check_target(struct call *call, struct str name, struct str *user, struct err *err)
{
	const struct who *target = auth_find_user(call->auth, name);

	if (target == NULL)
		return err_set(
		    err, ERR_DOES_NOT_EXIST, "User %.*s not found", STR_FMT(str_sub(name, 0, 140)));
	if ((target->is_administrator || target->is_guest) && !call->who->is_administrator)
		return err_set(err, ERR_PERMISSION, "Only Administrator may do this");
	return arena_str(call->arena, target->name, user, err);
}

static bool
list(struct call *call, struct err *err)
{
	struct str name, user = STR_NULL;

	if (!args_str_or_null(call, "user", &name, err))
		return false;
	if (name.len > 0 && !check_target(call, name, &user, err))
		return false;
	return key_list(call, user, &call->out, err);
}

static bool
revoke(struct call *call, struct err *err)
{
	struct str name, user;
	int64_t ended;

	if (!args_str(call, "user", &name, err) || !check_target(call, name, &user, err) ||
	    !key_revoke(call, user, &ended, err))
		return false;
	json_open_object(&call->out);
	json_put_str(&call->out, "user", user);
	json_put_int(&call->out, "ended", ended);
	json_close_object(&call->out);
	return true;
}

/* Judges a token as a request with it would be judged. */
static bool
verify(struct call *call, struct err *err)
{
	struct auth_request request = {
		.has_authorization = true, .address = call->peer, .now_us = call->now_us
	};
	struct identity identity;
	const struct who *who;
	struct err refusal;
	struct str token;

	if (!args_str(call, "token", &token, err))
		return false;
	if (!arena_printf(call->arena, &request.authorization, err, "token %.*s", STR_FMT(token)))
		return false;
	const bool valid = auth_identify(call->auth, &request, &identity, &refusal) &&
	    auth_who(call->auth, &identity, &who, &refusal);

	json_open_object(&call->out);
	json_put_bool(&call->out, "valid", valid);
	if (valid)
		json_put_str(&call->out, "user", who->name);
	json_close_object(&call->out);
	return true;
}

/* clang-format off */
static const struct method METHODS[] = {
	{ .name = STR_INIT("symbolon.keys.list"), .verbs = VERBS_ANY, .who = WHO_SYSTEM_MANAGER, .run = RUN_READ, .body = list,
	  .help = "All keys with user, age and use; of one user" },
	{ .name = STR_INIT("symbolon.keys.revoke"), .verbs = VERBS_POST, .who = WHO_SYSTEM_MANAGER, .run = RUN_WRITE, .body = revoke,
	  .help = "End the secrets of all keys of a user" },
	{ .name = STR_INIT("symbolon.keys.verify"), .verbs = VERBS_POST, .who = WHO_LOCAL, .run = RUN_MEMORY, .body = verify,
	  .help = "Does a token KEY:SECRET work, and whose is it?" },
};
/* clang-format on */

const struct method_table API_KEYS_METHODS = { METHODS, ARRAY_LEN(METHODS) };
