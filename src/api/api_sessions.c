#include "api/api_sessions.h"

#include "api/api_user.h"
#include "api/args.h"
#include "auth/audit.h"
#include "auth/auth.h"
#include "auth/session.h"
#include "auth/session_list.h"

/* Argument "user": oneself if there is none; others are for System Managers. */
static bool
find_user(struct call *call, struct str *user, struct err *err)
{
	struct str name;

	if (!args_str_or_null(call, "user", &name, err))
		return false;
	if (name.len == 0 || str_ieq(name, call->who->name))
		return arena_str(call->arena, call->who->name, user, err);
	if (!call->who->is_system_manager)
		return err_set(err, ERR_PERMISSION,
		    "Only System Managers may see and end the sessions of others");
	return api_user_target(call, name, user, err);
}

static bool
list(struct call *call, struct err *err)
{
	struct str user;

	return find_user(call, &user, err) && session_list(call, user, &call->out, err);
}

static bool
end_chosen(struct call *call, struct str user, struct str id, int64_t *ended, struct err *err)
{
	if (id.len == 0 && !args_bool(call->args, "others", false))
		return err_set(err, ERR_VALIDATION,
		    "Name one session (session, as symbolon.sessions.list gives it), or all but "
		    "your "
		    "own (others)");
	if (id.len == 0)
		return session_end_all(call, user, true, ended, err);
	if (!session_end_id(call, user, id, ended, err))
		return false;
	return *ended > 0 ||
	    err_set(err, ERR_DOES_NOT_EXIST,
		"There is no such session: it has ended, or is another user's");
}

static bool
end(struct call *call, struct err *err)
{
	struct str user, id;
	int64_t ended;

	if (!find_user(call, &user, err) || !args_str_or_null(call, "session", &id, err) ||
	    !end_chosen(call, user, id, &ended, err))
		return false;
	const struct audit_pair sessions = { "sessions", value_int(ended) };

	if (ended > 0 &&
	    !audit_add_pairs(
		call, AUDIT_LOGOUT, (struct audit_about){ STR("User"), user }, &sessions, 1, err))
		return false;
	json_open_object(&call->out);
	json_put_str(&call->out, "user", user);
	json_put_int(&call->out, "ended", ended);
	json_close_object(&call->out);
	return true;
}

/* clang-format off */
static const struct method METHODS[] = {
	{ .name = STR_INIT("symbolon.sessions.list"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_READ, .body = list,
	  .help = "Where a user is logged in: since when, last seen, address, browser; by default the caller: user" },
	{ .name = STR_INIT("symbolon.sessions.end"), .verbs = VERBS_POST, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = end,
	  .help = "End one session of a user, or all but the caller's own; by default the caller's: user, session, others" },
};
/* clang-format on */

const struct method_table API_SESSIONS_METHODS = { METHODS, ARRAY_LEN(METHODS) };
