#include "tests/unit/unit.h"

#include "auth/restrict.h"

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
		CHECK_CASE(cases[i].list,
		    restrict_allows(str_from(cases[i].list), str_from(cases[i].address)) ==
			cases[i].ok);
}

UNIT_TESTS(matches_networks_prefixes_and_addresses)
