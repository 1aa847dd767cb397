#include "server/trip.h"

#include "api/api.h"
#include "api/method.h"
#include "base/mem.h"
#include "base/tempfile.h"
#include "http/gzip.h"
#include "server/run.h"
#include "server/server.h"

#include <unistd.h>

enum {
	KEPT_ANSWER = 64 * 1024,
	SPARES_MAX = 32,
};

struct trip *
trip_new(struct site *site)
{
	struct trip *t = MEM_NEW(struct trip);

	t->file = -1;
	t->call.file.fd = -1;
	t->call.arena = arena_new_shared(TRIP_ARENA_MAX, &site->memory);
	t->call.conf = site->conf;
	t->call.site = site;
	t->call.auth = site->auth;
	t->call.metas = site->metas;
	t->call.rate = site->rate;
	t->call.tell = server_tell;
	t->call.covers_method = method_is_covered;
	t->call.response.body.budget = &site->memory;
	body_init(&t->body, &site->memory);
	return t;
}

static void
close_answer(struct trip *t)
{
	if (t->file >= 0)
		close(t->file);
	t->file = -1;
}

void
trip_free(struct trip *t)
{
	if (t == NULL)
		return;
	call_drop_file(&t->call);
	close_answer(t);
	body_free(&t->body);
	http_response_free(&t->call.response);
	arena_free(t->call.arena);
	mem_free(t);
}

void
trip_reset(struct trip *t)
{
	call_drop_file(&t->call);
	close_answer(t);
	body_end(&t->body);
	if (t->call.response.body.size > KEPT_ANSWER)
		buf_free(&t->call.response.body);
	arena_reset(t->call.arena);
}

struct trip *
trip_take(struct trip_spares *spares, struct site *site)
{
	struct trip *t = spares->first;

	if (t == NULL)
		return trip_new(site);
	spares->first = t->next;
	spares->len--;
	return t;
}

void
trip_give(struct trip_spares *spares, struct trip *t)
{
	if (spares->len == SPARES_MAX) {
		trip_free(t);
		return;
	}
	trip_reset(t);
	t->next = spares->first;
	spares->first = t;
	spares->len++;
}

void
trip_free_spares(struct trip_spares *spares)
{
	while (spares->first != NULL) {
		struct trip *t = spares->first;

		spares->first = t->next;
		trip_free(t);
	}
	spares->len = 0;
}

static bool
wants_gzip(const struct trip *t)
{
	const struct http_response *r = &t->call.response;

	return t->gzip && http_response_may_gzip(r, r->body.len);
}

static void
compress(struct trip *t)
{
	UNSET struct err err;

	if (wants_gzip(t))
		/* If it fails, the answer is sent as it is. */
		(void)http_response_gzip(&t->call.response, t->call.arena, &err);
	t->packed = true;
}

bool
trip_is_heavy(const struct trip *t)
{
	const size_t len = t->call.response.body.len;

	return len > LANES_LARGE && (len > TRIP_FILE_FROM || wants_gzip(t));
}

void
trip_pack_on_loop(struct trip *t)
{
	if (!t->packed && t->call.response.body.len <= LANES_LARGE)
		compress(t);
}

/* The file takes the place of the body. */
static MUST_USE bool
move_to_file(struct trip *t, struct err *err)
{
	struct call_spill *spill = &t->call.spill;
	struct buf *body = &t->call.response.body;

	if (spill->len == 0 && !tempfile_open(t->call.conf->server.data, &t->file, err))
		return false;
	if (spill->len > 0)
		t->file = spill->fd;
	t->file_len = spill->len;
	spill->len = 0; /* the trip has it now */
	if (!tempfile_write(t->file, t->file_len, buf_str(body), err))
		return false;
	t->file_len += (int64_t)body->len;
	buf_free(body);
	return true;
}

static MUST_USE bool
compress_file(struct trip *t, struct err *err)
{
	int64_t len;
	int packed;

	if (!t->gzip || !http_response_may_gzip(&t->call.response, (uint64_t)t->file_len))
		return true;
	if (!tempfile_open(t->call.conf->server.data, &packed, err))
		return false;
	if (!gzip_file(t->file, t->file_len, packed, &len, err) ||
	    !http_response_gzipped(&t->call.response, t->call.arena, err)) {
		close(packed);
		return false;
	}
	close(t->file);
	t->file = packed;
	t->file_len = len;
	return true;
}

void
trip_pack(struct trip *t)
{
	UNSET struct err err;
	const bool spilled = t->call.spill.len > 0;

	if (!spilled)
		compress(t);
	t->packed = true;
	if (!spilled && t->call.response.body.len <= TRIP_FILE_FROM)
		return;
	if (move_to_file(t, &err) && (!spilled || compress_file(t, &err)))
		return;
	close_answer(t);
	log_err(LOG_ERROR, "spool", &err);
	api_fail(&t->call, &err);
}

/* An answer that is a file of its own. */
static uint64_t
write_file(struct trip *t, const struct http_write *how, struct net_conn *c)
{
	const struct call_file file = t->call.file;

	http_response_write_head(&t->call.response, how, (uint64_t)file.len, net_conn_out(c));
	if (!how->head_only) {
		net_conn_send_file(c, file.fd, file.at, file.len);
		t->call.file.fd = -1;
	}
	return (uint64_t)file.len;
}

uint64_t
trip_write(struct trip *t, struct net_conn *c)
{
	const struct http_response *r = &t->call.response;
	const struct http_write how = { .head_only = t->call.verb == HTTP_HEAD,
		.http_1_0 = t->head.http_1_0,
		.keep_alive = t->keep_alive,
		.date = net_loop_date(net_conn_loop(c)),
		.request_id = t->call.id };

	if (t->call.file.fd >= 0)
		return write_file(t, &how, c);
	if (t->file < 0) {
		http_response_write(r, &how, net_conn_out(c));
		return r->body.len;
	}
	http_response_write_head(r, &how, (uint64_t)t->file_len, net_conn_out(c));
	if (!how.head_only) {
		net_conn_send_file(c, t->file, 0, t->file_len);
		t->file = -1;
	}
	return (uint64_t)t->file_len;
}
