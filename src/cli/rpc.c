#include "cli/rpc.h"

#include "base/clock.h"
#include "base/mem.h"
#include "cli/remote.h"
#include "json/json_in.h"
#include "server/site.h"

#include <stdio.h>
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

static void
read_failure(struct rpc_answer *out, struct str exception)
{
	struct str class, text;

	out->failed = true;
	out->exception = exception;
	out->reason = exception;
	if (str_cut(exception, ':', &class, &text) && str_trim(text).len > 0)
		out->reason = str_trim(text);
	else if (exception.len == 0)
		out->reason = STR("it failed; the server's log says why");
}

/* Reads the answer of either way. */
static bool
read_answer(struct arena *a, int status, struct str body, struct rpc_answer *out, struct err *err)
{
	const json_t *tree = NULL;
	struct str copy;

	*out = (struct rpc_answer){ 0 };
	if (body.len > 0 && (!arena_str(a, body, &copy, err) || !json_parse(a, copy, &tree, err)))
		return false;
	if (status >= 200 && status < 300) {
		out->message = json_get(tree, STR("message"));
		return true;
	}
	const struct str exception = json_text(json_get(tree, STR("exception")));

	read_failure(
	    out, exception.len > 0 ? exception : json_text(json_get(tree, STR("exc_type"))));
	return true;
}

static bool
call_here(
    struct cli *c, struct str method, struct str arguments, struct rpc_answer *out, struct err *err)
{
	struct site *site = c->rpc->site;
	struct call *call = site_call_new(site);
	struct err why = { 0 };
	char text[sizeof(why.msg) + 128];

	const bool succeeded = site_run(site, call, method, arguments, &why);
	const bool ok =
	    read_answer(c->arena, call->response.status, buf_str(&call->response.body), out, err);

	if (ok && !succeeded &&
	    out->exception.len == 0) { /* an error that has no text on the wire */
		snprintf(text, sizeof(text), "%s%s: %s", err_module(why.kind),
		    err_exc_type(why.kind), why.msg);
		struct str copy;

		if (arena_str(c->arena, str_from(text), &copy, err))
			read_failure(out, copy);
	}
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
