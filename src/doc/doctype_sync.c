#include "doc/doctype_sync.h"

#include "doc/ddl.h"

bool
doctype_sync(struct call *call, struct str name, struct err *err)
{
	const struct doctype *before = metas_find(call->metas, name);
	struct doctype now;
	bool ok;

	if (!metas_read(call->metas, call->db, call->arena, name, &now, err))
		return false;
	if (now.name.len == 0)
		return true;
	ok = before == NULL ? ddl_sync(call->db, call->arena, &now, err)
			    : ddl_change(call->db, call->arena, before, &now, err);
	return ok && call_change(call, CHANGE_DOCTYPE, now.name, err);
}
