/*
 * thread.h - starting threads, and waits by a clock that nobody sets.
 */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include "base/base.h"

#include <pthread.h>

/*
 * Starts a thread that takes no signals: they are the main thread's. name has at most 15 bytes.
 * Returns 0, or what errno would be.
 */
int
thread_start(pthread_t *out, const char *name, void *(*thread_main)(void *arg), void *arg) MUST_USE;

/*
 * Asks the system to let the calling thread run before others: for one that has little to do, for
 * which many wait. False, and nothing changes, without the right to it (CAP_SYS_NICE, RLIMIT_NICE).
 */
bool thread_hurry(void);

/* A condition for thread_cond_wait_until(). */
void thread_cond_init(pthread_cond_t *c);

/* As pthread_cond_wait(), but until clock_mono_ms() reaches mono_ms at most; false then. */
bool thread_cond_wait_until(pthread_cond_t *c, pthread_mutex_t *m, int64_t mono_ms) MUST_USE;

#endif
