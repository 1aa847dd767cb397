/*
 * str.h - string slices: a pointer and a length, passed by value.
 *
 * A slice never owns its bytes and is never assumed to end in NUL. A slice
 * with ptr == NULL has length 0 and stands for "absent" where absent and empty
 * differ (str_is_null()).
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "base/base.h"

#include <string.h>

struct str {
	const char *ptr;
	size_t len;
};

#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })
#define STR_INIT(literal)                                                                          \
	{                                                                                          \
		"" literal, sizeof(literal) - 1                                                    \
	} /* for static tables */
#define STR_NULL ((struct str){ NULL, 0 })

/* The two arguments of "%.*s". */
#define STR_FMT(s) (int)(s).len, (s).ptr

/* The slice over a C string; NULL gives STR_NULL. */
struct str str_from(const char *c);

static inline bool
str_is_null(struct str s)
{
	return s.ptr == NULL;
}

/* Same bytes. */
static inline bool
str_eq(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Same bytes but for the case of ASCII letters. */
bool str_ieq(struct str a, struct str b);

/* <0, 0, >0 as memcmp over the shared length, then by length; str_icmp folds ASCII case. */
int str_cmp(struct str a, struct str b);
int str_icmp(struct str a, struct str b);

bool str_starts(struct str s, struct str prefix);
bool str_ends(struct str s, struct str suffix);
bool str_istarts(struct str s, struct str prefix);

/* Position of the first c, or -1. */
ptrdiff_t str_find(struct str s, char c);

/* Position of the first occurrence of needle, or -1. An empty needle is at 0. */
ptrdiff_t str_find_str(struct str s, struct str needle);

/*
 * Cuts s at its first c: *before and *after are the parts around it. False if
 * there is no c; then *before is all of s and *after is empty. Both may point to s itself.
 */
bool str_cut(struct str s, char c, struct str *before, struct str *after);

/*
 * Takes off *rest the next part that is not empty; parts end at any of separators. False: there is
 * none, and *rest is empty.
 */
bool str_part(struct str *rest, struct str separators, struct str *part);

/* The part from byte at, at most len bytes; clipped to s. */
struct str str_sub(struct str s, size_t at, size_t len);

/* Without ASCII white space (space, \t, \r, \n, \v, \f) at both ends. */
struct str str_trim(struct str s);

/*
 * The whole of s as a decimal integer: optional '-' or '+', then digits only.
 * False for anything else, for an empty text and for what does not fit; *out is then untouched.
 */
bool str_to_int64(struct str s, int64_t *out) MUST_USE;

/* n in decimal; text has STR_INT64_SIZE bytes, of which the last ones are used. */
enum { STR_INT64_SIZE = 20 };
struct str str_from_int64(int64_t n, char *text);

/* The whole of s as a finite decimal number ("1", "-1.5", "1e9"); no hex, no inf, no nan, no
 * blanks. */
bool str_to_double(struct str s, double *out) MUST_USE;

/* True if s is valid UTF-8 (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF). */
bool str_is_utf8(struct str s);

/* How many code points s has; s must be valid UTF-8. */
size_t str_utf8_len(struct str s);

/* The bits that kinds has for every byte of s; all of them for an empty text. */
static inline unsigned
str_kinds(struct str s, const unsigned char kinds[static 256])
{
	const unsigned char *p = (const unsigned char *)s.ptr;
	unsigned all = UINT8_MAX;
	size_t i = 0;

	for (; i + 4 <= s.len; i += 4)
		all &= kinds[p[i]] & kinds[p[i + 1]] & kinds[p[i + 2]] & kinds[p[i + 3]];
	for (; i < s.len; i++)
		all &= kinds[p[i]];
	return all;
}

/* 64-bit hash of the bytes, keyed by seed; str_ihash folds ASCII case. Not for secrets. */
uint64_t str_hash(struct str s, uint64_t seed);
uint64_t str_ihash(struct str s, uint64_t seed);

static inline char
char_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static inline bool
char_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The value of a hex digit of either case, or -1. */
extern const uint8_t CHAR_HEX[256]; /* one more than the value; 0: none */
static inline int
char_hex(char c)
{
	return CHAR_HEX[(unsigned char)c] - 1;
}

/* The value of a base64 digit (RFC 4648 4), or -1. for_62 is '+', or what stands for it. */
static inline int
char_base64(char c, char for_62)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (char_is_digit(c))
		return c - '0' + 52;
	if (c == for_62)
		return 62;
	return c == '/' ? 63 : -1;
}

static inline bool
char_is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static inline bool
char_is_word(char c)
{
	return char_is_digit(c) || c == '_' || (char_lower(c) >= 'a' && char_lower(c) <= 'z');
}

#endif
