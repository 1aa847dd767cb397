/*
 * who.h - who is calling: every user of the site in memory, entries replaced singly.
 *
 * An entry is immutable and freed by turns (base/turn.h): valid until the end of the turn in
 * which it was loaded. Users keep their number for the life of the process.
 */
#ifndef AUTH_WHO_H
#define AUTH_WHO_H

#include "auth/restrict.h"
#include "auth/role.h"
#include "base/err.h"
#include "base/str.h"

struct who {
	uint32_t user;   /* its number */
	struct str name; /* User.name, stored spelling */
	struct str full_name;
	struct str user_image; /* null: none */
	struct str language;
	struct str time_zone;
	struct str
	    fields; /* what proxies are told (auth/who_fields.h); null: too much for a head */
	struct str restrict_ip;            /* as stored; empty: no restriction (spec/auth.md 7) */
	struct restrict_set networks;      /* the same, to be looked up */
	int32_t login_after, login_before; /* hours; 0: none */
	int32_t simultaneous_sessions;
	bool enabled;          /* Administrator always is */
	bool is_administrator; /* all checks are skipped */
	bool is_guest;
	bool is_system_user;          /* user_type */
	bool is_system_manager;       /* has the role, or is Administrator */
	const struct role_set *roles; /* with the automatic ones; disabled roles left out */
};

static inline bool
who_has_role(const struct who *w, uint32_t role)
{
	return role_set_has(w->roles, role);
}

#endif
