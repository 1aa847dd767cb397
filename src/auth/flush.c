#include "auth/flush.h"

#include "base/clock.h"
#include "net/address.h"

static const struct str SQL_SECRET =
    STR_INIT("UPDATE secret SET uses = uses + ?2 WHERE name = ?1 RETURNING api_key");
static const struct str SQL_KEY =
    STR_INIT("UPDATE api_key SET uses = uses + ?2, last_used_us = ?3, last_used_address = ?4 "
	     "WHERE name = ?1 RETURNING user");
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

static struct str
address_of(struct state_secret *side, char *text)
{
	struct in6_addr address;
	uint64_t words[STATE_ADDRESS_WORDS];

	for (size_t i = 0; i < STATE_ADDRESS_WORDS; i++)
		words[i] = atomic_load_explicit(&side->address[i], memory_order_relaxed);
	memcpy(&address, words, sizeof(address));
	return IN6_IS_ADDR_UNSPECIFIED(&address) ? STR("") : address_text(&address, text);
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

static bool
flush_uses(
    struct auth *a, struct db_conn *c, struct state_secret *side, uint32_t uses, struct err *err)
{
	CLEANUP(buf_free) struct buf found = BUF_INIT(4096);
	char name[16], address[INET6_ADDRSTRLEN];
	const int64_t used_s = atomic_load_explicit(&side->last_used_s, memory_order_relaxed);
	const struct value secret[] = { value_text(state_hex15_text(side->name, name)),
		value_int(uses) };

	if (!returning(c, SQL_SECRET, secret, ARRAY_LEN(secret), &found, err))
		return false;
	if (found.len == 0)
		return true; /* it has ended meanwhile */
	CLEANUP(buf_free) struct buf key = BUF_INIT(4096);

	buf_put(&key, buf_str(&found));
	const struct value params[] = { value_text(buf_str(&key)), value_int(uses),
		value_int(used_s * CLOCK_US_PER_S), value_text(address_of(side, address)) };

	return returning(c, SQL_KEY, params, ARRAY_LEN(params), &found, err) &&
	    flush_active(a, c, buf_str(&found), used_s, err);
}

static bool
flush_secrets(struct auth *a, struct db_conn *c, struct err *err)
{
	uint32_t list = pool_touched(a->secrets), number;
	bool ok = true;

	while (pool_next_touched(a->secrets, &list, &number)) {
		struct state_secret *side = pool_at(a->secrets, number);
		const uint32_t uses = atomic_exchange(&side->uses, 0);

		if (uses == 0)
			continue;
		ok = ok && flush_uses(a, c, side, uses, err);
		if (!ok) { /* for the next time; the rest of the list, too */
			atomic_fetch_add(&side->uses, uses);
			pool_touch(a->secrets, number);
		}
	}
	return ok;
}

static bool
flush_sessions(struct auth *a, struct db_conn *c, struct err *err)
{
	uint32_t list = pool_touched(a->sessions), number;
	bool ok = true;

	while (pool_next_touched(a->sessions, &list, &number)) {
		const struct state_session *side = pool_at(a->sessions, number);
		char hex[DIGEST_HEX_LEN];
		const struct value params[] = { value_text(digest_to_hex(&side->digest, hex)),
			value_int(atomic_load(&side->expires_us)) };

		ok = ok && db_exec(c, SQL_SESSION, params, ARRAY_LEN(params), NULL, err);
		if (!ok)
			pool_touch(a->sessions, number);
	}
	return ok;
}

bool
flush_counters(struct auth *a, struct db_conn *c, struct err *err)
{
	return flush_secrets(a, c, err) && flush_sessions(a, c, err);
}
