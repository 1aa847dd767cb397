#include "auth/pages.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { HUGE_SIZE = 2 * 1024 * 1024 };

size_t
pages_round(size_t size)
{
	return (size + PAGES_SIZE - 1) / PAGES_SIZE * PAGES_SIZE;
}

void
pages_unmap(void *p, size_t size)
{
	if (p != NULL && size > 0)
		munmap(p, size);
}

void *
pages_map(size_t size)
{
	const size_t align = size >= HUGE_SIZE ? HUGE_SIZE : PAGES_SIZE;
	char *all =
	    mmap(NULL, size + align, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert(size > 0 && size % PAGES_SIZE == 0);
	if (all == MAP_FAILED)
		abort(); /* as base/mem.h */
	const size_t before = (align - (uintptr_t)all % align) % align;

	pages_unmap(all, before);
	pages_unmap(all + before + size, align - before);
	(void)madvise(all + before, size, MADV_HUGEPAGE); /* a wish; nothing depends on it */
	return all + before;
}
