/*
 * limits.h - what an api-key has of its user's rights, and from where it may be used.
 *
 * Limits only ever narrow: whatever they allow, the user must be allowed to do, too. They are
 * immutable and freed by turns (base/turn.h): valid until the end of the turn in which they were
 * loaded. Most keys have none: every function takes NULL, which allows everything.
 */
#ifndef AUTH_LIMITS_H
#define AUTH_LIMITS_H

#include "auth/meter.h"
#include "auth/restrict.h"
#include "base/err.h"
#include "base/str.h"

/* What a scope names. The numbers are those of API Key Scope's "kind" in limits_kind_find(). */
enum limits_kind {
	LIMITS_DOCTYPE, /* a DocType, or * for all; mask: its rights */
	LIMITS_METHOD,  /* a method, or a prefix that ends in a dot */
	LIMITS_PATH,    /* for /auth/verify: paths that begin so; mask: HTTP methods */
	LIMITS_NAME,    /* for /auth/verify: a scope that another application has names for */
	LIMITS_KINDS
};

/* "DocType", "Method", "Path", "Name". */
MUST_USE bool limits_kind_find(struct str name, enum limits_kind *out);

enum { LIMITS_SCOPES_MAX = 64 }; /* of one key */

struct limits_scope {
	enum limits_kind kind;
	struct str target;
	uint32_t mask; /* BIT()s; what they mean is the caller's business */
};

struct limits {
	/* Lists of networks like User.restrict_ip (auth/restrict.h): empty allowed means all,
	 * denied takes away from it. */
	struct str allowed, denied;
	struct restrict_set networks; /* both, to be looked up; limits_new() makes it */
	bool read_only;
	const struct limits_scope *scopes;
	size_t scopes_len; /* 0: everything */
	struct meter_limits rate;
};

/* A copy of draft in one piece of memory. */
struct limits *limits_new(const struct limits *draft) MUST_USE;
void limits_free(void *limits);

/* Do both say the same? */
bool limits_same(const struct limits *a, const struct limits *b);

/* Of what they say, keyed by seed. */
uint64_t limits_hash(const struct limits *l, uint64_t seed);

/* Is it the whole user? False also for a key that may only read. Networks do not count. */
bool limits_are_scoped(const struct limits *l);

/* May it have a right (a bit of the mask) on a DocType? */
bool limits_allow_doctype(const struct limits *l, struct str doctype, uint32_t bit);

/*
 * May it call a method? Those that say no more than who is calling always; those that are judged
 * by the documents that they touch wherever a DocType is named.
 */
bool limits_allow_method(const struct limits *l, struct str method);

/* Is the target of a scope the method, or a prefix of it that ends in a dot? */
bool limits_covers(struct str target, struct str method);

/* May it be used for the path of another application? Null: not known, and so not named. */
bool limits_allow_path(const struct limits *l, struct str path, uint32_t bit);

/* Has it the scope of this name? */
bool limits_have_name(const struct limits *l, struct str name);

#endif
