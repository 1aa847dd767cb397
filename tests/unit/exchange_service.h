/*
 * exchange_service.h - for test_exchange.c: an exchange on real sockets, and a client of it.
 */
#ifndef TESTS_UNIT_EXCHANGE_SERVICE_H
#define TESTS_UNIT_EXCHANGE_SERVICE_H

#include "base/clock.h"
#include "server/exchange.h"
#include "tests/unit/exchange_fakes.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ANSWER_MAX = 4 * 1024 * 1024 };

struct service {
	struct conf conf;
	struct site site;
	struct lanes lanes;
	struct exchange_server *x;
	struct net *net;
	char directory[64], control[96];
};

static struct str TRUSTED[] = { STR_INIT("10.0.0.0/8"), STR_INIT("127.0.0.1"),
	STR_INIT("nonsense") };

static inline void
must(bool ok, const struct err *err)
{
	if (!ok)
		fail_msg("%s (%s)", err->msg, err->cause);
}

static inline struct service *
service_new(void)
{
	struct service *s = MEM_NEW(struct service);

	memcpy(s->directory, "/tmp/test-exchange-XXXXXX", sizeof("/tmp/test-exchange-XXXXXX"));
	CHECK(mkdtemp(s->directory) != NULL);
	snprintf(s->control, sizeof(s->control), "unix:%s/control", s->directory);
	s->conf.server.data = str_from(s->directory);
	s->conf.http.max_line = 8192;
	s->conf.http.max_head = 16384;
	s->conf.http.max_fields = 100;
	s->conf.http.max_response = 256 * 1024 * 1024;
	s->conf.http.gzip = true;
	s->site.conf = &s->conf;
	s->site.turns = turns_new();
	s->site.memory.limit = 64 * 1024 * 1024;
	return s;
}

static inline void
start(struct service *s, int head_timeout_ms)
{
	const struct exchange_options options = { .site = &s->site, .lanes = &s->lanes };
	struct err err = { 0 };

	s->x = exchange_new(&options);
	const struct net_options net = { .loops = 2,
		.patience.head_timeout_ms = head_timeout_ms,
		.patience.write_timeout_ms = 10000,
		.patience.idle_timeout_ms = 10000,
		.patience.body_rate = 1000,
		.body_window_ms = head_timeout_ms,
		.is_trusted = exchange_is_trusted,
		.handler = exchange_handler(s->x) };

	must(net_new(&net, &s->net, &err), &err);
	exchange_set_net(s->x, s->net);
	must(net_listen(s->net, STR("127.0.0.1:0"), DOOR_PUBLIC, NULL, &err), &err);
	must(net_listen(s->net, STR("127.0.0.1:0"), DOOR_ADMIN, NULL, &err), &err);
	must(net_listen(s->net, str_from(s->control), DOOR_CONTROL, NULL, &err), &err);
	must(net_listen(s->net, STR("127.0.0.1:0"), DOOR_CONTROL, NULL, &err), &err);
	must(net_start(s->net, &err), &err);
}

static inline void
service_end(struct service *s)
{
	net_stop(s->net, clock_mono_ms() + 3000);
	for (size_t i = 0; i < atomic_load(&s->lanes.len); i++)
		pthread_join(s->lanes.threads[i], NULL);
	exchange_free(s->x);
	net_free(s->net);
	assert_int_equal(atomic_load(&s->site.memory.used), 0);
	turns_free(s->site.turns);
	assert_int_equal(rmdir(s->directory), 0);
	mem_free(s);
}

/* To the listener-th listener. */
static inline int
connect_to(struct service *s, size_t listener)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	const struct timeval patience = { .tv_sec = 10 };
	char text[NET_ADDRESS_SIZE];
	const struct str address = net_address(s->net, listener, text);
	const bool is_unix = str_starts(address, STR("unix:"));
	const int fd = socket(is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct str host, port;
	int64_t n = 0;

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
	if (is_unix) {
		memcpy(un.sun_path, address.ptr + 5, address.len - 5);
		assert_int_equal(connect(fd, (struct sockaddr *)&un, sizeof(un)), 0);
		return fd;
	}
	str_cut(address, ':', &host, &port);
	CHECK(str_to_int64(port, &n));
	in.sin_port = htons((uint16_t)n);
	assert_int_equal(connect(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	return fd;
}

static inline void
say(int fd, struct str bytes)
{
	while (bytes.len > 0) {
		const ssize_t n = send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL);

		assert_true(n > 0);
		bytes = str_sub(bytes, (size_t)n, bytes.len);
	}
}

/* One answer as it came: its head, then its body. */
struct answer {
	int64_t status, length;
	bool keep_alive;
	char head[1024], id[80];
	struct str body;
};

/* The value of the field that begins so in a head; null: there is none. */
static inline struct str
field_of(const char *head, const char *begin)
{
	const char *at = strstr(head, begin);
	struct str value = STR_NULL, rest;

	if (at != NULL)
		(void)str_cut(str_from(at + strlen(begin)), '\r', &value, &rest);
	return value;
}

static inline struct answer
hear(int fd, bool head_only)
{
	static char body[ANSWER_MAX];
	struct answer a = { 0 };
	size_t len = 0;

	while (len < sizeof(a.head) - 1 &&
	    str_find_str((struct str){ a.head, len }, STR("\r\n\r\n")) < 0) {
		if (recv(fd, a.head + len, 1, 0) != 1)
			return a;
		len++;
	}
	const struct str id = field_of(a.head, "X-Frappe-Request-Id: ");
	const struct str length = field_of(a.head, "Content-Length: ");

	CHECK(str_to_int64(str_sub(str_from(a.head), 9, 3), &a.status));
	a.keep_alive = strstr(a.head, "Connection: close") == NULL;
	CHECK(id.len < sizeof(a.id));
	memcpy(a.id, id.len > 0 ? id.ptr : "", id.len);
	CHECK(str_is_null(length) || str_to_int64(length, &a.length));
	for (int64_t at = 0; at < a.length && !head_only;) {
		const ssize_t n = recv(fd, body + at, (size_t)(a.length - at), 0);

		assert_true(n > 0);
		at += n;
	}
	a.body = (struct str){ body, head_only ? 0 : (size_t)a.length };
	return a;
}

static inline void
expect_end(int fd)
{
	char c;

	assert_int_equal(recv(fd, &c, 1, 0), 0);
}

static inline bool
is_compressed(struct answer a)
{
	return strstr(a.head, "Content-Encoding: gzip") != NULL && a.length < 20000;
}

static inline bool
has(struct answer a, const char *part)
{
	return str_find_str(a.body, str_from(part)) >= 0;
}

#endif
