#include "tests/unit/scratch.h"

#include "db/backup.h"

static void
fill(struct scratch *s, int from, int to)
{
	CHECK_OK(s, db_begin(s->c, &s->err));
	for (int i = from; i < to; i++) {
		char name[200];

		snprintf(name, sizeof(name), "%0150d", i);
		CHECK_OK(s, scratch_insert(s->c, str_from(name), &s->err));
	}
	CHECK_OK(s, db_commit(s->c, &s->err));
}

struct watch {
	struct scratch *s;
	int64_t done, total;
	int calls;
};

/* Writes between two steps of the copy: the copy must neither begin again nor show it. */
static void
write_meanwhile(void *arg, int64_t done, int64_t total)
{
	struct watch *w = arg;

	CHECK(done >= w->done && done <= total);
	w->done = done;
	w->total = total;
	w->calls++;
	fill(w->s, 1000000 + 10 * w->calls, 1000000 + 10 * w->calls + 10);
}

static int64_t
rows_of(struct scratch *s, const char *file)
{
	struct scratch copy = *s;
	struct db_conn *c;

	snprintf(copy.url, sizeof(copy.url), "sqlite:%s", file);
	const struct db_options options = scratch_options(&copy);

	CHECK_OK(s, db_open(&options, &copy.db, &s->err));
	CHECK_OK(s, db_connect(copy.db, DB_READ, &c, &s->err));
	const int64_t rows = scratch_number(s, c, STR("SELECT count(*) FROM tabNote"));

	db_disconnect(c);
	db_close(copy.db);
	return rows;
}

static void
copies_one_moment_while_others_write(void **state UNUSED)
{
	struct scratch s;
	struct watch w = { .s = &s };
	struct stat st;
	char copy[SCRATCH_PATH + 64], restored[SCRATCH_PATH + 64];

	scratch_dir(&s);
	scratch_open(&s);
	fill(&s, 0, 20000);
	snprintf(copy, sizeof(copy), "%s", scratch_file(&s, "a backup%20?#.db"));
	snprintf(restored, sizeof(restored), "%s", scratch_file(&s, "restored.db"));
	CHECK_OK(&s, backup_make(s.db, copy, write_meanwhile, &w, &s.err));
	CHECK(w.calls > 2 && w.done == w.total);
	CHECK(stat(copy, &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK_OK(&s, backup_verify(copy, &s.err));
	CLEANUP(arena_freep) struct arena *a = arena_new(1024 * 1024);
	struct str *names;
	size_t len;

	CHECK_OK(&s,
	    backup_read(
		copy, STR("SELECT name FROM migration ORDER BY name"), a, &names, &len, &s.err));
	CHECK(len > 0 && str_eq(names[0], STR("0001_base")));
	CHECK(!backup_read(copy, STR("SELECT nope FROM migration"), a, &names, &len, &s.err));
	CHECK_OK(&s, backup_restore(copy, restored, &s.err));
	CHECK(stat(restored, &st) == 0 && (st.st_mode & 0777) == 0600);
	CHECK(rows_of(&s, restored) == 20000);
	scratch_close(&s);
	scratch_remove(&s);
}

static void
takes_nobodys_name(void **state UNUSED)
{
	struct scratch s;
	struct err err;
	char copy[SCRATCH_PATH + 64];

	scratch_dir(&s);
	scratch_open(&s);
	snprintf(copy, sizeof(copy), "%s", scratch_file(&s, "copy.db"));
	CHECK_OK(&s, backup_make(s.db, copy, NULL, NULL, &s.err));
	CHECK(!backup_make(s.db, copy, NULL, NULL, &err) && err.kind == ERR_VALIDATION);
	CHECK(!backup_restore(copy, s.path, &err) && strstr(err.msg, s.path) != NULL);
	CHECK(!backup_make(s.db, scratch_file(&s, "no/such/directory"), NULL, NULL, &err));
	CHECK(err.kind == ERR_UNAVAILABLE);
	scratch_close(&s);
	scratch_remove(&s);
}

static void
put(const struct scratch *s, const char *name, const char *text, off_t at)
{
	const int fd = open(scratch_file(s, name), O_RDWR | O_CREAT, 0600);

	CHECK(fd >= 0 && pwrite(fd, text, strlen(text), at) == (ssize_t)strlen(text));
	close(fd);
}

static void
refuses_to_restore_what_is_not_whole(void **state UNUSED)
{
	static const struct {
		const char *what, *file, *says;
	} cases[] = {
		{ "a file that is not there", "none.db", "none.db" },
		{ "an empty file", "empty.db", "no backup" },
		{ "a text", "text.db", "no backup of symbolon" },
		{ "a damaged copy", "damaged.db", "take another" },
		{ "a copy that is cut off", "cut.db", "damaged" },
		{ "a live database", "symbolon.db", "symbolon backup" },
	};
	struct scratch s;
	char target[SCRATCH_PATH + 64], copy[SCRATCH_PATH + 64];

	scratch_dir(&s);
	scratch_open(&s);
	fill(&s, 0, 3000);
	for (int i = 0; i < 2; i++) {
		snprintf(
		    copy, sizeof(copy), "%s", scratch_file(&s, i == 0 ? "damaged.db" : "cut.db"));
		CHECK_OK(&s, backup_make(s.db, copy, NULL, NULL, &s.err));
	}
	put(&s, "damaged.db", "damage damage damage damage damage damage", 4096 * 30);
	CHECK(truncate(scratch_file(&s, "cut.db"), 4096 * 30) == 0);
	put(&s, "empty.db", "", 0);
	put(&s, "text.db", "a text that is longer than the header of a database ..............", 0);
	snprintf(target, sizeof(target), "%s", scratch_file(&s, "target.db"));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct err err;

		CHECK_CASE(
		    cases[i].what, !backup_restore(scratch_file(&s, cases[i].file), target, &err));
		CHECK_CASE(err.msg, strstr(err.msg, cases[i].says) != NULL);
		CHECK_CASE(cases[i].what, access(target, F_OK) != 0);
	}
	scratch_close(&s);
	scratch_remove(&s);
}

static void
refuses_a_target_with_an_old_log(void **state UNUSED)
{
	struct scratch s;
	struct err err;
	char copy[SCRATCH_PATH + 64];

	scratch_dir(&s);
	scratch_open(&s);
	snprintf(copy, sizeof(copy), "%s", scratch_file(&s, "copy.db"));
	CHECK_OK(&s, backup_make(s.db, copy, NULL, NULL, &s.err));
	put(&s, "target.db-wal", "frames of another database", 0);
	CHECK(!backup_restore(copy, scratch_file(&s, "target.db"), &err));
	CHECK(strstr(err.msg, "-wal") != NULL);
	scratch_close(&s);
	scratch_remove(&s);
}

UNIT_TESTS(copies_one_moment_while_others_write, takes_nobodys_name,
    refuses_to_restore_what_is_not_whole, refuses_a_target_with_an_old_log)
