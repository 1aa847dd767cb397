#include "auth/token_table.h"

#include "auth/pages.h"
#include "base/mem.h"
#include "crypto/random.h"

#include <sched.h>
#include <stdatomic.h>

enum {
	SHARD_BITS = 8,
	SHARDS = 1 << SHARD_BITS,
	SMALLEST = 8, /* slots of an empty shard */
	PAGE_SLOTS = PAGES_SIZE / 64,
	LOAD_MAX =
	    65, /* percent; a key's run of slots, which is always walked to its end, is 4 long */
	LOAD_NEW = 56, /* of a shard that has just grown: at most 115 bytes a slot in use */
	PATIENCE = 64, /* looks at a half-written slot before the reader yields */
};

/* What a slot's hash says when it holds nothing: never used, or used once. */
static const uint64_t FREE = 0, TOMB = 1;

/*
 * Payload and sequence are atomics, so no fence is needed and ThreadSanitizer understands
 * it: a reader that sees a new word (acquire) also sees the odd sequence stored before it
 * (release), and takes the slot again.
 */
struct slot {
	_Atomic uint64_t hash;
	_Atomic uint64_t digest[4];
	_Atomic uint64_t user_pepper;
	_Atomic uint64_t validity;
	_Atomic uint32_t sequence; /* odd while it is being written */
	_Atomic uint32_t side;
};
_Static_assert(sizeof(struct slot) == 64, "one cache line a slot");

struct token_shard {
	struct slot *slots;
	uint32_t capacity;
	uint32_t used; /* live and tombs; the writer's */
	uint32_t live; /* the writer's */
};

struct token_table {
	struct turns *turns;
	uint64_t seed;
	_Atomic(struct token_shard *) shards[SHARDS];
	_Atomic size_t len, bytes;
};

static uint32_t
shard_of(uint64_t hash)
{
	return (uint32_t)(hash >> (64 - SHARD_BITS));
}

/* Where probing begins: 32 bits of the hash scaled to the capacity, which is no power of two. */
static uint32_t
home_of(const struct token_shard *s, uint64_t hash)
{
	const uint32_t bits = (uint32_t)(hash >> (32 - SHARD_BITS));

	return (uint32_t)((uint64_t)bits * s->capacity >> 32);
}

/* A capacity that fills its pages, if it is large enough to have some. */
static uint32_t
round_capacity(size_t capacity)
{
	const size_t pages = (capacity + PAGE_SLOTS - 1) / PAGE_SLOTS;

	return (uint32_t)(capacity < PAGE_SLOTS ? capacity : pages * PAGE_SLOTS);
}

/* slots: of capacity, mapped and zeroed; the shard's from now on. NULL: makes them. */
static struct token_shard *
shard_new(uint32_t capacity, struct slot *slots)
{
	struct token_shard *s = MEM_NEW(struct token_shard);
	const size_t size = capacity * sizeof(struct slot);

	s->capacity = capacity;
	if (slots != NULL) {
		s->slots = slots;
	} else if (size >= PAGES_SIZE) {
		s->slots = pages_map(size);
	} else {
		s->slots = mem_alloc_aligned(sizeof(struct slot), size);
		memset((void *)s->slots, 0, size);
	}
	return s;
}

static void
shard_free(void *p)
{
	struct token_shard *s = p;
	const size_t size = s->capacity * sizeof(struct slot);

	if (size >= PAGES_SIZE)
		pages_unmap(s->slots, size);
	else
		mem_free(s->slots);
	mem_free(s);
}

static size_t
shard_bytes(const struct token_shard *s)
{
	return sizeof(*s) + s->capacity * sizeof(struct slot);
}

struct token_table *
token_table_new(struct turns *turns)
{
	struct token_table *t = MEM_NEW(struct token_table);

	t->turns = turns;
	t->seed = random_u64();
	for (size_t i = 0; i < SHARDS; i++) {
		struct token_shard *s = shard_new(SMALLEST, NULL);

		atomic_init(&t->shards[i], s);
		t->bytes += shard_bytes(s);
	}
	return t;
}

void
token_table_free(struct token_table *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < SHARDS; i++)
		shard_free(atomic_load(&t->shards[i]));
	mem_free(t);
}

uint64_t
token_table_hash(const struct token_table *t, struct str name)
{
	const uint64_t hash = str_hash(name, t->seed);

	return hash <= TOMB ? hash + 2 : hash;
}

/* --- writing --- */

/* User, pepper and whether there are limits, as one word. */
static uint64_t
pack(const struct token_slot *slot)
{
	return (uint64_t)slot->limited << 48 | (uint64_t)slot->pepper << 32 | slot->user;
}

static void
slot_write(struct slot *to, const struct token_slot *from)
{
	const uint32_t sequence = atomic_load_explicit(&to->sequence, memory_order_relaxed);
	uint64_t words[4];

	memcpy(words, from->digest.bytes, sizeof(words));
	atomic_store_explicit(&to->sequence, sequence + 1, memory_order_relaxed);
	for (size_t i = 0; i < 4; i++)
		atomic_store_explicit(&to->digest[i], words[i], memory_order_release);
	atomic_store_explicit(&to->user_pepper, pack(from), memory_order_release);
	atomic_store_explicit(&to->validity, (uint64_t)from->not_after << 32 | from->not_before,
	    memory_order_release);
	atomic_store_explicit(&to->side, from->side, memory_order_release);
	atomic_store_explicit(&to->hash, from->hash, memory_order_release);
	atomic_store_explicit(&to->sequence, sequence + 2, memory_order_release);
}

static void
shard_put(struct token_shard *s, const struct token_slot *slot)
{
	uint32_t at = home_of(s, slot->hash);
	uint64_t there;

	while ((there = atomic_load_explicit(&s->slots[at].hash, memory_order_relaxed)) > TOMB)
		at = at + 1 == s->capacity ? 0 : at + 1;
	s->used += there == FREE;
	s->live++;
	slot_write(&s->slots[at], slot);
}

/* The writer's own look: nobody else writes. */
static void
slot_copy(const struct slot *from, struct token_slot *out)
{
	uint64_t words[4];

	for (size_t i = 0; i < 4; i++)
		words[i] = atomic_load_explicit(&from->digest[i], memory_order_acquire);
	const uint64_t user_pepper = atomic_load_explicit(&from->user_pepper, memory_order_acquire);
	const uint64_t validity = atomic_load_explicit(&from->validity, memory_order_acquire);

	out->side = atomic_load_explicit(&from->side, memory_order_acquire);
	out->hash = atomic_load_explicit(&from->hash, memory_order_acquire);
	memcpy(out->digest.bytes, words, sizeof(words));
	out->user = (uint32_t)user_pepper;
	out->pepper = (uint16_t)(user_pepper >> 32);
	out->limited = (user_pepper >> 48) != 0;
	out->not_before = (uint32_t)validity;
	out->not_after = (uint32_t)(validity >> 32);
}

/* Fills a new shard with what lives, and publishes it in place of the old one. */
static void
replace(struct token_table *t, uint32_t number, struct token_shard *s)
{
	struct token_shard *old = atomic_load(&t->shards[number]);
	struct token_slot slot;

	for (uint32_t i = 0; i < old->capacity; i++) {
		if (atomic_load_explicit(&old->slots[i].hash, memory_order_relaxed) <= TOMB)
			continue;
		slot_copy(&old->slots[i], &slot);
		shard_put(s, &slot);
	}
	atomic_store(&t->shards[number], s); /* sequentially consistent: base/turn.c */
	atomic_fetch_add_explicit(
	    &t->bytes, shard_bytes(s) - shard_bytes(old), memory_order_relaxed);
	turn_retire(t->turns, old, shard_free);
}

void
token_table_reserve(struct token_table *t, size_t n)
{
	/* Shards fill unevenly: about the root of their length more or less. */
	const size_t each = n / SHARDS + 1;
	const uint32_t capacity = round_capacity(each * 100 / LOAD_NEW + SMALLEST);
	/* One mapping for all: a shard alone is mostly smaller than a huge page. */
	struct slot *slots = capacity < PAGE_SLOTS
	    ? NULL
	    : pages_map((size_t)SHARDS * capacity * sizeof(struct slot));

	for (uint32_t i = 0; i < SHARDS; i++) {
		struct slot *mine = slots == NULL ? NULL : slots + (size_t)i * capacity;

		if (atomic_load(&t->shards[i])->capacity < capacity)
			replace(t, i, shard_new(capacity, mine));
		else if (mine != NULL)
			pages_unmap(mine, capacity * sizeof(struct slot));
	}
}

void
token_table_prefetch(const struct token_table *t, uint64_t hash)
{
	const struct token_shard *s = atomic_load(&t->shards[shard_of(hash)]);

	__builtin_prefetch(&s->slots[home_of(s, hash)], 1);
}

void
token_table_put(struct token_table *t, const struct token_slot *slot)
{
	const uint32_t number = shard_of(slot->hash);
	struct token_shard *s = atomic_load(&t->shards[number]);

	if ((uint64_t)(s->used + 1) * 100 > (uint64_t)s->capacity * LOAD_MAX) {
		s = shard_new(
		    round_capacity((s->live + 1) * UINT64_C(100) / LOAD_NEW + SMALLEST), NULL);
		replace(t, number, s);
	}
	shard_put(s, slot);
	atomic_fetch_add_explicit(&t->len, 1, memory_order_relaxed);
}

/* The writer's look for a slot; NULL: there is none. */
static struct slot *
find_slot(const struct token_shard *s, uint64_t hash, uint32_t side)
{
	uint64_t there;

	for (uint32_t at = home_of(s, hash);; at = at + 1 == s->capacity ? 0 : at + 1) {
		struct slot *slot = &s->slots[at];

		there = atomic_load_explicit(&slot->hash, memory_order_relaxed);
		if (there == FREE)
			return NULL;
		if (there == hash &&
		    atomic_load_explicit(&slot->side, memory_order_relaxed) == side)
			return slot;
	}
}

void
token_table_renew(struct token_table *t, const struct token_slot *slot)
{
	struct slot *had =
	    find_slot(atomic_load(&t->shards[shard_of(slot->hash)]), slot->hash, slot->side);

	if (had != NULL)
		slot_write(had, slot);
}

bool
token_table_drop(struct token_table *t, uint64_t hash, uint32_t side)
{
	struct token_shard *s = atomic_load(&t->shards[shard_of(hash)]);
	struct slot *slot = find_slot(s, hash, side);

	if (slot == NULL)
		return false;
	slot_write(slot, &(struct token_slot){ .hash = TOMB });
	s->live--;
	atomic_fetch_sub_explicit(&t->len, 1, memory_order_relaxed);
	return true;
}

/* --- reading --- */

struct token_probe
token_table_find(const struct token_table *t, uint64_t hash)
{
	const struct token_shard *s = atomic_load(&t->shards[shard_of(hash)]);

	return (struct token_probe){
		.shard = s, .hash = hash, .at = home_of(s, hash), .left = s->capacity
	};
}

/* A consistent copy, taken again as long as a writer is at it. */
static void
slot_read(const struct slot *slot, struct token_slot *out)
{
	for (int looks = 0;; looks++) {
		const uint32_t before = atomic_load_explicit(&slot->sequence, memory_order_acquire);

		if ((before & 1) == 0) {
			slot_copy(slot, out);
			if (atomic_load_explicit(&slot->sequence, memory_order_relaxed) == before)
				return;
		}
		if (looks >= PATIENCE)
			sched_yield();
	}
}

bool
token_table_next(struct token_probe *p, struct token_slot *out)
{
	while (p->left > 0) {
		const struct slot *slot = &p->shard->slots[p->at];
		const uint64_t there = atomic_load_explicit(&slot->hash, memory_order_acquire);

		if (there == FREE)
			break;
		p->at = p->at + 1 == p->shard->capacity ? 0 : p->at + 1;
		p->left--;
		if (there != p->hash)
			continue;
		slot_read(slot, out);
		if (out->hash == p->hash)
			return true;
	}
	p->left = 0;
	return false;
}

void
token_table_peek(const struct token_probe *p, struct token_slot *out)
{
	slot_read(&p->shard->slots[p->at], out);
}

bool
token_table_walk(const struct token_table *t, struct token_walk *walk, struct token_slot *out)
{
	for (; walk->shard < SHARDS; walk->shard++, walk->at = 0) {
		const struct token_shard *s = atomic_load(&t->shards[walk->shard]);

		while (s != NULL && walk->at < s->capacity) {
			slot_read(&s->slots[walk->at++], out);
			if (out->hash > TOMB)
				return true;
		}
	}
	return false;
}

size_t
token_table_len(const struct token_table *t)
{
	return atomic_load_explicit(&t->len, memory_order_relaxed);
}

size_t
token_table_bytes(const struct token_table *t)
{
	return sizeof(*t) + atomic_load_explicit(&t->bytes, memory_order_relaxed);
}
