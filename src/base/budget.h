/*
 * budget.h - bytes that many owners share: what all requests in flight may hold ([server] memory).
 *
 * Any thread. An owner takes before it allocates, and gives back as much when it has freed.
 */
#ifndef BASE_BUDGET_H
#define BASE_BUDGET_H

#include "base/base.h"

struct budget {
	size_t limit;
	_Atomic size_t used;
};

/* False, and nothing is taken, if less than size is left. A budget of NULL has no limit. */
MUST_USE bool budget_take(struct budget *b, size_t size);
void budget_give(struct budget *b, size_t size);

#endif
