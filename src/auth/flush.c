#include "auth/flush.h"

#include "auth/key_uses.h"
#include "base/clock.h"
#include "base/mem.h"
#include "net/address.h"

enum { BATCH = 4000 }; /* rows a transaction: neighbours in the writer's batch wait for them */

static const struct str SQL_SECRET =
    STR_INIT("UPDATE secret SET uses = uses + ?2, "
	     "last_used_address = CASE WHEN ?3 < last_used_us THEN last_used_address ELSE ?4 END, "
	     "last_used_us = CASE WHEN ?3 < last_used_us THEN last_used_us ELSE ?3 END "
	     "WHERE name = ?1 RETURNING api_key");
/* Loops are written one after the other: the last use of all counts. */
static const struct str SQL_KEY = STR_INIT(
    "UPDATE `tabAPI Key` SET `uses` = `uses` + ?2, "
    "`last_used_address` = CASE WHEN ?3 < `last_used` THEN `last_used_address` ELSE ?4 END, "
    "`last_used` = CASE WHEN ?3 < `last_used` THEN `last_used` ELSE ?3 END "
    "WHERE `name` = ?1 RETURNING `user`");
static const struct str SQL_USES = STR_INIT("SELECT `uses` FROM `tabAPI Key` WHERE `name` = ?1");
static const struct str SQL_ACTIVE =
    STR_INIT("UPDATE \"tabUser\" SET last_active = ?2 WHERE name = ?1");
static const struct str SQL_SESSION =
    STR_INIT("UPDATE session SET expires_us = ?2 WHERE name = ?1");

/* The one text that a RETURNING gives, copied to text; *len 0 if there was no row. */
static bool
returning(struct db_conn *c, struct str sql, const struct value *params, size_t params_len,
    struct buf *text, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	enum db_step step;

	buf_clear(text);
	if (!db_query(c, sql, params, params_len, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		buf_clear(text);
		buf_put(text, value_str(db_column(rows, 0)));
	}
	return step == DB_DONE;
}

static bool
flush_active(struct auth *a, struct db_conn *c, struct str user, int64_t used_s, struct err *err)
{
	char stamp[CLOCK_TEXT_SIZE];
	uint32_t number;

	if (user.len == 0 || !users_find(a->users, user, &number) ||
	    !users_active_due(a->users, number, used_s))
		return true;
	const struct value params[] = { value_text(user),
		value_text(clock_stamp(used_s * CLOCK_US_PER_S, stamp)) };

	return db_exec(c, SQL_ACTIVE, params, ARRAY_LEN(params), NULL, err);
}

/* What a metered key has used in all, on all nodes. */
static bool
learn(struct meter *meter, struct db_conn *c, struct str key, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct value name = value_text(key);

	if (meter == NULL)
		return true;
	if (!db_query(c, SQL_USES, &name, 1, &rows, err))
		return false;
	const enum db_step step = db_next(rows, err);

	if (step == DB_ROW)
		meter_learn(meter, db_column(rows, 0).i);
	return step != DB_FAILED;
}

struct target {
	struct auth *auth;
	struct db_conn *db;
};

static bool
flush_use(void *context, const struct use *use, struct err *err)
{
	const struct target *t = context;
	const uint32_t number = (uint32_t)use->id;
	const struct state_secret *side = pool_at(t->auth->secrets, number);
	CLEANUP(buf_free) struct buf key = BUF_INIT(4096), user = BUF_INIT(4096);
	char name[16], address[INET6_ADDRSTRLEN], stamp[CLOCK_TEXT_SIZE];
	const struct str from =
	    IN6_IS_ADDR_UNSPECIFIED(&use->address) ? STR("") : address_text(&use->address, address);
	const int64_t used_us = use->last_used_s * CLOCK_US_PER_S;

	/* What lives now is not given to another before this turn ends; what has ended may be. */
	if (!pool_lives(t->auth->secrets, number, (uint32_t)(use->id >> 32)))
		return true;
	const struct value secret[] = { value_text(state_hex15_text(side->name, name)),
		value_int(use->uses), value_int(used_us), value_text(from) };

	if (!returning(t->db, SQL_SECRET, secret, ARRAY_LEN(secret), &key, err))
		return false;
	if (key.len == 0)
		return true; /* deleted, not published yet */
	const struct value params[] = { value_text(buf_str(&key)), value_int(use->uses),
		value_text(clock_stamp(used_us, stamp)), value_text(from) };

	return returning(t->db, SQL_KEY, params, ARRAY_LEN(params), &user, err) &&
	    key_uses_add(
		t->db, key_uses_day(used_us), secret[0].s, buf_str(&key), use->uses, err) &&
	    learn(state_meter(t->auth, number), t->db, buf_str(&key), err) &&
	    flush_active(t->auth, t->db, buf_str(&user), use->last_used_s, err);
}

/* What was touched and may not be written yet, for the flusher to keep: at most a batch. */
static void
take_slid(struct auth *a, bool *more)
{
	uint32_t list, number;

	if (a->slid == NULL)
		a->slid = MEM_NEW_ARRAY(uint32_t, BATCH);
	/* The last batch, if it was not committed. */
	for (size_t i = 0; i < a->slid_len; i++)
		pool_touch(a->sessions, a->slid[i]);
	a->slid_len = 0;
	list = pool_touched(a->sessions);
	while (pool_next_touched(a->sessions, &list, &number)) {
		if (a->slid_len < BATCH) {
			a->slid[a->slid_len++] = number;
			continue;
		}
		pool_touch(a->sessions, number);
		*more = true;
	}
}

static bool
flush_session(struct auth *a, struct db_conn *c, uint32_t number, struct err *err)
{
	const struct state_session *side = pool_at(a->sessions, number);
	char hex[DIGEST_HEX_LEN];

	/* It may have ended, and another that is about to begin may have its place. */
	if (!pool_lives(a->sessions, number, pool_generation(a->sessions, number)))
		return true;
	const int64_t expires_us = atomic_load_explicit(&side->expires_us, memory_order_acquire);

	if (expires_us == 0)
		return true;
	const struct value params[] = { value_text(digest_to_hex(&side->digest, hex)),
		value_int(expires_us) };

	return db_exec(c, SQL_SESSION, params, ARRAY_LEN(params), NULL, err);
}

static bool
flush_sessions(struct auth *a, struct db_conn *c, bool *more, struct err *err)
{
	take_slid(a, more);
	for (size_t i = 0; i < a->slid_len; i++) {
		if (!flush_session(a, c, a->slid[i], err))
			return false;
	}
	return true;
}

bool
flush_counters(struct auth *a, struct db_conn *c, bool *more, struct err *err)
{
	struct target target = { a, c };

	return uses_flush(a->uses, BATCH, flush_use, &target, more, err) &&
	    flush_sessions(a, c, more, err);
}

void
flush_written(struct auth *a)
{
	uses_written(a->uses);
	a->slid_len = 0;
}
