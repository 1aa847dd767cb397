#include "doc/file_store.h"

#include "base/clock.h"
#include "base/mem.h"
#include "conf/conf.h"
#include "crypto/random.h"
#include "doc/file_part.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = 4096, RANDOM_LEN = 24 };

struct name {
	char text[DIGEST_HEX_LEN + 1]; /* NUL-terminated */
};

static bool
fail(struct err *err, const char *what)
{
	const int error = errno;

	err_set(err, ERR_UNAVAILABLE, "The server cannot store or read files now; try again later");
	err->retry_after_s = 5;
	return err_cause(err, "%s in DIR/files: %s", what, strerror(error));
}

/* ---- the directory ---- */

static bool
directory_path(const struct conf *conf, char *path, struct err *err)
{
	const int len = snprintf(path, PATH_SIZE, "%.*s/files", STR_FMT(conf->server.data));

	return len < PATH_SIZE ||
	    err_set(err, ERR_UNAVAILABLE, "the path of the data directory is too long");
}

bool
file_store_make(const struct conf *conf, struct err *err)
{
	char path[PATH_SIZE];
	int fd;

	if (!directory_path(conf, path, err))
		return false;
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return err_set(err, ERR_UNAVAILABLE, "cannot make %s: %s", path, strerror(errno));
	if (!file_store_directory(conf, &fd, err))
		return err_set(
		    err, ERR_UNAVAILABLE, "%s must be a directory, and no link to one", path);
	close(fd);
	return true;
}

bool
file_store_directory(const struct conf *conf, int *fd, struct err *err)
{
	char path[PATH_SIZE];

	if (!directory_path(conf, path, err))
		return false;
	const int opened = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (opened < 0)
		return fail(err, "open");
	*fd = opened;
	return true;
}

bool
file_store_is_hash(struct str name)
{
	struct digest ignored;

	return digest_from_hex(name, &ignored);
}

static struct name
name_of(const struct digest *digest)
{
	struct name name = { 0 };

	(void)digest_to_hex(digest, name.text);
	return name;
}

/* The bytes of that name are a file of that size. */
static bool
is_there(int dir, const char *name, int64_t size)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size == size;
}

/* By the clock that sweeps go by: the kernel's own stamps are a few milliseconds behind it. */
static bool
touch(int dir, const char *name)
{
	const int64_t now = clock_now_us();
	const struct timespec at = { .tv_sec = now / CLOCK_US_PER_S,
		.tv_nsec = now % CLOCK_US_PER_S * 1000 };
	const struct timespec times[2] = { at, at };

	return utimensat(dir, name, times, AT_SYMLINK_NOFOLLOW) == 0;
}

/* ---- writing ---- */

/* The next piece of the source, into room of FILE_PIECE bytes unless it is in memory. */
static bool
next_piece(const struct file_source *from, int64_t at, char *room, struct str *out, struct err *err)
{
	const size_t want = (size_t)MIN(from->len - at, (int64_t)FILE_PIECE);
	ssize_t n;

	if (from->fd < 0) {
		*out = str_sub(from->bytes, (size_t)at, want);
		return true;
	}
	do
		n = pread(from->fd, room, want, (off_t)(from->at + at));
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return fail(err, "pread");
	if (n == 0)
		return err_set(err, ERR_BAD_REQUEST, "The file was cut off");
	*out = (struct str){ room, (size_t)n };
	return true;
}

static bool
write_all(int fd, struct str bytes, struct err *err)
{
	while (bytes.len > 0) {
		const ssize_t n = write(fd, bytes.ptr, bytes.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail(err, "write");
		bytes = str_sub(bytes, (size_t)n, bytes.len);
	}
	return true;
}

/* Hashes the source; fd: and writes it there (-1: nowhere). */
static bool
copy(const struct file_source *from, int fd, struct digest *digest, struct err *err)
{
	CLEANUP(mem_freep) char *room = from->fd < 0 ? NULL : mem_alloc(FILE_PIECE);
	struct digest_stream stream;
	struct str piece;

	digest_begin(&stream);
	for (int64_t at = 0; at < from->len; at += (int64_t)piece.len) {
		if (!next_piece(from, at, room, &piece, err))
			return false;
		digest_add(&stream, piece);
		if (fd >= 0 && !write_all(fd, piece, err))
			return false;
	}
	digest_end(&stream, digest);
	return true;
}

/* Gives what was written its name, for good. */
static bool
publish(int dir, const char *temporary, const char *name, struct err *err)
{
	/* A sweep that has just looked at an older one of that name looks again under its lock. */
	if (flock(dir, LOCK_SH) != 0)
		return fail(err, "flock");
	const bool ok = (touch(dir, temporary) && renameat(dir, temporary, dir, name) == 0 &&
			    fsync(dir) == 0) ||
	    fail(err, "rename");

	flock(dir, LOCK_UN);
	return ok;
}

static bool
write_file(int dir, const struct file_source *from, struct digest *digest, struct err *err)
{
	char temporary[sizeof(".new-") + RANDOM_LEN] = ".new-";
	bool ok;

	random_hex(temporary + sizeof(".new-") - 1, RANDOM_LEN);
	const int fd =
	    openat(dir, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return fail(err, "create");
	ok = copy(from, fd, digest, err) && (fsync(fd) == 0 || fail(err, "fsync"));
	if (close(fd) != 0 && ok)
		ok = fail(err, "close");
	const struct name name = name_of(digest);

	if (!ok || !publish(dir, temporary, name.text, err)) {
		unlinkat(dir, temporary, 0);
		return false;
	}
	return true;
}

static bool
put_in_directory(
    const struct conf *conf, const struct file_source *from, struct digest *digest, struct err *err)
{
	int dir;

	if (!file_store_directory(conf, &dir, err))
		return false;
	const bool ok = write_file(dir, from, digest, err);

	close(dir);
	return ok;
}

bool
file_store_put(
    const struct conf *conf, const struct file_source *from, struct digest *digest, struct err *err)
{
	return conf->files.in_database ? copy(from, -1, digest, err)
				       : put_in_directory(conf, from, digest, err);
}

/* Makes it young again; false: it is not there any more. */
static bool
touch_kept(
    const struct conf *conf, const struct digest *digest, int64_t size, bool *kept, struct err *err)
{
	const struct name name = name_of(digest);
	int dir;

	if (!file_store_directory(conf, &dir, err))
		return false;
	if (flock(dir, LOCK_SH) != 0) {
		close(dir);
		return fail(err, "flock");
	}
	*kept = is_there(dir, name.text, size) && touch(dir, name.text);
	close(dir); /* and its lock */
	return true;
}

static bool
keep_parts(struct call *call, const struct file_source *from, struct str hash, struct err *err)
{
	CLEANUP(mem_freep) char *room = NULL;
	bool has = false;

	if (!file_part_begin(call->db, hash, from->len, &has, err))
		return false;
	if (has)
		return true;
	room = mem_alloc(FILE_PIECE);
	for (int64_t at = 0, part = 0; at < from->len; part++) {
		const struct file_source rest = { .fd = from->fd,
			.at = from->at,
			.len = MIN(from->len, at + FILE_PART),
			.bytes = from->bytes };
		size_t len = 0;
		struct str piece;

		for (; at < rest.len; at += (int64_t)piece.len, len += piece.len) {
			if (!next_piece(&rest, at, room + len, &piece, err))
				return false;
			if (from->fd < 0)
				memcpy(room + len, piece.ptr, piece.len);
		}
		if (!file_part_write(call->db, hash, part, (struct str){ room, len }, err))
			return false;
	}
	return true;
}

bool
file_store_keep(
    struct call *call, const struct file_source *from, const struct digest *digest, struct err *err)
{
	const struct name name = name_of(digest);
	struct digest again;
	bool kept = false;

	if (call->conf->files.in_database)
		return keep_parts(call, from, str_from(name.text), err);
	if (!touch_kept(call->conf, digest, from->len, &kept, err))
		return false;
	return kept || put_in_directory(call->conf, from, &again, err);
}

/* ---- reading ---- */

static bool
open_in_directory(const struct conf *conf, const char *name, int *fd, struct err *err)
{
	int dir;

	if (!file_store_directory(conf, &dir, err))
		return false;
	*fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	const int error = errno;
	struct stat st;

	close(dir);
	if (*fd >= 0 && (fstat(*fd, &st) != 0 || !S_ISREG(st.st_mode))) {
		close(*fd);
		*fd = -1;
		return true;
	}
	errno = error;
	/* ELOOP: a symbolic link, which no file of ours is. */
	return *fd >= 0 || errno == ENOENT || errno == ELOOP || fail(err, "open");
}

/* A file without a name for what comes from the database. */
static bool
open_nameless(const struct conf *conf, int *fd, struct err *err)
{
	char path[PATH_SIZE];

	if (!directory_path(conf, path, err))
		return false;
	*fd = open(path, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (*fd < 0) { /* the file system knows no such files */
		int dir;
		char name[sizeof(".new-") + RANDOM_LEN] = ".new-";

		random_hex(name + sizeof(".new-") - 1, RANDOM_LEN);
		if (!file_store_directory(conf, &dir, err))
			return false;
		*fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		unlinkat(dir, name, 0);
		close(dir);
	}
	return *fd >= 0 || fail(err, "create");
}

static bool
write_piece(void *arg, struct str bytes, struct err *err)
{
	const int *fd = arg;

	return write_all(*fd, bytes, err);
}

/* The parts that hold those bytes, copied to where a socket can be fed from. */
static bool
open_parts(struct call *call, struct str hash, int64_t from, int64_t len, struct file_opened *out,
    struct err *err)
{
	const int64_t first = from / FILE_PART;
	const int64_t last = len > 0 ? (from + len - 1) / FILE_PART : first;
	int fd;

	if (!open_nameless(call->conf, &fd, err))
		return false;
	const struct file_part_sink sink = { write_piece, &fd };

	if (!file_part_read(call->db, hash, first, last, sink, err)) {
		close(fd);
		return false;
	}
	*out = (struct file_opened){ .found = true, .fd = fd, .at = from % FILE_PART };
	return true;
}

bool
file_store_open(struct call *call, struct str hash, int64_t from, int64_t len,
    struct file_opened *out, struct err *err)
{
	struct digest digest;
	bool has = false;
	int fd;

	*out = (struct file_opened){ .fd = -1 };
	if (!digest_from_hex(hash, &digest))
		return true;
	const struct name name = name_of(&digest);

	if (!open_in_directory(call->conf, name.text, &fd, err))
		return false;
	if (fd >= 0) {
		/* The loop that sends it does not wait for the disk: most of it is here by then. */
		(void)posix_fadvise(fd, (off_t)from, (off_t)len, POSIX_FADV_WILLNEED);
		*out = (struct file_opened){ .found = true, .fd = fd, .at = from };
		return true;
	}
	if (!file_part_has(call->db, str_from(name.text), -1, &has, err))
		return false;
	return !has || open_parts(call, str_from(name.text), from, len, out, err);
}

bool
file_store_use(struct call *call, struct str hash, int64_t size, bool *there, struct err *err)
{
	struct digest digest;

	*there = false;
	if (!digest_from_hex(hash, &digest))
		return true;
	const struct name name = name_of(&digest);

	if (!touch_kept(call->conf, &digest, size, there, err))
		return false;
	return *there || file_part_use(call->db, str_from(name.text), size, there, err);
}
