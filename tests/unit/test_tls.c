/* Both ends in one process: OpenSSL's own client over memory, against tls.h. */
#include "tests/unit/unit.h"

#include "crypto/tls.h"
#include "tests/unit/certificate.h"

#include <openssl/ssl.h>
#include <stdlib.h>
#include <unistd.h>

struct files {
	char directory[64], certificate[96], key[96], other[96];
};

static void
make_files(struct files *f)
{
	memcpy(f->directory, "/tmp/test-tls-XXXXXX", sizeof("/tmp/test-tls-XXXXXX"));
	CHECK(mkdtemp(f->directory) != NULL);
	snprintf(f->certificate, sizeof(f->certificate), "%s/certificate.pem", f->directory);
	snprintf(f->key, sizeof(f->key), "%s/key.pem", f->directory);
	snprintf(f->other, sizeof(f->other), "%s/other.pem", f->directory);
	certificate_make(f->other, f->key, "other");
	assert_int_equal(rename(f->key, f->other), 0);
	certificate_make(f->certificate, f->key, "first");
}

static void
remove_files(const struct files *f)
{
	unlink(f->certificate);
	unlink(f->key);
	unlink(f->other);
	rmdir(f->directory);
}

/* A client and the server's end of its connection. */
struct pair {
	SSL *client;
	struct tls_conn *server;
	struct buf plain; /* what the server has read */
	bool eof, failed;
};

static struct pair
pair_new(SSL_CTX *context, struct tls *tls)
{
	struct pair p = {
		.client = SSL_new(context), .server = tls_conn_new(tls), .plain = BUF_INIT(1 << 20)
	};

	SSL_set_bio(p.client, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_connect_state(p.client);
	return p;
}

static void
pair_free(struct pair *p)
{
	SSL_free(p->client);
	tls_conn_free(p->server);
	buf_free(&p->plain);
}

/* Carries bytes to and fro until nothing moves; pieces of size bytes towards the server. */
static void
carry(struct pair *p, size_t size)
{
	struct buf cipher = BUF_INIT(1 << 20);
	struct err err;
	char piece[4096];

	for (bool moved = true; moved && !p->failed;) {
		int n;

		moved = false;
		SSL_do_handshake(p->client);
		while (
		    !p->failed && (n = BIO_read(SSL_get_wbio(p->client), piece, (int)size)) > 0) {
			moved = true;
			p->failed = !tls_feed(p->server, (struct str){ piece, (size_t)n }, &err) ||
			    !tls_read(p->server, &p->plain, &p->eof, &err);
		}
		tls_take(p->server, &cipher);
		if (cipher.len > 0) {
			moved = true;
			BIO_write(SSL_get_rbio(p->client), cipher.ptr, (int)cipher.len);
			SSL_peek(p->client, piece, 1); /* takes tickets */
		}
		buf_clear(&cipher);
	}
	buf_free(&cipher);
}

static void
carries_bytes_both_ways_however_they_are_cut(void **state)
{
	static const size_t SIZES[] = { 1, 7, 1000, 4096 };
	struct files f;
	struct tls *tls;
	struct err err;

	(void)state;
	make_files(&f);
	CHECK(tls_new(f.certificate, f.key, &tls, &err));
	for (size_t i = 0; i < ARRAY_LEN(SIZES); i++) {
		SSL_CTX *context = SSL_CTX_new(TLS_client_method());
		struct pair p = pair_new(context, tls);
		char text[64] = "";

		carry(&p, SIZES[i]);
		CHECK(SSL_is_init_finished(p.client));
		assert_int_equal(SSL_write(p.client, "hello", 5), 5);
		assert_int_equal(SSL_write(p.client, ", server", 8), 8);
		carry(&p, SIZES[i]);
		CHECK_STR(buf_str(&p.plain), "hello, server");
		CHECK(tls_write(p.server, STR("hello, client"), &err));
		carry(&p, SIZES[i]);
		assert_int_equal(SSL_read(p.client, text, sizeof(text)), 13);
		CHECK_STR(str_from(text), "hello, client");
		CHECK(!p.eof);
		SSL_shutdown(p.client);
		carry(&p, SIZES[i]);
		CHECK(p.eof);
		tls_shutdown(p.server);
		pair_free(&p);
		SSL_CTX_free(context);
	}
	tls_free(tls);
	remove_files(&f);
}

static void
speaks_tls_1_2_and_later_and_http_1_1_only(void **state)
{
	static const struct {
		const char *what;
		int version; /* 0: any */
		const unsigned char *alpn;
		unsigned alpn_len;
		bool works;
	} cases[] = {
		{ "TLS 1.3", TLS1_3_VERSION, NULL, 0, true },
		{ "TLS 1.2", TLS1_2_VERSION, NULL, 0, true },
		{ "TLS 1.1", TLS1_1_VERSION, NULL, 0, false },
		{ "h2 or http/1.1", 0, (const unsigned char *)"\x02h2\x08http/1.1", 12, true },
		{ "h2 only", 0, (const unsigned char *)"\x02h2", 3, false },
	};
	struct files f;
	struct tls *tls;
	struct err err;

	(void)state;
	make_files(&f);
	CHECK(tls_new(f.certificate, f.key, &tls, &err));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		SSL_CTX *context = SSL_CTX_new(TLS_client_method());
		const unsigned char *chosen = NULL;
		unsigned chosen_len = 0;

		SSL_CTX_set_security_level(context, 0);
		SSL_CTX_set_min_proto_version(context, cases[i].version);
		SSL_CTX_set_max_proto_version(context, cases[i].version);
		SSL_CTX_set_alpn_protos(context, cases[i].alpn, cases[i].alpn_len);
		struct pair p = pair_new(context, tls);

		carry(&p, 4096);
		CHECK_CASE(
		    cases[i].what, (SSL_is_init_finished(p.client) && !p.failed) == cases[i].works);
		SSL_get0_alpn_selected(p.client, &chosen, &chosen_len);
		CHECK_CASE(cases[i].what, chosen_len == (cases[i].works && cases[i].alpn ? 8 : 0));
		pair_free(&p);
		SSL_CTX_free(context);
	}
	tls_free(tls);
	remove_files(&f);
}

/* The name in the certificate that a new client is shown. */
static struct str
shown_name(struct tls *tls, char *text, size_t size)
{
	SSL_CTX *context = SSL_CTX_new(TLS_client_method());
	struct pair p = pair_new(context, tls);

	carry(&p, 4096);
	X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(p.client)),
	    NID_commonName, text, (int)size);
	pair_free(&p);
	SSL_CTX_free(context);
	return str_from(text);
}

static SSL_SESSION *
get_session(SSL_CTX *context, struct tls *tls, SSL_SESSION *from, bool *reused)
{
	struct pair p = pair_new(context, tls);

	if (from != NULL)
		SSL_set_session(p.client, from);
	carry(&p, 4096);
	*reused = SSL_session_reused(p.client) == 1;
	SSL_shutdown(p.client);
	SSL_SESSION *session = SSL_get1_session(p.client);

	pair_free(&p);
	return session;
}

static void
resumes_sessions_also_after_a_reload(void **state)
{
	static const int VERSIONS[] = { TLS1_2_VERSION, TLS1_3_VERSION };
	struct files f;
	struct tls *tls;
	struct err err;

	(void)state;
	make_files(&f);
	CHECK(tls_new(f.certificate, f.key, &tls, &err));
	for (size_t i = 0; i < ARRAY_LEN(VERSIONS); i++) {
		SSL_CTX *context = SSL_CTX_new(TLS_client_method());
		bool reused;

		SSL_CTX_set_max_proto_version(context, VERSIONS[i]);
		SSL_SESSION *first = get_session(context, tls, NULL, &reused);

		CHECK(!reused);
		SSL_SESSION *second = get_session(context, tls, first, &reused);

		CHECK(reused);
		CHECK(tls_reload(tls, &err));
		SSL_SESSION *third = get_session(context, tls, second, &reused);

		CHECK(reused);
		SSL_SESSION_free(first);
		SSL_SESSION_free(second);
		SSL_SESSION_free(third);
		SSL_CTX_free(context);
	}
	tls_free(tls);
	remove_files(&f);
}

static void
keeps_the_old_certificate_when_the_new_one_is_bad(void **state)
{
	struct files f;
	struct tls *tls;
	struct err err;
	char text[64];

	(void)state;
	make_files(&f);
	CHECK(tls_new(f.certificate, f.key, &tls, &err));
	CHECK_STR(shown_name(tls, text, sizeof(text)), "first");
	FILE *file = fopen(f.certificate, "w");

	fputs("no certificate\n", file);
	assert_int_equal(fclose(file), 0);
	CHECK(!tls_reload(tls, &err));
	assert_int_equal(err.kind, ERR_UNAVAILABLE);
	CHECK(str_find_str(str_from(err.msg), str_from(f.certificate)) >= 0);
	CHECK_STR(shown_name(tls, text, sizeof(text)), "first");
	certificate_make(f.certificate, f.key, "second");
	CHECK(tls_reload(tls, &err));
	CHECK_STR(shown_name(tls, text, sizeof(text)), "second");
	tls_free(tls);
	/* A key of another certificate, and files that are not there. */
	CHECK(!tls_new(f.certificate, f.other, &tls, &err));
	CHECK(!tls_new("/nowhere/certificate.pem", f.key, &tls, &err));
	CHECK(!tls_new(f.certificate, "/nowhere/key.pem", &tls, &err));
	CHECK(str_find_str(str_from(err.msg), STR("/nowhere/key.pem")) >= 0);
	remove_files(&f);
}

static void
refuses_what_is_no_tls(void **state)
{
	struct files f;
	struct tls *tls;
	struct err err;
	struct buf plain = BUF_INIT(1 << 20);
	bool eof = false;

	(void)state;
	make_files(&f);
	CHECK(tls_new(f.certificate, f.key, &tls, &err));
	struct tls_conn *c = tls_conn_new(tls);

	CHECK(!tls_feed(c, STR("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), &err));
	CHECK(!tls_read(c, &plain, &eof, &err));
	CHECK(!tls_write(c, STR("x"), &err));
	assert_int_equal(plain.len, 0);
	tls_conn_free(c);
	tls_free(tls);
	buf_free(&plain);
	remove_files(&f);
}

UNIT_TESTS(carries_bytes_both_ways_however_they_are_cut, speaks_tls_1_2_and_later_and_http_1_1_only,
    resumes_sessions_also_after_a_reload, keeps_the_old_certificate_when_the_new_one_is_bad,
    refuses_what_is_no_tls)
