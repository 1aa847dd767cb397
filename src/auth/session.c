#include "auth/session.h"

#include "auth/state.h"
#include "base/clock.h"
#include "crypto/random.h"
#include "http/text.h"

static const struct str SQL_INSERT =
    STR_INIT("INSERT INTO session (name, user, csrf, created_us, expires_us, address, agent) "
	     "VALUES (?1, ?2, '', ?3, ?4, ?5, ?6)");
static const struct str SQL_OF_USER =
    STR_INIT("SELECT name, expires_us FROM session WHERE user COLLATE NOCASE = ?1 ORDER BY "
	     "created_us DESC, name");
static const struct str SQL_DELETE = STR_INIT("DELETE FROM session WHERE name = ?1");
static const struct str SQL_OVER =
    STR_INIT("SELECT name FROM session WHERE expires_us < ?1 LIMIT ?2");
static const struct str SQL_CSRF = STR_INIT("SELECT csrf FROM session WHERE name = ?1");
static const struct str SQL_SET_CSRF = STR_INIT("UPDATE session SET csrf = ?2 WHERE name = ?1");

enum {
	CSRF_LEN = 56,
	AGENT_MAX = 256,
	DEFAULT_SIMULTANEOUS = 2, /* simultaneous_sessions of a user who has none set */
	SWEEP_MAX = 500,          /* sessions at a time: a job must not hold up the batch */
};

/* session.name of the call's own session; in the arena. */
static bool
own_name(struct call *call, struct str *out, struct err *err)
{
	struct digest digest;
	char hex[DIGEST_HEX_LEN];

	memcpy(digest.bytes, call->identity.session, DIGEST_LEN);
	return arena_str(call->arena, digest_to_hex(&digest, hex), out, err);
}

static bool
end_one(struct call *call, struct str name, struct err *err)
{
	const struct value params[] = { value_text(name) };

	return db_exec(call->db, SQL_DELETE, params, 1, NULL, err) &&
	    call_change(call, CHANGE_SESSION, name, err);
}

struct row {
	struct str name;
	int64_t expires_us;
	struct row *next;
};

/* A user's sessions, the newest first; in the arena. */
static bool
read_sessions(struct call *call, struct str user, struct row **out, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	const struct value params[] = { value_text(user) };
	struct row **end = out;
	enum db_step step;

	*out = NULL;
	if (!db_query(call->db, SQL_OF_USER, params, 1, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW) {
		struct row *r = ARENA_NEW(call->arena, struct row);

		if (r == NULL)
			return err_memory(err);
		if (!arena_str(call->arena, value_str(db_column(rows, 0)), &r->name, err))
			return false;
		r->expires_us = db_column(rows, 1).i;
		*end = r;
		end = &r->next;
	}
	return step == DB_DONE;
}

/* Before a new session: those that are over go, and those that are too many. */
static bool
make_room(struct call *call, struct str user, struct err *err)
{
	const struct who *who = auth_find_user(call->auth, user);
	const bool deny = auth_settings(call->auth).deny_multiple_sessions;
	const int most = who != NULL && who->simultaneous_sessions > 0 ? who->simultaneous_sessions
								       : DEFAULT_SIMULTANEOUS;
	struct row *r;
	int kept = 1; /* the new one */

	if (!read_sessions(call, user, &r, err))
		return false;
	for (; r != NULL; r = r->next) {
		const bool over = r->expires_us <= call->now_us;

		if (!over && (!deny || kept < most))
			kept++;
		else if (!end_one(call, r->name, err))
			return false;
	}
	return true;
}

bool
session_start(struct call *call, struct str user, struct str *sid, struct err *err)
{
	const int64_t expires_us =
	    call->now_us + auth_settings(call->auth).session_s * CLOCK_US_PER_S;
	const struct str agent = call_field(call, STR("User-Agent"));
	char text[SESSION_SID_LEN], hex[DIGEST_HEX_LEN];
	struct digest digest;
	struct str made;

	if (!make_room(call, user, err))
		return false;
	random_hex(text, sizeof(text));
	digest_sha256((struct str){ text, sizeof(text) }, &digest);
	digest_to_hex(&digest, hex);
	const struct str name = { hex, sizeof(hex) };
	const struct value params[] = { value_text(name), value_text(user), value_int(call->now_us),
		value_int(expires_us), value_text(call->peer.len > 0 ? call->peer : STR("")),
		value_text(agent.len > 0 ? str_sub(agent, 0, AGENT_MAX) : STR("")) };

	if (!db_exec(call->db, SQL_INSERT, params, ARRAY_LEN(params), NULL, err) ||
	    !call_change(call, CHANGE_SESSION, name, err) ||
	    !arena_str(call->arena, (struct str){ text, sizeof(text) }, &made, err))
		return false;
	explicit_bzero(text, sizeof(text));
	*sid = made;
	return true;
}

bool
session_end(struct call *call, struct err *err)
{
	struct str name;

	if (call->identity.kind != IDENTITY_SESSION)
		return true;
	return own_name(call, &name, err) && end_one(call, name, err);
}

bool
session_end_all(struct call *call, struct str user, bool keep_own, int64_t *ended, struct err *err)
{
	const bool has_own = keep_own && call->identity.kind == IDENTITY_SESSION;
	struct str own = STR_NULL;
	int64_t live = 0;
	struct row *r;

	if (has_own && !own_name(call, &own, err))
		return false;
	if (!read_sessions(call, user, &r, err))
		return false;
	for (; r != NULL; r = r->next) {
		if (has_own && str_eq(r->name, own))
			continue;
		if (!end_one(call, r->name, err))
			return false;
		live += r->expires_us > call->now_us;
	}
	if (ended != NULL)
		*ended = live;
	return true;
}

bool
session_end_id(struct call *call, struct str user, struct str id, int64_t *ended, struct err *err)
{
	struct row *r;

	*ended = 0;
	if (!read_sessions(call, user, &r, err))
		return false;
	for (; r != NULL && *ended == 0; r = r->next) {
		if (!str_eq(str_sub(r->name, 0, SESSION_ID_LEN), id))
			continue;
		if (!end_one(call, r->name, err))
			return false;
		*ended = 1;
	}
	return true;
}

/* --- CSRF --- */

bool
session_csrf(struct call *call, struct str *token, struct err *err)
{
	char text[CSRF_LEN];
	struct str name;
	struct value stored;
	bool found;

	if (call->identity.kind != IDENTITY_SESSION)
		return err_set(err, ERR_AUTHENTICATION, "There is no session");
	if (!own_name(call, &name, err))
		return false;
	const struct value key[] = { value_text(name) };

	if (!db_query_row(call->db, call->arena, SQL_CSRF, key, 1, &stored, 1, &found, err))
		return false;
	if (!found)
		return err_set(err, ERR_AUTHENTICATION, "The session has ended");
	if (value_str(stored).len > 0) {
		*token = value_str(stored);
		return true;
	}
	random_hex(text, sizeof(text));
	const struct value params[] = { value_text(name),
		value_text((struct str){ text, sizeof(text) }) };

	return db_exec(call->db, SQL_SET_CSRF, params, ARRAY_LEN(params), NULL, err) &&
	    call_change(call, CHANGE_SESSION, name, err) &&
	    arena_str(call->arena, (struct str){ text, sizeof(text) }, token, err);
}

struct str
session_csrf_peek(struct call *call)
{
	const struct auth *a = call->auth;
	struct str token;
	struct err ignored;

	if (call->identity.kind != IDENTITY_SESSION ||
	    !pool_lives(a->sessions, call->identity.secret, (uint32_t)call->identity.slot_sequence))
		return STR_NULL;
	const struct state_session *side = pool_at(a->sessions, call->identity.secret);
	const size_t len = atomic_load_explicit(&side->csrf_len, memory_order_acquire);

	if (len == 0 || !arena_str(call->arena, (struct str){ side->csrf, len }, &token, &ignored))
		return STR_NULL;
	return token;
}

/* --- cookies --- */

static const struct str SET_COOKIE = STR_INIT("Set-Cookie");

#define CLEAR "=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/"
#define COOKIE(name)                                                                               \
	{                                                                                          \
		STR_INIT(name),                                                                    \
		{                                                                                  \
			STR_INIT(name CLEAR), STR_INIT(name CLEAR "; Secure")                      \
		}                                                                                  \
	}
static const struct {
	struct str name;
	struct str cleared[2]; /* literals, since every refused request has them: http, https */
} COOKIES[] = {
	COOKIE("sid"),
	COOKIE("system_user"),
	COOKIE("full_name"),
	COOKIE("user_id"),
	COOKIE("user_image"),
	COOKIE("user_lang"),
};

static const char *
secure(const struct call *call)
{
	return call->secure ? "; Secure" : "";
}

static bool
put_sid(struct call *call, struct str sid, struct err *err)
{
	const int64_t age_s = auth_settings(call->auth).session_s;
	char date[CLOCK_TEXT_SIZE];
	struct str value;

	clock_http_date(call->now_us + age_s * CLOCK_US_PER_S, date);
	return arena_printf(call->arena, &value, err,
		   "sid=%.*s; Expires=%.29s; Max-Age=%lld; HttpOnly; Path=/; SameSite=Lax%s",
		   STR_FMT(sid), date, (long long)age_s, secure(call)) &&
	    http_response_field(&call->response, SET_COOKIE, value, err);
}

/* Not again if the request carries the same value; an empty one is what an absent one says. */
static bool
put_plain(struct call *call, struct str name, struct str text, struct err *err)
{
	const struct str sent = http_cookie(call_field(call, STR("Cookie")), name);
	struct str encoded, value;

	if (!http_percent_encode(
		call->arena, str_is_null(text) ? STR("") : text, STR("/"), &encoded, err))
		return false;
	if (str_eq(sent, encoded))
		return true;
	return arena_printf(call->arena, &value, err, "%.*s=%.*s; Path=/; SameSite=Lax%s",
		   STR_FMT(name), STR_FMT(encoded), secure(call)) &&
	    http_response_field(&call->response, SET_COOKIE, value, err);
}

bool
session_cookies_set(struct call *call, const struct who *who, struct str sid, struct err *err)
{
	const struct str values[] = {
		STR_NULL,
		who->is_system_user ? STR("yes") : STR("no"),
		who->full_name.len > 0 ? who->full_name : who->name,
		who->name,
		who->user_image,
		who->language.len > 0 ? who->language : STR("en"),
	};

	if (!put_sid(call, sid, err))
		return false;
	for (size_t i = 1; i < ARRAY_LEN(COOKIES); i++) {
		if (!put_plain(call, COOKIES[i].name, values[i], err))
			return false;
	}
	return true;
}

bool
session_cookies_resend(struct call *call, struct err *err)
{
	const struct str sid = http_cookie(call_field(call, STR("Cookie")), STR("sid"));
	const struct who *who = auth_find_user(call->auth, STR("Guest"));

	switch (call->identity.kind) {
	case IDENTITY_TOKEN:
	case IDENTITY_LOCAL:
		return true;
	case IDENTITY_GUEST:
		if (call->identity.session_expired)
			return session_cookies_clear(call, err);
		return who == NULL || session_cookies_set(call, who, STR("Guest"), err);
	case IDENTITY_SESSION:
		break;
	}
	/* The session, or its user, may have ended with this very call. */
	return call->who == NULL ? session_cookies_clear(call, err)
				 : session_cookies_set(call, call->who, sid, err);
}

bool
session_cookies_clear(struct call *call, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(COOKIES); i++) {
		if (!http_response_literal(
			&call->response, SET_COOKIE, COOKIES[i].cleared[call->secure], err))
			return false;
	}
	return true;
}

bool
session_renew(struct call *call, struct err *err)
{
	struct str sid;

	return session_end(call, err) && session_start(call, call->who->name, &sid, err) &&
	    session_cookies_set(call, call->who, sid, err);
}

/* The names first: rows must not be open while others are deleted. */
static bool
read_over(struct db_conn *c, struct arena *a, int64_t before_us, struct str *names, size_t *len,
    struct err *err)
{
	const struct value params[] = { value_int(before_us), value_int(SWEEP_MAX) };
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	enum db_step step;

	*len = 0;
	if (!db_query(c, SQL_OVER, params, ARRAY_LEN(params), &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW && *len < SWEEP_MAX) {
		if (!arena_str(a, value_str(db_column(rows, 0)), &names[*len], err))
			return false;
		++*len;
	}
	return step != DB_FAILED;
}

bool
session_sweep(struct db_conn *c, struct arena *a, struct change_list *changes, int64_t before_us,
    struct err *err)
{
	struct str *names = ARENA_NEW_ARRAY(a, struct str, SWEEP_MAX);
	size_t len;

	if (names == NULL)
		return err_memory(err);
	if (!read_over(c, a, before_us, names, &len, err))
		return false;
	for (size_t i = 0; i < len; i++) {
		const struct value param = value_text(names[i]);

		if (!db_exec(c, SQL_DELETE, &param, 1, NULL, err) ||
		    !change_add(a, changes, CHANGE_SESSION, names[i], err))
			return false;
	}
	return true;
}
