#include "doc/note_rules.h"

#include "auth/who.h"
#include "base/clock.h"

enum { NOTICE_DAYS = 7 };

/* A notice at login ends after a week, unless the note says when. */
static bool
set_expiry(struct call *call, struct doc *d, struct err *err)
{
	const struct clock_civil now = clock_to_local(call->now_us);
	char text[CLOCK_TEXT_SIZE];
	struct str day;

	if (!doc_is_on(d, STR("notify_on_login")) ||
	    value_str(doc_get(d, STR("expire_notification_on"))).len > 0)
		return true;
	day = clock_format_date(
	    clock_civil_from_days(
		clock_days_from_civil(now.year, now.month, now.day) + NOTICE_DAYS),
	    text);
	return arena_str(call->arena, day, &day, err) &&
	    doc_set(d, STR("expire_notification_on"), value_text(day));
}

static bool
validate_note(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	(void)old;
	if (!set_expiry(call, d, err))
		return false;
	if (!doc_is_on(d, STR("public")) && doc_is_on(d, STR("notify_on_login")))
		(void)doc_set(d, STR("notify_on_login"), value_int(0));
	if (value_str(doc_get(d, STR("content"))).len == 0)
		(void)doc_set(d, STR("content"), value_text(STR("<span></span>")));
	return true;
}

static bool
permits_note(struct call *call, const struct doc *d, enum right right, bool *may, struct err *err)
{
	(void)right;
	(void)err;
	*may = call->who->is_administrator || doc_is_on(d, STR("public")) ||
	    str_ieq(value_str(d->values[DOC_OWNER]), call->who->name);
	return true;
}

static void
note_condition(struct call *call, struct sqlb *b, bool *any)
{
	*any = !call->who->is_administrator;
	if (!*any)
		return;
	sqlb_lit(b, "(`public` = 1 OR `owner` COLLATE NOCASE = ");
	sqlb_value(b, value_text(call->who->name));
	sqlb_lit(b, ")");
}

const struct controller NOTE_RULES = {
	.doctype = STR_INIT("Note"),
	.validate = validate_note,
	.permits = permits_note,
	.list_condition = note_condition,
};
