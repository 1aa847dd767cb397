#include "tests/unit/scratch.h"

#include "api/api.h"
#include "base/clock.h"
#include "base/mem.h"
#include "db/writer.h"
#include "doc/key_guard.h"
#include "server/later.h"
#include "server/run.h"
#include "server/site.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>

/*
 * Calls here are what their bodies below do; the rooms api/ and auth/ are stand-ins: everyone is
 * someone, but users from GONE on, who have ended while they waited.
 */
enum { GONE = 1000, WAIT_MS = 20000 };

static const struct who SOMEONE = { .name = STR_INIT("ada@example.com") };
static _Atomic int published, planned;

bool
auth_who(struct auth *a, const struct identity *identity, const struct who **out, struct err *err)
{
	(void)a;
	if (identity->user >= GONE)
		return err_set(err, ERR_AUTHENTICATION, "gone");
	*out = &SOMEONE;
	return true;
}

bool
key_guard_check(struct call *call, struct err *err)
{
	(void)call;
	(void)err;
	return true;
}

bool
site_publish(struct site *s, struct db_conn *c, const struct change_list *changes)
{
	(void)s;
	(void)c;
	for (const struct change *change = changes->first; change != NULL; change = change->next)
		atomic_fetch_add(&published, 1);
	return true;
}

void
api_finish(struct call *call)
{
	call->response.status = 200;
}

void
api_fail(struct call *call, const struct err *err)
{
	call->response.status = err_status(err->kind);
}

static bool
insert(struct call *call, struct err *err)
{
	CHECK(call->who == &SOMEONE);
	return scratch_insert(call->db, call->path, err);
}

bool
api_plan(struct call *call, struct err *err)
{
	(void)err;
	atomic_fetch_add(&planned, 1);
	call->plan = (struct plan){ .run = RUN_WRITE, .body = insert };
	return true;
}

/* Nothing is left behind here. */
bool
api_plan_later(struct call *call, struct err *err)
{
	return api_plan(call, err);
}

struct call *
later_new(const struct call *from)
{
	(void)from;
	return NULL;
}

void
later_done(struct call *call, void *arg)
{
	(void)call;
	(void)arg;
}

/* ---- a site and its lanes ---- */

struct fixture {
	struct scratch scratch;
	struct site site;
	struct lanes *lanes;
};

static int
open_lanes(void **state)
{
	struct fixture *f = MEM_NEW(struct fixture);
	const struct lanes_options options = { .site = &f->site,
		.read_threads = 4,
		.hash_threads = 1,
		.read_queue = 8,
		.hash_queue = 2 };

	scratch_dir(&f->scratch);
	scratch_open(&f->scratch);
	f->site.turns = turns_new();
	f->site.db = f->scratch.db;
	f->site.write = f->scratch.c;
	f->scratch.c = NULL; /* the writer's now */
	CHECK_OK(&f->scratch, lanes_start(&options, &f->lanes, &f->scratch.err));
	atomic_store(&published, 0);
	atomic_store(&planned, 0);
	*state = f;
	return 0;
}

static int
close_lanes(void **state)
{
	struct fixture *f = *state;

	lanes_stop(f->lanes);
	turns_free(f->site.turns);
	db_close(f->scratch.db);
	scratch_remove(&f->scratch);
	mem_free(f);
	return 0;
}

/* One call of a test. */
struct trial {
	struct call call;
	sem_t ended;
	sem_t *hold;       /* bodies that wait for it */
	char ended_on[16]; /* the thread's name */
};

static struct trial *
trial_new(struct fixture *f, const char *path, struct plan plan, uint32_t user)
{
	struct trial *t = MEM_NEW(struct trial);

	t->call.arena = arena_new(1024 * 1024);
	t->call.site = &f->site;
	t->call.path = str_from(path);
	t->call.query = STR("");
	t->call.plan = plan;
	t->call.identity.user = user;
	http_response_reset(&t->call.response, 1024 * 1024);
	t->call.out = JSON_OUT(&t->call.response.body);
	sem_init(&t->ended, 0, 0);
	return t;
}

static int
trial_free(struct trial *t)
{
	const int status = t->call.response.status;

	http_response_free(&t->call.response);
	arena_free(t->call.arena);
	sem_destroy(&t->ended);
	mem_free(t);
	return status;
}

static void
ended(struct call *call, void *arg)
{
	struct trial *t = arg;

	CHECK(call == &t->call);
	pthread_getname_np(pthread_self(), t->ended_on, sizeof(t->ended_on));
	sem_post(&t->ended);
}

static void
wait_for(sem_t *s)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += WAIT_MS / 1000;
	CHECK(sem_timedwait(s, &until) == 0);
}

/* Runs to the end; the status. */
static int
run(struct fixture *f, struct trial *t, bool plan_first)
{
	CHECK_OK(&f->scratch, lanes_run(f->lanes, &t->call, plan_first, ended, t, &f->scratch.err));
	wait_for(&t->ended);
	return trial_free(t);
}

static int64_t
count(struct fixture *f)
{
	struct db_conn *c;

	CHECK_OK(&f->scratch, db_connect(f->site.db, DB_READ, &c, &f->scratch.err));
	const int64_t n = scratch_number(&f->scratch, c, STR("SELECT count(*) FROM tabNote"));

	db_disconnect(c);
	return n;
}

/* ---- bodies ---- */

static bool
insert_and_change(struct call *call, struct err *err)
{
	CHECK(call->prepared != NULL);
	return insert(call, err) && call_change(call, CHANGE_USER, STR("ada"), err);
}

static bool
insert_and_say_much(struct call *call, struct err *err)
{
	for (int i = 0; i < 1000; i++)
		buf_lit(&call->response.body,
		    "A hundred bytes, again and again, until it is a large "
		    "answer, larger than a loop compresses itself...");
	return insert(call, err);
}

static bool
insert_and_fail(struct call *call, struct err *err)
{
	return insert(call, err) && err_set(err, ERR_VALIDATION, "no");
}

static bool
prepare(struct call *call, struct err *err)
{
	(void)err;
	CHECK(call->db != NULL && call->who == &SOMEONE);
	call->prepared = call;
	return true;
}

static bool
write_from_a_read(struct call *call, struct err *err)
{
	return insert(call, err);
}

static bool
hold(struct call *call, struct err *err)
{
	struct trial *t = CONTAINER_OF(call, struct trial, call);

	(void)err;
	sem_post(&t->ended); /* it has begun */
	wait_for(t->hold);
	return true;
}

static bool
over_budget(struct call *call, struct err *err)
{
	CLEANUP(db_rows_closep) struct db_rows *rows = NULL;
	enum db_step step;

	json_add_int(&call->out, 1);
	if (!db_query(call->db,
		STR("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < "
		    "100000) SELECT count(*) FROM n"),
		NULL, 0, &rows, err))
		return false;
	while ((step = db_next(rows, err)) == DB_ROW)
		;
	return step == DB_DONE;
}

static bool
answer_only(struct call *call, struct err *err)
{
	(void)err;
	json_add_int(&call->out, 1);
	return true;
}

/* ---- tests ---- */

static void
runs_the_phases_where_they_belong(void **state)
{
	struct fixture *f = *state;
	const struct plan plan = { .run = RUN_WRITE,
		.prepare_run = PREPARE_HASH,
		.prepare = prepare,
		.body = insert_and_change };

	CHECK(run(f, trial_new(f, "a", plan, 1), false) == 200);
	CHECK(count(f) == 1);
	CHECK(atomic_load(&published) == 1);
}

static void
plans_in_a_lane_what_is_too_large_for_a_loop(void **state)
{
	struct fixture *f = *state;

	CHECK(run(f, trial_new(f, "a", (struct plan){ 0 }, 1), true) == 200);
	CHECK(atomic_load(&planned) == 1);
	CHECK(count(f) == 1);
}

static void
keeps_nothing_of_a_failed_body(void **state)
{
	struct fixture *f = *state;
	const struct plan plan = { .run = RUN_WRITE, .body = insert_and_fail };

	CHECK(run(f, trial_new(f, "a", plan, 1), false) == 417);
	CHECK(count(f) == 0);
}

static void
judges_the_caller_again_when_a_body_begins(void **state)
{
	struct fixture *f = *state;
	const struct plan plan = { .run = RUN_WRITE, .body = insert };

	CHECK(run(f, trial_new(f, "a", plan, GONE), false) == 401);
	CHECK(count(f) == 0);
}

static void
reads_cannot_write(void **state)
{
	struct fixture *f = *state;
	const struct plan plan = { .run = RUN_READ, .body = write_from_a_read };

	CHECK(run(f, trial_new(f, "a", plan, 1), false) >= 500);
	CHECK(count(f) == 0);
}

static void
no_large_answer_ends_on_the_writer(void **state)
{
	struct fixture *f = *state;
	const struct plan little = { .run = RUN_WRITE, .body = insert };
	const struct plan much = { .run = RUN_WRITE, .body = insert_and_say_much };
	struct trial *t = trial_new(f, "a", little, 1);

	CHECK_OK(&f->scratch, lanes_run(f->lanes, &t->call, false, ended, t, &f->scratch.err));
	wait_for(&t->ended);
	CHECK(strcmp(t->ended_on, "writer") == 0);
	CHECK(trial_free(t) == 200);
	t = trial_new(f, "b", much, 1);
	CHECK_OK(&f->scratch, lanes_run(f->lanes, &t->call, false, ended, t, &f->scratch.err));
	wait_for(&t->ended);
	CHECK(strcmp(t->ended_on, "reads") == 0);
	CHECK(t->call.response.body.len > LANES_LARGE && trial_free(t) == 200);
	t = trial_new(f, "c", much, 1);
	CHECK(lanes_done(f->lanes, &t->call, ended, t)); /* as a loop asks for it */
	wait_for(&t->ended);
	CHECK(strcmp(t->ended_on, "reads") == 0 && t->call.who == &SOMEONE);
	CHECK(trial_free(t) == 200);
}

static void
one_user_holds_half_a_lane_at_most(void **state)
{
	struct fixture *f = *state;
	const struct plan plan = { .run = RUN_READ, .body = hold };
	struct trial *of_one[4];
	sem_t let_go;
	int half;

	sem_init(&let_go, 0, 0);
	for (size_t i = 0; i < ARRAY_LEN(of_one); i++) {
		of_one[i] = trial_new(f, "a", plan, 1);
		of_one[i]->hold = &let_go;
		CHECK_OK(&f->scratch,
		    lanes_run(
			f->lanes, &of_one[i]->call, false, ended, of_one[i], &f->scratch.err));
	}
	wait_for(&of_one[0]->ended);
	wait_for(&of_one[1]->ended);
	/* Four threads, and two are left for others, whoever waits. */
	CHECK(run(f, trial_new(f, "b", (struct plan){ .run = RUN_READ, .body = answer_only }, 2),
		  false) == 200);
	sem_getvalue(&of_one[2]->ended, &half);
	CHECK(half == 0);
	for (size_t i = 0; i < ARRAY_LEN(of_one); i++)
		sem_post(&let_go);
	wait_for(&of_one[0]->ended);
	wait_for(&of_one[1]->ended);
	for (size_t i = 2; i < ARRAY_LEN(of_one); i++) {
		wait_for(&of_one[i]->ended);
		wait_for(&of_one[i]->ended);
	}
	for (size_t i = 0; i < ARRAY_LEN(of_one); i++)
		CHECK(trial_free(of_one[i]) == 200);
	sem_destroy(&let_go);
}

static void
says_when_a_lane_is_full(void **state)
{
	struct fixture *f = *state;
	const struct plan plan = {
		.run = RUN_MEMORY, .prepare_run = PREPARE_HASH, .prepare = hold, .body = answer_only
	};
	struct trial *trials[4]; /* one runs, two wait, and one is too many */
	sem_t let_go;
	struct err err;

	sem_init(&let_go, 0, 0);
	for (size_t i = 0; i < ARRAY_LEN(trials); i++) {
		trials[i] = trial_new(f, "a", plan, (uint32_t)i);
		trials[i]->hold = &let_go;
		const bool fits =
		    lanes_run(f->lanes, &trials[i]->call, false, ended, trials[i], &err);

		CHECK(fits == (i < 3));
		if (i == 0)
			wait_for(&trials[0]->ended);
	}
	CHECK(err.kind == ERR_UNAVAILABLE && err.retry_after_s == 1);
	CHECK(lanes_counts(f->lanes).hashes == 2);
	for (size_t i = 0; i < 3; i++) {
		sem_post(&let_go);
		if (i > 0)
			wait_for(&trials[i]->ended);
		wait_for(&trials[i]->ended);
	}
	for (size_t i = 0; i < ARRAY_LEN(trials); i++)
		trial_free(trials[i]);
	sem_destroy(&let_go);
}

static void
sends_long_reads_away_from_the_loop(void **state)
{
	struct fixture *f = *state;
	const struct plan plan = { .run = RUN_SHORT_READ, .body = over_budget };
	struct loop_db *d = loop_db_open(&f->site, &f->scratch.err);
	struct trial *t = trial_new(f, "/long", plan, 1);

	CHECK(d != NULL);
	CHECK(!lanes_run_on_loop(f->lanes, d, &t->call));
	CHECK(t->call.response.body.len == 0); /* as if nothing had happened */
	CHECK(!lanes_run_on_loop(f->lanes, d, &t->call));
	t->call.plan.body = answer_only; /* short now, but its shape went over twice */
	CHECK(!lanes_run_on_loop(f->lanes, d, &t->call));
	t->call.path = STR("/other");
	CHECK(lanes_run_on_loop(f->lanes, d, &t->call));
	CHECK(t->call.response.status == 200);
	t->call.plan.body = over_budget;
	CHECK(run(f, t, false) == 200); /* the lane has time */
	loop_db_close(d);
}

static void
finishes_what_is_queued_before_it_stops(void **state)
{
	enum { CALLS = 100 };
	struct fixture *f = *state;
	const struct plan plan = { .run = RUN_WRITE, .body = insert };
	struct trial *trials[CALLS];
	char names[CALLS][16];

	for (size_t i = 0; i < CALLS; i++) {
		snprintf(names[i], sizeof(names[i]), "n%zu", i);
		trials[i] = trial_new(f, names[i], plan, 1);
		CHECK_OK(&f->scratch,
		    lanes_run(
			f->lanes, &trials[i]->call, false, ended, trials[i], &f->scratch.err));
	}
	lanes_stop(f->lanes);
	f->lanes = NULL;
	for (size_t i = 0; i < CALLS; i++)
		CHECK(trial_free(trials[i]) == 200);
	CHECK(count(f) == CALLS);
}

int
main(void)
{
#define WITH_LANES(test) cmocka_unit_test_setup_teardown(test, open_lanes, close_lanes)
	const struct CMUnitTest tests[] = {
		WITH_LANES(runs_the_phases_where_they_belong),
		WITH_LANES(plans_in_a_lane_what_is_too_large_for_a_loop),
		WITH_LANES(keeps_nothing_of_a_failed_body),
		WITH_LANES(judges_the_caller_again_when_a_body_begins),
		WITH_LANES(reads_cannot_write),
		WITH_LANES(no_large_answer_ends_on_the_writer),
		WITH_LANES(one_user_holds_half_a_lane_at_most),
		WITH_LANES(says_when_a_lane_is_full),
		WITH_LANES(sends_long_reads_away_from_the_loop),
		WITH_LANES(finishes_what_is_queued_before_it_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
