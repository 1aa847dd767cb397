#include "doc/activity.h"

#include "auth/auth.h"
#include "doc/defaults.h"
#include "doc/doc_body.h"
#include "doc/life.h"
#include "doc/naming.h"
#include "doc/store.h"

static bool
stamp(struct call *call, struct doc *d, struct err *err)
{
	struct str now, name;

	if (!life_next_stamp(call, NULL, &now, err) || !naming_name(call, d, NULL, &name, err))
		return false;
	d->values[DOC_NAME] = value_text(name);
	d->values[DOC_OWNER] = d->values[DOC_MODIFIED_BY] = value_text(call->who->name);
	d->values[DOC_CREATION] = d->values[DOC_MODIFIED] = value_text(now);
	return true;
}

bool
activity_log(struct call *call, struct str operation, struct str status, struct str subject,
    struct str user, struct err *err)
{
	const struct who *about = auth_find_user(call->auth, user);
	const struct doctype *dt;
	struct doc *d;

	if (!doc_type(call, STR("Activity Log"), &dt, err) || !doc_body_new(call, dt, &d, err))
		return false;
	(void)doc_set(d, STR("operation"), value_text(operation));
	(void)doc_set(d, STR("status"), value_text(status));
	(void)doc_set(d, STR("subject"), value_text(subject));
	(void)doc_set(d, STR("user"), value_text(about != NULL ? about->name : user));
	(void)doc_set(d, STR("full_name"), value_text(about != NULL ? about->full_name : STR_NULL));
	(void)doc_set(d, STR("ip_address"), value_text(call->peer));
	d->is_new = true;
	return defaults_fill(call, d, err) && stamp(call, d, err) && store_insert(call, d, err);
}
