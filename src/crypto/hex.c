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

bool
hex_decode(struct str text, void *bytes, size_t len)
{
	uint8_t *to = bytes;

	if (text.len != 2 * len)
		return false;
	for (size_t i = 0; i < text.len; i++) {
		if (char_hex(text.ptr[i]) < 0)
			return false;
	}
	for (size_t i = 0; i < len; i++)
		to[i] = (uint8_t)(char_hex(text.ptr[2 * i]) << 4 | char_hex(text.ptr[2 * i + 1]));
	return true;
}
