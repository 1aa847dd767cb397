/*
 * net_service.h - for tests of net/: a small line protocol on real sockets, and a client of it.
 *
 * Commands are lines: "echo X", "loop", "big N", "file N", "later X", "body N", "bye".
 */
#ifndef TESTS_UNIT_NET_SERVICE_H
#define TESTS_UNIT_NET_SERVICE_H

#include "base/clock.h"
#include "base/mem.h"
#include "net/net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 10000, GIVEN_SIZE = 96 };

/* The server's side: commands are lines, "echo X", "loop", "big N", "file N", "later X", "body N",
 * "bye". */
struct service {
	struct net *net;
	_Atomic int closed, undelivered, seconds;
	_Atomic int delay_ms; /* of "later" */
	_Atomic bool holds;   /* "later" waits until it does not */
	pthread_t threads[64];
	_Atomic size_t threads_len;
};

struct later {
	struct service *service;
	struct net_id to;
	char text[64];
	size_t len;
};

static inline void
pause_ms(int ms)
{
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL); /* pause: what the tests of deadlines ask for */
}

static inline void *
answer_later(void *arg)
{
	struct later *l = arg;

	pause_ms(atomic_load(&l->service->delay_ms));
	while (atomic_load(&l->service->holds))
		pause_ms(1);
	net_post(l->service->net, l->to, l);
	return NULL;
}

static inline void *
opened(struct net_conn *c, void *arg)
{
	(void)c;
	return arg;
}

static inline void
put_line(struct net_conn *c, struct str text)
{
	buf_put(net_conn_out(c), text);
	buf_put_char(net_conn_out(c), '\n');
}

static inline void
put_big(struct net_conn *c, int64_t n)
{
	char *room = buf_room(net_conn_out(c), (size_t)n);

	for (int64_t i = 0; i < n; i++)
		room[i] = (char)('a' + i % 26);
	buf_grew(net_conn_out(c), (size_t)n);
	put_line(c, STR(""));
}

static inline void
put_file(struct net_conn *c, int64_t n)
{
	char name[] = "/tmp/test-net-XXXXXX";
	const int fd = mkstemp(name);

	unlink(name);
	for (int64_t i = 0; i < n; i++) {
		char piece[26 * 100];
		const size_t len = (size_t)MIN((int64_t)sizeof(piece), n - i);

		for (size_t k = 0; k < len; k++)
			piece[k] = (char)('a' + (i + (int64_t)k) % 26);
		assert_int_equal(write(fd, piece, len), len);
		i += (int64_t)len - 1;
	}
	put_line(c, STR("file"));
	net_conn_send_file(c, fd, 0, n);
}

static inline void
start_later(struct net_conn *c, struct service *s, struct str text)
{
	struct later *l = MEM_NEW(struct later);

	l->service = s;
	l->to = net_conn_id(c);
	l->len = MIN(text.len, sizeof(l->text));
	memcpy(l->text, text.ptr, l->len);
	net_conn_enter(c, NET_HANDLE);
	pthread_create(&s->threads[atomic_fetch_add(&s->threads_len, 1)], NULL, answer_later, l);
}

/* Until n commands "later" have come. */
static inline void
await_later(struct service *s, size_t n)
{
	while (atomic_load(&s->threads_len) < n)
		pause_ms(1);
}

static inline void
await_closed(const struct service *s, int n)
{
	while (atomic_load(&s->closed) < n)
		pause_ms(1);
}

static inline void
command(struct net_conn *c, struct service *s, struct str line)
{
	struct str word, rest;
	int64_t n = 0;

	str_cut(line, ' ', &word, &rest);
	const bool has_number = str_to_int64(rest, &n);

	net_conn_enter(c, NET_IDLE);
	if (str_eq(word, STR("echo"))) {
		put_line(c, rest);
	} else if (str_eq(word, STR("loop"))) {
		buf_put_int(net_conn_out(c), net_loop_index(net_conn_loop(c)));
		put_line(c, STR(""));
	} else if (str_eq(word, STR("big")) && has_number) {
		put_big(c, n);
	} else if (str_eq(word, STR("file")) && has_number) {
		put_file(c, n);
	} else if (str_eq(word, STR("later"))) {
		start_later(c, s, rest);
	} else if (str_eq(word, STR("body")) && has_number) {
		*net_conn_number(c) = (uint32_t)n;
		net_conn_enter(c, NET_READ_BODY);
	} else {
		put_line(c, STR("bye"));
		net_conn_close(c);
	}
}

static inline size_t
input(struct net_conn *c, struct str bytes)
{
	struct service *s = net_conn_state_of(c);
	struct str line, rest;
	uint32_t *body = net_conn_number(c);

	if (*body > 0) {
		const size_t n = MIN((size_t)*body, bytes.len);

		*body -= (uint32_t)n;
		if (*body == 0) {
			put_line(c, STR("body"));
			net_conn_enter(c, NET_IDLE);
		}
		return n;
	}
	if (!str_cut(bytes, '\n', &line, &rest)) {
		net_conn_enter(c, NET_READ_HEAD);
		return 0;
	}
	command(c, s, line);
	return line.len + 1;
}

static inline void
message(struct net_conn *c, void *m)
{
	struct later *l = m;

	put_line(c, (struct str){ l->text, l->len });
	net_conn_enter(c, NET_IDLE);
	if (str_eq((struct str){ l->text, l->len }, STR("good-bye")))
		net_conn_close(c);
	mem_free(l);
}

static inline void
undelivered(void *m)
{
	struct later *l = m;

	atomic_fetch_add(&l->service->undelivered, 1);
	mem_free(l);
}

static inline void
timeout(struct net_conn *c)
{
	put_line(c, STR("timeout"));
}

static inline void
closed(struct net_conn *c)
{
	struct service *s = net_conn_state_of(c);

	atomic_fetch_add(&s->closed, 1);
}

static inline void
second(struct net_loop *l, void *arg)
{
	struct service *s = arg;

	assert_int_equal(net_loop_date(l).len, strlen("Tue, 24 Nov 2026 04:10:05 GMT"));
	atomic_fetch_add(&s->seconds, 1);
}

static inline void
refused(void *arg, bool of_address, struct buf *out)
{
	(void)arg;
	(void)of_address;
	buf_lit(out, "full\n");
}

static inline struct net_options
options_for(struct service *s, int loops)
{
	return (struct net_options){ .loops = loops,
		.patience.head_timeout_ms = PATIENCE_MS,
		.patience.write_timeout_ms = PATIENCE_MS,
		.patience.idle_timeout_ms = PATIENCE_MS,
		.patience.body_rate = 1000,
		.handler = { .opened = opened,
		    .input = input,
		    .message = message,
		    .undelivered = undelivered,
		    .timeout = timeout,
		    .closed = closed,
		    .loop_second = second,
		    .refused = refused,
		    .arg = s } };
}

static inline void
must(bool ok, const struct err *err)
{
	if (!ok)
		fail_msg("%s (%s)", err->msg, err->cause);
}

/* Starts s on one address; the bound address comes back in text. */
static inline struct str
serve(struct service *s, const struct net_options *options, const char *address, char *text)
{
	struct err err = { 0 };

	must(net_new(options, &s->net, &err), &err);
	must(net_listen(s->net, str_from(address), 7, NULL, &err), &err);
	must(net_start(s->net, &err), &err);
	return net_address(s->net, 0, text);
}

static inline void
end(struct service *s)
{
	net_stop(s->net, clock_mono_ms() + 2000);
	for (size_t i = 0; i < atomic_load(&s->threads_len); i++)
		pthread_join(s->threads[i], NULL);
	net_free(s->net);
}

/* The client's side. */
static inline int
connect_to(struct str address)
{
	struct timeval patience = { .tv_sec = PATIENCE_MS / 1000 };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	const bool is_unix = str_starts(address, STR("unix:"));
	const int fd = socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct str host, port;
	int64_t n = 0;
	int result;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (is_unix) {
		const struct str path = str_sub(address, 5, address.len);

		memcpy(un.sun_path, path.ptr, MIN(path.len, sizeof(un.sun_path) - 1));
		result = connect(fd, (struct sockaddr *)&un, sizeof(un));
	} else {
		str_cut(address, ':', &host, &port);
		CHECK(str_to_int64(port, &n));
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
		in.sin_port = htons((uint16_t)n);
		result = connect(fd, (struct sockaddr *)&in, sizeof(in));
	}
	if (result != 0)
		fail_msg("connect to %.*s: %s", STR_FMT(address), strerror(errno));
	return fd;
}

static inline void
say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Reads until a newline; the line without it. "" at the end of the stream. */
static inline struct str
hear(int fd, char *text, size_t size)
{
	size_t len = 0;

	while (len < size && recv(fd, text + len, 1, 0) == 1) {
		if (text[len] == '\n')
			break;
		len++;
	}
	return (struct str){ text, len };
}

static inline void
expect(int fd, const char *line)
{
	char text[256];

	CHECK_STR(hear(fd, text, sizeof(text)), line);
}

static inline void
expect_end(int fd)
{
	char c;

	assert_int_equal(recv(fd, &c, 1, 0), 0);
}

/* Reads the letters that "big" and "file" send. */
static inline void
expect_letters(int fd, size_t n, int pause_every)
{
	static char piece[64 * 1024];

	for (size_t at = 0, reads = 0; at < n; reads++) {
		const ssize_t got = recv(fd, piece, MIN(sizeof(piece), n - at), 0);

		assert_true(got > 0);
		for (ssize_t i = 0; i < got; i++)
			assert_int_equal(piece[i], 'a' + (int)((at + (size_t)i) % 26));
		at += (size_t)got;
		if (pause_every > 0 && reads % (size_t)pause_every == 0)
			pause_ms(1);
	}
}

static inline const char *
temporary(char *path)
{
	memcpy(path, "/tmp/test-net-XXXXXX", sizeof("/tmp/test-net-XXXXXX"));
	return mkdtemp(path);
}

/* "unix:" and a path in a new directory, or a TCP address with a free port. */
static inline const char *
some_address(bool is_unix, char *text, char *directory)
{
	if (!is_unix)
		return "127.0.0.1:0";
	snprintf(text, GIVEN_SIZE, "unix:%s/socket", temporary(directory));
	return text;
}

#endif
