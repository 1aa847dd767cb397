#include "http/call.h"

#include "base/tempfile.h"
#include "conf/conf.h"
#include "crypto/random.h"

#include <unistd.h>

enum { EXC_ID = 56 };

void
call_message_write(
    struct json_out *o, const char *title, const char *indicator, bool raises, struct str text)
{
	char id[EXC_ID];

	o->spaced = true;
	json_open_object(o);
	json_put_str(o, "message", text);
	json_put_str(o, "title", title == NULL ? STR("Message") : str_from(title));
	if (indicator != NULL)
		json_put_str(o, "indicator", str_from(indicator));
	if (raises) {
		random_hex(id, sizeof(id));
		json_put_int(o, "raise_exception", 1);
		json_put_str(o, "__frappe_exc_id", (struct str){ id, sizeof(id) });
	}
	json_close_object(o);
}

static bool
keep_message(struct call *call, const struct buf *b, struct err *err)
{
	struct call_message *m = ARENA_NEW(call->arena, struct call_message);

	if (m == NULL || !buf_ok(b))
		return err_memory(err);
	if (!arena_str(call->arena, buf_str(b), &m->json, err))
		return false;
	if (call->messages_last == NULL)
		call->messages = m;
	else
		call->messages_last->next = m;
	call->messages_last = m;
	return true;
}

bool
call_message(struct call *call, const char *title, const char *indicator, bool raises,
    struct str text, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(64 * 1024);
	struct json_out o = JSON_OUT(&b);

	call_message_write(&o, title, indicator, raises, text);
	return keep_message(call, &b, err);
}

bool
call_alert(struct call *call, struct str text, struct err *err)
{
	CLEANUP(buf_free) struct buf b = BUF_INIT(64 * 1024);
	struct json_out o = JSON_OUT(&b);

	o.spaced = true;
	json_open_object(&o);
	json_put_str(&o, "message", text);
	json_put_str(&o, "title", STR("Message"));
	json_put_str(&o, "indicator", STR("green"));
	json_put_int(&o, "alert", 1);
	json_close_object(&o);
	return keep_message(call, &b, err);
}

/* What a body leaves behind, but for its answer and messages. */
static void
drop_effects(struct call *call)
{
	call_drop_file(call);
	call->out = JSON_OUT(&call->response.body);
	call->refusal = NULL;
	call->later = (struct call_later){ 0 };
	call->after = (struct call_after){ 0 };
	call->changes = (struct change_list){ 0 };
}

void
call_reset(struct call *call)
{
	drop_effects(call);
	http_response_reset(&call->response, (size_t)call->conf->http.max_response);
	call->messages = call->messages_last = NULL;
	call->error_message = STR_NULL;
	call->withheld = NULL;
	call->db = NULL;
	call->who = NULL;
	call->plan = (struct plan){ 0 };
	call->args = NULL;
	call->prepared = call->parts = NULL;
	call->job = STR_NULL;
	call->original = (struct call_original){ 0 };
	call->spill.how = CALL_SPILLS_NOT;
	call->v2 = false;
	call->route_class = 0;
}

void
call_mark(struct call *call)
{
	call->start.arena = arena_mark(call->arena);
	call->start.response = call->response;
	call->start.response.body = (struct buf){ 0 };
	call->start.messages = call->messages;
	call->start.messages_last = call->messages_last;
	call->start.error_message = call->error_message;
}

void
call_rewind(struct call *call)
{
	drop_effects(call);
	struct buf body = call->response.body;

	arena_rewind(call->arena, call->start.arena);
	buf_clear(&body);
	call->response = call->start.response;
	call->response.body = body;
	call->messages = call->start.messages;
	call->messages_last = call->start.messages_last;
	if (call->messages_last != NULL)
		call->messages_last->next = NULL;
	call->error_message = call->start.error_message;
}

void
call_drop_file(struct call *call)
{
	if (call->file.fd >= 0)
		close(call->file.fd);
	call->file = (struct call_file){ .fd = -1 };
	if (call->spill.len == 0)
		return;
	close(call->spill.fd);
	call->response.body.cap += (size_t)call->spill.len;
	call->spill.len = 0;
}

/* Puts the body at the end of the file, which is made for the first piece. */
static MUST_USE bool
write_piece(const struct call *call, int *fd, struct err *err)
{
	const struct call_spill *spill = &call->spill;

	if (spill->len == 0 && !tempfile_open(call->conf->server.data, fd, err))
		return false;
	if (tempfile_write(*fd, spill->len, buf_str(&call->response.body), err))
		return true;
	if (spill->len == 0)
		close(*fd);
	return false;
}

bool
call_spill(struct call *call, const struct json_out *out, struct err *err)
{
	struct buf *b = &call->response.body;
	struct call_spill *spill = &call->spill;
	int fd = spill->fd;

	if (out->buf != b || b->len < CALL_SPILL_FROM || spill->how == CALL_SPILLS_NOT)
		return true;
	if (spill->how == CALL_SPILLS_AWAY)
		return err_set(err, ERR_OVER_BUDGET, "A short read was not short");
	if (!write_piece(call, &fd, err))
		return b->len < CALL_SPILL_MUST; /* a full disk: memory bears a little more */
	spill->fd = fd;
	spill->len += (int64_t)b->len;
	b->cap -= b->len; /* what an answer may be, it may be in all */
	buf_clear(b);
	return true;
}

bool
call_withholds(struct call *call, const struct err *err)
{
	/* What has parts may have done some of them. */
	if (!call->provisional || call->plan.next != NULL ||
	    (err->kind != ERR_PERMISSION && err->kind != ERR_CSRF))
		return false;
	struct err *kept = ARENA_NEW(call->arena, struct err);

	if (kept == NULL)
		return false;
	*kept = *err;
	call->withheld = kept;
	return true;
}

struct str
call_field(const struct call *call, struct str name)
{
	return call->fields == NULL ? STR_NULL : http_field(call->head, call->fields, name);
}

bool
call_change(struct call *call, enum change_kind kind, struct str name, struct err *err)
{
	return change_add(call->arena, &call->changes, kind, name, err);
}
