/*
 * auth.h - who is calling: the Authorization header, the token table, sessions, throttling.
 *
 * Everything that a request needs is in memory; no request touches the database to
 * be authenticated and none writes. Memory is made from the database at start
 * (auth_load) and replaced entry by entry after commits (auth_publish), by one
 * thread at a time; reading is free of locks (base/turn.h).
 */
#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include "auth/limits.h"
#include "auth/who.h"
#include "base/turn.h"
#include "db/change.h"
#include "http/call.h"

struct auth;
struct conf;
struct bursts;  /* auth/burst.h */
struct keyfile; /* auth/keyfile.h: symbolon.key */

struct auth_options {
	const struct conf *conf;
	struct turns *turns;
	struct role_names *roles;
	struct keyfile *keys;
};

struct auth *auth_new(const struct auth_options *options);
void auth_free(struct auth *a);

/* Settings of a reload, which outlive a. Any thread. */
void auth_use_conf(struct auth *a, const struct conf *conf);

/* Fills the memory: users, roles, keys, sessions, System Settings. Once, at the start. */
MUST_USE bool auth_load(struct auth *a, struct db_conn *c, struct err *err);

/*
 * Brings memory up to a committed change: reads the named object again and replaces or
 * removes it. Kinds that are not auth's are ignored. Called by the publisher only. False: the
 * database did not answer, and what the change names is refused until it is published again.
 */
bool auth_publish(struct auth *a, struct db_conn *c, const struct change *change);

/* The same of a whole list, in few statements where many keys have changed. False: one of them
 * failed so. */
bool auth_publish_all(struct auth *a, struct db_conn *c, const struct change_list *changes);

/*
 * Makes all of memory anew, where nobody knows what changed. The publisher only. Requests that come
 * meanwhile are refused, and so are all after a failure: they must not reach auth_identify().
 */
MUST_USE bool auth_reload(struct auth *a, struct db_conn *c, struct err *err);

/* What identification needs of a request; slices of its head. */
struct auth_request {
	bool has_authorization;
	struct str authorization; /* the field's value */
	struct str cookie;        /* the Cookie field; null: none */
	struct str address;       /* the client's, proxies resolved */
	int64_t now_us;           /* wall: what begins and ends on a date */
	int64_t mono_us;  /* clock_mono_us(): windows, which no jump of the wall clock moves */
	bool provisional; /* a refusal is not the last word: it is neither counted nor logged */
	uint32_t loop; /* on a loop's thread its number + 1; 0 elsewhere: the use is not counted */
};

/*
 * Who the request is from (spec/auth.md 1, 2, with the deviations that page lists: any blanks
 * between scheme and credential, "Bearer key:secret", first colon splits, a token wins over a
 * cookie).
 *
 * ERR_AUTHENTICATION: always the same message and cost, whatever was wrong with the pair, the
 * key or its user (unknown, wrong, disabled, not yet or no longer valid, address).
 * ERR_AUTHORIZATION_TOKEN (400): Basic that is no base64. ERR_TOO_MANY_REQUESTS with
 * retry_after_s: too many wrong tries for this (address, key), which a right secret is never
 * refused for; or the key has used up its rate or quota, and *out is a guest of whom auth_rate()
 * knows. No credential, or a session that is over: the Guest, with session_expired set as it
 * applies. Loop threads; no locks, no allocation, no database.
 */
MUST_USE bool auth_identify(
    struct auth *a, const struct auth_request *request, struct identity *out, struct err *err);

/*
 * The entry of an identity, judged anew: ERR_AUTHENTICATION if its secret, session or user
 * has ended since. Called at the beginning of every phase, within a turn; *out is valid in that
 * turn.
 */
MUST_USE bool
auth_who(struct auth *a, const struct identity *identity, const struct who **out, struct err *err);

/* What the key of an identity has of its user's rights; NULL: all. Valid within the turn, after
 * auth_who() has said yes in it. */
const struct limits *auth_limits(const struct auth *a, const struct identity *identity);

/*
 * What the key of an identity may use and what is left of it, also of one that was just refused
 * for it. False: it is not limited so, or has ended. Within a turn.
 */
bool auth_rate(const struct auth *a, const struct identity *identity, int64_t mono_us,
    struct meter_limits *limits, struct meter_left *left);

/* The entry of a user by name (without case), or NULL; valid within the turn. */
const struct who *auth_find_user(struct auth *a, struct str name);

/* The names behind role numbers; lives as long as a. */
struct role_names *auth_role_names(const struct auth *a);

/*
 * For a cookie session and an unsafe verb: the request must carry the session's CSRF token, if it
 * has one yet ([auth] strict_csrf: always); a foreign Origin is the caller's to refuse. token:
 * X-Frappe-CSRF-Token or argument csrf_token. ERR_CSRF otherwise. Other identities pass.
 */
MUST_USE bool
auth_check_csrf(struct auth *a, const struct identity *identity, struct str token, struct err *err);

/* The settings that DocType System Settings holds and requests need; a copy. */
struct auth_settings {
	bool error_traceback; /* allow_error_traceback */
	bool disable_user_pass_login;
	bool login_by_mobile, login_by_username;
	bool deny_multiple_sessions;
	bool password_policy;
	int minimum_password_score;
	int consecutive_attempts; /* 0: no limit */
	int lock_s;
	int64_t session_s;           /* session_expiry */
	bool password_ends_sessions; /* logout_on_password_reset */
	int password_days;           /* force_user_to_reset_password; 0: never */
	int reset_key_s;             /* reset_password_link_expiry_duration */
};
struct auth_settings auth_settings(struct auth *a);

/* Numbers for /metrics. Any thread. */
struct auth_counts {
	uint64_t accepted, refused, throttled, guests, sessions_accepted;
	uint64_t keys, secrets, sessions, table_bytes;
	uint64_t uses_dropped; /* too many secrets were used between two flushes */
	int64_t since_us;      /* wall time when counting began: the server's start */
};
struct auth_counts auth_counts(struct auth *a);

/* Live secrets by pepper, for /metrics: from *at 0 on; false at the end. Any thread. */
struct auth_pepper {
	struct str id;
	bool is_current;
	uint64_t secrets;
};
MUST_USE bool auth_pepper(const struct auth *a, uint32_t *at, struct auth_pepper *out);

/*
 * Writes last used, uses and session expiries, in a write transaction: the housekeeper, every 10 s,
 * at stop, and when auth_flush_due(). *more: this was one batch, call again for the rest.
 * auth_flush_written() says that the transaction was committed; what was not comes again.
 */
MUST_USE bool auth_flush_counters(struct auth *a, struct db_conn *c, bool *more, struct err *err);
void auth_flush_written(struct auth *a);

/* Bursts of refusals, which the housekeeper writes into the audit log (auth/burst.h). */
struct bursts *auth_bursts(const struct auth *a);

/* Is memory for uses running short? Not while a flush is under way. */
bool auth_flush_due(struct auth *a);

#endif
