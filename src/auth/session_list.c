#include "auth/session_list.h"

#include "auth/fill.h"
#include "auth/session.h"
#include "base/clock.h"

static const struct str SQL_LIST =
    STR_INIT("SELECT name, created_us, expires_us, address, agent FROM session WHERE user "
	     "COLLATE NOCASE = ?1 AND expires_us > ?2 ORDER BY created_us DESC, name");

enum { NAME, CREATED, EXPIRES, ADDRESS, AGENT };

/* When it ends if it is not used again: memory knows it before the database does. */
static int64_t
expires_of(const struct call *call, const struct digest *digest, int64_t stored_us)
{
	struct token_slot slot;

	if (!fill_find_session(call->auth, digest, &slot))
		return stored_us;
	const struct state_session *side = pool_at(call->auth->sessions, slot.side);

	return MAX(stored_us, atomic_load_explicit(&side->expires_us, memory_order_acquire));
}

static void
put_time(struct json_out *out, const char *key, int64_t us)
{
	char text[CLOCK_TEXT_SIZE];

	json_put_str(out, key, clock_stamp(us, text));
}

static bool
put_row(const struct call *call, struct db_rows *rows, struct json_out *out, struct err *err)
{
	const int64_t length_us = auth_settings(call->auth).session_s * CLOCK_US_PER_S,
		      created_us = db_column(rows, CREATED).i;
	const struct str name = value_str(db_column(rows, NAME));
	struct digest digest;

	if (!digest_from_hex(name, &digest))
		return err_set(err, ERR_INTERNAL, "a session without a digest");
	const bool own = call->identity.kind == IDENTITY_SESSION &&
	    memcmp(call->identity.session, digest.bytes, DIGEST_LEN) == 0;
	const int64_t expires_us = expires_of(call, &digest, db_column(rows, EXPIRES).i);
	/* The length may have been another when it was last used. */
	const int64_t seen_us = MIN(MAX(expires_us - length_us, created_us), call->now_us);

	json_open_object(out);
	json_put_str(out, "session", str_sub(name, 0, SESSION_ID_LEN));
	json_put_bool(out, "current", own);
	put_time(out, "created", created_us);
	put_time(out, "last_seen", own ? call->now_us : seen_us);
	put_time(out, "expires", expires_us);
	json_put_str(out, "address", value_str(db_column(rows, ADDRESS)));
	json_put_str(out, "user_agent", value_str(db_column(rows, AGENT)));
	json_close_object(out);
	return true;
}

bool
session_list(struct call *call, struct str user, struct json_out *out, struct err *err)
{
	const struct value params[] = { value_text(user), value_int(call->now_us) };
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	enum db_step step;

	if (!db_query(call->db, SQL_LIST, params, ARRAY_LEN(params), &rows, err))
		return false;
	json_open_array(out);
	while ((step = db_next(rows, err)) == DB_ROW) {
		if (!put_row(call, rows, out, err))
			return false;
	}
	json_close_array(out);
	return step == DB_DONE;
}
