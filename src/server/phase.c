#include "server/phase.h"

#include "api/api.h"
#include "base/log.h"
#include "doc/key_guard.h"

static bool
begin(struct call *call, struct db_conn *c, struct err *err)
{
	call->who = NULL;
	call->db = c;
	if (c != NULL)
		(void)db_take_time_us(c); /* what others took */
	return auth_who(call->auth, &call->identity, &call->who, err);
}

static void
end(struct call *call, struct db_conn *c)
{
	if (c != NULL)
		call->db_us += db_take_time_us(c);
	call->db = NULL;
}

bool
phase_plan(struct call *call, struct err *err)
{
	return begin(call, NULL, err) &&
	    (call->later.plan == NULL ? api_plan(call, err) : api_plan_later(call, err));
}

bool
phase_prepare(struct call *call, struct db_conn *c, struct err *err)
{
	const bool ok =
	    begin(call, c, err) && (call->plan.prepare == NULL || call->plan.prepare(call, err));

	end(call, c);
	return ok;
}

bool
phase_read(struct call *call, struct db_conn *c, struct err *err)
{
	bool ok = begin(call, c, err) && db_begin(c, err);

	if (ok) {
		ok = call->plan.body(call, err);
		db_rollback(c); /* nothing was written */
	}
	end(call, c);
	return ok;
}

bool
phase_write(struct call *call, struct db_conn *c, struct err *err)
{
	const bool ok = begin(call, c, err) && call->plan.body(call, err) &&
	    key_guard_check(call, err) && change_store(c, call->arena, &call->changes, err);

	end(call, c);
	return ok;
}

static void
run_after(struct call *call, struct db_conn *c)
{
	struct err err;

	call->db = c;
	if (!db_begin(c, &err) || !db_end(c, call->after.run(call, &err), &err))
		log_err(LOG_ERROR, "after", &err);
	end(call, c);
}

void
phase_publish(struct call *call, struct db_conn *c, bool sure)
{
	(void)site_publish(call->site, c, &call->changes);
	if (sure && call->plan.publish != NULL)
		call->plan.publish(call);
	if (sure && call->after.run != NULL)
		run_after(call, c);
}

bool
phase_goes_on(struct call *call, bool ok, const struct err *err)
{
	if (call->plan.next == NULL)
		return false;
	if (ok && call->refusal != NULL) {
		err = call->refusal;
		ok = false;
	}
	if (!call->plan.next(call, ok, err))
		return false;
	call_rewind(call);
	return true;
}

void
phase_resume(struct call *call)
{
	UNSET struct err ignored;

	call->who = NULL;
	if (!auth_who(call->auth, &call->identity, &call->who, &ignored))
		call->who = NULL;
}

void
phase_end(struct call *call, bool ok, const struct err *err)
{
	if (!ok && call_withholds(call, err))
		return;
	/* After a commit this is another turn; a caller who is gone by now still gets his answer.
	 */
	if (call->who == NULL)
		phase_resume(call);
	if (ok && call->refusal == NULL) {
		api_finish(call);
		return;
	}
	if (ok)
		err = call->refusal;
	if (err_status(err->kind) >= 500 && err->cause[0] != '\0')
		log_err(LOG_ERROR, "call", err);
	api_fail(call, err);
}
