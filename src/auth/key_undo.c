#include "auth/key_undo.h"

#include "auth/audit.h"
#include "auth/who.h"
#include "base/clock.h"
#include "crypto/random.h"

/* Nobody else changes the key until this transaction is over. */
static const struct str SQL_HOLD =
    STR_INIT("UPDATE `tabAPI Key` SET `revoked` = `revoked` WHERE `name` = ?1 AND `revoked` = 0 "
	     "RETURNING `enabled`");
static const struct str SQL_REVOKE =
    STR_INIT("UPDATE `tabAPI Key` SET `revoked` = 1, `enabled` = 0, `revoked_on` = ?2, "
	     "`revoked_by` = ?3, `revoke_reason` = ?4 WHERE `name` = ?1");
static const struct str SQL_COUNT = STR_INIT("SELECT count(*) FROM secret WHERE api_key = ?1");
static const struct str SQL_NOTE =
    STR_INIT("INSERT INTO key_undo (api_key, revocation, revoked_us, was_enabled) "
	     "VALUES (?1, ?2, ?3, ?4) ON CONFLICT (api_key) DO UPDATE SET "
	     "revocation = excluded.revocation, revoked_us = excluded.revoked_us, "
	     "was_enabled = excluded.was_enabled");
static const struct str SQL_FIND =
    STR_INIT("SELECT api_key FROM key_undo WHERE revocation = ?1 AND revoked_us > ?2 "
	     "ORDER BY api_key");
static const struct str SQL_LIST =
    STR_INIT("SELECT u.revocation, max(u.revoked_us), count(*), count(DISTINCT k.`user`), "
	     "min(k.`user`) FROM key_undo u JOIN `tabAPI Key` k ON k.`name` = u.api_key "
	     "WHERE u.revoked_us > ?1 AND k.`revoked_by` = ?2 "
	     "GROUP BY u.revocation ORDER BY max(u.revoked_us) DESC, u.revocation");
static const struct str SQL_TAKE =
    STR_INIT("DELETE FROM key_undo WHERE api_key = ?1 RETURNING was_enabled");
static const struct str SQL_RESTORE =
    STR_INIT("UPDATE `tabAPI Key` SET `revoked` = 0, `enabled` = ?2, `revoked_on` = NULL, "
	     "`revoked_by` = NULL, `revoke_reason` = NULL WHERE `name` = ?1");
static const struct str SQL_SWEEP_SECRETS =
    STR_INIT("DELETE FROM secret WHERE api_key IN (SELECT api_key FROM key_undo "
	     "WHERE revoked_us <= ?1)");
static const struct str SQL_SWEEP = STR_INIT("DELETE FROM key_undo WHERE revoked_us <= ?1");

/* What was revoked then, or before, stays so. */
static int64_t
final_before_us(int64_t now_us)
{
	return now_us - KEY_UNDO_S * CLOCK_US_PER_S;
}

bool
key_undo_begin(struct call *call, struct str reason, struct key_undo *out, struct err *err)
{
	char text[KEY_UNDO_ID_LEN];

	random_hex(text, sizeof(text));
	*out = (struct key_undo){ .reason = reason };
	return arena_str(call->arena, (struct str){ text, sizeof(text) }, &out->id, err);
}

/* The one number that a query or a RETURNING gives. */
static bool
number_of(
    struct call *call, struct str sql, struct str key, bool *found, int64_t *out, struct err *err)
{
	const struct value name = value_text(key);
	struct value row = value_int(0);

	if (!db_query_row(call->db, call->arena, sql, &name, 1, &row, 1, found, err))
		return false;
	*out = row.i;
	return true;
}

bool
key_undo_revoke(
    struct call *call, struct key_undo *of, struct str key, bool *revoked, struct err *err)
{
	char stamp[CLOCK_TEXT_SIZE];
	int64_t was_enabled = 0, secrets = 0;
	bool counted;

	if (!number_of(call, SQL_HOLD, key, revoked, &was_enabled, err))
		return false;
	if (!*revoked)
		return true;
	const struct value marks[] = { value_text(key),
		value_text(clock_stamp(call->now_us, stamp)), value_text(call->who->name),
		value_text(of->reason) };
	const struct value note[] = { value_text(key), value_text(of->id), value_int(call->now_us),
		value_int(was_enabled) };

	if (!number_of(call, SQL_COUNT, key, &counted, &secrets, err) ||
	    !db_exec(call->db, SQL_REVOKE, marks, ARRAY_LEN(marks), NULL, err) ||
	    !db_exec(call->db, SQL_NOTE, note, ARRAY_LEN(note), NULL, err))
		return false;
	of->ended += secrets;
	const struct audit_pair pairs[] = { { "reason", value_text(of->reason) },
		{ "revocation", value_text(of->id) } };

	return audit_add_pairs(call, AUDIT_KEY_REVOKED, (struct audit_about){ STR("API Key"), key },
		   pairs, ARRAY_LEN(pairs), err) &&
	    call_change(call, CHANGE_KEY, key, err);
}

bool
key_undo_find(
    struct call *call, struct str revocation, struct str **keys, size_t *len, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct value params[] = { value_text(revocation),
		value_int(final_before_us(call->now_us)) };
	enum db_step step;

	*keys = ARENA_NEW_ARRAY(call->arena, struct str, KEY_UNDO_MAX);
	*len = 0;
	if (*keys == NULL)
		return err_memory(err);
	if (!db_query(call->db, SQL_FIND, params, ARRAY_LEN(params), &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW && *len < KEY_UNDO_MAX) {
		if (!arena_str(call->arena, value_str(db_column(rows, 0)), &(*keys)[*len], err))
			return false;
		++*len;
	}
	return step != DB_FAILED;
}

bool
key_undo_list(struct call *call, struct json_out *out, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const int64_t before_us = final_before_us(call->now_us);
	const struct value params[] = { value_int(before_us), value_text(call->who->name) };
	enum db_step step;

	if (!db_query(call->db, SQL_LIST, params, ARRAY_LEN(params), &rows, err))
		return false;
	json_open_array(out);
	while ((step = db_next(rows, err)) == DB_ROW) {
		json_open_object(out);
		json_put_str(out, "undo", value_str(db_column(rows, 0)));
		json_put_int(out, "seconds", (db_column(rows, 1).i - before_us) / CLOCK_US_PER_S);
		json_put_int(out, "keys", db_column(rows, 2).i);
		json_put_int(out, "users", db_column(rows, 3).i);
		json_put_str(out, "user", value_str(db_column(rows, 4)));
		json_close_object(out);
	}
	json_close_array(out);
	return step == DB_DONE;
}

bool
key_undo_restore(struct call *call, struct str key, struct err *err)
{
	int64_t was_enabled = 0;
	bool found;

	if (!number_of(call, SQL_TAKE, key, &found, &was_enabled, err))
		return false;
	if (!found)
		return true; /* final, or taken back, this very moment */
	const struct value params[] = { value_text(key), value_int(was_enabled) };

	return db_exec(call->db, SQL_RESTORE, params, ARRAY_LEN(params), NULL, err) &&
	    audit_add(call, AUDIT_KEY_RESTORED, (struct audit_about){ STR("API Key"), key },
		STR_NULL, err) &&
	    call_change(call, CHANGE_KEY, key, err);
}

bool
key_undo_forget(struct call *call, struct str key, struct err *err)
{
	int64_t was_enabled;
	bool found;

	return number_of(call, SQL_TAKE, key, &found, &was_enabled, err);
}

bool
key_undo_sweep(struct db_conn *c, int64_t now_us, struct err *err)
{
	const struct value before = value_int(final_before_us(now_us));

	return db_exec(c, SQL_SWEEP_SECRETS, &before, 1, NULL, err) &&
	    db_exec(c, SQL_SWEEP, &before, 1, NULL, err);
}
