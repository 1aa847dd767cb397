#include "crypto/random.h"

#include "crypto/hex.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

const char RANDOM_BASE62[62] = { '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'A', 'B', 'C',
	'D', 'E', 'F', 'G', 'H', 'I', 'J', 'K', 'L', 'M', 'N', 'O', 'P', 'Q', 'R', 'S', 'T', 'U',
	'V', 'W', 'X', 'Y', 'Z', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm',
	'n', 'o', 'p', 'q', 'r', 's', 't', 'u', 'v', 'w', 'x', 'y', 'z' };

void
random_bytes(void *p, size_t len)
{
	uint8_t *to = p;

	while (len > 0) {
		const ssize_t got = getrandom(to, len, 0);

		if (got < 0 && errno != EINTR) {
			perror("symbolon: getrandom");
			abort();
		}
		if (got > 0) {
			to += got;
			len -= (size_t)got;
		}
	}
}

uint64_t
random_u64(void)
{
	uint64_t n;

	random_bytes(&n, sizeof(n));
	return n;
}

/* Draws until the number falls into the largest multiple of limit: no digit is likelier. */
uint32_t
random_below(uint32_t limit)
{
	const uint32_t top = UINT32_MAX - UINT32_MAX % limit;
	uint32_t n;

	assert(limit > 0);
	do
		random_bytes(&n, sizeof(n));
	while (n >= top);
	return n % limit;
}

void
random_hex(char *text, size_t len)
{
	uint8_t bytes[32];
	char pairs[2 * sizeof(bytes)];

	for (size_t at = 0; at < len; at += sizeof(pairs)) {
		random_bytes(bytes, sizeof(bytes));
		hex_encode(bytes, sizeof(bytes), pairs);
		memcpy(text + at, pairs, MIN(len - at, sizeof(pairs)));
	}
	explicit_bzero(bytes, sizeof(bytes));
	explicit_bzero(pairs, sizeof(pairs));
}

void
random_base62(char *text, size_t len)
{
	uint8_t bytes[64];
	size_t at = 0;

	while (at < len) {
		random_bytes(bytes, sizeof(bytes));
		/* 248 = 4 * 62: bytes above would make some digits likelier. */
		for (size_t i = 0; i < sizeof(bytes) && at < len; i++) {
			if (bytes[i] < 248)
				text[at++] = RANDOM_BASE62[bytes[i] % 62];
		}
	}
	explicit_bzero(bytes, sizeof(bytes));
}
