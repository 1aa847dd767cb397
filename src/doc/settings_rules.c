#include "doc/settings_rules.h"

/* "HH:MM", hours unlimited: how long a session may be idle. */
static bool
is_span(struct str s)
{
	struct str hours, minutes;
	int64_t h, m;

	return str_cut(s, ':', &hours, &minutes) && str_to_int64(hours, &h) &&
	    str_to_int64(minutes, &m) && h >= 0 && h <= 100000 && m >= 0 && m < 60;
}

static bool
validate_settings(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	const struct str expiry = value_str(doc_get(d, STR("session_expiry")));

	(void)call;
	(void)old;
	return expiry.len == 0 || is_span(expiry) ||
	    err_set(err, ERR_VALIDATION, "Session Expiry must be in format HH:MM, such as 170:00");
}

static bool
tell_settings(struct call *call, struct doc *d, const struct doc *old, struct err *err)
{
	(void)d;
	(void)old;
	return call_change(call, CHANGE_SETTINGS, STR(""), err);
}

static bool
cleared_settings(struct call *call, struct doc *d, struct err *err)
{
	return tell_settings(call, d, NULL, err);
}

const struct controller SETTINGS_RULES = {
	.doctype = STR_INIT("System Settings"),
	.validate = validate_settings,
	.written = tell_settings,
	.deleted = cleared_settings,
};
