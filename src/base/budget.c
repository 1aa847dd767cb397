#include "base/budget.h"

#include <stdatomic.h>

bool
budget_take(struct budget *b, size_t size)
{
	if (b == NULL)
		return true;
	size_t used = atomic_load_explicit(&b->used, memory_order_relaxed);

	do {
		if (size > b->limit || used > b->limit - size)
			return false;
	} while (!atomic_compare_exchange_weak_explicit(
	    &b->used, &used, used + size, memory_order_relaxed, memory_order_relaxed));
	return true;
}

void
budget_give(struct budget *b, size_t size)
{
	if (b != NULL)
		atomic_fetch_sub_explicit(&b->used, size, memory_order_relaxed);
}
