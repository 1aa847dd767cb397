/*
 * map.h - a hash table from text to a pointer.
 *
 * Keys are copied. Lookup is by exact bytes, or without ASCII case for a map
 * made with map_new_nocase(). The hash is seeded at random, so that a client cannot
 * choose keys that collide. Any number of readers, or one writer.
 */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include "base/str.h"

struct map;

struct map *map_new(void) MUST_USE;
struct map *map_new_nocase(void) MUST_USE;
void map_free(struct map *m); /* values are the caller's */
void map_freep(struct map **m);

/* The value under key, or NULL. */
void *map_get(const struct map *m, struct str key);

/* Stores value (not NULL) under key; returns the value that was there, or NULL. */
void *map_put(struct map *m, struct str key, void *value);

/* Removes key; returns the value that was there, or NULL. */
void *map_drop(struct map *m, struct str key);

size_t map_len(const struct map *m);

/*
 * Walks all entries in no particular order: start with *at = 0; false at the end.
 * The map must not change during the walk.
 */
bool map_next(const struct map *m, size_t *at, struct str *key, void **value);

#endif
