/*
 * exchange_fakes.h - for test_exchange.c: small stand-ins for the rooms between a connection and an
 * answer, so that the exchange is tested by itself. Paths say what happens:
 *
 *   /memory, /short  on the loop       /read   in a lane        /fail  api_plan refuses
 *   /large           3 MiB in a lane   /text   20 KB on the loop, /texts 100 KB
 *   /hash            a hash of the body, in a lane
 *
 * Answers are "user=U peer=P secure=S body=N fnv=H". Credentials: "good" is ada, "bad" is refused.
 */
#ifndef TESTS_UNIT_EXCHANGE_FAKES_H
#define TESTS_UNIT_EXCHANGE_FAKES_H

#include "api/api.h"
#include "api/method.h"
#include "auth/auth.h"
#include "base/mem.h"
#include "server/feed.h"
#include "server/phase.h"
#include "server/run.h"
#include "server/server.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

enum { FAKE_LIMIT = 4 * 1024 * 1024, FAKE_LARGE = 3 * 1024 * 1024, FAKE_THREADS = 256 };

struct lanes {
	pthread_t threads[FAKE_THREADS];
	_Atomic size_t len;
	_Atomic bool full;
	_Atomic int delay_ms;
};

/* auth/auth.h */

static const struct who FAKE_GUEST = { .name = STR_INIT("Guest"), .is_guest = true };
static const struct who FAKE_ADA = { .user = 1, .name = STR_INIT("ada@example.com") };
static const struct who FAKE_ADMINISTRATOR = { .user = 2, .name = STR_INIT("Administrator") };

bool
auth_identify(
    struct auth *a, const struct auth_request *request, struct identity *out, struct err *err)
{
	(void)a;
	if (request->has_authorization && !str_eq(request->authorization, STR("good")))
		return err_set(err, ERR_AUTHENTICATION, "Invalid");
	*out = (struct identity){ .kind = request->has_authorization ? IDENTITY_TOKEN
								     : IDENTITY_GUEST };
	return true;
}

bool
auth_who(struct auth *a, const struct identity *identity, const struct who **out, struct err *err)
{
	(void)a;
	(void)err;
	*out = identity->kind == IDENTITY_TOKEN ? &FAKE_ADA
	    : identity->kind == IDENTITY_LOCAL  ? &FAKE_ADMINISTRATOR
						: &FAKE_GUEST;
	return true;
}

const struct who *
auth_find_user(struct auth *a, struct str name)
{
	(void)a;
	return str_eq(name, STR("Administrator")) ? &FAKE_ADMINISTRATOR : NULL;
}

/* api/api.h */

static bool
fake_answer(struct call *call, struct err *err)
{
	struct buf *out = &call->response.body;

	(void)err;
	call->response.type = STR("text/plain");
	buf_printf(out, "user=%.*s peer=%.*s secure=%d body=%lld fnv=%llx",
	    STR_FMT(call->who->name), STR_FMT(call->peer), call->secure, (long long)call->body_len,
	    (unsigned long long)str_hash(call->body, 1));
	if (str_eq(call->path, STR("/text"))) {
		while (out->len < 20 * 1000)
			buf_put_char(out, 'x');
	}
	if (str_eq(call->path, STR("/texts"))) {
		while (out->len < 100 * 1000)
			buf_put_char(out, 'x');
	}
	if (str_eq(call->path, STR("/large"))) {
		while (buf_ok(out) && out->len < FAKE_LARGE)
			buf_put_char(out, (char)('a' + out->len % 26));
	}
	return true;
}

bool
api_plan(struct call *call, struct err *err)
{
	const bool on_loop =
	    str_eq(call->path, STR("/memory")) || str_starts(call->path, STR("/text"));

	if (str_eq(call->path, STR("/fail")))
		return err_set(err, ERR_VALIDATION, "no");
	call->plan = (struct plan){ .body = fake_answer,
		.run = on_loop                          ? RUN_MEMORY
		    : str_eq(call->path, STR("/short")) ? RUN_SHORT_READ
							: RUN_READ };
	return true;
}

bool
api_body_limit(struct call *call, int64_t *limit, struct err *err)
{
	(void)err;
	*limit = call->who->is_guest ? 64 * 1024 : FAKE_LIMIT;
	return true;
}

void
api_fail(struct call *call, const struct err *err)
{
	http_response_reset(&call->response, 1000000);
	call->response.status = err_status(err->kind);
	buf_printf(&call->response.body, "error=%s", err_exc_type(err->kind));
}

void
api_refuse(const struct err *err, struct str request_id, struct str date, struct buf *out)
{
	(void)date;
	buf_printf(out,
	    "HTTP/1.1 %d X\r\nX-Frappe-Request-Id: %.*s\r\nRetry-After: %d\r\nConnection: "
	    "close\r\nContent-Length: 0\r\n\r\n",
	    err_status(err->kind), STR_FMT(request_id), err->retry_after_s);
}

const char *
api_route_class(int index)
{
	return index == 0 ? "rpc" : NULL;
}

/* server/feed.h: there is no other node */

bool
feed_is_live(const struct feed *f)
{
	(void)f;
	return true;
}

bool
feed_may_accept(const struct feed *f)
{
	(void)f;
	return true;
}

bool
feed_wait(struct feed *f, struct feed_waiter *w)
{
	(void)f;
	(void)w;
	return false;
}

/* server/run.h */

struct fake_run {
	struct lanes *lanes;
	struct call *call;
	bool plan_first;
	run_done *done;
	void *arg;
};

static void *
fake_lane(void *arg)
{
	struct fake_run r = *(struct fake_run *)arg;
	const int ms = atomic_load(&r.lanes->delay_ms);
	const struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000 };
	struct err err;

	mem_free(arg);
	nanosleep(&t, NULL); /* pause: a lane that takes its time */
	const bool ok = auth_who(NULL, &r.call->identity, &r.call->who, &err) &&
	    (!r.plan_first || api_plan(r.call, &err)) && r.call->plan.body(r.call, &err);

	if (!ok)
		api_fail(r.call, &err);
	r.done(r.call, r.arg);
	return NULL;
}

bool
lanes_run(
    struct lanes *l, struct call *call, bool plan_first, run_done *done, void *arg, struct err *err)
{
	struct fake_run *r;

	if (atomic_load(&l->full))
		return err_set(err, ERR_UNAVAILABLE, "busy");
	r = MEM_NEW(struct fake_run);
	*r = (struct fake_run){ l, call, plan_first, done, arg };
	pthread_create(&l->threads[atomic_fetch_add(&l->len, 1)], NULL, fake_lane, r);
	return true;
}

static void *
fake_done(void *arg)
{
	const struct fake_run r = *(struct fake_run *)arg;

	mem_free(arg);
	r.done(r.call, r.arg);
	return NULL;
}

bool
lanes_done(struct lanes *l, struct call *call, run_done *done, void *arg)
{
	struct fake_run *r;

	if (atomic_load(&l->full))
		return false;
	r = MEM_NEW(struct fake_run);
	*r = (struct fake_run){ .lanes = l, .call = call, .done = done, .arg = arg };
	pthread_create(&l->threads[atomic_fetch_add(&l->len, 1)], NULL, fake_done, r);
	return true;
}

/* /short is always over its budget. */
bool
lanes_run_on_loop(struct lanes *l, struct loop_db *d, struct call *call)
{
	struct err err;

	(void)l;
	(void)d;
	return call->plan.run == RUN_MEMORY && call->plan.body(call, &err);
}

struct loop_db *
loop_db_open(struct site *site, struct err *err)
{
	(void)site;
	(void)err;
	return mem_alloc(1);
}

void
loop_db_close(struct loop_db *d)
{
	mem_free(d);
}

/* For server/phase.h, which asks the rest of it here. */

void
api_finish(struct call *call UNUSED)
{
}

bool
site_publish(
    struct site *s UNUSED, struct db_conn *c UNUSED, const struct change_list *changes UNUSED)
{
	return true;
}

/* api/method.h */

bool
method_is_covered(struct str target UNUSED)
{
	return false;
}

/* server/server.h */

void
server_metrics(struct server *s, struct buf *out)
{
	(void)s;
	buf_lit(out, "numbers 1\n");
}

void
server_tell(struct site *site UNUSED, struct json_out *out)
{
	json_put_int(out, "number", 1);
}

#endif
