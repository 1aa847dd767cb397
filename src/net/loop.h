/*
 * loop.h - one event loop: its thread, its turns, its inbox, its deadlines.
 *
 * A turn: wait for events, wake the handler, let every connection with an event do what it
 * can, deliver the inbox, let deadlines pass, put the handler to sleep.
 *
 * Answers to events leave when all events were heard (or 250 us have passed), in their order: a
 * peer that is woken by the first finds the others coming, and the processor stays with one kind
 * of work. It saves some percent of the CPU of a request.
 */
#ifndef NET_LOOP_H
#define NET_LOOP_H

#include "net/slab.h"

#include <pthread.h>

struct tls;
struct address_counts; /* net/address_counts.h */

/* What all loops and the accepting thread count. */
struct loop_tally {
	_Atomic uint64_t open, accepted, refused;
};

/* A connection on its way from the accepting thread to its loop. */
struct loop_arrival {
	int fd;
	int tag;
	struct net_peer peer;
	struct tls *tls;
};

struct loop_mail {
	struct net_id to; /* generation 0: message is a struct loop_arrival */
	void *message;
};

/* Names a connection within its loop. */
struct loop_ref {
	uint32_t index, generation;
};

enum { LOOP_EVENTS = 128 }; /* that one turn hears */

/* A connection whose turn ends when all events were heard. */
struct loop_later {
	struct loop_ref to;
	size_t end; /* of its answers in later_out; they begin where those before it end */
};

struct net_loop {
	const struct net_options *options;
	struct loop_tally *tally;
	struct address_counts *addresses; /* NULL: no limit */
	uint32_t index;
	int epoll, wake;
	pthread_t thread;
	void *data;
	struct slab conns;

	/* the turn */
	int64_t mono_us;          /* loop_look() */
	int64_t wall_us;          /* clock_now_us() less clock_mono_us() at its begin */
	int64_t now_ms;           /* clock_mono_ms() at its begin */
	struct net_conn *current; /* whose answers gather in out */
	struct buf out, plain, cipher;
	char *in;   /* CONN_HELD_MAX bytes */
	bool hears; /* events: the ends of turns may wait */
	size_t later_len;
	struct loop_later later[LOOP_EVENTS];
	struct buf later_out;   /* what they say */
	int64_t later_us;       /* since when they gather */
	struct loop_ref *again; /* connections that go on in the next turn */
	size_t again_len, again_size;

	/* time */
	int64_t second_ms; /* when the next second begins */
	int64_t sweep_ms;  /* no deadline is earlier */
	int64_t swept_ms;
	_Atomic int timeout_ms[NET_CLOSED + 1]; /* by state; 0: none */
	_Atomic int body_rate;
	struct str date;
	char date_text[32];
	bool draining;

	/* other threads */
	_Atomic uint32_t load;   /* connections handed to this loop and not yet gone */
	_Atomic bool asleep;     /* must be woken */
	_Atomic size_t waiting;  /* mail that has not been taken */
	_Atomic int64_t stop_ms; /* net_stop(): give up at that time; 0: go on */
	pthread_mutex_t mutex;   /* over mail */
	struct loop_mail *mail;
	size_t mail_len, mail_size;
	struct loop_mail *taken; /* the loop's: exchanged with mail */
	size_t taken_size;
};

/* Makes what a loop needs; its thread is started later. */
MUST_USE bool loop_init(struct net_loop *l, const struct net_options *options,
    struct loop_tally *tally, struct address_counts *addresses, uint32_t index, struct err *err);

/* How long peers are waited for from now on. Any thread. */
void loop_set_patience(struct net_loop *l, const struct net_patience *patience);
MUST_USE bool loop_start(struct net_loop *l, struct err *err);
void loop_stop(struct net_loop *l, int64_t deadline_ms); /* begins to drain; returns at once */
void loop_join(struct net_loop *l);
void loop_free(struct net_loop *l); /* undelivered messages go back to the handler */

/* Any thread. */
void loop_post(struct net_loop *l, struct loop_mail mail);

/* The loop's thread: sets the deadline that a state has. */
void loop_deadline(struct net_loop *l, struct net_conn *c, enum net_state state);
void loop_deadline_at(struct net_loop *l, struct net_conn *c, int64_t deadline_ms);

/* Reads clock_mono_us() into mono_us, and returns it. */
int64_t loop_look(struct net_loop *l);

/* A further turn for c, without an event. */
void loop_again(struct net_loop *l, struct net_conn *c);

/*
 * Lets the end of c's turn, with what is in the out buffer, wait until all events were heard.
 * False: it must be now, since nothing is to be sent, or too much, or c has no event.
 */
bool loop_later(struct net_loop *l, struct net_conn *c);

/* The out buffer has been sent: empties it, and gives back what one large answer took. */
void loop_out_done(struct net_loop *l);

#endif
