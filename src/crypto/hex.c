#include "crypto/hex.h"

void
hex_encode(const void *bytes, size_t len, char *text)
{
	const uint8_t *from = bytes;

	for (size_t i = 0; i < len; i++) {
		text[2 * i] = "0123456789abcdef"[from[i] >> 4];
		text[2 * i + 1] = "0123456789abcdef"[from[i] & 15];
	}
}

/* One more than the value of a digit; 0: none. */
static const uint8_t DIGITS[UINT8_MAX + 1] = { ['0'] = 1,
	['1'] = 2,
	['2'] = 3,
	['3'] = 4,
	['4'] = 5,
	['5'] = 6,
	['6'] = 7,
	['7'] = 8,
	['8'] = 9,
	['9'] = 10,
	['a'] = 11,
	['b'] = 12,
	['c'] = 13,
	['d'] = 14,
	['e'] = 15,
	['f'] = 16,
	['A'] = 11,
	['B'] = 12,
	['C'] = 13,
	['D'] = 14,
	['E'] = 15,
	['F'] = 16 };

static inline int
value_of(char c)
{
	return DIGITS[(unsigned char)c] - 1;
}

int
hex_digit(char c)
{
	return value_of(c);
}

bool
hex_decode(struct str text, void *bytes, size_t len)
{
	uint8_t *to = bytes;

	if (text.len != 2 * len)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (value_of(text.ptr[i]) < 0)
			return false;
	}
	for (size_t i = 0; i < len; i++)
		to[i] = (uint8_t)(value_of(text.ptr[2 * i]) << 4 | value_of(text.ptr[2 * i + 1]));
	return true;
}
