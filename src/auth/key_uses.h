/*
 * key_uses.h - how often each secret of a key was used, by day (UTC), for KEY_USES_DAYS days.
 *
 * Written with the counters (auth/flush.h), by each node what it has seen: so no request writes,
 * and a use counts for the day of its write, at most ten seconds late. Days are counted since
 * 1970-01-01. The days of a secret that has ended stay as long as its key.
 */
#ifndef AUTH_KEY_USES_H
#define AUTH_KEY_USES_H

#include "http/call.h"

enum {
	KEY_USES_DAYS = 400,
	KEY_USES_SWEEP = 10 * 1000, /* rows that one sweep deletes at most */
};

/* The day of an instant. */
int64_t key_uses_day(int64_t now_us);

/* Adds uses of a secret (secret.name) of a key on a day. A write transaction. */
MUST_USE bool key_uses_add(struct db_conn *c, int64_t day, struct str secret, struct str key,
    int64_t uses, struct err *err);

/* Deletes those of a key that is deleted: a write call. */
MUST_USE bool key_uses_forget(struct call *call, struct str key, struct err *err);

/* Deletes those that are too old, a part at a time: the housekeeper. */
MUST_USE bool key_uses_sweep(struct db_conn *c, int64_t now_us, struct err *err);

/* Whose uses, and when; of a key, or of all keys of a user. */
struct key_uses_query {
	struct str key, user;     /* one of them; the other null */
	int64_t from_day, to_day; /* both included */
};

/*
 * Writes a JSON array, by key, secret and day, of those days that had uses: "date", "api_key",
 * "label", "secret" (its name: neither the secret nor a digest), "current" (is it the key's
 * newest? null: it has ended), "uses". The body of a read call; rights are the caller's business.
 */
MUST_USE bool key_uses_list(
    struct call *call, const struct key_uses_query *query, struct json_out *out, struct err *err);

#endif
