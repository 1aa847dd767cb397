/*
 * pages.h - zeroed memory of whole pages for the large tables; private to the room.
 *
 * In huge pages where the system gives them: a look-up in a table of a million keys so takes one
 * cache miss, and not one more for the page's address. Memory costs nothing until it is touched.
 */
#ifndef AUTH_PAGES_H
#define AUTH_PAGES_H

#include "base/base.h"

enum { PAGES_SIZE = 4096 }; /* what sizes are multiples of */

/* Never NULL. */
void *pages_map(size_t size) MUST_USE;

/* Also of a part of what was mapped; NULL does nothing. */
void pages_unmap(void *p, size_t size);

/* The multiple of PAGES_SIZE that has room for size. */
size_t pages_round(size_t size);

#endif
