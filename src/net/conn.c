#include "net/conn.h"

#include "crypto/tls.h"
#include "net/address_counts.h"
#include "net/loop.h"
#include "net/output.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define READING (BIT(NET_IDLE) | BIT(NET_READ_HEAD) | BIT(NET_READ_BODY))

/*
 * IDLE -> READ_HEAD -> READ_BODY -> HANDLE -> IDLE (keep-alive); any of them -> WRITE while a send
 * is blocked, and back to c->after; WRITE -> CLOSING -> CLOSED. How long a state may last:
 * loop_init().
 */
static const struct {
	unsigned next; /* BIT() of every state that may follow */
	bool in_all;   /* entered again, its deadline stays */
} STATES[] = {
	[NET_IDLE] = { .next = READING | BIT(NET_HANDLE) | BIT(NET_WRITE) | BIT(NET_CLOSED) },
	[NET_READ_HEAD] = { .next = READING | BIT(NET_HANDLE) | BIT(NET_WRITE) | BIT(NET_CLOSED),
	    .in_all = true },
	[NET_READ_BODY] = { .next = READING | BIT(NET_HANDLE) | BIT(NET_WRITE) | BIT(NET_CLOSED),
	    .in_all = true },
	[NET_HANDLE] = { .next = READING | BIT(NET_HANDLE) | BIT(NET_WRITE) | BIT(NET_CLOSED) },
	[NET_WRITE] = { .next = READING | BIT(NET_WRITE) | BIT(NET_CLOSING) | BIT(NET_CLOSED) },
	[NET_CLOSING] = { .next = BIT(NET_CLOSED) },
	[NET_CLOSED] = { .next = 0 },
};

/* The only function that writes c->state. */
static void
enter(struct net_conn *c, enum net_state next)
{
	assert((STATES[c->state].next & BIT(next)) != 0);
	if (next == c->state && STATES[next].in_all)
		return;
	c->state = (uint8_t)next;
	loop_deadline(c->loop, c, next);
}

/* Until the output has left; then comes after. */
static void
enter_write(struct net_conn *c, enum net_state after)
{
	enter(c, NET_WRITE);
	c->after = (uint8_t)after;
}

void
net_conn_enter(struct net_conn *c, enum net_state next)
{
	if (c->state == NET_WRITE && c->after == NET_CLOSING)
		return; /* no more requests */
	if (next == NET_CLOSING || (output_is_blocked(c) && (READING & BIT(next)) != 0))
		enter_write(c, next);
	else
		enter(c, next);
}

void
net_conn_close(struct net_conn *c)
{
	if (c->state != NET_CLOSING)
		net_conn_enter(c, NET_CLOSING);
}

/* Sanitizers look at the memory that the library's functions are given, and learn from them who
 * waits for whom. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SYSTEM_RECV(fd, to, size) recv((fd), (to), (size), 0)
#define SYSTEM_SEND(fd, from, len) send((fd), (from), (len), MSG_NOSIGNAL)
#else
#define SYSTEM_RECV(fd, to, size) syscall(SYS_recvfrom, (fd), (to), (size), 0, NULL, NULL)
#define SYSTEM_SEND(fd, from, len) syscall(SYS_sendto, (fd), (from), (len), MSG_NOSIGNAL, NULL, 0)
#endif

ssize_t
conn_recv(const struct net_conn *c, char *to, size_t size)
{
	return SYSTEM_RECV(c->fd, to, size);
}

ssize_t
conn_send(const struct net_conn *c, struct str bytes)
{
	return SYSTEM_SEND(c->fd, bytes.ptr, bytes.len);
}

static bool
is_reading(const struct net_conn *c)
{
	return (READING & BIT(c->state)) != 0 && !c->broken;
}

/* What the acceptor took for a peer. */
static void
leave(struct net_loop *l, const struct net_peer *peer)
{
	if (l->addresses != NULL)
		address_counts_give(l->addresses, peer);
	atomic_fetch_sub(&l->load, 1);
}

void
conn_open(struct net_loop *l, int fd, const struct net_peer *peer, int tag, struct tls *tls)
{
	struct net_conn *c = slab_take(&l->conns);

	if (c == NULL) {
		close(fd);
		leave(l, peer);
		return;
	}
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
		.data.u64 = (c->generation & UINT32_MAX) << 32 | c->index };

	c->loop = l;
	c->fd = fd;
	c->peer = *peer;
	c->tag = (uint8_t)tag;
	c->tls = tls == NULL ? NULL : tls_conn_new(tls);
	c->fresh = true;
	loop_deadline(l, c, NET_READ_HEAD);
	atomic_fetch_add_explicit(&l->tally->open, 1, memory_order_relaxed);
	c->state_of = l->options->handler.opened == NULL
	    ? NULL
	    : l->options->handler.opened(c, l->options->handler.arg);
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev) != 0)
		conn_drop(c);
}

void
conn_drop(struct net_conn *c)
{
	struct net_loop *l = c->loop;

	enter(c, NET_CLOSED);
	if (l->options->handler.closed != NULL)
		l->options->handler.closed(c);
	close(c->fd);
	output_release(c, true);
	tls_conn_free(c->tls);
	leave(l, &c->peer);
	atomic_fetch_sub_explicit(&l->tally->open, 1, memory_order_relaxed);
	slab_give(&l->conns, c);
}

/* The bytes that the handler did not take wait with the connection. */
static void
keep(struct net_conn *c, struct str rest)
{
	c->unoffered = rest.len > 0 && !is_reading(c);
	if (rest.len == 0) {
		if (c->held != NULL) {
			buf_clear(&c->held->in);
			output_release(c, false);
		}
		return;
	}
	struct buf *in = &output_held(c)->in;

	buf_clear(in);
	buf_put(in, rest);
	if (!buf_ok(in))
		c->broken = true; /* no memory is left for what it may send one day */
}

/* bytes are all there is, and do not belong to c->held. */
static void
offer(struct net_conn *c, struct str bytes)
{
	const struct net_handler *h = &c->loop->options->handler;

	while (bytes.len > 0 && is_reading(c)) {
		const size_t took = h->input(c, bytes);

		assert(took <= bytes.len);
		bytes = str_sub(bytes, took, bytes.len);
		if (took == 0 && is_reading(c))
			break;
		if (c->loop->out.len > CONN_HIGH_WATER || output_is_blocked(c))
			output_send(c);
		if (output_is_blocked(c) && is_reading(c))
			enter_write(c, (enum net_state)c->state);
	}
	keep(c, bytes);
}

static void
offer_held(struct net_conn *c)
{
	const struct str held = buf_str(&c->held->in);

	memcpy(c->loop->in, held.ptr, held.len);
	offer(c, (struct str){ c->loop->in, held.len });
}

static void
offer_decrypted(struct net_conn *c, struct str cipher)
{
	struct buf *plain = &c->loop->plain;
	struct err err;
	bool eof = false;

	buf_clear(plain);
	if (c->held != NULL)
		buf_put(plain, buf_str(&c->held->in));
	if (!tls_feed(c->tls, cipher, &err) || !tls_read(c->tls, plain, &eof, &err) ||
	    !buf_ok(plain)) {
		output_send(c); /* the alert, if the socket takes it */
		c->broken = true;
		return;
	}
	offer(c, buf_str(plain));
	if (eof) {
		c->ended = true;
		c->readable = false;
	}
}

/* One recv; what came is offered together with what was held. */
static void
receive(struct net_conn *c)
{
	struct net_loop *l = c->loop;
	const size_t held = c->held == NULL ? 0 : c->held->in.len;
	const size_t room = held >= CONN_INPUT_SIZE
	    ? 0
	    : MIN((size_t)CONN_INPUT_SIZE - held, (size_t)CONN_READ_SIZE);
	char *to = l->in + (c->tls == NULL ? held : 0);
	const ssize_t n = room == 0 ? -1 : conn_recv(c, to, room);

	if (n < 0) {
		if (room > 0 && errno == EINTR)
			return;
		c->readable = false;
		c->broken = room == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
		return;
	}
	if (n == 0) {
		c->readable = false;
		c->ended = true;
		return;
	}
	if ((size_t)n < room && !c->hung_up)
		c->readable = false; /* a new edge comes with new bytes */
	c->fresh = false;
	c->window = (uint32_t)MIN((uint64_t)c->window + (uint64_t)n, (uint64_t)UINT32_MAX);
	if (c->tls != NULL) {
		offer_decrypted(c, (struct str){ to, (size_t)n });
		return;
	}
	if (held > 0)
		memcpy(l->in, c->held->in.ptr, held);
	offer(c, (struct str){ l->in, held + (size_t)n });
}

static void
take_input(struct net_conn *c)
{
	if (is_reading(c) && c->unoffered)
		offer_held(c);
	for (int i = 0; i < CONN_READS_A_TURN && is_reading(c) && c->readable; i++)
		receive(c);
}

/* CLOSING: what still comes is thrown away. False: nothing more can come. */
static bool
discard(struct net_conn *c)
{
	for (int i = 0; i < CONN_READS_A_TURN && c->readable; i++) {
		const ssize_t n = conn_recv(c, c->loop->in, CONN_READ_SIZE);

		if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
			return false;
		if (n < 0 && errno == EAGAIN)
			c->readable = false;
	}
	if (c->readable)
		loop_again(c->loop, c);
	return !c->ended;
}

/* All has left: says good-bye, so that the peer sees the end but still may send. */
static void
half_close(struct net_conn *c)
{
	if (c->tls != NULL) {
		tls_shutdown(c->tls);
		output_send(c);
	}
	shutdown(c->fd, SHUT_WR);
	c->readable = true;
	enter(c, NET_CLOSING);
}

/* The state after a blocked send, once it is through; an answer that is still to be sent comes
 * first. */
static void
resume(struct net_conn *c)
{
	if (c->state != NET_WRITE || c->broken || output_is_blocked(c) || c->loop->out.len > 0)
		return;
	if (c->after == NET_CLOSING)
		half_close(c);
	else
		enter(c, (enum net_state)c->after);
}

/* A reading connection at the end of its turn. False: it has no future. */
static bool
goes_on(struct net_conn *c)
{
	if (c->unoffered || c->readable) {
		loop_again(c->loop, c);
		return true;
	}
	if (c->ended)
		return false;
	return !c->loop->draining || c->fresh || c->state != NET_IDLE || c->held != NULL;
}

void
conn_settle(struct net_conn *c)
{
	if (!c->broken && (c->loop->out.len > 0 || c->tls != NULL))
		output_send(c);
	loop_out_done(c->loop);
	c->loop->current = NULL;
	if (!c->broken && output_is_blocked(c)) {
		if (is_reading(c))
			enter_write(c, (enum net_state)c->state);
		else if (c->state == NET_HANDLE && c->deadline_ms == INT64_MAX)
			loop_deadline(c->loop, c, NET_WRITE);
		return;
	}
	if (c->state == NET_HANDLE)
		loop_deadline(c->loop, c, NET_HANDLE);
	resume(c);
	if (c->broken || (c->state == NET_CLOSING && !discard(c)) || (is_reading(c) && !goes_on(c)))
		conn_drop(c);
}

void
conn_turn(struct net_conn *c)
{
	c->loop->current = c;
	if (output_is_blocked(c))
		output_send(c);
	resume(c);
	take_input(c);
	if (!loop_later(c->loop, c))
		conn_settle(c);
}

void
conn_event(struct net_conn *c, uint32_t events)
{
	if ((events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
		c->readable = true;
	if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
		c->hung_up = true;
	if ((events & (EPOLLHUP | EPOLLERR)) != 0 && !is_reading(c))
		conn_drop(c); /* nobody is left to read the answer */
	else
		conn_turn(c);
}

void
conn_message(struct net_conn *c, void *message)
{
	c->loop->current = c;
	c->loop->options->handler.message(c, message);
	conn_turn(c);
}

/* Has the body come fast enough since its deadline was set? */
static bool
keeps_rate(const struct net_conn *c)
{
	const int64_t least =
	    (int64_t)c->loop->body_rate * c->loop->timeout_ms[NET_READ_BODY] / 1000;

	return c->state == NET_READ_BODY && c->window >= least;
}

void
conn_deadline(struct net_conn *c)
{
	const struct net_handler *h = &c->loop->options->handler;

	if (keeps_rate(c)) {
		c->window = 0;
		loop_deadline(c->loop, c, NET_READ_BODY);
		return;
	}
	if (c->state != NET_READ_HEAD && c->state != NET_READ_BODY) {
		conn_drop(c);
		return;
	}
	c->loop->current = c;
	if (h->timeout != NULL)
		h->timeout(c);
	net_conn_close(c);
	conn_settle(c);
}

void
conn_drain(struct net_conn *c)
{
	if (c->fresh)
		loop_deadline_at(c->loop, c, c->loop->now_ms + CONN_FRESH_DRAIN_MS);
	if (is_reading(c)) {
		c->readable = true;
		conn_turn(c);
	}
}
