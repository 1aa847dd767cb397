#include "auth/auth.h"

#include "auth/burst.h"
#include "auth/credential.h"
#include "auth/fill.h"
#include "auth/flush.h"
#include "auth/judge.h"
#include "auth/load.h"
#include "auth/pepper.h"
#include "auth/publish.h"
#include "auth/reload.h"
#include "auth/state.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "http/text.h"

#include <stdlib.h>

enum {
	TRIES_ENTRIES = 64 * 1024,
	LOGINS_ENTRIES = 16 * 1024,
	TRIES_WINDOW_S = 60,
	LOGGED_TRIES = 3,     /* wrong tries of one (address, key) in a minute that are logged, */
	BURST_TRIES = 10,     /* so many of them are a burst, which the audit log tells */
	LOGGED_LINES = 10,    /* and how many in all, a loop and second */
	QUOTA_RETRY_S = 3600, /* somebody may have raised it */
	SLIDE_US = 10 * 60 * 1000 * 1000, /* a session's expiry moves at most so often */
};

/* No message beside it (spec/auth.md 2.4), the same for whatever was wrong. */
static const struct err REFUSED = {
	.kind = ERR_AUTHENTICATION,
	.silent = true,
	.msg = "Invalid API key or secret",
};

/* --- life --- */

static uint32_t
built_in(struct auth *a, struct str name)
{
	const uint32_t number = users_number(a->users, name);
	const struct value row[FILL_USER_LEN] = { value_text(name), value_text(name) };

	fill_user(a, row, NULL, 0);
	return number;
}

struct auth *
auth_new(const struct auth_options *options)
{
	struct auth *a = mem_alloc_aligned(_Alignof(struct auth), sizeof(struct auth));
	struct err err;

	memset((void *)a, 0, sizeof(*a));
	a->conf = options->conf;
	a->turns = options->turns;
	a->roles = options->roles;
	a->keys = options->keys;
	a->since_us = clock_now_us();
	a->users = users_new(a->turns);
	a->tokens = token_table_new(a->turns);
	a->secrets = pool_new(a->turns, sizeof(struct state_secret), false);
	a->meters = pool_new(a->turns, sizeof(struct meter), false);
	a->policies = policies_new(a->turns);
	const uint32_t nobody = pool_take(a->secrets) + pool_take(a->meters);

	assert(nobody == 0);
	a->uses = uses_new(a->turns);
	a->renewals = renewals_new();
	atomic_init(&a->digests, 1);
	a->session_slots = token_table_new(a->turns);
	a->sessions = pool_new(a->turns, sizeof(struct state_session), true);
	a->tries = throttle_new(TRIES_ENTRIES);
	a->logins = throttle_new(LOGINS_ENTRIES);
	a->bursts = bursts_new();
	a->administrator = UINT32_MAX;
	a->guest = users_number(a->users, STR("Guest"));
	a->administrator = users_number(a->users, STR("Administrator"));
	built_in(a, STR("Guest"));
	built_in(a, STR("Administrator"));
	if (!fill_settings(a, NULL, &err))
		abort(); /* without a database nothing can fail */
	return a;
}

void
auth_free(struct auth *a)
{
	if (a == NULL)
		return;
	token_table_free(a->tokens);
	token_table_free(a->session_slots);
	pool_free(a->secrets);
	pool_free(a->meters);
	policies_free(a->policies);
	uses_free(a->uses);
	renewals_free(a->renewals);
	pool_free(a->sessions);
	mem_free(a->slid);
	users_free(a->users);
	throttle_free(a->tries);
	throttle_free(a->logins);
	bursts_free(a->bursts);
	mem_free(a);
}

void
auth_use_conf(struct auth *a, const struct conf *conf)
{
	a->conf = conf;
}

bool
auth_load(struct auth *a, struct db_conn *c, struct err *err)
{
	return load_all(a, c, err);
}

bool
auth_publish(struct auth *a, struct db_conn *c, const struct change *change)
{
	return publish_change(a, c, change);
}

bool
auth_publish_all(struct auth *a, struct db_conn *c, const struct change_list *changes)
{
	return publish_all(a, c, changes);
}

bool
auth_reload(struct auth *a, struct db_conn *c, struct err *err)
{
	return reload_all(a, c, err);
}

bool
auth_flush_counters(struct auth *a, struct db_conn *c, bool *more, struct err *err)
{
	return flush_counters(a, c, more, err);
}

void
auth_flush_written(struct auth *a)
{
	flush_written(a);
}

struct bursts *
auth_bursts(const struct auth *a)
{
	return a->bursts;
}

bool
auth_flush_due(struct auth *a)
{
	return atomic_exchange_explicit(&a->flush_wanted, false, memory_order_relaxed) ||
	    uses_due(a->uses);
}

/* --- tokens --- */

static bool
refuse(struct err *err)
{
	*err = REFUSED;
	return false;
}

/* May this second have one more line? Those that it may not have are counted. */
static bool
may_log(struct state_stripe *stripe, uint32_t now_s)
{
	if (atomic_load_explicit(&stripe->logged_s, memory_order_relaxed) != now_s) {
		atomic_store_explicit(&stripe->logged_s, now_s, memory_order_relaxed);
		atomic_store_explicit(&stripe->logged, 0, memory_order_relaxed);
	}
	const uint32_t n = atomic_load_explicit(&stripe->logged, memory_order_relaxed);
	const bool may = n < LOGGED_LINES;

	if (may)
		atomic_store_explicit(&stripe->logged, n + 1, memory_order_relaxed);
	else
		atomic_fetch_add_explicit(&stripe->left_out, 1, memory_order_relaxed);
	return may;
}

/* Why a pair was refused, for the operator. */
static const char *const REASONS[] = {
	[JUDGE_UNKNOWN] = "unknown-key",
	[JUDGE_WRONG] = "wrong-secret",
	[JUDGE_ENDED] = "ended",
	[JUDGE_EARLY] = "not-yet",
	[JUDGE_EXPIRED] = "expired",
	[JUDGE_DISABLED] = "disabled",
	[JUDGE_OUTSIDE] = "address",
};

/* The key is named only if it is one of ours: what an unknown one was, may have been a password. */
static void
log_refusal(struct auth *a, const struct credential *given, const struct auth_request *request,
    enum judge_verdict verdict)
{
	struct state_stripe *stripe = &a->stripes[request->loop];
	struct log_line line;

	if (!may_log(stripe, (uint32_t)(request->mono_us / CLOCK_US_PER_S)))
		return;
	const uint32_t left_out =
	    atomic_exchange_explicit(&stripe->left_out, 0, memory_order_relaxed);

	log_begin(&line, LOG_INFO, "token-refused");
	log_str(&line, "reason", str_from(REASONS[verdict]));
	log_str(&line, "key", verdict == JUDGE_UNKNOWN ? STR("") : given->key);
	log_str(&line, "address", request->address);
	if (left_out > 0)
		log_int(&line, "left_out", left_out);
	log_end(&line);
}

static void
note_burst(struct auth *a, const struct credential *given, const struct auth_request *request,
    enum judge_verdict verdict)
{
	const struct burst burst = { .name = verdict == JUDGE_UNKNOWN ? STR("") : given->key,
		.address = request->address,
		.reason = REASONS[verdict],
		.tries = BURST_TRIES };

	bursts_note(a->bursts, &burst, request->mono_us / CLOCK_US_PER_S);
}

static bool
refuse_pair(struct auth *a, const struct credential *given, const struct auth_request *request,
    enum judge_verdict verdict, struct err *err)
{
	const uint64_t key = throttle_key(a->tries, request->address, given->key);
	const int64_t now_s = request->mono_us / CLOCK_US_PER_S;
	const int64_t limit = a->conf->auth.token_tries;
	int left_s;

	if (request->provisional)
		return refuse(err);
	const uint32_t tries = throttle_add(a->tries, key, now_s, TRIES_WINDOW_S, &left_s);

	if (tries <= LOGGED_TRIES || (int64_t)tries == limit + 1)
		log_refusal(a, given, request, verdict);
	if (tries == BURST_TRIES)
		note_burst(a, given, request, verdict);
	if (limit > 0 && (int64_t)tries > limit) {
		state_count(a, request->loop, STATE_THROTTLED);
		err_set_silent(err, ERR_TOO_MANY_REQUESTS,
		    "Too many wrong tries with this API key; try again later");
		err->retry_after_s = MAX(left_s, 1);
		return false;
	}
	state_count(a, request->loop, STATE_REFUSED);
	return refuse(err);
}

/* Takes one of the requests that a limited key has. Where nothing is counted nothing is taken. */
static bool
take(struct auth *a, const struct judgement *j, const struct auth_request *request,
    struct identity *out, struct err *err)
{
	struct meter *meter = j->limited ? state_meter(a, j->secret) : NULL;
	const int64_t now_s = request->mono_us / CLOCK_US_PER_S;
	bool step;

	if (meter == NULL || request->loop == 0)
		return true;
	const struct limits *l = state_limits(a, j->secret);
	const enum meter_verdict verdict = meter_take(meter, &l->rate, now_s, &step);

	if (step)
		atomic_store_explicit(&a->flush_wanted, true, memory_order_relaxed);
	if (verdict == METER_TAKEN)
		return true;
	state_count(a, request->loop, STATE_THROTTLED);
	/* The answer says what the limits are. */
	*out = (struct identity){
		.user = a->guest,
		.secret = j->secret,
		.slot_sequence = j->generation,
		.limited = true,
	};
	err_set_silent(err, ERR_TOO_MANY_REQUESTS, "%s",
	    verdict == METER_RATE ? "This API key has used up its requests for now; try again later"
				  : "This API key has used up its quota");
	err->retry_after_s = verdict == METER_RATE
	    ? MAX(meter_left(meter, &l->rate, now_s).window_s, 1)
	    : QUOTA_RETRY_S;
	return false;
}

static bool
judge(struct auth *a, const struct credential *given, const struct auth_request *request,
    struct identity *out, struct err *err)
{
	const int64_t now_s = request->now_us / CLOCK_US_PER_S;
	struct in6_addr memory;
	const struct judge_request pair = { .key = given->key,
		.secret = given->secret,
		.now_s = now_s,
		.from = state_source(a, request, &memory) };
	struct judgement j;

	judge_pair(a, &pair, &j);
	if (j.verdict != JUDGE_RIGHT)
		return refuse_pair(a, given, request, j.verdict, err);
	if (!take(a, &j, request, out, err))
		return false;
	if (request->loop > 0)
		uses_count(a->uses, request->loop - 1, state_life(j.secret, j.generation),
		    (uint32_t)now_s, request->address);
	if (UNLIKELY(j.pepper != keyfile_current(a->keys)) && request->loop > 0)
		pepper_renew(a, &pair, &j, request->loop - 1);
	state_count(a, request->loop, STATE_ACCEPTED);
	*out = (struct identity){
		.kind = IDENTITY_TOKEN,
		.user = j.user,
		.secret = j.secret,
		.key = given->decoded_len == 0 ? given->key : STR_NULL,
		.slot_sequence = j.generation,
		.limited = j.limited,
		.session_expired = out->session_expired,
	};
	return true;
}

/* --- sessions --- */

static void
slide(struct auth *a, uint32_t number, struct state_session *side, int64_t now_us)
{
	const int64_t session_us =
	    atomic_load_explicit(&a->settings.session_s, memory_order_relaxed) * CLOCK_US_PER_S;
	const int64_t expires_us = now_us + session_us;
	const int64_t step_us = MIN((int64_t)SLIDE_US, session_us / 10);

	if (expires_us - atomic_load_explicit(&side->expires_us, memory_order_relaxed) < step_us)
		return;
	atomic_store_explicit(&side->expires_us, expires_us, memory_order_relaxed);
	pool_touch(a->sessions, number);
}

/* True if the cookie names a live session; *out is then its identity. Else session_over at most. */
static bool
judge_session(struct auth *a, struct str sid, const struct auth_request *request,
    struct identity *out, const struct who **who)
{
	struct digest digest;
	struct token_slot slot;

	digest_sha256(sid, &digest);
	if (!fill_find_session(a, &digest, &slot))
		return false;
	struct state_session *side = pool_at(a->sessions, slot.side);
	const uint32_t generation = pool_generation(a->sessions, slot.side);

	*who = users_at(a->users, slot.user);
	if ((generation & 1) != 0 || *who == NULL || !(*who)->enabled)
		return false;
	if (atomic_load_explicit(&side->expires_us, memory_order_relaxed) <= request->now_us) {
		memcpy(out->session, digest.bytes, sizeof(out->session));
		out->session_over = true;
		return false;
	}
	*out = (struct identity){
		.kind = IDENTITY_SESSION,
		.user = slot.user,
		.secret = slot.side,
		.slot_sequence = generation,
	};
	memcpy(out->session, digest.bytes, sizeof(out->session));
	slide(a, slot.side, side, request->now_us);
	return true;
}

/* Guest, or the session that the cookie names; false if it may not come from this address. */
static bool
identify_cookie(struct auth *a, const struct auth_request *request, struct identity *out)
{
	const struct str sid =
	    str_is_null(request->cookie) ? STR_NULL : http_cookie(request->cookie, STR("sid"));
	const struct who *who;

	*out = (struct identity){ .kind = IDENTITY_GUEST, .user = a->guest };
	if (sid.len == 0 || str_eq(sid, STR("Guest")))
		return true;
	if (!judge_session(a, sid, request, out, &who)) {
		out->session_expired = true;
		return true;
	}
	struct in6_addr memory;

	if (restrict_allows(&who->networks, state_source(a, request, &memory)))
		return true;
	*out = (struct identity){ .kind = IDENTITY_GUEST, .user = a->guest };
	return false;
}

/* --- who is calling --- */

static bool
identify_authorization(
    struct auth *a, const struct auth_request *request, struct identity *out, struct err *err)
{
	struct identity by_token = *out;
	UNSET struct credential given; /* a KiB a request, set by credential_parse() */
	bool ok = false;

	switch (credential_parse(request->authorization, &given)) {
	case CREDENTIAL_NONE:
		return true;
	case CREDENTIAL_BAD_BASE64:
		credential_wipe(&given);
		state_count(a, request->loop, STATE_REFUSED);
		return err_set(err, ERR_AUTHORIZATION_TOKEN,
		    "Failed to decode token, please provide a valid base64-encoded token.");
	case CREDENTIAL_UNUSABLE:
		credential_wipe(&given);
		state_count(a, request->loop, STATE_REFUSED);
		return refuse(err);
	case CREDENTIAL_PAIR:
		ok = judge(a, &given, request, &by_token, err);
		credential_wipe(&given);
		break;
	}
	/* Beside a live session the token must be good, too; who wins is a setting. */
	if (ok ? out->kind != IDENTITY_SESSION || a->conf->auth.token_first : by_token.limited)
		*out = by_token;
	return ok;
}

COUNTED bool
auth_identify(
    struct auth *a, const struct auth_request *request, struct identity *out, struct err *err)
{
	struct identity who;
	const bool cookie_ok = identify_cookie(a, request, &who);

	if (request->has_authorization && !identify_authorization(a, request, &who, err)) {
		if (who.limited)
			*out = who;
		return false;
	}
	if (!cookie_ok && (who.kind != IDENTITY_TOKEN || !a->conf->auth.token_first)) {
		state_count(a, request->loop, STATE_REFUSED);
		return err_set_silent(
		    err, ERR_AUTHENTICATION, "Access not allowed from this IP Address");
	}
	if (who.kind == IDENTITY_GUEST)
		state_count(a, request->loop, STATE_GUESTS);
	if (who.kind == IDENTITY_SESSION)
		state_count(a, request->loop, STATE_SESSIONS);
	*out = who;
	return true;
}

bool
auth_who(struct auth *a, const struct identity *identity, const struct who **out, struct err *err)
{
	const uint32_t generation = (uint32_t)identity->slot_sequence;
	bool live = true;

	switch (identity->kind) {
	case IDENTITY_GUEST:
		*out = users_at(a->users, a->guest);
		return true;
	case IDENTITY_LOCAL:
		*out = users_at(a->users, a->administrator);
		return true;
	case IDENTITY_TOKEN:
		live = pool_lives(a->secrets, identity->secret, generation);
		break;
	case IDENTITY_SESSION:
		live = pool_lives(a->sessions, identity->secret, generation);
		break;
	}
	const struct who *who = users_at(a->users, identity->user);

	if (!live || who == NULL || !who->enabled)
		return refuse(err);
	*out = who;
	return true;
}

bool
auth_rate(const struct auth *a, const struct identity *identity, int64_t mono_us,
    struct meter_limits *limits, struct meter_left *left)
{
	const struct limits *l = auth_limits(a, identity);

	const struct meter *meter = l == NULL ? NULL : state_meter(a, identity->secret);

	if (meter == NULL ||
	    !pool_lives(a->secrets, identity->secret, (uint32_t)identity->slot_sequence))
		return false;
	*limits = l->rate;
	*left = meter_left(meter, &l->rate, mono_us / CLOCK_US_PER_S);
	return true;
}

const struct limits *
auth_limits(const struct auth *a, const struct identity *identity)
{
	return identity->limited ? state_limits(a, identity->secret) : NULL;
}

struct role_names *
auth_role_names(const struct auth *a)
{
	return a->roles;
}

const struct who *
auth_find_user(struct auth *a, struct str name)
{
	uint32_t number;

	return users_find(a->users, name, &number) ? users_at(a->users, number) : NULL;
}

/* --- CSRF --- */

bool
auth_check_csrf(struct auth *a, const struct identity *identity, struct str token, struct err *err)
{
	if (identity->kind != IDENTITY_SESSION)
		return true;
	const struct state_session *side = pool_at(a->sessions, identity->secret);
	const size_t len = atomic_load_explicit(&side->csrf_len, memory_order_acquire);
	const bool live =
	    pool_lives(a->sessions, identity->secret, (uint32_t)identity->slot_sequence);

	if (live && len == 0 && !a->conf->auth.strict_csrf)
		return true;
	if (live && len > 0 && digest_equal_text(token, (struct str){ side->csrf, len }))
		return true;
	return err_set(err, ERR_CSRF, "Invalid Request");
}

/* --- numbers --- */

struct auth_settings
auth_settings(struct auth *a)
{
	const struct state_settings *s = &a->settings;

	return (struct auth_settings){
		.error_traceback = s->error_traceback,
		.disable_user_pass_login = s->disable_user_pass_login,
		.login_by_mobile = s->login_by_mobile,
		.login_by_username = s->login_by_username,
		.deny_multiple_sessions = s->deny_multiple_sessions,
		.password_policy = s->password_policy,
		.minimum_password_score = s->minimum_password_score,
		.consecutive_attempts = s->consecutive_attempts,
		.lock_s = s->lock_s,
		.session_s = s->session_s,
		.password_ends_sessions = s->password_ends_sessions,
		.password_days = s->password_days,
		.reset_key_s = s->reset_key_s,
	};
}

struct auth_counts
auth_counts(struct auth *a)
{
	uint64_t sums[STATE_COUNTS] = { 0 };

	for (size_t i = 0; i < STATE_STRIPES; i++) {
		for (size_t what = 0; what < STATE_COUNTS; what++)
			sums[what] +=
			    atomic_load_explicit(&a->stripes[i].counts[what], memory_order_relaxed);
	}
	return (struct auth_counts){
		.accepted = sums[STATE_ACCEPTED],
		.refused = sums[STATE_REFUSED],
		.throttled = sums[STATE_THROTTLED],
		.guests = sums[STATE_GUESTS],
		.sessions_accepted = sums[STATE_SESSIONS],
		.keys = atomic_load(&a->keys_len),
		.secrets = token_table_len(a->tokens),
		.sessions = token_table_len(a->session_slots),
		.table_bytes = token_table_bytes(a->tokens) + pool_bytes(a->secrets) +
		    pool_bytes(a->meters) + policies_bytes(a->policies) +
		    token_table_bytes(a->session_slots) + pool_bytes(a->sessions),
		.uses_dropped = uses_dropped(a->uses),
		.since_us = a->since_us,
	};
}
