#include "api/api_auth.h"

#include "api/answer.h"
#include "api/api_page.h"
#include "api/args.h"
#include "api/envelope.h"
#include "auth/login.h"
#include "auth/reset.h"
#include "auth/session.h"
#include "conf/conf.h"
#include "doc/activity.h"

static bool
ping(struct call *call, struct err *err)
{
	(void)err;
	json_add_str(&call->out, STR("pong"));
	return true;
}

static bool
get_logged_user(struct call *call, struct err *err)
{
	(void)err;
	json_add_str(&call->out, call->who->name);
	return true;
}

/* What is no text is nobody's name and no password. */
static struct str
text_of(const struct call *call, const char *name)
{
	const json_t *v = args_get(call->args, name);

	return json_is_string(v) ? (struct str){ json_string_value(v), json_string_length(v) }
				 : STR_NULL;
}

static bool
login_prepare(struct call *call, struct err *err)
{
	struct login_verdict *v = ARENA_NEW(call->arena, struct login_verdict);
	const struct str usr = text_of(call, "usr");
	const struct str pwd = text_of(call, "pwd");

	if (v == NULL)
		return err_memory(err);
	if (answer_is_foreign(call))
		return err_set(err, ERR_CSRF, "Invalid Request");
	if (!login_judge(call, usr, pwd, v, err))
		return false;
	call->prepared = v;
	return true;
}

static struct str
home_page(const struct call *call, const struct who *who)
{
	if (!who->is_system_user)
		return STR("/me");
	return call->conf->site.home_page.len > 0 ? call->conf->site.home_page : STR("/app");
}

/* The row of a refused login is kept. What was typed as an unknown user may be a password. */
static bool
login_refused(struct call *call, const struct login_verdict *v, struct err *err)
{
	call->refusal = &v->refusal;
	return activity_log(call, STR("Login"), STR("Failed"), str_from(v->refusal.msg),
	    str_is_null(v->user) ? STR("") : v->user, err);
}

bool
api_auth_begin(struct call *call, const struct who *who, struct err *err)
{
	struct str subject, sid;

	return login_record(call, who->name, err) &&
	    arena_printf(call->arena, &subject, err, "%.*s logged in", STR_FMT(who->full_name)) &&
	    activity_log(call, STR("Login"), STR("Success"), subject, who->name, err) &&
	    session_start(call, who->name, &sid, err) && session_cookies_set(call, who, sid, err);
}

/* No session, but a way to one: where a new password can be set, without the old one. */
static bool
login_aged(struct call *call, const struct who *who, struct err *err)
{
	struct str key, path;

	if (!reset_make(call, who->name, &key, err) ||
	    !arena_printf(call->arena, &path, err, "/update-password?key=%.*s", STR_FMT(key)))
		return false;
	call->response.secret = true;
	envelope_restart(call);
	json_put_str(&call->out, "message", STR("Password Reset"));
	json_put_str(&call->out, "redirect_to", path);
	return true;
}

static bool
login(struct call *call, struct err *err)
{
	const struct login_verdict *v = call->prepared;
	const struct who *who = auth_find_user(call->auth, v->user);

	if (v->refused)
		return login_refused(call, v, err);
	if (who == NULL || !who->enabled)
		return err_set_silent(err, ERR_AUTHENTICATION, "Invalid login credentials");
	if (!login_confirm(call, v, err) ||
	    (!str_is_null(v->rehash) && !login_rehash(call, who->name, v->rehash, err)))
		return false;
	if (v->aged)
		return login_aged(call, who, err);
	if (!api_auth_begin(call, who, err))
		return false;
	call->response.secret = true;
	/* The sid that came with the request is not the one that goes. */
	call->identity.session_expired = false;
	envelope_restart(call);
	json_put_str(&call->out, "message", who->is_system_user ? STR("Logged In") : STR("No App"));
	json_put_str(&call->out, "home_page", home_page(call, who));
	json_put_str(&call->out, "full_name", who->full_name);
	return true;
}

static MUST_USE bool
log_logout(struct call *call, struct err *err)
{
	struct str subject;

	return arena_printf(call->arena, &subject, err,
		   "%.*s logged out: <strong>User Manually Logged Out</strong>",
		   STR_FMT(call->who->full_name)) &&
	    activity_log(call, STR("Logout"), STR("Success"), subject, call->who->name, err);
}

static MUST_USE bool
end_session(struct call *call, struct err *err)
{
	/* A link on another site shall not end a session (spec/auth.md 5). */
	if (call->identity.kind == IDENTITY_SESSION && answer_is_foreign(call))
		return err_set(err, ERR_CSRF, "Invalid Request");
	if (call->identity.kind == IDENTITY_SESSION &&
	    (!session_end(call, err) || !log_logout(call, err)))
		return false;
	call->identity.session_expired = false;
	return session_cookies_clear(call, err);
}

static bool
logout(struct call *call, struct err *err)
{
	if (!end_session(call, err))
		return false;
	envelope_restart(call);
	json_put_str(&call->out, "message", STR("No App"));
	json_put_str(&call->out, "home_page", STR("/login"));
	json_put_str(&call->out, "full_name", STR("Guest"));
	return true;
}

static bool
web_logout(struct call *call, struct err *err)
{
	static const struct page_value NONE[1];

	return end_session(call, err) && api_page_write(call, STR("logged_out.html"), NONE, 0, err);
}

/* Without a session there is nothing to write. */
static bool
logout_plan(struct call *call, struct err *err)
{
	(void)err;
	if (call->identity.kind != IDENTITY_SESSION)
		call->plan.run = RUN_MEMORY;
	return true;
}

/* clang-format off */
static const struct method METHODS[] = {
	{ .name = STR_INIT("frappe.auth.get_logged_user"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_MEMORY, .body = get_logged_user,
	  .help = "The name of the calling user" },
	{ .name = STR_INIT("ping"), .verbs = VERBS_ANY, .who = WHO_ANYONE, .run = RUN_MEMORY, .body = ping,
	  .help = "Answers pong" },
	{ .name = STR_INIT("login"), .verbs = VERBS_POST, .who = WHO_ANYONE, .run = RUN_WRITE, .body = login,
	  .prepare_run = PREPARE_HASH, .prepare = login_prepare, .fresh = true, .says_message = true, .takes_html = true, .keeps_cookies = true,
	  .help = "Start a cookie session: usr, pwd" },
	{ .name = STR_INIT("logout"), .verbs = VERBS_GET | VERBS_POST, .who = WHO_ANYONE, .run = RUN_WRITE, .body = logout, .plan = logout_plan,
	  .help = "End the cookie session" },
	{ .name = STR_INIT("web_logout"), .verbs = VERBS_GET | VERBS_POST, .who = WHO_ANYONE, .run = RUN_WRITE, .body = web_logout, .plan = logout_plan,
	  .help = "End the cookie session and answer a page" },
};
/* clang-format on */

const struct method_table API_AUTH_METHODS = { METHODS, ARRAY_LEN(METHODS) };
