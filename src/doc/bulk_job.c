#include "doc/bulk_job.h"

#include "base/clock.h"
#include "doc/log_row.h"

static const struct str NOTE_SQL =
    STR_INIT("UPDATE `tabBulk Job` SET `status` = ?2, `success_count` = ?3,"
	     " `failure_count` = ?4, `beat` = ?5, `result` = ?6 WHERE `name` = ?1");
static const struct str LOST_SQL =
    STR_INIT("UPDATE `tabBulk Job` SET `status` = 'Interrupted'"
	     " WHERE `status` IN ('Queued', 'Started') AND `beat` < ?1");
static const struct str OLD_SQL = STR_INIT("DELETE FROM `tabBulk Job` WHERE `beat` < ?1");

static int64_t
now_s(void)
{
	return clock_now_us() / CLOCK_US_PER_S;
}

bool
bulk_job_new(struct call *call, struct str work, int64_t total, struct str *name, struct err *err)
{
	struct doc *d;

	if (!log_row_new(call, STR("Bulk Job"), &d, err))
		return false;
	(void)doc_set(d, STR("work"), value_text(work));
	(void)doc_set(d, STR("total"), value_int(total));
	(void)doc_set(d, STR("beat"), value_int(now_s()));
	if (!log_row_write(call, d, err))
		return false;
	*name = doc_name(d);
	return true;
}

static MUST_USE bool
note(struct call *call, struct str name, const struct bulk_job_count *count, struct value result,
    struct err *err)
{
	const bool over = result.kind != VALUE_NULL;
	const struct value params[] = { value_text(name),
		value_text(over ? STR("Finished") : STR("Started")), value_int(count->succeeded),
		value_int(count->failed), value_int(now_s()), result };

	return db_exec(call->db, NOTE_SQL, params, ARRAY_LEN(params), NULL, err);
}

bool
bulk_job_note(
    struct call *call, struct str name, const struct bulk_job_count *count, struct err *err)
{
	return note(call, name, count, value_text(STR_NULL), err);
}

bool
bulk_job_finish(struct call *call, struct str name, const struct bulk_job_count *count,
    struct str result, struct err *err)
{
	return note(call, name, count, value_text(result), err);
}

bool
bulk_job_sweep(struct db_conn *c, int64_t now_us, bool alone, struct err *err)
{
	const int64_t now = now_us / CLOCK_US_PER_S;
	const struct value lost = value_int(alone ? now + 1 : now - BULK_JOB_LOST_S);
	const struct value old = value_int(now - BULK_JOB_KEPT_S);

	return db_exec(c, LOST_SQL, &lost, 1, NULL, err) && db_exec(c, OLD_SQL, &old, 1, NULL, err);
}
