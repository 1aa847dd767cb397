/*
 * net.h - event loops: bytes in, bytes out, deadlines. Knows no protocol.
 *
 * One thread a loop. Descriptors are registered once, edge-triggered in both
 * directions. Read and write buffers belong to the loop thread; a connection owns
 * memory only while a request is incomplete or a send is blocked. All answers to one
 * read leave in one send.
 */
#ifndef NET_NET_H
#define NET_NET_H

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

#include <netinet/in.h>

struct net; /* listeners and loops */
struct net_loop;
struct net_conn;

enum { NET_MAX_LOOPS = 64 };

/* Names a connection from any thread; a closed one's id never matches again. */
struct net_id {
	uint32_t loop;
	uint32_t index;
	uint64_t generation;
};

/* The address of a peer; Unix sockets have none, but the peer's user id. */
struct net_peer {
	bool is_unix, is_counted; /* is_counted: among those of its address (address_counts.h) */
	uint32_t uid;             /* Unix sockets: SO_PEERCRED */
	struct in6_addr address;  /* IPv4 as ::ffff:a.b.c.d */
	uint16_t port;
};

enum { NET_ADDRESS_SIZE = 64 };
/* "10.0.0.7", "2001:db8::1" or "unix". */
struct str net_peer_text(const struct net_peer *peer, char *text);

enum net_state {
	NET_IDLE,      /* between requests: idle deadline; owns no memory */
	NET_READ_HEAD, /* a head is incomplete: head deadline, in all */
	NET_READ_BODY, /* a body is incomplete: by a minimum rate */
	NET_HANDLE,    /* a call is in another lane: no deadline, reading stops */
	NET_WRITE,     /* a send is blocked: write deadline */
	NET_CLOSING,   /* answered and half-closed: drains what the peer still sends, briefly */
	NET_CLOSED,
};

/* What speaks the protocol. All functions run on the connection's loop thread. */
struct net_handler {
	/* A new connection; returns its protocol state (may be NULL until needed). */
	void *(*opened)(struct net_conn *c, void *arg);
	/*
	 * Bytes not yet taken: what was left before and what has just come. Returns how many it
	 * took; the rest is offered again when more comes. Called again at once while it takes
	 * some and wants more (net_conn_state() is a reading state).
	 */
	size_t (*input)(struct net_conn *c, struct str bytes);
	/* A message that net_post() sent to this connection; not called if it has closed. */
	void (*message)(struct net_conn *c, void *message);
	/* A message to a connection that is gone: release it. */
	void (*undelivered)(void *message);
	/* A deadline passed: answer 408 through net_conn_send(), if anything; the connection
	 * closes. */
	void (*timeout)(struct net_conn *c);
	/* Gone, whatever the reason; release the protocol state. */
	void (*closed)(struct net_conn *c);
	/* On the loop's thread: before its first turn, at the begin and end of every turn, after
	 * the last. */
	void (*loop_start)(struct net_loop *l, void *arg);
	void (*loop_awake)(struct net_loop *l, void *arg);
	void (*loop_asleep)(struct net_loop *l, void *arg);
	void (*loop_second)(struct net_loop *l, void *arg); /* about once a second */
	void (*loop_stop)(struct net_loop *l, void *arg);
	/*
	 * Words for a connection that is one too many (of its address, or in all), put into out; it
	 * is closed after them. On the accepting thread; NULL: it is closed without a word.
	 */
	void (*refused)(void *arg, bool of_address, struct buf *out);
	void *arg;
};

/* How long peers are waited for. */
struct net_patience {
	int head_timeout_ms, write_timeout_ms, idle_timeout_ms;
	int body_rate; /* bytes a second at least, judged each body_window_ms */
};

struct net_options {
	int loops;                       /* threads */
	int max_connections;             /* 0: what the descriptors allow */
	int max_connections_per_address; /* 0: no limit; not for loopback, Unix sockets and trusted
					    peers */
	bool (*is_trusted)(void *arg, const struct net_peer *peer);
	struct net_patience patience;
	int body_window_ms;    /* 0: 5000 */
	struct budget *memory; /* what waits for a slow peer counts against it; NULL: no limit */
	struct net_handler handler;
};

MUST_USE bool net_new(const struct net_options *options, struct net **out, struct err *err);

struct tls; /* crypto/tls.h */
/*
 * Adds a listener, "host:port" or "unix:PATH" (mode 0666 & ~umask), before net_start(). tag comes
 * back by net_conn_tag(), so that the handler knows by which door a peer came. tls may be NULL.
 * ERR_UNAVAILABLE, naming the address, if another server has it; a Unix socket that nobody
 * answers is replaced.
 */
MUST_USE bool
net_listen(struct net *n, struct str address, int tag, struct tls *tls, struct err *err);

/* The bound address of the listener-th listener, "127.0.0.1:8000" with the real port. */
struct str net_address(const struct net *n, size_t listener, char *text);

MUST_USE bool net_start(struct net *n, struct err *err);

/* From now on; a connection that waits already goes by what was when it began to. Any thread. */
void net_set_patience(struct net *n, const struct net_patience *patience);

/*
 * Stops accepting, closes idle connections, lets others finish until deadline_ms
 * (clock_mono_ms()), then closes them; joins the threads.
 */
void net_stop(struct net *n, int64_t deadline_ms);
void net_free(struct net *n);

/* Sends message to the connection's loop, which calls handler.message there. Any thread; never
 * waits. */
void net_post(struct net *n, struct net_id to, void *message);

/* On the connection's loop thread only: */
struct net_id net_conn_id(const struct net_conn *c);
const struct net_peer *net_conn_peer(const struct net_conn *c);
int net_conn_tag(const struct net_conn *c);
bool net_conn_is_tls(const struct net_conn *c);
void *net_conn_state_of(const struct net_conn *c); /* what opened() or set returned */
void net_conn_set_state_of(struct net_conn *c, void *state);
uint32_t *net_conn_number(struct net_conn *c); /* the handler's own number of it; 0 at first */
struct net_loop *net_conn_loop(const struct net_conn *c);
enum net_state net_conn_state(const struct net_conn *c);
void net_conn_enter(struct net_conn *c, enum net_state next); /* the only way to change the state */

/* Where this turn's answers gather; sent when the turn ends. Everything of one connection in order.
 */
struct buf *net_conn_out(struct net_conn *c);
/* Sends bytes [at, at+len) of descriptor fd after what is in the out buffer, then closes fd. */
/* Nothing may be put into the out buffer after it until the connection is asked for input again. */
void net_conn_send_file(struct net_conn *c, int fd, int64_t at, int64_t len);
/* No more requests: closes after the output has left and the peer has had time to read it. */
void net_conn_close(struct net_conn *c);

/* The loop: its number, a per-loop pointer of the handler's, the Date line built once a second. */
uint32_t net_loop_index(const struct net_loop *l);
void *net_loop_data(const struct net_loop *l);
void net_loop_set_data(struct net_loop *l, void *data);
bool net_loop_is_draining(const struct net_loop *l); /* net_stop() was called: no more keep-alive */
struct str net_loop_date(struct net_loop *l);        /* "Tue, 24 Nov 2026 04:10:05 GMT" */

/*
 * Reading a clock costs some percent of a small request, so the loop looks at it once an event or
 * an answer. When it last looked: clock_mono_us(), and the wall clock, as it was set at the begin
 * of the turn. net_loop_look() looks now and returns the first.
 */
int64_t net_loop_mono_us(const struct net_loop *l);
int64_t net_loop_wall_us(const struct net_loop *l);
int64_t net_loop_look(struct net_loop *l);

/* Counters for metrics: connections open now, accepted, refused. Any thread. */
struct net_counts {
	uint64_t open, accepted, refused;
};
struct net_counts net_counts(const struct net *n);

#endif
