#include "doc/life_child.h"

#include "doc/controller.h"
#include "doc/store.h"
#include "json/json_in.h"

/* A row keeps its parent for life; it takes over the parent's docstatus. */
bool
life_child_place(struct call *call, struct life *life, struct err *err)
{
	struct doc *d = life->d;
	const struct doctype *dt;
	struct doc *parent;
	bool found = false;

	if (!d->doctype->istable)
		return true;
	for (size_t i = DOC_PARENT; life->old != NULL && i < DOC_CHILD_LEN; i++)
		d->values[i] = life->old->values[i];
	d->values[DOC_DOCSTATUS] = value_int(0);
	dt = metas_find(call->metas, value_str(d->values[DOC_PARENTTYPE]));
	if (dt == NULL || dt->issingle || dt->istable)
		return true;
	if (!store_load_row(call, dt, value_str(d->values[DOC_PARENT]), &parent, &found, err))
		return false;
	if (found) {
		d->values[DOC_PARENT] = parent->values[DOC_NAME];
		d->values[DOC_DOCSTATUS] = value_int(docstatus_of(parent));
	}
	return true;
}

static bool
has_rules(const struct doctype *dt)
{
	return dt->controller != NULL && dt->controller->validate != NULL;
}

static bool
save_again(struct call *call, const struct doctype *dt, const struct doc *row, struct err *err)
{
	const json_t *nothing;
	struct doc *parent;

	return json_parse(call->arena, STR("{}"), &nothing, err) &&
	    doc_update(call, dt, value_str(row->values[DOC_PARENT]), nothing, &parent, err);
}

bool
life_child_written(struct call *call, const struct doc *row, struct err *err)
{
	if (!row->doctype->istable)
		return true;
	const struct doctype *dt = metas_find(call->metas, value_str(row->values[DOC_PARENTTYPE]));

	return dt == NULL || !has_rules(dt) || save_again(call, dt, row, err);
}

/* Before a row is changed alone its parent is saved, which numbers the rows. */
bool
life_child_number(struct call *call, struct life *life, struct err *err)
{
	const struct doc *row = life->old;
	const struct doctype *dt;

	if (!row->doctype->istable)
		return true;
	dt = metas_find(call->metas, value_str(row->values[DOC_PARENTTYPE]));
	return dt == NULL || has_rules(dt) || save_again(call, dt, row, err);
}
