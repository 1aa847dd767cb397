#include "api/api_auth.h"

#include "api/answer.h"
#include "api/api_page.h"
#include "api/args.h"
#include "api/envelope.h"
#include "auth/login.h"
#include "auth/session.h"
#include "conf/conf.h"

/* What the prepare step found out. */
struct login {
	struct str user;
	struct str rehash; /* null: the stored hash is good */
};

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
	struct login *l = ARENA_NEW(call->arena, struct login);
	const struct str usr = text_of(call, "usr");
	const struct str pwd = text_of(call, "pwd");

	if (l == NULL)
		return err_memory(err);
	if (answer_is_foreign(call))
		return err_set(err, ERR_CSRF, "Invalid Request");
	if (!login_judge(call, usr, pwd, &l->user, &l->rehash, err))
		return false;
	call->prepared = l;
	return true;
}

static struct str
home_page(const struct call *call, const struct who *who)
{
	if (!who->is_system_user)
		return STR("/me");
	return call->conf->site.home_page.len > 0 ? call->conf->site.home_page : STR("/app");
}

static bool
login(struct call *call, struct err *err)
{
	const struct login *l = call->prepared;
	const struct who *who = auth_find_user(call->auth, l->user);
	struct str sid;

	if (who == NULL || !who->enabled)
		return err_set_silent(err, ERR_AUTHENTICATION, "Invalid login credentials");
	if (!str_is_null(l->rehash) && !login_store(call, who->name, l->rehash, err))
		return false;
	if (!session_start(call, who->name, &sid, err) || !session_cookies_set(call, who, sid, err))
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

/* A link on another site shall not end a session (spec/auth.md 5). */
static bool
is_from_elsewhere(const struct call *call)
{
	const struct str referer = call_field(call, STR("Referer"));
	const struct str host = call_field(call, STR("Host"));
	const ptrdiff_t at = str_find_str(referer, STR("://"));

	if (answer_is_foreign(call))
		return true;
	if (at < 0)
		return false;
	const struct str rest = str_sub(referer, (size_t)at + 3, referer.len);

	return !str_starts(rest, host);
}

static MUST_USE bool
end_session(struct call *call, struct err *err)
{
	if (call->verb == HTTP_GET && call->identity.kind == IDENTITY_SESSION &&
	    is_from_elsewhere(call))
		return err_set(err, ERR_CSRF, "Invalid Request");
	if (call->identity.kind == IDENTITY_SESSION && !session_end(call, err))
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
	  .prepare_run = PREPARE_HASH, .prepare = login_prepare, .says_message = true, .keeps_cookies = true,
	  .help = "Start a cookie session: usr, pwd" },
	{ .name = STR_INIT("logout"), .verbs = VERBS_GET | VERBS_POST, .who = WHO_ANYONE, .run = RUN_WRITE, .body = logout, .plan = logout_plan,
	  .help = "End the cookie session" },
	{ .name = STR_INIT("web_logout"), .verbs = VERBS_GET | VERBS_POST, .who = WHO_ANYONE, .run = RUN_WRITE, .body = web_logout, .plan = logout_plan,
	  .help = "End the cookie session and answer a page" },
};
/* clang-format on */

const struct method_table API_AUTH_METHODS = { METHODS, ARRAY_LEN(METHODS) };
