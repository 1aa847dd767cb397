#include "server/shape.h"

#include "base/mem.h"
#include "crypto/random.h"

#include <stdatomic.h>

enum { SLOTS = 4096, OFTEN = 2, COUNT_BITS = 2, COUNT_MASK = (1 << COUNT_BITS) - 1 };

struct shapes {
	uint64_t seed;
	_Atomic uint32_t slots[SLOTS]; /* a tag of the hash, and how often it went over */
};

struct shapes *
shape_list_new(void)
{
	struct shapes *s = MEM_NEW(struct shapes);

	s->seed = random_u64();
	return s;
}

void
shape_list_free(struct shapes *s)
{
	mem_free(s);
}

static uint64_t
hash(const struct shapes *s, const struct call *call)
{
	uint64_t h = str_hash(call->path, s->seed);
	struct str rest = call->query;

	while (rest.len > 0) {
		struct str pair, name, value;

		(void)str_cut(rest, '&', &pair, &rest);
		(void)str_cut(pair, '=', &name, &value);
		h = str_hash(name, h);
	}
	return h;
}

bool
shape_is_long(const struct shapes *s, const struct call *call)
{
	const uint64_t h = hash(s, call);
	const uint32_t tag = (uint32_t)(h >> 32) & ~(uint32_t)COUNT_MASK;
	const uint32_t slot = atomic_load_explicit(&s->slots[h % SLOTS], memory_order_relaxed);

	return (slot & ~(uint32_t)COUNT_MASK) == tag && (slot & COUNT_MASK) >= OFTEN;
}

void
shape_went_over(struct shapes *s, const struct call *call)
{
	const uint64_t h = hash(s, call);
	const uint32_t tag = (uint32_t)(h >> 32) & ~(uint32_t)COUNT_MASK;
	const uint32_t slot = atomic_load_explicit(&s->slots[h % SLOTS], memory_order_relaxed);
	uint32_t count = (slot & ~(uint32_t)COUNT_MASK) == tag ? slot & COUNT_MASK : 0;

	if (count < OFTEN)
		count++;
	atomic_store_explicit(&s->slots[h % SLOTS], tag | count, memory_order_relaxed);
}
