/*
 * state.h - what auth/ keeps in memory; private to the room.
 */
#ifndef AUTH_STATE_H
#define AUTH_STATE_H

#include "auth/auth.h"
#include "auth/limits.h"
#include "auth/keyfile.h"
#include "auth/policies.h"
#include "auth/pool.h"
#include "auth/renew.h"
#include "auth/throttle.h"
#include "auth/token_table.h"
#include "auth/users.h"
#include "auth/uses.h"

#include <stdatomic.h>

enum {
	STATE_STRIPES = 1 + USES_LOOPS,
	STATE_CSRF_MAX = 64,
};

/* Beside the slot of a secret. */
struct state_secret {
	uint64_t name;   /* secret.name: 15 hex characters as a number */
	uint32_t policy; /* what it is limited to; 0: nothing, and the slot says so */
	uint32_t meter;  /* what its key has used of it, in a->meters; 0: rate limits nothing */
};

/* The limits and the meter of a secret that lives, or did at the turn's begin; NULL: none. */
const struct limits *state_limits(const struct auth *a, uint32_t secret);
struct meter *state_meter(const struct auth *a, uint32_t secret);

/* One life of a secret as one number, for auth/uses.h. */
static inline uint64_t
state_life(uint32_t secret, uint32_t generation)
{
	return (uint64_t)generation << 32 | secret;
}

/* Beside the slot of a session. */
struct state_session {
	_Atomic int64_t expires_us; /* stored after digest; 0: the session is being made */
	struct digest digest;       /* SHA-256 of the sid: session.name */
	_Atomic uint64_t csrf_len;  /* stored last; csrf does not change once it is not 0 */
	char csrf[STATE_CSRF_MAX];
};

/* Counters: a stripe each loop, which writes it alone, and the first for all other threads. */
enum state_count {
	STATE_ACCEPTED,
	STATE_REFUSED,
	STATE_THROTTLED,
	STATE_GUESTS,
	STATE_SESSIONS,
	STATE_COUNTS
};
struct state_stripe {
	_Alignas(64) _Atomic uint64_t counts[STATE_COUNTS];
	_Atomic uint32_t logged_s, logged; /* refusals that were logged in that second */
	_Atomic uint32_t left_out;         /* and not, since the last line */
	/* The address that the loop parsed last; not the first stripe's. */
	size_t text_len;
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;
};

struct auth {
	_Atomic(const struct conf *) conf;
	struct turns *turns;
	struct role_names *roles;
	struct keyfile *keys;
	int64_t since_us; /* when it was made: counts begin */

	struct users *users;
	uint32_t guest, administrator; /* their numbers */
	uint64_t
	    roles_on[ROLE_WORDS_MAX]; /* roles that exist and are not disabled; the publisher's */

	int64_t complained_ms; /* clock_mono_ms() of the last failure that was logged; the
				  publisher's */

	struct token_table *tokens;
	struct pool *secrets; /* struct state_secret; number 0 is nobody's */
	struct policies *policies;
	struct pool *meters; /* struct meter; number 0 is nobody's */
	struct uses *uses;
	struct renewals *renewals;
	_Atomic uint64_t by_pepper[KEYFILE_PEPPERS_MAX]; /* secrets in the table */
	_Atomic uint32_t digests;  /* the most peppers that secrets of one key have had */
	_Atomic uint64_t keys_len; /* api-keys with a secret */
	atomic_bool flush_wanted;  /* a quota has used up another hundredth */

	struct token_table *session_slots;
	struct pool *sessions; /* struct state_session */
	uint32_t *slid; /* numbers of sessions whose expiry is being written; the flusher's */
	size_t slid_len;

	struct throttle *tries;  /* wrong tokens by (address, key) */
	struct throttle *logins; /* failed logins by user and by address */
	struct bursts *bursts;   /* of both, for the audit log */

	struct state_settings {
		_Atomic bool password_ends_sessions, error_traceback, disable_user_pass_login,
		    login_by_mobile;
		_Atomic bool login_by_username, deny_multiple_sessions, password_policy;
		_Atomic int minimum_password_score, consecutive_attempts, lock_s;
		_Atomic int64_t session_s;
		_Atomic int password_days, reset_key_s;
	} settings;

	struct state_stripe stripes[STATE_STRIPES];
};

/* loop: as struct auth_request has it. */
void state_count(struct auth *a, uint32_t loop, enum state_count what);

/*
 * Where a request comes from, in *memory or in a loop's stripe; NULL: from no IP address. A loop
 * remembers the last one, for many come from the same proxy.
 */
const struct in6_addr *
state_source(struct auth *a, const struct auth_request *request, struct in6_addr *memory);

/* 15 hex characters as a number, and back (15 bytes, no NUL). */
MUST_USE bool state_hex15(struct str text, uint64_t *out);
struct str state_hex15_text(uint64_t n, char *text);

#endif
