/*
 * fill_limits.h - limits of api-keys, from rows of the database; private to the room.
 *
 * The publisher only. Texts of rows need not outlive a call.
 */
#ifndef AUTH_FILL_LIMITS_H
#define AUTH_FILL_LIMITS_H

#include "auth/state.h"

/* What a key is limited to, and what it has used in all. */
struct fill_limits {
	uint32_t policy; /* held; 0: nothing */
	int64_t spent;
};

/* The columns of an api-key with limits that fill_limits_draft() reads, for SELECT. */
#define FILL_LIMITS_COLUMNS                                                                        \
	"`allowed_networks`, `denied_networks`, `read_only`, `rate_limit`, `rate_window_s`, "      \
	"`quota`, `uses`"
#define FILL_LIMITS_KINDS                                                                          \
	VALUE_TEXT, VALUE_TEXT, VALUE_INT, VALUE_INT, VALUE_INT, VALUE_INT, VALUE_INT
enum { FILL_LIMITS_LEN = 7 };

/* What the row says of limits, without scopes: slices of the row. */
void fill_limits_draft(const struct value *row, struct limits *draft, int64_t *spent);

/* A scope from its kind and mask, without its target. ERR_INTERNAL for a damaged row. */
MUST_USE bool
fill_limits_scope(struct value kind, struct value mask, struct limits_scope *out, struct err *err);

/*
 * The limits of 1 to ASK_MAX keys that have some, in two statements; out[i] is that of names[i], of
 * a key that is not there: nothing. Those that were read are held for the caller, also if something
 * else could not be read. ERR_INTERNAL for a damaged row.
 */
MUST_USE bool fill_limits_read(struct auth *a, struct db_conn *c, const struct str *names,
    size_t len, struct fill_limits *out, struct err *err);

#endif
