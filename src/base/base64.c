#include "base/base64.h"

struct str
base64_encode(struct str bytes, char *text)
{
	static const char DIGITS[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = (const unsigned char *)bytes.ptr;
	size_t len = 0;

	for (size_t i = 0; i < bytes.len; i += 3) {
		const size_t have = MIN(bytes.len - i, (size_t)3);
		const uint32_t three = (uint32_t)p[i] << 16 |
		    (have > 1 ? (uint32_t)p[i + 1] << 8 : 0) | (have > 2 ? p[i + 2] : 0);

		text[len++] = DIGITS[three >> 18];
		text[len++] = DIGITS[three >> 12 & 63];
		text[len++] = have > 1 ? DIGITS[three >> 6 & 63] : '=';
		text[len++] = have > 2 ? DIGITS[three & 63] : '=';
	}
	return (struct str){ text, len };
}

bool
base64_decode(struct str text, char *to, size_t *len)
{
	uint32_t gathered = 0;
	size_t digits = 0, out = 0, padding = 0;

	for (size_t i = 0; i < text.len; i++) {
		const char c = text.ptr[i];
		const int digit = char_base64(c, '+');

		if (char_is_space(c))
			continue;
		if (c == '=' && digits % 4 >= 2 && padding < 2) {
			padding++;
			continue;
		}
		if (digit < 0 || padding > 0)
			return false;
		gathered = gathered << 6 | (uint32_t)digit;
		if (++digits % 4 == 1)
			continue;
		to[out++] = (char)(gathered >> (6 - (digits % 4 + 3) % 4 * 2) & 0xff);
	}
	*len = out;
	return digits % 4 != 1;
}
