#include "server/exchange_loop.h"

#include "base/log.h"
#include "base/mem.h"

void
exchange_loop_start(struct net_loop *loop, struct exchange_server *x, struct site *site,
    struct tally *tally, uint64_t serial)
{
	struct exchange_loop *l = MEM_NEW(struct exchange_loop);
	struct err err;

	l->x = x;
	l->turn = turn_join(site->turns);
	l->tally = tally;
	l->serial = serial;
	l->db = loop_db_open(site, &err);
	if (l->db == NULL && db_is_embedded(site->db))
		log_err(LOG_WARN, "loop-database", &err);
	net_loop_set_data(loop, l);
}

void
exchange_loop_awake(struct net_loop *loop, void *arg UNUSED)
{
	const struct exchange_loop *l = net_loop_data(loop);

	turn_awake(l->turn);
}

void
exchange_loop_asleep(struct net_loop *loop, void *arg UNUSED)
{
	const struct exchange_loop *l = net_loop_data(loop);

	turn_asleep(l->turn);
}

void
exchange_loop_second(struct net_loop *loop UNUSED, void *arg UNUSED)
{
	log_flush();
}

void
exchange_loop_stop(struct net_loop *loop, void *arg UNUSED)
{
	struct exchange_loop *l = net_loop_data(loop);

	trip_free_spares(&l->spares);
	if (l->db != NULL)
		loop_db_close(l->db);
	turn_leave(l->turn);
	mem_free(l);
	log_flush();
}
