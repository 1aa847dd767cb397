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

int
hex_digit(char c)
{
	if (char_is_digit(c))
		return c - '0';
	c = char_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
hex_decode(struct str text, void *bytes, size_t len)
{
	uint8_t *to = bytes;

	if (text.len != 2 * len)
		return false;
	for (size_t i = 0; i < len; i++) {
		const int high = hex_digit(text.ptr[2 * i]), low = hex_digit(text.ptr[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		to[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}
