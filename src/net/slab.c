#include "net/slab.h"

#include "base/mem.h"

static struct net_conn *
at_index(const struct slab *s, uint32_t index)
{
	return &s->blocks[index / SLAB_BLOCK][index % SLAB_BLOCK];
}

/* Adds a block; its connections are handed out lowest number first. */
static bool
grow(struct slab *s)
{
	if (s->blocks_len == SLAB_MAX_BLOCKS)
		return false;
	s->blocks = mem_resize(s->blocks, (s->blocks_len + 1) * sizeof(struct net_conn *));
	s->blocks[s->blocks_len] = MEM_NEW_ARRAY(struct net_conn, SLAB_BLOCK);
	for (uint32_t i = SLAB_BLOCK; i-- > 0;) {
		struct net_conn *c = &s->blocks[s->blocks_len][i];

		c->fd = -1;
		c->index = s->blocks_len * SLAB_BLOCK + i;
		c->number = s->free;
		s->free = c->index + 1;
	}
	s->blocks_len++;
	return true;
}

struct net_conn *
slab_take(struct slab *s)
{
	if (s->free == 0 && !grow(s))
		return NULL;
	struct net_conn *c = at_index(s, s->free - 1);

	s->free = c->number;
	*c = (struct net_conn){ .fd = -1, .index = c->index, .generation = ++s->generation };
	s->used++;
	return c;
}

void
slab_give(struct slab *s, struct net_conn *c)
{
	c->fd = -1;
	c->generation = 0;
	c->number = s->free;
	s->free = c->index + 1;
	s->used--;
}

struct net_conn *
slab_find(const struct slab *s, uint32_t index, uint32_t generation)
{
	if (index / SLAB_BLOCK >= s->blocks_len)
		return NULL;
	struct net_conn *c = at_index(s, index);

	return c->fd >= 0 && (uint32_t)c->generation == generation ? c : NULL;
}

struct net_conn *
slab_next(const struct slab *s, uint32_t *at)
{
	while (*at < s->blocks_len * SLAB_BLOCK) {
		struct net_conn *c = at_index(s, (*at)++);

		if (c->fd >= 0)
			return c;
	}
	return NULL;
}

void
slab_free(struct slab *s)
{
	for (uint32_t i = 0; i < s->blocks_len; i++)
		mem_free(s->blocks[i]);
	mem_free(s->blocks);
	*s = (struct slab){ 0 };
}
