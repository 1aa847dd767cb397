#include "doc/file_sweep.h"

#include "base/clock.h"
#include "base/log.h"
#include "doc/file_part.h"
#include "doc/file_store.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 500 };

const struct str FILE_SWEEP_SQL_NAMED =
    STR_INIT("SELECT DISTINCT `content_hash` FROM `tabFile` WHERE `content_hash` <> '' "
	     "AND `content_hash` NOT IN (SELECT hash FROM file_content)");
static const struct str NAMED =
    STR_INIT("SELECT 1 FROM `tabFile` WHERE `content_hash` COLLATE NOCASE = ?1 LIMIT 1");
static const struct str PAGE_OF_FILES =
    STR_INIT("SELECT `name`, `content_hash`, `file_size` FROM `tabFile` WHERE `name` > ?1"
	     " ORDER BY `name` LIMIT ?2");

static const struct str TEMPORARY = STR_INIT(".new-");

/* Is it a file of ours that was last used before that time? */
static bool
is_old(int dir, const char *name, int64_t before_us)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	    (int64_t)st.st_mtim.tv_sec * CLOCK_US_PER_S + st.st_mtim.tv_nsec / 1000 < before_us;
}

/* Looks once more under the lock that uploads take when they use it: see file_store.c. */
static void
remove_old(int dir, const char *name, int64_t before_us, int64_t *removed)
{
	if (flock(dir, LOCK_EX) != 0)
		return;
	if (is_old(dir, name, before_us) && unlinkat(dir, name, 0) == 0)
		++*removed;
	flock(dir, LOCK_UN);
}

/* A sweep of the directory under way. */
struct sweep {
	struct db_conn *c;
	struct arena *arena;
	int dir;
	int64_t before_us;
	int64_t *removed;
};

static bool
sweep_entry(const struct sweep *s, const char *entry, struct err *err)
{
	const struct str name = str_from(entry);
	const struct value params[] = { value_text(name) };
	const bool is_temporary = str_starts(name, TEMPORARY);
	struct value one;
	bool named = false;

	if (!is_old(s->dir, entry, s->before_us) || !(is_temporary || file_store_is_hash(name)))
		return true;
	if (!is_temporary && !db_query_row(s->c, s->arena, NAMED, params, 1, &one, 1, &named, err))
		return false;
	if (!named)
		remove_old(s->dir, entry, s->before_us, s->removed);
	return true;
}

bool
file_sweep_directory(const struct conf *conf, struct db_conn *c, struct arena *a, int64_t before_us,
    int64_t *removed, struct err *err)
{
	const struct dirent *entry;
	bool ok = true;
	int fd;

	*removed = 0;
	if (!file_store_directory(conf, &fd, err))
		return false;
	const struct sweep s = { c, a, fd, before_us, removed };
	DIR *dir = fdopendir(fd);

	if (dir == NULL) {
		close(fd);
		return err_set(err, ERR_UNAVAILABLE, "DIR/files cannot be read");
	}
	while (ok && (entry = readdir(dir)) != NULL)
		ok = sweep_entry(&s, entry->d_name, err);
	closedir(dir);
	return ok;
}

/* ---- documents without bytes ---- */

struct row {
	struct str name, hash;
	int64_t size;
};

static bool
read_page(struct db_conn *c, struct arena *a, struct str after, struct row *rows, size_t *len,
    struct err *err)
{
	const struct value params[] = { value_text(after), value_int(PAGE) };
	CLEANUP(db_rows_closep) struct db_rows *r = NULL;
	enum db_step step;

	if (!db_query(c, PAGE_OF_FILES, params, ARRAY_LEN(params), &r, err))
		return false;
	for (*len = 0; (step = db_next(r, err)) == DB_ROW && *len < PAGE; ++*len) {
		const struct value size = db_column(r, 2);

		if (!arena_str(a, value_str(db_column(r, 0)), &rows[*len].name, err) ||
		    !arena_str(a, value_str(db_column(r, 1)), &rows[*len].hash, err))
			return false;
		rows[*len].size = size.kind == VALUE_INT ? size.i : 0;
	}
	return step != DB_FAILED;
}

static bool
is_missing(int dir, struct db_conn *c, const struct row *row, bool *missing, struct err *err)
{
	struct stat st;

	*missing = false;
	if (row->hash.len == 0) /* folders, links to elsewhere */
		return true;
	/* The arena's copy ends in NUL. */
	if (fstatat(dir, row->hash.ptr, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size == row->size && file_store_is_hash(row->hash))
		return true;
	if (!file_part_has(c, row->hash, row->size, missing, err))
		return false;
	*missing = !*missing;
	return true;
}

static bool
walk(int dir, struct db_conn *c, struct arena *a, file_missing *each, void *arg, struct err *err)
{
	struct row *rows = ARENA_NEW_ARRAY(a, struct row, PAGE);
	const struct arena_mark mark = arena_mark(a);
	char last[256];
	struct str after = STR("");
	size_t len;

	if (rows == NULL)
		return err_memory(err);
	do {
		bool missing;

		arena_rewind(a, mark);
		if (!read_page(c, a, after, rows, &len, err))
			return false;
		for (size_t i = 0; i < len; i++) {
			if (!is_missing(dir, c, &rows[i], &missing, err))
				return false;
			if (missing)
				each(arg, rows[i].name);
		}
		if (len > 0) {
			after = str_sub(rows[len - 1].name, 0, sizeof(last));
			memcpy(last, after.ptr, after.len);
			after.ptr = last;
		}
	} while (len == PAGE);
	return true;
}

bool
file_sweep_missing(const struct conf *conf, struct db_conn *c, struct arena *a, file_missing *each,
    void *arg, struct err *err)
{
	int dir;

	if (!file_store_directory(conf, &dir, err))
		return false;
	const bool ok = walk(dir, c, a, each, arg, err);

	close(dir);
	return ok;
}
