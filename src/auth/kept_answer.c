#include "auth/kept_answer.h"

#include "auth/audit.h"
#include "auth/auth.h"
#include "auth/state.h"
#include "base/clock.h"
#include "conf/conf.h"

enum { ROW = 512 }; /* of a row and its two entries in indexes, besides its texts */

/* One whose time is over is as good as none. */
static const struct str SQL_CLAIM =
    STR_INIT("INSERT INTO kept_answer (name, request, status, fields, body, expires_us) "
	     "VALUES (?1, ?2, 0, '', NULL, ?3) ON CONFLICT (name) DO UPDATE SET "
	     "request = excluded.request, status = 0, fields = '', body = NULL, "
	     "expires_us = excluded.expires_us WHERE kept_answer.expires_us <= ?4 RETURNING name");
static const struct str SQL_FIND = STR_INIT("SELECT request, status, fields, body FROM kept_answer "
					    "WHERE name = ?1 AND expires_us > ?2");
static const struct str SQL_STORE =
    STR_INIT("UPDATE kept_answer SET status = ?2, fields = ?3, body = ?4 WHERE name = ?1");
static const struct str SQL_DROP = STR_INIT("DELETE FROM kept_answer WHERE name = ?1");
static const struct str SQL_SWEEP =
    STR_INIT("DELETE FROM kept_answer WHERE name IN (SELECT name FROM kept_answer "
	     "WHERE expires_us <= ?1 ORDER BY expires_us LIMIT ?2)");

/* ---- whose it is */

static void
add_scopes(struct digest_stream *s, const struct limits *l)
{
	for (size_t i = 0; l != NULL && i < l->scopes_len; i++) {
		const struct limits_scope *scope = &l->scopes[i];
		const uint32_t numbers[] = { (uint32_t)scope->kind, scope->mask };

		digest_add(s, (struct str){ (const char *)numbers, sizeof(numbers) });
		digest_add_text(s, scope->target);
	}
}

bool
kept_answer_name(struct call *call, struct str key, struct str *out, struct err *err)
{
	char hex[DIGEST_HEX_LEN];
	struct str api_key = STR("");
	struct digest_stream s;
	struct digest digest;

	if (call->identity.limited && !audit_api_key(call, &api_key, err))
		return false;
	digest_begin(&s);
	digest_add_text(&s, call->who->name);
	digest_add_text(&s, api_key);
	digest_add_text(&s, key);
	add_scopes(&s, auth_limits(call->auth, &call->identity));
	digest_end(&s, &digest);
	return arena_str(call->arena, digest_to_hex(&digest, hex), out, err);
}

/* ---- rows */

static MUST_USE bool
find(struct call *call, struct str name, bool *found, struct kept_answer *out, struct err *err)
{
	const struct value params[] = { value_text(name), value_int(call->now_us) };
	struct value row[4];

	if (!db_query_row(call->db, call->arena, SQL_FIND, params, ARRAY_LEN(params), row,
		ARRAY_LEN(row), found, err))
		return false;
	if (*found)
		*out = (struct kept_answer){ .name = name,
			.request = value_str(row[0]),
			.status = (int)row[1].i,
			.fields = value_str(row[2]),
			.body = value_str(row[3]) };
	return true;
}

bool
kept_answer_ended(struct err *err)
{
	err_set(err, ERR_UNAVAILABLE,
	    "The answer to this request was kept until this very moment. Send it again");
	err->retry_after_s = 1;
	return false;
}

bool
kept_answer_find(
    struct call *call, struct str key, bool *found, struct kept_answer *out, struct err *err)
{
	struct str name;

	return kept_answer_name(call, key, &name, err) && find(call, name, found, out, err);
}

/* ---- room */

static struct kept_room *
room_of(const struct call *call)
{
	return users_kept(call->auth->users, call->who->user);
}

static bool
has_room(const struct call *call, struct err *err)
{
	const int wait_s = kept_room_wait_s(room_of(call), call->started_us);

	if (wait_s == 0)
		return true;
	err_set(err, ERR_TOO_MANY_REQUESTS,
	    "As many answers are kept for you as may be (%lld MiB in 24 hours): try again in %d "
	    "seconds, or send no Idempotency-Key",
	    (long long)call->conf->http.max_kept / (1024 * 1024), wait_s);
	err->retry_after_s = wait_s;
	return false;
}

void
kept_answer_count(struct call *call, const struct kept_answer *answer)
{
	const size_t bytes = ROW + answer->fields.len + answer->body.len;

	kept_room_take(room_of(call), (int64_t)bytes, call->conf->http.max_kept, call->started_us);
}

/* ---- claims */

bool
kept_answer_claim(struct call *call, struct str key, struct str request, bool *mine,
    struct kept_answer *out, struct err *err)
{
	struct str name;
	struct value row;
	bool found;

	if (!kept_answer_name(call, key, &name, err))
		return false;
	const struct value params[] = { value_text(name), value_text(request),
		value_int(call->now_us + KEPT_ANSWER_S * CLOCK_US_PER_S), value_int(call->now_us) };

	if (!db_query_row(
		call->db, call->arena, SQL_CLAIM, params, ARRAY_LEN(params), &row, 1, mine, err))
		return false;
	if (*mine) {
		*out = (struct kept_answer){ .name = name, .request = request };
		return has_room(call, err);
	}
	if (!find(call, name, &found, out, err))
		return false;
	return found || kept_answer_ended(err);
}

bool
kept_answer_store(struct call *call, const struct kept_answer *answer, struct err *err)
{
	const struct value params[] = { value_text(answer->name), value_int(answer->status),
		value_text(answer->fields), value_text(answer->body) };

	if (!db_exec(call->db, SQL_STORE, params, ARRAY_LEN(params), NULL, err))
		return false;
	kept_answer_count(call, answer);
	return true;
}

bool
kept_answer_drop(struct call *call, struct str name, struct err *err)
{
	const struct value param = value_text(name);

	return db_exec(call->db, SQL_DROP, &param, 1, NULL, err);
}

bool
kept_answer_sweep(struct db_conn *c, int64_t now_us, bool *more, struct err *err)
{
	const struct value params[] = { value_int(now_us), value_int(KEPT_ANSWER_BATCH) };
	int64_t deleted;

	if (!db_exec(c, SQL_SWEEP, params, ARRAY_LEN(params), &deleted, err))
		return false;
	*more = deleted == KEPT_ANSWER_BATCH;
	return true;
}
