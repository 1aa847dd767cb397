/*
 * kill -9 in a write storm: every row whose job was told "done" is there.
 */
#include "tests/unit/note_job.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

enum { ROUNDS = 20, THREADS = 8, MAX_ACKNOWLEDGED = 200000 };

struct storm {
	struct writer *w;
	int round, thread, pipe;
};

static void
name_of(char *name, size_t size, int round, int thread, int number)
{
	snprintf(name, size, "%d-%d-%d", round, thread, number);
}

static void *
write_for_ever(void *arg)
{
	const struct storm *me = arg;

	for (int i = 0;; i++) {
		char name[32];

		name_of(name, sizeof(name), me->round, me->thread, i);
		struct note_job job = note_job(name, NULL);

		job.padding = i % 16 == 0 ? 20000 : 200;
		const int acknowledged[] = { me->thread, i };

		if (!note_job_run(me->w, &job) ||
		    write(me->pipe, acknowledged, sizeof(acknowledged)) != sizeof(acknowledged))
			_exit(3);
	}
}

/* The child: writes until it is killed. */
static void
storm(struct scratch *s, int round, int pipe)
{
	const struct writer_options options = { 0 };
	struct storm storms[THREADS];
	pthread_t threads[THREADS];
	struct writer *w;

	scratch_open(s);
	if (!writer_start(s->db, s->c, &options, &w, &s->err))
		_exit(2);
	for (int i = 0; i < THREADS; i++) {
		storms[i] = (struct storm){ .w = w, .round = round, .thread = i, .pipe = pipe };
		pthread_create(&threads[i], NULL, write_for_ever, &storms[i]);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
}

/* Reads acknowledgements until a deadline, then kills, then reads what is left in the pipe. */
static int
kill_after(pid_t child, int pipe, int64_t nap_ms, int (*acknowledged)[2])
{
	const struct timespec nap = { .tv_nsec = (long)nap_ms * 1000000 };
	int len = 0;

	/* The first acknowledgement says that the storm has begun. */
	while (len < MAX_ACKNOWLEDGED &&
	    read(pipe, acknowledged[len], sizeof(acknowledged[len])) == sizeof(acknowledged[len])) {
		if (len++ == 0) {
			nanosleep(&nap, NULL); /* pause: the kill falls anywhere in it */
			kill(child, SIGKILL);
		}
	}
	return len;
}

static void
check_all(struct scratch *s, int round, int (*acknowledged)[2], int len)
{
	for (int i = 0; i < len; i++) {
		char name[32];

		name_of(name, sizeof(name), round, acknowledged[i][0], acknowledged[i][1]);
		CHECK_CASE(name, note_job_is_stored(s, s->c, name));
	}
}

static void
loses_nothing_when_the_process_is_killed(void **state UNUSED)
{
	static int acknowledged[MAX_ACKNOWLEDGED][2];
	struct scratch s;
	int total = 0;

	scratch_dir(&s);
	for (int round = 0; round < ROUNDS; round++) {
		int pipes[2];

		CHECK(pipe(pipes) == 0);
		const pid_t child = fork();

		if (child == 0) {
			close(pipes[0]);
			storm(&s, round, pipes[1]);
			_exit(1);
		}
		close(pipes[1]);
		const int len = kill_after(child, pipes[0], 7 * (round % 10) + 1, acknowledged);
		int status = 0;

		close(pipes[0]);
		CHECK(waitpid(child, &status, 0) == child);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
		scratch_open(&s);
		check_all(&s, round, acknowledged, len);
		CHECK(scratch_number(&s, s.c,
			  STR("SELECT count(*) FROM pragma_quick_check() WHERE quick_check <> "
			      "'ok'")) == 0);
		scratch_close(&s);
		total += len;
	}
	print_message("%d acknowledged rows in %d storms\n", total, ROUNDS);
	scratch_remove(&s);
}

UNIT_TESTS(loses_nothing_when_the_process_is_killed)
