#include "base/str.h"

#include <errno.h>
#include <stdlib.h>

/* clang-format off */
const uint8_t CHAR_HEX[256] = {
	['0'] = 1, ['1'] = 2, ['2'] = 3, ['3'] = 4, ['4'] = 5, ['5'] = 6, ['6'] = 7, ['7'] = 8,
	['8'] = 9, ['9'] = 10,
	['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
	['A'] = 11, ['B'] = 12, ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};
/* clang-format on */

struct str
str_from(const char *c)
{
	return c == NULL ? STR_NULL : (struct str){ c, strlen(c) };
}

bool
str_ieq(struct str a, struct str b)
{
	return a.len == b.len && str_icmp(a, b) == 0;
}

static int
by_length(struct str a, struct str b)
{
	return a.len < b.len ? -1 : a.len > b.len;
}

int
str_cmp(struct str a, struct str b)
{
	const size_t shared = MIN(a.len, b.len);
	const int order = shared == 0 ? 0 : memcmp(a.ptr, b.ptr, shared);

	return order != 0 ? order : by_length(a, b);
}

int
str_icmp(struct str a, struct str b)
{
	for (size_t i = 0; i < MIN(a.len, b.len); i++) {
		const int order =
		    (unsigned char)char_lower(a.ptr[i]) - (unsigned char)char_lower(b.ptr[i]);

		if (order != 0)
			return order;
	}
	return by_length(a, b);
}

bool
str_starts(struct str s, struct str prefix)
{
	return s.len >= prefix.len && str_eq((struct str){ s.ptr, prefix.len }, prefix);
}

bool
str_ends(struct str s, struct str suffix)
{
	return s.len >= suffix.len &&
	    str_eq((struct str){ s.ptr + (s.len - suffix.len), suffix.len }, suffix);
}

bool
str_istarts(struct str s, struct str prefix)
{
	return s.len >= prefix.len && str_ieq((struct str){ s.ptr, prefix.len }, prefix);
}

ptrdiff_t
str_find(struct str s, char c)
{
	const char *at = s.len == 0 ? NULL : memchr(s.ptr, c, s.len);

	return at == NULL ? -1 : at - s.ptr;
}

ptrdiff_t
str_find_str(struct str s, struct str needle)
{
	if (needle.len == 0)
		return 0;
	const char *at = s.len < needle.len ? NULL : memmem(s.ptr, s.len, needle.ptr, needle.len);

	return at == NULL ? -1 : at - s.ptr;
}

bool
str_cut(struct str s, char c, struct str *before, struct str *after)
{
	const ptrdiff_t at = str_find(s, c);

	if (at < 0) {
		*before = s;
		*after = (struct str){ s.len == 0 ? s.ptr : s.ptr + s.len, 0 };
		return false;
	}
	*before = (struct str){ s.ptr, (size_t)at };
	*after = (struct str){ s.ptr + at + 1, s.len - (size_t)at - 1 };
	return true;
}

bool
str_part(struct str *rest, struct str separators, struct str *part)
{
	size_t from = 0, to;

	while (from < rest->len && str_find(separators, rest->ptr[from]) >= 0)
		from++;
	for (to = from; to < rest->len && str_find(separators, rest->ptr[to]) < 0;)
		to++;
	*part = str_sub(*rest, from, to - from);
	*rest = str_sub(*rest, to, rest->len);
	return part->len > 0;
}

struct str
str_sub(struct str s, size_t at, size_t len)
{
	if (at >= s.len)
		return (struct str){ s.len == 0 ? s.ptr : s.ptr + s.len, 0 };
	return (struct str){ s.ptr + at, MIN(len, s.len - at) };
}

struct str
str_trim(struct str s)
{
	while (s.len > 0 && char_is_space(s.ptr[0])) {
		s.ptr++;
		s.len--;
	}
	while (s.len > 0 && char_is_space(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

bool
str_to_int64(struct str s, int64_t *out)
{
	const bool negative = s.len > 0 && s.ptr[0] == '-';
	int64_t n = 0;
	size_t i = negative || (s.len > 0 && s.ptr[0] == '+') ? 1 : 0;

	if (i == s.len)
		return false;
	for (; i < s.len; i++) {
		if (!char_is_digit(s.ptr[i]))
			return false;
		const int digit = s.ptr[i] - '0';

		/* Counts down from zero, for the least value has no positive twin. */
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_sub_overflow(n, digit, &n))
			return false;
	}
	if (!negative && n == INT64_MIN)
		return false;
	*out = negative ? n : -n;
	return true;
}

struct str
str_from_int64(int64_t n, char *text)
{
	char *p = text + STR_INT64_SIZE;
	uint64_t rest = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;

	do {
		*--p = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0);
	if (n < 0)
		*--p = '-';
	return (struct str){ p, (size_t)(text + STR_INT64_SIZE - p) };
}

bool
str_to_double(struct str s, double *out)
{
	char text[128];
	char *end = NULL;

	if (s.len == 0 || s.len >= sizeof(text))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		const char c = s.ptr[i];

		if (!char_is_digit(c) && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E')
			return false;
	}
	memcpy(text, s.ptr, s.len);
	text[s.len] = '\0';
	errno = 0;
	const double d = strtod(text, &end);

	if (end != text + s.len || __builtin_isinf(d) || __builtin_isnan(d))
		return false;
	*out = d;
	return true;
}

/* Length of the well-formed sequence at s[at], or 0 (Unicode 15, table 3-7). */
static size_t
utf8_step(struct str s, size_t at)
{
	const unsigned char *p = (const unsigned char *)s.ptr + at;
	const size_t left = s.len - at;

	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		return left >= 2 && (p[1] & 0xc0) == 0x80 ? 2 : 0;
	if (p[0] >= 0xe0 && p[0] <= 0xef) {
		const unsigned char low = p[0] == 0xe0 ? 0xa0 : 0x80;
		const unsigned char high = p[0] == 0xed ? 0x9f : 0xbf;

		return left >= 3 && p[1] >= low && p[1] <= high && (p[2] & 0xc0) == 0x80 ? 3 : 0;
	}
	if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		const unsigned char low = p[0] == 0xf0 ? 0x90 : 0x80;
		const unsigned char high = p[0] == 0xf4 ? 0x8f : 0xbf;

		return left >= 4 && p[1] >= low && p[1] <= high && (p[2] & 0xc0) == 0x80 &&
			(p[3] & 0xc0) == 0x80
		    ? 4
		    : 0;
	}
	return 0;
}

bool
str_is_utf8(struct str s)
{
	const uint64_t high_bits = UINT64_MAX / 255 * 0x80;
	size_t i = 0;

	while (i < s.len) {
		uint64_t word = high_bits;

		if (s.len - i >= sizeof(word))
			memcpy(&word, s.ptr + i, sizeof(word));
		if ((word & high_bits) == 0) { /* eight of ASCII */
			i += sizeof(word);
			continue;
		}
		const size_t step = utf8_step(s, i);

		if (step == 0)
			return false;
		i += step;
	}
	return true;
}

size_t
str_utf8_len(struct str s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += ((unsigned char)s.ptr[i] & 0xc0) != 0x80;
	return n;
}

/* The finisher of MurmurHash3: every input bit reaches every output bit. */
static uint64_t
mix(uint64_t h)
{
	h ^= h >> 33;
	h *= 0xff51afd7ed558ccdULL;
	h ^= h >> 33;
	h *= 0xc4ceb9fe1a85ec53ULL;
	return h ^ (h >> 33);
}

/* Both halves of the product, one over the other, as wyhash does it. A factor of 0 would forget the
 * other: neither may be chosen by who does not know the seed. */
static uint64_t
fold(uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 product;
	const product p = (product)a * b;

	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

uint64_t
str_hash(struct str s, uint64_t seed)
{
	const uint64_t key = mix(seed + 0x9e3779b97f4a7c15ULL);
	uint64_t h = seed ^ (s.len * 0x9e3779b97f4a7c15ULL);
	uint64_t words[2];

	for (; s.len > sizeof(words); s = (struct str){ s.ptr + 16, s.len - 16 }) {
		memcpy(words, s.ptr, sizeof(words));
		h = fold(words[0] ^ key, words[1] ^ h);
	}
	words[0] = words[1] = 0;
	if (s.len > 0)
		memcpy(words, s.ptr, s.len);
	return mix(fold(words[0] ^ key, words[1] ^ h));
}

uint64_t
str_ihash(struct str s, uint64_t seed)
{
	uint64_t h = seed ^ 0xcbf29ce484222325ULL;

	for (size_t i = 0; i < s.len; i++)
		h = (h ^ (unsigned char)char_lower(s.ptr[i])) * 0x100000001b3ULL;
	return mix(h);
}
