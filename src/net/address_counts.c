#include "net/address_counts.h"

#include "base/map.h"
#include "base/mem.h"
#include "net/address.h"

#include <pthread.h>

struct address_counts {
	int limit;
	const struct net_options *options;
	pthread_mutex_t mutex; /* over the map */
	struct map *counts;    /* the 16 bytes of an address: its number, in the pointer */
};

struct address_counts *
address_counts_new(int limit, const struct net_options *options)
{
	struct address_counts *a = MEM_NEW(struct address_counts);

	a->limit = limit;
	a->options = options;
	a->counts = map_new();
	pthread_mutex_init(&a->mutex, NULL);
	return a;
}

void
address_counts_free(struct address_counts *a)
{
	if (a == NULL)
		return;
	map_free(a->counts);
	pthread_mutex_destroy(&a->mutex);
	mem_free(a);
}

static bool
is_stranger(const struct address_counts *a, const struct net_peer *peer)
{
	if (peer->is_unix || address_is_loopback(&peer->address))
		return false;
	return a->options->is_trusted == NULL ||
	    !a->options->is_trusted(a->options->handler.arg, peer);
}

static struct str
key_of(const struct net_peer *peer)
{
	return (struct str){ (const char *)&peer->address, sizeof(peer->address) };
}

/* Adds by to the count unless that would pass the limit. */
static bool
add(struct address_counts *a, const struct net_peer *peer, int by)
{
	pthread_mutex_lock(&a->mutex);
	const intptr_t n = (intptr_t)map_get(a->counts, key_of(peer)) + by;
	const bool fits = n <= a->limit;

	if (n <= 0)
		map_drop(a->counts, key_of(peer));
	else if (fits)
		map_put(a->counts, key_of(peer), (void *)n);
	pthread_mutex_unlock(&a->mutex);
	return fits;
}

bool
address_counts_take(struct address_counts *a, struct net_peer *peer)
{
	const bool stranger = is_stranger(a, peer);

	peer->is_counted = stranger && add(a, peer, 1);
	return peer->is_counted == stranger;
}

void
address_counts_give(struct address_counts *a, const struct net_peer *peer)
{
	if (peer->is_counted)
		(void)add(a, peer, -1);
}
