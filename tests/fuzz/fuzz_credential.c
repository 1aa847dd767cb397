/* The Authorization field: no step beyond it, and no pair that was not in it. */
#include "tests/fuzz/fuzz.h"

#include "auth/credential.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct str field = fuzz_copy((struct str){ (const char *)data, size });
	struct credential c;

	if (credential_parse(field, &c) == CREDENTIAL_PAIR) {
		const struct str decoded = { c.decoded, sizeof(c.decoded) };

		HOLDS(fuzz_inside(c.key, field) || fuzz_inside(c.key, decoded));
		HOLDS(fuzz_inside(c.secret, field) || fuzz_inside(c.secret, decoded));
		HOLDS(str_is_utf8(c.key) && str_is_utf8(c.secret));
		HOLDS(str_find(c.key, ':') < 0);
		HOLDS(c.key.len + c.secret.len < CREDENTIAL_MAX);
	}
	credential_wipe(&c);
	free((char *)(uintptr_t)field.ptr);
	return 0;
}
