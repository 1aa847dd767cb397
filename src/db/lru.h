/*
 * lru.h - items found by their text, in the order of their last use; for the caches of prepared
 * statements.
 *
 * An item is part of what its owner keeps (CONTAINER_OF); nothing is allocated here. One thread.
 */
#ifndef DB_LRU_H
#define DB_LRU_H

#include "base/str.h"

enum { LRU_BUCKETS = 256 };

struct lru_item {
	struct str text; /* set before lru_add(), and there until lru_drop() */
	uint64_t hash;
	struct lru_item *chain; /* of its bucket */
	struct lru_item *newer, *older;
};

struct lru {
	struct lru_item *buckets[LRU_BUCKETS];
	struct lru_item *newest, *oldest;
	size_t len;
};

/* The item with that text, or NULL; of several the one that was added last. */
struct lru_item *lru_find(const struct lru *l, struct str text);

/* Adds an item, and says that it has been used now. */
void lru_add(struct lru *l, struct lru_item *item);

/* It is used now. */
void lru_use(struct lru *l, struct lru_item *item);

void lru_drop(struct lru *l, struct lru_item *item);

#endif
