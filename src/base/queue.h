/*
 * queue.h - a bounded queue between threads: what crosses, changes owner.
 */
#ifndef BASE_QUEUE_H
#define BASE_QUEUE_H

#include "base/base.h"

struct queue;

/* A queue that holds at most size items. */
struct queue *queue_new(size_t size) MUST_USE;
void queue_free(struct queue *q); /* must be empty; NULL does nothing */

/* Appends item (not NULL); false if the queue is full or closed. Never waits. */
MUST_USE bool queue_push(struct queue *q, void *item);

/* The oldest item; waits for one. NULL when the queue is closed and empty. */
void *queue_pop(struct queue *q) MUST_USE;

/* The same, but waits until clock_mono_ms() reaches deadline_ms at most; NULL also then. */
void *queue_pop_until(struct queue *q, int64_t deadline_ms) MUST_USE;

/* The oldest item, or NULL at once. */
void *queue_try_pop(struct queue *q) MUST_USE;

/* No more pushes; waiting poppers get what is left, then NULL. */
void queue_close(struct queue *q);

/* How many items wait now; for metrics. */
size_t queue_len(struct queue *q);

#endif
