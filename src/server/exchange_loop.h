/*
 * exchange_loop.h - what the exchange keeps for each loop: its turn, its database, its counts; for
 * exchange.c only.
 */
#ifndef SERVER_EXCHANGE_LOOP_H
#define SERVER_EXCHANGE_LOOP_H

#include "server/run.h"
#include "server/tally.h"
#include "server/trip.h"

struct exchange_server;

struct exchange_loop {
	struct exchange_server *x;
	struct turn_thread *turn;
	struct loop_db *db; /* NULL: all reads go through lanes */
	struct tally *tally;
	struct trip_spares spares;
	uint64_t serial;
};

/* On the thread of loop; serial: where its requests' ids begin. */
void exchange_loop_start(struct net_loop *loop, struct exchange_server *x, struct site *site,
    struct tally *tally, uint64_t serial);

/* Entries of struct net_handler. */
void exchange_loop_awake(struct net_loop *loop, void *arg);
void exchange_loop_asleep(struct net_loop *loop, void *arg);
void exchange_loop_second(struct net_loop *loop, void *arg);
void exchange_loop_stop(struct net_loop *loop, void *arg);

#endif
