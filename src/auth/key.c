#include "auth/key.h"

#include "auth/audit.h"
#include "auth/key_secret.h"
#include "auth/key_undo.h"
#include "auth/key_uses.h"
#include "auth/secret.h"
#include "auth/who.h"
#include "base/clock.h"
#include "crypto/random.h"

const struct str KEY_SQL_PEPPERS = STR_INIT("SELECT DISTINCT pepper FROM secret");
static const struct str SQL_CLASSIC =
    STR_INIT("SELECT `name` FROM `tabAPI Key` WHERE `user` COLLATE NOCASE = ?1 AND `classic` = 1 "
	     "ORDER BY `name`");
static const struct str SQL_OWNER =
    STR_INIT("SELECT `user` FROM `tabAPI Key` WHERE `name` COLLATE NOCASE = ?1");
static const struct str SQL_INSERT_KEY = STR_INIT(
    "INSERT INTO `tabAPI Key` (`name`, `api_key`, `api_secret`, `user`, `enabled`, `classic`, "
    "`creation`, `modified`, `owner`, `modified_by`) VALUES (?1, ?1, ?5, ?2, 1, 1, ?3, ?3, ?4, "
    "?4)");
static const struct str SQL_ROTATED =
    STR_INIT("UPDATE `tabAPI Key` SET `rotated_on` = ?2, `rotated_by` = ?3 WHERE `name` = ?1");
static const struct str SQL_REVOKED =
    STR_INIT("SELECT `revoked` FROM `tabAPI Key` WHERE `name` = ?1");
static const struct str SQL_REVOKE =
    STR_INIT("UPDATE `tabAPI Key` SET `revoked` = 1, `enabled` = 0, `revoked_on` = ?2, "
	     "`revoked_by` = ?3, `revoke_reason` = ?4 WHERE `name` = ?1 AND `revoked` = 0");
static const struct str SQL_RETIRE =
    STR_INIT("UPDATE `tabAPI Key` SET `classic` = 0 WHERE `name` = ?1 AND `revoked` = 1");
static const struct str SQL_END_KEY = STR_INIT("DELETE FROM `tabAPI Key` WHERE `name` = ?1");
static const struct str SQL_KEYS_OF =
    STR_INIT("SELECT `name` FROM `tabAPI Key` WHERE `user` COLLATE NOCASE = ?1 ORDER BY `name`");
static const struct str SQL_LIVE_KEYS_OF =
    STR_INIT("SELECT `name` FROM `tabAPI Key` WHERE `user` COLLATE NOCASE = ?1 AND `revoked` = 0 "
	     "AND `name` IN "
	     "(SELECT api_key FROM secret) ORDER BY `name`");
static const struct str SQL_MOVE_KEYS =
    STR_INIT("UPDATE `tabAPI Key` SET `user` = ?2 WHERE `user` COLLATE NOCASE = ?1");
static const struct str SQL_SESSIONS_OF =
    STR_INIT("SELECT name FROM session WHERE user COLLATE NOCASE = ?1");
static const struct str SQL_END_SESSIONS =
    STR_INIT("DELETE FROM session WHERE user COLLATE NOCASE = ?1");
static const struct str SQL_MOVE_SESSIONS =
    STR_INIT("UPDATE session SET user = ?2 WHERE user COLLATE NOCASE = ?1");
static const struct str SQL_END_PASSWORD =
    STR_INIT("DELETE FROM password WHERE user COLLATE NOCASE = ?1");
static const struct str SQL_MOVE_PASSWORD =
    STR_INIT("UPDATE password SET user = ?2 WHERE user COLLATE NOCASE = ?1");

const struct str KEY_SECRET_MASK = STR_INIT("***************");

bool
key_secret_is_wellformed(struct str secret)
{
	return secret_is_wellformed(secret);
}

static struct str
actor(const struct call *call)
{
	return call->who == NULL ? STR("Administrator") : call->who->name;
}

static bool
change_key(struct call *call, struct str key, struct err *err)
{
	return call_change(call, CHANGE_KEY, key, err);
}

/* Into the audit log, with the key's owner and one more thing (name NULL: none). */
static bool
note(struct call *call, enum audit_event event, struct str key, struct audit_pair more,
    struct err *err)
{
	const struct value name = value_text(key);
	struct audit_pair pairs[2] = { { "user", value_null() }, more };
	bool found;

	if (!db_query_row(
		call->db, call->arena, SQL_OWNER, &name, 1, &pairs[0].value, 1, &found, err))
		return false;
	if (!found)
		pairs[0].value = value_null();
	return audit_add_pairs(call, event, (struct audit_about){ STR("API Key"), key }, pairs,
	    more.name == NULL ? 1 : 2, err);
}

static const struct audit_pair NOTHING = { NULL, { .kind = VALUE_NULL } };

struct name_list {
	struct str name;
	struct name_list *next;
};

/* The first column of all rows, in the arena: no statement is open while others run. */
static bool
read_names(
    struct call *call, struct str sql, struct str param, struct name_list **out, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct value params[] = { value_text(param) };
	struct name_list **end = out;
	enum db_step step;

	*out = NULL;
	if (!db_query(call->db, sql, params, 1, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		struct name_list *item = ARENA_NEW(call->arena, struct name_list);

		if (item == NULL)
			return err_memory(err);
		if (!arena_str(call->arena, value_str(db_column(rows, 0)), &item->name, err))
			return false;
		*end = item;
		end = &item->next;
	}
	return step == DB_DONE;
}

typedef bool name_fn(struct call *call, struct str name, struct err *err);

static bool
each_name(struct call *call, struct str sql, struct str param, name_fn *fn, struct err *err)
{
	struct name_list *names;

	if (!read_names(call, sql, param, &names, err))
		return false;
	for (; names != NULL; names = names->next) {
		if (!fn(call, names->name, err))
			return false;
	}
	return true;
}

static bool
find_classic(struct call *call, struct str user, struct str *key, struct err *err)
{
	const struct value params[] = { value_text(user) };
	struct value row;
	bool found;

	if (!db_query_row(call->db, call->arena, SQL_CLASSIC, params, 1, &row, 1, &found, err))
		return false;
	*key = found ? value_str(row) : STR_NULL;
	return true;
}

static bool
insert_key(struct call *call, struct str user, struct str key, struct err *err)
{
	char stamp[CLOCK_TEXT_SIZE];
	const struct value params[] = { value_text(key), value_text(user),
		value_text(clock_stamp(call->now_us, stamp)), value_text(actor(call)),
		value_text(KEY_SECRET_MASK) };

	return db_exec(call->db, SQL_INSERT_KEY, params, ARRAY_LEN(params), NULL, err);
}

/* Nobody else may change the key until this transaction is over. */
static bool
hold_key(struct call *call, struct str key, bool *revoked, struct err *err)
{
	char stamp[CLOCK_TEXT_SIZE];
	const struct value params[] = { value_text(key),
		value_text(clock_stamp(call->now_us, stamp)), value_text(actor(call)) };
	int64_t changes;
	struct value row;
	bool found;

	if (!db_exec(call->db, SQL_ROTATED, params, ARRAY_LEN(params), &changes, err) ||
	    !db_query_row(call->db, call->arena, SQL_REVOKED, params, 1, &row, 1, &found, err))
		return false;
	if (changes == 0 || !found)
		return err_set(err, ERR_DOES_NOT_EXIST, "API Key %.*s not found",
		    STR_FMT(str_sub(key, 0, 140)));
	*revoked = row.i != 0;
	return true;
}

/* event: a rotation, or the creation of the key, whose first secret it is. */
static bool
add_secret(struct call *call, struct str key, enum audit_event event, int64_t overlap_s,
    struct str *secret, struct err *err)
{
	const int64_t until_s = overlap_s == 0 ? 0 : call->now_us / CLOCK_US_PER_S + overlap_s;
	char *text = ARENA_NEW_ARRAY(call->arena, char, SECRET_LEN);
	const struct audit_pair overlap = { event == AUDIT_KEY_ROTATED ? "overlap_s" : NULL,
		value_int(overlap_s) };
	bool revoked = false;

	if (text == NULL)
		return err_memory(err);
	if (!hold_key(call, key, &revoked, err))
		return false;
	if (revoked)
		return err_set(
		    err, ERR_VALIDATION, "This key was revoked, which is final: make another one");
	if (!note(call, event, key, overlap, err))
		return false;
	secret_make(text);
	*secret = (struct str){ text, SECRET_LEN };
	return key_secret_overlap(call, key, until_s, err) &&
	    key_secret_add(call, key, *secret, false, err);
}

bool
key_rotate(
    struct call *call, struct str key, int64_t overlap_s, struct str *secret, struct err *err)
{
	return add_secret(call, key, AUDIT_KEY_ROTATED, overlap_s, secret, err);
}

/* The user's classic key; one that was revoked is his no more, though it may still be taken back as
 * a key beside the new one. */
static bool
find_usable(struct call *call, struct str user, struct str *key, struct err *err)
{
	int64_t retired = 0;

	if (!find_classic(call, user, key, err))
		return false;
	const struct value name = value_text(*key);

	if (!str_is_null(*key) && !db_exec(call->db, SQL_RETIRE, &name, 1, &retired, err))
		return false;
	if (retired > 0)
		*key = STR_NULL;
	return true;
}

bool
key_generate(struct call *call, struct str user, struct key_pair *out, bool *made, struct err *err)
{
	if (!find_usable(call, user, &out->key, err))
		return false;
	*made = str_is_null(out->key);
	if (*made) {
		char *text = ARENA_NEW_ARRAY(call->arena, char, KEY_LEN);

		if (text == NULL)
			return err_memory(err);
		random_hex(text, KEY_LEN);
		out->key = (struct str){ text, KEY_LEN };
		if (!insert_key(call, user, out->key, err))
			return false;
	}
	return add_secret(
	    call, out->key, *made ? AUDIT_KEY_CREATED : AUDIT_KEY_ROTATED, 0, &out->secret, err);
}

/* --- by hand --- */

static bool
end_key(struct call *call, struct str key, struct err *err)
{
	const struct value params[] = { value_text(key) };

	return note(call, AUDIT_KEY_DELETED, key, NOTHING, err) &&
	    key_secret_end_all(call, key, NULL, err) && key_undo_forget(call, key, err) &&
	    key_uses_forget(call, key, err) && db_exec(call->db, SQL_END_KEY, params, 1, NULL, err);
}

static bool
check_free(struct call *call, struct str user, struct str key, struct err *err)
{
	const struct value params[] = { value_text(key) };
	struct value row;
	bool found;

	if (!db_query_row(call->db, call->arena, SQL_OWNER, params, 1, &row, 1, &found, err))
		return false;
	if (found && str_ieq(value_str(row), user))
		return err_set(err, ERR_UNIQUE, "You have another key of this name");
	if (found)
		return err_set(err, ERR_UNIQUE, "Another user has this API key");
	return true;
}

/* A colon would end the key early in "KEY:SECRET", a blank would end the credential. */
static bool
check_form(struct str text, bool is_key, struct err *err)
{
	for (size_t i = 0; i < text.len; i++) {
		const unsigned char c = (unsigned char)text.ptr[i];

		if (c <= ' ' || c == 0x7f || (is_key && c == ':'))
			return err_set(err, ERR_VALIDATION, "%s must not contain blanks%s",
			    is_key ? "An API key" : "An API secret", is_key ? " or colons" : "");
	}
	if (text.len > 140)
		return err_set(err, ERR_LENGTH, "An API key or secret has at most 140 characters");
	return true;
}

static bool
replace_key(struct call *call, struct str user, struct str old, struct str key, struct err *err)
{
	if (!str_is_null(old) && !end_key(call, old, err))
		return false;
	if (key.len == 0)
		return true;
	return check_form(key, true, err) && check_free(call, user, key, err) &&
	    insert_key(call, user, key, err) && note(call, AUDIT_KEY_CREATED, key, NOTHING, err) &&
	    change_key(call, key, err);
}

bool
key_set(struct call *call, struct str user, struct str key, struct str secret, struct err *err)
{
	struct str classic;

	if (!find_classic(call, user, &classic, err))
		return false;
	if (!str_is_null(key) && !str_eq(key, str_is_null(classic) ? STR("") : classic)) {
		if (!replace_key(call, user, classic, key, err))
			return false;
		classic = key.len > 0 ? key : STR_NULL;
	}
	if (str_is_null(secret) || (str_is_null(classic) && secret.len == 0))
		return true;
	if (str_is_null(classic))
		return err_set(err, ERR_VALIDATION,
		    "An API secret needs an API key: set both, or use Generate Keys");
	if (secret.len == 0)
		return note(call, AUDIT_KEY_REVOKED, classic, NOTHING, err) &&
		    key_secret_end_all(call, classic, NULL, err);
	return check_form(secret, false, err) &&
	    note(call, AUDIT_KEY_ROTATED, classic, NOTHING, err) &&
	    key_secret_end_all(call, classic, NULL, err) &&
	    key_secret_add(call, classic, secret, !secret_is_wellformed(secret), err);
}

/* --- ending and moving --- */

static bool
note_revoked(struct call *call, struct str key, struct err *err)
{
	return note(call, AUDIT_KEY_REVOKED, key, NOTHING, err);
}

bool
key_revoke(struct call *call, struct str user, int64_t *ended, struct err *err)
{
	struct name_list *keys;
	int64_t sum = 0, one;

	/* All are told before the first one ends: the caller's own may be among them. */
	if (!each_name(call, SQL_LIVE_KEYS_OF, user, note_revoked, err) ||
	    !read_names(call, SQL_KEYS_OF, user, &keys, err))
		return false;
	for (; keys != NULL; keys = keys->next) {
		if (!key_secret_end_all(call, keys->name, &one, err))
			return false;
		sum += one;
	}
	*ended = sum;
	return true;
}

bool
key_revoke_one(
    struct call *call, struct str key, struct str reason, int64_t *ended, struct err *err)
{
	char stamp[CLOCK_TEXT_SIZE];
	const struct value params[] = { value_text(key),
		value_text(clock_stamp(call->now_us, stamp)), value_text(actor(call)),
		value_text(reason) };
	const struct audit_pair why = { "reason", value_text(reason) };
	int64_t changes;

	return db_exec(call->db, SQL_REVOKE, params, ARRAY_LEN(params), &changes, err) &&
	    (changes == 0 || note(call, AUDIT_KEY_REVOKED, key, why, err)) &&
	    key_undo_forget(call, key, err) && key_secret_end_all(call, key, ended, err);
}

static bool
change_session(struct call *call, struct str name, struct err *err)
{
	return call_change(call, CHANGE_SESSION, name, err);
}

bool
key_forget_user(struct call *call, struct str user, struct err *err)
{
	const struct value params[] = { value_text(user) };

	return each_name(call, SQL_KEYS_OF, user, end_key, err) &&
	    each_name(call, SQL_SESSIONS_OF, user, change_session, err) &&
	    db_exec(call->db, SQL_END_SESSIONS, params, 1, NULL, err) &&
	    db_exec(call->db, SQL_END_PASSWORD, params, 1, NULL, err);
}

bool
key_rename_user(struct call *call, struct str user, struct str new_name, struct err *err)
{
	static const struct str *const MOVES[] = { &SQL_MOVE_KEYS, &SQL_MOVE_SESSIONS,
		&SQL_MOVE_PASSWORD };
	const struct value params[] = { value_text(user), value_text(new_name) };

	for (size_t i = 0; i < ARRAY_LEN(MOVES); i++) {
		if (!db_exec(call->db, *MOVES[i], params, ARRAY_LEN(params), NULL, err))
			return false;
	}
	return each_name(call, SQL_KEYS_OF, new_name, change_key, err) &&
	    each_name(call, SQL_SESSIONS_OF, new_name, change_session, err);
}
