#include "http/byte.h"

#define TOKEN HTTP_BYTE_TOKEN
#define VALUE HTTP_BYTE_VALUE
#define TARGET HTTP_BYTE_TARGET
#define HOST HTTP_BYTE_HOST
#define HEX HTTP_BYTE_HEX
#define UNRESERVED HTTP_BYTE_UNRESERVED
#define NAME HTTP_BYTE_NAME
#define LETTER (TOKEN | VALUE | TARGET | HOST | UNRESERVED | NAME)

/* clang-format off */
const unsigned char HTTP_BYTES[256] = {
	['\t']          =         VALUE,
	[' ']           =         VALUE,
	['!']           = TOKEN | VALUE | TARGET | HOST | NAME,
	['"']           =         VALUE | TARGET,
	['#']           = TOKEN | VALUE,                        /* a fragment never travels */
	['$' ... '\'']  = TOKEN | VALUE | TARGET | HOST | NAME, /* $ % & ' */
	['(' ... ')']   =         VALUE | TARGET | HOST | NAME,
	['*' ... '+']   = TOKEN | VALUE | TARGET | HOST | NAME,
	[',']           =         VALUE | TARGET,
	['-' ... '.']   = LETTER,
	['/']           =         VALUE | TARGET,
	['0' ... '9']   = LETTER | HEX,
	[':']           =         VALUE | TARGET | HOST,
	[';']           =         VALUE | TARGET | HOST | NAME,
	['<']           =         VALUE | TARGET,
	['=']           =         VALUE | TARGET | HOST | NAME,
	['>' ... '@']   =         VALUE | TARGET,               /* > ? @ */
	['A' ... 'F']   = LETTER | HEX,
	['G' ... 'Z']   = LETTER,
	['[']           =         VALUE | TARGET | HOST,
	['\\']          =         VALUE | TARGET,
	[']']           =         VALUE | TARGET | HOST,
	['^']           = TOKEN | VALUE | TARGET,
	['_']           = LETTER,
	['`']           = TOKEN | VALUE | TARGET,
	['a' ... 'f']   = LETTER | HEX,
	['g' ... 'z']   = LETTER,
	['{']           =         VALUE | TARGET,
	['|']           = TOKEN | VALUE | TARGET,
	['}']           =         VALUE | TARGET,
	['~']           = LETTER,
	[0x80 ... 0xff] =         VALUE,
};
/* clang-format on */

bool
http_bytes_are(struct str s, enum http_byte kind)
{
	return (str_kinds(s, HTTP_BYTES) & kind) == (unsigned)kind;
}

/* One byte of eight is below ' ' or is DEL ("Bit Twiddling Hacks", hasless and haszero). */
static bool
has_control(uint64_t word)
{
	const uint64_t ones = UINT64_MAX / 255;
	const uint64_t del = word ^ ones * 0x7f;
	const uint64_t below_space = (word - ones * ' ') & ~word;
	const uint64_t is_del = (del - ones) & ~del;

	return ((below_space | is_del) & ones * 0x80) != 0;
}

bool
http_bytes_are_value(struct str s)
{
	while (s.len >= sizeof(uint64_t)) {
		uint64_t word;

		memcpy(&word, s.ptr, sizeof(word));
		/* It may be a tab. */
		if (has_control(word) && !http_bytes_are(str_sub(s, 0, 8), VALUE))
			return false;
		s = (struct str){ s.ptr + sizeof(word), s.len - sizeof(word) };
	}
	return http_bytes_are(s, VALUE);
}
