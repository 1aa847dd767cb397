#include "auth/secret.h"

#include "crypto/random.h"

#include <zlib.h>

enum { RANDOM_LEN = 27, CHECK_LEN = 6 };

static const struct str PREFIX = STR_INIT("smb_");

/* Of everything before it, prefix included; most significant digit first. */
static void
checksum(const char *text, size_t len, char *out)
{
	uint32_t crc = (uint32_t)crc32(0, (const unsigned char *)text, (unsigned)len);

	for (size_t i = CHECK_LEN; i-- > 0; crc /= 62)
		out[i] = RANDOM_BASE62[crc % 62];
}

void
secret_make(char *text)
{
	memcpy(text, PREFIX.ptr, PREFIX.len);
	random_base62(text + PREFIX.len, RANDOM_LEN);
	checksum(text, SECRET_LEN - CHECK_LEN, text + SECRET_LEN - CHECK_LEN);
}

bool
secret_is_wellformed(struct str secret)
{
	char check[CHECK_LEN];

	if (secret.len != SECRET_LEN || !str_starts(secret, PREFIX))
		return false;
	checksum(secret.ptr, SECRET_LEN - CHECK_LEN, check);
	return memcmp(check, secret.ptr + SECRET_LEN - CHECK_LEN, CHECK_LEN) == 0;
}
