/*
 * address.h - IP addresses and networks as text: for peers, listeners and trusted proxies.
 *
 * IPv4 addresses are held as IPv6, ::ffff:a.b.c.d.
 */
#ifndef NET_ADDRESS_H
#define NET_ADDRESS_H

#include "base/err.h"
#include "base/str.h"

#include <netinet/in.h>

/* "10.0.0.7" or "2001:db8::1", without brackets, zone and port. */
MUST_USE bool address_parse(struct str text, struct in6_addr *out);

/* Writes INET6_ADDRSTRLEN (46) bytes at most. */
struct str address_text(const struct in6_addr *address, char *text);

/* 127.0.0.0/8 and ::1. */
bool address_is_loopback(const struct in6_addr *address);

/* A network: its address and how many bits of it count (of 128). */
struct address_net {
	struct in6_addr address;
	int bits;
};

/* "10.0.0.0/8", "2001:db8::/32", or one address. Bits set behind the prefix are an error, too. */
MUST_USE bool address_net_parse(struct str text, struct address_net *out);
bool address_net_has(const struct address_net *net, const struct in6_addr *address);

#endif
