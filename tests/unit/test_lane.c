#include "tests/unit/unit.h"

#include "base/mem.h"
#include "base/turn.h"
#include "server/lane.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { SUBMITTERS = 4, JOBS = 4000, USERS = 3, THREADS = 4, QUEUE = 64 };

struct flood {
	struct lane *lane;
	uint32_t submitter;
	struct lane_job jobs[JOBS];
};

static _Atomic int ran, running[USERS], over_half;

static void
run_job(struct lane_job *job, struct lane_thread *t UNUSED)
{
	if (atomic_fetch_add(&running[job->user], 1) >= THREADS / 2)
		atomic_fetch_add(&over_half, 1);
	atomic_fetch_sub(&running[job->user], 1);
	atomic_fetch_add(&ran, 1);
}

static void *
submit_all(void *arg)
{
	struct flood *f = arg;

	for (uint32_t i = 0; i < JOBS;) {
		f->jobs[i].user = (i + f->submitter) * (i + 1) % USERS;
		if (lane_submit(f->lane, &f->jobs[i]))
			i++;
		else
			sched_yield();
	}
	return NULL;
}

/* Nobody is woken who finds nothing to do, and nobody sleeps while there is something for him. */
static void
every_job_runs_once_and_no_user_has_more_than_his_half(void **state UNUSED)
{
	struct site site = { .turns = turns_new() };
	const struct lane_options options = {
		.name = "test", .threads = THREADS, .queue = QUEUE, .site = &site, .run = run_job
	};
	struct flood *floods = MEM_NEW_ARRAY(struct flood, SUBMITTERS);
	pthread_t threads[SUBMITTERS];
	UNSET struct err err;
	struct lane *l;

	CHECK(lane_start(&options, &l, &err));
	for (uint32_t i = 0; i < SUBMITTERS; i++) {
		floods[i].lane = l;
		floods[i].submitter = i;
		CHECK(pthread_create(&threads[i], NULL, submit_all, &floods[i]) == 0);
	}
	for (size_t i = 0; i < SUBMITTERS; i++)
		pthread_join(threads[i], NULL);
	while (lane_len(l) > 0) /* for ever, if a wake were lost */
		sched_yield();
	lane_stop(l);
	CHECK(atomic_load(&ran) == SUBMITTERS * JOBS);
	CHECK(atomic_load(&over_half) == 0);
	mem_free(floods);
	turns_free(site.turns);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_job_runs_once_and_no_user_has_more_than_his_half),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
