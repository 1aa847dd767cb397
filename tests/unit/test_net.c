/* A small line protocol on real sockets: what net.h promises, seen from outside. */
#include "tests/unit/unit.h"

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
	pthread_t threads[64];
	_Atomic size_t threads_len;
};

struct later {
	struct service *service;
	struct net_id to;
	char text[64];
	size_t len;
};

static void
pause_ms(int ms)
{
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}

static void *
answer_later(void *arg)
{
	struct later *l = arg;

	pause_ms(atomic_load(&l->service->delay_ms));
	net_post(l->service->net, l->to, l);
	return NULL;
}

static void *
opened(struct net_conn *c, void *arg)
{
	(void)c;
	return arg;
}

static void
put_line(struct net_conn *c, struct str text)
{
	buf_put(net_conn_out(c), text);
	buf_put_char(net_conn_out(c), '\n');
}

static void
put_big(struct net_conn *c, int64_t n)
{
	char *room = buf_room(net_conn_out(c), (size_t)n);

	for (int64_t i = 0; i < n; i++)
		room[i] = (char)('a' + i % 26);
	buf_grew(net_conn_out(c), (size_t)n);
	put_line(c, STR(""));
}

static void
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

static void
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

static void
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

static size_t
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

static void
message(struct net_conn *c, void *m)
{
	struct later *l = m;

	put_line(c, (struct str){ l->text, l->len });
	net_conn_enter(c, NET_IDLE);
	if (str_eq((struct str){ l->text, l->len }, STR("good-bye")))
		net_conn_close(c);
	mem_free(l);
}

static void
undelivered(void *m)
{
	struct later *l = m;

	atomic_fetch_add(&l->service->undelivered, 1);
	mem_free(l);
}

static void
timeout(struct net_conn *c)
{
	put_line(c, STR("timeout"));
}

static void
closed(struct net_conn *c)
{
	struct service *s = net_conn_state_of(c);

	atomic_fetch_add(&s->closed, 1);
}

static void
second(struct net_loop *l, void *arg)
{
	struct service *s = arg;

	assert_int_equal(net_loop_date(l).len, strlen("Tue, 24 Nov 2026 04:10:05 GMT"));
	atomic_fetch_add(&s->seconds, 1);
}

static void
refused(void *arg, bool of_address, struct buf *out)
{
	(void)arg;
	(void)of_address;
	buf_lit(out, "full\n");
}

static struct net_options
options_for(struct service *s, int loops)
{
	return (struct net_options){ .loops = loops,
		.head_timeout_ms = PATIENCE_MS,
		.write_timeout_ms = PATIENCE_MS,
		.idle_timeout_ms = PATIENCE_MS,
		.body_rate = 1000,
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

static void
must(bool ok, const struct err *err)
{
	if (!ok)
		fail_msg("%s (%s)", err->msg, err->cause);
}

/* Starts s on one address; the bound address comes back in text. */
static struct str
serve(struct service *s, const struct net_options *options, const char *address, char *text)
{
	struct err err = { 0 };

	must(net_new(options, &s->net, &err), &err);
	must(net_listen(s->net, str_from(address), 7, NULL, &err), &err);
	must(net_start(s->net, &err), &err);
	return net_address(s->net, 0, text);
}

static void
end(struct service *s)
{
	net_stop(s->net, clock_mono_ms() + 2000);
	for (size_t i = 0; i < atomic_load(&s->threads_len); i++)
		pthread_join(s->threads[i], NULL);
	net_free(s->net);
}

/* The client's side. */
static int
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

static void
say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Reads until a newline; the line without it. "" at the end of the stream. */
static struct str
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

static void
expect(int fd, const char *line)
{
	char text[256];

	CHECK_STR(hear(fd, text, sizeof(text)), line);
}

static void
expect_end(int fd)
{
	char c;

	assert_int_equal(recv(fd, &c, 1, 0), 0);
}

/* Reads the letters that "big" and "file" send. */
static void
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

static const char *
temporary(char *path)
{
	memcpy(path, "/tmp/test-net-XXXXXX", sizeof("/tmp/test-net-XXXXXX"));
	return mkdtemp(path);
}

/* "unix:" and a path in a new directory, or a TCP address with a free port. */
static const char *
some_address(bool is_unix, char *text, char *directory)
{
	if (!is_unix)
		return "127.0.0.1:0";
	snprintf(text, GIVEN_SIZE, "unix:%s/socket", temporary(directory));
	return text;
}

static void
spreads_connections_evenly_over_the_loops(void **state)
{
	(void)state;
	for (int is_unix = 0; is_unix < 2; is_unix++) {
		struct service s = { 0 };
		const struct net_options options = options_for(&s, 4);
		char text[NET_ADDRESS_SIZE], given[GIVEN_SIZE], directory[64], line[64];
		int fds[64], by_loop[4] = { 0 };
		const struct str address =
		    serve(&s, &options, some_address(is_unix, given, directory), text);

		for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
			int64_t n;

			fds[i] = connect_to(address);
			say(fds[i], "loop\n");
			CHECK(str_to_int64(hear(fds[i], line, sizeof(line)), &n) && n < 4);
			by_loop[n]++;
		}
		for (int i = 0; i < 4; i++)
			CHECK_CASE(is_unix ? "unix" : "tcp", by_loop[i] >= 13 && by_loop[i] <= 19);
		assert_int_equal(net_counts(s.net).open, 64);
		assert_int_equal(net_counts(s.net).accepted, 64);
		for (size_t i = 0; i < ARRAY_LEN(fds); i++)
			close(fds[i]);
		end(&s);
		assert_int_equal(atomic_load(&s.closed), 64);
		if (is_unix)
			assert_int_equal(rmdir(directory), 0); /* the socket's file is gone, too */
	}
}

static void
refuses_an_address_that_another_server_has(void **state)
{
	(void)state;
	for (int is_unix = 0; is_unix < 2; is_unix++) {
		struct service s = { 0 };
		const struct net_options options = options_for(&s, 1);
		struct net *second_net;
		struct err err = { 0 };
		char text[NET_ADDRESS_SIZE], given[GIVEN_SIZE], directory[64];
		const struct str address =
		    serve(&s, &options, some_address(is_unix, given, directory), text);

		CHECK(net_new(&options, &second_net, &err));
		CHECK(!net_listen(second_net, address, 0, NULL, &err));
		assert_int_equal(err.kind, ERR_UNAVAILABLE);
		CHECK(str_find_str(str_from(err.msg), address) >= 0);
		net_free(second_net);
		const int fd = connect_to(address); /* the first one has not suffered */
		say(fd, "echo still here\n");
		expect(fd, "still here");
		close(fd);
		end(&s);
		if (is_unix)
			rmdir(directory);
	}
}

static void
replaces_a_socket_that_nobody_answers_and_no_other_file(void **state)
{
	struct service s = { 0 };
	const struct net_options options = options_for(&s, 1);
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	char directory[64], given[GIVEN_SIZE], text[NET_ADDRESS_SIZE];
	struct net *other;
	struct stat st;
	struct err err = { 0 };

	(void)state;
	some_address(true, given, directory);
	snprintf(un.sun_path, sizeof(un.sun_path), "%s", given + strlen("unix:"));
	const int dead = socket(AF_UNIX, SOCK_STREAM, 0);

	assert_int_equal(bind(dead, (struct sockaddr *)&un, sizeof(un)), 0);
	close(dead);
	const mode_t mask = umask(0027);
	const struct str address = serve(&s, &options, given, text);

	umask(mask);
	assert_int_equal(stat(un.sun_path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	const int fd = connect_to(address);

	say(fd, "echo alive\n");
	expect(fd, "alive");
	close(fd);
	end(&s);

	close(open(un.sun_path, O_CREAT | O_WRONLY, 0600));
	CHECK(net_new(&options, &other, &err));
	CHECK(!net_listen(other, str_from(given), 0, NULL, &err));
	net_free(other);
	assert_int_equal(unlink(un.sun_path), 0);
	rmdir(directory);
}

static void
listens_at_paths_that_are_too_long_for_a_socket(void **state)
{
	struct service s = { 0 };
	const struct net_options options = options_for(&s, 1);
	char directory[64], path[512], given[600], link_path[64], text[NET_ADDRESS_SIZE];
	char through[80];

	(void)state;
	temporary(directory);
	snprintf(path, sizeof(path), "%s/%0150d", directory, 1);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(given, sizeof(given), "unix:%s/socket", path);
	const struct str address = serve(&s, &options, given, text);

	CHECK_STR(address, given);
	snprintf(link_path, sizeof(link_path), "%s/l", directory);
	assert_int_equal(symlink(path, link_path), 0);
	snprintf(through, sizeof(through), "unix:%s/socket", link_path);
	const int fd = connect_to(str_from(through));

	say(fd, "echo far away\n");
	expect(fd, "far away");
	close(fd);
	end(&s);
	unlink(link_path);
	assert_int_equal(rmdir(path), 0);
	rmdir(directory);
}

static void
answers_what_comes_together_in_order_and_what_comes_in_pieces(void **state)
{
	struct service s = { 0 };
	const struct net_options options = options_for(&s, 2);
	char text[NET_ADDRESS_SIZE], many[16 * 1024] = "", number[32];
	const struct str address = serve(&s, &options, "127.0.0.1:0", text);
	const int fd = connect_to(address);
	size_t len = 0;

	(void)state;
	for (int i = 0; i < 1000; i++)
		len += (size_t)snprintf(
		    many + len, sizeof(many) - len, i % 100 == 50 ? "later %d\n" : "echo %d\n", i);
	atomic_store(&s.delay_ms, 2);
	say(fd, many);
	for (int i = 0; i < 1000; i++) {
		snprintf(number, sizeof(number), "%d", i);
		expect(fd, number);
	}
	for (const char *p = "echo split\necho everywhere\n"; *p != '\0'; p++) {
		assert_int_equal(send(fd, p, 1, 0), 1);
		pause_ms(1);
	}
	expect(fd, "split");
	expect(fd, "everywhere");
	shutdown(fd, SHUT_WR);
	expect_end(fd);
	close(fd);
	end(&s);
}

static void
sends_large_answers_to_slow_readers_while_others_are_served(void **state)
{
	static const size_t SIZE = 6 * 1024 * 1024 + 17;

	(void)state;
	for (int is_unix = 0; is_unix < 2; is_unix++) {
		struct service s = { 0 };
		const struct net_options options = options_for(&s, 1);
		char text[NET_ADDRESS_SIZE], given[GIVEN_SIZE], directory[64], line[64];
		const struct str address =
		    serve(&s, &options, some_address(is_unix, given, directory), text);
		const int slow = connect_to(address), other = connect_to(address);

		snprintf(line, sizeof(line), "big %zu\nfile %zu\necho after\n", SIZE, SIZE);
		say(slow, line);
		for (int i = 0; i < 10; i++) {
			say(other, "echo hello\n");
			expect(other, "hello");
		}
		expect_letters(slow, SIZE, 10);
		expect(slow, "");
		expect(slow, "file");
		expect_letters(slow, SIZE, 10);
		expect(slow, "after");
		close(slow);
		close(other);
		end(&s);
		if (is_unix)
			rmdir(directory);
	}
}

static void
gives_back_messages_whose_connection_has_gone(void **state)
{
	struct service s = { 0 };
	const struct net_options options = options_for(&s, 2);
	char text[NET_ADDRESS_SIZE];
	const struct str address = serve(&s, &options, "127.0.0.1:0", text);
	const struct linger abort_it = { .l_onoff = 1 };

	(void)state;
	atomic_store(&s.delay_ms, 200);
	for (int i = 0; i < 8; i++) {
		const int fd = connect_to(address);

		say(fd, "later lost\n");
		pause_ms(20);
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &abort_it, sizeof(abort_it));
		close(fd);
	}
	const int fd = connect_to(address);

	/* Half-closed is not gone. */
	say(fd, "later found\n");
	shutdown(fd, SHUT_WR);
	expect(fd, "found");
	expect_end(fd);
	close(fd);
	end(&s);
	assert_int_equal(atomic_load(&s.undelivered), 8);
	assert_int_equal(atomic_load(&s.closed), 9);
}

static void
ends_connections_that_take_too_long(void **state)
{
	struct service s = { 0 };
	struct net_options options = options_for(&s, 1);
	char text[NET_ADDRESS_SIZE], piece[101];
	int64_t began;

	(void)state;
	options.head_timeout_ms = 300;
	options.idle_timeout_ms = 400;
	options.write_timeout_ms = 400;
	options.body_window_ms = 500;
	options.body_rate = 100;
	const struct str address = serve(&s, &options, "127.0.0.1:0", text);
	const int silent = connect_to(address), idle = connect_to(address),
		  stuck = connect_to(address);
	const int dripping = connect_to(address), slow = connect_to(address),
		  fast = connect_to(address);

	say(idle, "echo x\n");
	expect(idle, "x");
	say(stuck, "big 20000000\n");
	say(slow, "body 100000\n");
	say(fast, "body 4000\n");
	began = clock_mono_ms();
	memset(piece, 'x', 100);
	piece[100] = '\0';
	/* Some 6,000 a second are enough; a head is judged in all, however it drips. */
	for (int i = 0; i < 10; i++) {
		send(dripping, "e", 1, MSG_NOSIGNAL);
		for (int k = 0; k < 4; k++)
			say(fast, piece);
		pause_ms(60);
	}
	expect(dripping, "timeout");
	expect_end(dripping);
	expect(slow, "timeout");
	expect(fast, "body");
	expect_end(silent);
	expect_end(idle);
	CHECK(clock_mono_ms() - began < 5000);
	while (atomic_load(&s.closed) < 5 && clock_mono_ms() - began < 5000)
		pause_ms(10); /* stuck is dropped without a word */
	CHECK(atomic_load(&s.closed) >= 5);
	close(silent);
	close(idle);
	close(stuck);
	close(dripping);
	close(slow);
	close(fast);
	end(&s);
	assert_int_equal(atomic_load(&s.closed), 6);
}

static void
finishes_what_is_under_way_when_it_stops(void **state)
{
	struct service s = { 0 };
	const struct net_options options = options_for(&s, 2);
	char text[NET_ADDRESS_SIZE], copy[NET_ADDRESS_SIZE] = "";
	const struct str address = serve(&s, &options, "127.0.0.1:0", text);
	int busy[4], idle[4];

	(void)state;
	memcpy(copy, address.ptr, address.len);
	atomic_store(&s.delay_ms, 300);
	for (int i = 0; i < 4; i++) {
		idle[i] = connect_to(address);
		say(idle[i], "echo x\n");
		expect(idle[i], "x");
		busy[i] = connect_to(address);
		say(busy[i], "later answer\n");
	}
	const int fresh = connect_to(address); /* perhaps still in the listener's queue */

	say(fresh, "echo queued\n");
	const int64_t began = clock_mono_ms();

	net_stop(s.net, began + 5000);
	CHECK(clock_mono_ms() - began < 4000);
	for (int i = 0; i < 4; i++) {
		expect(busy[i], "answer");
		expect_end(busy[i]);
		expect_end(idle[i]);
		close(busy[i]);
		close(idle[i]);
	}
	expect(fresh, "queued");
	expect_end(fresh);
	close(fresh);
	for (size_t i = 0; i < atomic_load(&s.threads_len); i++)
		pthread_join(s.threads[i], NULL);
	net_free(s.net);
	assert_int_equal(atomic_load(&s.undelivered), 0);
}

static void
gives_up_at_the_deadline_of_a_stop(void **state)
{
	struct service s = { 0 };
	const struct net_options options = options_for(&s, 2);
	char text[NET_ADDRESS_SIZE];
	const struct str address = serve(&s, &options, "127.0.0.1:0", text);
	const int fd = connect_to(address);

	(void)state;
	atomic_store(&s.delay_ms, 700);
	say(fd, "later lost\n");
	pause_ms(50);
	const int64_t began = clock_mono_ms();

	net_stop(s.net, began + 200);
	CHECK(clock_mono_ms() - began < 600);
	close(fd);
	end(&s);
	assert_int_equal(atomic_load(&s.undelivered), 1);
}

static void
tells_peers_that_are_too_many(void **state)
{
	struct service s = { 0 };
	struct net_options options = options_for(&s, 2);
	char text[NET_ADDRESS_SIZE];

	(void)state;
	options.max_connections = 3;
	const struct str address = serve(&s, &options, "127.0.0.1:0", text);
	int fds[3];

	for (int i = 0; i < 3; i++) {
		fds[i] = connect_to(address);
		say(fds[i], "echo in\n");
		expect(fds[i], "in");
	}
	const int one_more = connect_to(address);

	say(one_more, "echo out\n");
	expect(one_more, "full");
	close(one_more);
	assert_int_equal(net_counts(s.net).refused, 1);
	close(fds[0]);
	for (int64_t began = clock_mono_ms();
	     net_counts(s.net).open == 3 && clock_mono_ms() - began < PATIENCE_MS;)
		pause_ms(5);
	fds[0] = connect_to(address);
	say(fds[0], "echo in again\n");
	expect(fds[0], "in again");
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	end(&s);
}

static void
lets_a_peer_that_still_sends_read_the_last_answer(void **state)
{
	struct service s = { 0 };
	const struct net_options options = options_for(&s, 1);
	char text[NET_ADDRESS_SIZE];
	static char junk[4 * 1024 * 1024];
	const struct str address = serve(&s, &options, "127.0.0.1:0", text);
	const int fd = connect_to(address);

	(void)state;
	say(fd, "bye\n");
	for (size_t at = 0; at < sizeof(junk);) {
		const ssize_t n = send(fd, junk + at, sizeof(junk) - at, MSG_NOSIGNAL);

		assert_true(n > 0);
		at += (size_t)n;
	}
	expect(fd, "bye");
	expect_end(fd);
	close(fd);
	end(&s);
}

static void
sends_an_answer_from_elsewhere_before_it_closes(void **state)
{
	struct service s = { 0 };
	const struct net_options options = options_for(&s, 1);
	char text[NET_ADDRESS_SIZE];
	const int fd = connect_to(serve(&s, &options, "127.0.0.1:0", text));

	(void)state;
	say(fd, "later good-bye\necho never\n");
	expect(fd, "good-bye");
	expect_end(fd);
	close(fd);
	end(&s);
}

UNIT_TESTS(spreads_connections_evenly_over_the_loops, refuses_an_address_that_another_server_has,
    replaces_a_socket_that_nobody_answers_and_no_other_file,
    listens_at_paths_that_are_too_long_for_a_socket,
    answers_what_comes_together_in_order_and_what_comes_in_pieces,
    sends_large_answers_to_slow_readers_while_others_are_served,
    gives_back_messages_whose_connection_has_gone, ends_connections_that_take_too_long,
    finishes_what_is_under_way_when_it_stops, gives_up_at_the_deadline_of_a_stop,
    tells_peers_that_are_too_many, lets_a_peer_that_still_sends_read_the_last_answer,
    sends_an_answer_from_elsewhere_before_it_closes)
