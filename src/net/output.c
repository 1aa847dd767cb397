#include "net/output.h"

#include "base/mem.h"
#include "crypto/tls.h"
#include "net/loop.h"

#include <errno.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PIECE = 16 * 1024 }; /* of a file, to be encrypted */

struct conn_held *
output_held(struct net_conn *c)
{
	if (c->held == NULL) {
		c->held = MEM_NEW(struct conn_held);
		c->held->in =
		    (struct buf){ .cap = CONN_HELD_MAX, .budget = c->loop->options->memory };
		c->held->out =
		    (struct buf){ .cap = SIZE_MAX / 2, .budget = c->loop->options->memory };
		c->held->file = -1;
	}
	return c->held;
}

void
output_release(struct net_conn *c, bool anyway)
{
	struct conn_held *h = c->held;

	if (h == NULL)
		return;
	if (h->out.len == h->sent || anyway) {
		buf_free(&h->out);
		h->sent = 0;
	}
	if (h->in.len == 0 || anyway)
		buf_free(&h->in);
	if (h->file >= 0 && anyway) {
		close(h->file);
		h->file = -1;
	}
	if (h->out.len > 0 || h->in.len > 0 || h->file >= 0)
		return;
	mem_free(h);
	c->held = NULL;
}

/* A peer that reads, however slowly, is waited for. */
static void
made_progress(struct net_conn *c)
{
	if (c->state == NET_WRITE || c->state == NET_HANDLE)
		loop_deadline(c->loop, c, NET_WRITE);
}

/* How many bytes the socket took; 0 also when it takes none now or has failed. */
static size_t
send_some(struct net_conn *c, struct str bytes)
{
	ssize_t n;

	do
		n = conn_send(c, bytes);
	while (n < 0 && errno == EINTR);
	if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
		c->broken = true;
	if (n <= 0)
		return 0;
	made_progress(c);
	return (size_t)n;
}

static void
send_held(struct net_conn *c)
{
	struct conn_held *h = c->held;

	if (h == NULL || h->out.len == h->sent)
		return;
	h->sent += send_some(c, str_sub(buf_str(&h->out), h->sent, h->out.len));
	if (h->sent == h->out.len)
		output_release(c, false);
}

/* A piece of the file, encrypted into the held output. */
static void
encrypt_piece(struct net_conn *c, struct conn_held *h)
{
	char piece[PIECE];
	struct err err;
	const ssize_t n =
	    pread(h->file, piece, (size_t)MIN(h->file_left, (int64_t)PIECE), (off_t)h->file_at);

	if (n <= 0 || !tls_write(c->tls, (struct str){ piece, (size_t)n }, &err)) {
		c->broken = true;
		return;
	}
	tls_take(c->tls, &h->out);
	h->file_at += n;
	h->file_left -= n;
}

/* Straight from the page cache. False: the socket takes no more now. */
static bool
send_piece(struct net_conn *c, struct conn_held *h, size_t most)
{
	off_t at = (off_t)h->file_at;
	const ssize_t n = sendfile(c->fd, h->file, &at, MIN((size_t)h->file_left, most));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0) {
		c->broken = true; /* failed, or the file is shorter than was said */
		return false;
	}
	made_progress(c);
	h->file_at += n;
	h->file_left -= n;
	return true;
}

/* The output before the file has left. */
static void
send_file(struct net_conn *c)
{
	struct conn_held *h = c->held; /* stays while it has a file */
	const int64_t end = h->file_left > CONN_FILE_A_TURN ? h->file_left - CONN_FILE_A_TURN : 0;

	while (h->file_left > end && !c->broken) {
		if (c->tls == NULL) {
			if (!send_piece(c, h, (size_t)(h->file_left - end)))
				return;
			continue;
		}
		encrypt_piece(c, h);
		if (!c->broken)
			send_held(c);
		if (h->out.len > h->sent)
			return;
	}
	if (c->broken)
		return;
	if (h->file_left > 0) {
		loop_again(c->loop, c);
		return;
	}
	close(h->file);
	h->file = -1;
	output_release(c, false);
}

/* Bytes that the socket does not take now. A peer for whom there is no memory left is given up. */
static void
hold(struct net_conn *c, struct str bytes)
{
	struct buf *out = &output_held(c)->out;

	buf_put(out, bytes);
	if (!buf_ok(out))
		c->broken = true;
}

void
output_send(struct net_conn *c)
{
	struct buf *out = &c->loop->out;
	UNSET struct err err;

	if (c->tls != NULL) {
		if (out->len > 0 && !tls_write(c->tls, buf_str(out), &err))
			c->broken = true;
		out = &c->loop->cipher;
		buf_clear(out);
		tls_take(c->tls, out);
	}
	if (!c->broken && output_is_blocked(c)) {
		/* Nothing is put out while a file waits (net.h), but TLS has words of its own. */
		hold(c, buf_str(out));
		send_held(c);
	} else if (!c->broken && out->len > 0) {
		const size_t n = send_some(c, buf_str(out));

		if (n < out->len && !c->broken)
			hold(c, str_sub(buf_str(out), n, out->len));
	}
	if (!c->broken && c->held != NULL && c->held->file >= 0 &&
	    c->held->out.len == c->held->sent)
		send_file(c);
	loop_out_done(c->loop);
}

void
net_conn_send_file(struct net_conn *c, int fd, int64_t at, int64_t len)
{
	struct conn_held *h = output_held(c);

	assert(h->file < 0);
	h->file = fd;
	h->file_at = at;
	h->file_left = len;
}
