#include "cli/rpc.h"

#include "base/clock.h"
#include "base/mem.h"
#include "cli/remote.h"
#include "json/json_in.h"
#include "server/site.h"

#include <time.h>

enum {
	PATIENCE_MS = 15 * 1000, /* with a server that starts, or another command */
	PAUSE_MS = 20,
};

struct rpc {
	struct site *site; /* ours; NULL: a server has it */
};

static void
pause_a_moment(void)
{
	const struct timespec moment = { .tv_nsec = PAUSE_MS * 1000 * 1000 };

	nanosleep(&moment, NULL);
}

/* The text of the last message: a JSON list in a string, of JSON objects in strings. */
static struct str
last_message(struct arena *a, const json_t *body)
{
	const struct str packed = json_text(json_get(body, STR("_server_messages")));
	const json_t *list, *message;
	struct err ignored;

	if (packed.len == 0 || !json_parse(a, packed, &list, &ignored) ||
	    json_array_size(list) == 0 ||
	    !json_parse(
		a, json_text(json_array_get(list, json_array_size(list) - 1)), &message, &ignored))
		return STR_NULL;
	return json_text(json_get(message, STR("message")));
}

/* The class with the module that it lives in, by the table of errors. */
static const char *
module_of(struct str exc_type)
{
#define CASE(kind, name, module, status)                                                           \
	if (str_eq(exc_type, STR(name)))                                                           \
		return module;
	ERR_TABLE(CASE)
#undef CASE
	return "";
}

/* "class: text", from the answer's own key or, where tracebacks are off, from its parts. */
static bool
exception_of(struct arena *a, const json_t *body, struct str *out, struct err *err)
{
	const struct str exc_type = json_text(json_get(body, STR("exc_type")));

	*out = json_text(json_get(body, STR("exception")));
	if (out->len > 0)
		return true;
	struct str text = last_message(a, body);

	if (text.len == 0)
		text = json_text(json_get(body, STR("message")));
	return arena_printf(a, out, err, "%s%.*s%s%.*s", module_of(exc_type), STR_FMT(exc_type),
	    text.len > 0 ? ": " : "", STR_FMT(text));
}

/* What people read: the message, else the exception without its class; without HTML. */
static bool
reason_of(
    struct arena *a, const json_t *body, struct str exception, struct str *out, struct err *err)
{
	struct str class, text = last_message(a, body);

	if (text.len == 0 && !str_cut(exception, ':', &class, &text))
		text = exception;
	text = str_trim(text);
	if (text.len == 0)
		text = exception.len > 0 ? exception : STR("it failed; the server's log says why");
	char *plain = arena_alloc(a, text.len + 1);
	size_t len = 0;
	bool in_tag = false;

	if (plain == NULL)
		return err_memory(err);
	for (size_t i = 0; i < text.len; i++) {
		const char c = text.ptr[i];
		const char next = i + 1 < text.len ? text.ptr[i + 1] : ' ';

		if (c == '<' && (next == '/' || char_is_word(next)))
			in_tag = true;
		if (!in_tag)
			plain[len++] = c;
		if (c == '>')
			in_tag = false;
	}
	*out = (struct str){ plain, len };
	return true;
}

/* Reads the answer of either way. */
static bool
read_answer(struct arena *a, int status, struct str text, struct rpc_answer *out, struct err *err)
{
	const json_t *body = NULL;
	struct str copy;

	*out = (struct rpc_answer){ 0 };
	if (text.len > 0 && (!arena_str(a, text, &copy, err) || !json_parse(a, copy, &body, err)))
		return false;
	if (status >= 200 && status < 300) {
		out->message = json_get(body, STR("message"));
		return true;
	}
	out->failed = true;
	return exception_of(a, body, &out->exception, err) &&
	    reason_of(a, body, out->exception, &out->reason, err);
}

static bool
call_here(
    struct cli *c, struct str method, struct str arguments, struct rpc_answer *out, struct err *err)
{
	struct site *site = c->rpc->site;
	struct call *call = site_call_new(site);
	struct err why;

	(void)!site_run(site, call, method, arguments, &why); /* the answer says how it went */
	const bool ok =
	    read_answer(c->arena, call->response.status, buf_str(&call->response.body), out, err);

	site_call_free(call);
	return ok;
}

static bool
call_there(
    struct cli *c, struct str method, struct str arguments, struct rpc_answer *out, struct err *err)
{
	const struct remote_request request = {
		.data = c->conf->server.data, .method = method, .arguments = arguments
	};
	struct str body;
	int status;

	return remote_call(&request, c->arena, &status, &body, err) &&
	    read_answer(c->arena, status, body, out, err);
}

/* Whoever holds the directory may be about to let go of it, or to listen. */
static bool
open_site(struct cli *c, bool *here, struct err *err)
{
	const int64_t until = clock_mono_ms() + PATIENCE_MS;

	for (;;) {
		*here = !site_is_locked(c->conf);
		if (*here && site_open(c->conf, false, &c->rpc->site, err))
			return true;
		if (*here && !site_is_locked(c->conf))
			return false;
		if (!*here && remote_is_there(c->conf->server.data))
			return true;
		if (clock_mono_ms() > until)
			return err_set(err, ERR_UNAVAILABLE,
			    "the data directory is in use, but nobody answers at %.*s/control.sock",
			    STR_FMT(c->conf->server.data));
		pause_a_moment();
	}
}

/* A name that is one, since it becomes a path. */
static bool
check_name(struct str method, struct err *err)
{
	for (size_t i = 0; i < method.len; i++) {
		if (!char_is_word(method.ptr[i]) && method.ptr[i] != '.')
			return err_set(err, ERR_VALIDATION, "\"%.*s\" is no name of a method",
			    STR_FMT(method));
	}
	return method.len > 0 || err_set(err, ERR_VALIDATION, "a method needs a name");
}

bool
rpc_call(
    struct cli *c, struct str method, struct str arguments, struct rpc_answer *out, struct err *err)
{
	bool here = true;

	if (!check_name(method, err))
		return false;
	if (c->rpc == NULL)
		c->rpc = MEM_NEW(struct rpc);
	if (c->rpc->site == NULL && !open_site(c, &here, err))
		return false;
	return here ? call_here(c, method, arguments, out, err)
		    : call_there(c, method, arguments, out, err);
}

void
rpc_close(struct rpc *r)
{
	if (r == NULL)
		return;
	site_close(r->site);
	mem_free(r);
}
