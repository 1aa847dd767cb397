/*
 * exchange_fakes.h - for test_exchange.c: small stand-ins for the rooms between a connection and an
 * answer, so that the exchange is tested by itself. Paths say what happens:
 *
 *   /memory, /short  on the loop       /read   in a lane        /fail  api_plan refuses
 *   /large           3 MiB in a lane   /text   20 KB on the loop
 *   /hash            a hash of the body, in a lane
 *
 * Answers are "user=U peer=P secure=S body=N fnv=H". Credentials: "good" is ada, "bad" is refused.
 */
#ifndef TESTS_UNIT_EXCHANGE_FAKES_H
#define TESTS_UNIT_EXCHANGE_FAKES_H

#include "api/api.h"
#include "auth/auth.h"
#include "base/mem.h"
#include "http/text.h"
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

/* http/request.h */

static inline bool
fake_known(struct http_head *h, struct str name, struct http_span value)
{
	static const struct {
		struct str name;
		enum http_known known;
	} NAMES[] = {
		{ STR_INIT("Host"), HTTP_HOST },
		{ STR_INIT("Authorization"), HTTP_AUTHORIZATION },
		{ STR_INIT("Cookie"), HTTP_COOKIE },
		{ STR_INIT("Accept-Encoding"), HTTP_ACCEPT_ENCODING },
	};

	for (size_t i = 0; i < ARRAY_LEN(NAMES); i++) {
		if (str_ieq(name, NAMES[i].name)) {
			h->known[NAMES[i].known] = value;
			return h->present[NAMES[i].known] = true;
		}
	}
	return false;
}

static inline bool
fake_field(struct http_head *h, struct str all, struct str line, struct err *err)
{
	struct str name, value;
	int64_t n;

	if (!str_cut(line, ':', &name, &value))
		return err_set(err, ERR_BAD_REQUEST, "no colon");
	value = str_trim(value);
	const struct http_span n_span = { (uint32_t)(name.ptr - all.ptr), (uint32_t)name.len };
	const struct http_span v_span = { (uint32_t)(value.ptr - all.ptr), (uint32_t)value.len };

	h->fields[h->fields_len].name = n_span;
	h->fields[h->fields_len++].value = v_span;
	fake_known(h, name, v_span);
	if (str_ieq(name, STR("Content-Length"))) {
		if (!str_to_int64(value, &n))
			return err_set(err, ERR_BAD_REQUEST, "bad length");
		h->has_length = true;
		h->content_length = (uint64_t)n;
	}
	h->chunked |= str_ieq(name, STR("Transfer-Encoding"));
	h->expect_continue |= str_ieq(name, STR("Expect"));
	if (str_ieq(name, STR("Connection")) && str_ieq(value, STR("close")))
		h->keep_alive = false;
	return true;
}

enum http_parsed
http_parse_head(
    struct str bytes, const struct http_limits *limits, struct http_head *out, struct err *err)
{
	const ptrdiff_t end = str_find_str(bytes, STR("\r\n\r\n"));
	struct str line, rest, target;

	if (end < 0) {
		if (bytes.len <= limits->head)
			return HTTP_INCOMPLETE;
		err_set(err, ERR_HEAD_TOO_LARGE, "large");
		return HTTP_REFUSED;
	}
	*out = (struct http_head){ .keep_alive = true, .len = (uint32_t)end + 4 };
	str_cut(str_sub(bytes, 0, (size_t)end), '\n', &line, &rest);
	if (!str_cut(line, ' ', &line, &target)) {
		err_set(err, ERR_BAD_REQUEST, "no target");
		return HTTP_REFUSED;
	}
	out->verb = str_eq(line, STR("GET")) ? HTTP_GET
	    : str_eq(line, STR("HEAD"))      ? HTTP_HEAD
					     : HTTP_POST;
	out->method = (struct http_span){ 0, (uint32_t)line.len };
	str_cut(target, ' ', &target, &line);
	out->path = (struct http_span){ (uint32_t)(target.ptr - bytes.ptr), (uint32_t)target.len };
	while (rest.len > 0) {
		str_cut(rest, '\n', &line, &rest);
		if (!fake_field(out, bytes, str_trim(line), err))
			return HTTP_REFUSED;
	}
	return HTTP_COMPLETE;
}

struct str
http_field(struct str head, const struct http_head *h, struct str name)
{
	for (uint32_t i = 0; i < h->fields_len; i++) {
		if (str_ieq(http_span_str(head, h->fields[i].name), name))
			return http_span_str(head, h->fields[i].value);
	}
	return STR_NULL;
}

/* Chunks of at most f bytes ("a\r\n...\r\n"), so that one byte tells the size. */
enum http_parsed
http_chunked(
    struct http_chunked *c, struct str bytes, struct str *data, size_t *taken, struct err *err)
{
	static const char HEX[] = "0123456789abcdef";

	*data = STR("");
	*taken = 0;
	while (*taken < bytes.len) {
		const char b = bytes.ptr[*taken];

		if (c->state == 3) {
			*data = str_sub(bytes, *taken, (size_t)c->left);
			*taken += data->len;
			c->left -= data->len;
			c->state = c->left == 0 ? 4 : 3;
			return HTTP_INCOMPLETE;
		}
		++*taken;
		if (c->state == 0) {
			if (b == '\0' || strchr(HEX, b) == NULL) {
				err_set(err, ERR_BAD_REQUEST, "chunk");
				return HTTP_REFUSED;
			}
			c->left = (uint64_t)(strchr(HEX, b) - HEX);
			c->extension = c->left == 0;
		}
		c->state++;
		if (c->state == 3 && c->extension)
			c->state = 4;
		if (c->state == 6) {
			c->state = 0;
			if (c->extension)
				return HTTP_COMPLETE;
		}
	}
	return HTTP_INCOMPLETE;
}

bool
http_accepts_gzip(struct str accept_encoding)
{
	return str_find_str(accept_encoding, STR("gzip")) >= 0;
}

/* http/response.h */

void
http_response_reset(struct http_response *r, size_t max_body)
{
	r->status = 200;
	r->close = false;
	r->secret = false;
	r->fields_len = 0;
	r->body.cap = max_body;
	buf_clear(&r->body);
}

void
http_response_free(struct http_response *r)
{
	buf_free(&r->body);
}

bool
http_response_gzip(struct http_response *r, struct err *err)
{
	(void)err;
	buf_clear(&r->body);
	buf_lit(&r->body, "compressed");
	return true;
}

void
http_response_write_head(
    const struct http_response *r, const struct http_write *how, uint64_t body_len, struct buf *out)
{
	buf_printf(out,
	    "HTTP/1.1 %d X\r\nId: %.*s\r\nConnection: %s\r\nContent-Length: %llu\r\n\r\n",
	    r->status, STR_FMT(how->request_id), how->keep_alive ? "keep-alive" : "close",
	    (unsigned long long)body_len);
}

void
http_response_write(const struct http_response *r, const struct http_write *how, struct buf *out)
{
	http_response_write_head(r, how, r->body.len, out);
	if (!how->head_only)
		buf_put(out, buf_str(&r->body));
}

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
	buf_printf(out, "user=%.*s peer=%.*s secure=%d body=%lld fnv=%llx",
	    STR_FMT(call->who->name), STR_FMT(call->peer), call->secure, (long long)call->body_len,
	    (unsigned long long)str_hash(call->body, 1));
	if (str_eq(call->path, STR("/text"))) {
		while (out->len < 20 * 1000)
			buf_put_char(out, 'x');
	}
	if (str_eq(call->path, STR("/large"))) {
		while (out->len < FAKE_LARGE)
			buf_put_char(out, (char)('a' + out->len % 26));
	}
	return true;
}

bool
api_plan(struct call *call, struct err *err)
{
	const bool on_loop = str_eq(call->path, STR("/memory")) || str_eq(call->path, STR("/text"));

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
	    "HTTP/1.1 %d X\r\nId: %.*s\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
	    err_status(err->kind), STR_FMT(request_id));
}

const char *
api_route_class(int index)
{
	return index == 0 ? "rpc" : NULL;
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
	nanosleep(&t, NULL);
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

/* server/server.h */

void
server_metrics(struct server *s, struct buf *out)
{
	(void)s;
	buf_lit(out, "numbers 1\n");
}

#endif
