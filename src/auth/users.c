#include "auth/users.h"

#include "base/mem.h"
#include "crypto/random.h"

#include <stdatomic.h>

enum {
	CHUNK_LEN = 4096,
	CHUNKS_MAX = 8 * 1024, /* 33 million users */
	FIRST_INDEX = 64,
	ACTIVE_EVERY_S = 60,
};

struct record {
	_Atomic(struct who *) who;
	struct str name;  /* as first seen; does not change once the number is in the index */
	int64_t active_s; /* when last_active was last written; the flusher's */
	struct kept_room kept;
};

/* Open addressing; a number goes in and never out. At most half full. */
struct index {
	size_t len;               /* a power of two */
	_Atomic uint32_t items[]; /* number + 1; 0: free */
};

struct users {
	struct turns *turns;
	uint64_t seed;
	_Atomic(struct index *) index;
	_Atomic(struct record *) chunks[CHUNKS_MAX];
	_Atomic uint32_t len;
};

static struct record *
record_at(const struct users *u, uint32_t number)
{
	struct record *chunk =
	    atomic_load_explicit(&u->chunks[number / CHUNK_LEN], memory_order_acquire);

	return &chunk[number % CHUNK_LEN];
}

static struct index *
index_new(size_t len)
{
	struct index *x = mem_alloc(sizeof(*x) + len * sizeof(x->items[0]));

	x->len = len;
	return x;
}

struct users *
users_new(struct turns *turns)
{
	struct users *u = MEM_NEW(struct users);

	u->turns = turns;
	u->seed = random_u64();
	atomic_init(&u->index, index_new(FIRST_INDEX));
	return u;
}

void
users_free(struct users *u)
{
	if (u == NULL)
		return;
	for (uint32_t i = 0; i < u->len; i++) {
		struct record *r = record_at(u, i);

		mem_free((void *)r->name.ptr);
		mem_free(atomic_load(&r->who));
	}
	for (size_t i = 0; i < CHUNKS_MAX; i++)
		mem_free(atomic_load(&u->chunks[i]));
	mem_free(atomic_load(&u->index));
	mem_free(u);
}

bool
users_find(const struct users *u, struct str name, uint32_t *number)
{
	const struct index *x = atomic_load(&u->index);
	size_t at = str_ihash(name, u->seed) & (x->len - 1);

	for (;; at = (at + 1) & (x->len - 1)) {
		const uint32_t n = atomic_load_explicit(&x->items[at], memory_order_acquire);

		if (n == 0)
			return false;
		if (str_ieq(record_at(u, n - 1)->name, name)) {
			*number = n - 1;
			return true;
		}
	}
}

static void
index_add(struct index *x, uint64_t hash, uint32_t number)
{
	size_t at = hash & (x->len - 1);

	while (atomic_load_explicit(&x->items[at], memory_order_relaxed) != 0)
		at = (at + 1) & (x->len - 1);
	atomic_store_explicit(&x->items[at], number + 1, memory_order_release);
}

static void
index_grow(struct users *u, uint32_t count)
{
	struct index *old = atomic_load(&u->index);
	struct index *x = index_new(2 * old->len);

	for (uint32_t i = 0; i < count; i++)
		index_add(x, str_ihash(record_at(u, i)->name, u->seed), i);
	atomic_store(&u->index, x);
	turn_retire(u->turns, old, mem_free);
}

uint32_t
users_number(struct users *u, struct str name)
{
	uint32_t number;

	if (users_find(u, name, &number))
		return number;
	number = atomic_load(&u->len);
	assert(number / CHUNK_LEN < CHUNKS_MAX);
	if (number % CHUNK_LEN == 0)
		atomic_store_explicit(&u->chunks[number / CHUNK_LEN],
		    MEM_NEW_ARRAY(struct record, CHUNK_LEN), memory_order_release);
	char *copy = mem_alloc(name.len + 1);

	if (name.len > 0)
		memcpy(copy, name.ptr, name.len);
	record_at(u, number)->name = (struct str){ copy, name.len };
	if ((size_t)number * 2 >= atomic_load(&u->index)->len)
		index_grow(u, number);
	index_add(atomic_load(&u->index), str_ihash(name, u->seed), number);
	atomic_store(&u->len, number + 1);
	return number;
}

const struct who *
users_at(const struct users *u, uint32_t number)
{
	return atomic_load(&record_at(u, number)->who);
}

void
users_prefetch(const struct users *u, uint32_t number)
{
	__builtin_prefetch(atomic_load_explicit(&record_at(u, number)->who, memory_order_relaxed));
}

void
users_put(struct users *u, uint32_t number, struct who *who)
{
	struct who *old = atomic_exchange(&record_at(u, number)->who, who);

	if (old != NULL)
		turn_retire(u->turns, old, mem_free);
}

struct kept_room *
users_kept(const struct users *u, uint32_t number)
{
	return &record_at(u, number)->kept;
}

uint32_t
users_len(const struct users *u)
{
	return atomic_load(&u->len);
}

static struct str
keep(char **at, struct str s)
{
	if (str_is_null(s))
		return STR_NULL;
	const struct str kept = { *at, s.len };

	if (s.len > 0)
		memcpy(*at, s.ptr, s.len);
	*at += s.len;
	return kept;
}

struct who *
users_entry_new(const struct who *from, const uint32_t *roles, size_t len)
{
	uint32_t highest = 0;

	for (size_t i = 0; i < len; i++)
		highest = MAX(highest, roles[i]);
	const uint32_t words = highest / 64 + 1;
	const size_t set_size = sizeof(struct role_set) + words * sizeof(uint64_t);
	const size_t texts = from->name.len + from->full_name.len + from->user_image.len +
	    from->language.len + from->time_zone.len + from->restrict_ip.len + from->fields.len;
	struct restrict_set networks;

	restrict_parse(from->restrict_ip, STR(""), &networks);
	const size_t fixed = sizeof(struct who) + set_size + restrict_bytes(&networks);
	/* One byte more, so that an empty text at the end has an address of its own. */
	char *memory = mem_alloc(fixed + texts + 1);
	struct who *who = (struct who *)(void *)memory;
	struct role_set *set = (struct role_set *)(void *)(memory + sizeof(*who));
	char *at = memory + sizeof(*who) + set_size;

	*who = *from;
	restrict_move(&networks, &at);
	who->networks = networks;
	who->name = keep(&at, from->name);
	who->full_name = keep(&at, from->full_name);
	who->user_image = keep(&at, from->user_image);
	who->language = keep(&at, from->language);
	who->time_zone = keep(&at, from->time_zone);
	who->restrict_ip = keep(&at, from->restrict_ip);
	who->fields = keep(&at, from->fields);
	set->words = words;
	for (size_t i = 0; i < len; i++)
		set->bits[roles[i] / 64] |= UINT64_C(1) << (roles[i] % 64);
	who->roles = set;
	return who;
}

bool
users_active_due(struct users *u, uint32_t number, int64_t now_s)
{
	struct record *r = record_at(u, number);

	if (now_s - r->active_s < ACTIVE_EVERY_S && now_s >= r->active_s)
		return false;
	r->active_s = now_s;
	return true;
}
