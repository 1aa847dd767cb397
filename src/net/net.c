#include "net/net.h"

#include "base/mem.h"
#include "net/accept.h"
#include "net/address.h"
#include "net/address_counts.h"

#include <stdatomic.h>
#include <sys/resource.h>

enum {
	MOST_DESCRIPTORS = 1 << 20,
	RESERVED = 256, /* descriptors that are not for connections: files, databases, spools */
};

struct net {
	struct net_options options;
	struct loop_tally tally;
	struct address_counts *addresses;
	struct net_loop *loops;
	uint32_t loops_len, loops_started;
	struct listener *listeners;
	size_t listeners_len;
	struct acceptor *acceptor;
	uint64_t max_connections;
};

/* Raises the limit to what is allowed; how many connections that is good for. */
static uint64_t
raise_descriptors(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0)
		return RESERVED;
	r.rlim_cur = MIN(r.rlim_max, (rlim_t)MOST_DESCRIPTORS);
	if (setrlimit(RLIMIT_NOFILE, &r) != 0 && getrlimit(RLIMIT_NOFILE, &r) != 0)
		return RESERVED;
	return r.rlim_cur > 2 * RESERVED ? r.rlim_cur - RESERVED : r.rlim_cur / 2;
}

bool
net_new(const struct net_options *options, struct net **out, struct err *err)
{
	struct net *n = MEM_NEW(struct net);
	const int loops = MIN(MAX(options->loops, 1), (int)NET_MAX_LOOPS);

	n->options = *options;
	n->max_connections = raise_descriptors();
	if (options->max_connections > 0)
		n->max_connections = MIN(n->max_connections, (uint64_t)options->max_connections);
	if (options->max_connections_per_address > 0)
		n->addresses =
		    address_counts_new(options->max_connections_per_address, &n->options);
	n->loops = MEM_NEW_ARRAY(struct net_loop, loops);
	for (; n->loops_len < (uint32_t)loops; n->loops_len++) {
		struct net_loop *l = &n->loops[n->loops_len];

		if (!loop_init(l, &n->options, &n->tally, n->addresses, n->loops_len, err)) {
			loop_free(l);
			net_free(n);
			return false;
		}
	}
	*out = n;
	return true;
}

bool
net_listen(struct net *n, struct str address, int tag, struct tls *tls, struct err *err)
{
	struct listener l;

	if (!listen_open(&l, address, tag, tls, err))
		return false;
	n->listeners = mem_resize(n->listeners, (n->listeners_len + 1) * sizeof(struct listener));
	n->listeners[n->listeners_len++] = l;
	return true;
}

struct str
net_address(const struct net *n, size_t listener, char *text)
{
	return listener < n->listeners_len ? listen_address(&n->listeners[listener], text)
					   : STR_NULL;
}

bool
net_start(struct net *n, struct err *err)
{
	const struct accept_options accept = { .net = &n->options,
		.listeners = n->listeners,
		.listeners_len = n->listeners_len,
		.loops = n->loops,
		.loops_len = n->loops_len,
		.max_connections = n->max_connections,
		.tally = &n->tally,
		.addresses = n->addresses };

	for (; n->loops_started < n->loops_len; n->loops_started++) {
		if (!loop_start(&n->loops[n->loops_started], err)) {
			net_stop(n, 0);
			return false;
		}
	}
	if (!accept_start(&accept, &n->acceptor, err)) {
		net_stop(n, 0);
		return false;
	}
	return true;
}

void
net_set_patience(struct net *n, const struct net_patience *patience)
{
	for (uint32_t i = 0; i < n->loops_len; i++)
		loop_set_patience(&n->loops[i], patience);
}

void
net_stop(struct net *n, int64_t deadline_ms)
{
	if (n->acceptor != NULL)
		accept_stop(n->acceptor);
	n->acceptor = NULL;
	while (n->listeners_len > 0)
		listen_close(&n->listeners[--n->listeners_len]);
	for (uint32_t i = 0; i < n->loops_started; i++)
		loop_stop(&n->loops[i], MAX(deadline_ms, (int64_t)1));
	for (uint32_t i = 0; i < n->loops_started; i++)
		loop_join(&n->loops[i]);
	n->loops_started = 0;
}

void
net_free(struct net *n)
{
	if (n == NULL)
		return;
	if (n->loops_started > 0)
		net_stop(n, 0);
	while (n->listeners_len > 0)
		listen_close(&n->listeners[--n->listeners_len]);
	for (uint32_t i = 0; i < n->loops_len; i++)
		loop_free(&n->loops[i]);
	mem_free(n->listeners);
	mem_free(n->loops);
	address_counts_free(n->addresses);
	mem_free(n);
}

void
net_post(struct net *n, struct net_id to, void *message)
{
	assert(to.loop < n->loops_len && to.generation != 0);
	loop_post(&n->loops[to.loop], (struct loop_mail){ .to = to, .message = message });
}

struct net_counts
net_counts(const struct net *n)
{
	return (struct net_counts){
		.open = atomic_load_explicit(&n->tally.open, memory_order_relaxed),
		.accepted = atomic_load_explicit(&n->tally.accepted, memory_order_relaxed),
		.refused = atomic_load_explicit(&n->tally.refused, memory_order_relaxed),
	};
}

struct str
net_peer_text(const struct net_peer *peer, char *text)
{
	return peer->is_unix ? STR("unix") : address_text(&peer->address, text);
}

struct net_id
net_conn_id(const struct net_conn *c)
{
	return (struct net_id){ c->loop->index, c->index, c->generation };
}

const struct net_peer *
net_conn_peer(const struct net_conn *c)
{
	return &c->peer;
}

int
net_conn_tag(const struct net_conn *c)
{
	return c->tag;
}

bool
net_conn_is_tls(const struct net_conn *c)
{
	return c->tls != NULL;
}

void *
net_conn_state_of(const struct net_conn *c)
{
	return c->state_of;
}

void
net_conn_set_state_of(struct net_conn *c, void *state)
{
	c->state_of = state;
}

uint32_t *
net_conn_number(struct net_conn *c)
{
	return &c->number;
}

struct net_loop *
net_conn_loop(const struct net_conn *c)
{
	return c->loop;
}

enum net_state
net_conn_state(const struct net_conn *c)
{
	return (enum net_state)c->state;
}

struct buf *
net_conn_out(struct net_conn *c)
{
	assert(c->loop->current == c);
	return &c->loop->out;
}

uint32_t
net_loop_index(const struct net_loop *l)
{
	return l->index;
}

void *
net_loop_data(const struct net_loop *l)
{
	return l->data;
}

void
net_loop_set_data(struct net_loop *l, void *data)
{
	l->data = data;
}

int64_t
net_loop_mono_us(const struct net_loop *l)
{
	return l->mono_us;
}

int64_t
net_loop_wall_us(const struct net_loop *l)
{
	return l->mono_us + l->wall_us;
}

int64_t
net_loop_look(struct net_loop *l)
{
	return loop_look(l);
}

bool
net_loop_is_draining(const struct net_loop *l)
{
	return l->draining;
}

struct str
net_loop_date(struct net_loop *l)
{
	return l->date;
}
