#include "auth/key.h"

#include "auth/secret.h"
#include "auth/state.h"
#include "base/clock.h"
#include "crypto/hmac.h"
#include "crypto/random.h"

const struct str KEY_SQL_PEPPERS = STR_INIT("SELECT DISTINCT pepper FROM secret");
static const struct str SQL_CLASSIC = STR_INIT(
    "SELECT name FROM api_key WHERE user COLLATE NOCASE = ?1 AND classic = 1 ORDER BY name");
static const struct str SQL_OWNER = STR_INIT("SELECT user FROM api_key WHERE name = ?1");
static const struct str SQL_INSERT_KEY =
    STR_INIT("INSERT INTO api_key (name, user, created_us, created_by) VALUES (?1, ?2, ?3, ?4)");
static const struct str SQL_INSERT_SECRET =
    STR_INIT("INSERT INTO secret (name, api_key, pepper, digest, weak, created_us) "
	     "VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
static const struct str SQL_END_SECRETS = STR_INIT("DELETE FROM secret WHERE api_key = ?1");
static const struct str SQL_END_KEY = STR_INIT("DELETE FROM api_key WHERE name = ?1");
static const struct str SQL_KEYS_OF =
    STR_INIT("SELECT name FROM api_key WHERE user COLLATE NOCASE = ?1 ORDER BY name");
static const struct str SQL_MOVE_KEYS =
    STR_INIT("UPDATE api_key SET user = ?2 WHERE user COLLATE NOCASE = ?1");
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

#define LIST                                                                                       \
	"SELECT k.name, k.user, k.label, k.enabled, k.created_us, k.created_by, k.last_used_us, "  \
	"k.last_used_address, k.uses, "                                                            \
	"(SELECT count(*) FROM secret s WHERE s.api_key = k.name), "                               \
	"(SELECT count(*) FROM secret s WHERE s.api_key = k.name "                                 \
	"AND s.not_before <= ?1 AND (s.not_after = 0 OR s.not_after > ?1)) FROM api_key k "
static const struct str SQL_LIST = STR_INIT(LIST "ORDER BY k.user COLLATE NOCASE, k.name");
static const struct str SQL_LIST_OF =
    STR_INIT(LIST "WHERE k.user COLLATE NOCASE = ?2 ORDER BY k.user COLLATE NOCASE, k.name");

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
	const struct value params[] = { value_text(key), value_text(user), value_int(call->now_us),
		value_text(actor(call)) };

	return db_exec(call->db, SQL_INSERT_KEY, params, ARRAY_LEN(params), NULL, err);
}

static bool
end_secrets(struct call *call, struct str key, int64_t *ended, struct err *err)
{
	const struct value params[] = { value_text(key) };

	return db_exec(call->db, SQL_END_SECRETS, params, 1, ended, err) &&
	    change_key(call, key, err);
}

/* Stores the digest of a secret, the only one that the key then has. */
static bool
set_secret(struct call *call, struct str key, struct str secret, bool weak, struct err *err)
{
	const struct keyfile *keys = call->auth->keys;
	const struct str pepper = keyfile_pepper_id(keys);
	const struct str parts[] = { key, { "", 1 }, secret };
	char name[KEY_LEN], hex[DIGEST_HEX_LEN];
	struct digest digest;
	uint32_t number;

	hmac_sign(keyfile_pepper(keys, pepper, &number), parts, ARRAY_LEN(parts), &digest);
	random_hex(name, sizeof(name));
	const struct value params[] = { value_text((struct str){ name, sizeof(name) }),
		value_text(key), value_text(pepper), value_text(digest_to_hex(&digest, hex)),
		value_int(weak), value_int(call->now_us) };

	return end_secrets(call, key, NULL, err) &&
	    db_exec(call->db, SQL_INSERT_SECRET, params, ARRAY_LEN(params), NULL, err);
}

bool
key_generate(struct call *call, struct str user, struct key_pair *out, bool *made, struct err *err)
{
	struct key_pair pair;
	char *text = ARENA_NEW_ARRAY(call->arena, char, KEY_LEN + SECRET_LEN);

	if (text == NULL)
		return err_memory(err);
	if (!find_classic(call, user, &pair.key, err))
		return false;
	const bool is_new = str_is_null(pair.key);

	if (is_new) {
		random_hex(text, KEY_LEN);
		pair.key = (struct str){ text, KEY_LEN };
		if (!insert_key(call, user, pair.key, err))
			return false;
	}
	secret_make(text + KEY_LEN);
	pair.secret = (struct str){ text + KEY_LEN, SECRET_LEN };
	if (!set_secret(call, pair.key, pair.secret, false, err))
		return false;
	*out = pair;
	*made = is_new;
	return true;
}

/* --- by hand --- */

static bool
end_key(struct call *call, struct str key, struct err *err)
{
	const struct value params[] = { value_text(key) };

	return end_secrets(call, key, NULL, err) &&
	    db_exec(call->db, SQL_END_KEY, params, 1, NULL, err);
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
	    insert_key(call, user, key, err) && change_key(call, key, err);
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
		return end_secrets(call, classic, NULL, err);
	return check_form(secret, false, err) &&
	    set_secret(call, classic, secret, !secret_is_wellformed(secret), err);
}

/* --- ending and moving --- */

bool
key_revoke(struct call *call, struct str user, int64_t *ended, struct err *err)
{
	struct name_list *keys;
	int64_t sum = 0, one;

	if (!read_names(call, SQL_KEYS_OF, user, &keys, err))
		return false;
	for (; keys != NULL; keys = keys->next) {
		if (!end_secrets(call, keys->name, &one, err))
			return false;
		sum += one;
	}
	*ended = sum;
	return true;
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

	if (!each_name(call, SQL_KEYS_OF, user, change_key, err) ||
	    !each_name(call, SQL_SESSIONS_OF, user, change_session, err))
		return false;
	for (size_t i = 0; i < ARRAY_LEN(MOVES); i++) {
		if (!db_exec(call->db, *MOVES[i], params, ARRAY_LEN(params), NULL, err))
			return false;
	}
	return true;
}

/* --- listing --- */

static void
put_time(struct json_out *out, const char *key, int64_t us)
{
	char text[CLOCK_TEXT_SIZE];

	json_put_str(out, key, us == 0 ? STR_NULL : clock_stamp(us, text));
}

static const char *
state_of(bool enabled, int64_t secrets, int64_t valid)
{
	if (!enabled)
		return "off";
	if (secrets == 0)
		return "no secret";
	return valid > 0 ? "active" : "not valid now";
}

static void
put_row(struct call *call, struct db_rows *rows, struct json_out *out)
{
	const struct who *user = auth_find_user(call->auth, value_str(db_column(rows, 1)));
	const int64_t secrets = db_column(rows, 9).i, valid = db_column(rows, 10).i;

	json_open_object(out);
	json_put_str(out, "api_key", value_str(db_column(rows, 0)));
	json_put_str(out, "user", value_str(db_column(rows, 1)));
	json_put_bool(out, "user_enabled", user != NULL && user->enabled);
	json_put_str(out, "label", value_str(db_column(rows, 2)));
	json_put_str(out, "state", str_from(state_of(db_column(rows, 3).i != 0, secrets, valid)));
	json_put_int(out, "secrets", secrets);
	put_time(out, "created", db_column(rows, 4).i);
	json_put_str(out, "created_by", value_str(db_column(rows, 5)));
	put_time(out, "last_used", db_column(rows, 6).i);
	json_put_str(out, "last_used_address", value_str(db_column(rows, 7)));
	json_put_int(out, "uses", db_column(rows, 8).i);
	json_close_object(out);
}

bool
key_list(struct call *call, struct str user, struct json_out *out, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct value params[] = { value_int(call->now_us / CLOCK_US_PER_S),
		value_text(user) };
	const bool all = str_is_null(user);
	enum db_step step;

	if (!db_query(call->db, all ? SQL_LIST : SQL_LIST_OF, params, all ? 1 : 2, &rows, err))
		return false;
	json_open_array(out);
	while ((step = db_next(rows, err)) == DB_ROW)
		put_row(call, rows, out);
	json_close_array(out);
	return step == DB_DONE;
}
