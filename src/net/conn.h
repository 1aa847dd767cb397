/*
 * conn.h - one connection on its loop: states, reading, offering bytes to the handler.
 *
 * The public side is net_conn_* in net.h. Everything runs on the loop's thread.
 */
#ifndef NET_CONN_H
#define NET_CONN_H

#include "net/net.h"

struct tls_conn; /* crypto/tls.h */

enum {
	CONN_READ_SIZE = 64 * 1024,   /* one recv */
	CONN_INPUT_SIZE = 128 * 1024, /* that and bytes that waited for more of their request */
	CONN_HELD_MAX = 2 * CONN_INPUT_SIZE, /* what TLS had of the next record comes on top */
	CONN_HIGH_WATER = 256 * 1024, /* output that is sent before more input is looked at */
	CONN_READS_A_TURN = 4,
	CONN_FILE_A_TURN = 1024 * 1024,
	CONN_LINGER_MS = 3000,
	CONN_FRESH_DRAIN_MS = 500, /* at a stop: for connections that have not yet asked anything */
};

/* What a connection owns while a request is incomplete or a send is blocked. */
struct conn_held {
	struct buf in;
	struct buf out; /* bytes for the socket; the first "sent" of them have left */
	size_t sent;
	int file; /* sent after out; -1: none */
	int64_t file_at, file_left;
};

struct net_conn {
	struct net_loop *loop;
	void *state_of;
	struct conn_held *held; /* NULL: nothing */
	struct tls_conn *tls;   /* NULL: plain */
	int64_t deadline_ms;
	uint64_t generation; /* 0: free */
	int fd;              /* -1: free */
	uint32_t index;
	uint32_t number; /* the handler's; of a free one the next free index + 1 */
	uint32_t window; /* bytes that came since a body was last judged */
	struct net_peer peer;
	uint8_t tag;
	uint8_t state;      /* enum net_state, written by net_conn_enter() alone */
	uint8_t after;      /* of WRITE: the state that follows when all has left */
	bool readable : 1;  /* there may be more to receive */
	bool hung_up : 1;   /* the peer sends no more: a short read is not the end */
	bool ended : 1;     /* and all of it was received */
	bool unoffered : 1; /* held input that the handler has not yet seen */
	bool fresh : 1;     /* has not sent a byte yet */
	bool broken : 1;    /* the socket failed */
	bool again : 1;     /* has a turn coming without an event */
};

/* Takes over fd, which is accepted and non-blocking. */
void conn_open(struct net_loop *l, int fd, const struct net_peer *peer, int tag, struct tls *tls);

/*
 * recv() and send() as the system has them. The C library's are cancellation points, for which each
 * takes two locked instructions more in a process with threads; nobody here cancels a thread.
 */
ssize_t conn_recv(const struct net_conn *c, char *to, size_t size);
ssize_t conn_send(const struct net_conn *c, struct str bytes); /* no SIGPIPE */

/* What epoll reported. */
void conn_event(struct net_conn *c, uint32_t events);

/* Whatever can be done now: sends, offers, receives. The connection may be gone afterwards. */
void conn_turn(struct net_conn *c);

/*
 * The end of a turn, at once or when loop_later() lets it: what was answered leaves in one send,
 * and the state is put right. The connection may be gone afterwards.
 */
void conn_settle(struct net_conn *c);

/* The handler's message, then a turn. */
void conn_message(struct net_conn *c, void *message);

/* The deadline has passed. */
void conn_deadline(struct net_conn *c);

/* net_stop() has begun: ends it as soon as nothing is under way. */
void conn_drain(struct net_conn *c);

/* Closes at once. */
void conn_drop(struct net_conn *c);

#endif
