#include "doc/log_row.h"

#include "auth/who.h"
#include "doc/defaults.h"
#include "doc/doc_body.h"
#include "doc/life.h"
#include "doc/naming.h"
#include "doc/store.h"

bool
log_row_new(struct call *call, struct str doctype, struct doc **out, struct err *err)
{
	const struct doctype *dt;

	if (!doc_type(call, doctype, &dt, err) || !doc_body_new(call, dt, out, err))
		return false;
	(*out)->is_new = true;
	return true;
}

bool
log_row_write(struct call *call, struct doc *d, struct err *err)
{
	struct str now, name;

	if (!defaults_fill(call, d, err) || !life_next_stamp(call, NULL, &now, err) ||
	    !naming_name(call, d, NULL, &name, err))
		return false;
	d->values[DOC_NAME] = value_text(name);
	d->values[DOC_OWNER] = d->values[DOC_MODIFIED_BY] = value_text(call->who->name);
	d->values[DOC_CREATION] = d->values[DOC_MODIFIED] = value_text(now);
	return store_insert(call, d, err);
}
