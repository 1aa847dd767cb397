#include "api/api_health.h"

#include "doc/doc.h"

static bool
answer_ok(struct call *call, struct err *err)
{
	(void)err;
	call->response.type = STR("text/plain; charset=utf-8");
	buf_lit(&call->response.body, "ok\n");
	return true;
}

static bool
not_ready(struct err *err)
{
	return err_set(err, ERR_UNAVAILABLE, "The database does not answer");
}

/* The user that every site has is read from the database. */
static bool
answer_ready(struct call *call, struct err *err)
{
	const struct doctype *user = metas_find(call->metas, STR("User"));
	struct doc *d;
	bool found;

	if (user == NULL)
		return not_ready(err);
	if (!doc_load(call, user, STR("Administrator"), &d, &found, err))
		return err->kind == ERR_OVER_BUDGET ? false : not_ready(err);
	return found ? answer_ok(call, err) : not_ready(err);
}

bool
api_health_plan(struct call *call, const struct route *r, struct err *err)
{
	(void)err;
	if (str_eq(r->path, STR("/readyz")))
		call->plan = (struct plan){ .run = RUN_SHORT_READ, .body = answer_ready };
	else
		call->plan = (struct plan){ .run = RUN_MEMORY, .body = answer_ok };
	return true;
}
