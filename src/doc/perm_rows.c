#include "doc/perm_rows.h"

#include "auth/who.h"
#include "doc/column.h"
#include "doc/controller.h"
#include "doc/perm.h"
#include "doc/share.h"

bool
perm_rows_of(struct call *call, const struct doctype *dt, struct perm_rows *out, struct err *err)
{
	const enum perm_grant read = perm_grant_of(call, dt, RIGHT_READ);
	const enum perm_grant select = perm_grant_of(call, dt, RIGHT_SELECT);
	const struct controller *c = dt->controller;

	*out = (struct perm_rows){
		.none = read == PERM_NONE && select == PERM_NONE &&
		    perm_reach(call, dt, RIGHT_READ) == PERM_NONE,
		.own_only = read == PERM_OWNER || (read == PERM_NONE && select == PERM_OWNER),
		.select_only = read == PERM_NONE && select != PERM_NONE,
		.with_code = !call->who->is_administrator && c != NULL && c->list_condition != NULL,
	};
	/* What belongs to him is his, whatever limits him elsewhere. */
	if (!out->none && !out->own_only && !perm_limits_of(call, dt, &out->limits, err))
		return false;
	if (!perm_limits_cut(call, &out->limits, dt))
		out->limits.len = 0;
	if ((out->none || out->own_only || out->with_code || out->limits.len > 0) &&
	    !share_grants(call, dt, STR_NULL, RIGHT_READ, &out->shared, err))
		return false;
	if (!out->none || out->shared)
		return true;
	return perm_check_doctype(call, dt, RIGHT_READ, err);
}

bool
perm_rows_are_cut(const struct perm_rows *rows)
{
	return rows->none || rows->own_only || rows->with_code || rows->limits.len > 0;
}

/* Rows that roles, code and limits let him see. */
static void
put_granted(
    struct call *call, struct sqlb *b, const struct doctype *dt, const struct perm_rows *rows)
{
	bool any = false;

	sqlb_text(b, rows->none ? STR("(1 = 0") : STR("(1 = 1"));
	if (rows->own_only) {
		sqlb_lit(b, " AND ");
		sqlb_table(b, dt->name);
		sqlb_lit(b, ".`owner` COLLATE NOCASE = ");
		sqlb_value(b, value_text(call->who->name));
	}
	if (rows->with_code) {
		sqlb_lit(b, " AND ");
		dt->controller->list_condition(call, b, &any);
		if (!any)
			sqlb_lit(b, "1 = 1");
	}
	if (rows->limits.len > 0) {
		sqlb_lit(b, " AND ");
		perm_limits_put(call, b, &rows->limits, dt);
	}
	sqlb_lit(b, ")");
}

void
perm_rows_put(
    struct call *call, struct sqlb *b, const struct doctype *dt, const struct perm_rows *rows)
{
	if (!perm_rows_are_cut(rows))
		return;
	sqlb_lit(b, " AND (");
	put_granted(call, b, dt, rows);
	if (rows->shared) {
		sqlb_lit(b, " OR ");
		column_put_name(b, dt);
		share_put_among(call, b, dt);
	}
	sqlb_lit(b, ")");
}
