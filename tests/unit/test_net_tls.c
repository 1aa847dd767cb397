/* TLS over real sockets: a blocking OpenSSL client against a loop. */
#include "tests/unit/unit.h"

#include "base/clock.h"
#include "crypto/tls.h"
#include "net/net.h"
#include "tests/unit/certificate.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

/* PATIENCE_MS: valgrind takes its time over what comes. */
enum { BIG = 3 * 1024 * 1024, MANY = 500, PATIENCE_MS = 100 * 1000 };

/* "N\n": N letters; "fN\n": the same from a file; "q\n": good-bye. */
static size_t
input(struct net_conn *c, struct str bytes)
{
	struct str line, rest;
	int64_t n = 0;
	const bool whole = str_cut(bytes, '\n', &line, &rest);
	const bool file = line.len > 0 && line.ptr[0] == 'f';

	if (!whole) {
		net_conn_enter(c, NET_READ_HEAD);
		return 0;
	}
	net_conn_enter(c, NET_IDLE);
	if (!str_to_int64(str_sub(line, file, line.len), &n)) {
		net_conn_close(c);
		return line.len + 1;
	}
	char *letters = malloc((size_t)n + 1);

	for (int64_t i = 0; i < n; i++)
		letters[i] = (char)('a' + i % 26);
	if (file) {
		char name[] = "/tmp/test-net-tls-XXXXXX";
		const int fd = mkstemp(name);

		unlink(name);
		assert_int_equal(write(fd, letters, (size_t)n), n);
		net_conn_send_file(c, fd, 0, n);
	} else {
		buf_put(net_conn_out(c), (struct str){ letters, (size_t)n });
	}
	free(letters);
	return line.len + 1;
}

struct service {
	struct net *net;
	struct tls *tls;
	char directory[64], certificate[96], key[96], text[NET_ADDRESS_SIZE];
	SSL_CTX *context;
};

static void
must(bool ok, const struct err *err)
{
	if (!ok)
		fail_msg("%s (%s)", err->msg, err->cause);
}

static void
serve(struct service *s)
{
	const struct net_options options = { .loops = 2,
		.patience.head_timeout_ms = PATIENCE_MS,
		.patience.write_timeout_ms = PATIENCE_MS,
		.patience.idle_timeout_ms = PATIENCE_MS,
		.handler = { .input = input } };
	struct err err = { 0 };

	memcpy(s->directory, "/tmp/test-net-XXXXXX", sizeof("/tmp/test-net-XXXXXX"));
	CHECK(mkdtemp(s->directory) != NULL);
	snprintf(s->certificate, sizeof(s->certificate), "%s/certificate.pem", s->directory);
	snprintf(s->key, sizeof(s->key), "%s/key.pem", s->directory);
	certificate_make(s->certificate, s->key, "symbolon");
	must(tls_new(s->certificate, s->key, &s->tls, &err), &err);
	must(net_new(&options, &s->net, &err), &err);
	must(net_listen(s->net, STR("127.0.0.1:0"), 0, s->tls, &err), &err);
	must(net_start(s->net, &err), &err);
	s->context = SSL_CTX_new(TLS_client_method());
}

static void
end(struct service *s)
{
	net_stop(s->net, clock_mono_ms() + 1000);
	net_free(s->net);
	tls_free(s->tls);
	SSL_CTX_free(s->context);
	unlink(s->certificate);
	unlink(s->key);
	rmdir(s->directory);
}

static int
connect_to(struct service *s)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	const struct timeval patience = { .tv_sec = PATIENCE_MS / 1000 };
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct str host, port;
	int64_t n = 0;

	str_cut(net_address(s->net, 0, s->text), ':', &host, &port);
	CHECK(str_to_int64(port, &n));
	in.sin_port = htons((uint16_t)n);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	assert_int_equal(connect(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	return fd;
}

static SSL *
handshake(struct service *s)
{
	SSL *ssl = SSL_new(s->context);

	SSL_set_fd(ssl, connect_to(s));
	assert_int_equal(SSL_connect(ssl), 1);
	return ssl;
}

static void
hang_up(SSL *ssl)
{
	const int fd = SSL_get_fd(ssl);

	SSL_free(ssl);
	close(fd);
}

static void
expect_letters(SSL *ssl, size_t n)
{
	static char piece[16 * 1024];

	for (size_t at = 0; at < n;) {
		const int got = SSL_read(ssl, piece, (int)MIN(sizeof(piece), n - at));

		assert_true(got > 0);
		for (int i = 0; i < got; i++)
			assert_int_equal(piece[i], 'a' + (int)((at + (size_t)i) % 26));
		at += (size_t)got;
	}
}

static void
serves_small_many_and_large_answers(void **state)
{
	struct service s = { 0 };
	char line[32];

	(void)state;
	serve(&s);
	SSL *ssl = handshake(&s);

	SSL_write(ssl, "5\n", 2);
	expect_letters(ssl, 5);
	for (int i = 0; i < MANY; i++)
		SSL_write(ssl, "7\n", 2);
	for (int i = 0; i < MANY; i++)
		expect_letters(ssl, 7);
	const int len = snprintf(line, sizeof(line), "%d\nf%d\n3\n", BIG, BIG);

	SSL_write(ssl, line, len);
	expect_letters(ssl, BIG);
	expect_letters(ssl, BIG);
	expect_letters(ssl, 3);
	SSL_write(ssl, "q\n", 2);
	assert_int_equal(SSL_read(ssl, line, sizeof(line)), 0);
	assert_int_equal(SSL_get_error(ssl, 0), SSL_ERROR_ZERO_RETURN);
	hang_up(ssl);
	end(&s);
}

static void
outlives_peers_that_speak_something_else(void **state)
{
	struct service s = { 0 };
	char text[256];

	(void)state;
	serve(&s);
	const int fd = connect_to(&s);

	assert_int_equal(send(fd, "GET / HTTP/1.1\r\n\r\n", 18, MSG_NOSIGNAL), 18);
	while (recv(fd, text, sizeof(text), 0) > 0)
		; /* an alert, then the end */
	close(fd);
	SSL *gone = handshake(&s);

	hang_up(gone);
	SSL *ssl = handshake(&s);

	SSL_write(ssl, "26\n", 3);
	expect_letters(ssl, 26);
	hang_up(ssl);
	end(&s);
}

UNIT_TESTS(serves_small_many_and_large_answers, outlives_peers_that_speak_something_else)
