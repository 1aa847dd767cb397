#include "tests/unit/note_job.h"

#include <stdatomic.h>

static struct writer *
start(struct scratch *s, struct writer_options options)
{
	struct writer *w;

	/* A batch ends with its queue, however slow the machine is. */
	options.max_batch_us = 60 * 1000 * 1000;
	scratch_dir(s);
	scratch_open(s);
	CHECK_OK(s, writer_start(s->db, s->c, &options, &w, &s->err));
	s->c = NULL;
	return w;
}

static void
stop(struct scratch *s, struct writer *w)
{
	writer_stop(w);
	db_close(s->db);
	scratch_remove(s);
}

/* A reader beside the writer: it sees only what is committed. */
static bool
is_committed(struct scratch *s, const char *name)
{
	struct db_conn *c;

	CHECK_OK(s, db_connect(s->db, DB_READ, &c, &s->err));
	const bool stored = note_job_is_stored(s, c, name);

	db_disconnect(c);
	return stored;
}

static void
answers_after_the_commit(void **state UNUSED)
{
	struct scratch s;
	struct writer *w = start(&s, (struct writer_options){ 0 });
	struct note_job job = note_job("one", NULL);

	CHECK(note_job_run(w, &job));
	CHECK(is_committed(&s, "one"));
	CHECK(job.bodies == 1 && job.publishes == 1 && job.dones == 1 && job.rewinds == 0);
	CHECK(writer_queue_len(w) == 0 && !writer_is_read_only(w));
	stop(&s, w);
}

static void
a_refusal_takes_back_its_own_rows_only(void **state UNUSED)
{
	struct scratch s;
	struct writer *w = start(&s, (struct writer_options){ 0 });
	struct note_job jobs[4] = { note_job("a", NULL), note_job("b", NULL), note_job("a", NULL),
		note_job("c", NULL) };

	jobs[1].end = NOTE_REFUSES;
	note_job_run_together(w, jobs, ARRAY_LEN(jobs));
	CHECK(jobs[0].ok && jobs[0].publishes == 1);
	CHECK(!jobs[1].ok && jobs[1].err.kind == ERR_VALIDATION && jobs[1].publishes == 0);
	CHECK(!jobs[2].ok && jobs[2].err.kind == ERR_DUPLICATE);
	CHECK(jobs[3].ok);
	for (size_t i = 0; i < ARRAY_LEN(jobs); i++)
		CHECK(jobs[i].bodies == 1 && jobs[i].dones == 1);
	CHECK(is_committed(&s, "a") && !is_committed(&s, "b") && is_committed(&s, "c"));
	stop(&s, w);
}

static void
rows_that_a_body_left_open_hold_up_nobody(void **state UNUSED)
{
	struct scratch s;
	struct writer *w = start(&s, (struct writer_options){ 0 });
	struct note_job jobs[3] = { note_job("a", NULL), note_job("b", NULL), note_job("c", NULL) };

	jobs[1].end = NOTE_FORGETS_ROWS;
	note_job_run_together(w, jobs, ARRAY_LEN(jobs));
	CHECK(jobs[0].ok && !jobs[1].ok && jobs[2].ok);
	CHECK(jobs[1].err.kind == ERR_VALIDATION);
	for (size_t i = 0; i < ARRAY_LEN(jobs); i++)
		CHECK(jobs[i].bodies == 1 && jobs[i].dones == 1);
	CHECK(is_committed(&s, "a") && !is_committed(&s, "b") && is_committed(&s, "c"));
	stop(&s, w);
}

/* A batch that is thrown away in its middle, as a full disk does it. */
static void
runs_every_job_again_when_sqlite_ended_the_batch(void **state UNUSED)
{
	static const struct {
		const char *what;
		enum note_end end;
	} cases[] = {
		{ "the body says so", NOTE_REFUSES },
		{ "the body swallows the error", NOTE_SWALLOWS },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct scratch s;
		struct writer *w = start(&s, (struct writer_options){ 0 });
		struct note_job jobs[3] = { note_job("a", NULL), note_job("b", NULL),
			note_job("c", NULL) };

		snprintf(jobs[1].first_sql, sizeof(jobs[1].first_sql), "ROLLBACK");
		jobs[1].end = cases[i].end;
		note_job_run_together(w, jobs, ARRAY_LEN(jobs));
		CHECK_CASE(
		    cases[i].what, jobs[0].ok && jobs[0].bodies == 2 && jobs[0].rewinds == 1);
		CHECK_CASE(cases[i].what, !jobs[1].ok && jobs[1].bodies == 2);
		CHECK_CASE(cases[i].what, jobs[2].ok);
		for (size_t k = 0; k < ARRAY_LEN(jobs); k++)
			CHECK_CASE(cases[i].what, jobs[k].dones == 1);
		CHECK_CASE(cases[i].what, jobs[0].publishes == 1 && jobs[1].publishes == 0);
		CHECK_CASE(cases[i].what, is_committed(&s, "a") && is_committed(&s, "c"));
		CHECK_CASE(cases[i].what, !is_committed(&s, "b"));
		stop(&s, w);
	}
}

static void
a_job_alone_runs_between_two_commits(void **state UNUSED)
{
	struct scratch s;
	struct writer *w = start(&s, (struct writer_options){ 0 });
	struct note_job jobs[3] = { note_job("a", NULL), note_job("b", NULL), note_job("c", NULL) };
	sem_t hold, ready[3], finished;

	sem_init(&hold, 0, 0);
	sem_init(&finished, 0, 0);
	jobs[1].job.alone = true;
	snprintf(jobs[1].first_sql, sizeof(jobs[1].first_sql),
	    "CREATE TABLE IF NOT EXISTS tabNew (name TEXT)");
	for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
		sem_init(&ready[i], 0, 0);
		jobs[i].ready = &ready[i];
		jobs[i].hold = &hold;
		jobs[i].finished = &finished;
		CHECK(writer_submit(w, &jobs[i].job));
		if (i == 0)
			sem_wait(&ready[0]);
	}
	sem_post(&hold);
	sem_wait(&ready[1]); /* "b" has begun: "a" is committed and answered */
	CHECK(is_committed(&s, "a") && jobs[0].dones == 1 && jobs[2].bodies == 0);
	sem_post(&hold);
	sem_wait(&ready[2]);
	CHECK(is_committed(&s, "b") && jobs[1].dones == 1);
	sem_post(&hold);
	for (size_t i = 0; i < ARRAY_LEN(jobs); i++)
		sem_wait(&finished);
	CHECK(jobs[0].ok && jobs[1].ok && jobs[2].ok);
	stop(&s, w);
}

static void
a_job_that_ends_its_batch_is_committed_at_once(void **state UNUSED)
{
	struct scratch s;
	struct writer *w = start(&s, (struct writer_options){ 0 });
	struct note_job jobs[2] = { note_job("a", NULL), note_job("b", NULL) };
	sem_t hold, ready, second, finished;

	sem_init(&hold, 0, 0);
	sem_init(&ready, 0, 0);
	sem_init(&second, 0, 0);
	sem_init(&finished, 0, 0);
	jobs[0].ends_batch = true;
	jobs[0].hold = jobs[1].hold = &hold;
	jobs[0].ready = &ready;
	jobs[1].ready = &second;
	jobs[0].finished = jobs[1].finished = &finished;
	CHECK(writer_submit(w, &jobs[0].job));
	sem_wait(&ready);
	CHECK(writer_submit(w, &jobs[1].job));
	sem_post(&hold);
	sem_wait(&second);
	CHECK(is_committed(&s, "a") && jobs[0].publishes == 1 && jobs[0].dones == 1);
	sem_post(&hold);
	sem_wait(&finished);
	sem_wait(&finished);
	stop(&s, w);
}

static void
refuses_when_the_queue_is_full(void **state UNUSED)
{
	struct scratch s;
	struct writer *w = start(&s, (struct writer_options){ .queue_size = 2 });
	struct note_job jobs[5] = { note_job("a", NULL), note_job("b", NULL), note_job("c", NULL),
		note_job("d", NULL), note_job("e", NULL) };
	sem_t hold, ready, finished;

	sem_init(&hold, 0, 0);
	sem_init(&ready, 0, 0);
	sem_init(&finished, 0, 0);
	for (size_t i = 0; i < ARRAY_LEN(jobs); i++)
		jobs[i].finished = &finished;
	jobs[0].hold = &hold;
	jobs[0].ready = &ready;
	CHECK(writer_submit(w, &jobs[0].job));
	sem_wait(&ready);
	CHECK(writer_submit(w, &jobs[1].job));
	CHECK(writer_submit(w, &jobs[2].job));
	CHECK(writer_queue_len(w) == 2);
	CHECK(!writer_submit(w, &jobs[3].job));
	jobs[4].job.goes_on = true; /* a later part of what was taken in before */
	CHECK(writer_submit(w, &jobs[4].job) && writer_queue_len(w) == 3);
	sem_post(&hold);
	for (int i = 0; i < 4; i++)
		sem_wait(&finished);
	CHECK(jobs[2].ok && jobs[4].ok && jobs[3].bodies == 0);
	CHECK(note_job_run(w, &jobs[3]));
	stop(&s, w);
}

static void
finishes_what_is_queued_when_it_stops(void **state UNUSED)
{
	enum { MANY = 100 };
	static struct note_job jobs[MANY];
	struct scratch s;
	struct writer *w = start(&s, (struct writer_options){ .max_batch = 7 });

	for (int i = 0; i < MANY; i++) {
		char name[32];

		snprintf(name, sizeof(name), "n%d", i);
		jobs[i] = note_job(name, NULL);
		CHECK(writer_submit(w, &jobs[i].job));
	}
	writer_stop(w);
	db_close(s.db);
	for (int i = 0; i < MANY; i++)
		CHECK(jobs[i].dones == 1 && jobs[i].ok);
	scratch_connect(&s);
	CHECK(scratch_number(&s, s.c, STR("SELECT count(*) FROM tabNote")) == MANY);
	scratch_close(&s);
	scratch_remove(&s);
}

enum { THREADS = 8, JOBS_EACH = 200 };

struct submitter {
	struct writer *w;
	int number;
	int refused;
	int wrong;
};

/* Every seventh is refused by its body, every eleventh ends its batch, every fiftieth runs alone.
 */
static void *
submit_many(void *arg)
{
	struct submitter *me = arg;

	for (int i = 0; i < JOBS_EACH; i++) {
		char name[32];

		snprintf(name, sizeof(name), "t%d-%d", me->number, i);
		struct note_job job = note_job(name, NULL);
		sem_t finished;

		sem_init(&finished, 0, 0);
		job.finished = &finished;
		job.end = i % 7 == 0 ? NOTE_REFUSES : NOTE_INSERTS;
		job.ends_batch = i % 11 == 0;
		job.job.alone = i % 50 == 0;
		while (!writer_submit(me->w, &job.job))
			sched_yield();
		sem_wait(&finished);
		me->refused += !job.ok;
		me->wrong += job.ok == (i % 7 == 0) || job.dones != 1 || job.publishes != job.ok;
		sem_destroy(&finished);
	}
	return NULL;
}

static void
serves_many_threads_at_once(void **state UNUSED)
{
	struct scratch s;
	struct writer *w = start(&s, (struct writer_options){ .queue_size = 4 });
	pthread_t threads[THREADS];
	struct submitter submitters[THREADS];
	int refused = 0;

	for (int i = 0; i < THREADS; i++) {
		submitters[i] = (struct submitter){ .w = w, .number = i };
		CHECK(pthread_create(&threads[i], NULL, submit_many, &submitters[i]) == 0);
	}
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		CHECK(submitters[i].wrong == 0);
		refused += submitters[i].refused;
	}
	writer_stop(w);
	db_close(s.db);
	scratch_connect(&s);
	CHECK(scratch_number(&s, s.c, STR("SELECT count(*) FROM tabNote")) ==
	    THREADS * JOBS_EACH - refused);
	scratch_close(&s);
	scratch_remove(&s);
}

struct reader {
	struct scratch *s;
	struct db_conn *c;
	atomic_bool *stop;
	int wrong;
	int64_t seen;
};

static void *
count_pairs(void *arg)
{
	struct reader *me = arg;
	int64_t before = 0;

	while (!atomic_load(me->stop)) {
		me->seen = scratch_number(me->s, me->c, STR("SELECT count(*) FROM tabNote"));
		me->wrong += me->seen % 2 != 0 || me->seen < before;
		before = me->seen;
	}
	return NULL;
}

static void
readers_see_whole_jobs_only(void **state UNUSED)
{
	enum { READERS = 3, PAIRS = 300 };
	struct scratch s;
	struct writer *w = start(&s, (struct writer_options){ 0 });
	struct reader readers[READERS];
	pthread_t threads[READERS];
	atomic_bool stop_reading = false;

	for (int i = 0; i < READERS; i++) {
		readers[i] = (struct reader){ .s = &s, .stop = &stop_reading };
		CHECK_OK(&s, db_connect(s.db, DB_READ, &readers[i].c, &s.err));
		CHECK(pthread_create(&threads[i], NULL, count_pairs, &readers[i]) == 0);
	}
	for (int i = 0; i < PAIRS; i++) {
		char name[32];

		snprintf(name, sizeof(name), "n%d", i);
		struct note_job job = note_job(name, NULL);

		snprintf(job.first_sql, sizeof(job.first_sql),
		    "INSERT INTO tabNote (name) VALUES ('pair of %d')", i);
		job.end = i % 3 == 0 ? NOTE_REFUSES : NOTE_INSERTS;
		(void)note_job_run(w, &job);
	}
	atomic_store(&stop_reading, true);
	for (int i = 0; i < READERS; i++) {
		pthread_join(threads[i], NULL);
		CHECK(readers[i].wrong == 0);
		CHECK(scratch_number(&s, readers[i].c, STR("SELECT count(*) FROM tabNote")) ==
		    2 * (PAIRS - PAIRS / 3));
		db_disconnect(readers[i].c);
	}
	stop(&s, w);
}

static void
keeps_the_log_short(void **state UNUSED)
{
	struct scratch s;
	struct writer *w = start(&s, (struct writer_options){ 0 });
	struct stat st;

	/* 40,000 pages pass through the log, which is begun anew after 16,000. */
	for (int i = 0; i < 160; i++) {
		char name[32];

		snprintf(name, sizeof(name), "n%d", i);
		struct note_job job = note_job(name, NULL);

		job.padding = 1000 * 1000;
		CHECK(note_job_run(w, &job));
	}
	CHECK(stat(scratch_file(&s, "symbolon.db-wal"), &st) == 0);
	CHECK(st.st_size < 120 * 1000 * 1000);
	stop(&s, w);
}

UNIT_TESTS(answers_after_the_commit, a_refusal_takes_back_its_own_rows_only,
    rows_that_a_body_left_open_hold_up_nobody, runs_every_job_again_when_sqlite_ended_the_batch,
    a_job_alone_runs_between_two_commits, a_job_that_ends_its_batch_is_committed_at_once,
    refuses_when_the_queue_is_full, finishes_what_is_queued_when_it_stops,
    serves_many_threads_at_once, readers_see_whole_jobs_only, keeps_the_log_short)
