#include "tests/unit/scratch.h"

#include "server/datadir.h"

static void
touch(const struct scratch *s, const char *name)
{
	const int fd = open(scratch_file(s, name), O_WRONLY | O_CREAT, 0600);

	CHECK(fd >= 0);
	close(fd);
}

static struct conf
conf_for(struct str dir)
{
	return (struct conf){ .server = { .data = dir } };
}

static void
makes_a_directory_of_its_own(void **state UNUSED)
{
	struct scratch s;
	struct stat st;

	scratch_dir(&s);
	char path[SCRATCH_PATH + 64];

	snprintf(path, sizeof(path), "%s", scratch_file(&s, "data"));
	const struct conf conf = conf_for(str_from(path));

	CHECK(!datadir_check(&conf, false, &s.err));
	CHECK_CASE(s.err.msg, strstr(s.err.msg, "symbolon serve --data") != NULL);
	CHECK_OK(&s, datadir_check(&conf, true, &s.err));
	CHECK(stat(path, &st) == 0 && (st.st_mode & 0777) == 0700);
	CHECK_OK(&s, datadir_check(&conf, false, &s.err));
	rmdir(path);
	scratch_remove(&s);
}

static void
refuses_what_is_something_else(void **state UNUSED)
{
	static const struct {
		const char *what, *has, *words; /* words NULL: accepted */
	} cases[] = {
		{ "an empty directory", NULL, NULL },
		{ "one with settings", "symbolon.conf", NULL },
		{ "a mount point", "lost+found", NULL },
		{ "the lock of an earlier try", "lock", NULL },
		{ "a site", "symbolon.db", NULL },
		{ "half a first start", "first-start", NULL },
		{ "someone's files", "thesis.tex", "it holds \"thesis.tex\"" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct scratch s;

		scratch_dir(&s);
		const struct conf conf = conf_for(str_from(s.dir));

		if (cases[i].has != NULL)
			touch(&s, cases[i].has);
		const bool ok = datadir_check(&conf, true, &s.err);

		CHECK_CASE(cases[i].what, ok == (cases[i].words == NULL));
		if (cases[i].words != NULL)
			CHECK_CASE(s.err.msg, strstr(s.err.msg, cases[i].words) != NULL);
		scratch_remove(&s);
	}
}

static void
refuses_a_file(void **state UNUSED)
{
	struct scratch s;
	char path[SCRATCH_PATH + 64];

	scratch_dir(&s);
	touch(&s, "file");
	snprintf(path, sizeof(path), "%s", scratch_file(&s, "file"));
	const struct conf conf = conf_for(str_from(path));

	CHECK(!datadir_check(&conf, true, &s.err));
	CHECK(strstr(s.err.msg, "is no directory") != NULL);
	scratch_remove(&s);
}

static void
is_locked_once(void **state UNUSED)
{
	struct scratch s;
	char pid[32];
	int first, second;

	scratch_dir(&s);
	const struct conf conf = conf_for(str_from(s.dir));

	CHECK(!datadir_is_locked(&conf));
	CHECK_OK(&s, datadir_lock(&conf, &first, &s.err));
	CHECK(datadir_is_locked(&conf));
	CHECK(!datadir_lock(&conf, &second, &s.err));
	snprintf(pid, sizeof(pid), "by process %d ", (int)getpid());
	CHECK_CASE(s.err.msg, strstr(s.err.msg, pid) != NULL);
	close(first);
	CHECK(!datadir_is_locked(&conf));
	CHECK_OK(&s, datadir_lock(&conf, &second, &s.err));
	close(second);
	scratch_remove(&s);
}

static void
refuses_a_path_that_is_too_long(void **state UNUSED)
{
	static char path[DATADIR_PATH_SIZE];
	char out[DATADIR_PATH_SIZE];
	struct err err;

	memset(path, 'x', sizeof(path) - 1);
	const struct conf conf = conf_for(str_from(path));

	CHECK(!datadir_path(&conf, "lock", out, &err));
	CHECK(!datadir_check(&conf, true, &err));
	CHECK(!datadir_is_locked(&conf));
}

UNIT_TESTS(makes_a_directory_of_its_own, refuses_what_is_something_else, refuses_a_file,
    is_locked_once, refuses_a_path_that_is_too_long)
