#include "auth/restrict.h"

#include "net/address.h"

static bool
entry_allows(struct str entry, struct str text, const struct in6_addr *address)
{
	struct address_net net;

	if (str_ends(entry, STR(".")))
		return str_starts(text, entry);
	return address_net_parse(entry, &net) && address_net_has(&net, address);
}

bool
restrict_allows(struct str list, struct str address)
{
	struct str entry, rest = str_trim(list);
	struct in6_addr parsed;
	char text[INET6_ADDRSTRLEN];

	if (rest.len == 0)
		return true;
	if (!address_parse(address, &parsed))
		return false;
	/* One spelling: an IPv4 address that came over IPv6 is compared as IPv4. */
	const struct str plain = address_text(&parsed, text);

	while (rest.len > 0) {
		str_cut(rest, ',', &entry, &rest);
		entry = str_trim(entry);
		if (entry.len > 0 && entry_allows(entry, plain, &parsed))
			return true;
	}
	return false;
}
