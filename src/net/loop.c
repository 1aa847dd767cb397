#include "net/loop.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/thread.h"
#include "net/address_counts.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum {
	SWEEP_MS = 100,        /* at least between two sweeps */
	LATER_OUT = 64 * 1024, /* answers that wait for one another */
	LATER_US = 250,        /* and no longer than this */
	KEPT_OUT = 512 * 1024, /* memory that a buffer may keep */
	MAX_OUT = 1 << 30,     /* answers in memory are far smaller */
	DEFAULT_WINDOW_MS = 5000,
};

#define WAKE_DATA UINT64_MAX

void
loop_set_patience(struct net_loop *l, const struct net_patience *patience)
{
	l->timeout_ms[NET_IDLE] = patience->idle_timeout_ms;
	l->timeout_ms[NET_READ_HEAD] = patience->head_timeout_ms;
	l->timeout_ms[NET_WRITE] = patience->write_timeout_ms;
	l->body_rate = patience->body_rate;
}

bool
loop_init(struct net_loop *l, const struct net_options *options, struct loop_tally *tally,
    struct address_counts *addresses, uint32_t index, struct err *err)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET, .data.u64 = WAKE_DATA };

	*l = (struct net_loop){ .options = options,
		.tally = tally,
		.addresses = addresses,
		.index = index,
		.sweep_ms = INT64_MAX,
		.out = BUF_INIT(MAX_OUT),
		.plain = BUF_INIT(CONN_HELD_MAX),
		.cipher = BUF_INIT(MAX_OUT),
		.later_out = BUF_INIT(LATER_OUT) };
	loop_set_patience(l, &options->patience);
	l->timeout_ms[NET_READ_BODY] =
	    options->body_window_ms > 0 ? options->body_window_ms : DEFAULT_WINDOW_MS;
	l->timeout_ms[NET_CLOSING] = CONN_LINGER_MS;
	pthread_mutex_init(&l->mutex, NULL);
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	l->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->epoll < 0 || l->wake < 0 || epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->wake, &ev) != 0) {
		err_set(err, ERR_UNAVAILABLE, "The system has no descriptors for an event loop");
		return err_cause(err, "%s", strerror(errno));
	}
	l->in = mem_resize(NULL, CONN_HELD_MAX);
	return true;
}

void
loop_free(struct net_loop *l)
{
	for (size_t i = 0; i < l->mail_len; i++) {
		if (l->mail[i].to.generation == 0) {
			close(((struct loop_arrival *)l->mail[i].message)->fd);
			mem_free(l->mail[i].message);
		} else {
			l->options->handler.undelivered(l->mail[i].message);
		}
	}
	mem_free(l->mail);
	mem_free(l->taken);
	mem_free(l->again);
	mem_free(l->in);
	buf_free(&l->out);
	buf_free(&l->plain);
	buf_free(&l->cipher);
	buf_free(&l->later_out);
	slab_free(&l->conns);
	if (l->epoll >= 0)
		close(l->epoll);
	if (l->wake >= 0)
		close(l->wake);
	pthread_mutex_destroy(&l->mutex);
}

/* The descriptor is edge-triggered, so that nobody needs to read the counter back. */
static void
wake(struct net_loop *l)
{
	const uint64_t one = 1;
	const ssize_t n = write(l->wake, &one, sizeof(one));

	(void)n; /* full only after 2^64 wakings */
}

void
loop_post(struct net_loop *l, struct loop_mail mail)
{
	pthread_mutex_lock(&l->mutex);
	if (l->mail_len == l->mail_size) {
		l->mail_size = MAX(2 * l->mail_size, (size_t)16);
		l->mail = mem_resize(l->mail, l->mail_size * sizeof(struct loop_mail));
	}
	l->mail[l->mail_len++] = mail;
	pthread_mutex_unlock(&l->mutex);
	/* Either the loop, going to sleep, finds the mail, or we find it asleep: both are seq_cst.
	 */
	atomic_fetch_add(&l->waiting, 1);
	if (atomic_load(&l->asleep) && atomic_exchange(&l->asleep, false))
		wake(l);
}

void
loop_stop(struct net_loop *l, int64_t deadline_ms)
{
	atomic_store(&l->stop_ms, deadline_ms);
	wake(l);
}

void
loop_deadline_at(struct net_loop *l, struct net_conn *c, int64_t deadline_ms)
{
	c->deadline_ms = deadline_ms;
	if (deadline_ms < l->sweep_ms)
		l->sweep_ms = deadline_ms;
}

void
loop_deadline(struct net_loop *l, struct net_conn *c, enum net_state state)
{
	const int timeout_ms = l->timeout_ms[state];

	loop_deadline_at(l, c, timeout_ms > 0 ? l->now_ms + timeout_ms : INT64_MAX);
}

int64_t
loop_look(struct net_loop *l)
{
	l->mono_us = clock_mono_us();
	return l->mono_us;
}

void
loop_again(struct net_loop *l, struct net_conn *c)
{
	if (c->again)
		return;
	c->again = true;
	if (l->again_len == l->again_size) {
		l->again_size = MAX(2 * l->again_size, (size_t)16);
		l->again = mem_resize(l->again, l->again_size * sizeof(struct loop_ref));
	}
	l->again[l->again_len++] = (struct loop_ref){ c->index, (uint32_t)c->generation };
}

void
loop_out_done(struct net_loop *l)
{
	buf_clear(&l->out);
	buf_clear(&l->cipher);
	if (l->out.size > KEPT_OUT)
		buf_free(&l->out);
	if (l->cipher.size > KEPT_OUT)
		buf_free(&l->cipher);
}

bool
loop_later(struct net_loop *l, struct net_conn *c)
{
	if (!l->hears || l->out.len == 0 || l->out.len > LATER_OUT - l->later_out.len)
		return false;
	buf_put(&l->later_out, buf_str(&l->out));
	l->later[l->later_len++] = (struct loop_later){ .to = { c->index, (uint32_t)c->generation },
		.end = l->later_out.len };
	loop_out_done(l);
	l->current = NULL;
	return true;
}

/* Ends the turns that waited. */
static void
end_later(struct net_loop *l)
{
	size_t from = 0;

	for (size_t i = 0; i < l->later_len; i++) {
		const struct loop_later *later = &l->later[i];
		struct net_conn *c = slab_find(&l->conns, later->to.index, later->to.generation);

		if (c != NULL) {
			l->current = c;
			buf_put(&l->out, str_sub(buf_str(&l->later_out), from, later->end - from));
			conn_settle(c);
		}
		from = later->end;
	}
	l->later_len = 0;
	buf_clear(&l->later_out);
}

/* Lets every connection with an event do what it can. No connection has two. */
static void
hear(struct net_loop *l, const struct epoll_event *events, int n)
{
	l->hears = true;
	l->later_us = l->mono_us;
	for (int i = 0; i < n; i++) {
		const uint64_t data = events[i].data.u64;
		struct net_conn *c = data == WAKE_DATA
		    ? NULL
		    : slab_find(&l->conns, (uint32_t)data, (uint32_t)(data >> 32));

		const int64_t looked_us = l->mono_us;

		if (c != NULL)
			conn_event(c, events[i].events);
		if (l->mono_us == looked_us) /* it brought no answer */
			loop_look(l);
		if (l->later_len > 0 && l->mono_us > l->later_us + LATER_US) {
			end_later(l);
			l->later_us = loop_look(l);
		}
	}
	end_later(l);
	l->hears = false;
}

/* Only those that were there at the begin: one that goes on and on gives way to the others. */
static void
run_again(struct net_loop *l)
{
	const size_t len = l->again_len;

	for (size_t i = 0; i < len; i++) {
		struct net_conn *c =
		    slab_find(&l->conns, l->again[i].index, l->again[i].generation);

		if (c != NULL) {
			c->again = false;
			loop_look(l);
			conn_turn(c);
		}
	}
	l->again_len -= len;
	if (l->again_len > 0)
		memmove(l->again, l->again + len, l->again_len * sizeof(struct loop_ref));
}

static void
deliver(struct net_loop *l, struct loop_mail mail)
{
	if (mail.to.generation == 0) {
		struct loop_arrival *a = mail.message;

		conn_open(l, a->fd, &a->peer, a->tag, a->tls);
		mem_free(a);
		return;
	}
	struct net_conn *c = slab_find(&l->conns, mail.to.index, (uint32_t)mail.to.generation);

	if (c == NULL || c->generation != mail.to.generation)
		l->options->handler.undelivered(mail.message);
	else
		conn_message(c, mail.message);
}

static void
take_mail(struct net_loop *l)
{
	if (atomic_load(&l->waiting) == 0)
		return;
	pthread_mutex_lock(&l->mutex);
	struct loop_mail *mail = l->mail;
	const size_t len = l->mail_len, size = l->mail_size;

	l->mail = l->taken;
	l->mail_size = l->taken_size;
	l->mail_len = 0;
	pthread_mutex_unlock(&l->mutex);
	l->taken = mail;
	l->taken_size = size;
	atomic_fetch_sub(&l->waiting, len);
	for (size_t i = 0; i < len; i++)
		deliver(l, mail[i]);
}

/* Looks at every connection, and notes when the next may be due: a deadline is a field write. */
static void
sweep(struct net_loop *l)
{
	struct net_conn *c;
	int64_t earliest = INT64_MAX;

	if (l->now_ms < l->sweep_ms || l->now_ms < l->swept_ms + SWEEP_MS)
		return;
	l->swept_ms = l->now_ms;
	l->sweep_ms = INT64_MAX;
	for (uint32_t at = 0; (c = slab_next(&l->conns, &at)) != NULL;) {
		if (c->deadline_ms <= l->now_ms)
			conn_deadline(c);
		if (c->fd >= 0)
			earliest = MIN(earliest, c->deadline_ms);
	}
	l->sweep_ms = MIN(l->sweep_ms, earliest);
}

static void
tick(struct net_loop *l)
{
	if (l->now_ms < l->second_ms)
		return;
	l->second_ms = l->now_ms + 1000;
	l->date = clock_http_date(clock_now_us(), l->date_text);
	if (l->options->handler.loop_second != NULL)
		l->options->handler.loop_second(l, l->options->handler.arg);
}

/* How long the next wait may last. */
static int
patience(struct net_loop *l)
{
	int64_t until = MIN(l->second_ms, MAX(l->sweep_ms, l->swept_ms + SWEEP_MS));

	if (l->again_len > 0)
		return 0;
	if (l->draining)
		until = MIN(until, atomic_load(&l->stop_ms));
	return (int)MAX(until - l->now_ms, (int64_t)0);
}

static int
wait_for_events(struct net_loop *l, struct epoll_event *events)
{
	int timeout_ms = patience(l);

	atomic_store(&l->asleep, true);
	if (atomic_load(&l->waiting) > 0)
		timeout_ms = 0;
	const int n = epoll_wait(l->epoll, events, LOOP_EVENTS, timeout_ms);

	atomic_store(&l->asleep, false);
	l->now_ms = loop_look(l) / 1000;
	l->wall_us = clock_now_us() - l->mono_us;
	return n;
}

static void
begin_to_drain(struct net_loop *l)
{
	struct net_conn *c;

	l->draining = true;
	for (uint32_t at = 0; (c = slab_next(&l->conns, &at)) != NULL;)
		conn_drain(c);
}

static void
drop_all(struct net_loop *l)
{
	struct net_conn *c;

	for (uint32_t at = 0; (c = slab_next(&l->conns, &at)) != NULL;)
		conn_drop(c);
}

/* One turn; false when the loop is to end. */
static bool
turn(struct net_loop *l)
{
	struct epoll_event events[LOOP_EVENTS];
	const struct net_handler *h = &l->options->handler;
	const int n = wait_for_events(l, events);
	const int64_t stop_ms = atomic_load(&l->stop_ms); /* before the mail: arrivals come first */

	if (h->loop_awake != NULL)
		h->loop_awake(l, h->arg);
	hear(l, events, n);
	take_mail(l);
	run_again(l);
	if (stop_ms != 0 && !l->draining)
		begin_to_drain(l);
	sweep(l);
	tick(l);
	if (stop_ms != 0 && l->now_ms >= stop_ms)
		drop_all(l);
	if (h->loop_asleep != NULL)
		h->loop_asleep(l, h->arg);
	return stop_ms == 0 || l->conns.used > 0;
}

static void *
loop_main(void *arg)
{
	struct net_loop *l = arg;
	const struct net_handler *h = &l->options->handler;

	l->now_ms = loop_look(l) / 1000;
	l->date = clock_http_date(clock_now_us(), l->date_text);
	l->second_ms = l->now_ms + 1000;
	if (h->loop_start != NULL)
		h->loop_start(l, h->arg);
	while (turn(l))
		;
	if (h->loop_stop != NULL)
		h->loop_stop(l, h->arg);
	return NULL;
}

bool
loop_start(struct net_loop *l, struct err *err)
{
	char name[16];

	snprintf(name, sizeof(name), "loop-%u", l->index);
	/* It takes no SIGPIPE either: sendfile() tells by its errno. */
	const int error = thread_start(&l->thread, name, loop_main, l);

	if (error != 0) {
		err_set(err, ERR_UNAVAILABLE, "The system refused a thread for an event loop");
		return err_cause(err, "%s", strerror(error));
	}
	return true;
}

void
loop_join(struct net_loop *l)
{
	pthread_join(l->thread, NULL);
}
