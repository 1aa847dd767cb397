/*
 * role.h - numbers for role names, so that rights are bits.
 *
 * Numbers are given once and never taken back; at most ROLE_MAX names. Names compare without ASCII
 * case.
 */
#ifndef AUTH_ROLE_H
#define AUTH_ROLE_H

#include "base/err.h"
#include "base/str.h"

enum { ROLE_MAX = 4096, ROLE_WORDS_MAX = ROLE_MAX / 64 };

/* The automatic roles have fixed numbers. */
enum role_fixed {
	ROLE_ALL,
	ROLE_GUEST,
	ROLE_DESK_USER,
	ROLE_ADMINISTRATOR,
	ROLE_SYSTEM_MANAGER,
	ROLE_FIXED_LEN,
};

struct role_names;

struct role_names *role_names_new(void);
void role_names_free(struct role_names *r);

/* The number of a name, given now if it is new. ERR_TOO_LARGE beyond ROLE_MAX. Any thread. */
MUST_USE bool role_number(struct role_names *r, struct str name, uint32_t *out, struct err *err);

/* The number of a name that has one; false otherwise. Any thread. */
bool role_find(struct role_names *r, struct str name, uint32_t *out);

/* The name of a number (as first spelt); lives as long as r. Any thread. */
struct str role_name(const struct role_names *r, uint32_t number);

/* A set of roles. */
struct role_set {
	uint32_t words;
	uint64_t bits[];
};

static inline bool
role_set_has(const struct role_set *s, uint32_t number)
{
	return number / 64 < s->words && (s->bits[number / 64] >> (number % 64) & 1) != 0;
}

#endif
