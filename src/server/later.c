#include "server/later.h"

#include "base/log.h"
#include "server/site.h"

static bool
copy(struct call *call, const struct call *from, struct err *err)
{
	call->identity = from->identity;
	call->local = NULL;
	call->v2 = from->v2;
	call->secure = from->secure;
	call->later.plan = from->later.plan;
	return arena_str(call->arena, from->peer, &call->peer, err) &&
	    arena_str(call->arena, from->later.args, &call->later.args, err) &&
	    arena_str(call->arena, from->later.job, &call->later.job, err);
}

struct call *
later_new(const struct call *from)
{
	struct call *call = site_call_new(from->site);
	struct err err;

	if (copy(call, from, &err))
		return call;
	log_err(LOG_ERROR, "later", &err);
	site_call_free(call);
	return NULL;
}

void
later_done(struct call *call, void *arg UNUSED)
{
	struct log_line l;

	if (call->response.status >= 400) {
		log_begin(&l, LOG_WARN, "job-broken-off");
		log_str(&l, "job", call->job);
		log_int(&l, "status", call->response.status);
		log_end(&l);
	}
	site_call_free(call);
}
