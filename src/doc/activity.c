#include "doc/activity.h"

#include "auth/auth.h"
#include "doc/log_row.h"

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
	return log_row_write(call, d, err);
}
