#include "db/backup.h"

#include "base/buf.h"
#include "base/mem.h"
#include "db/db_sqlite.h"
#include "db/sqlite_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	STEP_PAGES = 512, /* between two calls of progress: 2 MiB */
	COPY_SIZE = 1024 * 1024,
};

/* A file that is being written under another name in the directory where it will live. */
struct part {
	char path[PATH_MAX];
	int fd; /* -1: none */
};

static bool
fail(struct err *err, const char *what, const char *path)
{
	return err_set(err, ERR_UNAVAILABLE, "Cannot %s %s: %s", what, path, strerror(errno));
}

/* Removes what part_keep() has not given its name. For CLEANUP(). */
static void
part_drop(struct part *p)
{
	if (p->fd < 0)
		return;
	close(p->fd);
	unlink(p->path);
	p->fd = -1;
}

static bool
exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static bool
part_make(struct part *p, const char *path, struct err *err)
{
	if (exists(path))
		return err_set(err, ERR_VALIDATION, "%s exists already; choose another name", path);
	if (snprintf(p->path, sizeof(p->path), "%s.XXXXXX", path) >= (int)sizeof(p->path)) {
		errno = ENAMETOOLONG;
		return fail(err, "make", path);
	}
	p->fd = mkostemp(p->path, O_CLOEXEC); /* mode 0600 */
	return p->fd >= 0 || fail(err, "make", path);
}

static bool
sync_directory_of(const char *path)
{
	char directory[PATH_MAX];
	const char *slash = strrchr(path, '/');

	if (slash == NULL)
		snprintf(directory, sizeof(directory), ".");
	else
		snprintf(directory, sizeof(directory), "%.*s", MAX((int)(slash - path), 1), path);
	const int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return false;
	const bool ok = fsync(fd) == 0;

	close(fd);
	return ok;
}

/* Makes the file durable and gives it its name, which nobody else has taken meanwhile. */
static bool
part_keep(struct part *p, const char *path, struct err *err)
{
	if (fsync(p->fd) != 0)
		return fail(err, "write", path);
	if (renameat2(AT_FDCWD, p->path, AT_FDCWD, path, RENAME_NOREPLACE) != 0) {
		/* Some file systems know no such rename. */
		if (errno != EINVAL || link(p->path, path) != 0)
			return fail(err, "make", path);
		unlink(p->path);
	}
	close(p->fd);
	p->fd = -1;
	return sync_directory_of(path) || fail(err, "write the directory of", path);
}

static bool
fail_sqlite(struct err *err, int rc, sqlite3 *handle, const char *path)
{
	if ((rc & 0xff) == SQLITE_FULL)
		err_set(err, ERR_UNAVAILABLE, "Cannot write %s: the disk is full", path);
	else
		err_set(err, ERR_UNAVAILABLE, "Cannot copy the database to %s", path);
	return err_cause(err, "SQLite %d: %s", rc, sqlite3_errmsg(handle));
}

static bool
copy_pages(sqlite3 *from, sqlite3 *to, const char *path, backup_progress *progress, void *arg,
    struct err *err)
{
	sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
	int rc = SQLITE_OK;

	if (b == NULL)
		return fail_sqlite(err, sqlite3_errcode(to), to, path);
	while (rc == SQLITE_OK) {
		rc = sqlite3_backup_step(b, STEP_PAGES);
		const int all = sqlite3_backup_pagecount(b);

		if (progress != NULL)
			progress(arg, all - sqlite3_backup_remaining(b), all);
	}
	sqlite3_backup_finish(b);
	return rc == SQLITE_DONE || fail_sqlite(err, rc, to, path);
}

/* The copy needs no journal: a crash leaves a part, which nobody takes for a backup. */
static bool
copy_to(
    struct db_conn *c, const struct part *p, backup_progress *progress, void *arg, struct err *err)
{
	sqlite3 *to = NULL;
	int rc = sqlite3_open_v2(p->path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, "unix");

	if (rc == SQLITE_OK)
		rc = sqlite3_exec(
		    to, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", NULL, NULL, NULL);
	const bool ok = rc == SQLITE_OK
	    ? copy_pages(db_sqlite_handle(c), to, p->path, progress, arg, err)
	    : fail_sqlite(err, rc, to, p->path);

	sqlite3_close(to);
	return ok;
}

/*
 * One transaction over all steps: the copy is of one moment, and writers do not make it begin
 * again.
 */
static bool
copy_snapshot(
    struct db_conn *c, const struct part *p, backup_progress *progress, void *arg, struct err *err)
{
	bool has;

	if (!db_begin(c, err))
		return false;
	const bool ok =
	    db_has_table(c, STR("migration"), &has, err) && copy_to(c, p, progress, arg, err);

	db_rollback(c);
	return ok;
}

bool
backup_make(struct db *db, const char *file, backup_progress *progress, void *arg, struct err *err)
{
	CLEANUP(part_drop) struct part p = { .fd = -1 };
	struct db_conn *c;

	if (db->driver != &DB_SQLITE_DRIVER)
		return err_set(err, ERR_NOT_IMPLEMENTED,
		    "This database has tools of its own for backups; use those");
	if (!part_make(&p, file, err) || !db_connect(db, DB_READ, &c, err))
		return false;
	const bool ok = copy_snapshot(c, &p, progress, arg, err);

	db_disconnect(c);
	return ok && part_keep(&p, file, err);
}

/* A backup is one file. One with a log beside it is a live database: copied alone it would lack
 * rows. */
static bool
has_log(const char *path)
{
	char log[PATH_MAX];
	struct stat st;

	return snprintf(log, sizeof(log), "%s-wal", path) < (int)sizeof(log) &&
	    stat(log, &st) == 0 && st.st_size > 0;
}

/* "file:/a%20b?immutable=1": read without locks, and without making files beside it. */
static void
put_uri(struct buf *b, const char *path)
{
	static const char HEX[] = "0123456789ABCDEF";

	buf_lit(b, "file:");
	if (path[0] == '/')
		buf_lit(b, "//");
	for (const char *at = path; *at != 0; at++) {
		if (char_is_word(*at) || *at == '/' || *at == '.' || *at == '-') {
			buf_put_char(b, *at);
			continue;
		}
		buf_put_char(b, '%');
		buf_put_char(b, HEX[((unsigned char)*at >> 4) & 15]);
		buf_put_char(b, HEX[(unsigned char)*at & 15]);
	}
	buf_lit(b, "?immutable=1");
	buf_put_char(b, 0);
}

static bool
open_immutable(const char *path, sqlite3 **out)
{
	CLEANUP(buf_free) struct buf uri = BUF_INIT(4 * PATH_MAX);

	put_uri(&uri, path);
	return buf_ok(&uri) &&
	    sqlite3_open_v2(uri.ptr, out,
		SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, "unix") == SQLITE_OK;
}

/* What sqlite_file.c says of a damaged database is of one in use, which a backup replaces. */
static bool
refuse_damaged(const char *file, struct err *err)
{
	return err_set(err, ERR_UNAVAILABLE,
	    "%s is damaged, or no backup of symbolon: take another one", file);
}

static bool
verify_opened(sqlite3 *handle, const char *file, struct err *err)
{
	bool empty;

	sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	if (!sqlite_file_check(handle, file, &empty, err)) {
		const int rc = sqlite3_errcode(handle) & 0xff;

		return (rc == SQLITE_NOTADB || rc == SQLITE_CORRUPT) && refuse_damaged(file, err);
	}
	if (empty)
		return err_set(err, ERR_UNAVAILABLE, "%s holds nothing: it is no backup", file);
	return sqlite_file_quick_check(handle, file, err) || refuse_damaged(file, err);
}

bool
backup_verify(const char *file, struct err *err)
{
	sqlite3 *handle = NULL;
	struct stat st;

	sqlite_file_setup();
	if (stat(file, &st) != 0)
		return fail(err, "read", file);
	if (has_log(file))
		return err_set(err, ERR_VALIDATION,
		    "%s has a -wal file beside it: it is a database in use and no backup; make one "
		    "with: "
		    "symbolon backup FILE",
		    file);
	bool ok = open_immutable(file, &handle);

	if (!ok)
		err_set(err, ERR_UNAVAILABLE, "Cannot read %s", file);
	else
		ok = verify_opened(handle, file, err);
	sqlite3_close(handle);
	return ok;
}

/* *size: how many rows out has room for; with none they are only counted. */
static bool
take_rows(sqlite3_stmt *query, struct arena *a, struct str *out, size_t size, size_t *len)
{
	struct err ignored;
	int rc;

	for (*len = 0; (rc = sqlite3_step(query)) == SQLITE_ROW; ++*len) {
		const char *text = (const char *)sqlite3_column_text(query, 0);

		if (*len < size &&
		    !arena_str(a, str_from(text == NULL ? "" : text), &out[*len], &ignored))
			return false;
	}
	sqlite3_reset(query);
	return rc == SQLITE_DONE;
}

bool
backup_read(const char *file, struct str sql, struct arena *a, struct str **out, size_t *len,
    struct err *err)
{
	sqlite3 *handle = NULL;
	sqlite3_stmt *query = NULL;
	size_t n = 0;
	bool ok = open_immutable(file, &handle) &&
	    sqlite3_prepare_v2(handle, sql.ptr, (int)sql.len, &query, NULL) == SQLITE_OK &&
	    take_rows(query, a, NULL, 0, &n);

	if (ok) {
		*out = ARENA_NEW_ARRAY(a, struct str, n + 1);
		ok = *out != NULL && take_rows(query, a, *out, n, len);
	}
	sqlite3_finalize(query);
	sqlite3_close(handle);
	return ok || err_set(err, ERR_UNAVAILABLE, "Cannot read %s", file);
}

static bool
write_all(int fd, const char *bytes, size_t len)
{
	while (len > 0) {
		const ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		bytes += n;
		len -= (size_t)n;
	}
	return true;
}

static bool
copy_bytes(int from, int to)
{
	CLEANUP(mem_freep) char *bytes = mem_alloc(COPY_SIZE);

	for (;;) {
		const ssize_t n = read(from, bytes, COPY_SIZE);

		if (n == 0)
			return true;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || !write_all(to, bytes, (size_t)n))
			return false;
	}
}

bool
backup_restore(const char *file, const char *target, struct err *err)
{
	CLEANUP(part_drop) struct part p = { .fd = -1 };

	if (!backup_verify(file, err))
		return false;
	if (has_log(target))
		return err_set(err, ERR_VALIDATION,
		    "%s-wal is left from another database; move it away first", target);
	if (!part_make(&p, target, err))
		return false;
	const int from = open(file, O_RDONLY | O_CLOEXEC);

	if (from < 0)
		return fail(err, "read", file);
	const bool ok = copy_bytes(from, p.fd) || fail(err, "write", target);

	close(from);
	return ok && part_keep(&p, target, err);
}
