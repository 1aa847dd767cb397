#include "tests/unit/unit.h"

#include "auth/restrict.h"
#include "net/address.h"

static bool
is_allowed(const char *allowed, const char *denied, const char *address)
{
	struct restrict_set set;
	struct in6_addr parsed;

	restrict_parse(str_from(allowed), str_from(denied), &set);
	const bool is_ip = address_parse(str_from(address), &parsed);
	const bool allows = restrict_allows(&set, is_ip ? &parsed : NULL);

	restrict_free(&set);
	return allows;
}

static void
matches_networks_prefixes_and_addresses(void **state UNUSED)
{
	static const struct {
		const char *list, *address;
		bool ok;
	} cases[] = {
		{ "", "1.2.3.4", true },
		{ "  \n", "1.2.3.4", true },
		{ "1.2.3.4", "1.2.3.4", true },
		{ "1.2.3.4", "1.2.3.40", false }, /* no string prefix */
		{ "1.2.3.4", "::ffff:1.2.3.4", true },
		{ "10.0.", "10.0.7.7", true },
		{ "10.0.", "10.00.7.7", false },
		{ "010.0.", "10.0.7.7", false },
		{ "1.2.3.", "1.2.3.255", true },
		{ "::/0", "::", true },
		{ "0.0.0.0/0", "255.255.255.255", true },
		{ "0.0.0.0/0", "::", false },
		{ "10.0.0.0/8,10.0.0.0/9,10.64.0.0/10", "10.200.0.1", true },
		{ "10.0.", "110.0.7.7", false },
		{ "10.0.0.0/8", "10.255.0.1", true },
		{ "10.0.0.0/8", "11.0.0.1", false },
		{ "192.168.1.1, 10.0.0.0/8 ,\n 172.16.", "172.16.9.9", true },
		{ "192.168.1.1,10.0.0.0/8", "172.16.9.9", false },
		{ "2001:db8::/32", "2001:db8::7", true },
		{ "2001:db8::/32", "2001:db9::7", false },
		{ "2001:db8::7", "2001:0db8:0:0::7", true },
		{ "10.0.0.1/8", "10.0.0.1", false }, /* bits behind the prefix: no network */
		{ "here", "10.0.0.1", false },
		{ ",,", "10.0.0.1", false },
		{ "10.0.0.0/8", "unix", false },
		{ "10.0.0.0/8", "", false },
		{ ".", "10.0.0.1", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		CHECK_CASE(
		    cases[i].list, is_allowed(cases[i].list, "", cases[i].address) == cases[i].ok);
}

/* Against asking each list by itself, with every address near an edge. */
static void
what_is_denied_is_taken_from_what_is_allowed(void **state UNUSED)
{
	static const char *const lists[] = { "", "10.0.0.0/8", "10.0.0.0/9,10.128.0.0/9", "10.4.",
		"10.0.0.0/8,11.0.0.0/16,9.255.255.255", "::/0", "0.0.0.0/0",
		"2001:db8::/32,10.4.4.4", "2001:db8::/127,2001:db8::3,2001:db8::8/125" };
	static const char *const addresses[] = { "9.255.255.254", "9.255.255.255", "10.0.0.0",
		"10.3.255.255", "10.4.0.0", "10.4.4.3", "10.4.4.4", "10.4.4.5", "10.4.255.255",
		"10.5.0.0", "10.127.255.255", "10.128.0.0", "10.255.255.255", "11.0.0.0",
		"11.0.255.255", "11.1.0.0", "0.0.0.0", "255.255.255.255", "::", "::1",
		"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db8::", "2001:db8::1",
		"2001:db8::2", "2001:db8::3", "2001:db8::4", "2001:db8::7", "2001:db8::8",
		"2001:db8::f", "2001:db8::10", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff",
		"2001:db9::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" };

	for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
		for (size_t j = 0; j < ARRAY_LEN(lists); j++) {
			for (size_t k = 0; k < ARRAY_LEN(addresses); k++) {
				const bool in = is_allowed(lists[i], "", addresses[k]);
				const bool out =
				    lists[j][0] != '\0' && is_allowed(lists[j], "", addresses[k]);

				CHECK_CASE(addresses[k],
				    is_allowed(lists[i], lists[j], addresses[k]) == (in && !out));
			}
		}
		CHECK_CASE(lists[i], is_allowed(lists[i], "10.0.0.0/8", "unix") == false);
	}
}

UNIT_TESTS(matches_networks_prefixes_and_addresses, what_is_denied_is_taken_from_what_is_allowed)
