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
restrict_next(struct str *rest, struct str *entry)
{
	while (str_part(rest, STR(",\n"), entry)) {
		*entry = str_trim(*entry);
		if (entry->len > 0)
			return true;
	}
	return false;
}

/* "10.", "10.1.2." */
static bool
is_prefix(struct str entry)
{
	size_t bytes = 0;
	struct str byte;
	int64_t n;

	if (!str_ends(entry, STR(".")))
		return false;
	while (entry.len > 0) {
		(void)str_cut(entry, '.', &byte, &entry);
		if (!str_to_int64(byte, &n) || n < 0 || n > 255 || ++bytes > 3)
			return false;
	}
	return true;
}

bool
restrict_is_entry(struct str entry)
{
	struct address_net net;

	return is_prefix(entry) || address_net_parse(entry, &net);
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

	while (restrict_next(&rest, &entry)) {
		if (entry_allows(entry, plain, &parsed))
			return true;
	}
	return false;
}
