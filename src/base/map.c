#include "base/map.h"

#include "base/mem.h"

#include <sys/random.h>

enum { FIRST_SIZE = 16 };

struct entry {
	uint64_t hash;
	char *key; /* NULL: empty, or a tombstone if hash is not 0 */
	size_t len;
	void *value;
};

struct map {
	struct entry *entries; /* size is a power of two */
	size_t size;
	size_t len;
	size_t taken; /* entries and tombstones */
	uint64_t seed;
	bool nocase;
};

static struct map *
new_map(bool nocase)
{
	struct map *m = MEM_NEW(struct map);

	m->nocase = nocase;
	if (getrandom(&m->seed, sizeof(m->seed), 0) != (ssize_t)sizeof(m->seed))
		m->seed = (uint64_t)(uintptr_t)m;
	m->size = FIRST_SIZE;
	m->entries = MEM_NEW_ARRAY(struct entry, m->size);
	return m;
}

struct map *
map_new(void)
{
	return new_map(false);
}

struct map *
map_new_nocase(void)
{
	return new_map(true);
}

void
map_free(struct map *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->size; i++)
		mem_free(m->entries[i].key);
	mem_free(m->entries);
	mem_free(m);
}

void
map_freep(struct map **m)
{
	map_free(*m);
}

/* Never 0, which marks an entry that was never used. */
static uint64_t
hash_of(const struct map *m, struct str key)
{
	return (m->nocase ? str_ihash(key, m->seed) : str_hash(key, m->seed)) | 1;
}

static struct entry *
find(const struct map *m, struct str key, uint64_t hash)
{
	for (size_t i = hash >> 1 & (m->size - 1);; i = (i + 1) & (m->size - 1)) {
		struct entry *e = &m->entries[i];

		if (e->key == NULL && e->hash == 0)
			return NULL;
		if (e->key == NULL || e->hash != hash)
			continue;
		const struct str have = { e->key, e->len };

		if (m->nocase ? str_ieq(have, key) : str_eq(have, key))
			return e;
	}
}

void *
map_get(const struct map *m, struct str key)
{
	const struct entry *e = find(m, key, hash_of(m, key));

	return e == NULL ? NULL : e->value;
}

static struct entry *
free_entry(struct map *m, uint64_t hash)
{
	size_t i = hash >> 1 & (m->size - 1);

	while (m->entries[i].key != NULL)
		i = (i + 1) & (m->size - 1);
	return &m->entries[i];
}

static void
rebuild(struct map *m, size_t size)
{
	struct entry *old = m->entries;
	const size_t old_size = m->size;

	m->entries = MEM_NEW_ARRAY(struct entry, size);
	m->size = size;
	m->taken = m->len;
	for (size_t i = 0; i < old_size; i++) {
		if (old[i].key != NULL)
			*free_entry(m, old[i].hash) = old[i];
	}
	mem_free(old);
}

void *
map_put(struct map *m, struct str key, void *value)
{
	const uint64_t hash = hash_of(m, key);
	struct entry *e = find(m, key, hash);

	assert(value != NULL);
	if (e != NULL) {
		void *before = e->value;

		e->value = value;
		return before;
	}
	if ((m->taken + 1) * 4 > m->size * 3)
		rebuild(m, (m->len + 1) * 2 > m->size ? m->size * 2 : m->size);
	e = free_entry(m, hash);
	if (e->hash == 0)
		m->taken++;
	*e = (struct entry){
		.hash = hash, .key = mem_alloc(key.len + 1), .len = key.len, .value = value
	};
	if (key.len > 0)
		memcpy(e->key, key.ptr, key.len);
	m->len++;
	return NULL;
}

void *
map_drop(struct map *m, struct str key)
{
	struct entry *e = find(m, key, hash_of(m, key));

	if (e == NULL)
		return NULL;
	void *value = e->value;

	mem_free(e->key);
	*e = (struct entry){ .hash = 1 }; /* a tombstone */
	m->len--;
	return value;
}

size_t
map_len(const struct map *m)
{
	return m->len;
}

bool
map_next(const struct map *m, size_t *at, struct str *key, void **value)
{
	while (*at < m->size) {
		const struct entry *e = &m->entries[(*at)++];

		if (e->key != NULL) {
			*key = (struct str){ e->key, e->len };
			*value = e->value;
			return true;
		}
	}
	return false;
}
