/*
 * restrict.h - User.restrict_ip: from which addresses a user may come (spec/auth.md 7).
 */
#ifndef AUTH_RESTRICT_H
#define AUTH_RESTRICT_H

#include "base/str.h"

/* Takes the next entry off a list; they end at a comma or a line's end. False: there is none. */
bool restrict_next(struct str *rest, struct str *entry);

/* Is it one that restrict_allows() understands? */
bool restrict_is_entry(struct str entry);

/*
 * Is address (text, proxies resolved) on the list? Entries are networks
 * ("10.0.0.0/8", "2001:db8::/32"), prefixes that end in a dot ("10.0.") and single addresses;
 * blanks and line ends around them are ignored. An empty list allows everything; an entry that is
 * none of these allows nothing, and a Unix socket is on no list.
 */
bool restrict_allows(struct str list, struct str address);

#endif
