#include "base/tempfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool
fail(struct err *err, const char *what)
{
	const int error = errno;

	err_set(err, ERR_UNAVAILABLE, "The server cannot store this request or answer now");
	err->retry_after_s = 5;
	return err_cause(err, "%s: %s", what, strerror(error));
}

bool
tempfile_open(struct str directory, int *fd, struct err *err)
{
	char path[4096];

	if (snprintf(path, sizeof(path), "%.*s", STR_FMT(directory)) >= (int)sizeof(path) - 32) {
		errno = ENAMETOOLONG;
		return fail(err, "spool file");
	}
	int made = open(path, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (made < 0) { /* the file system knows no such files */
		memcpy(path + directory.len, "/.spool-XXXXXX", sizeof("/.spool-XXXXXX"));
		made = mkostemp(path, O_CLOEXEC);
		if (made < 0)
			return fail(err, "spool file");
		unlink(path);
	}
	*fd = made;
	return true;
}

bool
tempfile_write(int fd, int64_t at, struct str bytes, struct err *err)
{
	while (bytes.len > 0) {
		const ssize_t n = pwrite(fd, bytes.ptr, bytes.len, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fail(err, "spool write");
		at += n;
		bytes = str_sub(bytes, (size_t)n, bytes.len);
	}
	return true;
}

bool
tempfile_read(int fd, int64_t at, char *to, size_t size, size_t *len, struct err *err)
{
	ssize_t n;

	do {
		n = pread(fd, to, size, (off_t)at);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return fail(err, "spool read");
	*len = (size_t)n;
	return true;
}
