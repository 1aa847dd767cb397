#include "cli/remote.h"

#include "base/buf.h"
#include "base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum {
	PATH_SIZE = 4096,
	ANSWER_MAX = 300 * 1024 * 1024,
	PIECE = 64 * 1024,
	STATUS_AT = 9, /* behind "HTTP/1.1 " */
};

/*
 * A socket's address holds 107 characters: a longer path goes through the directory's descriptor,
 * which must stay open until the connect. -1: errno says why.
 */
static int
connect_to(struct str data)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char path[PATH_SIZE];

	if (snprintf(path, sizeof(path), "%.*s", STR_FMT(data)) >= (int)sizeof(path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	CLEANUP(fd_closep) const int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return -1;
	snprintf(to.sun_path, sizeof(to.sun_path), "/proc/self/fd/%d/control.sock", dir);
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0) {
		const int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

bool
remote_is_there(struct str data)
{
	CLEANUP(fd_closep) const int fd = connect_to(data);

	return fd >= 0;
}

static bool
broken(struct err *err, const char *what)
{
	return err_set(err, ERR_UNAVAILABLE, "the server's control socket: %s: %s", what,
	    errno == 0 ? "it closed the connection" : strerror(errno));
}

static bool
send_all(int fd, struct str bytes, struct err *err)
{
	while (bytes.len > 0) {
		const ssize_t n = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return broken(err, "sending");
		bytes = str_sub(bytes, (size_t)n, bytes.len);
	}
	return true;
}

static bool
receive_all(int fd, struct buf *out, struct err *err)
{
	for (;;) {
		char *room = buf_room(out, PIECE);

		if (room == NULL)
			return err_set(err, ERR_TOO_LARGE, "the server's answer is too long");
		const ssize_t n = recv(fd, room, PIECE, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return broken(err, "receiving");
		if (n == 0)
			return true;
		buf_grew(out, (size_t)n);
	}
}

/* Our own server's answer: a status line, fields, and all of the rest is the body. */
static bool
split(struct str answer, struct arena *a, int *status, struct str *body, struct err *err)
{
	const ptrdiff_t end = str_find_str(answer, STR("\r\n\r\n"));
	int64_t code;

	errno = 0;
	if (end < 0 || !str_starts(answer, STR("HTTP/1.1 ")) ||
	    !str_to_int64(str_sub(answer, STATUS_AT, 3), &code))
		return broken(err, "receiving");
	*status = (int)code;
	return arena_str(a, str_sub(answer, (size_t)end + 4, answer.len), body, err);
}

bool
remote_call(const struct remote_request *request, struct arena *a, int *status, struct str *body,
    struct err *err)
{
	CLEANUP(fd_closep) const int fd = connect_to(request->data);
	CLEANUP(buf_free) struct buf text = BUF_INIT(ANSWER_MAX);

	if (fd < 0)
		return broken(err, "connecting");
	buf_printf(&text,
	    "POST /api/method/%.*s HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
	    "application/json\r\n"
	    "Accept: application/json\r\nContent-Length: %zu\r\nConnection: close\r\n\r\n",
	    STR_FMT(request->method), request->arguments.len);
	buf_put(&text, request->arguments);
	if (!send_all(fd, buf_str(&text), err))
		return false;
	explicit_bzero(text.ptr, text.len); /* it may hold a password */
	buf_clear(&text);
	return receive_all(fd, &text, err) && split(buf_str(&text), a, status, body, err);
}
