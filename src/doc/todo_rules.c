#include "doc/todo_rules.h"

#include "auth/who.h"

static bool
is_automatic(uint32_t role)
{
	return role == ROLE_ALL || role == ROLE_GUEST || role == ROLE_DESK_USER ||
	    role == ROLE_ADMINISTRATOR;
}

static bool
has_role_for(const struct call *call, const struct doctype *dt, enum right right)
{
	for (size_t i = 0; i < dt->perms_len; i++) {
		const struct perm *row = &dt->perms[i];

		if (row->permlevel == 0 && !is_automatic(row->role) &&
		    (row->rights & BIT(right)) != 0 && who_has_role(call->who, row->role))
			return true;
	}
	return false;
}

static bool
permits_todo(struct call *call, const struct doc *d, enum right right)
{
	const struct str me = call->who->name;

	return call->who->is_administrator || has_role_for(call, d->doctype, right) ||
	    str_ieq(value_str(doc_get(d, STR("allocated_to"))), me) ||
	    str_ieq(value_str(doc_get(d, STR("assigned_by"))), me);
}

static void
todo_condition(struct call *call, struct sqlb *b, bool *any)
{
	const struct doctype *dt = metas_find(call->metas, STR("ToDo"));

	*any = !call->who->is_administrator && (dt == NULL || !has_role_for(call, dt, RIGHT_READ));
	if (!*any)
		return;
	sqlb_lit(b, "(`allocated_to` COLLATE NOCASE = ");
	sqlb_value(b, value_text(call->who->name));
	sqlb_lit(b, " OR `assigned_by` COLLATE NOCASE = ");
	sqlb_value(b, value_text(call->who->name));
	sqlb_lit(b, ")");
}

const struct controller TODO_RULES = {
	.doctype = STR_INIT("ToDo"),
	.permits = permits_todo,
	.list_condition = todo_condition,
};
