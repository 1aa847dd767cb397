#include "tests/unit/scratch.h"

#include <sqlite3.h>
#include <sys/wait.h>

static void
write_file(const struct scratch *s, const char *text, size_t at)
{
	const int fd = open(s->path, O_RDWR | O_CREAT, 0600);

	CHECK(fd >= 0);
	CHECK(pwrite(fd, text, strlen(text), (off_t)at) == (ssize_t)strlen(text));
	close(fd);
}

static void
put_garbage(struct scratch *s)
{
	write_file(
	    s, "This is no database at all, but a text that is longer than a header.........", 0);
}

static void
damage_a_page(struct scratch *s)
{
	scratch_open(s);
	for (int i = 0; i < 2000; i++) {
		char name[64];

		snprintf(name, sizeof(name), "a name of some length that fills pages %d", i);
		CHECK_OK(s, scratch_insert(s->c, str_from(name), &s->err));
	}
	scratch_close(s);
	write_file(s, "damage damage damage damage damage damage damage damage", 4096 * 20);
}

static void
cut_off(struct scratch *s)
{
	scratch_open(s);
	scratch_close(s);
	CHECK(truncate(s->path, 8192) == 0);
}

/* As another program would do it. */
static void
run_elsewhere(struct scratch *s, const char *sql)
{
	sqlite3 *handle;

	scratch_open(s);
	scratch_close(s);
	CHECK(sqlite3_open(s->path, &handle) == SQLITE_OK);
	CHECK(sqlite3_exec(handle, sql, NULL, NULL, NULL) == SQLITE_OK);
	sqlite3_close(handle);
}

static void
make_foreign(struct scratch *s)
{
	run_elsewhere(s, "PRAGMA application_id = 5");
}

static void
make_newer(struct scratch *s)
{
	run_elsewhere(s, "PRAGMA user_version = 9999");
}

static void
make_nothing(struct scratch *s UNUSED)
{
}

static void
tells_the_operator_what_is_wrong_with_a_file(void **state UNUSED)
{
	static const struct {
		const char *what;
		void (*make)(struct scratch *s);
		bool create;
		const char *says;
	} cases[] = {
		{ "no file", make_nothing, false, "no database" },
		{ "garbage", put_garbage, true, "symbolon restore" },
		{ "a damaged page", damage_a_page, true, "symbolon restore" },
		{ "cut off", cut_off, true, "symbolon restore" },
		{ "another program's", make_foreign, true, "another program" },
		{ "a newer symbolon's", make_newer, true, "newer symbolon" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct scratch s;
		struct db *db;
		struct err err;

		scratch_dir(&s);
		cases[i].make(&s);
		struct db_options options = scratch_options(&s);

		options.create = cases[i].create;
		CHECK_CASE(cases[i].what, !db_open(&options, &db, &err));
		CHECK_CASE(err.msg, err.kind == ERR_UNAVAILABLE);
		CHECK_CASE(err.msg, strstr(err.msg, cases[i].says) != NULL);
		CHECK_CASE(
		    err.msg, strstr(err.msg, s.path) != NULL || strstr(err.msg, s.dir) != NULL);
		scratch_remove(&s);
	}
}

static void
makes_a_file_that_others_cannot_read(void **state UNUSED)
{
	const mode_t before = umask(0);
	struct scratch s;
	struct stat st;

	scratch_dir(&s);
	scratch_open(&s);
	umask(before);
	CHECK(stat(s.path, &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK(stat(scratch_file(&s, "symbolon.db-wal"), &st) == 0 && (st.st_mode & 0777) == 0600);
	scratch_close(&s);
	scratch_remove(&s);
}

static void
keeps_other_processes_out(void **state UNUSED)
{
	struct scratch s;
	int pipes[2];
	int status = -1;
	char byte = 0;

	scratch_dir(&s);
	CHECK(pipe(pipes) == 0);
	/* Forked before SQLite is used: the child's SQLite knows nothing of ours. */
	const pid_t child = fork();

	if (child == 0) {
		const struct db_options options = scratch_options(&s);
		struct db *db;
		struct err err = { 0 };

		if (read(pipes[0], &byte, 1) != 1)
			_exit(2);
		const bool opened = db_open(&options, &db, &err);

		_exit(!opened && strstr(err.msg, "another program") != NULL ? 0 : 1);
	}
	scratch_open(&s);
	CHECK(write(pipes[1], &byte, 1) == 1);
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	close(pipes[0]);
	close(pipes[1]);
	scratch_close(&s);
	scratch_remove(&s);
}

UNIT_TESTS(keeps_other_processes_out, tells_the_operator_what_is_wrong_with_a_file,
    makes_a_file_that_others_cannot_read)
