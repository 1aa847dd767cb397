#include "auth/login.h"

#include "auth/audit.h"
#include "auth/burst.h"
#include "auth/state.h"
#include "auth/strength.h"
#include "base/clock.h"
#include "crypto/password.h"
#include "net/address.h"

#define DAY_US (24 * 3600 * CLOCK_US_PER_S)

static const struct str SQL_HASH =
    STR_INIT("SELECT hash, changed_us FROM password WHERE user COLLATE NOCASE = ?1");
static const struct str SQL_STORE =
    STR_INIT("INSERT INTO password (user, hash, changed_us) VALUES (?1, ?2, ?3) "
	     "ON CONFLICT (user COLLATE NOCASE) DO UPDATE SET hash = excluded.hash, changed_us = "
	     "excluded.changed_us");
static const struct str SQL_REHASH =
    STR_INIT("UPDATE password SET hash = ?2 WHERE user COLLATE NOCASE = ?1");
static const struct str SQL_RECORD = STR_INIT("UPDATE \"tabUser\" SET last_login = ?2, "
					      "last_active = ?2, last_ip = ?3 WHERE name = ?1");
static const struct str SQL_BY_MOBILE =
    STR_INIT("SELECT name FROM \"tabUser\" WHERE mobile_no COLLATE NOCASE = ?1");
static const struct str SQL_BY_USERNAME =
    STR_INIT("SELECT name FROM \"tabUser\" WHERE username COLLATE NOCASE = ?1");

/* The text goes beside exc_type, not into _server_messages. */
static bool
refuse(struct err *err, const char *text)
{
	return err_set_silent(err, ERR_AUTHENTICATION, "%s", text);
}

/* --- the lock: one count per user, one per address (spec/auth.md 6) --- */

struct lock {
	uint64_t by_user, by_address;
	int attempts, window_s;
	int64_t now_s;
};

static struct lock
lock_of(struct call *call, struct str user)
{
	const struct auth_settings s = auth_settings(call->auth);
	const struct throttle *t = call->auth->logins;
	char folded[256];
	size_t len = 0;

	for (; len < user.len && len < sizeof(folded); len++)
		folded[len] = char_lower(user.ptr[len]);
	return (struct lock){
		.by_user = throttle_key(t, STR("user"), (struct str){ folded, len }),
		.by_address = throttle_key(t, STR("address"), call->peer),
		.attempts = s.consecutive_attempts,
		.window_s = s.lock_s,
		.now_s = call->started_us / CLOCK_US_PER_S,
	};
}

static bool
lock_check(struct call *call, const struct lock *l, struct err *err)
{
	const struct throttle *t = call->auth->logins;
	int user_left, address_left;

	if (l->attempts == 0 || l->window_s == 0)
		return true;
	const bool user_locked = throttle_count(t, l->by_user, l->now_s, l->window_s, &user_left) >
	    (uint32_t)l->attempts;
	const bool address_locked = throttle_count(t, l->by_address, l->now_s, l->window_s,
					&address_left) > (uint32_t)l->attempts;

	if (!user_locked && !address_locked)
		return true;
	state_count(call->auth, 0, STATE_THROTTLED);
	err_set(err, ERR_SECURITY, "Your account has been locked and will resume after %d seconds",
	    l->window_s);
	err->retry_after_s =
	    MAX(user_locked ? user_left : 0, MAX(address_locked ? address_left : 0, 1));
	return false;
}

static void
lock_failed(struct call *call, const struct lock *l, struct str user)
{
	const uint32_t locks = (uint32_t)l->attempts + 1;
	int left_s;

	if (l->attempts == 0 || l->window_s == 0)
		return;
	const uint32_t of_user =
	    throttle_add(call->auth->logins, l->by_user, l->now_s, l->window_s, &left_s);
	const uint32_t of_address =
	    throttle_add(call->auth->logins, l->by_address, l->now_s, l->window_s, &left_s);
	const struct burst burst = { .of_logins = true,
		.name = user,
		.address = call->peer,
		.reason = of_user == locks ? "user-locked" : "address-locked",
		.tries = locks };

	if (of_user == locks || of_address == locks)
		bursts_note(call->auth->bursts, &burst, l->now_s);
}

static void
lock_passed(struct call *call, const struct lock *l)
{
	throttle_clear(call->auth->logins, l->by_user);
	throttle_clear(call->auth->logins, l->by_address);
}

/* --- judging --- */

static bool
find_by(struct call *call, bool allowed, struct str sql, struct str text, struct str *name,
    struct err *err)
{
	const struct value params[] = { value_text(text) };
	struct value row;
	bool found;

	if (!allowed || !str_is_null(*name) || text.len == 0)
		return true;
	if (!db_query_row(call->db, call->arena, sql, params, 1, &row, 1, &found, err))
		return false;
	if (found)
		*name = value_str(row);
	return true;
}

/* *name is the user's, or STR_NULL; in the arena. */
static bool
find_user(struct call *call, struct str usr, struct str *name, struct err *err)
{
	const struct auth_settings s = auth_settings(call->auth);
	const struct who *who = auth_find_user(call->auth, usr);
	struct str found = STR_NULL;

	if (who != NULL && !arena_str(call->arena, who->name, &found, err))
		return false;
	if (!find_by(call, s.login_by_mobile, SQL_BY_MOBILE, usr, &found, err) ||
	    !find_by(call, s.login_by_username, SQL_BY_USERNAME, usr, &found, err))
		return false;
	*name = found;
	return true;
}

struct judged {
	struct str hash;    /* the stored text; null: the user has none */
	int64_t changed_us; /* when the password was set */
	bool right, outdated;
};

static bool
read_hash(struct call *call, struct str user, struct judged *out, struct err *err)
{
	const struct value params[] = { value_text(str_is_null(user) ? STR("") : user) };
	struct value row[2];
	bool found;

	if (!db_query_row(
		call->db, call->arena, SQL_HASH, params, 1, row, ARRAY_LEN(row), &found, err))
		return false;
	out->hash = found ? value_str(row[0]) : STR_NULL;
	out->changed_us = found ? row[1].i : 0;
	return true;
}

/* Is it the password of user (STR_NULL: of nobody)? The same work for a user without one. */
static bool
judge_password(
    struct call *call, struct str user, struct str password, struct judged *out, struct err *err)
{
	struct judged j = { 0 };

	if (!read_hash(call, user, &j, err))
		return false;
	if (str_is_null(user) || str_is_null(j.hash))
		password_waste(password);
	else
		j.right = password_verify(j.hash, password, &j.outdated);
	*out = j;
	return true;
}

static bool
check_hours(const struct call *call, const struct who *who, struct err *err)
{
	const int hour = clock_to_local(call->now_us).hour;

	if ((who->login_before > 0 && hour > who->login_before) ||
	    (who->login_after > 0 && hour < who->login_after))
		return refuse(err, "Login not allowed at this time");
	return true;
}

/* What is judged once the password was right. */
static bool
check_user(struct call *call, struct str name, struct err *err)
{
	const struct who *who = auth_find_user(call->auth, name);
	struct in6_addr address;

	if (who == NULL || !who->enabled || who->is_guest)
		return refuse(err, "User disabled or missing");
	if (!restrict_allows(&who->networks, address_parse(call->peer, &address) ? &address : NULL))
		return refuse(err, "Access not allowed from this IP Address");
	return check_hours(call, who, err);
}

static bool
check_form(struct call *call, struct str usr, struct str pwd, struct err *err)
{
	if (auth_settings(call->auth).disable_user_pass_login)
		return refuse(err, "Login with username and password is not allowed.");
	if (usr.len == 0 || pwd.len == 0)
		return refuse(err, "Incomplete login details");
	if ((str_is_utf8(pwd) ? str_utf8_len(pwd) : pwd.len) > LOGIN_MAX_PASSWORD)
		return refuse(err, "Password size exceeded the maximum allowed size");
	return true;
}

/* Administrator's never is: nobody could help him. */
static bool
is_aged(struct call *call, struct str name, int64_t changed_us)
{
	const int64_t days = auth_settings(call->auth).password_days;
	const struct who *who = auth_find_user(call->auth, name);

	return days > 0 && who != NULL && !who->is_administrator &&
	    call->now_us - changed_us > days * DAY_US;
}

static bool
new_hash(struct call *call, struct str password, struct str *hash, struct err *err)
{
	char text[PASSWORD_TEXT_SIZE];

	return arena_str(call->arena, password_hash(password, text), hash, err);
}

bool
login_judge(
    struct call *call, struct str usr, struct str pwd, struct login_verdict *out, struct err *err)
{
	struct login_verdict v = { .rehash = STR_NULL };
	struct judged judged;

	usr = str_trim(usr);
	if (!check_form(call, usr, pwd, err) || !find_user(call, usr, &v.user, err))
		return false;
	const struct lock lock = lock_of(call, str_is_null(v.user) ? usr : v.user);

	if (!lock_check(call, &lock, err) || !judge_password(call, v.user, pwd, &judged, err))
		return false;
	v.hash = judged.hash;
	if (!judged.right) {
		lock_failed(call, &lock, v.user);
		refuse(&v.refusal, "Invalid login credentials");
	}
	v.refused = !judged.right || !check_user(call, v.user, &v.refusal);
	v.aged = !v.refused && is_aged(call, v.user, judged.changed_us);
	if (!v.refused)
		lock_passed(call, &lock);
	if (!v.refused && judged.outdated && !new_hash(call, pwd, &v.rehash, err))
		return false;
	*out = v;
	return true;
}

bool
login_confirm(struct call *call, const struct login_verdict *v, struct err *err)
{
	struct judged now;

	if (!read_hash(call, v->user, &now, err))
		return false;
	return str_eq(now.hash, v->hash) || refuse(err, "Invalid login credentials");
}

bool
login_record(struct call *call, struct str user, struct err *err)
{
	char stamp[CLOCK_TEXT_SIZE];
	const struct value params[] = { value_text(user),
		value_text(clock_stamp(call->now_us, stamp)),
		value_text(call->peer.len > 0 ? call->peer : STR("")) };

	return db_exec(call->db, SQL_RECORD, params, ARRAY_LEN(params), NULL, err);
}

bool
login_verify(struct call *call, struct str user, struct str password, struct err *err)
{
	const struct lock lock = lock_of(call, user);
	struct judged judged;

	if (!lock_check(call, &lock, err))
		return false;
	if (password.len > 4 * LOGIN_MAX_PASSWORD)
		return refuse(err, "Incorrect password");
	if (!judge_password(call, user, password, &judged, err))
		return false;
	if (!judged.right) {
		lock_failed(call, &lock, user);
		return refuse(err, "Incorrect password");
	}
	lock_passed(call, &lock);
	return true;
}

/* --- setting --- */

static bool
invalid(struct err *err, struct str hint)
{
	static const struct str TITLE = STR_INIT("Invalid Password");

	err_set(err, ERR_VALIDATION, "%.*s", STR_FMT(hint));
	memcpy(err->title, TITLE.ptr, TITLE.len + 1);
	return false;
}

bool
login_hash_new(struct call *call, struct str password, const struct str *guesses,
    size_t guesses_len, struct str *hash, struct err *err)
{
	const struct auth_settings s = auth_settings(call->auth);
	struct str hint = STR_NULL;

	if (password.len == 0)
		return invalid(err, STR("A password cannot be empty."));
	if ((str_is_utf8(password) ? str_utf8_len(password) : password.len) > LOGIN_MAX_PASSWORD)
		return invalid(err, STR("A password has at most 512 characters."));
	if (s.password_policy &&
	    strength_score(password, guesses, guesses_len, &hint) < s.minimum_password_score)
		return invalid(err, hint);
	return new_hash(call, password, hash, err);
}

bool
login_store(struct call *call, struct str user, struct str hash, struct err *err)
{
	const struct value params[] = { value_text(user), value_text(hash),
		value_int(call->now_us) };

	return db_exec(call->db, SQL_STORE, params, ARRAY_LEN(params), NULL, err) &&
	    audit_add(call, AUDIT_PASSWORD_CHANGED, (struct audit_about){ STR("User"), user },
		STR_NULL, err);
}

bool
login_rehash(struct call *call, struct str user, struct str hash, struct err *err)
{
	const struct value params[] = { value_text(user), value_text(hash) };

	return db_exec(call->db, SQL_REHASH, params, ARRAY_LEN(params), NULL, err);
}
