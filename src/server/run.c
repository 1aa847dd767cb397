#include "server/run.h"

#include "api/api.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "db/transaction.h"
#include "server/lane.h"
#include "server/later.h"
#include "server/phase.h"
#include "server/shape.h"

enum {
	LOOP_STEPS = 5000, /* of SQLite, that a short read may take on a loop */
	READ_LIMIT_MS = 30 * 1000,
	RETRY_AFTER_S = 1,
};

struct lanes {
	struct site *site;
	struct lane *reads, *hashes;
	struct shapes *shapes;
};

enum step { STEP_PLAN, STEP_PREPARE, STEP_BODY, STEP_DONE };
enum place { PLACE_READS, PLACE_HASHES, PLACE_WRITER };

/* A call on its way through lanes; lies in its arena, before the mark. */
struct run {
	struct lane_job lane;
	struct writer_job write;
	struct turn_thread *turn; /* of the lane's thread that writes; NULL: the writer does */
	struct lanes *lanes;
	struct call *call;
	enum step step;
	run_done *done;
	void *arg;
};

/* What the loops ask for when they are done with a call: it may be gone after done(). */
static void
end_run(struct run *r, bool ok, const struct err *err)
{
	phase_end(r->call, ok, err);
	r->done(r->call, r->arg);
}

static enum step
first_step(const struct call *call)
{
	return call->plan.prepare_run == PREPARE_NONE ? STEP_BODY : STEP_PREPARE;
}

static enum place
place_of(const struct run *r)
{
	switch (r->step) {
	case STEP_PLAN:
		return PLACE_READS;
	case STEP_PREPARE:
		return r->call->plan.prepare_run == PREPARE_HASH ? PLACE_HASHES : PLACE_READS;
	case STEP_BODY:
		return call_writes(r->call) && r->lanes->site->writer != NULL ? PLACE_WRITER
									      : PLACE_READS;
	case STEP_DONE:
		return PLACE_READS;
	}
	return PLACE_READS;
}

static struct run *
run_new(struct lanes *l, struct call *call, enum step first, run_done *done, void *arg)
{
	struct run *r = ARENA_NEW(call->arena, struct run);

	if (r != NULL)
		*r = (struct run){
			.lanes = l, .call = call, .step = first, .done = done, .arg = arg
		};
	return r;
}

/* ---- writes ---- */

static struct turn_thread *
turn_of(const struct run *r)
{
	return r->turn != NULL ? r->turn : r->lanes->site->writer_turn;
}

static bool
write_body(struct writer_job *job, struct db_conn *c, struct err *err)
{
	struct run *r = CONTAINER_OF(job, struct run, write);

	turn_awake(turn_of(r));
	const bool ok = phase_write(r->call, c, err);

	r->call->who = NULL;
	turn_asleep(turn_of(r));
	job->ends_batch = ok && r->call->changes.first != NULL;
	return ok;
}

static void
write_rewind(struct writer_job *job)
{
	struct run *r = CONTAINER_OF(job, struct run, write);

	job->ends_batch = false;
	call_rewind(r->call);
}

static void
write_publish(struct writer_job *job, struct db_conn *c)
{
	struct run *r = CONTAINER_OF(job, struct run, write);

	turn_awake(turn_of(r));
	phase_publish(r->call, c, job->ok);
	turn_asleep(turn_of(r));
}

/* The writer has others to serve: a large answer is finished in the reads lane, unless that has
 * stopped. */
static bool
hand_over(struct run *r)
{
	if (r->turn != NULL || r->call->response.body.len <= LANES_LARGE)
		return false;
	r->step = STEP_DONE;
	r->lane.goes_on = true;
	return lane_submit(r->lanes->reads, &r->lane);
}

/* The next part of a call queues up behind all others. False: the lane has stopped. */
static bool
submit_part(struct run *r)
{
	if (r->turn == NULL) {
		r->write.goes_on = true;
		return writer_submit(r->lanes->site->writer, &r->write);
	}
	r->lane.goes_on = true;
	return lane_submit(r->lanes->reads, &r->lane);
}

/* Behind the calls that wait now; what the lane does not take any more is broken off. */
static void
start_later(struct run *r)
{
	struct call *call = later_new(r->call);

	if (call == NULL)
		return;
	struct run *next = run_new(r->lanes, call, STEP_PLAN, later_done, NULL);

	if (next != NULL) {
		next->lane.user = call->identity.user;
		next->lane.goes_on = true;
		if (lane_submit(r->lanes->reads, &next->lane))
			return;
	}
	call->response.status = err_status(ERR_UNAVAILABLE);
	later_done(call, NULL);
}

static void
write_done(struct writer_job *job, bool ok, const struct err *err)
{
	struct run *r = CONTAINER_OF(job, struct run, write);
	struct turn_thread *turn = turn_of(r);
	UNSET struct err stopped;

	turn_awake(turn);
	while (phase_goes_on(r->call, ok, err)) {
		if (submit_part(r)) {
			turn_asleep(turn);
			return;
		}
		ok = err_set(&stopped, ERR_UNAVAILABLE, "The server stops");
		err = &stopped;
	}
	phase_end(r->call, ok, err);
	if (ok && r->call->later.plan != NULL)
		start_later(r);
	if (!hand_over(r))
		r->done(r->call, r->arg);
	turn_asleep(turn);
}

static void
make_write(struct run *r, struct turn_thread *turn)
{
	call_mark(r->call);
	r->turn = turn;
	r->write = (struct writer_job){ .body = write_body,
		.rewind = write_rewind,
		.publish = write_publish,
		.done = write_done,
		.alone = r->call->plan.run == RUN_WRITE_ALONE };
}

static bool
submit_write(struct run *r)
{
	struct site *site = r->lanes->site;

	make_write(r, NULL);
	return writer_submit(site->writer, &r->write);
}

/* Where every thread may write: here and now. */
static void
write_here(struct run *r, struct lane_thread *t)
{
	struct db_conn *c;
	struct err err;

	make_write(r, t->turn);
	if (lane_db(t, DB_WRITE, &c, &err))
		transaction_run(c, &r->write);
	else
		write_done(&r->write, false, &err);
}

/* ---- lanes ---- */

static bool
submit(struct run *r)
{
	r->lane.user = r->call->identity.user;
	switch (place_of(r)) {
	case PLACE_READS:
		return lane_submit(r->lanes->reads, &r->lane);
	case PLACE_HASHES:
		return lane_submit(r->lanes->hashes, &r->lane);
	case PLACE_WRITER:
		return submit_write(r);
	}
	return false;
}

static bool
busy(struct err *err)
{
	err_set(err, ERR_UNAVAILABLE, "The server is busy; try again");
	err->retry_after_s = RETRY_AFTER_S;
	return false;
}

/* Again where another transaction was in the way. */
static bool
read_body(struct call *call, struct db_conn *c, struct err *err)
{
	call_mark(call);
	call->spill.how = CALL_SPILLS;
	for (int i = 1;; i++) {
		if (phase_read(call, c, err))
			return true;
		if (!db_wants_rerun(c) || i == TRANSACTION_TRIES)
			return false;
		call_rewind(call);
	}
}

static bool
run_step(struct run *r, struct lane_thread *t, struct err *err)
{
	struct call *call = r->call;
	struct db_conn *c;

	if (r->step == STEP_PLAN)
		return phase_plan(call, err);
	if (!lane_db(t, DB_READ, &c, err))
		return false;
	db_set_deadline(c, clock_mono_ms() + READ_LIMIT_MS);
	if (r->step == STEP_PREPARE)
		return phase_prepare(call, c, err);
	if (!read_body(call, c, err))
		return false;
	if (call->plan.publish != NULL)
		call->plan.publish(call);
	return true;
}

static void
run_done_here(struct run *r, struct lane_thread *t)
{
	turn_awake(t->turn);
	phase_resume(r->call);
	r->done(r->call, r->arg);
	turn_asleep(t->turn);
}

/* On a thread of the reads or of the hash lane: as many steps as belong here, then onwards. */
static void
run_lane(struct lane_job *job, struct lane_thread *t)
{
	struct run *r = CONTAINER_OF(job, struct run, lane);
	const enum place here = place_of(r);
	struct err err;

	if (r->step == STEP_DONE) {
		run_done_here(r, t);
		return;
	}
	do {
		if (r->step == STEP_BODY && call_writes(r->call)) {
			write_here(r, t);
			return;
		}
		turn_awake(t->turn);
		const bool ok = run_step(r, t, &err);

		if (!ok || r->step == STEP_BODY) {
			end_run(r, ok, &err);
			turn_asleep(t->turn);
			return;
		}
		r->call->who = NULL;
		turn_asleep(t->turn);
		r->step = r->step == STEP_PLAN ? first_step(r->call) : STEP_BODY;
	} while (place_of(r) == here);
	if (submit(r))
		return;
	busy(&err);
	turn_awake(t->turn);
	end_run(r, false, &err);
	turn_asleep(t->turn);
}

bool
lanes_run(
    struct lanes *l, struct call *call, bool plan_first, run_done *done, void *arg, struct err *err)
{
	struct run *r = run_new(l, call, plan_first ? STEP_PLAN : first_step(call), done, arg);

	if (r == NULL)
		return err_memory(err);
	return submit(r) || busy(err);
}

bool
lanes_done(struct lanes *l, struct call *call, run_done *done, void *arg)
{
	struct run *r = run_new(l, call, STEP_DONE, done, arg);

	return r != NULL && submit(r);
}

/* ---- on loops ---- */

struct loop_db {
	struct db_conn *c;
};

struct loop_db *
loop_db_open(struct site *site, struct err *err)
{
	struct db_conn *c;

	if (!db_is_embedded(site->db) || !db_connect(site->db, DB_READ, &c, err))
		return NULL;
	struct loop_db *d = MEM_NEW(struct loop_db);

	d->c = c;
	return d;
}

void
loop_db_close(struct loop_db *d)
{
	if (d == NULL)
		return;
	db_disconnect(d->c);
	mem_free(d);
}

/* False: over its budget; nothing has happened. */
static bool
short_read(struct lanes *l, struct loop_db *d, struct call *call)
{
	UNSET struct err err;

	call_mark(call);
	call->spill.how = CALL_SPILLS_AWAY;
	db_set_budget(d->c, LOOP_STEPS);
	const bool ok = phase_read(call, d->c, &err);

	if (!ok && err.kind == ERR_OVER_BUDGET) {
		shape_went_over(l->shapes, call);
		call_rewind(call);
		return false;
	}
	phase_end(call, ok, &err);
	return true;
}

bool
lanes_run_on_loop(struct lanes *l, struct loop_db *d, struct call *call)
{
	UNSET struct err err;

	if (call->plan.run == RUN_SHORT_READ)
		return d != NULL && !shape_is_long(l->shapes, call) && short_read(l, d, call);
	const bool ok = call->plan.body(call, &err);

	phase_end(call, ok, &err);
	return true;
}

/* ---- all of them ---- */

static void
writer_started(void *arg)
{
	struct lanes *l = arg;

	l->site->writer_turn = turn_join(l->site->turns);
}

static void
writer_stopped(void *arg)
{
	struct lanes *l = arg;

	turn_leave(l->site->writer_turn);
	log_flush();
}

static bool
start(struct lanes *l, const struct lanes_options *o, struct err *err)
{
	const struct lane_options reads = { .name = "reads",
		.threads = o->read_threads,
		.queue = o->read_queue,
		.site = o->site,
		.run = run_lane };
	const struct lane_options hashes = { .name = "hash",
		.threads = o->hash_threads,
		.queue = o->hash_queue,
		.site = o->site,
		.run = run_lane };
	const struct writer_options writer = {
		.started = writer_started, .stopped = writer_stopped, .arg = l
	};

	if (!lane_start(&reads, &l->reads, err) || !lane_start(&hashes, &l->hashes, err) ||
	    (db_is_embedded(o->site->db) &&
		!writer_start(o->site->db, o->site->write, &writer, &o->site->writer, err)))
		return false;
	if (o->site->writer != NULL)
		o->site->write = NULL; /* the writer's now */
	return true;
}

bool
lanes_start(const struct lanes_options *options, struct lanes **out, struct err *err)
{
	struct lanes *l = MEM_NEW(struct lanes);

	l->site = options->site;
	l->shapes = shape_list_new();
	if (!start(l, options, err)) {
		lanes_stop(l);
		return false;
	}
	*out = l;
	return true;
}

/* In the order in which calls go through them. */
void
lanes_stop(struct lanes *l)
{
	if (l == NULL)
		return;
	lane_stop(l->hashes);
	lane_stop(l->reads);
	if (l->site->writer != NULL)
		writer_stop(l->site->writer);
	l->site->writer = NULL;
	shape_list_free(l->shapes);
	mem_free(l);
}

struct lanes_counts
lanes_counts(struct lanes *l)
{
	struct writer *w = l->site->writer;

	return (struct lanes_counts){ .reads = lane_len(l->reads),
		.hashes = lane_len(l->hashes),
		.writes = w == NULL ? 0 : writer_queue_len(w),
		.read_only = w != NULL && writer_is_read_only(w) };
}
