#include "auth/key_secret.h"

#include "auth/audit.h"
#include "auth/key.h"
#include "auth/pepper.h"
#include "auth/state.h"
#include "base/clock.h"
#include "crypto/hmac.h"
#include "crypto/random.h"

static const struct str SQL_INSERT =
    STR_INIT("INSERT INTO secret (name, api_key, pepper, digest, weak, created_us) "
	     "VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
static const struct str SQL_END_ALL = STR_INIT("DELETE FROM secret WHERE api_key = ?1");
static const struct str SQL_END_OLD =
    STR_INIT("DELETE FROM secret WHERE api_key = ?1 AND overlap_until > 0 AND overlap_until <= ?2");
static const struct str SQL_END_OVERLAP =
    STR_INIT("DELETE FROM secret WHERE api_key = ?1 AND overlap_until > 0");
static const struct str SQL_OVERLAP =
    STR_INIT("UPDATE secret SET overlap_until = ?2 WHERE api_key = ?1 "
	     "AND (overlap_until = 0 OR overlap_until > ?2)");
static const struct str SQL_COUNT = STR_INIT("SELECT count(*) FROM secret WHERE api_key = ?1");
static const struct str SQL_WINDOW =
    STR_INIT("SELECT `not_before`, `expires` FROM `tabAPI Key` WHERE `name` = ?1");
static const struct str SQL_APPLY_OPEN =
    STR_INIT("UPDATE secret SET not_before = ?2, not_after = overlap_until WHERE api_key = ?1");
static const struct str SQL_APPLY =
    STR_INIT("UPDATE secret SET not_before = ?2, not_after = CASE WHEN overlap_until = 0 OR "
	     "overlap_until > ?3 THEN ?3 ELSE overlap_until END WHERE api_key = ?1");

static bool
exec(struct call *call, struct str sql, const struct value *params, size_t len, int64_t *changes,
    struct err *err)
{
	return db_exec(call->db, sql, params, len, changes, err);
}

/* Unix seconds of a local time; 0: none. */
static int64_t
seconds_of(struct value text)
{
	struct clock_civil c;

	return clock_parse(value_str(text), &c) ? MAX(clock_from_local(c) / CLOCK_US_PER_S, 1) : 0;
}

bool
key_secret_apply_window(struct call *call, struct str key, struct err *err)
{
	const struct value name = value_text(key);
	struct value row[2];
	bool found;

	if (!db_query_row(call->db, call->arena, SQL_WINDOW, &name, 1, row, 2, &found, err))
		return false;
	const int64_t from_s = found ? seconds_of(row[0]) : 0,
		      to_s = found ? seconds_of(row[1]) : 0;
	const struct value params[] = { name, value_int(from_s), value_int(to_s) };
	const bool ok = to_s == 0 ? exec(call, SQL_APPLY_OPEN, params, 2, NULL, err)
				  : exec(call, SQL_APPLY, params, 3, NULL, err);

	return ok && call_change(call, CHANGE_KEY, key, err);
}

bool
key_secret_add(struct call *call, struct str key, struct str secret, bool weak, struct err *err)
{
	const struct keyfile *keys = call->auth->keys;
	const struct str parts[] = { key, { "", 1 }, secret };
	char name[KEY_LEN], hex[DIGEST_HEX_LEN], id[PEPPER_ID_MAX];
	struct digest digest;
	struct str pepper;
	uint32_t number;

	if (!pepper_for_new(call, id, &pepper, err))
		return false;
	hmac_sign(keyfile_pepper(keys, pepper, &number), parts, ARRAY_LEN(parts), &digest);
	random_hex(name, sizeof(name));
	const struct value params[] = { value_text((struct str){ name, sizeof(name) }),
		value_text(key), value_text(pepper), value_text(digest_to_hex(&digest, hex)),
		value_int(weak), value_int(call->now_us) };

	return exec(call, SQL_INSERT, params, ARRAY_LEN(params), NULL, err) &&
	    key_secret_apply_window(call, key, err);
}

bool
key_secret_end_all(struct call *call, struct str key, int64_t *ended, struct err *err)
{
	const struct value name = value_text(key);

	return exec(call, SQL_END_ALL, &name, 1, ended, err) &&
	    call_change(call, CHANGE_KEY, key, err);
}

bool
key_secret_end_overlap(struct call *call, struct str key, int64_t *ended, struct err *err)
{
	const struct audit_about about = { STR("API Key"), key };
	const struct value name = value_text(key);

	return exec(call, SQL_END_OVERLAP, &name, 1, ended, err) &&
	    (*ended == 0 || audit_add(call, AUDIT_KEY_OVERLAP_ENDED, about, STR_NULL, err)) &&
	    call_change(call, CHANGE_KEY, key, err);
}

static bool
check_room(struct call *call, struct str key, struct err *err)
{
	const struct value name = value_text(key);
	struct value count;
	bool found;

	if (!db_query_row(call->db, call->arena, SQL_COUNT, &name, 1, &count, 1, &found, err))
		return false;
	return count.i < KEY_SECRETS_MAX ||
	    err_set(err, ERR_VALIDATION,
		"%d secrets of this key are valid: end their overlap before the next rotation",
		(int)count.i);
}

bool
key_secret_overlap(struct call *call, struct str key, int64_t until_s, struct err *err)
{
	const struct value old[] = { value_text(key), value_int(call->now_us / CLOCK_US_PER_S) };
	const struct value params[] = { value_text(key), value_int(until_s) };

	if (until_s == 0)
		return key_secret_end_all(call, key, NULL, err);
	return exec(call, SQL_END_OLD, old, ARRAY_LEN(old), NULL, err) &&
	    check_room(call, key, err) &&
	    exec(call, SQL_OVERLAP, params, ARRAY_LEN(params), NULL, err);
}
