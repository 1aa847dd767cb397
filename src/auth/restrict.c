#include "auth/restrict.h"

#include "base/mem.h"
#include "net/address.h"

#include <endian.h>
#include <stdlib.h>

static const struct restrict_point FIRST = { 0, 0 }, LAST = { UINT64_MAX, UINT64_MAX };
static const struct restrict_range EVERYTHING = { { 0, 0 }, { UINT64_MAX, UINT64_MAX } };

const struct restrict_set RESTRICT_ALL = { &EVERYTHING, 1, true };

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
		if (!str_to_int64(byte, &n) || n < 0 || n > 255 || ++bytes > 3 ||
		    (byte.len > 1 && byte.ptr[0] == '0'))
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

/* ---- sets ---- */

static struct restrict_point
point_of(const struct in6_addr *address)
{
	uint64_t words[2];

	memcpy(words, address, sizeof(words));
	return (struct restrict_point){ be64toh(words[0]), be64toh(words[1]) };
}

/* No branches: how far an address is from a range must not show. */
static bool
is_less(struct restrict_point a, struct restrict_point b)
{
	return (bool)((a.high < b.high) | ((a.high == b.high) & (a.low < b.low)));
}

static struct restrict_point
next(struct restrict_point p)
{
	p.low++;
	p.high += p.low == 0;
	return p;
}

static struct restrict_point
before(struct restrict_point p)
{
	p.high -= p.low == 0;
	p.low--;
	return p;
}

static void
add(struct restrict_range **ranges, size_t *len, struct restrict_range range)
{
	if ((*len & (*len - 1)) == 0)
		*ranges = mem_resize(*ranges, MAX(2 * *len, (size_t)1) * sizeof(**ranges));
	(*ranges)[(*len)++] = range;
}

/* "10.1." is 10.1.0.0/16. */
static bool
prefix_net(struct str prefix, struct address_net *out)
{
	int bits = 96;
	struct str byte;
	int64_t n;

	if (!is_prefix(prefix))
		return false;
	*out = (struct address_net){ .address.s6_addr = { [10] = 0xff, [11] = 0xff } };
	for (; prefix.len > 0; bits += 8) {
		(void)str_cut(prefix, '.', &byte, &prefix);
		if (!str_to_int64(byte, &n))
			return false;
		out->address.s6_addr[bits / 8] = (uint8_t)n;
	}
	out->bits = bits;
	return true;
}

static struct restrict_range
range_of(const struct address_net *net)
{
	struct restrict_range r = { .from = point_of(&net->address) };

	r.to = r.from;
	if (net->bits < 64)
		r.to.high |= UINT64_MAX >> net->bits;
	if (net->bits < 128)
		r.to.low |= UINT64_MAX >> MAX(net->bits - 64, 0);
	return r;
}

static int
compare(const void *a, const void *b)
{
	const struct restrict_range *x = a, *y = b;

	return is_less(y->from, x->from) - is_less(x->from, y->from);
}

/* What a list names, in order and without overlaps. */
static void
read_list(struct str list, struct restrict_range **ranges, size_t *len)
{
	struct address_net net;
	struct str entry;
	size_t n = 0;

	while (restrict_next(&list, &entry)) {
		if (prefix_net(entry, &net) || address_net_parse(entry, &net))
			add(ranges, len, range_of(&net));
	}
	if (*len > 1)
		qsort(*ranges, *len, sizeof(**ranges), compare);
	for (size_t i = 0; i < *len; i++) {
		const struct restrict_range r = (*ranges)[i];

		if (n == 0 || is_less((*ranges)[n - 1].to, r.from))
			(*ranges)[n++] = r;
		else if (is_less((*ranges)[n - 1].to, r.to))
			(*ranges)[n - 1].to = r.to;
	}
	*len = n;
}

/* What is in some of the ranges and in none of those taken away. */
static struct restrict_range *
without(const struct restrict_range *ranges, size_t len, const struct restrict_range *taken,
    size_t taken_len, size_t *out_len)
{
	struct restrict_range *out = NULL;

	*out_len = 0;
	for (size_t i = 0; i < len; i++) {
		struct restrict_range r = ranges[i];
		bool any = true;

		for (size_t j = 0; any && j < taken_len; j++) {
			const struct restrict_range *t = &taken[j];

			if (is_less(t->to, r.from) || is_less(r.to, t->from))
				continue;
			if (is_less(r.from, t->from))
				add(&out, out_len,
				    (struct restrict_range){ r.from, before(t->from) });
			any = is_less(t->to, r.to);
			if (any)
				r.from = next(t->to);
		}
		if (any)
			add(&out, out_len, r);
	}
	return out;
}

void
restrict_parse(struct str allowed, struct str denied, struct restrict_set *out)
{
	struct restrict_range *in = NULL, *taken = NULL;
	size_t in_len = 0, taken_len = 0, len;

	*out = RESTRICT_ALL;
	if (str_trim(allowed).len + str_trim(denied).len == 0)
		return;
	if (str_trim(allowed).len == 0)
		add(&in, &in_len, EVERYTHING);
	read_list(allowed, &in, &in_len);
	read_list(denied, &taken, &taken_len);
	struct restrict_range *left = without(in, in_len, taken, taken_len, &len);

	if (len == 0) /* one that holds nothing, so that it is looked at like any other */
		add(&left, &len, (struct restrict_range){ LAST, FIRST });
	*out = (struct restrict_set){ left, len, false };
	mem_free(in);
	mem_free(taken);
}

void
restrict_free(struct restrict_set *set)
{
	if (!set->is_all)
		mem_free((void *)(uintptr_t)set->ranges);
}

size_t
restrict_bytes(const struct restrict_set *set)
{
	return set->is_all ? 0 : set->len * sizeof(set->ranges[0]);
}

void
restrict_move(struct restrict_set *set, char **to)
{
	const size_t bytes = restrict_bytes(set);

	if (bytes == 0)
		return;
	memcpy(*to, set->ranges, bytes);
	restrict_free(set);
	set->ranges = (const struct restrict_range *)(void *)*to;
	*to += bytes;
}

bool
restrict_allows(const struct restrict_set *set, const struct in6_addr *address)
{
	static const struct in6_addr NONE;
	const struct restrict_point p = point_of(address == NULL ? &NONE : address);
	size_t at = 0;

	/* The last range that begins at p or before; no branches that depend on p. */
	for (size_t n = set->len; n > 1; n -= n / 2)
		at += n / 2 * (size_t)!is_less(p, set->ranges[at + n / 2].from);
	const unsigned before = is_less(p, set->ranges[at].from);
	const unsigned behind = is_less(set->ranges[at].to, p);
	const bool in = (before | behind) == 0;

	return (bool)(set->is_all | (in & (address != NULL)));
}
