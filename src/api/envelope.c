#include "api/envelope.h"

#include "json/json_in.h"

enum { EXCEPTION_MAX = 1024 };

void
envelope_value(struct call *call, const char *key)
{
	envelope_restart(call);
	json_key(&call->out, str_from(key));
}

void
envelope_restart(struct call *call)
{
	buf_clear(&call->response.body);
	call->out = JSON_OUT(&call->response.body);
	json_open_object(&call->out);
}

void
envelope_drop_empty(struct call *call)
{
	const struct str body = buf_str(&call->response.body);

	if (str_ends(body, STR(":")))
		envelope_restart(call);
}

static size_t
messages_len(const struct call *call)
{
	size_t len = 0;

	for (const struct call_message *m = call->messages; m != NULL; m = m->next)
		len++;
	return len;
}

/* v1: one string that holds a list of strings. last: a message more, or null. */
static void
put_server_messages(struct call *call, struct str last)
{
	UNSET struct str items[64]; /* what is beyond is not worth a client's time */
	size_t len = 0;

	for (const struct call_message *m = call->messages; m != NULL; m = m->next) {
		if (len < ARRAY_LEN(items) - 1)
			items[len++] = m->json;
	}
	if (!str_is_null(last))
		items[len++] = last;
	if (len == 0)
		return;
	json_key(&call->out, STR("_server_messages"));
	json_add_packed(&call->out, items, len);
}

/* v2: the first len messages, as they are. */
static void
put_messages(struct call *call, size_t len)
{
	const struct call_message *m = call->messages;

	if (len == 0)
		return;
	json_key(&call->out, STR("messages"));
	json_open_array(&call->out);
	for (; m != NULL && len > 0; m = m->next, len--)
		json_add_raw(&call->out, m->json);
	json_close_array(&call->out);
}

static void
put_session(struct call *call)
{
	if (call->identity.session_expired)
		json_put_int(&call->out, "session_expired", 1);
}

void
envelope_close(struct call *call)
{
	if (call->response.body.len == 0)
		envelope_restart(call);
	put_session(call);
	if (call->v2)
		put_messages(call, messages_len(call));
	else
		put_server_messages(call, STR_NULL);
	json_close_object(&call->out);
	call->response.type = STR("application/json");
}

/* Appends s to text, which has room for EXCEPTION_MAX bytes. */
static void
append(struct str *text, struct str s)
{
	const size_t len = MIN(s.len, EXCEPTION_MAX - text->len);

	memcpy((char *)text->ptr + text->len, s.ptr, len);
	text->len += len;
}

/* "frappe.exceptions.ValidationError: Text"; of a text with line breaks its last line. */
static void
put_exception(struct str *text, const struct err *err, bool bare)
{
	const char *const line = strrchr(err->msg, '\n');
	const struct str msg = str_from(line == NULL ? err->msg : line + 1);

	append(text, str_from(err_module(err->kind)));
	append(text, str_from(err_exc_type(err->kind)));
	if (!bare && msg.len > 0) {
		append(text, STR(": "));
		append(text, msg);
	}
}

static void
write_own_message(const struct err *err, struct buf *out)
{
	struct json_out o = JSON_OUT(out);

	call_message_write(
	    &o, err->title[0] == '\0' ? NULL : err->title, "red", true, str_from(err->msg));
}

/* A JSON list in a string, with one line: what failed, and the request's id to find it by. */
static void
put_exc(struct json_out *o, struct str exception, struct str request_id)
{
	UNSET char text[EXCEPTION_MAX];
	struct str line = { text, 0 };

	append(&line, exception);
	if (request_id.len > 0) {
		append(&line, STR(" (request "));
		append(&line, request_id);
		append(&line, STR(")"));
	}
	json_key(o, STR("exc"));
	json_add_packed(o, &line, 1);
}

static bool
has_own_message(const struct err *err, bool as_message)
{
	return !as_message && !err->silent && err->msg[0] != '\0';
}

static void
error_v1(struct call *call, const struct err *err, bool with_exc, bool as_message)
{
	CLEANUP(buf_free) struct buf own = BUF_INIT(16 * 1024);
	UNSET char text[EXCEPTION_MAX];
	struct str exception = { text, 0 };

	put_exception(&exception, err, as_message);

	put_session(call);
	if (as_message)
		json_put_str(&call->out, "message", str_from(err->msg));
	if (with_exc)
		json_put_str(&call->out, "exception", exception);
	json_put_str(&call->out, "exc_type", str_from(err_exc_type(err->kind)));
	if (with_exc)
		put_exc(&call->out, exception, call->id);
	if (has_own_message(err, as_message))
		write_own_message(err, &own);
	put_server_messages(call, buf_str(&own));
	if (!str_is_null(call->error_message))
		json_put_str(&call->out, "_error_message", call->error_message);
}

/* The message that belongs to the error: its text, title and indicator among the error's own keys.
 */
static void
fold(struct json_out *o, struct arena *a, struct str message)
{
	static const struct str KEYS[] = { STR_INIT("message"), STR_INIT("title"),
		STR_INIT("indicator") };
	const json_t *tree;
	struct err ignored;

	if (a == NULL || !json_parse(a, message, &tree, &ignored))
		return;
	for (size_t i = 0; i < ARRAY_LEN(KEYS); i++) {
		const json_t *v = json_get(tree, KEYS[i]);

		if (v == NULL)
			continue;
		json_key(o, KEYS[i]);
		json_add_tree(o, v);
	}
}

static void
error_v2(struct call *call, const struct err *err, bool with_exc, bool as_message)
{
	UNSET char text[EXCEPTION_MAX];
	struct str exception = { text, 0 };

	put_exception(&exception, err, as_message);
	struct json_out *o = &call->out;
	size_t others = messages_len(call);

	put_session(call);
	if (as_message)
		json_put_str(o, "message", str_from(err->msg));
	json_key(o, STR("errors"));
	json_open_array(o);
	json_open_object(o);
	json_put_str(o, "type", str_from(err_exc_type(err->kind)));
	if (with_exc)
		json_put_str(o, "exception", exception);
	if (has_own_message(err, as_message)) {
		json_put_str(o, "message", str_from(err->msg));
		json_put_str(
		    o, "title", err->title[0] == '\0' ? STR("Message") : str_from(err->title));
		json_put_str(o, "indicator", STR("red"));
	} else if (others > 0) {
		fold(o, call->arena, call->messages_last->json);
		others--;
	}
	json_close_object(o);
	json_close_array(o);
	put_messages(call, others);
}

void
envelope_error(struct call *call, const struct err *err, bool with_exc, bool as_message)
{
	envelope_restart(call);
	if (call->v2)
		error_v2(call, err, with_exc, as_message);
	else
		error_v1(call, err, with_exc, as_message);
	json_close_object(&call->out);
	call->response.type = STR("application/json");
}

void
envelope_refusal(const struct err *err, struct str request_id, struct buf *out)
{
	CLEANUP(buf_free) struct buf own = BUF_INIT(16 * 1024);
	struct json_out o = JSON_OUT(out);
	UNSET char text[EXCEPTION_MAX];
	struct str exception = { text, 0 };

	put_exception(&exception, err, false);

	json_open_object(&o);
	json_put_str(&o, "exception", exception);
	json_put_str(&o, "exc_type", str_from(err_exc_type(err->kind)));
	put_exc(&o, exception, request_id);
	write_own_message(err, &own);
	const struct str message = buf_str(&own);

	json_key(&o, STR("_server_messages"));
	json_add_packed(&o, &message, 1);
	json_close_object(&o);
}
