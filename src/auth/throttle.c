#include "auth/throttle.h"

#include "base/mem.h"
#include "crypto/random.h"

#include <stdatomic.h>

enum { WAYS = 4, TAG_BITS = 24, START_BITS = 26, COUNT_BITS = 14 };

/* One word an entry, so that it changes at once: tag, start of the window, count; 0: free. */
struct throttle {
	uint64_t seed;
	size_t rows; /* a power of two */
	_Atomic uint64_t words[];
};

static const uint32_t COUNT_MAX = (1U << COUNT_BITS) - 1;
static const uint32_t START_MASK = (1U << START_BITS) - 1; /* two years, then again from 0 */

struct entry {
	uint32_t tag, start, count;
};

static struct entry
unpack(uint64_t w)
{
	return (struct entry){
		.tag = (uint32_t)(w >> (START_BITS + COUNT_BITS)),
		.start = (uint32_t)(w >> COUNT_BITS) & START_MASK,
		.count = (uint32_t)w & COUNT_MAX,
	};
}

static uint64_t
pack(struct entry e)
{
	return (uint64_t)e.tag << (START_BITS + COUNT_BITS) | (uint64_t)e.start << COUNT_BITS |
	    e.count;
}

static uint32_t
tag_of(uint64_t key)
{
	return (uint32_t)(key >> (64 - TAG_BITS));
}

static const _Atomic uint64_t *
row_of(const struct throttle *t, uint64_t key)
{
	return &t->words[(key & (t->rows - 1)) * WAYS];
}

/* Seconds until the entry's window ends; 0: it has ended. A clock that went back ends it, too. */
static int
left(struct entry e, int64_t now_s, int window_s)
{
	const uint32_t age = ((uint32_t)now_s - e.start) & START_MASK;

	return e.count > 0 && age < (uint32_t)window_s ? window_s - (int)age : 0;
}

struct throttle *
throttle_new(size_t entries)
{
	size_t rows = 1;

	while (rows * WAYS < entries)
		rows *= 2;
	struct throttle *t = mem_alloc(sizeof(*t) + rows * WAYS * sizeof(t->words[0]));

	t->seed = random_u64();
	t->rows = rows;
	return t;
}

void
throttle_free(struct throttle *t)
{
	mem_free(t);
}

uint64_t
throttle_key(const struct throttle *t, struct str a, struct str b)
{
	return str_hash(b, str_hash(a, t->seed));
}

uint32_t
throttle_count(const struct throttle *t, uint64_t key, int64_t now_s, int window_s, int *left_s)
{
	const _Atomic uint64_t *row = row_of(t, key);

	for (size_t i = 0; i < WAYS; i++) {
		const struct entry e = unpack(atomic_load_explicit(&row[i], memory_order_relaxed));

		*left_s = left(e, now_s, window_s);
		if (e.tag == tag_of(key) && *left_s > 0)
			return e.count;
	}
	*left_s = 0;
	return 0;
}

/* The way of this key, or else the one that is missed least: over, or with the smallest count. */
static size_t
choose(const uint64_t *words, uint64_t key, int64_t now_s, int window_s)
{
	size_t best = 0;
	uint32_t least = UINT32_MAX;

	for (size_t i = 0; i < WAYS; i++) {
		const struct entry e = unpack(words[i]);
		const uint32_t weight = left(e, now_s, window_s) > 0 ? e.count : 0;

		if (e.tag == tag_of(key) && weight > 0)
			return i;
		if (weight < least) {
			least = weight;
			best = i;
		}
	}
	return best;
}

uint32_t
throttle_add(struct throttle *t, uint64_t key, int64_t now_s, int window_s, int *left_s)
{
	_Atomic uint64_t *row = (_Atomic uint64_t *)row_of(t, key);
	uint64_t words[WAYS];

	for (;;) {
		for (size_t i = 0; i < WAYS; i++)
			words[i] = atomic_load_explicit(&row[i], memory_order_relaxed);
		const size_t at = choose(words, key, now_s, window_s);
		struct entry e = unpack(words[at]);

		if (e.tag == tag_of(key) && left(e, now_s, window_s) > 0)
			e.count = MIN(e.count + 1, COUNT_MAX);
		else
			e = (struct entry){ tag_of(key), (uint32_t)now_s & START_MASK, 1 };
		if (atomic_compare_exchange_weak(&row[at], &words[at], pack(e))) {
			*left_s = left(e, now_s, window_s);
			return e.count;
		}
	}
}

void
throttle_clear(struct throttle *t, uint64_t key)
{
	_Atomic uint64_t *row = (_Atomic uint64_t *)row_of(t, key);

	for (size_t i = 0; i < WAYS; i++) {
		uint64_t word = atomic_load_explicit(&row[i], memory_order_relaxed);

		if (word != 0 && unpack(word).tag == tag_of(key))
			atomic_compare_exchange_strong(&row[i], &word, 0);
	}
}
