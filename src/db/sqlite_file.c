#include "db/sqlite_file.h"

#include "db/sqlite_rules.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	DEFAULT_BUSY_MS = 5000,
	SMALL_FILE = 32 * 1024 * 1024, /* is checked whole at each start: takes under 0.1 s */
	/* Of a savepoint: in memory up to here, then written at once, which SQLite does with at
	 * most 0x1ffff bytes: it takes a longer one for a full disk. */
	STATEMENT_JOURNAL = 0x1ffff,
};

static const char EVERY[] = "PRAGMA synchronous = FULL;"
			    "PRAGMA journal_size_limit = 67108864;";
/* Readers take damage as they find it: to check every cell of every page costs a fifth of a read.
 */
static const char WRITER[] = "PRAGMA cache_size = -16000; PRAGMA cell_size_check = ON;";
static const char READER[] = "PRAGMA query_only = ON;";
static const char MMAP[] = "PRAGMA mmap_size = 2147418112;";
static const char NO_MMAP[] = "PRAGMA mmap_size = 0;";

static void
setup(void)
{
	/* Each connection is used by one thread at a time, so that it needs no mutex of its own. */
	sqlite3_config(SQLITE_CONFIG_MULTITHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	sqlite3_config(SQLITE_CONFIG_STMTJRNL_SPILL, STATEMENT_JOURNAL);
	sqlite3_initialize();
}

void
sqlite_file_setup(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, setup);
}

static bool
fail(sqlite3 *handle, int rc, const char *path, struct err *err)
{
	switch (rc & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		err_set(err, ERR_UNAVAILABLE,
		    "The database %s is damaged. Move it away, and its -wal file with it, then "
		    "restore a "
		    "backup: symbolon restore FILE",
		    path);
		break;
	case SQLITE_BUSY:
		err_set(err, ERR_UNAVAILABLE,
		    "The database %s is open in another program; stop that one first", path);
		break;
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_READONLY:
		err_set(err, ERR_UNAVAILABLE,
		    "Cannot open the database %s for writing: see to the permissions of the file "
		    "and its directory",
		    path);
		break;
	case SQLITE_FULL:
	case SQLITE_IOERR:
		err_set(err, ERR_UNAVAILABLE,
		    "Cannot use the database %s: the disk is full or fails", path);
		break;
	default:
		err_set(err, ERR_UNAVAILABLE, "Cannot use the database %s", path);
	}
	return err_cause(err, "SQLite %d: %s", rc, handle == NULL ? "" : sqlite3_errmsg(handle));
}

/* The first column of the first row; an SQLite result code. */
static int
ask(sqlite3 *handle, const char *sql, int64_t *out)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(handle, sql, -1, &s, NULL);

	if (rc != SQLITE_OK)
		return rc;
	rc = sqlite3_step(s);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int64(s, 0);
	sqlite3_finalize(s);
	return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

bool
sqlite_file_check(sqlite3 *handle, const char *path, bool *empty, struct err *err)
{
	int64_t tables = 0;
	int64_t application = 0;
	int64_t format = 0;
	int rc = ask(handle, "SELECT count(*) FROM sqlite_schema", &tables);

	if (rc == SQLITE_OK)
		rc = ask(handle, "PRAGMA application_id", &application);
	if (rc == SQLITE_OK)
		rc = ask(handle, "PRAGMA user_version", &format);
	if (rc != SQLITE_OK)
		return fail(handle, rc, path, err);
	*empty = tables == 0 && application == 0;
	if (*empty)
		return true;
	if (application != SQLITE_FILE_APPLICATION)
		return err_set(err, ERR_UNAVAILABLE,
		    "%s is a database of another program; give symbolon a directory of its own",
		    path);
	if (format > SQLITE_FILE_FORMAT)
		return err_set(err, ERR_UNAVAILABLE,
		    "The database %s was made by a newer symbolon (format %" PRId64
		    ", this one knows %d). "
		    "Install that version, or restore an older backup",
		    path, format, SQLITE_FILE_FORMAT);
	return true;
}

bool
sqlite_file_quick_check(sqlite3 *handle, const char *path, struct err *err)
{
	sqlite3_stmt *s = NULL;
	int rc = sqlite3_prepare_v2(handle, "PRAGMA quick_check(1)", -1, &s, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(s);
	const char *said = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(s, 0) : NULL;
	const bool whole = said != NULL && str_eq(str_from(said), STR("ok"));

	if (!whole) {
		fail(handle, rc == SQLITE_ROW ? SQLITE_CORRUPT : rc, path, err);
		if (said != NULL)
			err_cause(err, "quick_check: %s", said);
	}
	sqlite3_finalize(s);
	return whole;
}

bool
sqlite_file_init(
    struct sqlite_file *f, const struct db_options *options, struct str path, struct err *err)
{
	if (path.len == 0 || path.len >= sizeof(f->path) || memchr(path.ptr, 0, path.len) != NULL)
		return err_set(err, ERR_UNAVAILABLE,
		    "The database's path is empty or too long; use sqlite:PATH");
	*f = (struct sqlite_file){
		.vfs = options->vfs == NULL ? "unix-excl" : options->vfs,
		.mmap = options->mmap,
		.create = options->create,
		.busy_timeout_ms =
		    options->busy_timeout_ms > 0 ? options->busy_timeout_ms : DEFAULT_BUSY_MS,
	};
	memcpy(f->path, path.ptr, path.len);
	return true;
}

static int
configure(sqlite3 *handle, const struct sqlite_file *f, bool write)
{
	sqlite_rules_limit(handle);
	sqlite3_extended_result_codes(handle, 1);
	sqlite3_busy_timeout(handle, f->busy_timeout_ms);

	const char *const texts[] = { EVERY, f->mmap ? MMAP : NO_MMAP, write ? WRITER : READER };
	int rc = SQLITE_OK;

	for (size_t i = 0; i < ARRAY_LEN(texts) && rc == SQLITE_OK; i++)
		rc = sqlite3_exec(handle, texts[i], NULL, NULL, NULL);
	return rc;
}

/* Without the rules on statements. */
static bool
open_free(const struct sqlite_file *f, bool write, sqlite3 **out, struct err *err)
{
	sqlite3 *handle = NULL;

	sqlite_file_setup();
	int rc = sqlite3_open_v2(f->path, &handle,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE, f->vfs);

	if (rc == SQLITE_OK)
		rc = configure(handle, f, write);
	if (rc == SQLITE_OK && sqlite3_db_readonly(handle, "main") != 0)
		rc = SQLITE_READONLY;
	if (rc != SQLITE_OK) {
		fail(handle, rc, f->path, err);
		sqlite3_close(handle);
		return false;
	}
	*out = handle;
	return true;
}

bool
sqlite_file_open(const struct sqlite_file *f, bool write, sqlite3 **out, struct err *err)
{
	if (!open_free(f, write, out, err))
		return false;
	sqlite_rules_close(*out, write);
	return true;
}

/*
 * Sorts that do not fit the cache go to files, unlinked at once: in the directory of the database,
 * which is writable for us even where /tmp is not.
 */
static int
keep_temporary_files_beside(sqlite3 *handle, const char *path)
{
	const char *slash = strrchr(path, '/');
	char *sql = sqlite3_mprintf("PRAGMA temp_store_directory = '%.*q'",
	    slash == NULL ? 1 : MAX((int)(slash - path), 1), slash == NULL ? "." : path);
	const int rc = sql == NULL ? SQLITE_NOMEM : sqlite3_exec(handle, sql, NULL, NULL, NULL);

	sqlite3_free(sql);
	return rc;
}

/* An empty file of mode 0600, whatever the umask; SQLite gives its -wal file the same. */
static bool
make_file(const char *path, struct err *err)
{
	const int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 && errno != EEXIST)
		return err_set(
		    err, ERR_UNAVAILABLE, "Cannot make the database %s: %s", path, strerror(errno));
	if (fd >= 0)
		close(fd);
	return true;
}

/* Makes an empty file ours. It stays "empty" to sqlite_file_check() until the last step. */
static bool
begin_file(sqlite3 *handle, const char *path, struct err *err)
{
	char sql[160];

	snprintf(sql, sizeof(sql),
	    "PRAGMA journal_mode = WAL; BEGIN IMMEDIATE; PRAGMA application_id = %d;"
	    "PRAGMA user_version = %d; COMMIT;",
	    SQLITE_FILE_APPLICATION, SQLITE_FILE_FORMAT);
	const int rc = sqlite3_exec(handle, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK || fail(handle, rc, path, err);
}

static bool
check_opened(const struct sqlite_file *f, sqlite3 *handle, int64_t size, struct err *err)
{
	bool empty = false;

	if (!sqlite_file_check(handle, f->path, &empty, err))
		return false;
	if (empty && !f->create)
		return err_set(err, ERR_UNAVAILABLE, "There is no database in %s", f->path);
	if (empty)
		return begin_file(handle, f->path, err);
	if (size <= SMALL_FILE && !sqlite_file_quick_check(handle, f->path, err))
		return false;
	/* A restored backup may have another journal mode. */
	const int rc = sqlite3_exec(handle, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);

	return rc == SQLITE_OK || fail(handle, rc, f->path, err);
}

bool
sqlite_file_make(const struct sqlite_file *f, sqlite3 **keeper, struct err *err)
{
	struct stat st = { 0 };
	sqlite3 *handle;

	if (f->create && !make_file(f->path, err))
		return false;
	if (stat(f->path, &st) != 0)
		return err_set(
		    err, ERR_UNAVAILABLE, "There is no database %s: %s", f->path, strerror(errno));
	if (!open_free(f, true, &handle, err))
		return false;
	const int rc = keep_temporary_files_beside(handle, f->path);

	if (rc != SQLITE_OK)
		fail(handle, rc, f->path, err);
	if (rc != SQLITE_OK || !check_opened(f, handle, st.st_size, err)) {
		sqlite3_close(handle);
		return false;
	}
	*keeper = handle;
	return true;
}
