/*
 * The writer on a disk that fails: what was acknowledged is there, what was refused stays away, and
 * writing goes on when the disk does (DESIGN.md 4, rules 1-3).
 */
#include "tests/unit/note_job.h"

#include "db/db_sqlite.h"
#include "tests/fault/fault_vfs.h"

#include <inttypes.h>

enum { GROUPS = 5, GROUP_SIZE = 6, JOBS = GROUPS * GROUP_SIZE };

static struct writer *
start(struct scratch *s)
{
	const struct writer_options options = { 0 };
	struct writer *w;

	fault_register();
	fault_reset();
	scratch_dir(s);
	s->vfs = FAULT_VFS;
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
	s->db = NULL;
	fault_reset();
}

/* Some are refused by their rules, one changes the schema alone, one ends its batch. */
static void
make_jobs(struct note_job *jobs)
{
	for (int i = 0; i < JOBS; i++) {
		char name[32];

		snprintf(name, sizeof(name), "job %d", i);
		jobs[i] = note_job(name, NULL);
		jobs[i].padding = i % 4 == 0 ? 30000 : 100;
		jobs[i].end = i % 5 == 4 ? NOTE_REFUSES : NOTE_INSERTS;
	}
	snprintf(jobs[GROUP_SIZE + 2].first_sql, sizeof(jobs->first_sql),
	    "CREATE TABLE IF NOT EXISTS tabNew (name TEXT)");
	jobs[GROUP_SIZE + 2].job.alone = true;
	jobs[2 * GROUP_SIZE + 1].ends_batch = true;
}

/* Rows in the database of s->path against the answers. refusals: those must hold, too. */
static void
compare(const char *what, struct scratch *s, const struct note_job *jobs, int len, bool refusals)
{
	scratch_connect(s);
	for (int i = 0; i < len; i++) {
		const bool stored = note_job_is_stored(s, s->c, jobs[i].name);

		CHECK_CASE(what, jobs[i].dones == 1);
		CHECK_CASE(what, jobs[i].publishes == (jobs[i].ok ? 1 : 0));
		if (jobs[i].ok || refusals)
			CHECK_CASE(what, stored == jobs[i].ok);
		if (!jobs[i].ok)
			CHECK_CASE(jobs[i].err.msg,
			    jobs[i].err.kind == ERR_UNAVAILABLE ||
				jobs[i].err.kind == ERR_VALIDATION);
	}
	CHECK_CASE(what,
	    scratch_number(s, s->c,
		STR("SELECT count(*) FROM pragma_quick_check() WHERE "
		    "quick_check <> 'ok'")) == 0);
	scratch_close(s);
}

static void
compare_copy(const char *what, const struct scratch *s, const struct note_job *jobs, int len,
    bool power_cut, bool refusals)
{
	struct scratch copy;
	char from[SCRATCH_PATH + 64], to[SCRATCH_PATH + 64];

	scratch_dir(&copy);
	CHECK(fault_copy(s->path, copy.path, power_cut));
	snprintf(from, sizeof(from), "%s-wal", s->path);
	snprintf(to, sizeof(to), "%s-wal", copy.path);
	fault_copy(from, to, power_cut);
	compare(what, &copy, jobs, len, refusals);
	scratch_remove(&copy);
}

/*
 * What a process that dies now, or a power cut, would leave. While even the marker fails, refused
 * rows may come back: nothing can be written about them.
 */
static void
compare_deaths(const char *what, const struct scratch *s, struct writer *w,
    const struct note_job *jobs, int len)
{
	const bool certain = !writer_is_read_only(w);

	compare_copy(what, s, jobs, len, false, certain);
	compare_copy(what, s, jobs, len, true, certain);
}

static void
wait_for_recovery(struct writer *w)
{
	for (int i = 0; i < 20; i++) {
		char name[32];

		snprintf(name, sizeof(name), "after %d", i);
		struct note_job job = note_job(name, NULL);

		if (note_job_run(w, &job)) {
			CHECK(!writer_is_read_only(w));
			return;
		}
		CHECK(job.err.kind == ERR_UNAVAILABLE && job.err.retry_after_s > 0);
	}
	fail_msg("the disk is whole and the writer still refuses");
}

/* Moves the log into the file, so that the next commit begins the log anew. */
static void
checkpoint(struct scratch *s)
{
	struct db_conn *c;
	int64_t pages, done;
	bool has;

	CHECK_OK(s, db_connect(s->db, DB_READ, &c, &s->err));
	if (db_has_table(c, STR("tabNote"), &has, &s->err))
		db_sqlite_checkpoint(c, &pages, &done); /* may fail: the disk does */
	db_disconnect(c);
}

/* A storm with one plan; false if the plan was never carried out. */
static bool
storm(const char *what, struct fault_plan plan)
{
	static struct note_job jobs[JOBS];
	struct scratch s;
	struct writer *w = start(&s);

	make_jobs(jobs);
	fault_arm(plan);
	for (int g = 0; g < GROUPS; g++) {
		const int64_t before = fault_hits();

		note_job_run_together(w, &jobs[g * GROUP_SIZE], GROUP_SIZE);
		if (before == 0 && fault_hits() > 0)
			compare_deaths(what, &s, w, jobs, (g + 1) * GROUP_SIZE);
		if (g % 2 == 1)
			checkpoint(&s);
	}
	const bool hit = fault_hits() > 0;

	compare_deaths(what, &s, w, jobs, JOBS);
	fault_heal();
	wait_for_recovery(w);
	compare_deaths(what, &s, w, jobs, JOBS);
	stop(&s, w);
	compare(what, &s, jobs, JOBS, true);
	scratch_remove(&s);
	return hit;
}

static void
loses_nothing_whichever_operation_fails(void **state UNUSED)
{
	static const struct {
		const char *what;
		unsigned ops;
		int64_t len;
	} cases[] = {
		{ "one write", BIT(FAULT_WRITE), 1 },
		{ "all writes from there on", BIT(FAULT_WRITE), 0 },
		{ "one fsync", BIT(FAULT_SYNC), 1 },
		{ "two fsyncs", BIT(FAULT_SYNC), 2 },
		{ "three fsyncs", BIT(FAULT_SYNC), 3 },
		{ "all fsyncs from there on", BIT(FAULT_SYNC), 0 },
		{ "one truncation", BIT(FAULT_TRUNCATE), 1 },
		{ "everything", BIT(FAULT_WRITE) | BIT(FAULT_SYNC) | BIT(FAULT_TRUNCATE), 0 },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		int64_t n = 1;
		char what[96];

		do
			snprintf(what, sizeof(what), "%s, the %" PRId64 "th", cases[i].what, n);
		while (
		    storm(what,
			(struct fault_plan){
			    .ops = cases[i].ops, .first = n, .len = cases[i].len, .room = -1 }) &&
		    n++ < 1000);
		CHECK_CASE(cases[i].what, n < 1000);
		print_message("%s: %" PRId64 " runs\n", cases[i].what, n);
	}
}

static void
loses_nothing_on_a_disk_that_fills(void **state UNUSED)
{
	int64_t room = 0;

	while (storm("a full disk", (struct fault_plan){ .room = room }))
		room += 9973;
	print_message("a full disk: room up to %" PRId64 "\n", room);
}

/* Opens and migrates; false if the disk got in the way. */
static bool
make_database(struct scratch *s)
{
	const struct db_options options = scratch_options(s);
	int ran;

	if (!db_open(&options, &s->db, &s->err))
		return false;
	const bool ok =
	    db_connect(s->db, DB_WRITE, &s->c, &s->err) && migrate_run(s->db, s->c, &ran, &s->err);

	scratch_close(s);
	return ok;
}

static void
a_database_whose_making_failed_can_be_made_again(void **state UNUSED)
{
	int64_t n = 1;

	for (bool hit = true; hit; n++) {
		struct scratch s;

		fault_register();
		fault_reset();
		scratch_dir(&s);
		s.vfs = FAULT_VFS;
		fault_arm((struct fault_plan){
		    .ops = BIT(FAULT_WRITE) | BIT(FAULT_SYNC), .first = n, .room = -1 });
		const bool made = make_database(&s);

		hit = fault_hits() > 0;
		CHECK(hit || made);
		CHECK_CASE(s.err.msg, made || s.err.kind == ERR_UNAVAILABLE);
		fault_reset();
		CHECK_OK(&s, make_database(&s));
		fault_reset();
		scratch_remove(&s);
	}
	print_message("%" PRId64 " runs\n", n - 1);
}

static void
a_full_disk_in_a_batch_costs_only_whom_it_must(void **state UNUSED)
{
	struct scratch s;
	struct writer *w = start(&s);
	struct note_job jobs[3] = { note_job("a", NULL), note_job("b", NULL), note_job("c", NULL) };

	/* More than the page cache holds: it goes to the log before the commit. */
	jobs[1].padding = 30 * 1024 * 1024;
	fault_arm((struct fault_plan){ .room = 10 * 1024 * 1024 });
	note_job_run_together(w, jobs, ARRAY_LEN(jobs));
	CHECK(fault_hits() > 0);
	CHECK(jobs[0].ok && jobs[0].bodies == 2 && jobs[0].rewinds == 1);
	CHECK(!jobs[1].ok && jobs[1].err.kind == ERR_UNAVAILABLE && jobs[1].publishes == 0);
	CHECK(strstr(jobs[1].err.msg, "full") != NULL);
	CHECK(jobs[2].ok && !writer_is_read_only(w));
	fault_heal();
	struct note_job again = note_job("b", NULL);

	again.padding = jobs[1].padding;
	CHECK(note_job_run(w, &again));
	stop(&s, w);
	scratch_remove(&s);
}

static void
a_failed_commit_is_nobodys_success(void **state UNUSED)
{
	struct scratch s;
	struct writer *w = start(&s);
	struct note_job jobs[3] = { note_job("a", NULL), note_job("b", NULL), note_job("c", NULL) };

	jobs[1].end = NOTE_REFUSES;
	fault_arm((struct fault_plan){ .ops = BIT(FAULT_SYNC), .first = 1, .len = 1, .room = -1 });
	note_job_run_together(w, jobs, ARRAY_LEN(jobs));
	for (size_t i = 0; i < ARRAY_LEN(jobs); i++) {
		CHECK(!jobs[i].ok && jobs[i].err.kind == ERR_UNAVAILABLE);
		CHECK(jobs[i].bodies == 1 && jobs[i].publishes == 0 && jobs[i].dones == 1);
	}
	CHECK(!writer_is_read_only(w));
	/* A process that dies now: only the marker keeps the rows of the log from coming back. */
	compare_deaths("after the marker", &s, w, jobs, ARRAY_LEN(jobs));
	struct note_job next = note_job("a", NULL);

	CHECK(note_job_run(w, &next));
	stop(&s, w);
	scratch_connect(&s);
	CHECK(scratch_number(&s, s.c, STR("SELECT value FROM counter WHERE name = 'marker'")) == 1);
	scratch_close(&s);
	scratch_remove(&s);
}

/* Of three jobs the second changes the schema alone, as a DocType does. */
static void
make_change(struct note_job *jobs)
{
	jobs[0] = note_job("a", NULL);
	jobs[1] = note_job("b", NULL);
	jobs[2] = note_job("c", NULL);
	jobs[1].job.alone = true;
	jobs[1].ends_batch = true;
	snprintf(jobs[1].first_sql, sizeof(jobs[1].first_sql),
	    "ALTER TABLE tabNote ADD COLUMN colour TEXT");
}

static bool
has_colour(struct scratch *s)
{
	scratch_connect(s);
	const bool has = scratch_number(s, s->c,
			     STR("SELECT count(*) FROM pragma_table_info('tabNote') WHERE name = "
				 "'colour'")) == 1;

	scratch_close(s);
	return has;
}

static void
a_doctype_change_whose_disk_fails_changes_nothing(void **state UNUSED)
{
	static const struct {
		const char *what;
		struct fault_plan plan;
		size_t padding; /* of the change's own row */
		bool neighbours;
	} cases[] = {
		{ "its commit fails", { .ops = BIT(FAULT_SYNC), .first = 2, .len = 1, .room = -1 },
		    0, true },
		{ "the disk is full in its body", { .room = 10 * 1024 * 1024 }, 30 * 1024 * 1024,
		    true },
		{ "its commit fails and the marker, too",
		    { .ops = BIT(FAULT_SYNC), .first = 2, .len = 0, .room = -1 }, 0, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const char *what = cases[i].what;
		struct note_job jobs[3];
		struct scratch s;
		struct writer *w = start(&s);

		make_change(jobs);
		jobs[1].padding = cases[i].padding;
		fault_arm(cases[i].plan);
		note_job_run_together(w, jobs, ARRAY_LEN(jobs));
		CHECK_CASE(what, fault_hits() > 0);
		CHECK_CASE(what, jobs[0].ok && jobs[0].bodies == 1);
		CHECK_CASE(what, !jobs[1].ok && jobs[1].err.kind == ERR_UNAVAILABLE);
		CHECK_CASE(what, jobs[1].publishes == 0 && jobs[1].dones == 1);
		CHECK_CASE(what, jobs[2].ok == cases[i].neighbours);
		CHECK_CASE(what, writer_is_read_only(w) == !cases[i].neighbours);
		compare_deaths(what, &s, w, jobs, ARRAY_LEN(jobs));
		fault_heal();
		wait_for_recovery(w);
		stop(&s, w);
		CHECK_CASE(what, !has_colour(&s));
		scratch_remove(&s);
	}
}

static void
a_doctype_change_stands_when_its_neighbours_fail(void **state UNUSED)
{
	struct note_job jobs[3];
	struct scratch s;
	struct writer *w = start(&s);

	make_change(jobs);
	jobs[2].end = NOTE_REFUSES;
	fault_arm((struct fault_plan){ .ops = BIT(FAULT_SYNC), .first = 1, .len = 1, .room = -1 });
	note_job_run_together(w, jobs, ARRAY_LEN(jobs));
	CHECK(!jobs[0].ok && jobs[0].err.kind == ERR_UNAVAILABLE && jobs[0].bodies == 1);
	CHECK(jobs[1].ok && jobs[1].publishes == 1 && jobs[1].bodies == 1);
	CHECK(!jobs[2].ok && jobs[2].err.kind == ERR_VALIDATION);
	compare_deaths("the change", &s, w, jobs, ARRAY_LEN(jobs));
	stop(&s, w);
	CHECK(has_colour(&s));
	scratch_remove(&s);
}

static void
is_read_only_until_a_probe_succeeds(void **state UNUSED)
{
	struct scratch s;
	struct writer *w = start(&s);
	struct note_job first = note_job("a", NULL);
	struct note_job second = note_job("b", NULL);
	struct note_job third = note_job("c", NULL);

	fault_arm((struct fault_plan){ .ops = BIT(FAULT_SYNC), .first = 1, .room = -1 });
	CHECK(!note_job_run(w, &first) && first.bodies == 1);
	CHECK(writer_is_read_only(w));
	CHECK(!note_job_run(w, &second) && second.bodies == 0);
	CHECK(second.err.kind == ERR_UNAVAILABLE && writer_is_read_only(w));
	fault_heal();
	CHECK(note_job_run(w, &third));
	CHECK(!writer_is_read_only(w));
	stop(&s, w);
	scratch_connect(&s);
	CHECK(!note_job_is_stored(&s, s.c, "a") && !note_job_is_stored(&s, s.c, "b"));
	CHECK(note_job_is_stored(&s, s.c, "c"));
	scratch_close(&s);
	scratch_remove(&s);
}

UNIT_TESTS(a_full_disk_in_a_batch_costs_only_whom_it_must, a_failed_commit_is_nobodys_success,
    a_doctype_change_whose_disk_fails_changes_nothing,
    a_doctype_change_stands_when_its_neighbours_fail, is_read_only_until_a_probe_succeeds,
    a_database_whose_making_failed_can_be_made_again, loses_nothing_on_a_disk_that_fills,
    loses_nothing_whichever_operation_fails)
