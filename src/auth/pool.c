#include "auth/pool.h"

#include "auth/pages.h"
#include "base/mem.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

enum {
	CHUNK_LEN = 4096,
	CHUNKS_MAX = 16 * 1024, /* 67 million records */
	LIST_END = UINT32_MAX,
};

/* A chunk is the generations of its records, the links of those that were touched, the records. */
struct pool {
	size_t size;
	size_t records_at;  /* bytes from the begin of a chunk */
	size_t chunk_bytes; /* whole pages */
	bool touchable;
	struct turns *turns;
	_Atomic(char *) chunks[CHUNKS_MAX];
	uint32_t chunks_len;  /* the publisher's */
	_Atomic uint32_t len; /* numbers given out so far; written by the publisher */
	_Atomic size_t bytes;
	_Atomic uint32_t touched; /* number + 1 of the first; LIST_END: none */

	pthread_mutex_t mutex; /* over the list of free numbers: turns end in any thread */
	uint32_t *free_items;
	size_t free_len, free_size;
};

/* A number on its way to the free list. */
struct resting {
	struct pool *pool;
	uint32_t number;
};

struct pool *
pool_new(struct turns *turns, size_t size, bool touchable)
{
	struct pool *p = MEM_NEW(struct pool);

	assert(size % 8 == 0);
	p->size = size;
	p->touchable = touchable;
	p->records_at = CHUNK_LEN * sizeof(uint32_t) * (touchable ? 2 : 1);
	p->chunk_bytes = pages_round(p->records_at + CHUNK_LEN * size);
	p->turns = turns;
	atomic_init(&p->touched, LIST_END);
	pthread_mutex_init(&p->mutex, NULL);
	return p;
}

void
pool_free(struct pool *p)
{
	if (p == NULL)
		return;
	turn_collect(p->turns); /* numbers that rest point here */
	for (size_t i = 0; i < p->chunks_len; i++)
		pages_unmap(atomic_load(&p->chunks[i]), p->chunk_bytes);
	pthread_mutex_destroy(&p->mutex);
	mem_free(p->free_items);
	mem_free(p);
}

static char *
chunk_of(const struct pool *p, uint32_t number)
{
	return atomic_load_explicit(&p->chunks[number / CHUNK_LEN], memory_order_acquire);
}

void *
pool_at(const struct pool *p, uint32_t number)
{
	return chunk_of(p, number) + p->records_at + (number % CHUNK_LEN) * p->size;
}

static _Atomic uint32_t *
generation_of(const struct pool *p, uint32_t number)
{
	return (_Atomic uint32_t *)(void *)chunk_of(p, number) + number % CHUNK_LEN;
}

/* The next touched record: its number + 1; 0: not on the list. */
static _Atomic uint32_t *
link_of(const struct pool *p, uint32_t number)
{
	assert(p->touchable);
	return generation_of(p, number) + CHUNK_LEN;
}

uint32_t
pool_generation(const struct pool *p, uint32_t number)
{
	return atomic_load(generation_of(p, number));
}

const void *
pool_generation_at(const struct pool *p, uint32_t number)
{
	return generation_of(p, number);
}

void
pool_reserve(struct pool *p, size_t n)
{
	const size_t want = (n + CHUNK_LEN - 1) / CHUNK_LEN;

	assert(want <= CHUNKS_MAX);
	if (want <= p->chunks_len)
		return;
	const size_t bytes = (want - p->chunks_len) * p->chunk_bytes;

	/* One mapping, so that it lies in huge pages. */
	for (char *at = pages_map(bytes); p->chunks_len < want; at += p->chunk_bytes)
		atomic_store_explicit(&p->chunks[p->chunks_len++], at, memory_order_release);
	atomic_fetch_add_explicit(&p->bytes, bytes, memory_order_relaxed);
}

static bool
take_free(struct pool *p, uint32_t *number)
{
	pthread_mutex_lock(&p->mutex);
	const bool any = p->free_len > 0;

	if (any)
		*number = p->free_items[--p->free_len];
	pthread_mutex_unlock(&p->mutex);
	return any;
}

static uint32_t
take_new(struct pool *p)
{
	const uint32_t number = pool_len(p);

	pool_reserve(p, (size_t)number + 1);
	/* With the number its chunk is seen. */
	atomic_store_explicit(&p->len, number + 1, memory_order_release);
	return number;
}

uint32_t
pool_take(struct pool *p)
{
	uint32_t number;

	if (!take_free(p, &number))
		return take_new(p); /* zeroed: its generation, 0, is even */
	memset(pool_at(p, number), 0, p->size);
	atomic_fetch_add_explicit(generation_of(p, number), 1, memory_order_release);
	return number;
}

static void
rested(void *p)
{
	struct resting *r = p;
	struct pool *pool = r->pool;

	pthread_mutex_lock(&pool->mutex);
	if (pool->free_len == pool->free_size) {
		pool->free_size = MAX(2 * pool->free_size, (size_t)64);
		pool->free_items =
		    mem_resize(pool->free_items, pool->free_size * sizeof(pool->free_items[0]));
	}
	pool->free_items[pool->free_len++] = r->number;
	pthread_mutex_unlock(&pool->mutex);
	mem_free(r);
}

void
pool_end(struct pool *p, uint32_t number)
{
	struct resting *r = MEM_NEW(struct resting);
	const uint32_t before = atomic_fetch_add(generation_of(p, number), 1);

	assert((before & 1) == 0);
	*r = (struct resting){ .pool = p, .number = number };
	turn_retire(p->turns, r, rested);
}

bool
pool_lives(const struct pool *p, uint32_t number, uint32_t generation)
{
	return (generation & 1) == 0 && pool_generation(p, number) == generation;
}

void
pool_touch(struct pool *p, uint32_t number)
{
	_Atomic uint32_t *link = link_of(p, number);
	uint32_t absent = 0;
	uint32_t first;

	if (atomic_load_explicit(link, memory_order_relaxed) != 0)
		return;
	if (!atomic_compare_exchange_strong(link, &absent, LIST_END))
		return;
	first = atomic_load(&p->touched);
	do
		atomic_store(link, first);
	while (!atomic_compare_exchange_weak(&p->touched, &first, number + 1));
}

uint32_t
pool_touched(struct pool *p)
{
	return atomic_exchange(&p->touched, LIST_END);
}

bool
pool_next_touched(struct pool *p, uint32_t *list, uint32_t *number)
{
	if (*list == LIST_END)
		return false;
	*number = *list - 1;
	*list = atomic_exchange(link_of(p, *number), 0);
	return true;
}

uint32_t
pool_len(const struct pool *p)
{
	return atomic_load_explicit(&p->len, memory_order_acquire);
}

size_t
pool_bytes(const struct pool *p)
{
	return atomic_load_explicit(&p->bytes, memory_order_relaxed);
}
