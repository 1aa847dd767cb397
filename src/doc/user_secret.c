#include "doc/user_secret.h"

#include "auth/auth.h"
#include "auth/login.h"
#include "auth/session.h"
#include "base/clock.h"
#include "doc/cast.h"
#include "doc/perm.h"
#include "doc/store.h"
#include "doc/user_rules.h"
#include "json/json_in.h"

static const struct str USER = STR_INIT("User");
static const struct str NEW_PASSWORD = STR_INIT("new_password");
static const struct str OLD_PASSWORD = STR_INIT("old_password");
static const struct str API_KEY = STR_INIT("api_key");
static const struct str API_SECRET = STR_INIT("api_secret");

static const struct str GUESSES_SQL =
    STR_INIT("SELECT `email`, `first_name`, `middle_name`, `last_name`, `birth_date` FROM "
	     "`tabUser` WHERE `name` COLLATE NOCASE = ?1");
static const struct str SHOW_KEY_SQL = STR_INIT(
    "UPDATE `tabUser` SET `api_key` = ?1, `api_secret` = ?2 WHERE `name` COLLATE NOCASE = ?3");
static const struct str CHANGED_SQL =
    STR_INIT("UPDATE `tabUser` SET `last_password_reset_date` = ?1, `reset_password_key` = '', "
	     "`redirect_url` = '' WHERE `name` = ?2");

enum { GUESSES = 5 };

/* What the prepare step leaves for the body. */
struct prepared {
	struct str hash;
	bool old_is_right; /* old_password was sent and is the caller's */
};

bool
user_secret_needs_hash(const json_t *body)
{
	const struct str text = json_text(json_get(body, NEW_PASSWORD));

	return text.len > 0 && !cast_is_mask(text);
}

static bool
is_own(const struct call *call, struct str user)
{
	return str_ieq(user, call->who->name);
}

/* May the caller set the password of this user (null: a new one)? */
static bool
may_set(const struct call *call, struct str user)
{
	const struct doctype *dt = metas_find(call->metas, USER);

	if (call->who->is_guest || dt == NULL ||
	    limits_are_scoped(auth_limits(call->auth, &call->identity)))
		return false;
	if (call->who->is_administrator)
		return true;
	if (user_rules_is_standard(user))
		return false;
	if (str_is_null(user))
		return perm_grant_of(call, dt, RIGHT_CREATE) != PERM_NONE ||
		    call->who->is_system_manager;
	return call->who->is_system_manager || is_own(call, user);
}

/* The user's names and address are bad passwords. */
static bool
gather_guesses(
    struct call *call, struct str user, const json_t *body, struct str *guesses, struct err *err)
{
	static const struct str FIELDS[GUESSES] = { STR_INIT("email"), STR_INIT("first_name"),
		STR_INIT("middle_name"), STR_INIT("last_name"), STR_INIT("birth_date") };
	struct value row[GUESSES] = { 0 };
	const struct value params[] = { value_text(user) };
	bool found = false;

	if (!str_is_null(user) &&
	    !db_query_row(call->db, call->arena, GUESSES_SQL, params, 1, row, GUESSES, &found, err))
		return false;
	for (size_t i = 0; i < GUESSES; i++) {
		const struct str sent = json_text(json_get(body, FIELDS[i]));

		guesses[i] = sent.len > 0 ? sent : found ? value_str(row[i]) : STR_NULL;
		if (str_is_null(guesses[i]))
			guesses[i] = STR("");
	}
	return true;
}

bool
user_secret_prepare(struct call *call, struct str user, const json_t *body, struct err *err)
{
	const struct str old = json_text(json_get(body, OLD_PASSWORD));
	struct str guesses[GUESSES];
	struct prepared *p;

	if (!may_set(call, user))
		return true;
	p = ARENA_NEW(call->arena, struct prepared);
	if (p == NULL)
		return err_memory(err);
	if (old.len > 0) {
		if (!login_verify(call, call->who->name, old, err))
			return false;
		p->old_is_right = true;
	}
	if (!gather_guesses(call, user, body, guesses, err) ||
	    !login_hash_new(
		call, json_text(json_get(body, NEW_PASSWORD)), guesses, GUESSES, &p->hash, err))
		return false;
	call->prepared = p;
	return true;
}

static bool
refuse(struct err *err)
{
	return err_set_silent(err, ERR_PERMISSION, "%s", "");
}

/* Whether this save sets a password, and whether it may. */
static bool
check_password(struct call *call, const struct doc *d, const struct doc *old, struct err *err)
{
	const struct prepared *p = call->prepared;

	if (!may_set(call, old == NULL ? STR_NULL : doc_name(old)))
		return refuse(err);
	if (p == NULL) {
		err_set(err, ERR_INTERNAL, "The password could not be prepared");
		return err_cause(err, "no hash for the password of %.*s", STR_FMT(doc_name(d)));
	}
	if (old != NULL && is_own(call, doc_name(old)) && !call->who->is_system_manager &&
	    !p->old_is_right)
		return err_set(err, ERR_VALIDATION,
		    "To change your own password, send the old one too, as old_password");
	return true;
}

static bool
take_password(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	const struct str text = value_str(doc_get(d, NEW_PASSWORD));
	char moment[CLOCK_TEXT_SIZE];
	struct str today;

	(void)doc_set(d, NEW_PASSWORD, value_text(STR("")));
	if (text.len == 0 || cast_is_mask(text))
		return true;
	if (!check_password(call, d, old, err))
		return false;
	today = clock_format_date(clock_to_local(call->now_us), moment);
	if (!arena_str(call->arena, today, &today, err))
		return false;
	(void)doc_set(d, STR("last_password_reset_date"), value_text(today));
	return true;
}

static bool
is_given(const struct doc *d, struct str name)
{
	const struct field *f = doctype_field(d->doctype, name);

	return d->given != NULL && f != NULL && f->column >= 0 && d->given[f->column];
}

static struct value
stored(const struct doc *old, struct str name)
{
	return old == NULL ? value_null() : doc_get(old, name);
}

/* What was taken out of the document and waits for its row (doc.kept). */
struct kept {
	bool password;
	struct str key;    /* null: as it is */
	struct str secret; /* null: as it is; empty: ended */
};

/* System Managers make keys, but not with a key that is less than its user: it could make a wider
 * one. */
static bool
may_make_keys(const struct call *call)
{
	return call->who->is_system_manager &&
	    !limits_are_scoped(auth_limits(call->auth, &call->identity));
}

/* Keys are set by hand by those only; the column then shows the mask. */
static void
take_key(struct call *call, struct doc *d, const struct doc *old, struct kept *k)
{
	const struct str key = value_str(doc_get(d, API_KEY));
	const struct str secret = value_str(doc_get(d, API_SECRET));
	const struct str old_key = value_str(stored(old, API_KEY));

	if (!may_make_keys(call)) {
		(void)doc_set(d, API_KEY, stored(old, API_KEY));
		(void)doc_set(d, API_SECRET, stored(old, API_SECRET));
		return;
	}
	if (!str_eq(key, old_key))
		k->key = key.len == 0 ? STR("") : key;
	if (secret.len > 0 && !cast_is_mask(secret))
		k->secret = secret;
	else if (secret.len == 0 && value_str(stored(old, API_SECRET)).len > 0)
		k->secret = STR("");
	const bool no_key = !str_is_null(k->key) && k->key.len == 0;

	if (!no_key && k->secret.len > 0)
		(void)doc_set(d, API_SECRET, value_text(KEY_SECRET_MASK));
	else if (!no_key && secret.len > 0)
		(void)doc_set(d, API_SECRET, stored(old, API_SECRET));
	else if (no_key || !str_is_null(k->secret) || is_given(d, API_SECRET))
		(void)doc_set(d, API_SECRET, value_text(STR("")));
}

bool
user_secret_take(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	const struct str text = value_str(doc_get(d, NEW_PASSWORD));
	struct kept *k = ARENA_NEW(call->arena, struct kept);

	if (k == NULL)
		return err_memory(err);
	d->kept = k;
	k->password = text.len > 0 && !cast_is_mask(text);
	take_key(call, d, old, k);
	return take_password(call, d, old, err);
}

static bool
store_password(struct call *call, const struct doc *d, struct err *err)
{
	const struct prepared *p = call->prepared;
	const struct value all = doc_get(d, STR("logout_all_sessions"));

	if (!login_store(call, doc_name(d), p->hash, err))
		return false;
	return all.kind != VALUE_INT || all.i == 0 ||
	    session_end_all(call, doc_name(d), true, NULL, err);
}

bool
user_secret_change(struct call *call, struct str user, struct str hash, struct err *err)
{
	char moment[CLOCK_TEXT_SIZE];
	const struct value params[] = {
		value_text(clock_format_date(clock_to_local(call->now_us), moment)),
		value_text(user),
	};

	return login_store(call, user, hash, err) &&
	    db_exec(call->db, CHANGED_SQL, params, ARRAY_LEN(params), NULL, err);
}

/* A key that another one has is told as the unique field that it is. */
static bool
store_key(struct call *call, const struct doc *d, const struct kept *k, struct err *err)
{
	if (str_is_null(k->key) && str_is_null(k->secret))
		return true;
	if (key_set(call, doc_name(d), k->key, k->secret, err))
		return true;
	if (err->kind != ERR_UNIQUE)
		return false;
	return call_message(call, NULL, NULL, false, STR("API Key must be unique"), err) &&
	    err_set_silent(err, ERR_UNIQUE, "('User', '%.*s')", STR_FMT(doc_name(d)));
}

bool
user_secret_store(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	const struct kept *k = d->kept;

	(void)old;
	if (k == NULL)
		return true;
	return (!k->password || store_password(call, d, err)) && store_key(call, d, k, err);
}

/* The document shows the key, and is saved as if its owner had pressed the button: rules run,
 * modified moves. */
static bool
show_key(struct call *call, const struct doc *user, struct str key, struct err *err)
{
	const struct value params[] = { value_text(key), value_text(KEY_SECRET_MASK),
		user->values[DOC_NAME] };
	const json_t *nothing;
	struct doc *saved;

	return db_exec(call->db, SHOW_KEY_SQL, params, ARRAY_LEN(params), NULL, err) &&
	    json_parse(call->arena, STR("{}"), &nothing, err) &&
	    doc_update(call, user->doctype, doc_name(user), nothing, &saved, err);
}

bool
user_secret_generate(struct call *call, struct str user, struct key_pair *out, struct err *err)
{
	const struct doctype *dt;
	struct doc *d;
	bool found, made;

	if (!may_make_keys(call))
		return refuse(err);
	if (!doc_type(call, USER, &dt, err) || !store_load_row(call, dt, user, &d, &found, err))
		return false;
	if (!found)
		return err_set(
		    err, ERR_DOES_NOT_EXIST, "User %.*s not found", STR_FMT(str_sub(user, 0, 140)));
	if (user_rules_is_standard(doc_name(d)) && !call->who->is_administrator)
		return refuse(err);
	return key_generate(call, doc_name(d), out, &made, err) && show_key(call, d, out->key, err);
}
