#include "db/lru.h"

struct lru_item *
lru_find(const struct lru *l, struct str text)
{
	const uint64_t hash = str_hash(text, 0);

	for (struct lru_item *i = l->buckets[hash % LRU_BUCKETS]; i != NULL; i = i->chain) {
		if (i->hash == hash && str_eq(i->text, text))
			return i;
	}
	return NULL;
}

static void
unlink_by_use(struct lru *l, struct lru_item *item)
{
	if (item->newer != NULL)
		item->newer->older = item->older;
	else
		l->newest = item->older;
	if (item->older != NULL)
		item->older->newer = item->newer;
	else
		l->oldest = item->newer;
}

static void
link_newest(struct lru *l, struct lru_item *item)
{
	item->older = l->newest;
	item->newer = NULL;
	if (l->newest != NULL)
		l->newest->newer = item;
	else
		l->oldest = item;
	l->newest = item;
}

void
lru_add(struct lru *l, struct lru_item *item)
{
	item->hash = str_hash(item->text, 0);
	struct lru_item **bucket = &l->buckets[item->hash % LRU_BUCKETS];

	item->chain = *bucket;
	*bucket = item;
	link_newest(l, item);
	l->len++;
}

void
lru_use(struct lru *l, struct lru_item *item)
{
	if (item == l->newest)
		return;
	unlink_by_use(l, item);
	link_newest(l, item);
}

void
lru_drop(struct lru *l, struct lru_item *item)
{
	struct lru_item **at = &l->buckets[item->hash % LRU_BUCKETS];

	while (*at != item)
		at = &(*at)->chain;
	*at = item->chain;
	unlink_by_use(l, item);
	l->len--;
}
