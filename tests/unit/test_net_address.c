#include "tests/unit/unit.h"

#include "net/address.h"
#include "net/address_counts.h"

static void
reads_and_writes_addresses(void **state)
{
	static const struct {
		const char *text, *written; /* written NULL: refused */
	} cases[] = {
		{ "10.0.0.7", "10.0.0.7" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "0.0.0.0", "0.0.0.0" },
		{ "100.20.3.99", "100.20.3.99" },
		{ "::1", "::1" },
		{ "2001:DB8:0:0::1", "2001:db8::1" },
		{ "::ffff:10.0.0.7", "10.0.0.7" },
		{ "", NULL },
		{ "10.0.0", NULL },
		{ "10.0.0.256", NULL },
		{ "10.0.0.7 ", NULL },
		{ "[::1]", NULL },
		{ "localhost", NULL },
		{ "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct in6_addr a;
		char text[INET6_ADDRSTRLEN];
		const bool ok = address_parse(str_from(cases[i].text), &a);

		CHECK_CASE(cases[i].text, ok == (cases[i].written != NULL));
		if (ok)
			CHECK_STR(address_text(&a, text), cases[i].written);
	}
}

static void
knows_which_addresses_a_network_has(void **state)
{
	static const struct {
		const char *net, *address;
		bool parses, has;
	} cases[] = {
		{ "10.0.0.0/8", "10.255.0.1", true, true },
		{ "10.0.0.0/8", "11.0.0.1", true, false },
		{ "10.0.0.0/8", "::ffff:10.1.1.1", true, true },
		{ "192.168.1.128/25", "192.168.1.127", true, false },
		{ "192.168.1.128/25", "192.168.1.129", true, true },
		{ "127.0.0.1", "127.0.0.1", true, true },
		{ "127.0.0.1", "127.0.0.2", true, false },
		{ "0.0.0.0/0", "8.8.8.8", true, true },
		{ "0.0.0.0/0", "2001:db8::1", true, false },
		{ "::/0", "2001:db8::1", true, true },
		{ "2001:db8::/33", "2001:db8:7fff::1", true, true },
		{ "2001:db8::/33", "2001:db8:8000::1", true, false },
		{ "10.0.0.1/8", "10.0.0.1", false, false },
		{ "10.0.0.0/33", "10.0.0.1", false, false },
		{ "10.0.0.0/", "10.0.0.1", false, false },
		{ "10.0.0.0/-1", "10.0.0.1", false, false },
		{ "10.0.0.0/+8", "10.0.0.1", false, false },
		{ "::/129", "::1", false, false },
		{ "unix", "::1", false, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct address_net net;
		struct in6_addr a;
		const bool parses = address_net_parse(str_from(cases[i].net), &net);

		CHECK_CASE(cases[i].net, parses == cases[i].parses);
		CHECK_CASE(cases[i].address, address_parse(str_from(cases[i].address), &a));
		if (parses)
			CHECK_CASE(cases[i].net, address_net_has(&net, &a) == cases[i].has);
	}
}

static bool
trusts_ten(void *arg, const struct net_peer *peer)
{
	struct address_net net;

	(void)arg;
	return address_net_parse(STR("10.0.0.0/8"), &net) && address_net_has(&net, &peer->address);
}

static void
counts_connections_of_strangers_only(void **state)
{
	static const struct {
		const char *address; /* NULL: a Unix socket */
		bool limited;
	} cases[] = {
		{ "203.0.113.9", true },
		{ "2001:db8::1", true },
		{ "127.0.0.1", false },
		{ "::1", false },
		{ "10.1.2.3", false },
		{ NULL, false },
	};
	const struct net_options options = { .is_trusted = trusts_ten };
	struct address_counts *counts = address_counts_new(2, &options);

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct net_peer peer = { .is_unix = cases[i].address == NULL };
		const char *what = peer.is_unix ? "unix" : cases[i].address;

		if (!peer.is_unix)
			CHECK_CASE(what, address_parse(str_from(what), &peer.address));
		CHECK_CASE(what, address_counts_take(counts, &peer));
		const struct net_peer first = peer;

		CHECK_CASE(what, address_counts_take(counts, &peer));
		CHECK_CASE(what, address_counts_take(counts, &peer) == !cases[i].limited);
		address_counts_give(counts, &first);
		CHECK_CASE(what, address_counts_take(counts, &peer));
		CHECK_CASE(what, address_counts_take(counts, &peer) == !cases[i].limited);
	}
	address_counts_free(counts);
}

static bool
trusts_as_told(void *arg, const struct net_peer *peer UNUSED)
{
	return *(const bool *)arg;
}

/* Who is trusted may change while connections are open. */
static void
takes_back_what_it_counted_and_no_more(void **state UNUSED)
{
	bool trusted = false;
	const struct net_options options = { .is_trusted = trusts_as_told,
		.handler.arg = &trusted };
	struct address_counts *counts = address_counts_new(1, &options);
	struct net_peer stranger = { .is_unix = false }, proxy, other;

	CHECK(address_parse(STR("203.0.113.9"), &stranger.address));
	proxy = other = stranger;
	CHECK(address_counts_take(counts, &stranger));
	trusted = true;
	CHECK(address_counts_take(counts, &proxy));
	address_counts_give(counts, &stranger);
	trusted = false;
	CHECK(address_counts_take(counts, &other));
	address_counts_give(counts, &proxy);
	CHECK(!address_counts_take(counts, &proxy));
	address_counts_free(counts);
}

UNIT_TESTS(reads_and_writes_addresses, knows_which_addresses_a_network_has,
    counts_connections_of_strangers_only, takes_back_what_it_counted_and_no_more)
