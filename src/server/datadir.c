#include "server/datadir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a directory may hold that no site lives in yet. */
static const struct str HARMLESS[] = {
	STR_INIT("."),
	STR_INIT(".."),
	STR_INIT("symbolon.conf"),
	STR_INIT("lost+found"),
	STR_INIT(DATADIR_LOCK),
	STR_INIT(DATADIR_CONTROL),
};

/* What a first start makes. */
static const char *const MADE_FILES[] = {
	DATADIR_DATABASE,
	DATADIR_DATABASE "-wal",
	DATADIR_DATABASE "-shm",
	DATADIR_KEY,
};

bool
datadir_path(const struct conf *conf, const char *name, char *path, struct err *err)
{
	const int len =
	    snprintf(path, DATADIR_PATH_SIZE, "%.*s/%s", STR_FMT(conf->server.data), name);

	return len < DATADIR_PATH_SIZE ||
	    err_set(err, ERR_UNAVAILABLE, "the path of the data directory is too long");
}

bool
datadir_has(const struct conf *conf, const char *name)
{
	char path[DATADIR_PATH_SIZE];
	struct err err;

	return datadir_path(conf, name, path, &err) && access(path, F_OK) == 0;
}

static bool
fail(struct err *err, const char *what, const char *path)
{
	return err_set(err, ERR_UNAVAILABLE, "%s %s: %s", what, path, strerror(errno));
}

static bool
is_harmless(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(HARMLESS); i++) {
		if (str_eq(name, HARMLESS[i]))
			return true;
	}
	return false;
}

/* An entry that is not ours, or "" if there is none. */
static void
find_foreign(const char *path, char *name, size_t size)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;

	name[0] = '\0';
	while (dir != NULL && (entry = readdir(dir)) != NULL) {
		if (is_harmless(str_from(entry->d_name)))
			continue;
		snprintf(name, size, "%s", entry->d_name);
		break;
	}
	if (dir != NULL)
		closedir(dir);
}

static bool
check_content(const struct conf *conf, const char *path, struct err *err)
{
	char name[NAME_MAX + 1];

	if (datadir_has(conf, DATADIR_DATABASE) || datadir_has(conf, DATADIR_KEY) ||
	    datadir_has(conf, DATADIR_FIRST_START))
		return true;
	if (datadir_has(conf, DATADIR_FILES))
		return err_set(err, ERR_UNAVAILABLE,
		    "%s/" DATADIR_KEY
		    " is missing, beside the files of a site: copy it there, with mode "
		    "0600, from another node of the site or from a backup",
		    path);
	find_foreign(path, name, sizeof(name));
	return name[0] == '\0' ||
	    err_set(err, ERR_UNAVAILABLE,
		"%s is not empty and no data directory of symbolon (it holds \"%.60s\"); name an "
		"empty or a new one with --data",
		path, name);
}

static bool
make_it(const char *path, struct err *err)
{
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return err_set(err, ERR_UNAVAILABLE,
		    "cannot make the data directory %s: %s; make it by hand, or name another with "
		    "--data",
		    path, strerror(errno));
	return true;
}

bool
datadir_check(const struct conf *conf, bool make, struct err *err)
{
	char path[DATADIR_PATH_SIZE];
	struct stat st;

	if (!datadir_path(conf, "", path, err))
		return false;
	path[conf->server.data.len] = '\0';
	if (stat(path, &st) != 0) {
		if (errno == ENOENT && !make)
			return err_set(err, ERR_UNAVAILABLE,
			    "there is no site in %s; make one with: symbolon serve --data %s", path,
			    path);
		if (errno != ENOENT)
			return fail(err, "cannot look at the data directory", path);
		if (!make_it(path, err))
			return false;
		if (stat(path, &st) != 0)
			return fail(err, "cannot look at the data directory", path);
	}
	if (!S_ISDIR(st.st_mode))
		return err_set(
		    err, ERR_UNAVAILABLE, "%s is no directory; name one with --data", path);
	if (st.st_uid != geteuid() && geteuid() != 0)
		return err_set(err, ERR_UNAVAILABLE,
		    "the data directory %s belongs to another user (%u); run as that user", path,
		    (unsigned)st.st_uid);
	if (access(path, R_OK | W_OK | X_OK) != 0)
		return err_set(err, ERR_UNAVAILABLE, "cannot write to the data directory %s: %s",
		    path, strerror(errno));
	return check_content(conf, path, err);
}

static bool
write_pid(int fd, struct err *err)
{
	char text[32];
	const int len = snprintf(text, sizeof(text), "%d\n", (int)getpid());

	if (ftruncate(fd, 0) != 0 || pwrite(fd, text, (size_t)len, 0) != len)
		return err_set(err, ERR_UNAVAILABLE,
		    "cannot write to the data directory's lock: %s", strerror(errno));
	return true;
}

static bool
locked(int fd, const char *path, struct err *err)
{
	char text[32] = "";
	const ssize_t len = pread(fd, text, sizeof(text), 0);
	const struct str pid = str_trim((struct str){ text, len < 0 ? 0 : (size_t)len });

	return err_set(err, ERR_UNAVAILABLE,
	    "the data directory is in use by process %.*s (%s): stop that one, or name another "
	    "directory with --data",
	    STR_FMT(pid), path);
}

bool
datadir_lock(const struct conf *conf, int *fd, struct err *err)
{
	char path[DATADIR_PATH_SIZE];

	if (!datadir_path(conf, DATADIR_LOCK, path, err))
		return false;
	const int opened = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (opened < 0)
		return fail(err, "cannot open", path);
	if (flock(opened, LOCK_EX | LOCK_NB) != 0) {
		const bool is_held = errno == EWOULDBLOCK;

		if (is_held)
			locked(opened, path, err);
		else
			fail(err, "cannot lock", path);
		close(opened);
		return false;
	}
	if (!write_pid(opened, err)) {
		close(opened);
		return false;
	}
	*fd = opened;
	return true;
}

bool
datadir_is_locked(const struct conf *conf)
{
	char path[DATADIR_PATH_SIZE];
	struct err err;

	if (!datadir_path(conf, DATADIR_LOCK, path, &err))
		return false;
	const int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return false;
	const bool is_held = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;

	close(fd);
	return is_held;
}

bool
datadir_remove(const struct conf *conf, const char *name, struct err *err)
{
	char path[DATADIR_PATH_SIZE];

	if (!datadir_path(conf, name, path, err))
		return false;
	return unlink(path) == 0 || errno == ENOENT || fail(err, "cannot remove", path);
}

static bool
sync_directory(const struct conf *conf, struct err *err)
{
	char path[DATADIR_PATH_SIZE];

	if (!datadir_path(conf, ".", path, err))
		return false;
	const int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const bool ok = fd >= 0 && fsync(fd) == 0;

	if (!ok)
		fail(err, "cannot write to", path);
	if (fd >= 0)
		close(fd);
	return ok;
}

bool
datadir_mark_first_start(const struct conf *conf, struct err *err)
{
	char path[DATADIR_PATH_SIZE];

	if (!datadir_path(conf, DATADIR_FIRST_START, path, err))
		return false;
	const int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return fail(err, "cannot make", path);
	close(fd);
	return sync_directory(conf, err);
}

bool
datadir_is_first_start(const struct conf *conf)
{
	return datadir_has(conf, DATADIR_FIRST_START);
}

bool
datadir_unmark_first_start(const struct conf *conf, struct err *err)
{
	return datadir_remove(conf, DATADIR_FIRST_START, err) && sync_directory(conf, err);
}

bool
datadir_remove_half_made(const struct conf *conf, struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(MADE_FILES); i++) {
		if (!datadir_remove(conf, MADE_FILES[i], err))
			return false;
	}
	return true;
}
