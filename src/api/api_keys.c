#include "api/api_keys.h"

#include "api/api_user.h"
#include "api/args.h"
#include "auth/auth.h"
#include "auth/key.h"
#include "auth/key_list.h"
#include "auth/key_report.h"
#include "auth/key_secret.h"
#include "auth/key_undo.h"
#include "auth/key_uses.h"
#include "base/clock.h"
#include "conf/conf.h"
#include "doc/doc.h"
#include "doc/perm.h"
#include "json/json_in.h"

static bool
list(struct call *call, struct err *err)
{
	struct str name, user = STR_NULL;

	if (!args_str_or_null(call, "user", &name, err))
		return false;
	if (name.len > 0 && !api_user_target(call, name, &user, err))
		return false;
	return key_list(call, user, &call->out, err);
}

static bool
report(struct call *call, struct err *err)
{
	return key_report(call, &call->out, err);
}

/* A key's document, which the caller may change (or read). */
static bool
find_named(struct call *call, struct str key, enum right right, struct doc **out, struct err *err)
{
	const struct doctype *dt;
	bool found;

	if (!doc_type(call, STR("API Key"), &dt, err) || !doc_load(call, dt, key, out, &found, err))
		return false;
	if (!found)
		return err_set(err, ERR_DOES_NOT_EXIST, "API Key %.*s not found",
		    STR_FMT(str_sub(key, 0, 140)));
	return perm_check_doc(call, *out, right, err);
}

/* The one of argument "key". */
static bool
find_key(struct call *call, enum right right, struct doc **out, struct err *err)
{
	struct str key;

	return args_str(call, "key", &key, err) && find_named(call, key, right, out, err);
}

static void
put_ended(struct call *call, const char *whose, struct str name, int64_t ended)
{
	json_open_object(&call->out);
	json_put_str(&call->out, whose, name);
	json_put_int(&call->out, "ended", ended);
	json_close_object(&call->out);
}

static bool
revoke_key(struct call *call, struct err *err)
{
	struct str reason;
	struct doc *d;
	int64_t ended;

	if (!find_key(call, RIGHT_WRITE, &d, err) ||
	    !args_str_or_null(call, "reason", &reason, err) ||
	    !key_revoke_one(call, doc_name(d), reason, &ended, err))
		return false;
	put_ended(call, "api_key", doc_name(d), ended);
	return true;
}

/* ---- many at once, which can be taken back for a while */

static bool
arg_keys(const struct call *call, const json_t **out, struct err *err)
{
	if (!args_json(call, "keys", out, err))
		return false;
	if (!json_is_array(*out))
		return err_set(err, ERR_TYPE, "The argument \"keys\" must be a list of API keys");
	return json_array_size(*out) <= KEY_UNDO_MAX ||
	    err_set(err, ERR_VALIDATION, "At most %d keys are revoked at once", KEY_UNDO_MAX);
}

/* All or none. */
static bool
revoke_keys(struct call *call, struct err *err)
{
	const json_t *keys = NULL;
	char until[CLOCK_TEXT_SIZE];
	struct key_undo undo;
	struct str reason;
	struct doc *d;
	bool revoked;

	if (!call->who->is_system_manager)
		return err_set_silent(err, ERR_PERMISSION, "%s", "");
	if (!arg_keys(call, &keys, err) || !args_str_or_null(call, "reason", &reason, err) ||
	    !key_undo_begin(call, reason, &undo, err))
		return false;
	json_open_object(&call->out);
	json_key(&call->out, STR("revoked"));
	json_open_array(&call->out);
	for (size_t i = 0; i < json_array_size(keys); i++) {
		const struct str key = json_text(json_array_get(keys, i));

		if (!find_named(call, key, RIGHT_WRITE, &d, err) ||
		    !key_undo_revoke(call, &undo, doc_name(d), &revoked, err))
			return false;
		if (revoked)
			json_add_str(&call->out, doc_name(d));
	}
	json_close_array(&call->out);
	json_put_int(&call->out, "ended", undo.ended);
	json_put_str(&call->out, "undo", undo.id);
	json_put_str(&call->out, "undo_until",
	    clock_stamp(call->now_us + KEY_UNDO_S * CLOCK_US_PER_S, until));
	json_close_object(&call->out);
	return true;
}

static bool
revocations(struct call *call, struct err *err)
{
	return key_undo_list(call, &call->out, err);
}

static bool
undo_revoke(struct call *call, struct err *err)
{
	struct str id, *keys;
	struct doc *d;
	size_t len;

	if (!args_str(call, "undo", &id, err) || !key_undo_find(call, id, &keys, &len, err))
		return false;
	if (len == 0)
		return err_set(err, ERR_VALIDATION,
		    "Nothing is left to undo: a revocation of several keys is final after ten "
		    "minutes, one of a single key at once");
	json_open_object(&call->out);
	json_key(&call->out, STR("restored"));
	json_open_array(&call->out);
	for (size_t i = 0; i < len; i++) {
		if (!find_named(call, keys[i], RIGHT_WRITE, &d, err) ||
		    !key_undo_restore(call, keys[i], err))
			return false;
		json_add_str(&call->out, keys[i]);
	}
	json_close_array(&call->out);
	json_close_object(&call->out);
	return true;
}

/* The secrets of all keys of a user; not with a key that may change none. */
static bool
revoke_user(struct call *call, struct err *err)
{
	const struct doctype *dt;
	struct str name, user;
	int64_t ended;

	if (!call->who->is_system_manager)
		return err_set_silent(err, ERR_PERMISSION, "%s", "");
	if (!doc_type(call, STR("API Key"), &dt, err) ||
	    !perm_check_doctype(call, dt, RIGHT_WRITE, err) ||
	    !args_str(call, "user", &name, err) || !api_user_target(call, name, &user, err) ||
	    !key_revoke(call, user, &ended, err))
		return false;
	put_ended(call, "user", user, ended);
	return true;
}

static bool
revoke(struct call *call, struct err *err)
{
	if (args_has(call->args, "key"))
		return revoke_key(call, err);
	if (args_has(call->args, "keys"))
		return revoke_keys(call, err);
	return revoke_user(call, err);
}

/* How long the old secret goes on: seconds, or a text such as "90s", "15m", "24h", "7d". */
static bool
overlap_of(struct call *call, int64_t *out, struct err *err)
{
	static const struct {
		char unit;
		int64_t seconds;
	} UNITS[] = { { 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 } };
	const int64_t most_s = call->conf->auth.max_overlap_s;
	const json_t *given = args_get(call->args, "overlap");
	struct str text = json_text(given);
	int64_t factor = 1, n = json_integer_value(given);

	for (size_t i = 0; i < ARRAY_LEN(UNITS); i++) {
		if (text.len > 1 && text.ptr[text.len - 1] == UNITS[i].unit) {
			factor = UNITS[i].seconds;
			text.len--;
			break;
		}
	}
	if (given != NULL && !json_is_null(given) && !json_is_integer(given) &&
	    !str_to_int64(text, &n))
		return err_set(err, ERR_VALIDATION,
		    "An overlap is a number of seconds, or a text such as 90s, 15m, 24h, 7d");
	if (n < 0 || n > most_s / factor)
		return err_set(err, ERR_VALIDATION,
		    "An overlap is at most %lld seconds here ([auth] max_overlap_s)",
		    (long long)most_s);
	*out = n * factor;
	return true;
}

static bool
rotate(struct call *call, struct err *err)
{
	struct str secret;
	int64_t overlap_s = 0;
	struct doc *d;

	if (!overlap_of(call, &overlap_s, err) || !find_key(call, RIGHT_WRITE, &d, err) ||
	    !key_rotate(call, doc_name(d), overlap_s, &secret, err))
		return false;
	call->response.secret = true;
	json_open_object(&call->out);
	json_put_str(&call->out, "api_key", doc_name(d));
	json_put_str(&call->out, "api_secret", secret);
	json_put_int(&call->out, "overlap_s", overlap_s);
	json_close_object(&call->out);
	return true;
}

static bool
end_overlap(struct call *call, struct err *err)
{
	struct doc *d;
	int64_t ended;

	if (!find_key(call, RIGHT_WRITE, &d, err) ||
	    !key_secret_end_overlap(call, doc_name(d), &ended, err))
		return false;
	put_ended(call, "api_key", doc_name(d), ended);
	return true;
}

static bool
secrets(struct call *call, struct err *err)
{
	struct doc *d;

	return find_key(call, RIGHT_READ, &d, err) &&
	    key_list_secrets(call, doc_name(d), &call->out, err);
}

/* ---- uses by day */

enum { USES_DAYS = 30 }; /* unless it says since when */

/* A day that an argument names, as its number; absent: fallback. */
static bool
day_of(struct call *call, const char *name, int64_t fallback, int64_t *out, struct err *err)
{
	struct clock_civil date;
	struct str text;

	if (!args_str_or_null(call, name, &text, err))
		return false;
	if (text.len > 0 && !clock_parse(text, &date))
		return err_set(
		    err, ERR_VALIDATION, "The argument \"%s\" is a date: YYYY-MM-DD", name);
	*out = text.len > 0 ? clock_days_from_civil(date.year, date.month, date.day) : fallback;
	return true;
}

/* Whose uses they are: a key's that the caller may read, or those of his own or another's keys. */
static bool
uses_of(struct call *call, struct key_uses_query *query, struct err *err)
{
	const struct doctype *dt;
	struct str name;
	struct doc *d;

	if (args_has(call->args, "key")) {
		if (!find_key(call, RIGHT_READ, &d, err))
			return false;
		query->key = doc_name(d);
		return true;
	}
	if (!args_str(call, "user", &name, err) || !doc_type(call, STR("API Key"), &dt, err) ||
	    !perm_check_doctype(call, dt, RIGHT_READ, err))
		return false;
	if (!call->who->is_system_manager && !str_ieq(name, call->who->name))
		return err_set(err, ERR_PERMISSION, "Only a System Manager sees others' keys");
	return api_user_target(call, name, &query->user, err);
}

static bool
uses(struct call *call, struct err *err)
{
	struct key_uses_query query = { .key = STR_NULL, .user = STR_NULL };

	if (!uses_of(call, &query, err) ||
	    !day_of(call, "to", key_uses_day(call->now_us), &query.to_day, err) ||
	    !day_of(call, "from", query.to_day - USES_DAYS + 1, &query.from_day, err))
		return false;
	if (query.from_day > query.to_day)
		return err_set(err, ERR_VALIDATION, "The first day is after the last one");
	return key_uses_list(call, &query, &call->out, err);
}

/* Judges a token as a request with it would be judged. */
static bool
verify(struct call *call, struct err *err)
{
	struct auth_request request = { .has_authorization = true,
		.address = call->peer,
		.now_us = call->now_us,
		.mono_us = call->started_us };
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
	if (valid) {
		json_put_str(&call->out, "user", who->name);
		json_put_str(&call->out, "full_name", who->full_name);
	}
	json_close_object(&call->out);
	return true;
}

/* clang-format off */
static const struct method METHODS[] = {
	{ .name = STR_INIT("symbolon.keys.list"), .verbs = VERBS_ANY, .who = WHO_SYSTEM_MANAGER, .run = RUN_READ, .body = list,
	  .help = "All keys with user, age and use; those of one user: user" },
	{ .name = STR_INIT("symbolon.keys.report"), .verbs = VERBS_ANY, .who = WHO_SYSTEM_MANAGER, .run = RUN_READ, .body = report,
	  .help = "Keys that should be looked at (stale, never used, expiring, owner disabled, weak)" },
	{ .name = STR_INIT("symbolon.keys.revoke"), .verbs = VERBS_POST, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = revoke,
	  .help = "End one key for ever, several, or the secrets of all keys of a user: key, keys, user, reason" },
	{ .name = STR_INIT("symbolon.keys.revocations"), .verbs = VERBS_ANY, .who = WHO_SYSTEM_MANAGER, .run = RUN_READ, .body = revocations,
	  .help = "Revocations of several keys that the caller can still take back, with the seconds that are left" },
	{ .name = STR_INIT("symbolon.keys.undo_revoke"), .verbs = VERBS_POST, .who = WHO_SYSTEM_MANAGER, .run = RUN_WRITE, .body = undo_revoke,
	  .help = "Take several keys back that were revoked at once, within ten minutes: undo" },
	{ .name = STR_INIT("symbolon.keys.rotate"), .verbs = VERBS_POST, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = rotate,
	  .help = "Make a new secret for a key; the old one goes on for a while: key, overlap" },
	{ .name = STR_INIT("symbolon.keys.end_overlap"), .verbs = VERBS_POST, .who = WHO_LOGGED_IN, .run = RUN_WRITE, .body = end_overlap,
	  .help = "End the old secrets of a key before their time: key" },
	{ .name = STR_INIT("symbolon.keys.secrets"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_READ, .body = secrets,
	  .help = "The secrets of a key with age, end, uses and last use; who still uses the old one: key" },
	{ .name = STR_INIT("symbolon.keys.uses"), .verbs = VERBS_ANY, .who = WHO_LOGGED_IN, .run = RUN_READ, .body = uses,
	  .help = "Uses by day (UTC) and secret of a key, or of a user's keys, for the last 30 days or others: key, user, from, to" },
	{ .name = STR_INIT("symbolon.keys.verify"), .verbs = VERBS_POST, .who = WHO_LOCAL, .run = RUN_MEMORY, .body = verify,
	  .help = "Does a token KEY:SECRET work, and whose is it?" },
};
/* clang-format on */

const struct method_table API_KEYS_METHODS = { METHODS, ARRAY_LEN(METHODS) };
