#include "auth/hash_list.h"

#include "auth/pages.h"

#include <string.h>

enum { SMALLEST = 1024, INDEX_TIMES = 4 };

static size_t
hashes_bytes(const struct hash_list *l)
{
	return pages_round(l->size * sizeof(l->hashes[0]));
}

static size_t
index_len(const struct hash_list *l)
{
	return INDEX_TIMES * l->size;
}

static size_t
index_bytes(const struct hash_list *l)
{
	return pages_round(index_len(l) * sizeof(l->index[0]));
}

/* Where it is in the index, or where it would be. */
static uint32_t *
entry_of(const struct hash_list *l, uint64_t hash)
{
	const size_t mask = index_len(l) - 1;
	size_t i = hash & mask;

	while (l->index[i] != 0 && l->hashes[l->index[i] - 1] != hash)
		i = (i + 1) & mask;
	return &l->index[i];
}

void
hash_list_init(struct hash_list *l, size_t n)
{
	*l = (struct hash_list){ .size = SMALLEST };
	while (l->size < n)
		l->size *= 2;
	l->hashes = pages_map(hashes_bytes(l));
	l->index = pages_map(index_bytes(l));
}

void
hash_list_free(struct hash_list *l)
{
	pages_unmap(l->hashes, hashes_bytes(l));
	pages_unmap(l->index, index_bytes(l));
}

static void
grow(struct hash_list *l)
{
	struct hash_list larger;

	hash_list_init(&larger, 2 * l->size);
	memcpy(larger.hashes, l->hashes, l->len * sizeof(l->hashes[0]));
	larger.len = l->len;
	for (size_t at = 0; at < l->len; at++)
		*entry_of(&larger, l->hashes[at]) = (uint32_t)at + 1;
	hash_list_free(l);
	*l = larger;
}

bool
hash_list_find(struct hash_list *l, uint64_t hash, size_t *at)
{
	for (*at = l->last; *at < l->len && *at <= l->last + 1; ++*at) {
		if (l->hashes[*at] == hash) {
			l->last = *at;
			return true;
		}
	}
	const uint32_t found = *entry_of(l, hash);

	if (found == 0)
		return false;
	*at = l->last = found - 1;
	return true;
}

bool
hash_list_add(struct hash_list *l, uint64_t hash, size_t *at)
{
	if (l->len == l->size)
		grow(l);
	uint32_t *entry = entry_of(l, hash);
	const bool is_new = *entry == 0;

	if (is_new) {
		l->hashes[l->len++] = hash;
		*entry = (uint32_t)l->len;
	}
	*at = *entry - 1;
	return is_new;
}

void
hash_list_prefetch(const struct hash_list *l, uint64_t hash)
{
	__builtin_prefetch(&l->index[hash & (index_len(l) - 1)]);
}
