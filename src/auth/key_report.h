/*
 * key_report.h - keys that should be looked at: one by one, and how many there are.
 */
#ifndef AUTH_KEY_REPORT_H
#define AUTH_KEY_REPORT_H

#include "http/call.h"

#include <stdatomic.h>

struct auth;

/* What is found of keys that work, or would if their owners were let in. */
enum key_finding {
	KEY_STALE,          /* last used more than 90 days ago */
	KEY_NEVER_USED,     /* and made more than a day ago */
	KEY_EXPIRING,       /* within 14 days */
	KEY_OWNER_DISABLED, /* or gone */
	KEY_WEAK,           /* a secret that was set by hand or imported */
	KEY_FINDINGS
};

/* "stale", "never used", "expiring", "owner disabled", "weak". */
extern const char *const KEY_FINDING_NAMES[KEY_FINDINGS];

/* What a finding rests on: stamps as they are stored. */
struct key_facts {
	struct str user;
	struct value made, last_used, expires;
	bool weak;
};

/* BIT()s of what is found of a key that works; it is the same wherever keys are told. */
unsigned key_report_find(struct auth *a, const struct key_facts *key, int64_t now_us);

/* Their names as a list, "findings". */
void key_report_put_findings(struct json_out *out, unsigned found);

/*
 * The keys of which something is found, each with its user, label, last use, limits and "findings",
 * a list of names. Writes a JSON array. The body of a read call; rights are the caller's business.
 */
MUST_USE bool key_report(struct call *call, struct json_out *out, struct err *err);

/* "rate" ("100/60": requests in seconds) and "quota" of a key; null for those that it has not. */
void key_report_put_limits(struct json_out *out, int64_t requests, int64_t window_s, int64_t quota);

/* How many keys each finding is true of, for /metrics: written by the housekeeper, read by any
 * thread. */
struct key_findings {
	_Atomic uint64_t of[KEY_FINDINGS];
	atomic_bool known; /* they were counted once */
	atomic_bool asked; /* somebody has read them since they were counted */
};

enum {
	KEY_COUNT_STEP = 20 * 1000, /* keys that one step looks at */
	KEY_COUNT_EVERY_S = 60,     /* at most */
	KEY_COUNT_NAME_MAX = 140,
};

/* A count under way: a million keys are not looked at in one go. Zeroed: at its begin. */
struct key_count {
	uint64_t of[KEY_FINDINGS];
	size_t after_len;
	char after[KEY_COUNT_NAME_MAX]; /* the last key that was looked at */
};

/* Looks at the next keys; *done: those were the last, and count is whole. A read connection; within
 * a turn. */
MUST_USE bool key_count_step(struct auth *a, struct db_conn *c, int64_t now_us,
    struct key_count *count, bool *done, struct err *err);

#endif
