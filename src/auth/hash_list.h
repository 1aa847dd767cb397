/*
 * hash_list.h - hashes in the order in which they came, and the place of each; private to the room.
 *
 * For loading, where the rows of one table name those of another, and mostly in the same order: a
 * hash is looked for at the place that was found last and behind it, before the index is asked,
 * which is a cache miss or two in a large list. What belongs to a hash lies in an array of the
 * caller's, by its place. One thread.
 */
#ifndef AUTH_HASH_LIST_H
#define AUTH_HASH_LIST_H

#include "base/base.h"

struct hash_list {
	uint64_t *hashes;
	uint32_t *index;  /* open addressing: place + 1; 0: free */
	size_t len, size; /* of the hashes; the index is several times as large */
	size_t last;      /* found */
};

/* An empty one; n: how many there will be, or about so. */
void hash_list_init(struct hash_list *l, size_t n);
void hash_list_free(struct hash_list *l);

/* Looks for a hash. */
MUST_USE bool hash_list_find(struct hash_list *l, uint64_t hash, size_t *at);

/* The same, and puts one that is new at the end: true. */
bool hash_list_add(struct hash_list *l, uint64_t hash, size_t *at);

/* Says that the hash will be looked for soon. */
void hash_list_prefetch(const struct hash_list *l, uint64_t hash);

#endif
