/*
 * tls.h - TLS 1.2 and later through OpenSSL, over buffers: one recv and one send a turn.
 *
 * A struct tls is a server's certificate and settings, shared by loops; a struct
 * tls_conn is one connection, used by its loop's thread only. Bytes from the socket go
 * in by tls_feed(); plain bytes come out by tls_read(); what must be sent comes out by
 * tls_take().
 */
#ifndef CRYPTO_TLS_H
#define CRYPTO_TLS_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

struct tls;
struct tls_conn;

/* PEM files. ERR_UNAVAILABLE names the file and what is wrong with it. */
MUST_USE bool tls_new(const char *certificate, const char *key, struct tls **out, struct err *err);
/* Reads the files again (SIGHUP); the old certificate stays if that fails. Any thread. */
MUST_USE bool tls_reload(struct tls *t, struct err *err);
void tls_free(struct tls *t);

struct tls_conn *tls_conn_new(struct tls *t);
void tls_conn_free(struct tls_conn *c);

/* Takes bytes from the socket. False: the handshake or a record failed; send what tls_take() has,
 * close. */
MUST_USE bool tls_feed(struct tls_conn *c, struct str cipher, struct err *err);
/* Appends the plain bytes that have become readable to plain. False: as tls_feed(). *eof:
 * close_notify came. */
MUST_USE bool tls_read(struct tls_conn *c, struct buf *plain, bool *eof, struct err *err);
/* Encrypts plain bytes; they come out by tls_take(). */
MUST_USE bool tls_write(struct tls_conn *c, struct str plain, struct err *err);
/* Appends what must be sent to cipher. */
void tls_take(struct tls_conn *c, struct buf *cipher);
/* Queues close_notify. */
void tls_shutdown(struct tls_conn *c);

#endif
