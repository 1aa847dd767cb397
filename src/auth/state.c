#include "auth/state.h"

#include "net/address.h"

#include "crypto/hex.h"

enum { HEX15 = 15 };

void
state_count(struct auth *a, uint32_t loop, enum state_count what)
{
	assert(loop < STATE_STRIPES);
	_Atomic uint64_t *count = &a->stripes[loop].counts[what];

	if (loop == 0) {
		atomic_fetch_add_explicit(count, 1, memory_order_relaxed);
		return;
	}
	const uint64_t n = atomic_load_explicit(count, memory_order_relaxed);

	atomic_store_explicit(count, n + 1, memory_order_relaxed);
}

bool
state_hex15(struct str text, uint64_t *out)
{
	uint64_t n = 0;

	if (text.len != HEX15)
		return false;
	for (size_t i = 0; i < HEX15; i++) {
		const int digit = char_hex(text.ptr[i]);

		if (digit < 0 || (text.ptr[i] >= 'A' && text.ptr[i] <= 'F'))
			return false;
		n = n << 4 | (uint64_t)digit;
	}
	*out = n;
	return true;
}

struct str
state_hex15_text(uint64_t n, char *text)
{
	for (size_t i = 0; i < HEX15; i++)
		text[i] = "0123456789abcdef"[n >> (4 * (HEX15 - 1 - i)) & 15];
	return (struct str){ text, HEX15 };
}

const struct in6_addr *
state_source(struct auth *a, const struct auth_request *request, struct in6_addr *memory)
{
	struct state_stripe *mine = &a->stripes[request->loop];

	if (request->loop == 0 || request->address.len > sizeof(mine->text))
		return address_parse(request->address, memory) ? memory : NULL;
	if (str_eq(request->address, (struct str){ mine->text, mine->text_len }))
		return &mine->address;
	if (!address_parse(request->address, &mine->address))
		return NULL;
	mine->text_len = request->address.len;
	memcpy(mine->text, request->address.ptr, request->address.len);
	return &mine->address;
}

const struct limits *
state_limits(const struct auth *a, uint32_t secret)
{
	const struct state_secret *side = pool_at(a->secrets, secret);

	return policies_at(a->policies, side->policy);
}

struct meter *
state_meter(const struct auth *a, uint32_t secret)
{
	const struct state_secret *side = pool_at(a->secrets, secret);

	return side->meter == 0 ? NULL : pool_at(a->meters, side->meter);
}

bool
auth_pepper(const struct auth *a, uint32_t *at, struct auth_pepper *out)
{
	uint32_t number;

	if (!keyfile_next(a->keys, at, &number, &out->id))
		return false;
	out->is_current = number == keyfile_current(a->keys);
	out->secrets = atomic_load_explicit(&a->by_pepper[number], memory_order_relaxed);
	return true;
}
