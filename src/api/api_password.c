#include "api/api_password.h"

#include "api/answer.h"
#include "api/api_auth.h"
#include "api/args.h"
#include "auth/login.h"
#include "auth/reset.h"
#include "auth/session.h"
#include "conf/conf.h"
#include "doc/user_secret.h"

enum { GUESSES_MAX = 16 };

/* What the prepare step leaves for the body. */
struct new_password {
	struct str user, hash;
	struct str key; /* null: the caller changes his own */
};

static bool
verify_password_prepare(struct call *call, struct err *err)
{
	struct str password;

	return args_str(call, "password", &password, err) &&
	    login_verify(call, call->who->name, password, err);
}

static bool
nothing(struct call *call, struct err *err)
{
	(void)call;
	(void)err;
	return true;
}

/* The user's names and the parts of them, which make bad passwords. */
static size_t
guesses_of(const struct who *who, struct str *guesses)
{
	struct str name = who->full_name;
	size_t len = 0;

	guesses[len++] = who->name;
	guesses[len++] = who->full_name;
	str_cut(who->name, '@', &guesses[len], &guesses[len + 1]);
	len += 2;
	while (name.len > 0 && len < GUESSES_MAX)
		str_cut(name, ' ', &guesses[len++], &name);
	return len;
}

/* Whose password it is, by the key or by the old password. */
static MUST_USE bool
may_change(struct call *call, struct str key, struct str old, struct str *user, struct err *err)
{
	if (key.len > 0) /* which logs in, and so is not for a page of another site to send */
		return answer_is_foreign(call) ? err_set(err, ERR_CSRF, "Invalid Request")
					       : reset_find(call, key, user, err);
	if (old.len == 0)
		return err_set(
		    err, ERR_TYPE, "update_password() missing 1 required argument: 'old_password'");
	if (call->who->is_guest)
		return err_set_silent(err, ERR_AUTHENTICATION, "Incorrect password");
	return login_verify(call, call->who->name, old, err) &&
	    arena_str(call->arena, call->who->name, user, err);
}

/* Whose password it is may have been disabled meanwhile. */
static MUST_USE bool
find_enabled(struct call *call, struct str user, const struct who **out, struct err *err)
{
	const struct who *who = auth_find_user(call->auth, user);

	if (who == NULL || !who->enabled)
		return err_set_silent(err, ERR_AUTHENTICATION, "User disabled or missing");
	*out = who;
	return true;
}

static bool
update_password_prepare(struct call *call, struct err *err)
{
	struct new_password *c = ARENA_NEW(call->arena, struct new_password);
	struct str guesses[GUESSES_MAX];
	struct str fresh, old;

	if (c == NULL)
		return err_memory(err);
	if (!args_str(call, "new_password", &fresh, err) ||
	    !args_str_or_null(call, "old_password", &old, err) ||
	    !args_str_or_null(call, "key", &c->key, err) ||
	    !may_change(call, c->key, old, &c->user, err))
		return false;
	const struct who *who = NULL;

	if (!find_enabled(call, c->user, &who, err))
		return false;
	const size_t len = guesses_of(who, guesses);

	if (!login_hash_new(call, fresh, guesses, len, &c->hash, err))
		return false;
	call->prepared = c;
	return true;
}

/* A key is good once: whoever comes second finds it used. */
static MUST_USE bool
check_key(struct call *call, const struct new_password *c, struct err *err)
{
	struct str user;

	return c->key.len == 0 || reset_find(call, c->key, &user, err);
}

/* The caller goes on as the user whose password it is, by a session that only he knows. */
static MUST_USE bool
go_on(struct call *call, const struct new_password *c, const struct who *who, struct err *err)
{
	if (call->identity.kind == IDENTITY_SESSION && c->key.len == 0)
		return session_renew(call, err);
	if (c->key.len == 0 || call->identity.kind == IDENTITY_TOKEN)
		return true;
	return session_end(call, err) && api_auth_begin(call, who, err);
}

static bool
update_password(struct call *call, struct err *err)
{
	const struct new_password *c = call->prepared;
	const struct str home = call->conf->site.home_page;
	const struct who *who = NULL;

	if (!find_enabled(call, c->user, &who, err) || !check_key(call, c, err) ||
	    !user_secret_change(call, who->name, c->hash, err))
		return false;
	const bool ends_all = args_bool(call->args, "logout_all_sessions", false) ||
	    auth_settings(call->auth).password_ends_sessions;

	if (ends_all && !session_end_all(call, who->name, true, NULL, err))
		return false;
	if (!go_on(call, c, who, err))
		return false;
	if (who->is_system_user)
		json_add_str(&call->out, home.len > 0 ? home : STR("/app"));
	else
		json_add_str(&call->out, STR("me"));
	json_put_str(&call->out, "home_page", who->is_system_user ? STR("/app") : STR("/me"));
	json_put_str(&call->out, "full_name", who->full_name);
	return true;
}

/* The same for everyone, known or not: who has forgotten his password needs an administrator. */
static bool
reset_password(struct call *call, struct err *err)
{
	struct str user;

	return args_str(call, "user", &user, err) &&
	    call_message(call, "Password Reset", NULL, false,
		STR("This server sends no mail. Ask an administrator to set a new password."), err);
}

/* clang-format off */
static const struct method METHODS[] = {
	{ .name = STR_INIT("frappe.core.doctype.user.user.update_password"), .verbs = VERBS_POST, .who = WHO_ANYONE, .run = RUN_WRITE, .body = update_password,
	  .prepare_run = PREPARE_HASH, .prepare = update_password_prepare, .fresh = true, .says_message = true, .takes_html = true,
	  .help = "Change a password: new_password, and old_password or key" },
	/* The same for pages: who mistypes his old password there stays logged in. */
	{ .name = STR_INIT("symbolon.password.change"), .verbs = VERBS_POST, .who = WHO_ANYONE, .run = RUN_WRITE, .body = update_password,
	  .prepare_run = PREPARE_HASH, .prepare = update_password_prepare, .fresh = true, .says_message = true, .keeps_cookies = true, .takes_html = true,
	  .help = "Change a password as frappe.core.doctype.user.user.update_password does, but a wrong one ends no session: new_password, old_password" },
	{ .name = STR_INIT("frappe.core.doctype.user.user.verify_password"), .verbs = VERBS_POST, .who = WHO_LOGGED_IN, .run = RUN_MEMORY, .body = nothing,
	  .prepare_run = PREPARE_HASH, .prepare = verify_password_prepare, .says_message = true, .keeps_cookies = true,
	  .help = "Is this the caller's password: password" },
	{ .name = STR_INIT("frappe.core.doctype.user.user.reset_password"), .verbs = VERBS_POST, .who = WHO_ANYONE, .run = RUN_MEMORY, .body = reset_password,
	  .help = "Say what to do about a forgotten password: user" },
};
/* clang-format on */

const struct method_table API_PASSWORD_METHODS = { METHODS, ARRAY_LEN(METHODS) };
