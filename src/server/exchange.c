#include "server/exchange.h"

#include "api/api.h"
#include "base/clock.h"
#include "base/mem.h"
#include "server/access_log.h"
#include "server/exchange_loop.h"
#include "server/intake.h"
#include "server/server.h"
#include "server/spool.h"
#include "server/tally.h"
#include "server/trip.h"

#include <stdatomic.h>
#include <sys/random.h>

enum {
	PLAN_ON_LOOP = 64 * 1024, /* a larger body is parsed in a lane */
	RETRY_AFTER_S = 1,
};

struct exchange_server {
	struct site *site;
	struct lanes *lanes;
	struct net *net;
	struct spool *spool; /* NULL: large bodies are refused */
	_Atomic(struct intake_rules *) rules;
	uint64_t seed; /* of request ids */
	struct tally tallies[NET_MAX_LOOPS];
	_Atomic uint64_t turned_away; /* ids of peers that were refused at the door */
};

static struct exchange_loop *
loop_of(struct net_conn *c)
{
	return net_loop_data(net_conn_loop(c));
}

/* Ids of requests: no two of one process are alike, and hardly two of any. */
static uint64_t
next_serial(struct exchange_loop *l)
{
	l->serial += NET_MAX_LOOPS + 1; /* the last residue is the accepting thread's */
	return l->serial;
}

/* For what never became a call, or will not be read to its end. */
static void
refuse(struct net_conn *c, const struct err *err)
{
	struct exchange_loop *l = loop_of(c);
	char text[TRIP_ID_MAX], address[NET_ADDRESS_SIZE];
	const struct str id = intake_new_id(next_serial(l), text);

	api_refuse(err, id, net_loop_date(net_conn_loop(c)), net_conn_out(c));
	tally_refuse(l->tally);
	access_log_refusal(err, id, net_peer_text(net_conn_peer(c), address));
	net_conn_close(c);
}

/* The answer is in the call: puts it out, counts it, and makes ready for the next request. */
static void
answer(struct net_conn *c, struct trip *t)
{
	struct exchange_loop *l = loop_of(c);

	if (t->call.response.close || net_loop_is_draining(net_conn_loop(c)))
		t->keep_alive = false;
	const uint64_t bytes = trip_write(t, c);
	const int64_t took_us = net_loop_look(net_conn_loop(c)) - t->call.started_us;

	access_log_request(t, took_us, bytes);
	tally_add(l->tally, &t->call, took_us, bytes);
	net_conn_set_state_of(c, NULL);
	if (t->keep_alive)
		net_conn_enter(c, NET_IDLE);
	else
		net_conn_close(c);
	trip_give(&l->spares, t);
}

static void
fail(struct net_conn *c, struct trip *t, const struct err *err)
{
	if (err_status(err->kind) >= 500 && err->cause[0] != '\0')
		log_err(LOG_ERROR, "exchange", err);
	api_fail(&t->call, err);
	trip_pack_on_loop(t);
	answer(c, t);
}

/* The same when the rest of its body will not be read. */
static void
fail_and_close(struct net_conn *c, struct trip *t, const struct err *err)
{
	t->keep_alive = false;
	fail(c, t, err);
}

/* On the thread that ended the call. */
static void
run_ended(struct call *call, void *arg)
{
	struct trip *t = arg;
	struct exchange_server *x = t->owner;

	/* A small answer of the writer is left to the loop: it has the time. */
	if (call->withheld == NULL && (!call_writes(call) || call->response.body.len > LANES_LARGE))
		trip_pack(t);
	net_post(x->net, t->to, t);
}

static void
run_in_lane(struct net_conn *c, struct trip *t, bool plan_first)
{
	struct exchange_server *x = loop_of(c)->x;
	struct err err;

	t->step = TRIP_RUN;
	t->call.who = NULL; /* valid in this turn only; each phase takes its own */
	net_conn_set_state_of(c, t);
	net_conn_enter(c, NET_HANDLE);
	if (!lanes_run(x->lanes, &t->call, plan_first, run_ended, t, &err))
		fail(c, t, &err);
}

/* On the feed's thread. */
static void
feed_ready(struct feed_waiter *w)
{
	struct trip *t = CONTAINER_OF(w, struct trip, wait);
	struct exchange_server *x = t->owner;

	net_post(x->net, t->to, t);
}

/* Puts the request aside until the memory has seen what other nodes did before it came. */
static bool
wait_for_feed(struct net_conn *c, struct trip *t, enum trip_step step)
{
	t->step = step;
	t->wait.ready = feed_ready;
	t->wait.session = t->call.identity.session_over ? t->call.identity.session : NULL;
	if (!feed_wait(t->call.site->feed, &t->wait))
		return false;
	t->call.who = NULL;
	net_conn_set_state_of(c, t);
	net_conn_enter(c, NET_HANDLE);
	return true;
}

/* A refusal was withheld: it is told only if the request cannot wait. */
static void
wait_withheld(struct net_conn *c, struct trip *t)
{
	if (wait_for_feed(c, t, TRIP_ANEW))
		return;
	const struct err err = *t->call.withheld;

	t->call.withheld = NULL;
	fail(c, t, &err);
}

/* The call has ended. */
static void
end(struct net_conn *c, struct trip *t)
{
	if (t->call.withheld != NULL) {
		wait_withheld(c, t);
		return;
	}
	trip_pack_on_loop(t);
	answer(c, t);
}

/* The same here on its loop, which leaves a large answer to a lane. */
static void
end_on_loop(struct net_conn *c, struct trip *t)
{
	if (t->call.withheld == NULL && trip_is_heavy(t)) {
		t->step = TRIP_RUN;
		if (lanes_done(loop_of(c)->x->lanes, &t->call, run_ended, t)) {
			net_conn_set_state_of(c, t);
			net_conn_enter(c, NET_HANDLE);
			return;
		}
	}
	end(c, t);
}

static void
metrics(struct net_conn *c, struct trip *t)
{
	struct http_response *r = &t->call.response;

	r->type = STR("text/plain; version=0.0.4; charset=utf-8");
	server_metrics(t->call.site->server, &r->body);
	end_on_loop(c, t);
}

static bool
runs_on_loop(const struct exchange_loop *l, const struct plan *plan)
{
	if (plan->prepare_run != PREPARE_NONE || plan->publish != NULL)
		return false;
	return plan->run == RUN_MEMORY || (plan->run == RUN_SHORT_READ && l->db != NULL);
}

/* It is planned. */
static void
carry_out(struct net_conn *c, struct trip *t)
{
	struct exchange_loop *l = loop_of(c);
	struct call *call = &t->call;

	if (runs_on_loop(l, &call->plan) && lanes_run_on_loop(l->x->lanes, l->db, call))
		end_on_loop(c, t);
	else
		run_in_lane(c, t, false);
}

/* The memory is as new as a request that was planned. */
static void
carry_out_fresh(struct net_conn *c, struct trip *t)
{
	UNSET struct err err;

	t->call.provisional = false;
	if (!feed_is_live(t->call.site->feed)) {
		intake_lost(&err);
		fail(c, t, &err);
	} else if (!intake_who(t, &err)) {
		fail(c, t, &err);
	} else {
		carry_out(c, t);
	}
}

/* Plans the request and has it carried out. */
static void
plan(struct net_conn *c, struct trip *t)
{
	struct call *call = &t->call;
	UNSET struct err err;

	t->planned = arena_mark(call->arena);
	if (call->body_len > PLAN_ON_LOOP) {
		run_in_lane(c, t, true);
		return;
	}
	/* A body that took its time has seen the turn end in which the caller was looked up. */
	if ((call->who == NULL && !intake_who(t, &err)) || !api_plan(call, &err)) {
		if (call_withholds(call, &err))
			wait_withheld(c, t);
		else
			fail(c, t, &err);
		return;
	}
	if (!call->plan.fresh || !call->provisional)
		carry_out(c, t);
	else if (!wait_for_feed(c, t, TRIP_FRESH))
		carry_out_fresh(c, t);
}

/* The memory is as new as a request that it had refused. */
static void
plan_anew(struct net_conn *c, struct trip *t)
{
	UNSET struct err err;

	intake_anew(t);
	t->call.provisional = false;
	if (feed_is_live(t->call.site->feed)) {
		plan(c, t);
	} else {
		intake_lost(&err);
		fail(c, t, &err);
	}
}

/* The request is whole. */
static void
run(struct net_conn *c, struct trip *t)
{
	struct call *call = &t->call;
	UNSET struct err err;

	if (!body_whole(&t->body, &call->body, &err)) {
		fail(c, t, &err);
		return;
	}
	call->body_fd = t->body.job.fd;
	call->body_len = (int64_t)call->body.len;
	plan(c, t);
}

/* On the spool's thread. */
static void
piece_spooled(struct spool_job *job)
{
	struct trip *t = CONTAINER_OF(job, struct trip, body.job);
	struct exchange_server *x = t->owner;

	net_post(x->net, t->to, t);
}

static void
spool_piece(struct net_conn *c, struct trip *t, bool last)
{
	struct exchange_server *x = loop_of(c)->x;
	struct spool_job *job = body_piece(&t->body);
	struct err err;

	t->step = TRIP_SPOOL;
	t->body_ended = last;
	job->done = piece_spooled;
	net_conn_enter(c, NET_HANDLE);
	if (spool_submit(x->spool, job))
		return;
	err_set(&err, ERR_UNAVAILABLE, "The server has too many large requests; try again");
	err.retry_after_s = RETRY_AFTER_S;
	fail_and_close(c, t, &err);
}

static size_t
take_body(struct net_conn *c, struct trip *t, struct str bytes)
{
	UNSET struct err err;
	size_t taken = 0;

	switch (body_take(&t->body, bytes, &taken, &err)) {
	case HTTP_REFUSED:
		fail_and_close(c, t, &err);
		return bytes.len;
	case HTTP_INCOMPLETE:
		t->call.who = NULL; /* the turn may end before the body does */
		if (body_is_full(&t->body, false))
			spool_piece(c, t, false);
		else
			net_conn_enter(c, NET_READ_BODY);
		return taken;
	case HTTP_COMPLETE:
		if (body_is_full(&t->body, true))
			spool_piece(c, t, true);
		else
			run(c, t);
		return taken;
	}
	return bytes.len;
}

/* The body may come. go_on: and its client is told so, if it waits for that. */
static void
await_body(struct net_conn *c, struct trip *t, bool go_on)
{
	t->step = TRIP_BODY;
	net_conn_set_state_of(c, t);
	if (go_on && t->head.expect_continue && !t->head.http_1_0)
		buf_lit(net_conn_out(c), "HTTP/1.1 100 Continue\r\n\r\n");
}

/* The memory is as new as the request: what is said now is final. */
static void
judge_again(struct net_conn *c, struct trip *t)
{
	struct err err;

	t->call.provisional = false;
	if (!intake_admit(t, c, &err)) {
		t->keep_alive &= !intake_has_body(t);
		fail(c, t, &err);
	} else if (!intake_has_body(t)) {
		run(c, t);
	} else {
		await_body(c, t, true);
		net_conn_enter(c, NET_READ_BODY);
	}
}

/* A head is complete; bytes begin with it. Returns how many were taken. */
static size_t
take_request(struct net_conn *c, struct trip *t, struct str bytes)
{
	struct exchange_loop *l = loop_of(c);
	const size_t head = t->head.len;
	const struct str rest = str_sub(bytes, head, bytes.len);
	UNSET struct err err;

	t->owner = l->x;
	if (!intake_begin(t, c, l->x->rules, str_sub(bytes, 0, head), next_serial(l), &err)) {
		trip_give(&l->spares, t);
		refuse(c, &err);
		return bytes.len;
	}
	t->keep_alive = intake_keeps_alive(t, ++*net_conn_number(c));
	t->doubtful = false;
	bool ok = intake_admit(t, c, &err);

	if (!ok && t->doubtful) {
		if (wait_for_feed(c, t, TRIP_WAIT))
			return head;
		t->call.provisional = false;
		ok = intake_admit(t, c, &err);
	}
	if (!ok) {
		const size_t skipped = intake_skip_body(t, rest);

		fail(c, t, &err);
		return head + skipped;
	}
	if (net_conn_tag(c) == DOOR_ADMIN && str_eq(t->call.path, STR("/metrics"))) {
		const size_t skipped = intake_skip_body(t, rest);

		metrics(c, t);
		return head + skipped;
	}
	if (!intake_has_body(t)) {
		run(c, t);
		return head;
	}
	await_body(c, t, rest.len == 0);
	return head + take_body(c, t, rest);
}

static size_t
on_input(struct net_conn *c, struct str bytes)
{
	struct exchange_loop *l = loop_of(c);
	struct trip *t = net_conn_state_of(c);
	UNSET struct err err;

	if (t != NULL)
		return take_body(c, t, bytes);
	t = trip_take(&l->spares, l->x->site);
	switch (http_parse_head(bytes, &l->x->rules->limits, &t->head, &err)) {
	case HTTP_INCOMPLETE:
		trip_give(&l->spares, t);
		net_conn_enter(c, NET_READ_HEAD);
		return 0;
	case HTTP_REFUSED:
		trip_give(&l->spares, t);
		refuse(c, &err);
		return bytes.len;
	case HTTP_COMPLETE:
		break;
	}
	return take_request(c, t, bytes);
}

static void
on_message(struct net_conn *c, void *message)
{
	struct trip *t = message;
	struct err err;

	switch (t->step) {
	case TRIP_BODY:
		assert(false); /* nobody posts it */
		break;
	case TRIP_SPOOL:
		t->step = TRIP_BODY;
		if (!body_spooled(&t->body, &err))
			fail_and_close(c, t, &err);
		else if (t->body_ended)
			run(c, t);
		else
			net_conn_enter(c, NET_READ_BODY);
		break;
	case TRIP_WAIT:
		judge_again(c, t);
		break;
	case TRIP_FRESH:
		carry_out_fresh(c, t);
		break;
	case TRIP_ANEW:
		plan_anew(c, t);
		break;
	case TRIP_RUN:
		end(c, t);
		break;
	}
}

static void
on_undelivered(void *message)
{
	trip_free(message);
}

static void
on_timeout(struct net_conn *c)
{
	struct err err;

	err_set(&err, ERR_REQUEST_TIMEOUT, "The request came too slowly");
	refuse(c, &err);
}

/* A trip that is under way comes back as undelivered. */
static void
on_closed(struct net_conn *c)
{
	struct trip *t = net_conn_state_of(c);

	if (t != NULL && t->step == TRIP_BODY)
		trip_give(&loop_of(c)->spares, t);
}

/* On the accepting thread. */
static void
on_refused(void *arg, bool of_address, struct buf *out)
{
	struct exchange_server *x = arg;

	intake_turn_away(atomic_fetch_add(&x->turned_away, NET_MAX_LOOPS + 1), of_address, out);
}

static void
on_loop_start(struct net_loop *loop, void *arg)
{
	struct exchange_server *x = arg;
	const size_t index = net_loop_index(loop);

	exchange_loop_start(loop, x, x->site, &x->tallies[index], x->seed + index);
}

struct exchange_server *
exchange_new(const struct exchange_options *options)
{
	struct exchange_server *x = MEM_NEW(struct exchange_server);
	const struct conf *conf = options->site->conf;
	struct err err;

	x->site = options->site;
	x->lanes = options->lanes;
	x->rules = intake_rules_new(conf, options->local, NULL);
	if (getrandom(&x->seed, sizeof(x->seed), 0) != (ssize_t)sizeof(x->seed))
		x->seed = (uint64_t)clock_now_us() << 20;
	atomic_init(&x->turned_away, x->seed + NET_MAX_LOOPS);
	if (!spool_start(conf->server.data, &x->spool, &err))
		log_err(LOG_ERROR, "spool", &err);
	return x;
}

void
exchange_free(struct exchange_server *x)
{
	if (x == NULL)
		return;
	spool_stop(x->spool);
	intake_rules_free(x->rules);
	mem_free(x);
}

struct net_handler
exchange_handler(struct exchange_server *x)
{
	return (struct net_handler){ .input = on_input,
		.message = on_message,
		.undelivered = on_undelivered,
		.timeout = on_timeout,
		.closed = on_closed,
		.loop_start = on_loop_start,
		.loop_awake = exchange_loop_awake,
		.loop_asleep = exchange_loop_asleep,
		.loop_second = exchange_loop_second,
		.loop_stop = exchange_loop_stop,
		.refused = on_refused,
		.arg = x };
}

bool
exchange_is_trusted(void *arg, const struct net_peer *peer)
{
	const struct exchange_server *x = arg;

	return proxy_is_trusted(x->rules->proxies, peer);
}

void
exchange_use_conf(struct exchange_server *x, const struct conf *conf)
{
	struct intake_rules *rules = x->rules;

	x->rules = intake_rules_new(conf, rules->local, rules);
}

void
exchange_set_net(struct exchange_server *x, struct net *net)
{
	x->net = net;
}

const struct tally *
exchange_tallies(const struct exchange_server *x)
{
	return x->tallies;
}
