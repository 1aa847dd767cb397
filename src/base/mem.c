#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>

static void NORETURN
out_of_memory(size_t size)
{
	fprintf(stderr, "symbolon: the system refused %zu bytes of memory; stopping\n", size);
	abort();
}

void *
mem_new_array(size_t n, size_t size)
{
	void *p = calloc(n > 0 ? n : 1, size > 0 ? size : 1);

	if (p == NULL)
		out_of_memory(n * size);
	return p;
}

void *
mem_alloc(size_t size)
{
	return mem_new_array(1, size);
}

void *
mem_alloc_aligned(size_t alignment, size_t size)
{
	void *p = aligned_alloc(alignment, size);

	if (p == NULL)
		out_of_memory(size);
	return p;
}

void *
mem_resize(void *p, size_t size)
{
	void *q = realloc(p, size > 0 ? size : 1);

	if (q == NULL)
		out_of_memory(size);
	return q;
}

void
mem_free(void *p)
{
	free(p);
}

void
mem_freep(void *pp)
{
	free(*(void **)pp);
}
