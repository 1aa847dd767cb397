#include "base/thread.h"

#include <signal.h>
#include <sys/resource.h>
#include <time.h>

int
thread_start(pthread_t *out, const char *name, void *(*thread_main)(void *arg), void *arg)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	const int error = pthread_create(out, NULL, thread_main, arg);

	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (error == 0)
		pthread_setname_np(*out, name);
	return error;
}

bool
thread_hurry(void)
{
	enum { NICE = -15 };

	return setpriority(PRIO_PROCESS, 0, NICE) == 0; /* 0: this thread, on Linux */
}

void
thread_cond_init(pthread_cond_t *c)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(c, &attr);
	pthread_condattr_destroy(&attr);
}

bool
thread_cond_wait_until(pthread_cond_t *c, pthread_mutex_t *m, int64_t mono_ms)
{
	const struct timespec until = { .tv_sec = (time_t)(mono_ms / 1000),
		.tv_nsec = (long)(mono_ms % 1000) * 1000000 };

	return pthread_cond_timedwait(c, m, &until) == 0;
}
