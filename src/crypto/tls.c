#include "crypto/tls.h"

#include "base/mem.h"

#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>

enum {
	PIECE = 16 * 1024,     /* the most that one record holds */
	TICKET_KEYS_MAX = 256, /* bytes; OpenSSL 3 wants 80 */
};

struct tls {
	pthread_mutex_t mutex; /* over context */
	SSL_CTX *context; /* counted by OpenSSL: every connection holds the one it began with */
	struct str certificate, key; /* owned */
};

struct tls_conn {
	SSL *ssl;
	BIO *in, *out; /* owned by ssl */
	bool failed;
};

/* The oldest of OpenSSL's complaints, which is the cause of the others. */
static bool
refuse(struct err *err, const char *what, const char *file)
{
	char text[256];

	ERR_error_string_n(ERR_peek_error(), text, sizeof(text));
	ERR_clear_error();
	err_set(err, ERR_UNAVAILABLE, "TLS: %s (%s); check [tls] certificate and key", what, file);
	return err_cause(err, "%s", text);
}

/* Picks "http/1.1" of what the client offers; a client that offers only others is refused. */
static int
pick_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
    unsigned in_len, void *arg)
{
	static const unsigned char OURS[] = "\x08http/1.1";

	(void)ssl;
	(void)arg;
	if (SSL_select_next_proto((unsigned char **)out, out_len, OURS, sizeof(OURS) - 1, in,
		in_len) == OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_OK;
	return SSL_TLSEXT_ERR_ALERT_FATAL;
}

static SSL_CTX *
new_context(void)
{
	static const unsigned char SESSION_ID[] = "symbolon";
	SSL_CTX *c = SSL_CTX_new(TLS_server_method());

	if (c == NULL)
		return NULL;
	SSL_CTX_set_min_proto_version(c, TLS1_2_VERSION);
	SSL_CTX_set_cipher_list(c, "ECDHE+AESGCM:ECDHE+CHACHA20");
	SSL_CTX_set_options(c,
	    SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF |
		SSL_OP_PRIORITIZE_CHACHA | SSL_OP_CIPHER_SERVER_PREFERENCE);
	SSL_CTX_set_mode(c, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE);
	/* Sessions are resumed from tickets that clients keep, so that we keep none. */
	SSL_CTX_set_session_cache_mode(c, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_session_id_context(c, SESSION_ID, sizeof(SESSION_ID) - 1);
	SSL_CTX_set_num_tickets(c, 1);
	SSL_CTX_set_alpn_select_cb(c, pick_protocol, NULL);
	return c;
}

static bool
load(const struct tls *t, SSL_CTX **out, struct err *err)
{
	ERR_clear_error();
	SSL_CTX *c = new_context();

	if (c == NULL)
		return refuse(err, "OpenSSL does not start", "no file");
	if (SSL_CTX_use_certificate_chain_file(c, t->certificate.ptr) != 1)
		refuse(err, "the certificate cannot be read", t->certificate.ptr);
	else if (SSL_CTX_use_PrivateKey_file(c, t->key.ptr, SSL_FILETYPE_PEM) != 1)
		refuse(err, "the key cannot be read, or is not the certificate's", t->key.ptr);
	else if (SSL_CTX_check_private_key(c) != 1)
		refuse(err, "the key is not the certificate's", t->key.ptr);
	else
		return *out = c, true;
	SSL_CTX_free(c);
	return false;
}

static struct str
copy(const char *text)
{
	const size_t len = strlen(text);
	char *p = mem_alloc(len + 1);

	memcpy(p, text, len);
	return (struct str){ p, len };
}

bool
tls_new(const char *certificate, const char *key, struct tls **out, struct err *err)
{
	struct tls *t = MEM_NEW(struct tls);

	pthread_mutex_init(&t->mutex, NULL);
	t->certificate = copy(certificate);
	t->key = copy(key);
	if (!load(t, &t->context, err)) {
		tls_free(t);
		return false;
	}
	*out = t;
	return true;
}

/* Tickets that clients hold stay good. */
static void
carry_ticket_keys(SSL_CTX *from, SSL_CTX *to)
{
	unsigned char keys[TICKET_KEYS_MAX];
	const long len = SSL_CTX_get_tlsext_ticket_keys(from, NULL, 0);

	if (len <= 0 || len > TICKET_KEYS_MAX ||
	    SSL_CTX_get_tlsext_ticket_keys(from, keys, len) != 1)
		return;
	SSL_CTX_set_tlsext_ticket_keys(to, keys, len);
	explicit_bzero(keys, sizeof(keys));
}

bool
tls_reload(struct tls *t, struct err *err)
{
	SSL_CTX *fresh;

	if (!load(t, &fresh, err))
		return false;
	pthread_mutex_lock(&t->mutex);
	SSL_CTX *old = t->context;

	carry_ticket_keys(old, fresh);
	t->context = fresh;
	pthread_mutex_unlock(&t->mutex);
	SSL_CTX_free(old);
	return true;
}

void
tls_free(struct tls *t)
{
	if (t == NULL)
		return;
	SSL_CTX_free(t->context);
	mem_free((char *)t->certificate.ptr);
	mem_free((char *)t->key.ptr);
	pthread_mutex_destroy(&t->mutex);
	mem_free(t);
}

struct tls_conn *
tls_conn_new(struct tls *t)
{
	struct tls_conn *c = MEM_NEW(struct tls_conn);

	pthread_mutex_lock(&t->mutex);
	c->ssl = SSL_new(t->context);
	pthread_mutex_unlock(&t->mutex);
	c->in = BIO_new(BIO_s_mem());
	c->out = BIO_new(BIO_s_mem());
	if (c->ssl == NULL || c->in == NULL || c->out == NULL)
		abort(); /* the system refused memory */
	BIO_set_mem_eof_return(c->in, -1);
	BIO_set_mem_eof_return(c->out, -1);
	SSL_set_bio(c->ssl, c->in, c->out);
	SSL_set_accept_state(c->ssl);
	return c;
}

void
tls_conn_free(struct tls_conn *c)
{
	if (c == NULL)
		return;
	SSL_free(c->ssl);
	mem_free(c);
}

static bool
fail(struct tls_conn *c, struct err *err)
{
	char text[256];

	ERR_error_string_n(ERR_peek_error(), text, sizeof(text));
	ERR_clear_error();
	c->failed = true;
	err_set(err, ERR_BAD_REQUEST, "The TLS connection failed");
	return err_cause(err, "%s", text);
}

bool
tls_feed(struct tls_conn *c, struct str cipher, struct err *err)
{
	ERR_clear_error();
	if (c->failed || cipher.len > INT_MAX ||
	    BIO_write(c->in, cipher.ptr, (int)cipher.len) != (int)cipher.len)
		return fail(c, err);
	if (SSL_is_init_finished(c->ssl))
		return true;
	const int n = SSL_do_handshake(c->ssl);

	if (n == 1 || SSL_get_error(c->ssl, n) == SSL_ERROR_WANT_READ)
		return true;
	return fail(c, err);
}

bool
tls_read(struct tls_conn *c, struct buf *plain, bool *eof, struct err *err)
{
	size_t n;

	if (c->failed)
		return fail(c, err);
	ERR_clear_error();
	while (SSL_is_init_finished(c->ssl)) {
		char *to = buf_room(plain, PIECE);

		if (to == NULL)
			return fail(c, err);
		const int result = SSL_read_ex(c->ssl, to, PIECE, &n);

		if (result == 1) {
			buf_grew(plain, n);
			continue;
		}
		switch (SSL_get_error(c->ssl, result)) {
		case SSL_ERROR_WANT_READ:
			return true;
		case SSL_ERROR_ZERO_RETURN:
			*eof = true;
			return true;
		default:
			return fail(c, err);
		}
	}
	return true;
}

bool
tls_write(struct tls_conn *c, struct str plain, struct err *err)
{
	if (c->failed)
		return fail(c, err);
	ERR_clear_error();
	while (plain.len > 0) {
		size_t n;

		if (SSL_write_ex(c->ssl, plain.ptr, plain.len, &n) != 1)
			return fail(c, err);
		plain = str_sub(plain, n, plain.len);
	}
	return true;
}

void
tls_take(struct tls_conn *c, struct buf *cipher)
{
	char *bytes;
	const long n = BIO_get_mem_data(c->out, &bytes);

	if (n <= 0)
		return;
	buf_put(cipher, (struct str){ bytes, (size_t)n });
	(void)BIO_reset(c->out);
}

void
tls_shutdown(struct tls_conn *c)
{
	if (c->failed || !SSL_is_init_finished(c->ssl))
		return;
	ERR_clear_error();
	SSL_shutdown(c->ssl);
	ERR_clear_error();
}
