#include "net/address.h"

#include <arpa/inet.h>

enum { V4_PREFIX_BITS = 96, ALL_BITS = 128 };

bool
address_parse(struct str text, struct in6_addr *out)
{
	char c_text[INET6_ADDRSTRLEN];
	struct in6_addr six = { 0 };
	struct in_addr four;

	if (text.len == 0 || text.len >= sizeof(c_text) || str_find(text, '\0') >= 0)
		return false;
	memcpy(c_text, text.ptr, text.len);
	c_text[text.len] = '\0';
	if (inet_pton(AF_INET, c_text, &four) == 1) {
		six.s6_addr[10] = six.s6_addr[11] = 0xff;
		memcpy(six.s6_addr + 12, &four, sizeof(four));
	} else if (inet_pton(AF_INET6, c_text, &six) != 1) {
		return false;
	}
	*out = six;
	return true;
}

/* inet_ntop() goes through printf; this is on the way of every request. */
static char *
put_byte(char *p, unsigned n)
{
	if (n >= 100)
		*p++ = (char)('0' + n / 100);
	if (n >= 10)
		*p++ = (char)('0' + n / 10 % 10);
	*p++ = (char)('0' + n % 10);
	return p;
}

struct str
address_text(const struct in6_addr *address, char *text)
{
	char *p = text;

	if (!IN6_IS_ADDR_V4MAPPED(address))
		return str_from(inet_ntop(AF_INET6, address, text, INET6_ADDRSTRLEN));
	for (int i = 12; i < 16; i++) {
		p = put_byte(p, address->s6_addr[i]);
		*p++ = '.';
	}
	*--p = '\0';
	return (struct str){ text, (size_t)(p - text) };
}

bool
address_is_loopback(const struct in6_addr *address)
{
	if (IN6_IS_ADDR_V4MAPPED(address))
		return address->s6_addr[12] == 127;
	return IN6_IS_ADDR_LOOPBACK(address);
}

/* The bits of byte i that count. */
static unsigned
byte_mask(int bits, int i)
{
	const int left = bits - 8 * i;

	return left >= 8 ? 0xffU : left <= 0 ? 0U : (0xff00U >> left) & 0xffU;
}

bool
address_net_parse(struct str text, struct address_net *out)
{
	struct address_net n;
	struct str before, after;
	int64_t bits;
	const bool has_bits = str_cut(text, '/', &before, &after);

	if (!address_parse(before, &n.address))
		return false;
	const bool is_four = IN6_IS_ADDR_V4MAPPED(&n.address) && str_find(before, ':') < 0;
	const int most = is_four ? ALL_BITS - V4_PREFIX_BITS : ALL_BITS;

	if (!has_bits)
		bits = most;
	else if (after.len == 0 || !char_is_digit(after.ptr[0]) || !str_to_int64(after, &bits) ||
	    bits > most)
		return false;
	n.bits = (int)bits + (is_four ? V4_PREFIX_BITS : 0);
	for (int i = 0; i < 16; i++) {
		if ((n.address.s6_addr[i] & ~byte_mask(n.bits, i) & 0xffU) != 0)
			return false;
	}
	*out = n;
	return true;
}

bool
address_net_has(const struct address_net *net, const struct in6_addr *address)
{
	const unsigned char *theirs = net->address.s6_addr, *its = address->s6_addr;
	const int whole = net->bits / 8;

	return memcmp(theirs, its, (size_t)whole) == 0 &&
	    (whole == sizeof(*address) ||
		((theirs[whole] ^ its[whole]) & byte_mask(net->bits, whole)) == 0);
}
