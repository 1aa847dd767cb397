#include "cli/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 256 * 1024, PATH_SIZE = 4096 };

static bool
fail(struct err *err, const char *what, const char *path)
{
	return err_set(err, ERR_UNAVAILABLE, "cannot %s %s: %s", what, path, strerror(errno));
}

static bool
copy_bytes(int from, int to)
{
	char piece[PIECE];
	ssize_t n;

	while ((n = read(from, piece, sizeof(piece))) > 0) {
		for (ssize_t done = 0; done < n;) {
			const ssize_t written = write(to, piece + done, (size_t)(n - done));

			if (written <= 0)
				return false;
			done += written;
		}
	}
	return n == 0 && fsync(to) == 0;
}

/* The name must outlive a crash of the machine, too. */
static bool
sync_parent(const char *path)
{
	char parent[PATH_SIZE];
	const char *slash = strrchr(path, '/');
	const int len = slash == NULL ? 1 : (int)(slash - path) + 1;

	snprintf(parent, sizeof(parent), "%.*s", len, slash == NULL ? "." : path);
	const int fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const bool ok = fd >= 0 && fsync(fd) == 0;

	if (fd >= 0)
		close(fd);
	return ok;
}

bool
file_copy(const char *from, const char *to, struct err *err)
{
	const int in = open(from, O_RDONLY | O_CLOEXEC);

	if (in < 0)
		return fail(err, "read", from);
	const int out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (out < 0) {
		fail(err, "make", to);
		close(in);
		return false;
	}
	const bool ok = (copy_bytes(in, out) && sync_parent(to)) || fail(err, "write", to);

	close(in);
	close(out);
	if (!ok)
		(void)unlink(to);
	return ok;
}

bool
file_move(const char *from, const char *to, struct err *err)
{
	/* link() refuses to replace a file, rename() does not */
	if (link(from, to) != 0) {
		if (errno == EEXIST)
			return fail(err, "make", to);
		if (!file_copy(from, to, err))
			return false;
	} else if (!sync_parent(to)) {
		return fail(err, "write", to);
	}
	return unlink(from) == 0 || fail(err, "remove", from);
}

bool
file_same(const char *a, const char *b)
{
	char bytes[2][PIECE];
	ssize_t len[2] = { -1, -1 };
	const char *const names[] = { a, b };

	for (int i = 0; i < 2; i++) {
		const int fd = open(names[i], O_RDONLY | O_CLOEXEC);

		if (fd >= 0) {
			len[i] = read(fd, bytes[i], sizeof(bytes[i]));
			close(fd);
		}
	}
	const bool same = len[0] >= 0 && len[0] < (ssize_t)PIECE && len[0] == len[1] &&
	    memcmp(bytes[0], bytes[1], (size_t)len[0]) == 0;

	explicit_bzero(bytes, sizeof(bytes)); /* a key file's, perhaps */
	return same;
}
