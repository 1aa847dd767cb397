#include "cli/move_place.h"

#include "cli/file.h"
#include "cli/move.h"
#include "db/migrate.h"
#include "server/claim.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
	CONNECTIONS = 2,
	QUIET_TRIES = 30, /* a node that was stopped just now is still seen for a moment */
	QUIET_MS = 100,
};

static const struct str SQLITE = STR_INIT("sqlite:");

/* What a new database is called until it is whole. */
#define HALF DATADIR_DATABASE ".moving"
static const char *const HALF_FILES[] = { HALF, HALF "-wal", HALF "-shm" };

/* ---- where ---- */

static bool
too_long(struct err *err)
{
	return err_set(err, ERR_BAD_REQUEST, "the path is too long");
}

static bool
is_directory(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool
is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

static bool
put(char *to, struct str directory, const char *name, struct err *err)
{
	const int len = snprintf(to, DATADIR_PATH_SIZE, "%.*s%s", STR_FMT(directory), name);

	return len < DATADIR_PATH_SIZE || too_long(err);
}

/* PATH is a data directory; or the database in one, or a backup of it with its key file beside it.
 */
static bool
parse_path(struct move_place *p, struct str path, struct err *err)
{
	struct str directory = path;

	if (path.len == 0)
		return err_set(err, ERR_BAD_REQUEST, "sqlite: needs a data directory behind it");
	if (!put(p->directory, path, "", err))
		return false;
	if (is_there(p->directory) && !is_directory(p->directory)) {
		while (directory.len > 0 && directory.ptr[directory.len - 1] != '/')
			directory.len--;
		if (!put(p->file, path, "", err) || !put(p->key, path, ".key", err) ||
		    !put(p->directory, directory.len == 0 ? STR("./") : directory, "", err))
			return false;
		if (is_there(p->key))
			return true;
		return put(p->key, str_from(p->directory), DATADIR_KEY, err);
	}
	return put(p->file, path, "/" DATADIR_DATABASE, err) &&
	    put(p->key, path, "/" DATADIR_KEY, err);
}

bool
move_place_parse(struct move_place *p, struct str option, struct str url, const struct conf *conf,
    struct err *err)
{
	*p = (struct move_place){ .option = option, .url = url, .conf = *conf, .lock_fd = -1 };
	p->is_file = str_starts(url, SQLITE);
	if (!p->is_file) {
		if (!str_starts(url, STR("postgresql://")) && !str_starts(url, STR("postgres://")))
			return err_set(err, ERR_BAD_REQUEST,
			    "%.*s is sqlite:DIRECTORY or postgresql://...", STR_FMT(option));
		return datadir_path(conf, DATADIR_KEY, p->key, err);
	}
	if (!parse_path(p, str_sub(url, SQLITE.len, url.len), err))
		return false;
	p->conf.server.data = str_from(p->directory);
	return true;
}

/* ---- opening ---- */

static bool
open_database(struct move_place *p, struct str url, enum db_mode mode, struct err *err)
{
	/* Without time limits: an index of a large table takes as long as it takes. */
	const struct db_options options = {
		.url = url, .create = mode == DB_WRITE, .max_connections = CONNECTIONS
	};

	return db_open(&options, &p->db, err) && db_connect(p->db, mode, &p->c, err);
}

static bool
open_file(struct move_place *p, enum db_mode mode, const char *path, struct err *err)
{
	char url[DATADIR_PATH_SIZE + 16];

	snprintf(url, sizeof(url), "%.*s%s", STR_FMT(SQLITE), path);
	return open_database(p, str_from(url), mode, err);
}

bool
move_place_is_quiet(struct move_place *p, struct err *err)
{
	const struct timespec moment = { .tv_nsec = QUIET_MS * 1000 * 1000 };
	int64_t others = 0;

	for (int i = 0; i < QUIET_TRIES; i++) {
		if (!db_others(p->c, &others, err))
			return false;
		if (others == 0)
			return true;
		nanosleep(&moment, NULL);
	}
	return err_set(err, ERR_UNAVAILABLE,
	    "it is in use (%" PRId64 " connections of symbolon): stop every node that serves it",
	    others);
}

static bool
no_site(struct move_place *p, struct err *err)
{
	return err_set(err, ERR_UNAVAILABLE, "there is no site in %.*s", STR_FMT(p->url));
}

/* Is the file the database of its directory, or a copy? */
static bool
is_in_use_there(const struct move_place *p)
{
	const char *slash = strrchr(p->file, '/');

	return strcmp(slash == NULL ? p->file : slash + 1, DATADIR_DATABASE) == 0;
}

static bool
open_source_file(struct move_place *p, struct err *err)
{
	if (!is_there(p->file) || datadir_is_first_start(&p->conf))
		return no_site(p, err);
	if (is_in_use_there(p) &&
	    (!datadir_check(&p->conf, false, err) || !datadir_lock(&p->conf, &p->lock_fd, err)))
		return false;
	return open_file(p, DB_READ, p->file, err);
}

bool
move_place_open_source(struct move_place *p, struct err *err)
{
	struct claim claim;
	bool pending;

	if (!(p->is_file ? open_source_file(p, err) : open_database(p, p->url, DB_READ, err)) ||
	    !move_place_is_quiet(p, err) || !claim_read(p->c, &claim, err) ||
	    !claim_check(&claim, err))
		return false;
	if (claim.state == CLAIM_NONE || (claim.state == CLAIM_BEGUN && !p->is_file))
		return no_site(p, err);
	if (!migrate_pending(p->db, p->c, &pending, err))
		return false;
	return !pending ||
	    err_set(err, ERR_UNAVAILABLE,
		"its tables are those of an older symbolon: start this one on it once, and stop "
		"it, "
		"before you move it");
}

/* ---- the target ---- */

static bool
remove_half(struct move_place *p, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(HALF_FILES); i++) {
		if (!datadir_remove(&p->conf, HALF_FILES[i], err))
			return false;
	}
	return true;
}

static bool
open_target_file(struct move_place *p, struct err *err)
{
	char half[DATADIR_PATH_SIZE];

	if (is_there(p->directory) && !is_directory(p->directory))
		return err_set(err, ERR_UNAVAILABLE, "%s is no directory", p->directory);
	/* What an earlier move left is no reason to take the directory for a foreign one. */
	if (datadir_has(&p->conf, HALF) && !datadir_is_locked(&p->conf) && !remove_half(p, err))
		return false;
	if (!datadir_check(&p->conf, true, err) || !datadir_lock(&p->conf, &p->lock_fd, err))
		return false;
	if (is_there(p->file) || datadir_has(&p->conf, DATADIR_DATABASE "-wal") ||
	    datadir_is_first_start(&p->conf))
		return err_set(err, ERR_UNAVAILABLE,
		    "%s holds a site already, which stays as it is: name an empty directory",
		    p->directory);
	return remove_half(p, err) && datadir_path(&p->conf, HALF, half, err) &&
	    open_file(p, DB_WRITE, half, err);
}

bool
move_place_open_target(struct move_place *p, struct err *err)
{
	if (p->is_file && str_eq(str_sub(p->url, SQLITE.len, p->url.len), str_from(p->file)))
		return err_set(
		    err, ERR_UNAVAILABLE, "%s is there already: name a directory", p->file);
	return (p->is_file ? open_target_file(p, err) : open_database(p, p->url, DB_WRITE, err)) &&
	    move_place_is_quiet(p, err) && move_prepare(p->c, err);
}

static void
close_database(struct move_place *p)
{
	if (p->c != NULL)
		db_disconnect(p->c);
	db_close(p->db);
	p->c = NULL;
	p->db = NULL;
}

static bool
name_file(struct move_place *p, const char *key, struct err *err)
{
	char half[DATADIR_PATH_SIZE];

	/* It is whole only if the log has gone into it with the last connection. */
	if (datadir_has(&p->conf, HALF "-wal"))
		return err_set(err, ERR_UNAVAILABLE, "the new database could not be closed");
	if (!is_there(p->key) && !file_copy(key, p->key, err))
		return false;
	return datadir_path(&p->conf, HALF, half, err) && file_move(half, p->file, err);
}

bool
move_place_finish_target(struct move_place *p, bool ok, const char *key, struct err *err)
{
	struct err ignored;

	if (!p->is_file) {
		/* If this fails, too, the next move sees that it is half. */
		if (!ok && p->c != NULL)
			(void)move_undo(p->c, &ignored);
		close_database(p);
		return ok;
	}
	close_database(p);
	if (ok && name_file(p, key, err))
		return true;
	(void)remove_half(p, &ignored);
	return false;
}

void
move_place_close(struct move_place *p)
{
	close_database(p);
	if (p->lock_fd >= 0)
		close(p->lock_fd);
	p->lock_fd = -1;
}
