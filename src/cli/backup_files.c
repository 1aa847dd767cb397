#include "cli/backup_files.h"

#include "cli/file.h"
#include "crypto/digest.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE = 64 * 1024, PATH_SIZE = 4096 + DIGEST_HEX_LEN + 2 };

/* One of them: its name, and where it is. */
struct one {
	char name[DIGEST_HEX_LEN + 1], path[PATH_SIZE];
	struct digest digest;
};

typedef bool visit_fn(const struct one *one, const char *to, struct err *err);

static inline bool
fail(struct err *err, const char *what, const char *path)
{
	return err_set(err, ERR_UNAVAILABLE, "cannot %s %s: %s", what, path, strerror(errno));
}

static bool
path_of(const char *directory, const char *name, char *path)
{
	return snprintf(path, PATH_SIZE, "%s/%s", directory, name) < PATH_SIZE;
}

/* Is the entry one of them: a file, no link, whose name is a digest? */
static bool
is_one(const char *directory, const char *name, struct one *one)
{
	struct stat st;

	if (!digest_from_hex(str_from(name), &one->digest) ||
	    !path_of(directory, name, one->path) || lstat(one->path, &st) != 0 ||
	    !S_ISREG(st.st_mode))
		return false;
	memcpy(one->name, name, sizeof(one->name));
	return true;
}

static bool
each(const char *directory, const char *to, visit_fn *visit, struct err *err)
{
	struct one one = { 0 };
	struct dirent *entry;
	DIR *all = opendir(directory);
	bool ok = true;

	if (all == NULL)
		return errno == ENOENT || fail(err, "read", directory);
	while (ok && (entry = readdir(all)) != NULL) {
		if (is_one(directory, entry->d_name, &one))
			ok = visit(&one, to, err);
	}
	closedir(all);
	return ok;
}

bool
backup_files_has(const char *directory, struct str name)
{
	struct one one;
	char text[DIGEST_HEX_LEN + 1] = { 0 };

	if (name.len != DIGEST_HEX_LEN)
		return false;
	memcpy(text, name.ptr, name.len);
	return is_one(directory, text, &one);
}

static bool
copy(const struct one *one, const char *to, struct err *err)
{
	char path[PATH_SIZE];

	if (!path_of(to, one->name, path))
		return err_set(err, ERR_UNAVAILABLE, "the path is too long");
	if (mkdir(to, 0700) != 0 && errno != EEXIST)
		return fail(err, "make", to);
	if (access(path, F_OK) == 0 || file_copy(one->path, path, err))
		return true;
	return access(one->path, F_OK) != 0; /* swept meanwhile: no File names it */
}

static bool
verify(const struct one *one, const char *to, struct err *err)
{
	char piece[PIECE];
	struct digest_stream stream;
	struct digest digest;
	ssize_t n;
	const int fd = open(one->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	(void)to;
	if (fd < 0)
		return fail(err, "read", one->path);
	digest_begin(&stream);
	while ((n = read(fd, piece, sizeof(piece))) > 0)
		digest_add(&stream, (struct str){ piece, (size_t)n });
	digest_end(&stream, &digest);
	close(fd);
	if (n < 0)
		return fail(err, "read", one->path);
	return digest_equal(&digest, &one->digest) ||
	    err_set(err, ERR_UNAVAILABLE, "%s is damaged", one->path);
}

static bool
discard(const struct one *one, const char *to, struct err *err)
{
	(void)to;
	return unlink(one->path) == 0 || fail(err, "remove", one->path);
}

bool
backup_files_copy(const char *from, const char *to, struct err *err)
{
	return each(from, to, copy, err);
}

bool
backup_files_verify(const char *directory, struct err *err)
{
	return each(directory, NULL, verify, err);
}

void
backup_files_remove(const char *directory)
{
	struct err ignored;

	if (each(directory, NULL, discard, &ignored))
		(void)rmdir(directory);
}
