/*
 * restrict.h - from which addresses a user (User.restrict_ip, spec/auth.md 7) or a key may come.
 */
#ifndef AUTH_RESTRICT_H
#define AUTH_RESTRICT_H

#include "base/str.h"

#include <netinet/in.h>

/* Takes the next entry off a list; they end at a comma or a line's end. False: there is none. */
bool restrict_next(struct str *rest, struct str *entry);

/* Is it one that restrict_parse() understands? */
bool restrict_is_entry(struct str entry);

/*
 * Lists as a set of addresses, so that looking one up takes the same few instructions whether it is
 * in the set or not (judge.h). Ranges are in order and apart from each other; there is always one.
 */
struct restrict_point {
	uint64_t high, low; /* of the address as a number of 128 bits; IPv4 as ::ffff:a.b.c.d */
};
struct restrict_range {
	struct restrict_point from, to; /* both belong to it */
};
struct restrict_set {
	const struct restrict_range *ranges;
	size_t len;
	bool is_all; /* nothing is listed: it holds what is no IP address, too */
};

/* What is everywhere; static. */
extern const struct restrict_set RESTRICT_ALL;

/*
 * What allowed names without what denied names. Entries are networks ("10.0.0.0/8",
 * "2001:db8::/32"), prefixes that end in a dot ("10.0.") and single addresses; blanks and line ends
 * around them are ignored. An empty allowed list names everything; an entry that is none of these
 * names nothing. The ranges are the caller's: restrict_free(), or restrict_move().
 */
void restrict_parse(struct str allowed, struct str denied, struct restrict_set *out);
void restrict_free(struct restrict_set *set);

/* For a set that lies in one piece of memory with its owner: how many bytes its ranges need (a
 * multiple of 8), and to put them at *to, aligned to 8, which moves on. */
size_t restrict_bytes(const struct restrict_set *set);
void restrict_move(struct restrict_set *set, char **to);

/* Is address in the set? NULL: what is no IP address, such as a Unix socket, and on no list. */
bool restrict_allows(const struct restrict_set *set, const struct in6_addr *address);

#endif
