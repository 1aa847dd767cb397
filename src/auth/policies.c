#include "auth/policies.h"

#include "auth/pool.h"
#include "base/mem.h"
#include "crypto/random.h"

#include <stdatomic.h>

enum { BUCKETS_MIN = 64 };

struct policy {
	const struct limits *limits;
	uint64_t hash;
	uint32_t holders; /* these are the publisher's */
	uint32_t next;    /* in the bucket; 0: none */
};

struct policies {
	struct turns *turns;
	struct pool *pool; /* struct policy; number 0 is nobody's */
	uint64_t seed;
	uint32_t *buckets; /* the first number of each; the publisher's */
	size_t buckets_len;
	_Atomic size_t len;
};

struct policies *
policies_new(struct turns *turns)
{
	struct policies *p = MEM_NEW(struct policies);

	p->turns = turns;
	p->pool = pool_new(turns, sizeof(struct policy), false);
	const uint32_t nobody = pool_take(p->pool);

	assert(nobody == 0);
	p->seed = random_u64();
	p->buckets_len = BUCKETS_MIN;
	p->buckets = MEM_NEW_ARRAY(uint32_t, BUCKETS_MIN);
	return p;
}

static struct policy *
policy_at(const struct policies *p, uint32_t number)
{
	return pool_at(p->pool, number);
}

static uint32_t *
bucket_of(const struct policies *p, uint64_t hash)
{
	return &p->buckets[hash & (p->buckets_len - 1)];
}

void
policies_free(struct policies *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->buckets_len; i++) {
		for (uint32_t n = p->buckets[i]; n != 0; n = policy_at(p, n)->next)
			limits_free((void *)(uintptr_t)policy_at(p, n)->limits);
	}
	pool_free(p->pool);
	mem_free(p->buckets);
	mem_free(p);
}

static void
grow(struct policies *p)
{
	uint32_t *old = p->buckets, next;
	const size_t old_len = p->buckets_len;

	p->buckets_len *= 2;
	p->buckets = MEM_NEW_ARRAY(uint32_t, p->buckets_len);
	for (size_t i = 0; i < old_len; i++) {
		for (uint32_t n = old[i]; n != 0; n = next) {
			struct policy *policy = policy_at(p, n);
			uint32_t *bucket = bucket_of(p, policy->hash);

			next = policy->next;
			policy->next = *bucket;
			*bucket = n;
		}
	}
	mem_free(old);
}

uint32_t
policies_hold(struct policies *p, const struct limits *draft)
{
	const uint64_t hash = limits_hash(draft, p->seed);
	struct policy *policy;

	for (uint32_t n = *bucket_of(p, hash); n != 0; n = policy->next) {
		policy = policy_at(p, n);
		if (policy->hash == hash && limits_same(policy->limits, draft)) {
			policy->holders++;
			return n;
		}
	}
	if (policies_len(p) == p->buckets_len)
		grow(p);
	const uint32_t number = pool_take(p->pool);
	uint32_t *bucket = bucket_of(p, hash);

	*policy_at(p, number) = (struct policy){
		.limits = limits_new(draft),
		.hash = hash,
		.holders = 1,
		.next = *bucket,
	};
	*bucket = number;
	atomic_fetch_add_explicit(&p->len, 1, memory_order_relaxed);
	return number;
}

void
policies_again(struct policies *p, uint32_t number)
{
	if (number != 0)
		policy_at(p, number)->holders++;
}

void
policies_drop(struct policies *p, uint32_t number)
{
	struct policy *policy = number == 0 ? NULL : policy_at(p, number);

	if (policy == NULL || --policy->holders > 0)
		return;
	uint32_t *at = bucket_of(p, policy->hash);

	while (*at != number)
		at = &policy_at(p, *at)->next;
	*at = policy->next;
	turn_retire(p->turns, (void *)(uintptr_t)policy->limits, limits_free);
	pool_end(p->pool, number);
	atomic_fetch_sub_explicit(&p->len, 1, memory_order_relaxed);
}

const struct limits *
policies_at(const struct policies *p, uint32_t number)
{
	return policy_at(p, number)->limits;
}

size_t
policies_len(const struct policies *p)
{
	return atomic_load_explicit(&p->len, memory_order_relaxed);
}

size_t
policies_bytes(const struct policies *p)
{
	return pool_bytes(p->pool);
}
