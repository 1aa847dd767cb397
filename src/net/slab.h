/*
 * slab.h - the connections of one loop: small structs by number, in blocks that stay.
 */
#ifndef NET_SLAB_H
#define NET_SLAB_H

#include "net/conn.h"

enum { SLAB_BLOCK = 64, SLAB_MAX_BLOCKS = 16384 };

struct slab {
	struct net_conn **blocks;
	uint32_t blocks_len;
	uint32_t free; /* number of the first free one + 1; 0: none */
	uint32_t used;
	uint64_t generation; /* of the connection made last */
};

/* A zeroed connection with a number and a new generation; NULL if there are too many. */
struct net_conn *slab_take(struct slab *s) MUST_USE;
void slab_give(struct slab *s, struct net_conn *c);

/* The living connection with that number and the low bits of that generation, or NULL. */
struct net_conn *slab_find(const struct slab *s, uint32_t index, uint32_t generation);

/* Walks the living ones: start with *at = 0; NULL at the end. The one in hand may be given back. */
struct net_conn *slab_next(const struct slab *s, uint32_t *at);

void slab_free(struct slab *s);

#endif
