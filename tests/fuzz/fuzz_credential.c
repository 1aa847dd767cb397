/* The Authorization field: no step beyond it, and no pair that was not in it. */
#include "tests/fuzz/fuzz.h"

#include "auth/credential.h"

/* What is encoded comes back, also with foreign characters in between. */
static void
comes_back(struct str pair)
{
	static const char DIGITS[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char text[6 + CREDENTIAL_MAX * 2] = "Basic ";
	struct str key, secret;
	struct credential c;
	size_t len = 6;

	if (pair.len > CREDENTIAL_MAX || !str_is_utf8(pair) || !str_cut(pair, ':', &key, &secret))
		return;
	for (size_t i = 0; i < pair.len; i += 3) {
		uint32_t bits = 0;

		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 | (i + k < pair.len ? (uint8_t)pair.ptr[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			text[len++] = i + k > pair.len ? '=' : DIGITS[bits >> (18 - 6 * k) & 63];
		if (i % 2 == 1)
			text[len++] = '!';
	}
	HOLDS(credential_parse((struct str){ text, len }, &c) == CREDENTIAL_PAIR);
	HOLDS(str_eq(c.key, key) && str_eq(c.secret, secret));
	credential_wipe(&c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str field = fuzz_copy((struct str){ (const char *)data, size });
	struct credential c;

	if (credential_parse(field, &c) == CREDENTIAL_PAIR) {
		const struct str decoded = { c.decoded, sizeof(c.decoded) };

		HOLDS(fuzz_inside(c.key, field) || fuzz_inside(c.key, decoded));
		HOLDS(fuzz_inside(c.secret, field) || fuzz_inside(c.secret, decoded));
		/* What stands in the field itself is compared as bytes. */
		HOLDS(fuzz_inside(c.key, field) || (str_is_utf8(c.key) && str_is_utf8(c.secret)));
		HOLDS(str_find(c.key, ':') < 0);
		HOLDS(c.key.len + c.secret.len < CREDENTIAL_MAX);
	}
	credential_wipe(&c);
	comes_back(field);
	free((char *)(uintptr_t)field.ptr);
	return 0;
}
