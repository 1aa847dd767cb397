#include "net/listen.h"

#include "base/clock.h"
#include "base/mem.h"
#include "net/address.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { BACKLOG = 4096, LOCK_TRIES = 40, LOCK_WAIT_NS = 25 * 1000 * 1000 };

static bool
refuse(struct str address, const char *why, struct err *err)
{
	return err_set(err, ERR_UNAVAILABLE, "Cannot listen on %.*s: %s", STR_FMT(address), why);
}

static bool
refuse_errno(struct str address, struct err *err)
{
	if (errno == EADDRINUSE)
		return refuse(
		    address, "another server has that address; stop it, or choose another", err);
	return refuse(address, strerror(errno), err);
}

/* A C string of s, in text of size bytes; false if it does not fit. */
static bool
c_text(struct str s, char *text, size_t size)
{
	if (s.len >= size || str_find(s, '\0') >= 0)
		return false;
	memcpy(text, s.ptr, s.len);
	text[s.len] = '\0';
	return true;
}

/* "host:port", "[v6]:port", ":port" and "*:port" (every address of the machine). */
static bool
split(struct str address, struct str *host, int64_t *port)
{
	ptrdiff_t colon = -1;

	for (size_t i = 0; i < address.len; i++)
		colon = address.ptr[i] == ':' ? (ptrdiff_t)i : colon;
	if (colon < 0 || !str_to_int64(str_sub(address, (size_t)colon + 1, address.len), port) ||
	    *port < 0 || *port > 65535)
		return false;
	*host = str_sub(address, 0, (size_t)colon);
	if (host->len >= 2 && host->ptr[0] == '[' && host->ptr[host->len - 1] == ']') {
		*host = str_sub(*host, 1, host->len - 2);
		return true;
	}
	return str_find(*host, ':') < 0;
}

/* The address of a host name; IPv4 before IPv6, as most who write "localhost" mean. */
static bool
look_up(struct str host, struct in6_addr *out)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC };
	struct addrinfo *list = NULL;
	char name[256], text[INET6_ADDRSTRLEN];
	bool found = false;

	if (!c_text(host, name, sizeof(name)) || getaddrinfo(name, NULL, &hints, &list) != 0)
		return false;
	for (const struct addrinfo *a = list; a != NULL; a = a->ai_next) {
		if (found && a->ai_family != AF_INET)
			continue;
		if (getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof(text), NULL, 0,
			NI_NUMERICHOST) != 0 ||
		    !address_parse(str_from(text), out))
			continue;
		found = true;
		if (a->ai_family == AF_INET)
			break;
	}
	freeaddrinfo(list);
	return found;
}

static int
bind_tcp(const struct in6_addr *host, int port)
{
	const int on = 1, off = 0;
	struct sockaddr_in6 six = {
		.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port), .sin6_addr = *host
	};
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	const bool is_four = IN6_IS_ADDR_V4MAPPED(host);
	const int fd =
	    socket(is_four ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -1;
	memcpy(&four.sin_addr, host->s6_addr + 12, sizeof(four.sin_addr));
	/* On Linux this lets a restart pass TIME_WAIT, but never a second listener. */
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* accepted ones inherit it */
	if (!is_four)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	const struct sockaddr *sa =
	    is_four ? (const struct sockaddr *)&four : (const struct sockaddr *)&six;

	if (bind(fd, sa, is_four ? sizeof(four) : sizeof(six)) != 0 || listen(fd, BACKLOG) != 0) {
		const int error = errno;

		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static bool
open_tcp(struct listener *l, struct err *err)
{
	struct str host;
	int64_t port;
	struct in6_addr a = { 0 };

	if (!split(l->address, &host, &port))
		return refuse(l->address, "write host:port, [address]:port or unix:PATH", err);
	const bool any = host.len == 0 || str_eq(host, STR("*"));

	if (!any && !address_parse(host, &a) && !look_up(host, &a))
		return refuse(l->address, "the host is not known", err);
	l->fd = bind_tcp(&a, (int)port);
	if (l->fd < 0 && any && errno == EAFNOSUPPORT && address_parse(STR("0.0.0.0"), &a))
		l->fd = bind_tcp(&a, (int)port);
	return l->fd >= 0 || refuse_errno(l->address, err);
}

/* Opens the directory of path; name is what follows. */
static int
open_directory(struct str path, struct str *name)
{
	char text[4096];
	ptrdiff_t slash = -1;

	for (size_t i = 0; i < path.len; i++)
		slash = path.ptr[i] == '/' ? (ptrdiff_t)i : slash;
	const struct str directory = slash < 0 ? STR(".")
	    : slash == 0                       ? STR("/")
					       : str_sub(path, 0, (size_t)slash);

	*name = str_sub(path, (size_t)(slash + 1), path.len);
	if (name->len == 0 || !c_text(directory, text, sizeof(text))) {
		errno = ENOENT;
		return -1;
	}
	return open(text, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Two servers that start at once must not both replace one file; a foreign lock is not waited for.
 */
static void
lock_directory(int directory)
{
	const struct timespec wait = { .tv_nsec = LOCK_WAIT_NS };

	for (int i = 0; i < LOCK_TRIES && flock(directory, LOCK_EX | LOCK_NB) != 0; i++) {
		if (errno != EWOULDBLOCK)
			return;
		nanosleep(&wait, NULL);
	}
}

/* The path itself, or, where that is too long for a socket's address, one through the open
 * directory. */
static bool
unix_address(struct listener *l, struct sockaddr_un *out)
{
	const struct str path = str_sub(l->address, strlen("unix:"), l->address.len);

	*out = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (c_text(path, out->sun_path, sizeof(out->sun_path)))
		return true;
	const int len = snprintf(out->sun_path, sizeof(out->sun_path), "/proc/self/fd/%d/%.*s",
	    l->directory, STR_FMT(l->name));

	return len < (int)sizeof(out->sun_path) && str_find(path, '\0') < 0;
}

/* Does somebody answer there? */
static bool
is_answered(const struct sockaddr_un *address)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return true;
	const bool refused = connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0 &&
	    errno == ECONNREFUSED;

	close(fd);
	return !refused;
}

/* Removes a socket file that a dead server left. */
static bool
clear_way(struct listener *l, const struct sockaddr_un *address, struct err *err)
{
	struct stat st;
	char name[256];

	if (!c_text(l->name, name, sizeof(name)))
		return refuse(l->address, "the file's name is too long", err);
	if (fstatat(l->directory, name, &st, AT_SYMLINK_NOFOLLOW) != 0)
		return true;
	if (!S_ISSOCK(st.st_mode))
		return refuse(l->address, "there is a file of that name that is no socket", err);
	if (is_answered(address))
		return refuse(l->address,
		    "another server answers there; stop it, or choose another path", err);
	if (unlinkat(l->directory, name, 0) != 0)
		return refuse_errno(l->address, err);
	return true;
}

static bool
bind_unix(struct listener *l, struct err *err)
{
	struct sockaddr_un address;
	struct stat st;
	char name[256];

	if (!unix_address(l, &address))
		return refuse(l->address, "the file's name is too long", err);
	if (!clear_way(l, &address, err))
		return false;
	/* The mode of the file that bind() makes, less the umask. */
	if (fchmod(l->fd, 0666) != 0 ||
	    bind(l->fd, (const struct sockaddr *)&address, sizeof(address)) != 0 ||
	    listen(l->fd, BACKLOG) != 0)
		return refuse_errno(l->address, err);
	if (c_text(l->name, name, sizeof(name)) &&
	    fstatat(l->directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0) {
		l->device = st.st_dev;
		l->inode = st.st_ino;
	}
	return true;
}

static bool
open_unix(struct listener *l, struct err *err)
{
	l->is_unix = true;
	l->directory =
	    open_directory(str_sub(l->address, strlen("unix:"), l->address.len), &l->name);
	if (l->directory < 0)
		return refuse_errno(l->address, err);
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (l->fd < 0)
		return refuse_errno(l->address, err);
	lock_directory(l->directory);
	const bool ok = bind_unix(l, err);

	flock(l->directory, LOCK_UN);
	return ok;
}

bool
listen_open(struct listener *l, struct str address, int tag, struct tls *tls, struct err *err)
{
	char *copy = mem_alloc(address.len + 1);

	memcpy(copy, address.ptr, address.len);
	*l = (struct listener){
		.fd = -1, .tag = tag, .tls = tls, .directory = -1, .address = { copy, address.len }
	};
	if (str_starts(address, STR("unix:")) ? open_unix(l, err) : open_tcp(l, err))
		return true;
	listen_close(l);
	return false;
}

/* Whoever has replaced the file since keeps it. */
static void
remove_file(struct listener *l)
{
	struct stat st;
	char name[256];

	if (l->inode != 0 && c_text(l->name, name, sizeof(name)) &&
	    fstatat(l->directory, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_dev == l->device &&
	    st.st_ino == l->inode)
		unlinkat(l->directory, name, 0);
}

void
listen_close(struct listener *l)
{
	if (l->directory >= 0) {
		remove_file(l);
		close(l->directory);
	}
	if (l->fd >= 0)
		close(l->fd);
	mem_free((char *)l->address.ptr);
	*l = (struct listener){ .fd = -1, .directory = -1 };
}

struct str
listen_address(const struct listener *l, char *text)
{
	struct sockaddr_storage sa = { 0 };
	socklen_t len = sizeof(sa);
	char host[INET6_ADDRSTRLEN], port[8];

	if (l->is_unix || l->fd < 0 || getsockname(l->fd, (struct sockaddr *)&sa, &len) != 0 ||
	    getnameinfo((struct sockaddr *)&sa, len, host, sizeof(host), port, sizeof(port),
		NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return l->address;
	const int n = snprintf(
	    text, NET_ADDRESS_SIZE, sa.ss_family == AF_INET6 ? "[%s]:%s" : "%s:%s", host, port);

	return (struct str){ text, (size_t)n };
}
