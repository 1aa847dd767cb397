#include "auth/pool.h"

#include "base/mem.h"

#include <pthread.h>
#include <string.h>

enum {
	CHUNK_LEN = 4096,
	CHUNKS_MAX = 16 * 1024, /* 67 million records */
	LIST_END = UINT32_MAX,
};

struct pool {
	size_t size;
	struct turns *turns;
	_Atomic(char *) chunks[CHUNKS_MAX];
	uint32_t len; /* numbers given out so far; the publisher's */
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
pool_new(struct turns *turns, size_t size)
{
	struct pool *p = MEM_NEW(struct pool);

	assert(size % 8 == 0 && size >= sizeof(struct pool_head));
	p->size = size;
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
	for (size_t i = 0; i < CHUNKS_MAX; i++)
		mem_free(atomic_load(&p->chunks[i]));
	pthread_mutex_destroy(&p->mutex);
	mem_free(p->free_items);
	mem_free(p);
}

void *
pool_at(const struct pool *p, uint32_t number)
{
	char *chunk = atomic_load_explicit(&p->chunks[number / CHUNK_LEN], memory_order_acquire);

	return chunk + (number % CHUNK_LEN) * p->size;
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
	const uint32_t chunk = p->len / CHUNK_LEN;

	assert(chunk < CHUNKS_MAX);
	if (p->len % CHUNK_LEN == 0) {
		char *records = mem_new_array(CHUNK_LEN, p->size);

		atomic_store_explicit(&p->chunks[chunk], records, memory_order_release);
		atomic_fetch_add_explicit(&p->bytes, CHUNK_LEN * p->size, memory_order_relaxed);
	}
	return p->len++;
}

uint32_t
pool_take(struct pool *p)
{
	uint32_t number;

	if (!take_free(p, &number)) {
		number = take_new(p);
		return number; /* zeroed: its generation, 0, is even */
	}
	struct pool_head *head = pool_at(p, number);

	/* Nobody looks at it but pool_next_touched(), which reads the head alone. */
	memset((char *)head + sizeof(*head), 0, p->size - sizeof(*head));
	atomic_fetch_add_explicit(&head->generation, 1, memory_order_release);
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
	struct pool_head *head = pool_at(p, number);
	struct resting *r = MEM_NEW(struct resting);

	assert((atomic_load(&head->generation) & 1) == 0);
	atomic_fetch_add(&head->generation, 1);
	*r = (struct resting){ .pool = p, .number = number };
	turn_retire(p->turns, r, rested);
}

bool
pool_lives(const struct pool *p, uint32_t number, uint32_t generation)
{
	const struct pool_head *head = pool_at(p, number);

	return (generation & 1) == 0 && atomic_load(&head->generation) == generation;
}

void
pool_touch(struct pool *p, uint32_t number)
{
	struct pool_head *head = pool_at(p, number);
	uint32_t absent = 0;
	uint32_t first;

	if (atomic_load_explicit(&head->next_dirty, memory_order_relaxed) != 0)
		return;
	if (!atomic_compare_exchange_strong(&head->next_dirty, &absent, LIST_END))
		return;
	first = atomic_load(&p->touched);
	do
		atomic_store(&head->next_dirty, first);
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
	struct pool_head *head = pool_at(p, *number);

	*list = atomic_exchange(&head->next_dirty, 0);
	return true;
}

size_t
pool_bytes(const struct pool *p)
{
	return atomic_load_explicit(&p->bytes, memory_order_relaxed);
}
