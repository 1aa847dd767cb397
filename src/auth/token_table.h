/*
 * token_table.h - secrets by the hash of their api-key: one 64-byte slot each (DESIGN.md 3).
 *
 * Sessions use the same kind of table, by the hash of the sid's digest. Read by any thread
 * within a turn, without locks; changed by one thread at a time. A hash is keyed, so nobody can
 * choose keys that collide, and probing goes on after a match that was another's: several slots may
 * have the same hash (overlapping secrets of one key, or mere chance).
 */
#ifndef AUTH_TOKEN_TABLE_H
#define AUTH_TOKEN_TABLE_H

#include "base/turn.h"
#include "crypto/digest.h"

struct token_table;
struct token_shard;

/* A slot's content, copied out. */
struct token_slot {
	uint64_t hash; /* of token_table_hash() */
	struct digest digest;
	uint32_t user;       /* its number (auth/users.h) */
	uint16_t pepper;     /* number of the pepper that made the digest */
	bool limited;        /* its record has limits (auth/limits.h) */
	uint32_t not_before; /* Unix seconds */
	uint32_t not_after;  /* 0: never */
	uint32_t side;       /* number of the record in the pool */
};

struct token_table *token_table_new(struct turns *turns) MUST_USE;
void token_table_free(struct token_table *t);

/* The keyed hash that name is filed under. */
uint64_t token_table_hash(const struct token_table *t, struct str name);

/* Makes room for n slots in all at once; before loading. */
void token_table_reserve(struct token_table *t, size_t n);

/* Fetches where a slot of this hash would be put, if it is not in the processor's cache. */
void token_table_prefetch(const struct token_table *t, uint64_t hash);

/* Adds a slot; others with the same hash stay. */
void token_table_put(struct token_table *t, const struct token_slot *slot);

/* Puts this slot in the place of the one with its hash and side: readers find the old one or the
 * new one, and never none. */
void token_table_renew(struct token_table *t, const struct token_slot *slot);

/* Removes the slot with this hash and side; false if there is none. */
bool token_table_drop(struct token_table *t, uint64_t hash, uint32_t side);

/* Walks the slots of one hash: while (token_table_next(&probe, &slot)). Within one turn. */
struct token_probe {
	const struct token_shard *shard;
	uint64_t hash;
	uint32_t at, left;
};
struct token_probe token_table_find(const struct token_table *t, uint64_t hash);
bool token_table_next(struct token_probe *p, struct token_slot *out);

/* Reads the slot that a walk has come to, whatever it holds: as much work as a match. */
void token_table_peek(const struct token_probe *p, struct token_slot *out);

/* Walks all slots, from a zeroed walk; the changing thread only, which may drop what it is given.
 */
struct token_walk {
	uint32_t shard, at;
};
bool token_table_walk(const struct token_table *t, struct token_walk *walk, struct token_slot *out);

/* For metrics. Any thread. */
size_t token_table_len(const struct token_table *t);
size_t token_table_bytes(const struct token_table *t);

#endif
