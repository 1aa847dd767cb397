/*
 * mem.h - heap memory for things that outlive a request.
 *
 * The system refusing memory is not an error that callers handle: the process
 * stops with a line on standard error. Sizes that a client controls never come
 * here unchecked; they are limited first, or go to an arena, which refuses.
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include "base/base.h"

/* n zeroed objects of size bytes each; never NULL. Release with mem_free(). */
void *mem_new_array(size_t n, size_t size) MUST_USE;

/* size bytes, zeroed; never NULL. */
void *mem_alloc(size_t size) MUST_USE;

/* size bytes, a multiple of alignment (a power of two); not zeroed, never NULL. */
void *mem_alloc_aligned(size_t alignment, size_t size) MUST_USE;

/* Grows or shrinks p (NULL: allocates). New bytes are not zeroed; never NULL for size > 0. */
void *mem_resize(void *p, size_t size) MUST_USE;

void mem_free(void *p);

/* For CLEANUP(mem_freep) on any pointer variable. */
void mem_freep(void *pp);

#define MEM_NEW(type) ((type *)mem_alloc(sizeof(type)))
#define MEM_NEW_ARRAY(type, n) ((type *)mem_new_array((n), sizeof(type)))

#endif
