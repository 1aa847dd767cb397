#include "doc/activity.h"

#include "auth/audit.h"
#include "auth/auth.h"
#include "doc/log_row.h"

/* Logins and logouts stand in the audit log as well. */
static bool
audit(struct call *call, struct str operation, struct str status, struct str user, struct err *err)
{
	static const struct {
		struct str operation, status;
		enum audit_event event;
	} EVENTS[] = {
		{ STR_INIT("Login"), STR_INIT("Success"), AUDIT_LOGIN },
		{ STR_INIT("Login"), STR_INIT("Failed"), AUDIT_LOGIN_FAILED },
		{ STR_INIT("Logout"), STR_INIT("Success"), AUDIT_LOGOUT },
	};
	struct audit_row row = { .user = user.len > 0 ? user : STR("Guest"),
		.address = call->peer };

	for (size_t i = 0; i < ARRAY_LEN(EVENTS); i++) {
		row.event = EVENTS[i].event;
		if (str_eq(EVENTS[i].operation, operation) && str_eq(EVENTS[i].status, status))
			return audit_write(call->db, &row, err);
	}
	return true;
}

bool
activity_log(struct call *call, struct str operation, struct str status, struct str subject,
    struct str user, struct err *err)
{
	const struct who *about = auth_find_user(call->auth, user);
	struct doc *d;

	if (!log_row_new(call, STR("Activity Log"), &d, err))
		return false;
	(void)doc_set(d, STR("operation"), value_text(operation));
	(void)doc_set(d, STR("status"), value_text(status));
	(void)doc_set(d, STR("subject"), value_text(subject));
	(void)doc_set(d, STR("user"), value_text(about != NULL ? about->name : user));
	(void)doc_set(d, STR("full_name"), value_text(about != NULL ? about->full_name : STR_NULL));
	(void)doc_set(d, STR("ip_address"), value_text(call->peer));
	return log_row_write(call, d, err) &&
	    audit(call, operation, status, about != NULL ? about->name : user, err);
}
